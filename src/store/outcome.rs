//! The outcome of a trial, as stored in `result.json`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::PredictionRow;

/// Version of `result.json`. It rises when a field is removed or changes its meaning, not when one is added.
pub const FORMAT: u32 = 1;

/// Status of a trial.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Trained and tested.
    #[value(skip)]
    Complete,
    /// The loss was no longer finite.
    Diverged,
    /// An error ended it.
    Failed,
    /// It exceeded its time limit.
    TimedOut,
    /// It has no result yet; never stored in a `result.json`.
    #[default]
    #[serde(skip)]
    #[value(skip)]
    Pending,
}

impl Status {
    /// Every status, the complete one first.
    pub const ALL: [Self; 5] = [Self::Complete, Self::Diverged, Self::Failed, Self::TimedOut, Self::Pending];

    /// The name in files and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Diverged => "diverged",
            Self::Failed => "failed",
            Self::TimedOut => "timed-out",
            Self::Pending => "pending",
        }
    }

    /// True if a repetition would end in the same status: complete, or diverged.
    #[must_use]
    pub const fn is_decided(self) -> bool {
        matches!(self, Self::Complete | Self::Diverged)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

/// The result of a trial; `result.json` holds it sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// [`FORMAT`] of the program that wrote it.
    pub format: u32,
    /// Status of the ended trial; never pending.
    pub status: Status,
    /// The reason why it did not complete.
    pub message: Option<String>,
    /// Number of parameters of the network.
    pub parameters: usize,
    /// Epochs trained, over all phases.
    pub epochs: usize,
    /// Epoch, from 1, whose weights were kept.
    pub best_epoch: Option<usize>,
    /// Validation error at `best_epoch`, percent; absent if no images are held out.
    pub valid_error: Option<f64>,
    /// Test error of the kept weights, percent; absent if the test images are sealed.
    pub test_error: Option<f64>,
    /// Misclassified test images.
    pub test_errors: Option<usize>,
    /// Test images.
    pub test_count: Option<usize>,
    /// Wall-clock seconds of the run that ended the trial, and of the epochs that earlier runs had trained. Differs between
    /// repetitions, so only `provenance.csv` of the merged files has it.
    pub seconds: f64,
}

impl Outcome {
    /// The outcome with the test error of these predictions.
    #[must_use]
    pub fn tested(self, predictions: &[PredictionRow]) -> Self {
        let wrong = predictions.iter().filter(|row| row.label != row.prediction).count();
        Self {
            test_error: Some(100.0 * wrong as f64 / predictions.len() as f64),
            test_errors: Some(wrong),
            test_count: Some(predictions.len()),
            ..self
        }
    }

    /// The result of a trial that did not complete.
    #[must_use]
    pub fn incomplete(status: Status, message: String, parameters: usize, seconds: f64) -> Self {
        Self {
            format: FORMAT,
            status,
            message: Some(message),
            parameters,
            epochs: 0,
            best_epoch: None,
            valid_error: None,
            test_error: None,
            test_errors: None,
            test_count: None,
            seconds,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::store) fn outcome() -> Outcome {
        Outcome {
            format: FORMAT,
            status: Status::Complete,
            message: None,
            parameters: 169_500,
            epochs: 35,
            best_epoch: Some(31),
            valid_error: Some(1.5),
            test_error: Some(1.25),
            test_errors: Some(125),
            test_count: Some(10_000),
            seconds: 812.5,
        }
    }

    #[test]
    fn names_are_those_in_the_file_and_pending_is_in_none() {
        for status in [Status::Complete, Status::Diverged, Status::Failed, Status::TimedOut] {
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
        }
        assert!(serde_json::to_string(&Status::Pending).is_err());
        assert!(serde_json::from_str::<Status>("\"pending\"").is_err());
    }
}
