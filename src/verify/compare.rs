//! Files against the content that follows from the rest of the folder.

use std::io::ErrorKind;
use std::path::Path;

use super::Report;
use crate::store::read_file;

/// A function that describes how the found bytes differ from the expected ones.
pub(super) type Difference = fn(&[u8], &[u8]) -> Option<String>;

/// Checks that a file has the expected content.
pub(super) fn compare(
    path: &Path,
    expected: &[u8],
    difference: Difference,
    advice: &str,
    report: &mut Report,
) {
    report.checked.tables += 1;
    match read_file(path) {
        Ok(actual) => {
            if let Some(difference) = difference(&actual, expected) {
                report.wrong(path, difference, advice);
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => report.wrong(path, "is missing", advice),
        Err(error) => report.wrong(path, format!("cannot be read: {error}"), "put the disk in order"),
    }
}
