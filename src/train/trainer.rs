//! The loop over phases and epochs.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use candle_core::DType;

use super::average::Average;
use super::batches::{Batch, Batches, Selection};
use super::epoch::{Averages, Epoch, Sums};
use super::evaluation::{self, Evaluation, evaluate};
use super::loss::Weights;
use super::memory::Memory;
use super::primer::primer;
use super::schedule::Clock;
use super::state::{Best, State};
use super::stepper::Stepper;
use super::updates::Moments;
use super::{Error, Objective, Phase, schedule};
use crate::Invalid;
use crate::data::{Dataset, Fitted, Holdout, Images, Normaliser, Preprocessing, Split, split};
use crate::device;
use crate::model::{self, Draw, Encoder, Model};

/// The inputs that determine a trial's result.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// The images.
    pub dataset: &'a Dataset,
    /// Training images held out for validation.
    pub validation: usize,
    /// The choice of these images.
    pub holdout: Holdout,
    /// Preprocessing of the images.
    pub preprocessing: Preprocessing,
    /// The network.
    pub model: &'a model::Config,
    /// λ and γ.
    pub objective: &'a Objective,
    /// The schedule.
    pub training: &'a super::Config,
    /// Seed of the split, the initial weights, the order and the noise.
    pub seed: u64,
    /// Device that trains the network.
    pub device: device::Kind,
}

/// A trained network with its test results.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The network with its best weights.
    pub model: Model,
    /// The epoch, from 1, whose weights were kept.
    pub best_epoch: usize,
    /// Its validation error in percent; absent if no images are held out.
    pub valid_error: Option<f64>,
    /// Evaluation on the test images, which are used only here; absent if the data set was loaded without
    /// them.
    pub test: Option<Evaluation>,
}

/// A callback with the number of images after each update; a break stops the trial.
pub type OnBatch<'a> = dyn FnMut(usize) -> ControlFlow<()> + 'a;

/// The training images with their split and preprocessing.
struct TrainingData<'a> {
    images: &'a Images,
    split: Split,
    fitted: Fitted,
    normaliser: Normaliser,
}

impl TrainingData<'_> {
    fn training(&self) -> Selection<'_> {
        Selection { images: self.images, normaliser: &self.normaliser, indices: &self.split.train }
    }

    fn validation(&self) -> Selection<'_> {
        Selection { images: self.images, normaliser: &self.normaliser, indices: &self.split.validation }
    }
}

/// A trial in training. Each call of [`Trainer::next_epoch`] is one pass over the training images. Computation on the
/// CPU is on the calling thread.
pub struct Trainer<'a> {
    task: Task<'a>,
    data: TrainingData<'a>,
    model: Model,
    stepper: Stepper,
    /// The next phase and the next epoch within it, from 0.
    position: (usize, usize),
    epoch: usize,
    /// Running average of the weights, if the current phase has one.
    average: Option<Average>,
    best: Option<Best>,
    memory: Memory,
}

impl<'a> Trainer<'a> {
    /// A trial before its first epoch.
    ///
    /// # Errors
    /// [`Error::Memory`] when there is not enough memory, [`Error::Device`] when the device cannot be used.
    pub fn new(task: Task<'a>) -> Result<Self, Error> {
        let images = &task.dataset.train;
        let Task { model: config, objective, training, seed, .. } = task;
        let (inputs, classes) = (images.inputs, task.dataset.classes);
        let encoder = Encoder::of(config)?;
        let memory = Memory::reserve(&*encoder, config, inputs, classes, training.batch)?;
        let device = task.device.open()?;
        let split = split(images.len(), task.validation, task.holdout, seed);
        every_class_is_trained(task.dataset, &split)?;
        let fitted = Fitted::to(task.preprocessing, images, &split.train);
        let data = TrainingData { images, split, normaliser: fitted.normaliser(images), fitted };
        let primer = primer(config, encoder.width(), data.training(), seed);
        let draw = Draw { seed, sparsity: objective.sparsity, images: &primer };
        let model = Model::drawn(config, (inputs, classes), draw, DType::F32, &device)?;
        let mut trainer = Self {
            data,
            stepper: Stepper::new(&model, &training.phases[0], training.gradient, objective.terms()?)?,
            position: (0, 0),
            epoch: 0,
            average: None,
            best: None,
            model,
            task,
            memory,
        };
        trainer.enter_phase(0)?;
        trainer.memory.built();
        Ok(trainer)
    }

    /// A trial that continues from a state.
    ///
    /// # Errors
    /// When the state belongs to another network or schedule.
    pub fn resume(task: Task<'a>, state: State) -> Result<Self, Error> {
        if !state.belongs_to(&task.training.phases) {
            return Err(Error::Schedule { epoch: state.epoch });
        }
        Self::new(task)?.continue_from(state)
    }

