//! The learning curve, timing and state of a trial, written while it trains.

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::failure::Failure;
use super::training::Session;
use crate::hash::hex;
use crate::plan::Trial;
use crate::store::{self, Attempt, EpochRow, Progress, TimingRow, TrialFolder, file};
use crate::text::chain;
use crate::train::{Epoch, State, StateError};

/// Writing takes at most one part in this many of a trial's time.
const SHARE: u32 = 50;

/// The epochs of a trial so far.
pub struct Journal<'a> {
    trial: &'a Trial,
    attempt: &'a Attempt,
    epochs: Vec<EpochRow>,
    timings: Vec<TimingRow>,
    /// Time and duration of the last write.
    written: Option<(Duration, Duration)>,
}

/// A journal, and the state to continue from.
pub struct Opened<'a> {
    /// The journal, with the rows of the epochs that the state has done.
    pub journal: Journal<'a>,
    /// The last state of an earlier run.
    pub state: Option<State>,
    /// Seconds of the epochs that earlier runs of the trial itself have trained.
    pub seconds: f64,
    /// The damage of a state on disk, which is not used.
    pub damage: Option<String>,
}

/// The files of an earlier run.
struct Earlier {
    state: State,
    epochs: Vec<EpochRow>,
    timings: Vec<TimingRow>,
}

impl<'a> Journal<'a> {
    /// Reads the files of earlier runs and takes those of the most epochs. A state or curve that is torn, changed or of
    /// another trial is not used.
    ///
    /// # Errors
    /// I/O fails.
    pub fn open(trial: &'a Trial, attempt: &'a Attempt) -> Result<Opened<'a>, store::Error> {
        let (mut best, mut damage, mut paused) = (None::<Earlier>, None, 0);
        for folder in attempt.earlier(trial.paused_id())? {
            let read = Earlier::read(&folder, &trial.id);
            if let Ok(Some(found)) = &read
                && folder.id() != trial.id
            {
                paused = found.state.epoch;
            }
            match read {
                Ok(Some(found)) if best.as_ref().is_none_or(|best| best.state.epoch < found.state.epoch) => {
                    best = Some(found);
                }
                Ok(_) => {}
                Err(problem) => damage = Some(problem.damage()?),
            }
        }
        let (state, epochs, timings) =
            best.map_or((None, Vec::new(), Vec::new()), |best| (Some(best.state), best.epochs, best.timings));
        // Those before the pause are the time of the trial that paused.
        let seconds = timings.iter().skip(paused).map(|row| row.seconds).sum();
        let journal = Self { trial, attempt, epochs, timings, written: None };
        Ok(Opened { journal, state, seconds, damage })
    }

    /// Adds an epoch, and writes if the last write took a small share of the time since.
    pub fn record(
        &mut self,
        epoch: &Epoch,
        seconds: f64,
        images: usize,
        session: &dyn Session,
    ) -> Result<(), Failure> {
        self.epochs.push(epoch_row(&self.trial.id, epoch));
        self.timings.push(TimingRow {
            trial: self.trial.id.clone(),
            epoch: epoch.epoch,
            seconds,
            images_per_second: images as f64 / seconds,
        });
        let start = self.attempt.io().elapsed();
        let is_due = self.written.is_none_or(|(last, cost)| start.saturating_sub(last) >= cost * SHARE);
        if is_due {
            self.write(session)?;
            let end = self.attempt.io().elapsed();
            self.written = Some((end, end.saturating_sub(start)));
        }
        Ok(())
    }

    fn write(&self, session: &dyn Session) -> Result<(), Failure> {
        let (epochs, timings) = (store::csv(&self.epochs)?, store::csv(&self.timings)?);
        let mut state = session.state()?;
        state.curve = digest(&epochs, &timings);
        let state = state.to_bytes(&self.trial.id);
        let progress = Progress { epochs: &epochs, timings: &timings, state: &state };
        if self.written.is_none() {
            self.attempt.take_over(&progress)?;
        } else {
            self.attempt.write_progress(&progress)?;
        }
        Ok(())
    }

    /// Writes the whole curve, and the state if the schedule has epochs left; returns the number of epochs.
    pub fn close(self, session: &dyn Session) -> Result<usize, Failure> {
        self.attempt.write_rows(&self.epochs)?;
        self.attempt.write_rows(&self.timings)?;
        if self.trial.config.training.pauses() {
            let mut state = session.state()?;
            state.curve = digest(&store::csv(&self.epochs)?, &store::csv(&self.timings)?);
            self.attempt.write(file::STATE, &state.to_bytes(&self.trial.id))?;
        } else {
            self.attempt.remove_state()?;
        }
        Ok(self.epochs.len())
    }
}

/// Damage of the files of an earlier run.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    State(#[from] StateError),
    #[error("its learning curve has not the {0} epochs of its state")]
    Epochs(usize),
    #[error("its learning curve is not the one that its state was written with")]
    Curve,
}

impl Unusable {
    /// Describes the damage; an error if the disk did not give the files.
    fn damage(self) -> Result<String, store::Error> {
        match self {
            Self::Store(error) if error.is_of_the_disk() => Err(error),
            other => Ok(chain(&other)),
        }
    }
}

