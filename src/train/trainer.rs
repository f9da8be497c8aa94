//! The loop over phases and epochs.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use candle_core::DType;

use super::average::Average;
use super::batches::{Batch, Batches, Selection};
use super::epoch::{Averages, Epoch, Sums};
use super::evaluation::{self, Evaluation, evaluate, preprocessing};
use super::memory::Memory;
use super::objective::Weights;
use super::state::{Best, State};
use super::stepper::Stepper;
use super::updates::Moments;
use super::{Error, Objective, Phase, schedule};
use crate::data::{Dataset, Images, Normaliser, Split, split};
use crate::device;
use crate::model::{self, Model, budget};

/// All that decides a trial's result.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// The images.
    pub dataset: &'a Dataset,
    /// Training images held out for validation.
    pub validation: usize,
    /// The network.
    pub model: &'a model::Config,
    /// λ and γ.
    pub objective: Objective,
    /// The schedule.
    pub training: &'a super::Config,
    /// Seed of the split, the initial weights, the order and the noise.
    pub seed: u64,
    /// Where the network is trained.
    pub device: device::Kind,
}

/// A trained network and how it was chosen.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The network with its best weights.
    pub model: Model,
    /// The epoch (from 1) after which it had them.
    pub best_epoch: usize,
    /// Its validation error in percent, where images were held out.
    pub valid_error: Option<f64>,
    /// The network on the test images, which are read here and nowhere before.
    pub test: Evaluation,
}

/// Hears the number of images after each update, and may stop the trial there.
pub type OnBatch<'a> = dyn FnMut(usize) -> ControlFlow<()> + 'a;

/// The training images, parted and preprocessed.
struct Material<'a> {
    images: &'a Images,
    split: Split,
    normaliser: Normaliser,
}

impl Material<'_> {
    fn training(&self) -> Selection<'_> {
        Selection { images: self.images, normaliser: &self.normaliser, indices: &self.split.train }
    }

    fn validation(&self) -> Selection<'_> {
        Selection { images: self.images, normaliser: &self.normaliser, indices: &self.split.validation }
    }
}

/// A trial in training. Each call of [`Trainer::next_epoch`] is one pass over the training
/// images; what it does on the CPU, it computes on the calling thread.
pub struct Trainer<'a> {
    task: Task<'a>,
    material: Material<'a>,
    model: Model,
    stepper: Stepper,
    /// Phase and epoch within it that come next, from 0.
    position: (usize, usize),
    epoch: usize,
    /// Of the weights in the phase at hand, where it has one.
    average: Option<Average>,
    best: Option<Best>,
    memory: Memory,
}

