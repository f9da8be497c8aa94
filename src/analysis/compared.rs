//! The comparison of all challengers with the reference.

use super::mistakes::Mistakes;
use super::pairs::Pairs;
use super::{Absent, Comparison, Examples, Grid, Verdict};
use crate::spec::Compare;

/// The challengers against the reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Cell by cell.
    pub comparison: Comparison,
    /// Over all cells.
    pub grid: Grid,
    /// Image by image, or the reason why this is missing.
    pub examples: Result<Examples, Absent>,
    /// The verdict on the grid.
    pub verdict: Verdict,
}

impl Compared {
    pub(super) fn of(pairs: &Pairs<'_>, compare: &Compare, mistakes: Option<&Mistakes>) -> Self {
        let grid = Grid::of(pairs);
        Self {
            comparison: Comparison::of(pairs),
            examples: Examples::of(pairs, mistakes),
            verdict: Verdict::of(&grid, compare.matching),
            grid,
        }
    }
}
