//! Errors of a complete trial.

use crate::store::TrialRow;

/// Errors of a complete trial, percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Errors {
    /// Of the validation images, at the kept epoch; absent if none are held out.
    pub valid: Option<f64>,
    /// Of the test images; absent where they are sealed.
    pub test: Option<f64>,
}

impl Errors {
    /// The errors of a trial; `None` if it is not complete.
    pub(super) fn of(trial: &TrialRow) -> Option<Self> {
        trial.is_complete().then_some(Self { valid: trial.valid_error, test: trial.test_error })
    }
}
