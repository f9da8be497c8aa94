//! What a sweep shows, in one sentence with its intervals.

use std::fmt;

use super::sentence::sentence;
use super::{Finding, Grid};

/// What may be said of every challenger over the whole grid. Its text is one sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// One for each row of the grid, in its order.
    pub findings: Vec<Finding>,
    sentence: String,
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.sentence)
    }
}

impl Verdict {
    pub(super) fn of(grid: &Grid, matched: bool) -> Self {
        let findings: Vec<_> = grid.rows.iter().map(Finding::of).collect();
        Self { sentence: sentence(grid, &findings, matched), findings }
    }
}
