//! Running pending trials.

mod failure;
mod journal;
mod library;
pub mod local;
mod pilot;
pub mod slurm;
pub mod stale;
mod trial;

pub use library::Library;
pub use pilot::{Pilot, memory};
pub use trial::run as run_trial;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rayon::prelude::*;

use crate::plan::Trial;
use crate::store::{self, Outcome, Status, Store, TrialFolder};
use crate::train::Epoch;

/// The worker threads could not be started.
#[derive(Debug, thiserror::Error)]
#[error("failed to start {jobs} worker threads")]
pub struct ThreadsError {
    /// How many were asked for.
    pub jobs: usize,
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// Hears how the trials get on, from their own threads.
pub trait Progress: Sync {
    /// A trial begins.
    fn started(&self, trial: &Trial);
    /// A trial has trained on `images` more images.
    fn advanced(&self, trial: &Trial, images: usize);
    /// A trial has finished an epoch.
    fn epoch(&self, trial: &Trial, epoch: &Epoch);
    /// Something about a trial that is worth a line.
    fn noticed(&self, trial: &Trial, text: &str);
    /// The system started only so many of the threads that were asked for.
    fn slowed(&self, _started: usize, _asked: usize) {}
    /// Nothing is left but so many trials that other processes run.
    fn waiting(&self, trials: usize);
    /// A trial has ended, or this process has nothing more to do with it.
    fn finished(&self, trial: &Trial, ending: &Ending);
}

/// What may end a trial early.
#[derive(Debug, Default)]
pub struct Control {
    /// Longest time that one run of a trial may take.
    pub timeout: Option<Duration>,
    /// End the sweep at the first trial that is not complete.
    pub fail_fast: bool,
    /// Set from anywhere, such as a signal's handler: trials stop after their mini-batch.
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
    /// It is complete, with these errors in percent.
    Complete {
        /// Validation error of the best weights, where images were held out.
        valid_error: Option<f64>,
        /// Test error of the best weights.
        test_error: f64,
    },
    /// The sweep was asked to stop; the trial goes on from its last state another time.
    Interrupted,
    /// Another process ran it meanwhile, and what the store says of it.
    Elsewhere(Status),
    /// This process stood still for so long that another took the trial over.
    Lost,
    /// It is not complete, and the reason.
    Incomplete {
        /// What the store says of it.
        status: Status,
        /// Why.
        reason: String,
    },
}

/// A trial to be run.
#[derive(Debug)]
pub struct Pending<'a> {
    /// The trial.
    pub trial: &'a Trial,
    /// The result that is to be replaced by another run.
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
    /// What became of the trial since it was found pending.
    fn ended(&self, folder: &TrialFolder) -> Option<Status> {
        let now = outcome(folder)?;
        (Some(&now) != self.before.as_ref()).then_some(now.status)
    }
}

/// The trials of `planned` that are still to be run: those without a result, and those
/// whose result is among `retry`.
///
/// # Errors
/// When an id cannot be a folder's name, or the disk refuses to list the folders.
pub fn pending<'a>(
    planned: &'a [Trial],
    store: &Store,
    retry: &[Status],
) -> Result<Vec<Pending<'a>>, store::Error> {
    let begun = store.begun()?;
    let look = |trial: &'a Trial| {
        if begun.contains(&trial.id) { look(trial, store, retry) } else { Ok(Some(Pending::new(trial))) }
    };
    planned.par_iter().filter_map(|trial| look(trial).transpose()).collect()
}

/// As [`pending`] for a few trials of a plan, of which the disk is asked one by one.
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

/// The trial, where it has no result or one among `retry`.
fn look<'a>(trial: &'a Trial, store: &Store, retry: &[Status]) -> Result<Option<Pending<'a>>, store::Error> {
    let before = outcome(&store.trial(&trial.id)?);
    let wanted = before.as_ref().is_none_or(|before| retry.contains(&before.status));
    Ok(wanted.then_some(Pending { trial, before }))
}

/// Removes what killed processes left in the folders of those trials that have ended.
///
/// # Errors
/// The disk refuses.
pub fn tidy(trials: &[Trial], store: &Store) -> Result<(), store::Error> {
    trials.iter().try_for_each(|trial| store.trial(&trial.id)?.tidy())
}

/// A trial's result; one that cannot be read is none.
fn outcome(folder: &TrialFolder) -> Option<Outcome> {
    folder.outcome().ok().flatten()
}
