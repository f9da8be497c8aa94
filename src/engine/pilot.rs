//! Estimates of the time and memory of a plan, from a short pilot on this machine.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use super::local::on_one_thread;
use super::training::task;
use crate::data::{Dataset, Images, Layout, Shape};
use crate::model::{Encoder, budget};
use crate::plan::{Plan, Trial};
use crate::spec::TrialConfig;
use crate::threads;
use crate::train::{self, Task, Trainer};

/// Number of intervals between the networks that are timed, ordered by size.
const PARTS: usize = 8;

/// Estimated cost of timing a network, in steps, including its construction.
const STEPS: f64 = 8.0;

/// Seconds for each floating-point operation, by network.
#[derive(Debug)]
pub struct Pilot {
    measured: HashMap<Network, f64>,
    /// (logarithm of an image's operations, seconds for each), for the networks that were not timed.
    rates: Vec<(f64, f64)>,
}

/// The settings that determine the speed of a training step: encoder, gradient and terms; steps, hidden units, mini-batch.
type Network = (String, usize, usize, usize);

impl Pilot {
    /// Default time for timing all networks of a plan together.
    pub const TIME: Duration = Duration::from_millis(250);

    /// Times a few updates of up to nine networks of the plan, from the smallest to the largest, on
    /// placeholder images: a step takes as long on any. Each network is timed while `jobs` copies of it train
    /// side by side, or one for each trial if these are fewer, since cores share caches and memory. The smallest network is
    /// always timed, another one if `budget` is likely to suffice.
    ///
    /// # Errors
    /// A network cannot be trained.
    pub fn run(plan: &Plan, budget: Duration, jobs: usize) -> Result<Self, train::Error> {
        let (networks, jobs) = (by_size(&plan.trials), jobs.min(plan.trials.len()));
        let share = budget / (2 * networks.len().clamp(1, PARTS + 1)) as u32;
        let start = Instant::now();
        let mut pilot = Self { measured: HashMap::new(), rates: Vec::new() };
        for at in bisection_order(networks.len()) {
            let (trial, flops) = (networks[at], networks[at].flops_per_image as f64);
            let step = pilot.rate(trial) * flops * trial.config.training.batch as f64;
            let left = budget.saturating_sub(start.elapsed()).as_secs_f64();
            if pilot.rates.is_empty() || step * STEPS < left {
                let rate = seconds_per_image(trial, plan.facts(trial).shape, share, jobs)? / flops;
                pilot.measured.insert(network(trial), rate);
                pilot.rates.push((flops.ln(), rate));
            }
        }
        Ok(pilot)
    }

    /// Estimated seconds of a trial on one thread: its training and its validations, but for those of the trial that it
    /// continues.
    #[must_use]
    pub fn seconds(&self, trial: &Trial) -> f64 {
        let own = trial.own_flops() as f64 / trial.training_flops.max(1) as f64;
        own * self.rate(trial) * (trial.training_flops as f64 + validation_flops(trial))
    }

    /// The measured rate; for a network that was not timed, that of the nearest in size.
    fn rate(&self, trial: &Trial) -> f64 {
        let size = (trial.flops_per_image as f64).ln();
        let distance = |rate: &&(f64, f64)| (rate.0 - size).abs();
        let nearest = || self.rates.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        let measured = self.measured.get(&network(trial)).copied();
        measured.or_else(|| nearest().map(|(_, rate)| *rate)).unwrap_or_default()
    }
}

/// Estimated resident memory of a trial in bytes, without the images; `inputs` is the number of pixels of an image.
#[must_use]
pub fn memory(trial: &Trial, inputs: usize) -> u64 {
    let config = &trial.config;
    Encoder::of(&config.model).map_or(0, |encoder| {
        budget::training_bytes(&*encoder, trial.parameters, inputs, config.training.batch)
    })
}

/// Operations of all validations. An image has the forward products alone, about a third of the operations of training.
fn validation_flops(trial: &Trial) -> f64 {
    let images = trial.config.data.validation * trial.config.training.validated_epochs().len();
    images as f64 * trial.flops_per_image as f64 / 3.0
}

/// One trial of every distinct network of the plan, sorted by operations.
fn by_size(trials: &[Trial]) -> Vec<&Trial> {
    let mut seen = HashSet::new();
    let mut networks: Vec<_> = trials.iter().filter(|trial| seen.insert(network(trial))).collect();
    networks.sort_by_key(|trial| trial.flops_per_image);
    networks
}

