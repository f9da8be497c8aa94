//! Execution of pending trials.

mod dataset_cache;
mod failure;
mod journal;
pub mod local;
mod pilot;
pub mod stale;
mod training;
mod trial;

pub use dataset_cache::DatasetCache;
pub use failure::Failure;
pub use pilot::{Pilot, memory};
pub use training::{Networks, Session, Trained, Training};

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rayon::prelude::*;

use crate::plan::{Plan, Trial};
use crate::store::{self, Leases, Outcome, PlannedTrial, Status, Store, TrialFolder, axis_column};
use crate::train::Epoch;

/// An error that stops the engine. The trials stay pending; the same command continues.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The worker threads could not be started.
    #[error("failed to start {jobs} worker threads")]
    Threads {
        /// Number of threads requested.
        jobs: usize,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The results folder cannot be used.
    #[error("the sweep stopped, for its results folder cannot be used")]
    Store(#[source] store::Error),
}

/// Is called with the progress of the trials, from their own threads.
pub trait Observer: Sync {
    /// A trial starts.
    fn started(&self, trial: &Trial);
    /// A trial has trained on `images` more images.
    fn advanced(&self, trial: &Trial, images: usize);
    /// A trial has finished an epoch.
    fn epoch(&self, trial: &Trial, epoch: &Epoch);
    /// A message about a trial.
    fn noticed(&self, trial: &Trial, text: &str);
    /// The system started fewer threads than requested.
    fn slowed(&self, _started: usize, _asked: usize) {}
    /// Only trials that other processes run are left.
    fn waiting(&self, trials: usize);
    /// A trial has ended, or is left to another process.
    fn finished(&self, trial: &Trial, ending: &Ending);
}

/// Conditions that end trials early.
#[derive(Debug, Default)]
pub struct Control {
    /// Time limit of one run of a trial.
    pub timeout: Option<Duration>,
    /// Whether the sweep ends at the first trial that is not complete.
    pub fail_fast: bool,
    /// Stops trials after their mini-batch; set by a signal handler, for example.
    pub stop: Arc<AtomicBool>,
}

impl Control {
    /// Whether trials are to stop.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// How a trial ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// Complete, with these errors in percent.
    Complete {
        /// Validation error of the best weights, if images were held out.
        valid_error: Option<f64>,
        /// Test error of the best weights.
        test_error: f64,
    },
    /// Stopped; the trial continues from its last state another time.
    Interrupted,
    /// Run by another process, with this status.
    Elsewhere(Status),
    /// Taken over by another process while this one was suspended.
    Lost,
    /// Not complete.
    Incomplete {
        /// Its status.
        status: Status,
        /// The cause.
        reason: String,
    },
}

/// A trial to run.
#[derive(Debug)]
pub struct Pending<'a> {
    /// The trial.
    pub trial: &'a Trial,
    /// The result that another run replaces.
    before: Option<Outcome>,
}

impl<'a> Pending<'a> {
    /// A trial that has no result yet.
    #[must_use]
    pub fn new(trial: &'a Trial) -> Self {
        Self { trial, before: None }
    }
}

impl Pending<'_> {
    /// The status of the trial, if it has ended since it was found pending.
    fn ended(&self, folder: &TrialFolder) -> Result<Option<Status>, store::Error> {
        let now = folder.usable_outcome()?;
        Ok(now.filter(|now| Some(now) != self.before.as_ref()).map(|now| now.status))
    }
}

/// The trials of `planned` that are still to be run: those without a result, and those
/// whose result is among `retry`. Without a results folder, all of them.
///
/// # Errors
/// When an id cannot be a folder's name, or the disk refuses to list the folders.
pub fn pending<'a, 's>(
    planned: &'a [Trial],
    store: impl Into<Option<&'s Store>>,
    retry: &[Status],
) -> Result<Vec<Pending<'a>>, store::Error> {
    let Some(store) = store.into() else { return Ok(planned.iter().map(Pending::new).collect()) };
    let ended = store.ended()?;
    let look = |trial: &'a Trial| {
        if ended.contains(&trial.id) { look(trial, store, retry) } else { Ok(Some(Pending::new(trial))) }
    };
    planned.par_iter().filter_map(|trial| look(trial).transpose()).collect()
}

/// As [`pending`] for a few trials of a plan, which are looked up one by one.
///
/// # Errors
/// When an id cannot be a folder's name.
pub fn pending_among<'a>(
    few: &[&'a Trial],
    store: &Store,
    retry: &[Status],
) -> Result<Vec<Pending<'a>>, store::Error> {
    few.iter().filter_map(|trial| look(trial, store, retry).transpose()).collect()
}

/// The trial, if it has no result or one among `retry`.
fn look<'a>(trial: &'a Trial, store: &Store, retry: &[Status]) -> Result<Option<Pending<'a>>, store::Error> {
    let before = store.trial(&trial.id)?.usable_outcome()?;
    let wanted = before.as_ref().is_none_or(|before| retry.contains(&before.status));
    Ok(wanted.then_some(Pending { trial, before }))
}

/// The columns of each trial of the plan in the merged tables.
#[must_use]
pub fn planned(plan: &Plan) -> Vec<PlannedTrial> {
    let row = |trial: &Trial| PlannedTrial {
        index: trial.index,
        id: trial.id.clone(),
        family: trial.config.model.family.name().to_owned(),
        steps: trial.config.model.steps,
        hidden: trial.config.model.hidden,
        sparsity: trial.config.objective.sparsity,
        discriminative_weight: trial.config.objective.discriminative_weight,
        seed: trial.config.seed,
        parameters: trial.parameters,
        axes: trial.settings.iter().filter(|(axis, _)| axis_column(axis) == axis).cloned().collect(),
    };
    plan.trials.iter().map(row).collect()
}

/// Publishes results of killed processes, and removes their files of trials that have ended.
///
/// # Errors
/// The disk refuses, or the timer that keeps leases alive cannot be started.
pub fn tidy(trials: &[Trial], store: &Store) -> Result<(), Error> {
    let attempted: HashSet<String> = store.attempted().map_err(Error::Store)?.into_iter().collect();
    if attempted.is_empty() {
        return Ok(());
    }
    let leases = Leases::start(store.shared_io())
        .map_err(|source| Error::Threads { jobs: 1, source: source.into() })?;
    for trial in trials.iter().filter(|trial| attempted.contains(&trial.id)) {
        let folder = store.trial(&trial.id).map_err(Error::Store)?;
        trial::tidy(store, &leases, &folder).map_err(Error::Store)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
