//! The trials that are still to be run.

use std::collections::HashSet;

use rayon::prelude::*;

use super::error::Error;
use crate::plan::Trial;
use crate::store::{self, Acquisition, Leases, Outcome, Status, Store, TrialFolder, TrialTable};

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

/// The results that count.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counted<'r> {
    /// Merged rows that count without a trial's folder; absent where its network is needed.
    pub stored: Option<&'r TrialTable>,
    /// Statuses whose trials run again.
    pub retry: &'r [Status],
}

impl Counted<'_> {
    /// True if a merged row decides the trial.
    fn is_stored(&self, trial: &Trial) -> bool {
        let row = self.stored.and_then(|stored| stored.get(&trial.id));
        row.is_some_and(|row| row.status.is_decided() && !self.retry.contains(&row.status))
    }
}

impl Pending<'_> {
    /// The status of the trial, if it has ended since it was found pending.
    pub(super) fn ended(&self, folder: &TrialFolder) -> Result<Option<Status>, store::Error> {
        let now = folder.usable_outcome()?;
        Ok(now.filter(|now| Some(now) != self.before.as_ref()).map(|now| now.status))
    }
}

/// The trials of `planned` that are still to be run: those without a result that counts. Without a results folder, all
/// of them.
///
/// # Errors
/// An id cannot be a folder's name, or I/O fails to list the folders.
pub fn pending<'a, 's>(
    planned: &'a [Trial],
    store: impl Into<Option<&'s Store>>,
    counted: Counted<'_>,
) -> Result<Vec<Pending<'a>>, store::Error> {
    let Some(store) = store.into() else { return Ok(planned.iter().map(Pending::new).collect()) };
    let ended = store.ended()?;
    let look = |trial: &'a Trial| {
        if ended.contains(&trial.id) {
            look(trial, store, counted.retry)
        } else {
            Ok(Some(Pending::new(trial)))
        }
    };
    let unknown = planned.par_iter().filter(|trial| !counted.is_stored(trial));
    unknown.filter_map(|trial| look(trial).transpose()).collect()
}

/// As [`pending`] for a few trials of a plan, which are looked up one by one.
///
/// # Errors
/// An id cannot be a folder's name.
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

/// Publishes results of killed processes, and removes their files of trials that have ended.
///
/// # Errors
/// I/O fails, or the timer that keeps leases alive cannot be started.
pub fn tidy(trials: &[Trial], store: &Store) -> Result<(), Error> {
    let attempted: HashSet<String> = store.attempted().map_err(Error::Store)?.into_iter().collect();
    if attempted.is_empty() {
        return Ok(());
    }
    let leases = Leases::start(store.shared_io())
        .map_err(|source| Error::Threads { jobs: 1, source: source.into() })?;
    for trial in trials.iter().filter(|trial| attempted.contains(&trial.id)) {
        let folder = store.trial(&trial.id).map_err(Error::Store)?;
        if let Acquisition::Acquired(lease) = store.acquire(&folder, &leases).map_err(Error::Store)? {
            store.tidy(&folder, lease).map_err(Error::Store)?;
        }
    }
    Ok(())
}
