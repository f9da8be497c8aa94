//! The timed training step: forward, backward, update and bounds, on mini-batches that are prepared in advance.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use candle_core::{DType, Device, Result, Tensor, Var};
use rand::Rng;

use crate::data::{Fitted, Images, Preprocessing};
use crate::model::{Config, Encoder, Group, Model, budget};
use crate::rng::{self, Purpose};
use crate::train::{Batch, Batches, Gradient, Objective, Phase, Selection, Stepper, Weights};

/// Pixels and classes of the images: those of MNIST.
const INPUTS: usize = 784;
const CLASSES: usize = 10;

/// Number of alternating mini-batches, so that none stays in the processor's cache.
const BATCHES: usize = 20;

/// Updates before the first that is timed.
const WARM_UP: usize = 3;

/// Learning rate, so low that weights and activity hardly change.
const RATE: f64 = 1e-6;

/// Bisections in the search for the thresholds of a given activity.
const HALVINGS: usize = 12;

/// The network and the mini-batch whose training is timed.
#[derive(Debug, Clone, PartialEq)]
pub struct Bench {
    /// The network.
    pub model: Config,
    /// Images in a mini-batch.
    pub batch: usize,
    /// The operations of the step.
    pub gradient: Gradient,
    /// The share of active units, instead of that of the initial weights.
    pub active: Option<f64>,
}

impl Bench {
    /// Floating-point operations of the matrix products of a step, for each image.
    #[must_use]
    pub fn flops_per_image(&self) -> u64 {
        Encoder::of(&self.model).map_or(0, |encoder| budget::training_flops(&*encoder, INPUTS, CLASSES))
    }

    /// A network with its initial weights, but thresholds for the given activity, and random mini-batches.
    ///
    /// # Errors
    /// When there is not enough memory for the network.
    pub fn prepare(&self) -> Result<TimedTraining> {
        let Objective { sparsity, discriminative_weight, .. } = Objective::default();
        let phase = Phase { discriminative: true, ..Phase::new(1, RATE) };
        let model = Model::new(&self.model, INPUTS, CLASSES, sparsity, 1, DType::F32, &Device::Cpu)?;
        let mut training = TimedTraining {
            stepper: Stepper::new(&model, &phase, self.gradient, Vec::new())?,
            model,
            batches: noise(self.batch),
            weights: Weights { sparsity, discriminative: Some(discriminative_weight) },
            rate: phase.rate,
            updates: 0,
        };
        if let Some(share) = self.active {
            training.silence(share)?;
        }
        for _ in 0..WARM_UP {
            training.step()?;
        }
        Ok(training)
    }
}

/// Mini-batches of images with random pixels. The time of a step depends only on the number of active units.
fn noise(batch: usize) -> Vec<Batch> {
    let count = batch * BATCHES;
    let mut random = rng::stream(1, Purpose::Benchmark, 0);
    let mut pixels = vec![0; count * INPUTS];
    random.fill_bytes(&mut pixels);
    let labels = (0..count).map(|index| (index % CLASSES) as u8).collect();
    let images = Images { inputs: INPUTS, pixels: pixels.into(), labels };
    let indices: Vec<u32> = (0..count as u32).collect();
    let normaliser = Fitted::to(Preprocessing::CENTRED, &images, &indices).normaliser(&images);
    let selection = Selection { images: &images, normaliser: &normaliser, indices: &indices };
    let mut passes = Batches::in_order(selection, batch);
    let mut batches = vec![Batch::default(); BATCHES];
    for batch in &mut batches {
        passes.next_into(batch);
    }
    batches
}

/// A network in training.
pub struct TimedTraining {
    model: Model,
    stepper: Stepper,
    batches: Vec<Batch>,
    weights: Weights,
    rate: f64,
    updates: usize,
}

