//! `SHA256SUMS`: the merged tables against it, and it against what the trials give.

use std::path::Path;

use super::analysis::ANALYZE;
use super::compare::compare;
use super::{AuditReport, AuditedFolder, difference, problem};
use crate::hash::sha256;
use crate::store::{self, MergedTexts, Table, file, read_file};

const RESTORE: &str = "restore it";

/// Checks the tables and the plan against the checksums that were written with them: all that there
/// is to hold them against where the trials' folders are not kept.
pub(super) fn of_tables(subject: AuditedFolder<'_>, report: &mut AuditReport) {
    let store = subject.store;
    report.checked.tables += 1;
    let sums = match store.sums() {
        Ok(Some(sums)) => sums,
        Ok(None) => return report.wrong(store.sums_file(), "is missing", RESTORE),
        Err(error) => return report.wrong(store.sums_file(), problem(&error), RESTORE),
    };
    let conditions = Some(store.conditions_csv()).filter(|path| path.exists());
    let others = [store.plan_csv()].into_iter().chain(conditions);
    for path in Table::ALL.map(|table| store.table(table)).into_iter().chain(others) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match (read_file(&path), sums.get(&name)) {
            (Ok(text), Some(sum)) if sha256(&text) == sum => {}
            (Ok(_), Some(_)) => report.wrong(
                &path,
                "is not the one that was merged: its SHA-256 is not the one in SHA256SUMS",
                "restore both, or let `drsae analyze` merge what an interrupted sweep left",
            ),
            (Ok(_), None) => {
                report.wrong(store.sums_file(), format!("does not list {name}"), RESTORE);
            }
            (Err(error), _) => report.wrong(&path, format!("cannot be read: {error}"), RESTORE),
        }
    }
}

/// Checks the checksums against those of the tables that the trials give.
pub(super) fn of_trials(subject: AuditedFolder<'_>, texts: &MergedTexts, report: &mut AuditReport) {
    let AuditedFolder { store, plan, .. } = subject;
    let path = store.sums_file();
    if !Path::new(&path).exists() {
        report.checked.tables += 1;
        return report.note(path, "is missing, which earlier versions did not write", ANALYZE);
    }
    if let Ok(plan) = store::table(&plan.header(), &plan.rows().collect::<Vec<_>>()) {
        let conditions = read_file(store.conditions_csv()).ok().map(|text| (file::CONDITIONS, text));
        let others: Vec<_> = [("plan.csv", plan)].into_iter().chain(conditions).collect();
        compare(&path, texts.sums(&others).as_bytes(), difference::of_texts, ANALYZE, report);
    }
}
