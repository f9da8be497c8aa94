//! One trial, from its config to its completion marker.

use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::failure::Failure;
use super::journal::{Journal, Opened};
use super::{Control, Ending, Progress};
use crate::data::Dataset;
use crate::model::weights;
use crate::plan::Trial;
use crate::provenance::Provenance;
use crate::store::{self, Claim, Outcome, PredictionRow, Status, TrialFolder};
use crate::text::chain;
use crate::train::{self, Task, Trainer};

/// Trains a claimed trial, from where an earlier run of it got to, and writes its folder.
/// Whatever goes wrong, a panic included, becomes the trial's status and `failure.txt`.
pub fn run(
    trial: &Trial,
    claim: &Claim,
    dataset: &Dataset,
    control: &Control,
    progress: &dyn Progress,
) -> Ending {
    let start = Instant::now();
    let attempt = || Attempt { trial, claim, dataset, control, progress, start }.run();
    let error = match catch_unwind(AssertUnwindSafe(attempt)) {
        Ok(Ok(ending)) => return ending,
        Ok(Err(error)) => error,
        Err(panic) => Failure::Panic(panic_text(panic.as_ref())),
    };
    let status = match error {
        Failure::Training(train::Error::Stopped) if control.stopped() => return Ending::Interrupted,
        // The folder is another's now or gone, and its files are not ours to fail on.
        _ if !claim.is_held() => return without_claim(claim.folder()),
        Failure::Training(train::Error::Stopped) => Status::TimedOut,
        Failure::Training(train::Error::Diverged { .. }) => Status::Diverged,
        _ => Status::Failed,
    };
    let reason = match status {
        Status::TimedOut => format!("it took longer than {:?}", control.timeout.unwrap_or_default()),
        _ => chain(&error),
    };
    let record = || -> Result<(), store::Error> {
        let folder = claim.folder();
        folder.write_failure(&format!("{reason}\n"))?;
        let seconds = start.elapsed().as_secs_f64();
        folder.finish(&Outcome::incomplete(status, reason.clone(), trial.parameters, seconds))
    };
    match record() {
        Ok(()) => Ending::Incomplete { status, reason },
        Err(disk) => {
            let reason = format!("{reason}; nor could that be recorded: {}", chain(&disk));
            Ending::Incomplete { status: Status::Pending, reason }
        }
    }
}

/// How a trial ends whose claim is no longer this process's.
fn without_claim(folder: &TrialFolder) -> Ending {
    folder.vanished().map_or(Ending::Lost, |vanished| Ending::Incomplete {
        status: Status::Pending,
        reason: vanished.to_string(),
    })
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message").to_owned()
}

/// What a trial asks of the training room.
pub(super) fn task<'a>(trial: &'a Trial, dataset: &'a Dataset) -> Task<'a> {
    Task {
        dataset,
        validation: trial.config.data.validation,
        model: &trial.config.model,
        objective: trial.config.objective,
        training: &trial.config.training,
        seed: trial.config.seed,
        device: trial.device,
    }
}

/// One run of a trial.
struct Attempt<'a> {
    trial: &'a Trial,
    claim: &'a Claim,
    dataset: &'a Dataset,
    control: &'a Control,
    progress: &'a dyn Progress,
    start: Instant,
}

impl Attempt<'_> {
    fn run(&self) -> Result<Ending, Failure> {
        let folder = self.claim.folder();
        let config = self.trial.config.to_toml()?;
        folder.begin(&config)?;
        folder.write_provenance(&Provenance::now(&self.dataset.checksums, self.trial.device))?;
        let (trainer, epochs) = self.train(folder)?;
        let outcome = trainer.finish()?;
        self.check_claim()?;
        let test = &outcome.test;
        let labels = &self.dataset.test.labels;
        let wrong = labels.iter().zip(&test.predictions).filter(|(label, guess)| label != guess).count();
        folder.write_predictions(&predictions(labels, &test.predictions))?;
        folder.write_model(&weights::to_bytes(&outcome.model, &config)?)?;
        folder.finish(&Outcome {
            format: store::FORMAT,
            status: Status::Complete,
            message: None,
            parameters: self.trial.parameters,
            epochs,
            best_epoch: Some(outcome.best_epoch),
            valid_error: outcome.valid_error,
            test_error: Some(test.error),
            test_errors: Some(wrong),
            test_count: Some(labels.len()),
            seconds: self.start.elapsed().as_secs_f64(),
        })?;
        folder.remove_state()?;
        Ok(Ending::Complete { valid_error: outcome.valid_error, test_error: test.error })
    }

    /// Trains through the phases that are left, keeping the journal.
    fn train(&self, folder: &TrialFolder) -> Result<(Trainer<'_>, usize), Failure> {
        let task = task(self.trial, self.dataset);
        let Opened { mut journal, state, damage } = Journal::open(self.trial, folder);
        if let Some(damage) = damage {
            self.progress
                .noticed(self.trial, &format!("starts afresh, for what it had is of no use: {damage}"));
        }
        let mut trainer = match state {
            Some(state) => {
                self.progress.noticed(self.trial, &format!("goes on after epoch {}", state.epoch));
                Trainer::resume(task, state)?
            }
            None => Trainer::new(task)?,
        };
        let mut images = 0;
        let mut clock = Instant::now();
        while let Some(epoch) = trainer.next_epoch(&mut |count| {
            images += count;
            self.progress.advanced(self.trial, count);
            self.go_on()
        })? {
            self.check_claim()?;
            self.progress.epoch(self.trial, &epoch);
            journal.record(&epoch, clock.elapsed().as_secs_f64(), images, &trainer)?;
            images = 0;
            clock = Instant::now();
        }
        Ok((trainer, journal.close()?))
    }

    /// Keeps a process that stood still from writing over its successor's files.
    fn check_claim(&self) -> Result<(), Failure> {
        if self.claim.is_held() { Ok(()) } else { Err(Failure::Lost) }
    }

    fn go_on(&self) -> ControlFlow<()> {
        let late = self.control.timeout.is_some_and(|timeout| self.start.elapsed() > timeout);
        if late || self.control.stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

fn predictions(labels: &[u8], predicted: &[u8]) -> Vec<PredictionRow> {
    let pairs = labels.iter().zip(predicted).enumerate();
    pairs.map(|(index, (&label, &prediction))| PredictionRow { index, label, prediction }).collect()
}