impl TimedTraining {
    /// Trains on the next mini-batch.
    ///
    /// # Errors
    /// When the weights are not on the CPU.
    pub fn step(&mut self) -> Result<()> {
        let batch = &self.batches[self.updates % self.batches.len()];
        self.stepper.step(&self.model, batch, self.weights, self.rate)?;
        self.updates += 1;
        Ok(())
    }

    /// Shifts all thresholds until about `share` of the units are active.
    fn silence(&mut self, share: f64) -> Result<()> {
        let initial = self.thresholds().map(|threshold| threshold.copy()).collect::<Result<Vec<_>>>()?;
        let (mut low, mut high) = (-1.0, 1.0);
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            for (threshold, initial) in self.thresholds().zip(&initial) {
                threshold.set(&(initial + middle)?)?;
            }
            *(if self.active()? > share { &mut low } else { &mut high }) = middle;
        }
        Ok(())
    }

    /// The thresholds of all iterations.
    fn thresholds(&self) -> impl Iterator<Item = &Var> {
        let all = self.model.parameters().iter();
        all.filter(|parameter| parameter.group == Group::Threshold).map(|parameter| &parameter.value)
    }

    /// The share of the units of all iterations that are active on a mini-batch.
    pub(super) fn active(&self) -> Result<f64> {
        let batch = &self.batches[0];
        let input = Tensor::from_slice(batch.input(), (batch.labels.len(), INPUTS), &Device::Cpu)?;
        let codes = Tensor::cat(&self.model.codes(&input)?, 0)?;
        let active = codes.gt(0.0)?.to_dtype(DType::F64)?.sum_all()?.to_scalar::<f64>()?;
        Ok(active / codes.elem_count() as f64)
    }

    /// Images per second, over as many steps as begin within `time`.
    pub(super) fn samples_per_second(&mut self, time: Duration) -> Result<f64> {
        let start = Instant::now();
        let mut steps = 0;
        while steps == 0 || start.elapsed() < time {
            self.step()?;
            steps += 1;
        }
        let images = steps * self.batches[0].labels.len();
        Ok(images as f64 / start.elapsed().as_secs_f64())
    }
}

/// Images per second of all trainings together, each on its own thread.
pub(super) fn side_by_side(trainings: &mut [TimedTraining], time: Duration) -> Result<f64> {
    let together = Barrier::new(trainings.len());
    std::thread::scope(|scope| {
        let start = |training: &mut TimedTraining| {
            together.wait();
            training.samples_per_second(time)
        };
        let threads: Vec<_> =
            trainings.iter_mut().map(|training| scope.spawn(move || start(training))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .sum()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Family;

    #[test]
    fn steps_train_and_are_counted() {
        let model = Config { hidden: 6, steps: 3, ..Config::default() };
        let bench = Bench { model, batch: 4, gradient: Gradient::Fused, active: None };
        let mut training = bench.prepare().unwrap();
        let before = training.model.parameters().snapshot().unwrap();
        assert!(training.samples_per_second(Duration::from_millis(5)).unwrap() > 0.0);
        assert!(training.updates > WARM_UP);
        assert_ne!(training.model.parameters().snapshot().unwrap(), before);
        let mut both = [bench.prepare().unwrap(), training];
        assert!(side_by_side(&mut both, Duration::from_millis(5)).unwrap() > 0.0);
    }

    #[test]
    fn the_requested_share_of_units_is_active() {
        // Units of a residual network are active in all layers or in none.
        for family in Family::ALL.into_iter().filter(|&family| family != Family::ResidualMlp) {
            let model = Config { family, hidden: 50, steps: 3, ..Config::default() };
            for share in [0.2, 0.6] {
                let (model, gradient) = (model.clone(), Gradient::Candle);
                let bench = Bench { model, batch: 20, gradient, active: Some(share) };
                let training = bench.prepare().unwrap();
                let active = training.active().unwrap();
                assert!((active - share).abs() < 0.05, "{active} of {share}");
            }
        }
    }
}
