//! What a plan will cost, from a short pilot on this machine.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use super::training::task;
use crate::data::{self, Dataset, Images};
use crate::model::{Family, budget};
use crate::plan::Trial;
use crate::train::{self, Task, Trainer};

/// Parts into which the pilot cuts the sizes of a plan's networks, to time one at each end.
const PARTS: usize = 8;

/// Steps that timing a network takes at the least, making it among them.
const STEPS: f64 = 8.0;

/// Seconds for each floating-point operation, by network.
#[derive(Debug)]
pub struct Pilot {
    measured: HashMap<Network, f64>,
    /// The same by the logarithm of an image's operations, for the networks that were not timed.
    rates: Vec<(f64, f64)>,
}

/// What decides the speed of a training step: family, steps, hidden units, mini-batch.
type Network = (Family, usize, usize, usize);

impl Pilot {
    /// Times a few updates of up to nine networks of the plan, spread over their sizes, on
    /// images of nothing: a step takes as long whatever they show. The smallest network is
    /// timed in any case, another one where `budget` is likely to suffice.
    ///
    /// # Errors
    /// When a network cannot be trained at all.
    pub fn run(
        trials: &[Trial],
        shape: impl Fn(&data::Config) -> data::Shape,
        budget: Duration,
    ) -> Result<Self, train::Error> {
        let networks = by_size(trials);
        let share = budget / (2 * networks.len().clamp(1, PARTS + 1)) as u32;
        let start = Instant::now();
        let mut pilot = Self { measured: HashMap::new(), rates: Vec::new() };
        for at in spread(networks.len()) {
            let (trial, flops) = (networks[at], networks[at].flops_per_image as f64);
            let step = pilot.rate(trial) * flops * trial.config.training.batch as f64;
            let left = budget.saturating_sub(start.elapsed()).as_secs_f64();
            if pilot.rates.is_empty() || step * STEPS < left {
                let rate = seconds_per_image(trial, shape(&trial.config.data), share)? / flops;
                pilot.measured.insert(network(trial), rate);
                pilot.rates.push((flops.ln(), rate));
            }
        }
        Ok(pilot)
    }

    /// Seconds that a trial on data of this shape takes on one thread.
    #[must_use]
    pub fn seconds(&self, trial: &Trial, shape: data::Shape) -> f64 {
        let config = &trial.config;
        let images = shape.train.saturating_sub(config.data.validation) as f64;
        self.rate(trial) * trial.flops_per_image as f64 * images * config.training.epochs() as f64
    }

    /// As measured; where it was not, that of the network nearest in size.
    fn rate(&self, trial: &Trial) -> f64 {
        let size = (trial.flops_per_image as f64).ln();
        let distance = |rate: &&(f64, f64)| (rate.0 - size).abs();
        let nearest = || self.rates.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        let measured = self.measured.get(&network(trial)).copied();
        measured.or_else(|| nearest().map(|(_, rate)| *rate)).unwrap_or_default()
    }
}

/// Resident memory that a trial takes in bytes, without the images.
#[must_use]
pub fn memory(trial: &Trial, shape: data::Shape) -> u64 {
    let config = &trial.config;
    budget::training_bytes(&config.model, trial.parameters, shape.inputs, config.training.batch)
}

/// A trial of every network of the plan, by operations.
fn by_size(trials: &[Trial]) -> Vec<&Trial> {
    let mut seen = HashSet::new();
    let mut networks: Vec<_> = trials.iter().filter(|trial| seen.insert(network(trial))).collect();
    networks.sort_by_key(|trial| trial.flops_per_image);
    networks
}

/// Positions in a list: both ends, then ever finer between them.
fn spread(length: usize) -> Vec<usize> {
    let mut positions = Vec::new();
    let parts = std::iter::successors(Some(1), |parts| Some(2 * parts)).take_while(|&parts| parts <= PARTS);
    for at in parts.flat_map(|parts| (0..=parts).map(move |part| length.saturating_sub(1) * part / parts)) {
        if at < length && !positions.contains(&at) {
            positions.push(at);
        }
    }
    positions
}

fn seconds_per_image(trial: &Trial, shape: data::Shape, budget: Duration) -> Result<f64, train::Error> {
    let dataset = stand_in(shape, trial.config.training.batch);
    Trainer::new(Task { validation: 0, ..task(trial, &dataset) })?.seconds_per_image(budget)
}

/// Images for some mini-batches, in the place of the data.
fn stand_in(shape: data::Shape, batch: usize) -> Dataset {
    const FEW: usize = 2_000;
    let count = FEW.max(4 * batch.min(shape.train));
    let images = Images {
        inputs: shape.inputs,
        pixels: (0..count * shape.inputs).map(|index| (index % 251) as u8).collect(),
        labels: (0..count).map(|index| (index % shape.classes) as u8).collect(),
    };
    Dataset {
        name: "pilot".to_owned(),
        rows: 1,
        columns: shape.inputs,
        classes: shape.classes,
        test: images.clone(),
        train: images,
        checksums: BTreeMap::new(),
    }
}

fn network(trial: &Trial) -> Network {
    let model = &trial.config.model;
    (model.family, model.steps, model.hidden, trial.config.training.batch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_come_first_and_no_position_twice() {
        assert_eq!(spread(0), [] as [usize; 0]);
        assert_eq!(spread(1), [0]);
        assert_eq!(spread(3), [0, 2, 1]);
        assert_eq!(spread(1001), [0, 1000, 500, 250, 750, 125, 375, 625, 875]);
    }

    #[test]
    fn a_network_that_was_not_timed_is_as_fast_as_the_nearest() {
        let trials = crate::plan::tests::trials("[sweep.grid]\nmodel.steps = [2, 3, 20]\n");
        let [small, near, large] = &trials[..] else { panic!("three cells") };
        let timed = |trial: &Trial, rate| (network(trial), (trial.flops_per_image as f64).ln(), rate);
        let timed = [timed(small, 1e-9), timed(large, 2e-9)];
        let pilot = Pilot {
            measured: timed.into_iter().map(|(network, _, rate)| (network, rate)).collect(),
            rates: timed.into_iter().map(|(_, size, rate)| (size, rate)).collect(),
        };
        assert_eq!([small, near, large].map(|trial| pilot.rate(trial)), [1e-9, 1e-9, 2e-9]);
        let shape = data::Shape { inputs: 784, classes: 10, train: 1500, test: 10 };
        let seconds = large.flops_per_image as f64 * 2e-9 * 1000.0 * large.config.training.epochs() as f64;
        assert_eq!(pilot.seconds(large, shape), seconds);
    }

    #[test]
    fn the_smallest_network_is_timed_without_any_budget() {
        let trials = crate::plan::tests::trials("[sweep.grid]\nmodel.steps = [9, 2]\n");
        let shape = data::Shape { inputs: 784, classes: 10, train: 1000, test: 10 };
        let pilot = Pilot::run(&trials, |_| shape, Duration::ZERO).unwrap();
        assert_eq!(pilot.measured.keys().collect::<Vec<_>>(), [&network(&trials[1])]);
        assert!(trials.iter().all(|trial| pilot.seconds(trial, shape) > 0.0));
    }
}
