//! The pending trials of a sweep while its jobs run, from the results on disk.

use std::collections::HashSet;

use super::jobs::Jobs;
use super::queue::JobState;
use crate::plan::{Plan, Trial};
use crate::store::{Error, Outcome, Status, Store};

/// The trials of a sweep that have no result yet.
pub struct PendingTrials<'a> {
    store: &'a Store,
    pending: Vec<&'a Trial>,
    total: usize,
    /// Pending trials at the start.
    initial: usize,
}

impl<'a> PendingTrials<'a> {
    /// The trials that are pending now.
    #[must_use]
    pub fn new(plan: &'a Plan, store: &'a Store) -> Self {
        let status = |trial: &Trial| store.status(&trial.id).unwrap_or(Status::Pending);
        let pending: Vec<_> = plan.trials.iter().filter(|trial| status(trial) == Status::Pending).collect();
        Self { store, initial: pending.len(), pending, total: plan.trials.len() }
    }

    /// Removes the trials that have ended since the last call, and returns those that are not complete. Trials of queued
    /// tasks are not looked up, since there may be very many.
    ///
    /// # Errors
    /// The results folder was removed.
    pub fn update(&mut self, jobs: Option<&Jobs>) -> Result<Vec<(&'a Trial, Outcome)>, Error> {
        if let Some(vanished) = self.store.vanished() {
            return Err(vanished);
        }
        let queued = jobs.into_iter().flat_map(|jobs| jobs.in_state(JobState::Queued));
        let queued: HashSet<&str> = queued.flat_map(|task| task.trials.iter().map(String::as_str)).collect();
        let mut incomplete = Vec::new();
        for trial in std::mem::take(&mut self.pending) {
            let is_queued = queued.contains(trial.id.as_str());
            let outcome =
                if is_queued { None } else { self.store.trial(&trial.id)?.outcome().ok().flatten() };
            match outcome {
                None => self.pending.push(trial),
                Some(outcome) if outcome.status == Status::Complete => {}
                Some(outcome) => incomplete.push((trial, outcome)),
            }
        }
        Ok(incomplete)
    }

    /// Ids of the trials without a result.
    #[must_use]
    pub fn ids(&self) -> Vec<&'a str> {
        self.pending.iter().map(|trial| trial.id.as_str()).collect()
    }

    /// Number of trials of the plan.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total
    }

    /// Number of trials with a result.
    #[must_use]
    pub fn ended(&self) -> usize {
        self.total - self.pending.len()
    }

    /// Pending trials for each trial that ended since the start; `None` before the first one has.
    #[must_use]
    pub fn remaining_ratio(&self) -> Option<f64> {
        let ended = self.initial - self.pending.len();
        (ended > 0).then(|| self.pending.len() as f64 / ended as f64)
    }
}
