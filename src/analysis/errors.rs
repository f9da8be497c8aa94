//! Errors of a complete trial.

use crate::store::TrialRow;

/// Errors of a complete trial, percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Errors {
    /// Of the validation images, at the kept epoch; absent if none are held out.
    pub valid: Option<f64>,
    /// Of the test images.
    pub test: f64,
}

impl Errors {
    /// The errors of a trial; `None` if it is not complete.
    pub(super) fn of(trial: &TrialRow) -> Option<Self> {
        let test = trial.test_error.filter(|_| trial.is_complete())?;
        Some(Self { valid: trial.valid_error, test })
    }
}
