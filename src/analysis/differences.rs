//! Differences by seed of one row of a table, and their summary.

use super::family::Tests;
use crate::stats::{CONFIDENCE, Paired};

/// The summary of differences in error that are paired by seed.
pub(super) struct DifferenceSummary {
    /// Seeds without a difference.
    pub missing: usize,
    /// Mean and interval of the differences in test error.
    pub test: Option<Paired>,
    /// The same of the validation error.
    pub valid: Option<Paired>,
    /// Tests of the difference in test error, not adjusted yet.
    pub tests: Tests,
}

impl DifferenceSummary {
    /// Summarises the differences of each planned seed. `is_tested` tells if any trial of the sweep is.
    pub fn of(test: &[Option<f64>], valid: &[Option<f64>], is_tested: bool, margin: Option<f64>) -> Self {
        let known = known(test);
        let paired = Paired::of(&known, CONFIDENCE);
        Self {
            missing: missing(test, valid, is_tested),
            test: paired,
            valid: Paired::of(&self::known(valid), CONFIDENCE),
            tests: Tests::of(&known, paired.and_then(|paired| paired.p), margin),
        }
    }
}

/// The differences that there are.
pub(super) fn known(differences: &[Option<f64>]) -> Vec<f64> {
    differences.iter().copied().flatten().collect()
}

/// Number of seeds without a difference in test error, or in validation error while no trial of the sweep is tested.
pub(super) fn missing(test: &[Option<f64>], valid: &[Option<f64>], is_tested: bool) -> usize {
    let counted = if is_tested { test } else { valid };
    counted.iter().filter(|difference| difference.is_none()).count()
}
