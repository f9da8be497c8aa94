//! A trial's learning curve, clock and state, kept on disk while it trains.

use std::time::{Duration, Instant};

use super::failure::Failure;
use crate::plan::Trial;
use crate::store::{self, EpochRow, TimingRow, TrialFolder};
use crate::text::chain;
use crate::train::{Epoch, State, Trainer};

/// Writing takes at most one part in so many of a trial's time.
const SHARE: u32 = 50;

/// What a trial has written so far.
pub struct Journal<'a> {
    trial: &'a Trial,
    folder: &'a TrialFolder,
    epochs: Vec<EpochRow>,
    timings: Vec<TimingRow>,
    /// When it was written last, and how long that took.
    written: Instant,
    cost: Duration,
}

/// A journal, the state to go on from, and why there is none where one was expected.
pub struct Opened<'a> {
    /// The journal, with the rows of the epochs that the state has done.
    pub journal: Journal<'a>,
    /// Where an earlier run of the trial got to.
    pub state: Option<State>,
    /// What is wrong with the state on disk, which is not used.
    pub damage: Option<String>,
}

impl<'a> Journal<'a> {
    /// Reads what an earlier run of the trial left. A state that is torn, changed or of
    /// another trial, or whose curve is, is not used.
    pub fn open(trial: &'a Trial, folder: &'a TrialFolder) -> Opened<'a> {
        let mut journal = Self {
            trial,
            folder,
            epochs: Vec::new(),
            timings: Vec::new(),
            written: Instant::now(),
            cost: Duration::ZERO,
        };
        match journal.read() {
            Ok(state) => Opened { journal, state, damage: None },
            Err(damage) => Opened { journal, state: None, damage: Some(damage) },
        }
    }

    fn read(&mut self) -> Result<Option<State>, String> {
        let text = |error: store::Error| chain(&error);
        let Some(bytes) = self.folder.read_state().map_err(text)? else { return Ok(None) };
        let state = State::from_bytes(&bytes, &self.trial.id).map_err(|error| error.to_string())?;
        let mut epochs = self.folder.read_epochs().map_err(text)?;
        let mut timings = self.folder.read_timing().map_err(text)?;
        // The curve is written before the state, so it may be ahead, and never behind.
        epochs.truncate(state.epoch);
        timings.truncate(state.epoch);
        if !epochs.iter().map(|row| row.epoch).eq(1..=state.epoch)
            || !timings.iter().map(|row| row.epoch).eq(1..=state.epoch)
        {
            return Err(format!("its learning curve has not the {} epochs of its state", state.epoch));
        }
        (self.epochs, self.timings) = (epochs, timings);
        Ok(Some(state))
    }

    /// Adds an epoch, and writes when that is cheap for the time since it was done last.
    pub fn record(
        &mut self,
        epoch: &Epoch,
        seconds: f64,
        images: usize,
        trainer: &Trainer,
    ) -> Result<(), Failure> {
        self.epochs.push(epoch_row(&self.trial.id, epoch));
        self.timings.push(TimingRow {
            trial: self.trial.id.clone(),
            epoch: epoch.epoch,
            seconds,
            images_per_second: images as f64 / seconds,
        });
        if self.written.elapsed() < self.cost * SHARE {
            return Ok(());
        }
        let start = Instant::now();
        self.folder.write_curve(&self.epochs, &self.timings)?;
        self.folder.write_state(&trainer.state()?.to_bytes(&self.trial.id))?;
        self.written = Instant::now();
        self.cost = start.elapsed();
        Ok(())
    }

    /// Writes the whole curve; returns the number of epochs.
    pub fn close(self) -> Result<usize, Failure> {
        self.folder.write_epochs(&self.epochs)?;
        self.folder.write_timing(&self.timings)?;
        Ok(self.epochs.len())
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data;
    use crate::device::Kind;
    use crate::engine::trial::task;
    use crate::plan::{Facts, Plan};
    use crate::spec::Sweep;
    use crate::store::Store;

    const SPEC: &str = r#"
name = "tiny"
seeds = 1
data = { train = 20, test = 10, validation = 10 }
model = { steps = 2, hidden = 3 }
training.phases = [{ epochs = 1, rate = 1e-2 }]
"#;

    /// A list of so many numbers would fill any memory.
    #[test]
    fn a_state_of_countless_epochs_is_damage() {
        let sweep = Sweep::parse(SPEC, "tiny.toml", &[]).unwrap();
        let data::Shape { inputs, classes, train, .. } = data::strokes::SHAPE;
        let facts =
            Facts { inputs, classes, train, fingerprint: data::fingerprint(&sweep.base.data).unwrap() };
        let plan = Plan::of(&sweep, Kind::Cpu, |_| Ok::<_, data::Error>(facts.clone())).unwrap();
        let trial = &plan.trials[0];
        let dataset = data::load(&trial.config.data, None).unwrap();
        let mut state = Trainer::new(task(trial, &dataset)).unwrap().state().unwrap();
        state.epoch = usize::MAX;

        let results = tempfile::tempdir().unwrap();
        let store = Store::open(&results.path().join(&sweep.name), SPEC).unwrap();
        let folder = store.trial(&trial.id).unwrap();
        folder.begin("").unwrap();
        folder.write_curve(&[], &[]).unwrap();
        folder.write_state(&state.to_bytes(&trial.id)).unwrap();
        let damage = Journal::open(trial, &folder).damage.unwrap();
        assert!(damage.contains("has not the 18446744073709551615 epochs"), "{damage}");
    }
}
