//! Facts about a selection of cells that a reader of its table must know.

use std::collections::{HashMap, HashSet};

use super::cells::CellRow;

/// The notes on all cells of a selection.
pub fn of(rows: &[CellRow]) -> Vec<String> {
    let count = |is_meant: &dyn Fn(&CellRow) -> bool| rows.iter().filter(|row| is_meant(row)).count();
    let sweeps = sweeps_of_trials(rows);
    let is_shared = |row: &CellRow| row.trials.iter().any(|trial| sweeps[trial.as_str()].len() > 1);
    let is_unvalidated = |row: &CellRow| row.summary.n > 0 && row.summary.valid_error.is_none();
    let notes = [
        (
            count(&is_shared),
            "trials that another sweep has as well: networks that several sweeps share are listed with each",
        ),
        (
            count(&is_unvalidated),
            "no validation error, because no images were held out or the class term was not trained: test errors choose no \
             network, so these cells come last",
        ),
        (count(&|row| row.summary.n == 0), "no complete trial"),
    ];
    let note = |(count, fact): (usize, &str)| {
        let verb = if count == 1 { "has" } else { "have" };
        (count > 0).then(|| format!("{count} of {} cells {verb} {fact}.", rows.len()))
    };
    notes.into_iter().filter_map(note).collect()
}

/// The sweeps that have each trial.
fn sweeps_of_trials(rows: &[CellRow]) -> HashMap<&str, HashSet<&str>> {
    let mut sweeps: HashMap<&str, HashSet<&str>> = HashMap::new();
    for row in rows {
        for trial in &row.trials {
            sweeps.entry(trial).or_default().insert(&row.sweep);
        }
    }
    sweeps
}
