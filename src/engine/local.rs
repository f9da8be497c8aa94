//! Trials side by side on this machine, each on one thread.

use super::{Library, Progress, ThreadsError, run_trial};
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
                let dataset = library.get(&trial.config.data);
                progress.started(trial);
                progress.finished(trial, &run_trial(trial, store, dataset, progress));
            });
        }
    });
    Ok(())
}
