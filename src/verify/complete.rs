//! Check of `mistakes.csv` and `provenance.csv`, which only have rows of complete trials, against `trials.csv`.

use super::compare::{RESTORE, read};
use super::{AuditReport, AuditedFolder};
use crate::NUMERICS_VERSION;
use crate::store::{MistakeRow, ProvenanceRow, Table, TrialRow, TrialTable};

/// Checks that `mistakes.csv` has as many images of each trial as its test error implies, and none twice.
pub(super) fn mistakes(subject: AuditedFolder<'_>, trials: &TrialTable, report: &mut AuditReport) {
    let path = subject.store.mistakes_csv();
    let Some(rows) = read::<MistakeRow>(subject, Table::Mistakes, report) else { return };
    let mut groups = rows.chunk_by(|a, b| a.index == b.index).peekable();
    for trial in &subject.plan.trials {
        let images = groups.next_if(|images| images[0].index == trial.index).unwrap_or_default();
        let Some(measured) = trials.get(&trial.id) else { continue };
        if let Err(problem) = misclassified(images, measured) {
            report.wrong(&path, format!("in the mistakes of {}: {problem}", trial.id), RESTORE);
        }
    }
    if let Some([row, ..]) = groups.next() {
        let problem = format!("has the index {} that is not in the plan, or not in its order", row.index);
        report.wrong(&path, problem, RESTORE);
    }
}

fn misclassified(mistakes: &[MistakeRow], trial: &TrialRow) -> Result<(), String> {
    let images = trial.test_images.unwrap_or_default();
    if let Some(row) = mistakes.iter().find(|row| row.image >= images || row.label == row.predicted) {
        return Err(format!("image {} is not one of {images}, or is classified correctly", row.image));
    }
    if let Some([_, row]) = mistakes.array_windows().find(|[before, row]| before.image >= row.image) {
        return Err(format!("image {} is repeated or out of order", row.image));
    }
    let error = trial.is_complete().then(|| 100.0 * mistakes.len() as f64 / images as f64);
    match trial.test_error {
        stated if stated == error => Ok(()),
        stated => {
            let (found, stated) = (error.unwrap_or_default(), stated.unwrap_or_default());
            Err(format!("{} of {images} images are {found} %, the test error is {stated} %", mistakes.len()))
        }
    }
}

/// Checks that `provenance.csv` has one row for each complete trial, and no other.
pub(super) fn provenance(subject: AuditedFolder<'_>, trials: &TrialTable, report: &mut AuditReport) {
    let path = subject.store.provenance_csv();
    let Some(rows) = read::<ProvenanceRow>(subject, Table::Provenance, report) else { return };
    let mut rows = rows.iter().peekable();
    for trial in &subject.plan.trials {
        let row = rows.next_if(|row| row.trial == trial.id);
        let Some(measured) = trials.get(&trial.id) else { continue };
        let problem = match row {
            None if measured.is_complete() => "has no row of it, although it is complete".to_owned(),
            Some(_) if !measured.is_complete() => "has a row of it, although it is not complete".to_owned(),
            Some(row) if row.index != trial.index => {
                format!("its index is {}, not {}", row.index, trial.index)
            }
            Some(row) if row.numerics != NUMERICS_VERSION => {
                format!("its numerics are {}, those of its id are {NUMERICS_VERSION}", row.numerics)
            }
            Some(row) if row.device != trial.device => {
                format!("its device is {}, that of its id {}", row.device.name(), trial.device.name())
            }
            Some(row) if !(row.seconds.is_finite() && row.seconds >= 0.0) => {
                format!("it took {} seconds", row.seconds)
            }
            _ => continue,
        };
        report.wrong(&path, format!("of {}: {problem}", trial.id), RESTORE);
    }
    if let Some(row) = rows.next() {
        let problem = format!("has a row of {} that is not in the plan, or not in its order", row.trial);
        report.wrong(&path, problem, RESTORE);
    }
}
