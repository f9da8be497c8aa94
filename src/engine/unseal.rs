//! The test of trials that were trained while their test images were sealed.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::conditions::{Conditions, planned_conditions};
use super::training::predictions;
use crate::model::Checkpoint;
use crate::plan::Trial;
use crate::store::{self, ConditionRow, Sealed, Store, file};
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

/// Evaluates the kept weights of complete trials on the test images, and under `conditions`, on `jobs` threads. A trial
/// that has its test already is not evaluated again, so that the same call continues after a kill. `tested` is called
/// after each trial. No other is begun once `stop` is set.
///
/// # Errors
/// A trial is damaged or cannot be evaluated, or I/O fails.
pub fn unseal(
    trials: &[Trial],
    store: &Store,
    conditions: &Conditions<'_>,
    jobs: usize,
    stop: &AtomicBool,
    tested: &(dyn Fn(&Trial) + Sync),
) -> Result<(), UnsealError> {
    let pool = threads::pool(jobs, "test").map_err(|error| UnsealError::Threads(jobs, error))?;
    pool.install(|| {
        trials.par_iter().try_for_each(|trial| {
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            if !is_tested(trial, store, conditions)? {
                test(trial, store, conditions)?;
            }
            tested(trial);
            Ok(())
        })
    })
}

/// True if a trial has its test under all conditions.
fn is_tested(trial: &Trial, store: &Store, conditions: &Conditions<'_>) -> Result<bool, UnsealError> {
    let folder = store.unsealed(&trial.id)?;
    if folder.intact().is_none() {
        return Ok(false);
    }
    let known = folder.read_conditions()?;
    let is_known = |planned: &ConditionRow| known.iter().any(|row| planned.is_of(row));
    Ok(planned_conditions(&conditions.spec, trial).iter().all(is_known))
}

fn test(trial: &Trial, store: &Store, conditions: &Conditions<'_>) -> Result<(), UnsealError> {
    let id = || trial.id.clone();
    let (folder, earlier) = (store.trial(&trial.id)?, store.unsealed(&trial.id)?);
    let Some(Sealed { outcome, .. }) = folder.intact() else { return Err(UnsealError::Damaged(id())) };
    let bytes = folder.read(file::MODEL)?.ok_or_else(|| UnsealError::Damaged(id()))?;
    let weights = |error| UnsealError::Weights(id(), error);
    let checkpoint = Checkpoint::parse(&bytes).map_err(weights)?;
    let model = checkpoint.model(&trial.config.model).map_err(weights)?;
    let dataset = conditions.datasets.get(&trial.config.data);
    let test =
        train::test(&model, dataset, &trial.config.fitted(&dataset.train), trial.config.objective.sparsity);
    let test = test.map_err(|error| UnsealError::Evaluation(id(), error))?;
    let rows = predictions(dataset, &test.predictions);
    let mut mistakes = conditions.rows(trial, &checkpoint).map_err(weights)?;
    if earlier.intact().is_some() {
        // Of conditions that the plan no longer has.
        let mut others = earlier.read_conditions()?;
        others.retain(|row| !mistakes.iter().any(|planned| planned.is_of(row)));
        mistakes.extend(others);
    }
    Ok(store.write_unsealed(&trial.id, outcome, &rows, &mistakes)?)
}
