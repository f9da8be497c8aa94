//! Check of a study's search against the plan that was frozen after it.

use std::io::ErrorKind;

use super::{AuditReport, AuditedFolder};
use crate::hash::sha256;
use crate::store::{Store, read_file};
use crate::study::{SEARCH_FOLDER, SEARCH_TABLE};

/// Checks the table of the search, if it is kept, against the checksum in the frozen plan.
pub(super) fn check(subject: AuditedFolder<'_>, report: &mut AuditReport) {
    let AuditedFolder { store, sweep, .. } = subject;
    let Some(frozen) = &sweep.frozen else { return };
    let Ok(search) = Store::at(&store.root().join(SEARCH_FOLDER)) else { return };
    let path = search.analysis_file(SEARCH_TABLE);
    let read = read_file(&path);
    if read.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return;
    }
    report.checked.tables += 1;
    match read {
        Ok(text) if sha256(&text) == frozen.search => {}
        Ok(_) => report.wrong(
            path,
            "is not the table that the plan was frozen from: its SHA-256 is not the one in frozen.toml",
            "restore it",
        ),
        Err(error) => report.wrong(path, format!("cannot be read: {error}"), "fix the I/O error"),
    }
}
