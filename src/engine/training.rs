//! The interface of the engine to training: epochs, states, and weights with their predictions.

use super::dataset_cache::DatasetCache;
use super::failure::Failure;
use crate::data::Dataset;
use crate::model::weights;
use crate::plan::Trial;
use crate::provenance::Provenance;
use crate::store::PredictionRow;
use crate::train::{self, Epoch, OnBatch, State, Task, Trainer};

/// Trains trials.
pub trait Training: Sync {
    /// A session that starts after `state`, or before the first epoch.
    ///
    /// # Errors
    /// The state is not of the trial, or there is not enough memory.
    fn begin<'a>(&'a self, trial: &'a Trial, state: Option<State>) -> Result<Box<dyn Session + 'a>, Failure>;

    /// The provenance of the trial.
    fn provenance(&self, trial: &Trial) -> Provenance;
}

/// A trial in training.
pub trait Session {
    /// Trains for one epoch; `None` after the last. `on_batch` is called with the number of images after each
    /// update, and may stop the trial.
    ///
    /// # Errors
    /// The loss is no longer finite, or the trial was stopped.
    fn next_epoch(&mut self, on_batch: &mut OnBatch<'_>) -> Result<Option<Epoch>, train::Error>;

    /// The state between two epochs.
    ///
    /// # Errors
    /// The weights cannot be read.
    fn state(&self) -> Result<State, train::Error>;

    /// The best weights, and their predictions for the test images unless these are sealed.
    ///
    /// # Errors
    /// They give no finite numbers.
    fn finish(self: Box<Self>, config_toml: &str) -> Result<Trained, Failure>;
}

/// The result of training.
pub struct Trained {
    /// The epoch of the best weights.
    pub best_epoch: usize,
    /// Validation error in percent, if images were held out.
    pub valid_error: Option<f64>,
    /// Prediction for each test image; absent where the test images are sealed.
    pub predictions: Option<Vec<PredictionRow>>,
    /// The bytes of `model.safetensors`.
    pub model: Vec<u8>,
}

/// Training of networks on the cached data sets, as every command does.
impl Training for DatasetCache {
    fn begin<'a>(&'a self, trial: &'a Trial, state: Option<State>) -> Result<Box<dyn Session + 'a>, Failure> {
        let dataset = self.get(&trial.config.data);
        let task = task(trial, dataset);
        let trainer = match state {
            Some(state) => Trainer::resume(task, state)?,
            None => Trainer::new(task)?,
        };
        Ok(Box::new(Network { trainer, dataset }))
    }

    fn provenance(&self, trial: &Trial) -> Provenance {
        Provenance::now(&self.get(&trial.config.data).checksums, trial.device)
    }
}

/// A network in training.
struct Network<'a> {
    trainer: Trainer<'a>,
    dataset: &'a Dataset,
}

impl Session for Network<'_> {
    fn next_epoch(&mut self, on_batch: &mut OnBatch<'_>) -> Result<Option<Epoch>, train::Error> {
        self.trainer.next_epoch(on_batch)
    }

    fn state(&self) -> Result<State, train::Error> {
        self.trainer.state()
    }

    fn finish(self: Box<Self>, config_toml: &str) -> Result<Trained, Failure> {
        let outcome = self.trainer.finish()?;
        Ok(Trained {
            best_epoch: outcome.best_epoch,
            valid_error: outcome.valid_error,
            predictions: outcome.test.map(|test| predictions(self.dataset, &test.predictions)),
            model: weights::to_bytes(&outcome.model, config_toml)?,
        })
    }
}

/// The training task of a trial.
pub(super) fn task<'a>(trial: &'a Trial, dataset: &'a Dataset) -> Task<'a> {
    Task {
        dataset,
        validation: trial.config.data.validation,
        holdout: trial.config.data.holdout,
        preprocessing: trial.config.preprocessing(),
        model: &trial.config.model,
        objective: &trial.config.objective,
        training: &trial.config.training,
        seed: trial.config.seed,
        device: trial.device,
    }
}

/// The rows of `predictions.csv`, which have the labels of the source.
#[must_use]
pub fn predictions(dataset: &Dataset, predicted: &[u8]) -> Vec<PredictionRow> {
    let of = |class: &u8| dataset.labels[usize::from(*class)];
    let pairs = dataset.test.labels.iter().zip(predicted).enumerate();
    let row =
        |(index, (class, predicted))| PredictionRow { index, label: of(class), prediction: of(predicted) };
    pairs.map(row).collect()
}
