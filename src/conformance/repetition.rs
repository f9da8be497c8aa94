//! Trials through the engine and the store: repeated, stopped and resumed, in another order and on more threads.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::Error;
use crate::engine::{Control, DatasetCache, Observer, Pending, local};
use crate::plan::Trial;
use crate::store::{Status, Store, file, read_file};

/// Files that must have the same bytes.
const SAME: [&str; 3] = [file::EPOCHS, file::PREDICTIONS, file::MODEL];
/// Mini-batches after which the first run is stopped; every run lasts longer by as many.
const BATCHES: usize = 3;
/// Runs that are stopped at most.
const STOPS: usize = 40;

/// Trains the trials twice and compares their files.
pub(super) fn check(trials: &[&Trial], datasets: &DatasetCache) -> Result<Result<String, String>, Error> {
    let folder = tempfile::tempdir().map_err(Error::Temporary)?;
    let plain = Store::open(&folder.path().join("plain"), "")?;
    let stopped = Store::open(&folder.path().join("stopped"), "")?;
    let pending: Vec<_> = trials.iter().map(|trial| Pending::new(trial)).collect();
    local::run(&pending, &plain, datasets, &Control::default(), 1, &Stop::never())?;
    if let Some(problem) = incomplete(trials, &plain)? {
        return Ok(Err(problem));
    }
    let mut stops = 0;
    loop {
        let stop = Stop::after(if stops < STOPS { BATCHES * (stops + 1) } else { usize::MAX });
        let control = Control { stop: stop.flag.clone(), ..Control::default() };
        let left: Vec<_> = trials
            .iter()
            .rev()
            .filter(|trial| stopped.status(&trial.id).is_ok_and(|status| status == Status::Pending))
            .map(|trial| Pending::new(trial))
            .collect();
        if left.is_empty() {
            break;
        }
        local::run(&left, &stopped, datasets, &control, trials.len(), &stop)?;
        stops += usize::from(control.stopped());
    }
    for trial in trials {
        let [one, other] = [plain.trial(&trial.id)?, stopped.trial(&trial.id)?];
        if let Some(name) = SAME.into_iter().find(|name| !same(one.path(), other.path(), name)) {
            return Ok(Err(format!(
                "{name} has other bytes when the trial is stopped and resumed, beside another one: something \
                 remembers what it computed before, or takes random numbers that are not those of the mini-batch"
            )));
        }
    }
    Ok(Ok(format!("{} trials, stopped {stops} times, have the same files", trials.len())))
}

/// The reason why a trial did not complete.
fn incomplete(trials: &[&Trial], store: &Store) -> Result<Option<String>, Error> {
    for trial in trials {
        let outcome = store.trial(&trial.id)?.outcome()?;
        if outcome.as_ref().is_none_or(|outcome| outcome.status != Status::Complete) {
            let message = outcome.and_then(|outcome| outcome.message);
            let message = message.unwrap_or_else(|| "the trial did not end".to_owned());
            return Ok(Some(message.lines().next().unwrap_or_default().to_owned()));
        }
    }
    Ok(None)
}

fn same(one: &Path, other: &Path, name: &str) -> bool {
    let read = |folder: &Path| read_file(folder.join(name)).ok();
    read(one).is_some() && read(one) == read(other)
}

/// Stops the trials after a number of mini-batches.
struct Stop {
    flag: Arc<AtomicBool>,
    left: AtomicUsize,
}

impl Stop {
    fn after(batches: usize) -> Self {
        Self { flag: Arc::default(), left: AtomicUsize::new(batches) }
    }

    fn never() -> Self {
        Self::after(usize::MAX)
    }
}

impl Observer for Stop {
    fn advanced(&self, _: &Trial, _: usize) {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.flag.store(true, Ordering::Relaxed);
        }
    }
}
