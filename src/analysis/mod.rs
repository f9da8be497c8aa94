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
mod compared;
mod comparison;
mod conclusion;
mod design;
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
mod settings;
mod sheets;
mod sources;
mod summary;
mod verdict;
mod words;

pub use cells::Errors;
pub use compared::Compared;
pub use comparison::{Comparison, ComparisonRow, Difference};
pub use conclusion::{Conclusion, Finding};
pub use design::{Compare, Design, Published};
pub use error::Error;
pub use examples::{Absent, ExampleRow, Examples};
pub use family::Tests;
pub use format::{COMPARISON, EXAMPLES, FILES, FORMAT, GRID, LATEX, MARKDOWN, SUMMARY};
pub use grid::{Grid, GridRow};
pub use sheets::Sheet;
pub use sources::{Source, Sources};
pub use summary::{Summary, SummaryRow};
pub use verdict::Verdict;
pub(crate) use words::{compared, difference, side, spread};

use self::mistakes::Mistakes;
use self::pairs::Pairs;
use crate::store::Store;

/// The tables of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// Every cell.
    pub summary: Summary,
    /// What is compared, where the spec names a reference.
    pub compared: Option<Compared>,
    /// Figures of others that stand beside those of the cells.
    pub published: Vec<Published>,
}

/// Computes the tables of a sweep and writes them into its folder.
///
/// # Errors
/// `trials.csv` is absent, or has not the columns of the design; `mistakes.csv` is
/// not in order; the reference is in no trial; the disk refuses.
pub fn analyze(store: &Store, design: &Design) -> Result<Analysis, Error> {
    let analysis = Analysis::of(Sources::read(store)?, design)?;
    for (name, text) in analysis.files()? {
        store.write_analysis(name, &text)?;
    }
    Ok(analysis)
}

impl Analysis {
    /// The tables of merged tables.
    ///
    /// # Errors
    /// The texts have not the columns of the design or are not in order, or the
    /// reference is in no trial.
    pub fn of(sources: Sources, design: &Design) -> Result<Self, Error> {
        let cells = cells::read(sources.trials, &design.axes)?;
        let mistakes = sources.mistakes.map(Mistakes::read).transpose()?;
        let compared = match &design.compare {
            None => None,
            Some(compare) => {
                let pairs = Pairs::of(&cells, &design.axes, compare)?;
                Some(Compared::of(&pairs, compare, mistakes.as_ref()))
            }
        };
        let summary = Summary::of(&cells, &design.axes);
        Ok(Self { summary, compared, published: design.published.clone() })
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
        render::analysis(&self.summary, self.compared.as_ref(), width)
    }
}

#[cfg(test)]
mod tests;
