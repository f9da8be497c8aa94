use candle_core::{DType, Device, Tensor};

use super::*;
use crate::data::{Fitted, Images, Preprocessing};
use crate::model::{self, Bounds, Family, Group};
use crate::train::{Batches, Selection};

const INPUTS: usize = 9;
const CLASSES: usize = 3;
const BATCH: usize = 8;
/// Size for which both backends sum their products in the same order.
const HIDDEN: usize = 33;
const UPDATES: usize = 20;

/// Distinct images; the last mini-batch of a pass is smaller.
fn images() -> Images {
    let count = 5 * BATCH - 3;
    let pixel = |at: usize| (127.5 * (1.0 + (1.7 * at as f64 + (at / INPUTS) as f64).sin())) as u8;
    let labels = (0..count).map(|index| (index * index % CLASSES) as u8).collect();
    Images { inputs: INPUTS, pixels: (0..count * INPUTS).map(pixel).collect(), labels }
}

fn phase(text: &str) -> Phase {
    toml::from_str(&format!("epochs = 1\n{text}")).unwrap()
}

fn model(config: &model::Config, phase: &Phase) -> Model {
    let mut model = Model::new(config, INPUTS, CLASSES, 0.002, 1, DType::F32, &Device::Cpu).unwrap();
    // C starts at zero, where the class term has no gradient by the code.
    for parameter in model.parameters().iter().filter(|parameter| parameter.group == Group::Classifier) {
        let entry = |at: usize| 0.3 * (2.3 * at as f32).sin();
        let entries: Vec<f32> = (0..parameter.value.elem_count()).map(entry).collect();
        parameter
            .value
            .set(&Tensor::from_vec(entries, parameter.value.dims(), &Device::Cpu).unwrap())
            .unwrap();
    }
    model.freeze(&phase.frozen);
    model
}

/// Result of training with a backend.
struct Run {
    weights: Vec<Vec<f32>>,
    /// Terms of the last mini-batch.
    terms: Vec<f64>,
}

fn run(
    config: &model::Config,
    phase: &Phase,
    updates: usize,
    stepper: impl Fn(&Model) -> Result<Stepper>,
) -> Run {
    let model = model(config, phase);
    let mut stepper = stepper(&model).unwrap();
    let images = images();
    let indices: Vec<u32> = (0..images.len() as u32).collect();
    let normaliser = Fitted::to(Preprocessing::CENTRED, &images, &indices).normaliser(&images);
    let selection = Selection { images: &images, normaliser: &normaliser, indices: &indices };
    let weights = Weights { sparsity: 0.002, discriminative: phase.discriminative.then_some(0.5) };
    let mut batch = Batch::default();
    let mut last = Vec::new();
    for epoch in 0..updates / 5 {
        let mut batches = Batches::shuffled(selection, BATCH, phase.noise(config.hidden), 1, epoch);
        while batches.next_into(&mut batch) {
            let terms = stepper.step(&model, &batch, weights, phase.rate).unwrap();
            last = vec![terms.total, terms.reconstruction, terms.sparsity];
            last.extend(phase.discriminative.then_some(terms.class));
        }
    }
    Run { weights: model.parameters().snapshot().unwrap(), terms: last }
}

/// The largest difference between two runs: in the terms relative to their total, in the
/// weights to the largest of each parameter.
fn gap(one: &Run, other: &Run) -> f64 {
    let mut worst = relative(&one.terms, &other.terms);
    for (one, other) in one.weights.iter().zip(&other.weights) {
        let wide = |numbers: &[f32]| numbers.iter().copied().map(f64::from).collect::<Vec<_>>();
        worst = worst.max(relative(&wide(one), &wide(other)));
    }
    worst
}

/// The largest difference, relative to the largest number.
fn relative(one: &[f64], other: &[f64]) -> f64 {
    assert_eq!(one.len(), other.len());
    let largest = one.iter().fold(1e-9f64, |most, number| most.max(number.abs()));
    one.iter().zip(other).fold(0.0, |most: f64, (one, other)| most.max((one - other).abs())) / largest
}

/// Difference between the graph's updates and fused ones with `factor` times their rate.
fn gap_of_backends(config: &model::Config, phase: &Phase, updates: usize, factor: f64) -> f64 {
    let graph = run(config, phase, updates, |model| Stepper::by_candle(model, phase));
    let phase = Phase { rate: factor * phase.rate, ..phase.clone() };
    let fused =
        run(config, &phase, updates, |model| Stepper::new(model, &phase, Gradient::Fused, Vec::new()));
    gap(&fused, &graph)
}

/// Upper bound of the difference by rounding, which 20 updates magnify.
const TOLERANCE: f64 = 5e-5;

const OBJECTIVES: [&str; 3] = [
    "discriminative = false",
    "discriminative = true\nmasking = 0.3",
    "discriminative = true\nmasking = 0.3\nrescale = true\ndropout = 0.4",
];
const RULES: [&str; 3] = [
    "rate = 3e-3\noptimizer = \"adam\"",
    "rate = 1e-2\noptimizer = \"sgd\"",
    "rate = 1e-2\noptimizer = \"sgd\"\nmomentum = 0",
];
const FROZEN: [&str; 3] = [
    "frozen = []",
    "frozen = [\"encoder\", \"decoder\"]",
    "frozen = [\"recurrent\", \"threshold\", \"classifier\"]",
];

#[test]
fn both_backends_train_every_family_to_the_same_weights() {
    for family in Family::ALL {
        for (steps, decoder_nonnegative) in [(1, false), (3, true)] {
            let config = model::Config {
                family,
                steps,
                hidden: HIDDEN,
                decoder_nonnegative,
                classifier_bias: decoder_nonnegative,
                bounds: Bounds { every: if decoder_nonnegative { 3 } else { 1 }, ..Bounds::default() },
                ..model::Config::default()
            };
            for text in combinations() {
                let gap = gap_of_backends(&config, &phase(&text), UPDATES, 1.0);
                assert!(gap < TOLERANCE, "{} with T = {steps}, {text}: {gap}", family.name());
            }
        }
    }
}

/// As long as rounding allows: units that are almost silent then differ.
#[test]
fn every_family_trains_for_two_hundred_updates_to_the_same_weights() {
    for family in Family::ALL {
        let config = model::Config { family, steps: 3, hidden: HIDDEN, ..model::Config::default() };
        for rule in ["rate = 3e-4\noptimizer = \"adam\"", "rate = 1e-3\noptimizer = \"sgd\""] {
            let phase = phase(&format!("discriminative = true\nmasking = 0.3\n{rule}"));
            let gap = gap_of_backends(&config, &phase, 200, 1.0);
            assert!(gap < 1e-4, "{family}, {rule}: {gap}");
        }
    }
}

#[test]
fn a_rate_that_is_off_by_a_hundredth_shows() {
    let config = model::Config { hidden: HIDDEN, steps: 3, ..model::Config::default() };
    for rule in RULES {
        let gap = gap_of_backends(&config, &phase(rule), UPDATES, 1.01);
        assert!(gap > 2.0 * TOLERANCE, "{rule}: {gap}");
    }
}

fn combinations() -> impl Iterator<Item = String> {
    let rules = |objective| RULES.into_iter().map(move |rule| format!("{objective}\n{rule}"));
    let frozen = |text: String| FROZEN.into_iter().map(move |frozen| format!("{text}\n{frozen}"));
    OBJECTIVES.into_iter().flat_map(rules).flat_map(frozen)
}
