//! Execution of one trial, from its config to its result.

use std::any::Any;
use std::cell::Cell;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::failure::Failure;
use super::journal::{Journal, Opened};
use super::observer::{Control, Ending, Observer};
use super::training::{Session, Trained, Training};
use crate::plan::Trial;
use crate::store::{self, Attempt, Lease, Outcome, Publication, Standing, Status, Store, file};
use crate::text::chain;
use crate::train;

/// Trains a trial whose lease was acquired and that had the `standing` result, from the last state of an earlier run,
/// and publishes the result. An error in training, or a panic, becomes the trial's status and `failure.txt`.
///
/// # Errors
/// The results folder cannot be used. The trial stays pending.
pub fn run(
    trial: &Trial,
    store: &Store,
    (lease, standing): (Lease, Standing),
    training: &dyn Training,
    control: &Control,
    observer: &dyn Observer,
) -> Result<Ending, store::Error> {
    let start = store.io().elapsed();
    let ended = store.trial(&trial.id)?;
    let config = match trial.config.to_toml() {
        Ok(config) => config,
        Err(error) => {
            let reason = chain(&Failure::Config(error));
            return Ok(Ending::Incomplete { status: Status::Pending, reason });
        }
    };
    let attempt = store.begin(&ended, lease, standing, &config)?;
    let earlier = Cell::new(0.0);
    let run = Run { trial, config: &config, attempt: &attempt, training, control, observer, start, earlier };
    let result = catch_unwind(AssertUnwindSafe(|| run.train()));
    let failure = match result {
        Ok(Ok(finished)) => return finished.publish(attempt),
        Ok(Err(failure)) => failure,
        Err(panic) => Failure::Panic(panic_text(panic.as_ref())),
    };
    let status = match failure {
        Failure::Training(train::Error::Stopped) if control.stopped() => return Ok(Ending::Interrupted),
        // The folder is gone or another process runs the trial: the failure here is irrelevant.
        Failure::Lost => return superseded(store, &attempt),
        _ if attempt.folder().vanished().is_some() || !attempt.is_held() => {
            return superseded(store, &attempt);
        }
        Failure::Store(error) => return Err(error),
        // A lack of memory is no property of the trial.
        Failure::Training(train::Error::Memory(_)) => {
            return Ok(Ending::Incomplete { status: Status::Pending, reason: chain(&failure) });
        }
        Failure::Training(train::Error::Stopped) => Status::TimedOut,
        Failure::Training(train::Error::Diverged { .. }) => Status::Diverged,
        _ => Status::Failed,
    };
    let reason = match status {
        Status::TimedOut => format!("it took longer than {:?}", control.timeout.unwrap_or_default()),
        _ => chain(&failure),
    };
    attempt.write(file::FAILURE, format!("{reason}\n").as_bytes())?;
    let outcome = Outcome::incomplete(status, reason.clone(), trial.parameters, run.seconds());
    Finished { outcome, ending: Ending::Incomplete { status, reason } }.publish(attempt)
}

/// The ending of a run whose attempt is no longer the trial's.
fn superseded(store: &Store, attempt: &Attempt) -> Result<Ending, store::Error> {
    match (store.vanished(), attempt.folder().vanished()) {
        (Some(vanished), _) => Err(vanished),
        // The winner removes the attempts of the others.
        (None, _) if store.trial(attempt.folder().id())?.status()? != Status::Pending => Ok(Ending::Lost),
        (None, Some(vanished)) => {
            Ok(Ending::Incomplete { status: Status::Pending, reason: vanished.to_string() })
        }
        (None, None) => Ok(Ending::Lost),
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message").to_owned()
}

/// A trial that has ended and is not published yet.
struct Finished {
    outcome: Outcome,
    ending: Ending,
}

impl Finished {
    fn publish(self, attempt: Attempt) -> Result<Ending, store::Error> {
        Ok(match attempt.finish(&self.outcome)? {
            Publication::Yes => self.ending,
            Publication::Lost => Ending::Lost,
        })
    }
}

/// One run of a trial.
struct Run<'a> {
    trial: &'a Trial,
    config: &'a str,
    attempt: &'a Attempt,
    training: &'a dyn Training,
    control: &'a Control,
    observer: &'a dyn Observer,
    /// Start by the clock of the store.
    start: Duration,
    /// Seconds of the epochs that earlier runs have trained.
    earlier: Cell<f64>,
}

impl Run<'_> {
    /// Trains the remaining epochs, and writes all files but the result.
    fn train(&self) -> Result<Finished, Failure> {
        self.attempt.write_provenance(&self.training.provenance(self.trial))?;
        let (session, journal) = self.all_epochs()?;
        let epochs = journal.close(&*session)?;
        let Trained { best_epoch, valid_error, predictions, model } = session.finish(self.config)?;
        if let Some(predictions) = &predictions {
            self.attempt.write_rows(predictions)?;
        }
        self.attempt.write(file::MODEL, &model)?;
        let trained = Outcome {
            format: store::FORMAT,
            status: Status::Complete,
            message: None,
            parameters: self.trial.parameters,
            epochs,
            best_epoch: Some(best_epoch),
            valid_error,
            test_error: None,
            test_errors: None,
            test_count: None,
            seconds: self.seconds(),
        };
        let outcome = match &predictions {
            Some(predictions) => trained.tested(predictions),
            None => trained,
        };
        let ending = Ending::Complete { valid_error, test_error: outcome.test_error };
        Ok(Finished { outcome, ending })
    }

    /// Trains the remaining epochs and records them in the journal.
    fn all_epochs(&self) -> Result<(Box<dyn Session + '_>, Journal<'_>), Failure> {
        let Opened { mut journal, state, seconds, damage } = Journal::open(self.trial, self.attempt)?;
        self.earlier.set(seconds);
        match (&state, damage) {
            (Some(state), _) => {
                self.observer.noticed(self.trial, &format!("goes on after epoch {}", state.epoch));
            }
            (None, Some(damage)) => {
                let text = format!("starts afresh, for what it had is of no use: {damage}");
                self.observer.noticed(self.trial, &text);
            }
            (None, None) => {}
        }
        let mut session = self.training.begin(self.trial, state)?;
        let mut images = 0;
        let mut clock = self.attempt.io().elapsed();
        while let Some(epoch) = session.next_epoch(&mut |count| {
            images += count;
            self.observer.advanced(self.trial, count);
            self.check_limits()
        })? {
            if !self.attempt.is_held() {
                return Err(Failure::Lost);
            }
            self.observer.epoch(self.trial, &epoch);
            let seconds = self.attempt.io().elapsed().saturating_sub(clock).as_secs_f64();
            journal.record(&epoch, seconds, images, &*session)?;
            images = 0;
            clock = self.attempt.io().elapsed();
        }
        Ok((session, journal))
    }

    /// Wall-clock of the trial, over all its runs.
    fn seconds(&self) -> f64 {
        self.earlier.get() + self.elapsed().as_secs_f64()
    }

    fn elapsed(&self) -> Duration {
        self.attempt.io().elapsed().saturating_sub(self.start)
    }

    fn check_limits(&self) -> ControlFlow<()> {
        let late = self.control.timeout.is_some_and(|timeout| self.elapsed() > timeout);
        if late || self.control.stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
