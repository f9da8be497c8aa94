//! The conclusion on each challenger.
//!
//! Judged are the rows of the grid: each seed's average over all cells. A difference is
//! called shown, or equivalent to none, by p as Holm adjusts them over the challengers.

use super::GridRow;
use crate::stats::Paired;

/// The result of comparing the reference's test error with a challenger's.
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
    pub(super) fn of(row: &GridRow) -> Self {
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
