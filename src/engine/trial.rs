//! One trial, from its config to its completion marker.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::{Ending, Progress};
use crate::data::Dataset;
use crate::model::weights;
use crate::plan::Trial;
use crate::provenance::Provenance;
use crate::store::{self, EpochRow, PredictionRow, Status, Store, TimingRow, TrialFolder};
use crate::train::{self, Epoch, Task, Trainer};

/// Trains a trial and writes its folder. Whatever goes wrong, a panic included, becomes the
/// trial's status and `failure.txt`.
pub fn run(trial: &Trial, store: &Store, dataset: &Dataset, progress: &dyn Progress) -> Ending {
    let start = Instant::now();
    let attempt = || run_into_folder(trial, store, dataset, progress);
    let error = match catch_unwind(AssertUnwindSafe(attempt)) {
        Ok(Ok(ending)) => return ending,
        Ok(Err(error)) => error,
        Err(panic) => Error::Panic(panic_text(panic.as_ref())),
    };
    let status = match error {
        Error::Training(train::Error::Diverged { .. }) => Status::Diverged,
        _ => Status::Failed,
    };
    let reason = error.to_string();
    let seconds = start.elapsed().as_secs_f64();
    let record = || -> Result<(), store::Error> {
        let folder = store.trial(&trial.id)?;
        folder.write_failure(&format!("{reason}\n"))?;
        folder.finish(&store::Outcome::incomplete(status, reason.clone(), trial.parameters, seconds))
    };
    match record() {
        Ok(()) => Ending::Incomplete { status, reason },
        Err(disk) => Ending::Incomplete {
            status: Status::Pending,
            reason: format!("{reason}; nor could that be recorded: {disk}"),
        },
    }
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Training(#[from] train::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("failed to write the network: {0}")]
    Network(#[from] candle_core::Error),
    #[error("failed to write the config: {0}")]
    Config(#[from] toml::ser::Error),
    #[error("panicked: {0}")]
    Panic(String),
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message").to_owned()
}

/// What a trial asks of the training room.
pub fn task<'a>(trial: &'a Trial, dataset: &'a Dataset) -> Task<'a> {
    Task {
        dataset,
        validation: trial.config.data.validation,
        model: &trial.config.model,
        objective: trial.config.objective,
        training: &trial.config.training,
        seed: trial.config.seed,
    }
}

fn run_into_folder(
    trial: &Trial,
    store: &Store,
    dataset: &Dataset,
    progress: &dyn Progress,
) -> Result<Ending, Error> {
    let start = Instant::now();
    let config = trial.config.to_toml()?;
    let folder = store.trial(&trial.id)?;
    folder.begin(&config)?;
    folder.write_provenance(&Provenance::now(&dataset.checksums))?;
    let (trainer, epochs) = train(trial, Trainer::new(task(trial, dataset))?, &folder, progress)?;
    let outcome = trainer.finish()?;
    folder.write_predictions(&predictions(dataset, &outcome.test.predictions))?;
    folder.write_model(&weights::to_bytes(&outcome.model, &config)?)?;
    let wrong = wrong(dataset, &outcome.test.predictions);
    folder.finish(&store::Outcome {
        format: store::FORMAT,
        status: Status::Complete,
        message: None,
        parameters: trial.parameters,
        epochs,
        best_epoch: Some(outcome.best_epoch),
        valid_error: outcome.valid_error,
        test_error: Some(outcome.test.error),
        test_errors: Some(wrong),
        test_count: Some(dataset.test.len()),
        seconds: start.elapsed().as_secs_f64(),
    })?;
    Ok(Ending::Complete { valid_error: outcome.valid_error, test_error: outcome.test.error })
}

/// Trains through all phases, writing the curve and the clock after every epoch.
fn train<'a>(
    trial: &Trial,
    mut trainer: Trainer<'a>,
    folder: &TrialFolder,
    progress: &dyn Progress,
) -> Result<(Trainer<'a>, usize), Error> {
    let mut epochs = Vec::new();
    let mut timings = Vec::new();
    let mut images = 0;
    let mut clock = Instant::now();
    while let Some(epoch) = trainer.next_epoch(&mut |count| {
        images += count;
        progress.advanced(trial, count);
    })? {
        progress.epoch(trial, &epoch);
        epochs.push(epoch_row(&trial.id, &epoch));
        timings.push(timing_row(&trial.id, epoch.epoch, clock.elapsed().as_secs_f64(), images));
        folder.write_epochs(&epochs)?;
        folder.write_timing(&timings)?;
        images = 0;
        clock = Instant::now();
    }
    Ok((trainer, epochs.len()))
}

fn epoch_row(trial: &str, epoch: &Epoch) -> EpochRow {
    let train = epoch.train;
    let valid = epoch.validation.as_ref();
    EpochRow {
        trial: trial.to_owned(),
        phase: epoch.phase,
        epoch: epoch.epoch,
        rate: epoch.rate,
        train_loss: train.total,
        train_reconstruction: train.reconstruction,
        train_sparsity: train.sparsity,
        train_class_loss: train.class,
        train_error: train.error,
        valid_reconstruction: valid.map(|valid| valid.reconstruction),
        valid_sparsity: valid.map(|valid| valid.sparsity),
        valid_class_loss: valid.map(|valid| valid.class),
        valid_error: valid.map(|valid| valid.error),
        active_fraction: valid.map(|valid| valid.active),
        live_fraction: valid.map(|valid| valid.live),
    }
}

fn timing_row(trial: &str, epoch: usize, seconds: f64, images: usize) -> TimingRow {
    TimingRow { trial: trial.to_owned(), epoch, seconds, images_per_second: images as f64 / seconds }
}

fn predictions(dataset: &Dataset, predicted: &[u8]) -> Vec<PredictionRow> {
    let pairs = dataset.test.labels.iter().zip(predicted).enumerate();
    pairs.map(|(index, (&label, &prediction))| PredictionRow { index, label, prediction }).collect()
}

fn wrong(dataset: &Dataset, predicted: &[u8]) -> usize {
    dataset.test.labels.iter().zip(predicted).filter(|(label, prediction)| label != prediction).count()
}
