//! Check of the figures and the page against the tables.

use std::collections::BTreeSet;
use std::fs;

use super::compare::compare;
use super::{AuditReport, AuditedFolder};
use crate::analysis::{Analysis, Input, SweepDesign};
use crate::report::{self, FIGURES, PAGE, ReportedSweep};
use crate::store;
use crate::text::chain;

const DRAW: &str = "fix the tables, then run `drsae report` to write it again";

/// Checks figures and page, if they exist.
pub(super) fn check(subject: AuditedFolder<'_>, analysis: Option<Analysis>, report: &mut AuditReport) {
    let AuditedFolder { store, sweep, .. } = subject;
    let (page, folder) = (store.analysis_file(PAGE), store.analysis_file(FIGURES));
    if !page.exists() && !folder.exists() {
        return;
    }
    let read = || Analysis::of(&Input::read(store)?, &SweepDesign::of(sweep));
    let files = analysis
        .map_or_else(read, Ok)
        .map_err(report::Error::from)
        .and_then(|analysis| report::files(&ReportedSweep { store, sweep, analysis: &analysis }));
    let files = match files {
        Ok(files) => files,
        Err(error) => return report.wrong(page, format!("cannot be checked: {}", chain(&error)), DRAW),
    };
    for (name, text) in &files {
        compare(&store.analysis_file(name), text, of_pictures, DRAW, report);
    }
    let known: BTreeSet<_> = files.iter().map(|(name, _)| store.analysis_file(name)).collect();
    let there = fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok);
    for path in there.map(|entry| entry.path()).filter(|path| !known.contains(path)) {
        if store::is_unfinished(path.file_name().unwrap_or_default()) {
            super::trial::leftover(&path, report);
        } else if path.extension().is_some_and(|extension| extension == "svg") {
            report.note(path, "is not a figure of this sweep", "remove it");
        } else {
            report.wrong(path, "is not a file of a report", "move it out of the results");
        }
    }
}

/// A short description of a difference, since the lines of a figure are long and uninformative.
fn of_pictures(actual: &[u8], expected: &[u8]) -> Option<String> {
    (actual != expected).then(|| "does not match the tables".to_owned())
}
