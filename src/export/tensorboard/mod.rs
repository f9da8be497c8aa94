//! TensorBoard: a run for each trial, with the scalars of every epoch and the settings of
//! the trial as hyperparameters.

mod event;
mod record;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use prost::Message;

use self::event::{
    End, Event, FAILURE, Kind, Moment, SESSION_END, SESSION_START, SUCCESS, Setting, Start, Value,
};
use super::{Error, rows};
use crate::store::{self, EpochRow, Status, Store};

/// TensorBoard looks for `tfevents` in the name; the rest would be a time and a host.
const FILE: &str = "events.out.tfevents.0.drsae";

/// Columns of `trials.csv` that are no settings of a trial. The seed is left out, so that
/// the trials of a cell are one group with an average.
const NO_SETTINGS: [&str; 8] =
    ["trial", "index", "seed", "status", "best_epoch", "valid_error", "test_error", "test_images"];

/// A row of `trials.csv`: text by column.
type Row = BTreeMap<String, String>;

/// Writes the run of every trial that has a learning curve; returns how many there are.
pub(super) fn export(store: &Store, out: &Path) -> Result<usize, Error> {
    let trials: Vec<Row> = rows(&store.trials_csv())?;
    let curves: Vec<EpochRow> = rows(&store.epochs_csv())?;
    let curves: HashMap<&str, &[EpochRow]> =
        curves.chunk_by(|a, b| a.trial == b.trial).map(|curve| (curve[0].trial.as_str(), curve)).collect();
    let mut written = 0;
    for trial in &trials {
        let name = field(trial, "trial");
        if let Some(curve) = curves.get(name) {
            store::place(&out.join(name).join(FILE), &file(trial, curve))?;
            written += 1;
        }
    }
    Ok(written)
}

/// The event file of a trial.
fn file(trial: &Row, curve: &[EpochRow]) -> Vec<u8> {
    let mut file = Vec::new();
    for event in events(trial, curve) {
        record::append(&event.encode_to_vec(), &mut file);
    }
    file
}

fn events(trial: &Row, curve: &[EpochRow]) -> Vec<Event> {
    let start = Value::session(SESSION_START, Moment::Start(settings(trial)));
    let mut events = vec![Event::file_version(), Event::of_epoch(0, vec![start])];
    let kept = field(trial, "best_epoch").parse().ok();
    for row in curve {
        let mut values = scalars(row);
        if kept == Some(row.epoch) {
            let number = |name| field(trial, name).parse().ok().map(|number| (name, number));
            let kept = ["valid_error", "test_error"].into_iter().filter_map(number);
            values.extend(kept.map(|(name, number)| Value::scalar(format!("kept/{name}"), number)));
        }
        events.push(Event::of_epoch(row.epoch, values));
    }
    let status = field(trial, "status");
    if status != Status::Pending.name() {
        let status = if status == Status::Complete.name() { SUCCESS } else { FAILURE };
        let end = Value::session(SESSION_END, Moment::End(End { status }));
        events.push(Event::of_epoch(curve.len(), vec![end]));
    }
    events
}

/// What is known of an epoch, under the names of the columns, those of training and of
/// validation in a group each.
fn scalars(row: &EpochRow) -> Vec<Value> {
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
    known.into_iter().filter_map(|(tag, number)| Some(Value::scalar(tag, number?))).collect()
}

/// The settings of a trial; trials with the same ones are a group.
fn settings(trial: &Row) -> Start {
    let settings = trial.iter().filter(|(name, _)| !NO_SETTINGS.contains(&name.as_str()));
    let setting = |(name, text): (&String, &String)| {
        let number = text.parse().map_or_else(|_| Kind::Text(text.clone()), Kind::Number);
        (name.clone(), Setting { kind: Some(number) })
    };
    let words: Vec<_> = settings.clone().map(|(name, text)| format!("{name}={text}")).collect();
    Start { hparams: settings.map(setting).collect(), group_name: words.join(" ") }
}

fn field<'a>(row: &'a Row, name: &str) -> &'a str {
    row.get(name).map_or("", String::as_str)
}
