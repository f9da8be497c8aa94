//! TensorBoard: one run per trial, with the scalars of every merged epoch, and the trial's settings as hyperparameters.

mod event;
mod record;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use prost::Message;

use self::event::{
    End, EventProto, FAILURE, Moment, SESSION_END, SESSION_START, SUCCESS, Setting, SettingValue, Start,
    ValueProto,
};
use super::Error;
use crate::store::{self, EpochRow, Status, Store, Table, TrialRow};
use crate::value;

/// File name of a run. TensorBoard requires `tfevents` in it; other programs add a time and a host.
const FILE: &str = "events.out.tfevents.0.drsae";

/// Columns of `trials.csv` that are settings of a trial, in addition to its axes. The seed is omitted, so that
/// TensorBoard groups and averages the trials of a cell.
const SETTINGS: [&str; 6] = ["family", "steps", "hidden", "sparsity", "discriminative_weight", "parameters"];

/// Writes a run for every trial that has a learning curve; returns their number.
pub(super) fn export(store: &Store, out: &Path) -> Result<usize, Error> {
    let trials = super::trials(store)?;
    let missing = || Error::NotMerged { path: store.table(Table::Epochs) };
    let curves: Vec<EpochRow> = store.merged_rows(Table::Epochs)?.ok_or_else(missing)?;
    let curves: HashMap<&str, &[EpochRow]> =
        curves.chunk_by(|a, b| a.trial == b.trial).map(|curve| (curve[0].trial.as_str(), curve)).collect();
    let mut written = 0;
    for trial in trials.rows() {
        if let Some(curve) = curves.get(trial.trial.as_str()) {
            store::place(&out.join(&trial.trial).join(FILE), &file(trial, curve))?;
            written += 1;
        }
    }
    Ok(written)
}

/// The event file of a trial.
fn file(trial: &TrialRow, curve: &[EpochRow]) -> Vec<u8> {
    let mut file = Vec::new();
    for event in events(trial, curve) {
        record::append(&event.encode_to_vec(), &mut file);
    }
    file
}

fn events(trial: &TrialRow, curve: &[EpochRow]) -> Vec<EventProto> {
    let start = ValueProto::session(SESSION_START, Moment::Start(settings(trial)));
    let mut events = vec![EventProto::file_version(), EventProto::of_epoch(0, vec![start])];
    for row in curve {
        let mut values = scalars(row);
        if trial.best_epoch == Some(row.epoch) {
            let kept = [("kept/valid_error", trial.valid_error), ("kept/test_error", trial.test_error)];
            values.extend(kept.into_iter().filter_map(|(tag, error)| Some(ValueProto::scalar(tag, error?))));
        }
        events.push(EventProto::of_epoch(row.epoch, values));
    }
    if trial.status != Status::Pending {
        let status = if trial.is_complete() { SUCCESS } else { FAILURE };
        let end = ValueProto::session(SESSION_END, Moment::End(End { status }));
        let last = curve.last().map_or(0, |row| row.epoch);
        events.push(EventProto::of_epoch(last, vec![end]));
    }
    events
}

/// The scalars of an epoch, named after their columns, with one group for training and one for validation.
fn scalars(row: &EpochRow) -> Vec<ValueProto> {
    let known = [
        ("rate", Some(row.rate)),
        ("train/loss", Some(row.train_loss)),
        ("train/reconstruction", Some(row.train_reconstruction)),
        ("train/sparsity", Some(row.train_sparsity)),
        ("train/class_loss", row.train_class_loss),
        ("train/error", row.train_error),
        ("valid/reconstruction", row.valid_reconstruction),
        ("valid/sparsity", row.valid_sparsity),
        ("valid/class_loss", row.valid_class_loss),
        ("valid/error", row.valid_error),
        ("code/active_fraction", row.active_fraction),
        ("code/live_fraction", row.live_fraction),
    ];
    known.into_iter().filter_map(|(tag, number)| Some(ValueProto::scalar(tag, number?))).collect()
}

/// The settings of a trial; trials with the same ones are a group.
fn settings(trial: &TrialRow) -> Start {
    let axes = trial.axes.iter().map(|(axis, value)| (axis.to_string(), value.clone()));
    let columns = SETTINGS.iter().filter_map(|column| Some(((*column).to_owned(), trial.value(column)?)));
    let settings: BTreeMap<String, value::Value> = columns.chain(axes).collect();
    let group: Vec<_> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let setting = |(name, value): (String, value::Value)| {
        let kind = value.number().map_or_else(|| SettingValue::Text(value.to_string()), SettingValue::Number);
        (name, Setting { kind: Some(kind) })
    };
    Start { hparams: settings.into_iter().map(setting).collect(), group_name: group.join(" ") }
}
