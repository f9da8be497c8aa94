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

use crate::store::Store;

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
    let analysis = Analysis::of(&cells::read(&store.trials_csv(), &design.axes)?, design)?;
    store.write_analysis("summary.csv", &frame::csv(analysis.summary.frame()?)?)?;
    if let Some(comparison) = &analysis.comparison {
        store.write_analysis("comparison.csv", &frame::csv(comparison.frame()?)?)?;
    }
    Ok(analysis)
}

impl Analysis {
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
