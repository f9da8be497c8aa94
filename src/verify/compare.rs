//! Comparison of files with the content that follows from the rest of the folder.

use std::io::ErrorKind;
use std::path::Path;

use super::{AuditReport, AuditedFolder, problem};
use crate::plan::Trial;
use crate::store::{Row, Table, TrialRow, TrialTable, parse_rows, read_file};

/// Advice for a table that only a new run can replace.
pub(super) const RESTORE: &str = "restore it, or run `drsae sweep` for trials to check it against";

/// A function that describes how the found bytes differ from the expected ones.
pub(super) type DescribeDifference = fn(&[u8], &[u8]) -> Option<String>;

/// Checks that a file has the expected content.
pub(super) fn compare(
    path: &Path,
    expected: &[u8],
    difference: DescribeDifference,
    advice: &str,
    report: &mut AuditReport,
) {
    report.checked.tables += 1;
    match read_file(path) {
        Ok(actual) => {
            if let Some(difference) = difference(&actual, expected) {
                report.wrong(path, difference, advice);
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => report.wrong(path, "is missing", advice),
        Err(error) => report.wrong(path, format!("cannot be read: {error}"), "fix the I/O error"),
    }
}

/// The rows of a merged table; `None` after a finding that states the reason.
fn read<R: Row>(path: &Path, report: &mut AuditReport) -> Option<Vec<R>> {
    report.checked.tables += 1;
    let text = read_file(path).map_err(|error| format!("cannot be read: {error}"));
    match text.and_then(|text| parse_rows(path, &text).map_err(|error| problem(&error))) {
        Ok(rows) => Some(rows),
        Err(problem) => {
            report.wrong(path, problem, RESTORE);
            None
        }
    }
}

/// Checks the rows of a merged table: `check` gets those of each trial that `trials.csv` has, and no others may
/// follow. `is_of` tells if a row is of a trial.
pub(super) fn trial_rows<R: Row>(
    subject: AuditedFolder<'_>,
    table: Table,
    trials: &TrialTable,
    report: &mut AuditReport,
    is_of: fn(&R, &Trial) -> bool,
    check: fn(&Trial, &TrialRow, &[R]) -> Result<(), String>,
) {
    let path = subject.store.table(table);
    let Some(rows) = read::<R>(&path, report) else { return };
    let mut rest = &rows[..];
    for trial in &subject.plan.trials {
        let own;
        (own, rest) = rest.split_at(rest.iter().take_while(|row| is_of(row, trial)).count());
        let Some(measured) = trials.get(&trial.id) else { continue };
        if let Err(problem) = check(trial, measured, own) {
            report.wrong(&path, format!("in the rows of {}: {problem}", trial.id), RESTORE);
        }
    }
    if !rest.is_empty() {
        let row = rows.len() - rest.len() + 1;
        let problem = format!("from row {row} on, rows are of no trial of the plan, or not in its order");
        report.wrong(path, problem, RESTORE);
    }
}
