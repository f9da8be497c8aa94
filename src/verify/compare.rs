//! Comparison of files with the content that follows from the rest of the folder.

use std::io::ErrorKind;
use std::path::Path;

use super::{AuditReport, AuditedFolder, problem};
use crate::store::{Row, Table, parse_rows, read_file};

/// Advice for a table that only a new run can replace.
pub(super) const RESTORE: &str = "restore it, or run `drsae sweep` for trials to check it against";

/// A function that describes how the found bytes differ from the expected ones.
pub(super) type Difference = fn(&[u8], &[u8]) -> Option<String>;

/// Checks that a file has the expected content.
pub(super) fn compare(
    path: &Path,
    expected: &[u8],
    difference: Difference,
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
pub(super) fn read<R: Row>(
    subject: AuditedFolder<'_>,
    table: Table,
    report: &mut AuditReport,
) -> Option<Vec<R>> {
    let path = subject.store.table(table);
    report.checked.tables += 1;
    let text = read_file(&path).map_err(|error| format!("cannot be read: {error}"));
    match text.and_then(|text| parse_rows(&path, &text).map_err(|error| problem(&error))) {
        Ok(rows) => Some(rows),
        Err(problem) => {
            report.wrong(path, problem, RESTORE);
            None
        }
    }
}