/// Positions in a list in bisection order: both ends, the middle, the quarters, the eighths.
fn bisection_order(length: usize) -> Vec<usize> {
    let mut positions = Vec::new();
    let parts = std::iter::successors(Some(1), |parts| Some(2 * parts)).take_while(|&parts| parts <= PARTS);
    for at in parts.flat_map(|parts| (0..=parts).map(move |part| length.saturating_sub(1) * part / parts)) {
        if at < length && !positions.contains(&at) {
            positions.push(at);
        }
    }
    positions
}

/// Mean time of an image in each of `jobs` trainings side by side, or of as many as memory and threads allow.
fn seconds_per_image(
    trial: &Trial,
    shape: Shape,
    budget: Duration,
    jobs: usize,
) -> Result<f64, train::Error> {
    let dataset = placeholder(shape, trial.config.training.batch);
    let timed = || Trainer::new(Task { validation: 0, ..task(trial, &dataset) })?.seconds_per_image(budget);
    let mut answers = threads::side_by_side(jobs, || on_one_thread(trial, timed));
    let times: Vec<f64> = answers.iter().flatten().copied().collect();
    match answers.pop() {
        Some(Err(error)) if times.is_empty() => Err(error),
        _ => Ok(times.iter().sum::<f64>() / times.len() as f64),
    }
}

/// Placeholder images for some mini-batches.
fn placeholder(shape: Shape, batch: usize) -> Dataset {
    const FEW: usize = 2_000;
    let count = FEW.max(4 * batch.min(shape.train));
    let images = Images {
        inputs: shape.inputs,
        pixels: (0..count * shape.inputs).map(|index| (index % 251) as u8).collect(),
        labels: (0..count).map(|index| (index % shape.classes) as u8).collect(),
    };
    Dataset {
        name: "pilot".to_owned(),
        layout: Layout::Features(shape.inputs),
        classes: shape.classes,
        labels: (0..).take(shape.classes).collect(),
        test: images.clone(),
        train: images,
        checksums: BTreeMap::new(),
    }
}

fn network(trial: &Trial) -> Network {
    let TrialConfig { model, objective, training, .. } = &trial.config;
    let kind = format!(
        "{} {:?} {:?} {:?} {:?}",
        model.family,
        model.wiring(),
        training.gradient,
        model.options,
        objective.terms
    );
    (kind, model.steps, model.hidden, training.batch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Paused;

    #[test]
    fn both_ends_come_first_and_no_position_twice() {
        assert_eq!(bisection_order(0), [] as [usize; 0]);
        assert_eq!(bisection_order(1), [0]);
        assert_eq!(bisection_order(3), [0, 2, 1]);
        assert_eq!(bisection_order(1001), [0, 1000, 500, 250, 750, 125, 375, 625, 875]);
    }

    #[test]
    fn a_network_that_was_not_timed_is_as_fast_as_the_nearest() {
        let trials = crate::plan::tests::trials("[sweep.grid]\nmodel.steps = [2, 3, 20]\n");
        let [small, near, large] = &trials[..] else { panic!("three cells") };
        let timed = |trial: &Trial, rate| (network(trial), (trial.flops_per_image as f64).ln(), rate);
        let timed = [timed(small, 1e-9), timed(large, 2e-9)];
        let pilot = Pilot {
            measured: timed.iter().cloned().map(|(network, _, rate)| (network, rate)).collect(),
            rates: timed.into_iter().map(|(_, size, rate)| (size, rate)).collect(),
        };
        assert_eq!([small, near, large].map(|trial| pilot.rate(trial)), [1e-9, 1e-9, 2e-9]);
        // 3,000 images of which 500 are held out, and validated at a third of the operations.
        let images = (2500.0 + 500.0 / 3.0) * large.config.training.epochs() as f64;
        let seconds = large.flops_per_image as f64 * images * 2e-9;
        assert!((pilot.seconds(large) / seconds - 1.0).abs() < 1e-12, "{} {seconds}", pilot.seconds(large));
        // A trial that continues another one needs the time of its own epochs.
        let paused = Paused { id: small.id.clone(), training_flops: large.training_flops / 4 };
        let rest = Trial { continues: Some(paused), ..large.clone() };
        assert!((pilot.seconds(&rest) / seconds - 0.75).abs() < 1e-6);
    }

    #[test]
    fn the_smallest_network_is_timed_without_any_budget() {
        let plan = crate::plan::tests::plan("[sweep.grid]\nmodel.steps = [9, 2]\n");
        let pilot = Pilot::run(&plan, Duration::ZERO, 2).unwrap();
        assert_eq!(pilot.measured.keys().collect::<Vec<_>>(), [&network(&plan.trials[1])]);
        assert!(plan.trials.iter().all(|trial| pilot.seconds(trial) > 0.0));
    }
}
