//! Tables of a finished sweep: the errors of each cell of the plan, the difference of each cell
//! from the reference, and a verdict on each challenger over the whole grid.
//!
//! The input is the merged `trials.csv`, `mistakes.csv` and `conditions.csv` alone, so it works on results from
//! anywhere. `docs/FORMAT.md` describes the files that it writes into `analysis/`,
//! `docs/METHODOLOGY.md` the methods.
//!
//! ```text
//! cells ─► summary, effects            the same under each condition ─► conditions
//!   └────► pairs ─► comparison, grid ─► verdict
//!            └────► examples (with mistakes)
//! ```

mod cells;
mod compared;
mod comparison;
mod concerns;
mod conclusion;
mod conditions;
mod design;
mod differences;
mod effects;
mod error;
mod errors;
mod examples;
mod family;
mod files;
mod format;
mod frame;
mod grid;
mod input;
mod mistakes;
mod pairs;
pub mod render;
mod sentence;
mod settings;
mod summary;
mod table;
mod views;
mod words;

pub use cells::{AxisColumn, CellTrials};
pub use compared::Compared;
pub(crate) use comparison::compared;
pub use comparison::{ComparisonRow, Difference};
pub use concerns::{Concerned, concerns, kept};
pub use conditions::{ComparedUnder, Condition, ConditionCell, ConditionTables};
pub use design::SweepDesign;
pub use effects::{EffectRow, Effects};
pub use error::Error;
pub use errors::Errors;
pub use examples::{Absent, ExampleRow};
pub use family::Tests;
pub use files::{
    COMPARISON, CONDITION_EFFECTS, CONDITION_GRID, CONDITIONS, EFFECTS, EXAMPLES, FILES, FORMAT, GRID, LATEX,
    MARKDOWN, SUMMARY,
};
pub use grid::GridRow;
pub use input::Input;
pub use pairs::Contrast;
pub(crate) use settings::SettingColumns;
pub use summary::{Summary, SummaryRow};
pub use views::TableView;

pub use crate::text::table::Space;
pub(crate) use words::{count, difference, headings, of_planned, side, spread};

use std::collections::BTreeSet;

use self::cells::GroupedTrials;
use self::mistakes::Mistakes;
use self::pairs::Pairs;
use crate::spec::Published;
use crate::store::Store;
use crate::threads;

/// The tables of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// The swept settings.
    pub axes: Vec<AxisColumn>,
    /// Sets of trials that differ only in their seed, in plan order.
    pub cells: Vec<CellTrials>,
    /// Every cell.
    pub summary: Summary,
    /// The comparison, if the spec names a reference.
    pub compared: Option<Compared>,
    /// The tables under each condition, if the networks were tested under some.
    pub conditions: Vec<ConditionTables>,
    /// Published errors, listed with those of the cells.
    pub published: Vec<Published>,
    /// Labels in `mistakes.csv`: the number of classes if each was confused.
    pub classes: usize,
}

/// Computes the tables of a sweep and writes them into its folder.
///
/// # Errors
/// `trials.csv` is absent or lacks a column of the design; `mistakes.csv` is not sorted; no trial has the reference;
/// I/O fails.
pub fn analyze(store: &Store, design: &SweepDesign) -> Result<Analysis, Error> {
    let analysis = Analysis::of(&Input::read(store)?, design)?;
    for (name, text) in analysis.files()? {
        store.write_analysis(name, &text)?;
    }
    Ok(analysis)
}

impl Analysis {
    /// The analysis of merged tables.
    ///
    /// # Errors
    /// The tables lack a column of the design or are not sorted, or no trial has the reference.
    pub fn of(input: &Input, design: &SweepDesign) -> Result<Self, Error> {
        threads::check_polars()?;
        let found = GroupedTrials::of(&input.trials.path, input.trials.rows(), &design.axes)?;
        let mistakes = Mistakes::of(input)?;
        let compared = match &design.compare {
            None => None,
            Some(compare) => {
                let pairs = Pairs::of(&found, compare)?;
                let effects = Effects::of(&found, compare, mistakes.as_ref());
                Some(Compared::of(pairs, effects, compare, mistakes.as_ref()))
            }
        };
        let conditions = ConditionTables::all(input, design)?;
        let summary = Summary::of(&found);
        let GroupedTrials { axes, cells, .. } = found;
        let labels = input.mistakes.iter().flatten().flat_map(|row| [row.label, row.predicted]);
        let classes = labels.collect::<BTreeSet<_>>().len();
        Ok(Self { axes, cells, summary, compared, conditions, published: design.published.clone(), classes })
    }

    /// The files of the tables: name in `analysis/`, and text.
    ///
    /// # Errors
    /// A table cannot be built.
    pub fn files(&self) -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
        format::files(self)
    }

    /// The tables for publication, in the order of a page.
    #[must_use]
    pub fn views(&self) -> Vec<TableView> {
        views::of(self)
    }

    /// The tables and the verdict for a terminal, without colour; `folder` is that of the files of the analysis, which hold
    /// what is not shown.
    #[must_use]
    pub fn render(&self, space: Space, folder: &str) -> String {
        render::analysis(&self.summary, self.compared.as_ref(), space, folder)
    }
}

#[cfg(test)]
mod tests;
