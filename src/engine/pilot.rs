//! What a plan will cost, from a short pilot on this machine.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::Library;
use super::trial::task;
use crate::data::Dataset;
use crate::model::budget;
use crate::plan::Trial;
use crate::train::{self, Trainer};

/// Networks that the pilot times; the others are reckoned from them by their operations.
const SHAPES: usize = 8;

/// What one trial will take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Seconds on one thread.
    pub seconds: f64,
    /// Resident memory in bytes, without the images.
    pub bytes: u64,
}

/// Seconds for each floating-point operation, by network.
pub struct Pilot {
    measured: HashMap<Shape, f64>,
    median: f64,
}

/// What decides the speed of a training step.
type Shape = (crate::model::Family, usize, usize, usize);

impl Pilot {
    /// Times a few updates of up to eight networks of the plan, spread over their sizes.
    ///
    /// # Errors
    /// When a network cannot be trained at all.
    pub fn run(trials: &[Trial], library: &Library, budget: Duration) -> Result<Self, train::Error> {
        let mut shapes: Vec<&Trial> = Vec::new();
        let mut seen = HashSet::new();
        for trial in trials {
            if seen.insert(shape(trial)) {
                shapes.push(trial);
            }
        }
        shapes.sort_by_key(|trial| trial.flops_per_image);
        let stride = shapes.len().div_ceil(SHAPES).max(1);
        let chosen: Vec<&Trial> = shapes.into_iter().rev().step_by(stride).collect();
        let share = budget / chosen.len().max(1) as u32;
        let mut measured = HashMap::new();
        for trial in chosen {
            let seconds = seconds_per_image(trial, library, share)?;
            measured.insert(shape(trial), seconds / trial.flops_per_image as f64);
        }
        let mut all: Vec<f64> = measured.values().copied().collect();
        all.sort_by(f64::total_cmp);
        let median = all.get(all.len() / 2).copied().unwrap_or(0.0);
        Ok(Self { measured, median })
    }

    /// The estimate for a trial on its data.
    #[must_use]
    pub fn estimate(&self, trial: &Trial, dataset: &Dataset) -> Estimate {
        let config = &trial.config;
        let per_operation = self.measured.get(&shape(trial)).copied().unwrap_or(self.median);
        let images = dataset.train.len().saturating_sub(config.data.validation) * config.training.epochs();
        let (inputs, batch) = (dataset.train.inputs, config.training.batch);
        Estimate {
            seconds: per_operation * trial.flops_per_image as f64 * images as f64,
            bytes: budget::training_bytes(&config.model, inputs, dataset.classes, batch),
        }
    }
}

fn seconds_per_image(trial: &Trial, library: &Library, budget: Duration) -> Result<f64, train::Error> {
    let dataset = library.get(&trial.config.data);
    Trainer::new(task(trial, dataset))?.seconds_per_image(budget)
}

fn shape(trial: &Trial) -> Shape {
    let model = &trial.config.model;
    (model.family, model.steps, model.hidden, trial.config.training.batch)
}
