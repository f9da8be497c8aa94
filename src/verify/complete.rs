//! Check of `epochs.csv`, `mistakes.csv` and `provenance.csv`, which have rows of complete trials, against `trials.csv`.

use super::compare::trial_rows;
use super::{AuditReport, AuditedFolder, contents};
use crate::NUMERICS_VERSION;
use crate::plan::Trial;
use crate::store::{EpochRow, MistakeRow, ProvenanceRow, Table, TrialRow, TrialTable};

/// Checks the tables.
pub(super) fn tables(subject: AuditedFolder<'_>, trials: &TrialTable, report: &mut AuditReport) {
    trial_rows(subject, Table::Epochs, trials, report, |row, trial| row.trial == trial.id, curve);
    trial_rows(subject, Table::Mistakes, trials, report, |row, trial| row.index == trial.index, mistakes);
    trial_rows(subject, Table::Provenance, trials, report, |row, trial| row.trial == trial.id, provenance);
}

/// Checks that the curve of a complete trial has all epochs, or the validated ones and the last.
fn curve(trial: &Trial, measured: &TrialRow, curve: &[EpochRow]) -> Result<(), String> {
    if !measured.is_complete() {
        return Ok(());
    }
    let training = &trial.config.training;
    let is_validated = trial.config.data.validation > 0;
    let validated = if is_validated { training.validated_epochs() } else { Vec::new() };
    contents::merged_curve(curve, training.epochs(), &validated, measured.best_epoch, measured.valid_error)
}

/// Checks that a trial has as many misclassified images as its test error implies, and none twice.
fn mistakes(_: &Trial, measured: &TrialRow, mistakes: &[MistakeRow]) -> Result<(), String> {
    let images = measured.test_images.unwrap_or_default();
    if let Some(row) = mistakes.iter().find(|row| row.image >= images || row.label == row.predicted) {
        return Err(format!("image {} is not one of {images}, or is classified correctly", row.image));
    }
    if let Some([_, row]) = mistakes.array_windows().find(|[before, row]| before.image >= row.image) {
        return Err(format!("image {} is repeated or out of order", row.image));
    }
    let error = measured.test_images.map(|images| 100.0 * mistakes.len() as f64 / images as f64);
    match measured.test_error {
        stated if stated == error => Ok(()),
        stated => {
            let (found, stated) = (error.unwrap_or_default(), stated.unwrap_or_default());
            Err(format!("{} of {images} images are {found} %, the test error is {stated} %", mistakes.len()))
        }
    }
}

/// Checks that a complete trial has one row of provenance, and any other none.
fn provenance(trial: &Trial, measured: &TrialRow, rows: &[ProvenanceRow]) -> Result<(), String> {
    let [row] = rows else {
        return if rows.is_empty() && !measured.is_complete() {
            Ok(())
        } else {
            Err(format!("a complete trial has one row, it has {}", rows.len()))
        };
    };
    if !measured.is_complete() {
        return Err("the trial is not complete".to_owned());
    }
    if row.index != trial.index {
        return Err(format!("its index is {}, not {}", row.index, trial.index));
    }
    if row.numerics != NUMERICS_VERSION {
        return Err(format!("its numerics are {}, those of its id are {NUMERICS_VERSION}", row.numerics));
    }
    if row.device != trial.device {
        let (device, own) = (row.device.name(), trial.device.name());
        return Err(format!("its device is {device}, that of its id {own}"));
    }
    if !(row.seconds.is_finite() && row.seconds >= 0.0) {
        return Err(format!("it took {} seconds", row.seconds));
    }
    Ok(())
}
