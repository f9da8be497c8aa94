//! What a sweep shows, in one sentence with its intervals.
//!
//! Judged are the rows of the grid: each seed's average over all cells. A difference is
//! called shown, or equivalent to none, by p as Holm adjusts them over the challengers.

use std::fmt;

use super::sentence::sentence;
use super::{Grid, GridRow};
use crate::stats::Paired;

/// What may be said of every challenger over the whole grid. Its text is one sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// One for each row of the grid, in its order.
    pub findings: Vec<Finding>,
    sentence: String,
}

/// What may be said of one challenger.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The challenger: its value on each compared axis.
    pub challenger: String,
    /// What is shown of it.
    pub conclusion: Conclusion,
}

/// What is shown of the reference's test error against a challenger's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conclusion {
    /// The reference has less.
    Less,
    /// The reference has more.
    More,
    /// They differ by less than the margin, and no difference is shown.
    Equivalent,
    /// Neither a difference nor its absence is shown.
    Open,
    /// They are equal in every cell and seed, to the last image.
    Same,
    /// There is a difference that cannot be tested: of one seed, or the same in every seed.
    Untested,
    /// No seed has all trials of all cells, so there is no difference.
    Incomplete,
}

impl Conclusion {
    /// What a row of the grid shows.
    #[must_use]
    pub fn of(row: &GridRow) -> Self {
        match row.test {
            None => Self::Incomplete,
            Some(_) if row.identical == row.cells => Self::Same,
            Some(Paired { p: None, .. }) => Self::Untested,
            Some(Paired { mean, .. }) if row.tests.differ() => {
                if mean > 0.0 {
                    Self::Less
                } else {
                    Self::More
                }
            }
            Some(_) if row.tests.equivalent() => Self::Equivalent,
            Some(_) => Self::Open,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.sentence)
    }
}

impl Verdict {
    pub(super) fn of(grid: &Grid, matched: bool) -> Self {
        let finding =
            |row: &GridRow| Finding { challenger: row.challenger.clone(), conclusion: Conclusion::of(row) };
        let findings: Vec<_> = grid.rows.iter().map(finding).collect();
        Self { sentence: sentence(grid, &findings, matched), findings }
    }
}
