//! Trials side by side on this machine, each on one thread; other processes may run trials
//! of the same sweep at the same time.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rayon::ThreadPool;

use super::{Control, Ending, Library, Pending, Progress, ThreadsError, run_trial};
use crate::store::{self, Claim, Claiming, Claims, Status, Store};
use crate::text::chain;
use crate::threads;

/// How often the trials that other processes run are looked at, and how often a signal is
/// looked for meanwhile.
const POLL: Duration = Duration::from_secs(1);
const SIGNAL_POLL: Duration = Duration::from_millis(50);

/// Runs the trials on `jobs` threads, begun in their order, and returns when all have ended
/// or `control` stops them. Those that another process runs are left to it, and run here
/// where it dies. A trial that fails keeps no other from running: `progress` hears how each
/// ended, and the store keeps it. Where the results folder itself is removed, all stop.
///
/// # Errors
/// When the threads cannot be started.
pub fn run(
    pending: &[Pending<'_>],
    store: &Store,
    library: &Library,
    control: &Control,
    jobs: usize,
    progress: &dyn Progress,
) -> Result<(), ThreadsError> {
    // First the one thread that there must be.
    let claims = Claims::start().map_err(|source| ThreadsError { jobs, source: source.into() })?;
    let pool = threads::pool(jobs, "trial").map_err(|source| ThreadsError { jobs, source: source.into() })?;
    if pool.current_num_threads() < jobs {
        progress.slowed(pool.current_num_threads(), jobs);
    }
    let worker = Worker { store, library, claims, control, progress };
    let mut left: Vec<_> = pending.iter().collect();
    loop {
        left = worker.round(&pool, &left);
        if left.is_empty() || control.stopped() {
            return Ok(());
        }
        progress.waiting(left.len());
        worker.pause();
    }
}

/// What a thread needs to run any trial.
struct Worker<'a> {
    store: &'a Store,
    library: &'a Library,
    claims: Claims,
    control: &'a Control,
    progress: &'a dyn Progress,
}

/// What is to be done about a trial.
enum Turn {
    Run(Claim),
    Wait,
    Ended(Status),
}

impl Worker<'_> {
    /// Visits each trial once; returns those that other processes run, in their order.
    fn round<'p>(&self, pool: &ThreadPool, pending: &[&'p Pending<'p>]) -> Vec<&'p Pending<'p>> {
        let held = Mutex::new(Vec::new());
        let (left, this) = (&held, self);
        // First in, first out: the trials of one seed end close together, so that a sweep
        // which is cut short has whole pairs to compare.
        pool.in_place_scope_fifo(|scope| {
            for &trial in pending {
                scope.spawn_fifo(move |_| {
                    if !this.control.stopped() && !this.visit(trial) {
                        left.lock().unwrap_or_else(PoisonError::into_inner).push(trial);
                    }
                });
            }
        });
        let mut left = held.into_inner().unwrap_or_else(PoisonError::into_inner);
        left.sort_by_key(|pending| pending.trial.index);
        left
    }

    /// Runs a trial if nobody else does; says whether it has ended.
    fn visit(&self, pending: &Pending) -> bool {
        let trial = pending.trial;
        let ending = match self.turn(pending) {
            Ok(Turn::Wait) => return false,
            Ok(Turn::Ended(status)) => Ending::Elsewhere(status),
            Ok(Turn::Run(claim)) => {
                self.progress.started(trial);
                let dataset = self.library.get(&trial.config.data);
                run_trial(trial, &claim, dataset, self.control, self.progress)
            }
            Err(error) => Ending::Incomplete { status: Status::Pending, reason: chain(&error) },
        };
        self.progress.finished(trial, &ending);
        let cut_short = self.control.fail_fast || self.store.vanished().is_some();
        if cut_short && is_incomplete(&ending) {
            self.control.stop.store(true, Ordering::Relaxed);
        }
        ending != Ending::Lost
    }

    fn turn(&self, pending: &Pending) -> Result<Turn, store::Error> {
        let folder = self.store.trial(&pending.trial.id)?;
        if let Some(status) = pending.ended(&folder) {
            return Ok(Turn::Ended(status));
        }
        let Claiming::Ours(claim) = self.claims.claim(&folder)? else { return Ok(Turn::Wait) };
        // Another process may have ended and released it between the two.
        Ok(pending.ended(&folder).map_or(Turn::Run(claim), Turn::Ended))
    }

    fn pause(&self) {
        for _ in 0..POLL.as_millis() / SIGNAL_POLL.as_millis() {
            if !self.control.stopped() {
                thread::sleep(SIGNAL_POLL);
            }
        }
    }
}

fn is_incomplete(ending: &Ending) -> bool {
    match ending {
        Ending::Incomplete { .. } => true,
        Ending::Elsewhere(status) => *status != Status::Complete,
        Ending::Complete { .. } | Ending::Interrupted | Ending::Lost => false,
    }
}
