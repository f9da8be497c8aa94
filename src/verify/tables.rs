//! The files at the top of the folder, against the spec, the plan and the trials.

use std::io::ErrorKind;
use std::path::Path;

use super::{Report, Subject, difference, problem, sums, tables_alone};
use crate::analysis::{self, Analysis, SUMMARY, Source, Sources};
use crate::store::{self, Status, StoredTrials, Survey, Table, read_file};
use crate::text::chain;

pub(super) const ANALYZE: &str = "once the trials are in order, `drsae analyze` writes it again";
const RERUN: &str = "give the spec and the overrides that it was run with, or `drsae sweep` makes the folder that of this spec";

/// How a file is held against the one that it is to be.
type Difference = fn(&[u8], &[u8]) -> Option<String>;

/// Checks `sweep.toml` and `plan.csv`; `stale` says that the latter is, and why.
pub(super) fn spec(subject: Subject<'_>, stale: Option<&str>, report: &mut Report) {
    let Subject { store, sweep, plan, rerun, .. } = subject;
    match sweep.to_toml() {
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

/// Checks the merged tables and the analysis against what the trials' folders give.
pub(super) fn merged(subject: Subject<'_>, report: &mut Report) {
    let Subject { store, planned, .. } = subject;
    let stored = store.stored_trials().unwrap_or_else(|error| {
        report.wrong(
            store.trials_csv(),
            problem(&error),
            "restore it, or remove it for `drsae analyze` to write",
        );
        StoredTrials::default()
    });
    let (merged, texts) = match store.survey(planned, stored).and_then(Survey::texts) {
        Ok(made) => made,
        Err(error) => return unmergeable(subject, &error, report),
    };
    let counts = &merged.counts;
    if !store.trials_csv().exists() && counts.contains_key(&Status::Pending) {
        let advice = "run `drsae sweep` to its end, or `drsae analyze` for what there is";
        return report.note(store.trials_csv(), "is not there yet, for trials are pending", advice);
    }
    for table in Table::ALL {
        compare(&store.table(table), texts.of(table), difference::of_tables, ANALYZE, report);
    }
    sums::of_trials(subject, &texts, report);
    if merged.stored > 0 {
        tables_alone::rows(subject, merged.stored, report);
    }
    if counts.contains_key(&Status::Complete) || store.analysis_file(SUMMARY).exists() {
        let source = |table| Source { path: store.table(table), text: texts.of(table).to_vec() };
        let sources = Sources { trials: source(Table::Trials), mistakes: Some(source(Table::Mistakes)) };
        analysis(subject, sources, report);
    }
}

fn unmergeable(subject: Subject<'_>, error: &store::Error, report: &mut Report) {
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

/// Checks the files of the analysis against what the merged tables give.
pub(super) fn analysis(subject: Subject<'_>, sources: Sources, report: &mut Report) {
    let Subject { store, design, .. } = subject;
    let files = match Analysis::of(sources, design).and_then(|analysis| analysis.files()) {
        Ok(files) => files,
        Err(error) => {
            let problem = format!("cannot be analysed: {}", chain(&error));
            return report.wrong(store.trials_csv(), problem, ANALYZE);
        }
    };
    for (name, text) in &files {
        let is_table = Path::new(name).extension().is_some_and(|extension| extension == "csv");
        let difference = if is_table { difference::of_tables } else { difference::of_texts };
        compare(&store.analysis_file(name), text, difference, ANALYZE, report);
    }
    for stale in analysis::FILES.into_iter().filter(|name| files.iter().all(|(file, _)| file != name)) {
        let path = store.analysis_file(stale);
        if path.exists() {
            report.note(path, "is of an earlier spec, for this one does not make it", "remove it");
        }
    }
}

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
