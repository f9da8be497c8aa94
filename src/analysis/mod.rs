//! Tables of a finished sweep: what each cell of the plan reached, and how much worse or
//! better it is than the reference, paired by seed.
//!
//! Reads nothing but the merged `trials.csv`, so it works on results from anywhere, and
//! writes `analysis/summary.csv` and `analysis/comparison.csv`.

mod cells;
mod comparison;
mod error;
mod frame;
mod render;
mod summary;

pub use comparison::{Comparison, ComparisonRow};
pub use error::Error;
pub use summary::{Summary, SummaryRow};

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::store::Store;

/// Name of the table of cells.
pub const SUMMARY: &str = "summary.csv";
/// Name of the table of comparisons; absent where the spec compares nothing.
pub const COMPARISON: &str = "comparison.csv";

/// How a sweep's trials are to be read: what the spec says beside the results.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Design {
    /// Dotted paths of all swept axes, but for the seed. Trials that differ in nothing
    /// but the seed are a cell.
    pub axes: Vec<String>,
    /// The axes that are compared, and the values of the reference; nothing is compared
    /// where absent.
    pub reference: Option<BTreeMap<String, String>>,
}

/// The tables of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// Every cell.
    pub summary: Summary,
    /// Every cell against its reference, where the spec names one.
    pub comparison: Option<Comparison>,
}

/// Computes the tables of a sweep and writes them into its folder.
///
/// # Errors
/// `trials.csv` is absent, or has not the columns of the design; the reference is in no
/// trial; the disk refuses.
pub fn analyze(store: &Store, design: &Design) -> Result<Analysis, Error> {
    let path = store.trials_csv();
    let trials =
        fs::read(&path).map_err(|source| Error::Trials { path: path.clone(), source: source.into() })?;
    let analysis = Analysis::of_trials(&path, trials, design)?;
    for (name, text) in analysis.files()? {
        store.write_analysis(name, &text)?;
    }
    Ok(analysis)
}

impl Analysis {
    /// The tables of the text of a `trials.csv`; `path` names it in errors.
    ///
    /// # Errors
    /// The text has not the columns of the design, or the reference is in no trial.
    pub fn of_trials(path: &Path, trials: Vec<u8>, design: &Design) -> Result<Self, Error> {
        Self::of(&cells::read(path, trials, &design.axes)?, design)
    }

    /// The files of the tables: name in `analysis/`, and text.
    ///
    /// # Errors
    /// A table cannot be put together.
    pub fn files(&self) -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
        let mut files = vec![(SUMMARY, frame::csv(self.summary.frame()?)?)];
        if let Some(comparison) = &self.comparison {
            files.push((COMPARISON, frame::csv(comparison.frame()?)?));
        }
        Ok(files)
    }

    fn of(cells: &[cells::Cell], design: &Design) -> Result<Self, Error> {
        let summary = Summary::of(cells, &design.axes);
        let against = |reference| Comparison::of(cells, &design.axes, reference);
        let comparison = design.reference.as_ref().map(against).transpose()?;
        Ok(Self { summary, comparison })
    }

    /// The tables for a terminal of `width` columns, without colour.
    #[must_use]
    pub fn render(&self, width: u16) -> String {
        let summary = render::summary(&self.summary, width);
        match &self.comparison {
            None => summary,
            Some(comparison) => format!("{summary}\n{}", render::comparison(comparison, width)),
        }
    }
}

#[cfg(test)]
mod tests;
