//! The conclusion on each challenger.
//!
//! The conclusions are drawn from the rows of the grid: each seed's average over all cells. A difference is shown, or
//! equivalent to zero, by p-values with Holm's adjustment over the challengers.

use super::GridRow;
use crate::stats::Paired;

/// The result of comparing the reference's test error with a challenger's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Conclusion {
    /// The reference has less error.
    Less,
    /// The reference has more error.
    More,
    /// They differ by less than the margin, and no difference is shown.
    Equivalent,
    /// Neither a difference nor equivalence is shown.
    Open,
    /// The errors are equal in every cell and seed.
    Same,
    /// There is a difference that cannot be tested: of one seed, or the same in every seed.
    Untested,
    /// The test images are sealed; trials are complete in some seed.
    Sealed,
    /// No seed has all trials of all cells, so there is no difference.
    Incomplete,
}

impl Conclusion {
    pub fn of(row: &GridRow) -> Self {
        match row.test {
            None if row.valid.is_some() => Self::Sealed,
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