impl<'a> Trainer<'a> {
    /// A trial before its first epoch.
    ///
    /// # Errors
    /// [`Error::Memory`] when the system has not enough of it, [`Error::Device`] when the
    /// device cannot be used.
    pub fn new(task: Task<'a>) -> Result<Self, Error> {
        let images = &task.dataset.train;
        let Task { model: config, objective, seed, .. } = task;
        let (inputs, classes) = (images.inputs, task.dataset.classes);
        let parameters = budget::parameters(config, inputs, classes);
        let memory = Memory::reserve(&task, parameters)?;
        let device = task.device.open()?;
        let model = Model::new(config, inputs, classes, objective.sparsity, seed, DType::F32, &device)?;
        let mut trainer = Self {
            material: Material {
                images,
                split: split(images.len(), task.validation, seed),
                normaliser: Normaliser::new(preprocessing(config), images),
            },
            stepper: Stepper::new(&model, &task.training.phases[0], inputs, task.training.batch)?,
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

    /// A trial that goes on from where it stood.
    ///
    /// # Errors
    /// When the state is not of this network and schedule.
    pub fn resume(task: Task<'a>, state: State) -> Result<Self, Error> {
        if !state.is_of(&task.training.phases) {
            return Err(Error::Schedule { epoch: state.epoch });
        }
        Self::new(task)?.go_on(state)
    }

    fn go_on(mut self, state: State) -> Result<Self, Error> {
        self.enter_phase(state.position.0)?;
        self.position = state.position;
        self.epoch = state.epoch;
        self.model.parameters().restore(&state.weights)?;
        let updates = state.position.1 * self.updates();
        if let Some(average) = &mut self.average {
            average.restore(state.average, updates);
        }
        self.stepper.restore(Moments { decay: state.decay, pairs: state.moments })?;
        self.best = state.best;
        Ok(self)
    }

    /// The network as it stands.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Where the trial stands, between two epochs.
    ///
    /// # Errors
    /// When the weights cannot be read.
    pub fn state(&self) -> Result<State, Error> {
        let Moments { decay, pairs } = self.stepper.moments()?;
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

    /// Trains for one epoch and evaluates it; `None` when all phases are done. `on_batch`
    /// hears the number of images after each update and may stop the trial there.
    ///
    /// # Errors
    /// [`Error::Diverged`] when the loss is no longer a finite number, [`Error::Stopped`]
    /// when `on_batch` breaks. The trainer is of no further use after either.
    pub fn next_epoch(&mut self, on_batch: &mut OnBatch) -> Result<Option<Epoch>, Error> {
        let (index, within) = self.position;
        let task = self.task;
        let Some(phase) = task.training.phases.get(index) else { return Ok(None) };
        self.epoch += 1;
        let train = self.pass(phase, within, on_batch)?;
        self.memory.trained();
        let last = within + 1 == phase.epochs;
        let due = last || (within + 1).is_multiple_of(task.training.validate_every);
        let trained = if due { self.take_average()? } else { None };
        let validation = if due { self.validate(phase)? } else { None };
        self.keep_best(phase, validation.as_ref())?;
        if last {
            self.enter_phase(index + 1)?;
        } else {
            self.position = (index, within + 1);
            trained.map_or(Ok(()), |weights| self.model.parameters().restore(&weights))?;
        }
        let updates = self.updates();
        let rate = schedule::rate(phase, within * updates, phase.epochs * updates);
        Ok(Some(Epoch { phase: index + 1, epoch: self.epoch, rate, train, validation }))
    }

    /// Seconds that an image takes in the phase that trains the most parameters, timed over
    /// as many updates as fit into `budget`, and at least three after one to warm up. The weights move: a trainer
    /// that was timed is of no further use.
    ///
    /// # Errors
    /// As [`Trainer::next_epoch`].
    pub fn seconds_per_image(mut self, budget: Duration) -> Result<f64, Error> {
        let training = self.task.training;
        let dearest = (0..training.phases.len()).min_by_key(|&index| training.phases[index].frozen.len());
        self.enter_phase(dearest.unwrap_or_default())?;
        let phase = &training.phases[self.position.0];
        let weights = self.weights(phase);
        let selection = self.material.training();
        let mut batches = Batches::shuffled(selection, training.batch, phase.masking, self.task.seed, 0);
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

    /// Takes the best weights and evaluates them on the test images.
    ///
    /// # Errors
    /// [`Error::Diverged`] when the last update did, which no images were held out to show.
    pub fn finish(self) -> Result<Outcome, Error> {
        let (best_epoch, valid_error) = match &self.best {
            Some(best) => {
                self.model.parameters().restore(&best.weights)?;
                (best.epoch, Some(best.error))
            }
            None => (self.epoch, None),
        };
        let test = evaluation::test_reserved(&self.model, self.task.dataset, self.task.objective.sparsity)?;
        self.expect_finite(&test)?;
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

    /// Puts the average in the place of the weights, and gives these; `None` where the phase has no average.
    fn take_average(&self) -> Result<Option<Vec<Vec<f32>>>, Error> {
        let Some(average) = &self.average else { return Ok(None) };
        let parameters = self.model.parameters();
        let trained = parameters.snapshot()?;
        parameters.restore(average.weights())?;
        Ok(Some(trained))
    }

    /// Mini-batches in an epoch.
    fn updates(&self) -> usize {
        self.material.split.train.len().div_ceil(self.task.training.batch)
    }

    fn weights(&self, phase: &Phase) -> Weights {
        let Objective { sparsity, discriminative_weight } = self.task.objective;
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
        let selection = self.material.training();
        let weights = self.weights(phase);
        let mut batches = Batches::shuffled(selection, training.batch, phase.masking, seed, self.epoch);
        let updates = batches.count();
        let mut sums = Sums::default();
        let mut batch = Batch::default();
        let mut update = within * updates;
        while batches.next_into(&mut batch) {
            let rate = schedule::rate(phase, update, phase.epochs * updates);
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
        if self.material.split.validation.is_empty() {
            return Ok(None);
        }
        let selection = self.material.validation();
        let evaluation = evaluate(&self.model, selection, self.weights(phase).sparsity)?;
        self.expect_finite(&evaluation)?;
        Ok(Some(evaluation))
    }

    fn expect_finite(&self, evaluation: &Evaluation) -> Result<(), Error> {
        let loss = evaluation.reconstruction + evaluation.sparsity + evaluation.class;
        if loss.is_finite() { Ok(()) } else { Err(Error::Diverged { epoch: self.epoch, update: 0, loss }) }
    }

    /// Keeps the weights when the validation error is lower than ever before; in a schedule
    /// that never looks at classes, when the reconstruction objective is.
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

#[cfg(test)]
mod tests;
