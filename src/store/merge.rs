//! `trials.csv` and `epochs.csv`: all trials of a plan in one file each.
//!
//! Both depend on the plan and on the trials' deterministic files alone, so a sweep that
//! is repeated, resumed or run in another order merges to the same bytes.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;

use serde::Serialize;

use super::{EpochRow, Error, Outcome, Status, Store, TrialFolder, atomic, file, rows};

/// Name of the merged table of trials.
pub(super) const TRIALS: &str = "trials.csv";
/// Name of the merged learning curves.
pub(super) const EPOCHS: &str = "epochs.csv";

/// What a plan says of one trial.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedTrial {
    /// Position in the plan.
    pub index: usize,
    /// Id of the trial.
    pub id: String,
    /// Family of the network.
    pub family: String,
    /// Iterations T.
    pub steps: usize,
    /// Hidden units n that the network has (matching may have chosen them).
    pub hidden: usize,
    /// λ.
    pub sparsity: f64,
    /// γ.
    pub discriminative_weight: f64,
    /// Seed.
    pub seed: u64,
    /// Trainable numbers of the network.
    pub parameters: usize,
    /// Value of every other swept axis, by dotted path; the same paths in every trial.
    pub axes: Vec<(String, String)>,
}

/// What a merge found, and the files that it makes of it.
#[derive(Debug, Default)]
pub struct Merged {
    /// The text of `trials.csv`.
    pub trials: Vec<u8>,
    /// The text of `epochs.csv`.
    pub epochs: Vec<u8>,
    /// Trials of the plan by status.
    pub counts: BTreeMap<Status, usize>,
    /// Results that could not be read; their trials count as pending.
    pub unreadable: Vec<Error>,
}

/// The column of `trials.csv` that holds an axis: four have short names, every other is
/// called as the axis is. `model.hidden` is the width asked for; the column `hidden` is the
/// width that the network has.
#[must_use]
pub fn axis_column(axis: &str) -> &str {
    match axis {
        "model.family" => "family",
        "model.steps" => "steps",
        "objective.sparsity" => "sparsity",
        "objective.discriminative_weight" => "discriminative_weight",
        other => other,
    }
}

#[derive(Serialize, Default)]
struct TrialRow<'a> {
    trial: &'a str,
    index: usize,
    family: &'a str,
    steps: usize,
    hidden: usize,
    sparsity: f64,
    discriminative_weight: f64,
    seed: u64,
    parameters: usize,
    status: &'a str,
    best_epoch: Option<usize>,
    valid_error: Option<f64>,
    test_error: Option<f64>,
}

impl<'a> TrialRow<'a> {
    fn new(planned: &'a PlannedTrial, outcome: Option<&Outcome>) -> Self {
        Self {
            trial: &planned.id,
            index: planned.index,
            family: &planned.family,
            steps: planned.steps,
            hidden: planned.hidden,
            sparsity: planned.sparsity,
            discriminative_weight: planned.discriminative_weight,
            seed: planned.seed,
            parameters: planned.parameters,
            status: outcome.map_or(Status::Pending, |outcome| outcome.status).name(),
            best_epoch: outcome.and_then(|outcome| outcome.best_epoch),
            valid_error: outcome.and_then(|outcome| outcome.valid_error),
            test_error: outcome.and_then(|outcome| outcome.test_error),
        }
    }
}

impl Store {
    /// Writes `trials.csv` and `epochs.csv` of the planned trials, in plan order.
    ///
    /// # Errors
    /// As [`merged`](Self::merged).
    pub fn merge(&self, planned: &[PlannedTrial]) -> Result<Merged, Error> {
        let merged = self.merged(planned)?;
        atomic::write(&self.trials_csv(), &merged.trials)?;
        atomic::write(&self.epochs_csv(), &merged.epochs)?;
        Ok(merged)
    }

    /// What [`merge`](Self::merge) writes.
    ///
    /// # Errors
    /// A learning curve was written by another version, or the disk refuses.
    pub fn merged(&self, planned: &[PlannedTrial]) -> Result<Merged, Error> {
        let mut planned: Vec<_> = planned.iter().collect();
        planned.sort_by_key(|trial| trial.index);
        let mut merged = Merged::default();
        merged.trials = self.merge_trials(&planned, &mut merged)?;
        merged.epochs = self.merge_epochs(&planned)?;
        Ok(merged)
    }

    fn merge_trials(&self, planned: &[&PlannedTrial], merged: &mut Merged) -> Result<Vec<u8>, Error> {
        let path = self.trials_csv();
        let axes = planned.first().map_or(&[][..], |trial| &trial.axes);
        let mut header = rows::header::<TrialRow<'_>>().map_err(Error::write(&path))?;
        header.extend(axes.iter().map(|(axis, _)| axis.clone()));

        let mut table = Vec::with_capacity(planned.len());
        for trial in planned {
            let outcome = self.trial(&trial.id)?.outcome().unwrap_or_else(|error| {
                merged.unreadable.push(error);
                None
            });
            let status = outcome.as_ref().map_or(Status::Pending, |outcome| outcome.status);
            *merged.counts.entry(status).or_default() += 1;
            let values: Vec<_> = trial.axes.iter().map(|(_, value)| value).collect();
            table.push((TrialRow::new(trial, outcome.as_ref()), values));
        }
        rows::table(&header, &table).map_err(Error::write(&path))
    }