    fn continue_from(mut self, state: State) -> Result<Self, Error> {
        self.enter_phase(state.position.0)?;
        self.position = state.position;
        self.epoch = state.epoch;
        self.model.parameters().restore(&state.weights)?;
        let updates = state.position.1 * self.updates();
        if let Some(average) = &mut self.average {
            average.restore(state.average, updates);
        }
        self.stepper.restore(Moments { updates, decay: state.decay, pairs: state.moments })?;
        self.best = state.best;
        Ok(self)
    }

    /// The network with its current weights.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The state of the trial between two epochs.
    ///
    /// # Errors
    /// When the weights cannot be read.
    pub fn state(&self) -> Result<State, Error> {
        let Moments { decay, pairs, .. } = self.stepper.moments()?;
        Ok(State {
            epoch: self.epoch,
            curve: String::new(),
            position: self.position,
            weights: self.model.parameters().snapshot()?,
            average: self.average.as_ref().map_or_else(Vec::new, |average| average.weights().to_vec()),
            decay,
            moments: pairs,
            best: self.best.clone(),
        })
    }

    /// Trains for one epoch and evaluates the network; `None` when all phases are done, or the epochs to
    /// stop after. `on_batch` is
    /// called with the number of images after each update and may stop the trial.
    ///
    /// # Errors
    /// [`Error::Diverged`] when the loss is no longer a finite number, [`Error::Stopped`]
    /// when `on_batch` breaks. The trainer cannot be used after either.
    pub fn next_epoch(&mut self, on_batch: &mut OnBatch) -> Result<Option<Epoch>, Error> {
        let (index, within) = self.position;
        let task = self.task;
        let Some(phase) = task.training.phases.get(index) else { return Ok(None) };
        if self.epoch >= task.training.epochs() {
            return Ok(None);
        }
        self.epoch += 1;
        let rate = schedule::rate(phase, self.clock(phase, within * self.updates()));
        let train = self.pass(phase, within, on_batch)?;
        self.memory.trained();
        let last = within + 1 == phase.epochs;
        let due = task.training.validates(phase, within + 1);
        let trained = if due { self.take_average()? } else { None };
        let validation = if due { self.validate(phase)? } else { None };
        if last || (within + 1).is_multiple_of(task.training.keep_every()) {
            self.keep_best(phase, validation.as_ref())?;
        }
        if last {
            self.enter_phase(index + 1)?;
        } else {
            self.position = (index, within + 1);
            trained.map_or(Ok(()), |weights| self.model.parameters().restore(&weights))?;
        }
        Ok(Some(Epoch { phase: index + 1, epoch: self.epoch, rate, train, validation }))
    }

    /// Training time of an image in seconds, in the phase that trains the most parameters: measured over as
    /// many updates as fit into `budget`, and at least three, after one to warm up.
    ///
    /// # Errors
    /// See [`Trainer::next_epoch`].
    pub fn seconds_per_image(mut self, budget: Duration) -> Result<f64, Error> {
        let training = self.task.training;
        let costliest = (0..training.phases.len()).min_by_key(|&index| training.phases[index].frozen.len());
        self.enter_phase(costliest.unwrap_or_default())?;
        let phase = &training.phases[self.position.0];
        let weights = self.weights(phase);
        let selection = self.data.training();
        let mut batches =
            Batches::shuffled(selection, training.batch, phase.noise(self.model.width()), self.task.seed, 0);
        let (mut images, mut updates) = (0, 0);
        let mut start = Instant::now();
        let mut batch = Batch::default();
        while batches.next_into(&mut batch) {
            self.stepper.step(&self.model, &batch, weights, phase.rate)?;
            if updates == 0 {
                start = Instant::now();
            } else {
                images += batch.labels.len();
            }
            updates += 1;
            if updates > 3 && start.elapsed() > budget {
                break;
            }
        }
        Ok(start.elapsed().as_secs_f64() / images.max(1) as f64)
    }

    /// Restores the best weights, and evaluates them on the test images that the data set has.
    ///
    /// # Errors
    /// [`Error::Diverged`] when the last update diverged and no evaluation on held-out images detected it.
    pub fn finish(self) -> Result<Outcome, Error> {
        let (best_epoch, valid_error) = match &self.best {
            Some(best) => {
                self.model.parameters().restore(&best.weights)?;
                (best.epoch, Some(best.error))
            }
            None => (self.epoch, None),
        };
        let Task { dataset, objective, .. } = self.task;
        let test = if dataset.test.is_empty() {
            None
        } else {
            let test =
                evaluation::test_reserved(&self.model, dataset, &self.data.fitted, objective.sparsity)?;
            self.expect_finite(&test)?;
            Some(test)
        };
        Ok(Outcome { model: self.model, best_epoch, valid_error, test })
    }

