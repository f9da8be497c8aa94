//! Rows of learning curves, timings, predictions, mistakes and provenance. `docs/FORMAT.md` gives
//! each column's unit and meaning.

use serde::{Deserialize, Serialize};

use super::Row;
use crate::device;
use crate::provenance::{self, Provenance};

/// One epoch of one trial, in `epochs.csv`: deterministic columns only.
///
/// Losses are means per image. Columns of validation are absent if no images are held
/// out; columns of the class term and of training error where the phase is not
/// discriminative.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct EpochRow {
    /// Id of the trial.
    pub trial: String,
    /// Phase, from 1.
    pub phase: usize,
    /// Epoch over all phases, from 1.
    pub epoch: usize,
    /// Base learning rate at the start of the epoch.
    pub rate: f64,
    /// Objective over the training images.
    pub train_loss: f64,
    /// ½‖x − D·z^T‖².
    pub train_reconstruction: f64,
    /// λ‖z^T‖₁.
    pub train_sparsity: f64,
    /// −log softmax(C·z^T/‖z^T‖₂)_y, before the weight γ.
    pub train_class_loss: Option<f64>,
    /// Misclassified training images, percent.
    pub train_error: Option<f64>,
    /// As `train_reconstruction`.
    pub valid_reconstruction: Option<f64>,
    /// As `train_sparsity`.
    pub valid_sparsity: Option<f64>,
    /// As `train_class_loss`.
    pub valid_class_loss: Option<f64>,
    /// Misclassified validation images, percent.
    pub valid_error: Option<f64>,
    /// Share of (validation image, unit) pairs with z^T > 0.
    pub active_fraction: Option<f64>,
    /// Share of units that are active for at least one validation image.
    pub live_fraction: Option<f64>,
}

/// Wall-clock of one epoch, in `timing.csv`; separate from `epochs.csv`, which must be reproducible.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TimingRow {
    /// Id of the trial.
    pub trial: String,
    /// Epoch over all phases, from 1.
    pub epoch: usize,
    /// Seconds, evaluation included.
    pub seconds: f64,
    /// Training images per second.
    pub images_per_second: f64,
}

/// The prediction of a trained network for one test image, in `predictions.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PredictionRow {
    /// Position in the test set, from 0.
    pub index: usize,
    /// True label.
    pub label: i64,
    /// Predicted label.
    pub prediction: i64,
}

/// A test image that a complete trial misclassifies, in the merged `mistakes.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MistakeRow {
    /// Position of the trial in the plan, from 0.
    pub index: usize,
    /// Position of the image in the test set, from 0.
    pub image: usize,
    /// True label.
    pub label: i64,
    /// Predicted label.
    pub predicted: i64,
}

/// The test of a trial under a condition that its training never saw, in `conditions.csv`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ConditionRow {
    /// Id of the trial.
    pub trial: String,
    /// Name of the condition.
    pub condition: String,
    /// Level of the condition: a share, pixels, or iterations.
    pub level: f64,
    /// Misclassified test images.
    pub mistakes: usize,
}

impl ConditionRow {
    /// Name of the condition of another number of iterations.
    pub const ITERATIONS: &str = "iterations";

    /// True if both are of one condition at one level.
    #[must_use]
    pub fn is_of(&self, other: &Self) -> bool {
        self.condition == other.condition && self.level == other.level
    }
}