impl Earlier {
    /// Reads the folder of an earlier run, or of a trial that paused earlier, as the curve of `trial`; `None` if it
    /// has no state.
    fn read(folder: &TrialFolder, trial: &str) -> Result<Option<Self>, Unusable> {
        let Some(bytes) = folder.read(file::STATE)? else { return Ok(None) };
        let state = State::from_bytes(&bytes, folder.id())?;
        let mut epochs = folder.read_rows::<EpochRow>()?;
        let mut timings = folder.read_rows::<TimingRow>()?;
        // The curve is written before the state, so it may be ahead, and never behind.
        epochs.truncate(state.epoch);
        timings.truncate(state.epoch);
        if !epochs.iter().map(|row| row.epoch).eq(1..=state.epoch) {
            return Err(Unusable::Epochs(state.epoch));
        }
        if digest(&store::csv(&epochs)?, &store::csv(&timings)?) != state.curve {
            return Err(Unusable::Curve);
        }
        for whose in
            epochs.iter_mut().map(|row| &mut row.trial).chain(timings.iter_mut().map(|row| &mut row.trial))
        {
            trial.clone_into(whose);
        }
        Ok(Some(Self { state, epochs, timings }))
    }
}

/// Digest of a learning curve, which its state records.
fn digest(epochs: &[u8], timings: &[u8]) -> String {
    let digest = Sha256::new().chain_update((epochs.len() as u64).to_le_bytes());
    hex(&digest.chain_update(epochs).chain_update(timings).finalize())
}

/// The row of an epoch in `epochs.csv`.
#[must_use]
pub fn epoch_row(trial: &str, epoch: &Epoch) -> EpochRow {
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::ops::ControlFlow;

    use super::*;
    use crate::data;
    use crate::device::Kind;
    use crate::engine::{DatasetCache, Training};
    use crate::plan::Plan;
    use crate::spec::Sweep;
    use crate::store::{Acquisition, Leases, Store};

    const SPEC: &str = r#"
name = "tiny"
seeds = 1
data = { train = 40, test = 10, validation = 10 }
model = { steps = 2, hidden = 3 }
training.phases = [{ epochs = 1, rate = 1e-2 }]
"#;

    /// The result of `open` after `change` of the folder of an attempt that was killed after one epoch.
    fn reopened(change: impl FnOnce(&TrialFolder)) -> (Option<usize>, Option<String>) {
        let sweep = Sweep::parse(SPEC, "tiny.toml", &[]).unwrap();
        let plan = Plan::of(&sweep, Kind::Cpu, |config: &data::Config| data::facts(config, None)).unwrap();
        let trial = &plan.trials[0];
        let datasets = DatasetCache::load([&trial.config.data], None, crate::data::Part::All).unwrap();
        let mut session = datasets.begin(trial, None).unwrap();

        let results = tempfile::tempdir().unwrap();
        let store = Store::open(&results.path().join(&sweep.name), SPEC).unwrap();
        let leases = Leases::start(store.shared_io()).unwrap();
        let folder = store.trial(&trial.id).unwrap();
        let attempt = |config| {
            let Acquisition::Acquired(lease) = store.acquire(&folder, &leases).unwrap() else {
                panic!("held")
            };
            store.begin(&folder, lease, store.standing(&folder).unwrap(), config).unwrap()
        };
        let first = attempt("first");
        let mut journal = Journal::open(trial, &first).unwrap().journal;
        let epoch = session.next_epoch(&mut |_| ControlFlow::Continue(())).unwrap().unwrap();
        journal.record(&epoch, 0.5, 20, &*session).unwrap();
        change(first.folder());
        drop(first);
        let second = attempt("second");
        let opened = Journal::open(trial, &second).unwrap();
        (opened.state.map(|state| state.epoch), opened.damage)
    }

    #[test]
    fn a_trial_goes_on_from_the_state_of_an_earlier_attempt() {
        assert_eq!(reopened(|_| {}), (Some(1), None));
    }

    #[test]
    fn a_curve_that_was_edited_or_exchanged_is_damage() {
        let edit = |name: &'static str, from: &'static str, to: &'static str| {
            reopened(move |folder| {
                let path = folder.path().join(name);
                let text = fs::read_to_string(&path).unwrap();
                assert!(text.contains(from), "{text}");
                fs::write(path, text.replace(from, to)).unwrap();
            })
        };
        for (name, from, to) in [
            ("epochs.csv", ",0.01,", ",0.02,"),
            ("timing.csv", ",0.5,", ",0.25,"),
            ("epochs.csv", ",1,1,", ",1,2,"),
        ] {
            let (state, damage) = edit(name, from, to);
            assert_eq!(state, None, "{name}");
            assert!(damage.unwrap().starts_with("its learning curve"), "{name}");
        }
    }

    /// A list of so many numbers would fill any memory.
    #[test]
    fn a_state_of_countless_epochs_is_damage() {
        let (state, damage) = reopened(|folder| {
            let bytes = fs::read(folder.path().join(file::STATE)).unwrap();
            let mut state = State::from_bytes(&bytes, folder.id()).unwrap();
            state.epoch = usize::MAX;
            fs::write(folder.path().join(file::STATE), state.to_bytes(folder.id())).unwrap();
        });
        assert_eq!(state, None);
        let damage = damage.unwrap();
        assert!(damage.contains("has not the 18446744073709551615 epochs"), "{damage}");
    }
}