    fn merge_epochs(&self, planned: &[&PlannedTrial]) -> Result<Vec<u8>, Error> {
        let header = rows::text::<EpochRow>(&[]).map_err(Error::write(&self.epochs_csv()))?;
        let mut out = header.clone();
        planned.iter().try_for_each(|trial| append_epochs(&self.trial(&trial.id)?, &header, &mut out))?;
        Ok(out)
    }
}

/// Copies a trial's rows after its header, byte for byte. A trial without any has none.
fn append_epochs(trial: &TrialFolder, header: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
    let path = trial.path().join(file::EPOCHS);
    let epochs = match fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        read => read.map_err(Error::read(&path))?,
    };
    let Some(rows) = epochs.strip_prefix(header) else {
        let reason = "its columns are those of another version; remove the trial's folder to run it again";
        return Err(Error::Malformed { path, reason: reason.to_owned() });
    };
    out.extend_from_slice(rows);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::outcome::tests::outcome;

    fn planned(index: usize, seed: u64) -> PlannedTrial {
        PlannedTrial {
            index,
            id: format!("drsae-{index}"),
            family: "drsae".to_owned(),
            steps: 11,
            hidden: 100,
            sparsity: 0.005,
            discriminative_weight: 1.0,
            seed,
            parameters: 169_500,
            axes: vec![("model.hidden".to_owned(), "100".to_owned())],
        }
    }

    fn store() -> (tempfile::TempDir, Store) {
        let results = tempfile::tempdir().unwrap();
        let store = Store::open(results.path(), "depth", "name = \"depth\"\n").unwrap();
        (results, store)
    }

    fn run(store: &Store, id: &str, outcome: &Outcome) {
        let folder = store.trial(id).unwrap();
        folder.begin("").unwrap();
        let epoch = |epoch| EpochRow { trial: id.to_owned(), phase: 1, epoch, ..EpochRow::default() };
        folder.write_epochs(&[epoch(1), epoch(2)]).unwrap();
        folder.finish(outcome).unwrap();
    }

    fn trials(store: &Store) -> String {
        fs::read_to_string(store.trials_csv()).unwrap()
    }

    #[test]
    fn trials_and_epochs_are_in_plan_order() {
        let (_results, store) = store();
        run(&store, "drsae-1", &Outcome { status: Status::Diverged, test_error: None, ..outcome() });
        run(&store, "drsae-0", &outcome());
        let merged = store.merge(&[planned(2, 3), planned(1, 2), planned(0, 1)]).unwrap();
        insta::assert_snapshot!(trials(&store), @r"
        trial,index,family,steps,hidden,sparsity,discriminative_weight,seed,parameters,status,best_epoch,valid_error,test_error,model.hidden
        drsae-0,0,drsae,11,100,0.005,1.0,1,169500,complete,31,1.5,1.25,100
        drsae-1,1,drsae,11,100,0.005,1.0,2,169500,diverged,31,1.5,,100
        drsae-2,2,drsae,11,100,0.005,1.0,3,169500,pending,,,,100
        ");
        let expected = [(Status::Complete, 1), (Status::Diverged, 1), (Status::Pending, 1)];
        assert_eq!(merged.counts, BTreeMap::from(expected));
        let epochs = fs::read_to_string(store.epochs_csv()).unwrap();
        let starts: Vec<_> = epochs.lines().map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(starts, ["trial", "drsae-0", "drsae-0", "drsae-1", "drsae-1"]);
    }

    #[test]
    fn wall_clock_and_order_of_running_change_no_byte() {
        let plan = [planned(0, 1), planned(1, 2)];
        let merged = |order: [&str; 2], seconds| {
            let (_results, store) = store();
            for id in order {
                run(&store, id, &Outcome { seconds, ..outcome() });
            }
            store.merge(&plan).unwrap();
            (trials(&store), fs::read(store.epochs_csv()).unwrap())
        };
        assert_eq!(merged(["drsae-0", "drsae-1"], 1.0), merged(["drsae-1", "drsae-0"], 2.0));
    }

    #[test]
    fn a_torn_result_is_pending_and_reported() {
        let (_results, store) = store();
        run(&store, "drsae-0", &outcome());
        fs::write(store.trial("drsae-0").unwrap().path().join(file::RESULT), "{").unwrap();
        let merged = store.merge(&[planned(0, 1)]).unwrap();
        assert_eq!(merged.counts, BTreeMap::from([(Status::Pending, 1)]));
        assert!(matches!(&merged.unreadable[..], [Error::Malformed { .. }]), "{merged:?}");
    }

    #[test]
    fn epochs_of_another_version_are_refused() {
        let (_results, store) = store();
        run(&store, "drsae-0", &outcome());
        fs::write(store.trial("drsae-0").unwrap().path().join(file::EPOCHS), "trial,loss\n").unwrap();
        let error = store.merge(&[planned(0, 1)]).unwrap_err();
        assert!(error.to_string().contains("another version"), "{error}");
    }

    #[test]
    fn axes_find_their_columns() {
        assert_eq!(axis_column("objective.sparsity"), "sparsity");
        assert_eq!(axis_column("model.hidden"), "model.hidden");
    }
}
