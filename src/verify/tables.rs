//! The files at the top of the folder, against the spec, the plan and the trials.

use super::analysis::{self, ANALYZE};
use super::compare::compare;
use super::{AuditReport, AuditedFolder, difference, problem, stored, sums};
use crate::analysis::{Analysis, Input, SUMMARY};
use crate::engine::planned_conditions;
use crate::spec::Sweep;
use crate::store::{self, MergedTexts, Status, Store, Survey, Table, TrialTable, parse_rows, read_file};

const RERUN: &str = "give the spec and the overrides that it was run with, or `drsae sweep` makes the folder that of this spec";

/// Checks `sweep.toml` and `plan.csv`; `stale` says that the latter is, and why.
pub(super) fn spec(subject: AuditedFolder<'_>, stale: Option<&str>, report: &mut AuditReport) {
    let AuditedFolder { store, plan, rerun, .. } = subject;
    match spec_text(subject) {
        Ok(text) => compare(&store.sweep_toml(), text.as_bytes(), difference::of_texts, RERUN, report),
        Err(error) => report.wrong(store.sweep_toml(), format!("cannot be checked: {error}"), RERUN),
    }
    if let Some(problem) = stale {
        report.checked.tables += 1;
        let advice = format!(
            "`{rerun}` computes them again, in another folder with --results where the trials' folders are not \
             kept; to check these, use the drsae and the `--device` that made them"
        );
        return report.wrong(store.plan_csv(), problem, advice);
    }
    match store::table(&plan.header(), &plan.rows().collect::<Vec<_>>()) {
        Ok(text) => compare(&store.plan_csv(), &text, difference::of_tables, RERUN, report),
        Err(error) => report.wrong(store.plan_csv(), format!("cannot be checked: {error}"), RERUN),
    }
}

/// The text that `sweep.toml` must have. The data may have moved, or lie elsewhere on another machine: their location is that of the
/// file itself.
pub(super) fn spec_text(subject: AuditedFolder<'_>) -> Result<String, toml::ser::Error> {
    let AuditedFolder { store, sweep, .. } = subject;
    let stored = read_file(store.sweep_toml()).ok().and_then(|text| String::from_utf8(text).ok());
    match stored.and_then(|text| Sweep::parse(&text, "sweep.toml", &[]).ok()) {
        Some(stored) => sweep.to_toml_with_paths_of(&stored),
        None => sweep.to_toml(),
    }
}

/// Checks the merged tables and the analysis against what the trials' folders give; returns the
/// analysis.
pub(super) fn merged(subject: AuditedFolder<'_>, report: &mut AuditReport) -> Option<Analysis> {
    let AuditedFolder { store, planned, .. } = subject;
    let table = store.trial_table_as_is().unwrap_or_else(|error| {
        report.wrong(
            store.table(Table::Trials),
            problem(&error),
            "restore it, or remove it for `drsae analyze` to write",
        );
        TrialTable::default()
    });
    let (merged, texts) = match store.survey(planned, table).and_then(Survey::texts) {
        Ok(made) => made,
        Err(error) => {
            unmergeable(subject, &error, report);
            return None;
        }
    };
    let counts = &merged.counts;
    if !store.table(Table::Trials).exists() && counts.contains_key(&Status::Pending) {
        let advice = "run `drsae sweep` to its end, or `drsae analyze` for what there is";
        report.note(store.table(Table::Trials), "is not there yet, for trials are pending", advice);
        return None;
    }
    for table in Table::ALL {
        compare(&store.table(table), texts.of(table), difference::of_tables, ANALYZE, report);
    }
    conditions(subject, report);
    sums::of_trials(subject, &texts, report);
    if merged.stored > 0 {
        stored::rows(subject, merged.stored, report);
    }
    if !counts.contains_key(&Status::Complete) && !store.analysis_file(SUMMARY).exists() {
        return None;
    }
    match input(store, &texts) {
        Ok(input) => analysis::check(subject, &input, report),
        Err(error) => {
            unmergeable(subject, &error, report);
            None
        }
    }
}

/// Checks `conditions.csv` against what the tests of the trials give.
fn conditions(subject: AuditedFolder<'_>, report: &mut AuditReport) {
    let AuditedFolder { store, sweep, plan, .. } = subject;
    if !store.is_unsealed() {
        return;
    }
    let (path, again) = (store.conditions_csv(), "run `drsae unseal` again");
    let planned = |trial| planned_conditions(&sweep.conditions, trial);
    let planned: Vec<_> = plan.trials.iter().flat_map(planned).collect();
    match store.conditions(&planned).and_then(|rows| Ok((rows.len(), store::csv(&rows)?))) {
        Ok((0, _)) if planned.is_empty() && path.exists() => {
            report.wrong(path, "has tests under conditions that the spec does not have", again);
        }
        Ok((0, _)) => {}
        Ok((_, text)) => compare(&path, &text, difference::of_tables, again, report),
        Err(error) => report.wrong(path, problem(&error), "restore the file"),
    }
}

/// The merged tables as the trials give them.
fn input(store: &Store, texts: &MergedTexts) -> Result<Input, store::Error> {
    let mistakes = parse_rows(&store.table(Table::Mistakes), texts.of(Table::Mistakes))?;
    let trials = TrialTable::parse(store.table(Table::Trials), texts.of(Table::Trials))?;
    let conditions = store.rows(&store.conditions_csv())?.unwrap_or_default();
    Ok(Input { trials, mistakes: Some(mistakes), conditions })
}

fn unmergeable(subject: AuditedFolder<'_>, error: &store::Error, report: &mut AuditReport) {
    let path = match error {
        store::Error::Read { path, .. } | store::Error::Malformed { path, .. } => path.clone(),
        _ => subject.store.trials(),
    };
    report.wrong(
        path,
        format!("{}, and keeps the trials from being merged", problem(error)),
        "restore the file",
    );
}
