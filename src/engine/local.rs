//! Trials side by side on this machine, each on one thread.

use std::sync::atomic::Ordering;

use super::{Control, Ending, Library, Progress, ThreadsError, run_trial};
use crate::plan::Trial;
use crate::store::Store;

/// Runs the trials on `jobs` threads, begun in their order. A trial that fails keeps no
/// other from running: `progress` hears how each ended, and the store keeps it.
///
/// # Errors
/// When the threads cannot be started.
pub fn run(
    pending: &[&Trial],
    store: &Store,
    library: &Library,
    control: &Control,
    jobs: usize,
    progress: &dyn Progress,
) -> Result<(), ThreadsError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .thread_name(|index| format!("trial-{index}"))
        .build()
        .map_err(|source| ThreadsError { jobs, source })?;
    // First in, first out: the trials of one seed end close together, so that a sweep which
    // is cut short has whole pairs to compare.
    pool.in_place_scope_fifo(|scope| {
        for trial in pending {
            scope.spawn_fifo(move |_| {
                if control.stopped() {
                    return;
                }
                progress.started(trial);
                let ending = run_trial(trial, store, library.get(&trial.config.data), control, progress);
                progress.finished(trial, &ending);
                if control.fail_fast && matches!(ending, Ending::Incomplete { .. }) {
                    control.stop.store(true, Ordering::Relaxed);
                }
            });
        }
    });
    Ok(())
}