/// The provenance and the wall-clock of a complete trial, in the merged
/// `provenance.csv`: the facts of [`Provenance`], without the command line, which may name
/// folders of the machine.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ProvenanceRow {
    /// Position of the trial in the plan, from 0.
    pub index: usize,
    /// Id of the trial.
    pub trial: String,
    /// Version of the program.
    pub version: String,
    /// Numerics version.
    pub numerics: u32,
    /// Commit that the program was built from.
    pub commit: Option<String>,
    /// True if tracked files differed from the commit.
    pub dirty: Option<bool>,
    /// Compiler.
    pub rustc: Option<String>,
    /// SHA-256 of `Cargo.lock`.
    pub lockfile: String,
    /// SHA-256 of the program.
    pub binary: Option<String>,
    /// Checksums of the data: `name=checksum`, joined by `; `.
    pub data: String,
    /// Model of the CPU.
    pub cpu: String,
    /// Device of the training; tables of earlier versions, which trained on the CPU, lack it.
    #[serde(default)]
    pub device: device::Kind,
    /// Cores that the process might use.
    pub cores: usize,
    /// Threads that computed the trial.
    pub threads: usize,
    /// Operating system and architecture.
    pub system: String,
    /// Start of the trial, RFC 3339, UTC.
    pub started: String,
    /// Wall-clock of the trial.
    pub seconds: f64,
}

impl ProvenanceRow {
    pub(in crate::store) fn new(index: usize, trial: &str, facts: Provenance, seconds: f64) -> Self {
        Self {
            index,
            trial: trial.to_owned(),
            version: facts.version,
            numerics: facts.numerics,
            commit: facts.commit,
            dirty: facts.dirty,
            rustc: facts.rustc,
            lockfile: facts.lockfile,
            binary: facts.binary,
            data: provenance::data(&facts.data),
            cpu: facts.cpu,
            device: facts.device,
            cores: facts.cores,
            threads: facts.threads,
            system: facts.system,
            started: facts.started,
            seconds,
        }
    }
}

impl Row for EpochRow {}
impl Row for TimingRow {}
impl Row for PredictionRow {}
impl Row for MistakeRow {}
impl Row for ConditionRow {}
impl Row for ProvenanceRow {
    const ADDED: &'static [&'static str] = &["device"];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv_of<T: Serialize + Default>(rows: &[T]) -> String {
        String::from_utf8(super::super::csv(rows).unwrap()).unwrap()
    }

    fn epoch() -> EpochRow {
        EpochRow {
            trial: "drsae-0123".to_owned(),
            phase: 1,
            epoch: 1,
            rate: 0.001,
            train_loss: 0.1 + 0.2,
            train_reconstruction: 0.25,
            train_sparsity: 1e-7,
            active_fraction: Some(0.625),
            live_fraction: Some(1.0),
            ..EpochRow::default()
        }
    }

    #[test]
    fn epochs_snapshot() {
        let discriminative = EpochRow {
            phase: 2,
            epoch: 2,
            train_class_loss: Some(0.5),
            train_error: Some(12.5),
            valid_reconstruction: Some(0.125),
            valid_sparsity: Some(0.125),
            valid_class_loss: Some(0.5),
            valid_error: Some(10.0),
            ..epoch()
        };
        insta::assert_snapshot!(csv_of(&[epoch(), discriminative]), @r"
        trial,phase,epoch,rate,train_loss,train_reconstruction,train_sparsity,train_class_loss,train_error,valid_reconstruction,valid_sparsity,valid_class_loss,valid_error,active_fraction,live_fraction
        drsae-0123,1,1,0.001,0.30000000000000004,0.25,1e-7,,,,,,,0.625,1.0
        drsae-0123,2,2,0.001,0.30000000000000004,0.25,1e-7,0.5,12.5,0.125,0.125,0.5,10.0,0.625,1.0
        ");
    }

    #[test]
    fn timing_and_predictions_snapshot() {
        let timing =
            TimingRow { trial: "drsae-0123".to_owned(), epoch: 1, seconds: 2.5, images_per_second: 20_000.0 };
        insta::assert_snapshot!(csv_of(&[timing]), @r"
        trial,epoch,seconds,images_per_second
        drsae-0123,1,2.5,20000.0
        ");
        insta::assert_snapshot!(csv_of(&[PredictionRow { index: 0, label: 7, prediction: 1 }]), @r"
        index,label,prediction
        0,7,1
        ");
    }

    #[test]
    fn no_rows_still_have_a_header() {
        assert_eq!(csv_of::<PredictionRow>(&[]), "index,label,prediction\n");
    }
}