    fn enter_phase(&mut self, index: usize) -> Result<(), Error> {
        self.position = (index, 0);
        self.average = None;
        if let Some(phase) = self.task.training.phases.get(index) {
            self.model.freeze(&phase.frozen);
            self.stepper.enter(phase, &self.model)?;
            self.average = phase.average.map(Average::new);
        }
        Ok(())
    }

    /// Replaces the weights by their average and returns the former; `None` if the phase has no average.
    fn take_average(&self) -> Result<Option<Vec<Vec<f32>>>, Error> {
        let Some(average) = &self.average else { return Ok(None) };
        let parameters = self.model.parameters();
        let trained = parameters.snapshot()?;
        parameters.restore(average.weights())?;
        Ok(Some(trained))
    }

    /// Number of mini-batches in an epoch.
    fn updates(&self) -> usize {
        self.data.split.train.len().div_ceil(self.task.training.batch)
    }

    /// The position of an update of the current phase in the schedule.
    fn clock(&self, phase: &Phase, update: usize) -> Clock {
        let epochs: usize =
            self.task.training.phases[..self.position.0].iter().map(|phase| phase.epochs).sum();
        Clock { update, of: phase.epochs * self.updates(), before: epochs * self.updates() }
    }

    fn weights(&self, phase: &Phase) -> Weights {
        let Objective { sparsity, discriminative_weight, .. } = *self.task.objective;
        Weights {
            sparsity: phase.sparsity.unwrap_or(sparsity),
            discriminative: phase
                .discriminative
                .then(|| phase.discriminative_weight.unwrap_or(discriminative_weight)),
        }
    }

    /// One pass over the training images.
    fn pass(&mut self, phase: &Phase, within: usize, on_batch: &mut OnBatch) -> Result<Averages, Error> {
        let Task { training, seed, .. } = self.task;
        let selection = self.data.training();
        let weights = self.weights(phase);
        let mut batches =
            Batches::shuffled(selection, training.batch, phase.noise(self.model.width()), seed, self.epoch);
        let updates = batches.count();
        let mut sums = Sums::default();
        let mut batch = Batch::default();
        let mut update = within * updates;
        while batches.next_into(&mut batch) {
            let rate = schedule::rate(phase, self.clock(phase, update));
            let terms = self.stepper.step(&self.model, &batch, weights, rate)?;
            update += 1;
            if !terms.total.is_finite() {
                return Err(Error::Diverged { epoch: self.epoch, update, loss: terms.total });
            }
            if let Some(average) = &mut self.average {
                average.add(self.model.parameters())?;
            }
            sums.add(&batch, terms, &self.stepper.predictions());
            if on_batch(batch.labels.len()).is_break() {
                return Err(Error::Stopped);
            }
        }
        Ok(sums.averages(phase.discriminative))
    }

    fn validate(&self, phase: &Phase) -> Result<Option<Evaluation>, Error> {
        if self.data.split.validation.is_empty() {
            return Ok(None);
        }
        let selection = self.data.validation();
        let evaluation = evaluate(&self.model, selection, self.weights(phase).sparsity)?;
        self.expect_finite(&evaluation)?;
        Ok(Some(evaluation))
    }

    fn expect_finite(&self, evaluation: &Evaluation) -> Result<(), Error> {
        let loss = evaluation.reconstruction + evaluation.sparsity + evaluation.class;
        if loss.is_finite() { Ok(()) } else { Err(Error::Diverged { epoch: self.epoch, update: 0, loss }) }
    }

    /// Stores the weights if the validation error is a new minimum. In a schedule without the class term, the
    /// reconstruction objective decides instead.
    fn keep_best(&mut self, phase: &Phase, validation: Option<&Evaluation>) -> Result<(), Error> {
        let Some(validation) = validation else { return Ok(()) };
        let classifies = self.task.training.phases.iter().any(|phase| phase.discriminative);
        if classifies && !phase.discriminative {
            return Ok(());
        }
        let score =
            if classifies { validation.error } else { validation.reconstruction + validation.sparsity };
        if self.best.as_ref().is_none_or(|best| score < best.score) {
            let weights = self.model.parameters().snapshot()?;
            self.best = Some(Best { epoch: self.epoch, score, error: validation.error, weights });
        }
        Ok(())
    }
}

/// Refuses a split that holds out all training images of a class.
fn every_class_is_trained(dataset: &Dataset, split: &Split) -> Result<(), Invalid> {
    let mut is_trained = vec![false; dataset.classes];
    for &index in &split.train {
        is_trained[usize::from(dataset.train.labels[index as usize])] = true;
    }
    match is_trained.iter().zip(&dataset.labels).find(|(is_trained, _)| !**is_trained) {
        None => Ok(()),
        Some((_, label)) => {
            let reason =
                format!("leaves no training image of label {label}: hold out fewer, or shuffle the images");
            Err(Invalid::new("data.validation", reason))
        }
    }
}

#[cfg(test)]
mod tests;
