//! Complete trials whose networks are useless.

use std::collections::HashMap;

use super::Analysis;
use crate::spec;
use crate::store::{Concern, EpochRow, TrialRow};

/// A complete trial with its name and the concern about it.
pub type Concerned<'a> = (String, &'a TrialRow, Concern);

/// The complete trials about whose kept weights there is a concern, in plan order. `epoch` gives the epoch of these
/// weights.
#[must_use]
pub fn concerns<'a, 'e>(
    analysis: &'a Analysis,
    epoch: impl Fn(&TrialRow) -> Option<&'e EpochRow>,
) -> Vec<Concerned<'a>> {
    let mut found: Vec<Concerned<'a>> = Vec::new();
    for cell in &analysis.cells {
        for trial in cell.trials.iter().filter(|trial| trial.is_complete()) {
            let row = epoch(trial);
            let is_trained = row.is_some_and(|row| row.train_class_loss.is_some());
            let error = trial.valid_error.or(trial.test_error).filter(|_| is_trained);
            let live = row.and_then(|row| row.live_fraction);
            if let Some(concern) = Concern::of(live, error, analysis.classes) {
                let values = analysis.axes.iter().zip(&cell.values).filter(|(axis, _)| axis.values.len() > 1);
                let values: Vec<_> =
                    values.map(|(axis, value)| (axis.column.as_str(), value.short())).collect();
                let name = spec::trial_name(&spec::cell_name(&values), trial.seed);
                found.push((name, trial, concern));
            }
        }
    }
    found.sort_by_key(|(_, trial, _)| trial.index);
    found
}

/// The epochs whose weights were kept, by trial.
#[must_use]
pub fn kept(epochs: &[EpochRow]) -> HashMap<(&str, usize), &EpochRow> {
    epochs.iter().map(|row| ((row.trial.as_str(), row.epoch), row)).collect()
}
