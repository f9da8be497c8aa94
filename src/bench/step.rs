//! The training step that is timed: forward, backward, update and bounds, on mini-batches
//! that are prepared beforehand.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use candle_core::{DType, Device, Result};
use rand::Rng;

use crate::data::{Images, Normaliser};
use crate::model::{Config, Model, budget};
use crate::rng::{self, Purpose};
use crate::train::objective::Weights;
use crate::train::{self, Batch, Batches, Objective, Phase, Selection, Stepper};

/// Pixels and classes of the images: those of MNIST.
const INPUTS: usize = 784;
const CLASSES: usize = 10;

/// Mini-batches that are trained on in turn, so that none stays in the processor's cache.
const BATCHES: usize = 20;

/// Updates before the first that is timed.
const WARM_UP: usize = 3;

/// The network and the mini-batch whose training is timed.
#[derive(Debug, Clone, PartialEq)]
pub struct Bench {
    /// The network.
    pub model: Config,
    /// Images in a mini-batch.
    pub batch: usize,
}

impl Bench {
    /// Floating-point operations of the matrix products of a step, for each image.
    #[must_use]
    pub fn flops_per_image(&self) -> u64 {
        budget::training_flops(&self.model, INPUTS, CLASSES)
    }

    /// A network with its initial weights, and noise to train it on.
    ///
    /// # Errors
    /// When memory does not hold the network.
    pub fn prepare(&self) -> Result<Training> {
        let Objective { sparsity, discriminative_weight } = Objective::default();
        let phase = Phase { discriminative: true, ..Phase::new(1, 1e-3) };
        let model = Model::new(&self.model, INPUTS, CLASSES, sparsity, 1, DType::F32, &Device::Cpu)?;
        let mut training = Training {
            stepper: Stepper::new(&model, &phase, INPUTS, self.batch)?,
            model,
            batches: noise(self.batch),
            weights: Weights { sparsity, discriminative: Some(discriminative_weight) },
            rate: phase.rate,
            updates: 0,
        };
        for _ in 0..WARM_UP {
            training.step()?;
        }
        Ok(training)
    }
}

/// Mini-batches of images whose pixels are drawn at random. The cost of a step is the same
/// for all images.
fn noise(batch: usize) -> Vec<Batch> {
    let count = batch * BATCHES;
    let mut random = rng::stream(1, Purpose::Benchmark, 0);
    let mut pixels = vec![0; count * INPUTS];
    random.fill_bytes(&mut pixels);
    let labels = (0..count).map(|index| (index % CLASSES) as u8).collect();
    let images = Images { inputs: INPUTS, pixels, labels };
    let normaliser = Normaliser::new(train::preprocessing(&Config::default()), &images);
    let indices: Vec<u32> = (0..count as u32).collect();
    let selection = Selection { images: &images, normaliser: &normaliser, indices: &indices };
    let mut passes = Batches::in_order(selection, batch);
    let mut batches = vec![Batch::default(); BATCHES];
    for batch in &mut batches {
        passes.next_into(batch);
    }
    batches
}

/// A network in training.
pub struct Training {
    model: Model,
    stepper: Stepper,
    batches: Vec<Batch>,
    weights: Weights,
    rate: f64,
    updates: usize,
}

impl Training {
    /// Trains on the next mini-batch.
    ///
    /// # Errors
    /// When the weights are not in this machine's memory.
    pub fn step(&mut self) -> Result<()> {
        let batch = &self.batches[self.updates % self.batches.len()];
        self.stepper.step(&self.model, batch, self.weights, self.rate)?;
        self.updates += 1;
        Ok(())
    }

    /// Images trained on in a second, over as many steps as begin within `time`.
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

/// Images that all trainings together are trained on in a second, each on its thread.
pub(super) fn side_by_side(trainings: &mut [Training], time: Duration) -> Result<f64> {
    let together = Barrier::new(trainings.len());
    std::thread::scope(|scope| {
        let start = |training: &mut Training| {
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

    #[test]
    fn steps_train_and_are_counted() {
        let model = Config { hidden: 6, steps: 3, ..Config::default() };
        let bench = Bench { model, batch: 4 };
        let mut training = bench.prepare().unwrap();
        let before = training.model.parameters().snapshot().unwrap();
        assert!(training.samples_per_second(Duration::from_millis(5)).unwrap() > 0.0);
        assert!(training.updates > WARM_UP);
        assert_ne!(training.model.parameters().snapshot().unwrap(), before);
        let mut both = [bench.prepare().unwrap(), training];
        assert!(side_by_side(&mut both, Duration::from_millis(5)).unwrap() > 0.0);
    }
}
