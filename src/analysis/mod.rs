//! Tables of a finished sweep: what each cell of the plan reached, how much worse or better
//! it is than the reference, and what may be said of each challenger over the whole grid.
//!
//! Reads nothing but the merged `trials.csv` and `mistakes.csv`, so it works on results from
//! anywhere. `docs/FORMAT.md` describes the files that it writes into `analysis/`,
//! `docs/METHODOLOGY.md` the methods.
//!
//! ```text
//! cells ─► summary
//!   └────► pairs ─► comparison, grid ─► verdict
//!            └────► examples (with mistakes)
//! ```

mod cells;
mod comparison;
mod error;
mod examples;
mod family;
mod format;
mod frame;
mod grid;
mod mistakes;
mod pairs;
mod render;
mod sentence;
mod sheets;
mod summary;
mod verdict;
mod words;

pub use cells::Errors;
pub use comparison::{Comparison, ComparisonRow, Difference};
pub use error::Error;
pub use examples::{Absent, ExampleRow, Examples};
pub use family::Tests;
pub use format::{COMPARISON, EXAMPLES, FILES, FORMAT, GRID, LATEX, MARKDOWN, SUMMARY};
pub use grid::{Grid, GridRow};
pub use sheets::Sheet;
pub use summary::{Summary, SummaryRow};
pub use verdict::{Conclusion, Finding, Verdict};
pub(crate) use words::{compared, difference, spread};

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use self::mistakes::Mistakes;
use self::pairs::Pairs;
use crate::store::Store;

/// How a sweep's trials are to be read: what the spec says beside the results.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Design {
    /// Dotted paths of all swept axes, but for the seed. Trials that differ in nothing
    /// but the seed are a cell.
    pub axes: Vec<String>,
    /// What is compared; nothing where absent.
    pub compare: Option<Compare>,
}

/// What a design compares.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Compare {
    /// The axes that are compared, and the values of the reference.
    pub reference: BTreeMap<String, String>,
    /// Whether the others' widths were chosen for the reference's number of parameters.
    pub matched: bool,
    /// A smaller difference in test error is none that matters, percentage points.
    pub margin: Option<f64>,
}

/// The text of a merged table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file, for errors.
    pub path: PathBuf,
    /// Its content.
    pub text: Vec<u8>,
}

/// The merged tables that an analysis is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// `trials.csv`.
    pub trials: Source,
    /// `mistakes.csv`; results that earlier versions merged have none.
    pub mistakes: Option<Source>,
}

/// The tables of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// Every cell.
    pub summary: Summary,
    /// What is compared, where the spec names a reference.
    pub compared: Option<Compared>,
}

/// The challengers against the reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Cell by cell.
    pub comparison: Comparison,
    /// Over all cells.
    pub grid: Grid,
    /// Image by image, or why not.
    pub examples: Result<Examples, Absent>,
    /// What may be said of the grid.
    pub verdict: Verdict,
}

/// Computes the tables of a sweep and writes them into its folder.
///
/// # Errors
/// `trials.csv` is absent, or has not the columns of the design; `mistakes.csv` contradicts
/// it; the reference is in no trial; the disk refuses.
pub fn analyze(store: &Store, design: &Design) -> Result<Analysis, Error> {
    let analysis = Analysis::of(Sources::read(store)?, design)?;
    for (name, text) in analysis.files()? {
        store.write_analysis(name, &text)?;
    }
    Ok(analysis)
}

impl Sources {
    /// The merged tables of a results folder.
    ///
    /// # Errors
    /// `trials.csv` is absent, or the disk refuses.
    pub fn read(store: &Store) -> Result<Self, Error> {
        let path = store.trials_csv();
        let text =
            fs::read(&path).map_err(|source| Error::Trials { path: path.clone(), source: source.into() })?;
        Ok(Self { trials: Source { path, text }, mistakes: Self::mistakes(store)? })
    }

    /// The merged mistakes of a results folder, where it has them.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn mistakes(store: &Store) -> Result<Option<Source>, Error> {
        let path = store.root().join("mistakes.csv");
        match fs::read(&path) {
            Ok(text) => Ok(Some(Source { path, text })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Unreadable { path, source }),
        }
    }
}

impl Analysis {
    /// The tables of merged tables.
    ///
    /// # Errors
    /// The texts have not the columns of the design or contradict each other, or the
    /// reference is in no trial.
    pub fn of(sources: Sources, design: &Design) -> Result<Self, Error> {
        let cells = cells::read(sources.trials, &design.axes)?;
        let mistakes = sources.mistakes.map(Mistakes::read).transpose()?;
        let compared = match &design.compare {
            None => None,
            Some(compare) => {
                let pairs = Pairs::of(&cells, &design.axes, compare)?;
                Some(Compared::of(&pairs, compare, mistakes.as_ref())?)
            }
        };
        Ok(Self { summary: Summary::of(&cells, &design.axes), compared })
    }

    /// The files of the tables: name in `analysis/`, and text.
    ///
    /// # Errors
    /// A table cannot be put together.
    pub fn files(&self) -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
        format::files(self)
    }

    /// The tables for publication, in the order of a page.
    #[must_use]
    pub fn sheets(&self) -> Vec<Sheet> {
        sheets::of(self)
    }

    /// The tables and the verdict for a terminal of `width` columns, without colour.
    #[must_use]
    pub fn render(&self, width: u16) -> String {
        render::analysis(self, width)
    }
}

impl Compared {
    fn of(pairs: &Pairs<'_>, compare: &Compare, mistakes: Option<&Mistakes>) -> Result<Self, Error> {
        let comparison = Comparison::of(pairs, compare.margin);
        let grid = Grid::of(pairs, compare.margin);
        let examples = match Examples::sources(pairs, mistakes) {
            Ok(mistakes) => Ok(Examples::of(pairs, mistakes)?),
            Err(absent) => Err(absent),
        };
        let verdict = Verdict::of(&grid, compare.matched);
        Ok(Self { comparison, grid, examples, verdict })
    }
}

#[cfg(test)]
mod tests;
