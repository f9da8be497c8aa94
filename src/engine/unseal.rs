//! The test of trials that were trained while their test images were sealed.

use rayon::prelude::*;

use super::dataset_cache::DatasetCache;
use super::training::predictions;
use crate::model::Checkpoint;
use crate::plan::Trial;
use crate::store::{self, Sealed, Store, file};
use crate::threads;
use crate::train;

/// An error of testing a trial.
#[derive(Debug, thiserror::Error)]
pub enum UnsealError {
    /// The threads could not be started.
    #[error("failed to start {0} threads")]
    Threads(usize, #[source] threads::TooFewThreads),
    /// The results folder cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The trial's files are not those that it wrote.
    #[error("the files of {0} are not those that it wrote; `drsae verify` names them")]
    Damaged(String),
    /// The weights are no network.
    #[error("the weights of {0} are no network")]
    Weights(String, #[source] candle_core::Error),
    /// The network cannot be evaluated.
    #[error("{0} cannot be evaluated")]
    Evaluation(String, #[source] train::Error),
}

/// Evaluates the kept weights of complete trials on the test images, on `jobs` threads. A trial that has
/// its test already is not evaluated again, so that the same call continues after a kill. `tested` is called
/// after each trial.
///
/// # Errors
/// A trial is damaged or cannot be evaluated, or I/O fails.
pub fn unseal(
    trials: &[Trial],
    store: &Store,
    datasets: &DatasetCache,
    jobs: usize,
    tested: &(dyn Fn(&Trial) + Sync),
) -> Result<(), UnsealError> {
    let pool = threads::pool(jobs, "test").map_err(|error| UnsealError::Threads(jobs, error))?;
    pool.install(|| {
        trials.par_iter().try_for_each(|trial| {
            if store.unsealed(&trial.id)?.intact().is_none() {
                test(trial, store, datasets)?;
            }
            tested(trial);
            Ok(())
        })
    })
}

fn test(trial: &Trial, store: &Store, datasets: &DatasetCache) -> Result<(), UnsealError> {
    let id = || trial.id.clone();
    let folder = store.trial(&trial.id)?;
    let Some(Sealed { outcome, .. }) = folder.intact() else { return Err(UnsealError::Damaged(id())) };
    let bytes = folder.read(file::MODEL)?.ok_or_else(|| UnsealError::Damaged(id()))?;
    let model = Checkpoint::parse(&bytes).and_then(|checkpoint| checkpoint.model(&trial.config.model));
    let model = model.map_err(|error| UnsealError::Weights(id(), error))?;
    let dataset = datasets.get(&trial.config.data);
    let test =
        train::test(&model, dataset, &trial.config.fitted(&dataset.train), trial.config.objective.sparsity);
    let test = test.map_err(|error| UnsealError::Evaluation(id(), error))?;
    let rows = predictions(dataset, &test.predictions);
    Ok(store.write_unsealed(&trial.id, outcome, &rows)?)
}
