//! The verdict on a sweep: one sentence with its intervals.

use std::fmt;

use super::sentence::sentence;
use super::{Conclusion, Grid};

/// The conclusions on every challenger over the whole grid. Its text is one sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// One conclusion for each row of the grid, in order.
    pub conclusions: Vec<Conclusion>,
    sentence: String,
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.sentence)
    }
}

impl Verdict {
    pub(super) fn of(grid: &Grid, matched: bool) -> Self {
        let conclusions: Vec<_> = grid.rows.iter().map(Conclusion::of).collect();
        Self { sentence: sentence(grid, &conclusions, matched), conclusions }
    }
}
