//! Check of merged tables without trials' folders, against the plan and each other.

use super::compare::RESTORE;
use super::{AuditReport, AuditedFolder, analysis, complete, difference, problem, sums};
use crate::analysis::{Analysis, Input};
use crate::spec::TestSet;
use crate::store::{Table, TrialRow, TrialTable, read_file};
use crate::text::chain;

/// Returns true if there are merged tables and no planned trial has a folder.
pub(super) fn are_kept(subject: AuditedFolder<'_>) -> bool {
    let AuditedFolder { store, plan, .. } = subject;
    let folder = |id| store.trial(id).is_ok_and(|folder| folder.path().exists());
    store.table(Table::Trials).exists() && !plan.trials.iter().any(|trial| folder(&trial.id))
}

/// Checks the rows of trials without a folder if other trials have one: the rows against each other, and all tables
/// against their checksums.
pub(super) fn rows(subject: AuditedFolder<'_>, count: usize, report: &mut AuditReport) {
    let problem = format!("has {count} trials without a complete folder, so only their rows are checked");
    report.note(subject.store.table(Table::Trials), problem, again(subject));
    sums::of_tables(subject, report);
    tables(subject, report);
}

/// Advice to compute stored results again. Those of a study are trained once in their folder.
fn again(subject: AuditedFolder<'_>) -> &'static str {
    match subject.plan.test {
        TestSet::Sealed => "repeat the study in another folder, with `--results`, to have its networks",
        TestSet::Open => "run `drsae sweep` to compute the trials again",
    }
}

/// Checks the tables; returns their analysis.
pub(super) fn check(subject: AuditedFolder<'_>, report: &mut AuditReport) -> Option<Analysis> {
    let AuditedFolder { store, .. } = subject;
    let problem = "has no planned trial, so only the tables are checked";
    report.note(store.trials(), problem, again(subject));
    let trials = tables(subject, report)?;
    match Input::read(store) {
        Ok(input) => analysis::check(subject, &Input { trials, ..input }, report),
        Err(error) => {
            report.wrong(store.table(Table::Mistakes), chain(&error), RESTORE);
            None
        }
    }
}

/// Checks the tables against the plan and each other; returns the rows of `trials.csv`.
fn tables(subject: AuditedFolder<'_>, report: &mut AuditReport) -> Option<TrialTable> {
    let table = trials(subject, report)?;
    complete::tables(subject, &table, report);
    Some(table)
}

/// Checks `trials.csv` against the plan; returns its rows.
fn trials(subject: AuditedFolder<'_>, report: &mut AuditReport) -> Option<TrialTable> {
    let path = subject.store.table(Table::Trials);
    report.checked.tables += 1;
    let read = read_file(&path).map_err(|error| format!("cannot be read: {error}"));
    let parsed = read.and_then(|text| {
        let table = TrialTable::parse(path.clone(), &text).map_err(|error| problem(&error))?;
        // The file must equal the rows of the plan with the outcomes of the file.
        let row = |planned: &TrialRow| {
            table.get(&planned.trial).map_or_else(|| planned.clone(), |row| planned.with_outcome_of(row))
        };
        let expected = TrialRow::csv(&subject.planned.iter().map(row).collect::<Vec<_>>());
        Ok((difference::of_tables(&text, &expected.map_err(|error| chain(&error))?), table))
    });
    let (differs, table) = match parsed {
        Ok(parsed) => parsed,
        Err(problem) => {
            report.wrong(path, problem, RESTORE);
            return None;
        }
    };
    if let Some(difference) = differs {
        report.wrong(&path, difference, RESTORE);
    }
    for row in table.rows() {
        if let Err(problem) = outcome(row, subject.sweep.test) {
            report.wrong(&path, format!("in the row of {}: {problem}", row.trial), RESTORE);
        }
    }
    Some(table)
}

/// Checks that a trial can have the outcome in a row of `trials.csv`.
fn outcome(row: &TrialRow, test: TestSet) -> Result<(), String> {
    let TrialRow { status, best_epoch, valid_error, test_error, test_images, .. } = *row;
    let is_percentage = |error: f64| (0.0..=100.0).contains(&error);
    if let Some(error) = [valid_error, test_error].into_iter().flatten().find(|error| !is_percentage(*error))
    {
        return Err(format!("`{error}` is not a percentage"));
    }
    let is_tested = row.is_complete() && (test == TestSet::Open || test_error.is_some());
    let found = [test_error.is_some(), test_images.is_some(), best_epoch.is_some()];
    if found != [is_tested, is_tested, row.is_complete()] {
        let reason = "only complete trials have a test error, test images and a best epoch";
        return Err(format!("{reason}; it is {status}"));
    }
    let Some((error, images)) = test_error.zip(test_images) else { return Ok(()) };
    let wrong = (error * images as f64 / 100.0).round();
    if images == 0 || 100.0 * wrong / images as f64 != error {
        return Err(format!("no number of misclassified images out of {images} gives {error} %"));
    }
    Ok(())
}
