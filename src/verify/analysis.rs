//! Check of the files of `analysis/` against the merged tables.

use std::path::Path;

use super::compare::compare;
use super::{AuditReport, AuditedFolder, difference};
use crate::analysis::{Analysis, FILES, Input, SweepDesign};
use crate::store::Table;
use crate::text::chain;

/// Advice for a file that `drsae analyze` writes.
pub(super) const ANALYZE: &str = "fix the trials, then run `drsae analyze` to write it again";

/// Checks the tables of the analysis; returns the analysis.
pub(super) fn check(subject: AuditedFolder<'_>, input: &Input, report: &mut AuditReport) -> Option<Analysis> {
    let AuditedFolder { store, sweep, .. } = subject;
    let made =
        Analysis::of(input, &SweepDesign::of(sweep)).and_then(|analysis| Ok((analysis.files()?, analysis)));
    let (files, analysis) = match made {
        Ok(made) => made,
        Err(error) => {
            let problem = format!("cannot be analysed: {}", chain(&error));
            report.wrong(store.table(Table::Trials), problem, ANALYZE);
            return None;
        }
    };
    for (name, text) in &files {
        let is_table = Path::new(name).extension().is_some_and(|extension| extension == "csv");
        let difference = if is_table { difference::of_tables } else { difference::of_texts };
        compare(&store.analysis_file(name), text, difference, ANALYZE, report);
    }
    for stale in FILES.into_iter().filter(|name| files.iter().all(|(file, _)| file != name)) {
        let path = store.analysis_file(stale);
        if path.exists() {
            report.note(path, "belongs to an earlier spec: this one does not produce it", "remove it");
        }
    }
    Some(analysis)
}
