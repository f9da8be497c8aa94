//! The comparison of all challengers with the reference.

use super::mistakes::Mistakes;
use super::pairs::{Contrast, Pairs};
use super::sentence::sentence;
use super::{Absent, ComparisonRow, Effects, ExampleRow, GridRow, comparison, examples, grid};
use crate::spec::Compare;

/// The challengers against the reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The names of the comparison.
    pub contrast: Contrast,
    /// Every cell that is not the reference against the reference cell that has the same values on the axes which
    /// are not compared, in plan order.
    pub comparison: Vec<ComparisonRow>,
    /// Each challenger over all cells, in plan order.
    pub grid: Vec<GridRow>,
    /// The effects of several cells, if the spec names some.
    pub effects: Effects,
    /// Both trials of each comparison and seed on the same test images, if they are complete, or the reason for a
    /// missing table.
    pub examples: Result<Vec<ExampleRow>, Absent>,
    /// The verdict on the grid: one sentence with its intervals.
    pub verdict: String,
}

impl Compared {
    pub(super) fn of(
        pairs: Pairs<'_>,
        effects: Effects,
        compare: &Compare,
        mistakes: Option<&Mistakes>,
    ) -> Self {
        let grid = grid::rows(&pairs);
        Self {
            comparison: comparison::rows(&pairs, mistakes),
            effects,
            examples: examples::rows(&pairs, mistakes),
            verdict: sentence(&pairs.contrast, &grid, compare.matching),
            grid,
            contrast: pairs.contrast,
        }
    }
}
