//! Trials side by side on this machine, each on one thread; other processes may run trials
//! of the same sweep at the same time.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rayon::ThreadPool;

use super::training::Training;
use super::{Control, Ending, Error, Pending, Progress, trial};
use crate::store::{self, Acquisition, Lease, Leases, Standing, Status, Store};
use crate::text::chain;
use crate::threads;

/// How often the trials that other processes run are looked at, and how often a signal is
/// looked for meanwhile.
const POLL: Duration = Duration::from_secs(1);
const SIGNAL_POLL: Duration = Duration::from_millis(50);

/// Runs the trials on `jobs` threads, begun in their order, and returns when all have ended
/// or `control` stops them. Those that another process runs are left to it, and run here
/// where it dies. A trial that fails keeps no other from running: `progress` is called with how each
/// ended, and the store keeps it.
///
/// # Errors
/// The threads cannot be started, or the results folder cannot be used: then the running trials stop after their
/// mini-batch, and none is begun.
pub fn run(
    pending: &[Pending<'_>],
    store: &Store,
    training: &dyn Training,
    control: &Control,
    jobs: usize,
    progress: &dyn Progress,
) -> Result<(), Error> {
    let refused = |source: std::io::Error| Error::Threads { jobs, source: source.into() };
    // First the one thread that there must be.
    let leases = Leases::start(store.shared_io()).map_err(refused)?;
    let pool =
        threads::pool(jobs, "trial").map_err(|source| Error::Threads { jobs, source: source.into() })?;
    if pool.current_num_threads() < jobs {
        progress.slowed(pool.current_num_threads(), jobs);
    }
    let worker = Worker { store, training, leases, control, progress, refusal: Mutex::default() };
    let mut left: Vec<_> = pending.iter().collect();
    loop {
        left = worker.round(&pool, &left);
        if let Some(refusal) = worker.refusal.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(Error::Store(refusal));
        }
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
    training: &'a dyn Training,
    leases: Leases,
    control: &'a Control,
    progress: &'a dyn Progress,
    /// Why the results folder could not be used, the first time that it could not.
    refusal: Mutex<Option<store::Error>>,
}

/// What is to be done about a trial.
enum Turn {
    Run(Lease, Standing),
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
        let ending = match self.ending(pending) {
            Ok(Some(ending)) => ending,
            Ok(None) => return false,
            Err(error) => {
                let reason = chain(&error);
                self.refusal.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                self.control.stop.store(true, Ordering::Relaxed);
                Ending::Incomplete { status: Status::Pending, reason }
            }
        };
        self.progress.finished(trial, &ending);
        if self.control.fail_fast && is_incomplete(&ending) {
            self.control.stop.store(true, Ordering::Relaxed);
        }
        ending != Ending::Lost
    }

    /// How the trial ended; `None` where another process runs it.
    fn ending(&self, pending: &Pending) -> Result<Option<Ending>, store::Error> {
        Ok(match self.turn(pending)? {
            Turn::Wait => None,
            Turn::Ended(status) => Some(Ending::Elsewhere(status)),
            Turn::Run(lease, standing) => {
                self.progress.started(pending.trial);
                let Self { store, training, control, progress, .. } = *self;
                Some(trial::run(pending.trial, store, (lease, standing), training, control, progress)?)
            }
        })
    }

    fn turn(&self, pending: &Pending) -> Result<Turn, store::Error> {
        let folder = self.store.trial(&pending.trial.id)?;
        if let Some(status) = pending.ended(&folder)? {
            return Ok(Turn::Ended(status));
        }
        let Acquisition::Acquired(lease) = self.store.acquire(&folder, &self.leases)? else {
            return Ok(Turn::Wait);
        };
        // Another process may have ended and released it between the two, or died before it could publish it.
        let standing = self.store.standing(&folder)?;
        if let Some(status) = pending.ended(&folder)? {
            return Ok(Turn::Ended(status));
        }
        let recovered = self.store.recover(&folder, &lease)?;
        Ok(recovered.map_or(Turn::Run(lease, standing), Turn::Ended))
    }

    fn pause(&self) {
        for _ in 0..POLL.as_millis() / SIGNAL_POLL.as_millis() {
            if !self.control.stopped() {
                self.store.io().sleep(SIGNAL_POLL);
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
