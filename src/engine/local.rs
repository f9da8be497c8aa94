//! Trials in parallel on this machine, each on one thread; other processes may run trials
//! of the same sweep at the same time.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rayon::ThreadPool;

use super::error::Error;
use super::observer::{Control, Ending, Observer};
use super::pending::Pending;
use super::training::Training;
use super::trial;
use crate::plan::Trial;
use crate::spec::TrialConfig;
use crate::store::{self, Acquisition, Lease, Leases, Standing, Status, Store};
use crate::text::chain;
use crate::threads;
use crate::train::Gradient;

/// Intervals between checks of the trials that other processes run, and between checks for a signal.
const POLL: Duration = Duration::from_secs(1);
const SIGNAL_POLL: Duration = Duration::from_millis(50);

/// Runs the trials on `jobs` threads, started in their order, and returns when all have ended
/// or `control` stops them. Trials that another process runs are left to it, and run here
/// if it dies. A failed trial does not stop the others: `observer` is called with the ending of each, and the
/// store keeps it.
///
/// # Errors
/// The threads cannot be started, or the results folder cannot be used: then the running trials stop after their
/// mini-batch, and no other starts.
pub fn run(
    pending: &[Pending<'_>],
    store: &Store,
    training: &dyn Training,
    control: &Control,
    jobs: usize,
    observer: &dyn Observer,
) -> Result<(), Error> {
    let refused = |source: std::io::Error| Error::Threads { jobs, source: source.into() };
    // First the one thread that is necessary.
    let leases = Leases::start(store.shared_io()).map_err(refused)?;
    let pool =
        threads::pool(jobs, "trial").map_err(|source| Error::Threads { jobs, source: source.into() })?;
    if pool.current_num_threads() < jobs {
        observer.slowed(pool.current_num_threads(), jobs);
    }
    let worker = Worker { store, training, leases, control, observer, refusal: Mutex::default() };
    let mut left: Vec<_> = pending.iter().collect();
    loop {
        left = worker.round(&pool, &left);
        if let Some(refusal) = threads::lock(&worker.refusal).take() {
            return Err(Error::Store(refusal));
        }
        if left.is_empty() || control.stopped() {
            return Ok(());
        }
        observer.waiting(left.len());
        worker.pause();
    }
}

/// The context in which threads run trials.
struct Worker<'a> {
    store: &'a Store,
    training: &'a dyn Training,
    leases: Leases,
    control: &'a Control,
    observer: &'a dyn Observer,
    /// The first error of the results folder.
    refusal: Mutex<Option<store::Error>>,
}

/// The next step for a trial.
enum Step {
    Run(Lease, Standing),
    Wait,
    Ended(Status),
}

/// Runs `work`, which trains the network of `trial`, on one thread: operations of candle would divide it among the threads of a
/// pool.
pub(super) fn on_one_thread<R: Send>(trial: &Trial, work: impl FnOnce() -> R + Send) -> R {
    let TrialConfig { model, objective, training, .. } = &trial.config;
    let uses_candle =
        training.gradient == Gradient::Candle || model.wiring().is_none() || !objective.terms.is_empty();
    if uses_candle { threads::alone(work) } else { work() }
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
                        threads::lock(left).push(trial);
                    }
                });
            }
        });
        let mut left = held.into_inner().unwrap_or_else(PoisonError::into_inner);
        left.sort_by_key(|pending| pending.trial.index);
        left
    }

    /// Runs a trial unless another process does; returns whether it has ended.
    fn visit(&self, pending: &Pending) -> bool {
        let trial = pending.trial;
        let ending = match self.ending(pending) {
            Ok(Some(ending)) => ending,
            Ok(None) => return false,
            Err(error) => {
                let reason = chain(&error);
                threads::lock(&self.refusal).get_or_insert(error);
                self.control.stop.store(true, Ordering::Relaxed);
                Ending::Incomplete { status: Status::Pending, reason }
            }
        };
        self.observer.finished(trial, &ending);
        if self.control.fail_fast && is_incomplete(&ending) {
            self.control.stop.store(true, Ordering::Relaxed);
        }
        ending != Ending::Lost
    }

    /// The ending of the trial; `None` if another process runs it.
    fn ending(&self, pending: &Pending) -> Result<Option<Ending>, store::Error> {
        Ok(match self.next_step(pending)? {
            Step::Wait => None,
            Step::Ended(status) => Some(Ending::Elsewhere(status)),
            Step::Run(lease, standing) => {
                self.observer.started(pending.trial);
                let Self { store, training, control, observer, .. } = *self;
                let run = || trial::run(pending.trial, store, (lease, standing), training, control, observer);
                Some(on_one_thread(pending.trial, run)?)
            }
        })
    }

    fn next_step(&self, pending: &Pending) -> Result<Step, store::Error> {
        let folder = self.store.trial(&pending.trial.id)?;
        if let Some(status) = pending.ended(&folder)? {
            return Ok(Step::Ended(status));
        }
        let Acquisition::Acquired(lease) = self.store.acquire(&folder, &self.leases)? else {
            return Ok(Step::Wait);
        };
        // Another process may have ended and released it between the two, or died before it could publish it.
        let standing = self.store.standing(&folder)?;
        if let Some(status) = pending.ended(&folder)? {
            return Ok(Step::Ended(status));
        }
        let recovered = self.store.recover(&folder, &lease)?;
        Ok(recovered.map_or(Step::Run(lease, standing), Step::Ended))
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
