//! What is lost where units are silenced: held at 0 through all iterations.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::division::of_kind;
use super::network::{BATCH, Network};
use super::sample::Sample;
use super::units::{Kind, Unit};

/// Images that single units are silenced on: the first so many of the sample.
pub const UNIT_IMAGES: usize = 2000;
/// Draws of as many parts as there are categorical-units.
const DRAWS: usize = 5;

/// What a network does on a sample.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Performance {
    /// Share of the images that are given another class, in percent.
    pub error: f64,
    /// Mean of −log softmax(scores)_y, nats.
    pub class_loss: f64,
    /// Mean of ½‖x − D·z^T‖².
    pub reconstruction: f64,
}

impl Performance {
    fn minus(self, other: Self) -> Self {
        Self {
            error: self.error - other.error,
            class_loss: self.class_loss - other.class_loss,
            reconstruction: self.reconstruction - other.reconstruction,
        }
    }
}

/// What silencing costs: differences from the whole network, positive where it costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Ablation {
    /// The whole network.
    pub whole: Performance,
    /// Without any categorical-unit.
    pub categorical: Performance,
    /// Without any part.
    pub parts: Performance,
    /// Without as many parts as there are categorical-units, drawn at random; mean over draws.
    pub as_many_parts: Performance,
    /// Without one unit, on the first [`UNIT_IMAGES`] images; by unit, or empty where not asked for.
    pub units: Vec<Performance>,
}

impl Ablation {
    /// Silences kinds on a sample, and single units where `single` says so; parts are drawn by numbers
    /// from `random`.
    #[must_use]
    pub fn of(
        network: &Network,
        sample: &Sample,
        units: &[Unit],
        single: bool,
        random: &mut ChaCha8Rng,
    ) -> Self {
        let whole = performance(network, sample, None);
        let without = |places: &[usize]| {
            let silenced: Vec<bool> = (0..network.hidden).map(|unit| places.contains(&unit)).collect();
            performance(network, sample, Some(&silenced)).minus(whole)
        };
        let (categorical, mut parts) = (of_kind(units, Kind::Categorical), of_kind(units, Kind::Part));
        let all_parts = without(&parts);
        let mut drawn = Performance::default();
        for _ in 0..DRAWS {
            parts.shuffle(random);
            let lost = without(&parts[..categorical.len().min(parts.len())]);
            drawn.error += lost.error / DRAWS as f64;
            drawn.class_loss += lost.class_loss / DRAWS as f64;
            drawn.reconstruction += lost.reconstruction / DRAWS as f64;
        }
        Self {
            whole,
            categorical: without(&categorical),
            parts: all_parts,
            as_many_parts: drawn,
            units: if single { one_by_one(network, &first(sample)) } else { Vec::new() },
        }
    }
}

fn first(sample: &Sample) -> Sample {
    let places: Vec<usize> = (0..sample.len().min(UNIT_IMAGES)).collect();
    sample.selected(&places)
}

/// What a network with silenced units does on a sample.
#[must_use]
pub fn performance(network: &Network, sample: &Sample, silenced: Option<&[bool]>) -> Performance {
    let sums = sample.each(|batch| {
        let drive = network.drive(batch.pixels);
        let code = network.codes(&drive, network.steps, silenced).pop().unwrap_or_default();
        total(network, &code, batch.pixels, batch.labels)
    });
    sums.iter().fold(Sums::default(), |total, sums| total.plus(*sums)).mean(sample.len())
}

/// The cost of each unit. Images that a unit is silent for at every iteration lose nothing, so they
/// are not computed again.
fn one_by_one(network: &Network, sample: &Sample) -> Vec<Performance> {
    let hidden = network.hidden;
    let drive: Vec<f32> = sample.each(|batch| network.drive(batch.pixels)).concat();
    let codes: Vec<Vec<Vec<f32>>> =
        drive.par_chunks(BATCH * hidden).map(|drive| network.codes(drive, network.steps, None)).collect();
    let ever = |image: usize, unit: usize| {
        let (batch, row) = (image / BATCH, image % BATCH);
        codes[batch].iter().any(|code| code[row * hidden + unit] > 0.0)
    };
    let last = |image: usize| &codes[image / BATCH][network.steps - 1][image % BATCH * hidden..][..hidden];
    let before: Vec<Sums> = (0..sample.len())
        .map(|at| total(network, last(at), sample.image(at), &sample.labels[at..=at]))
        .collect();
    (0..hidden)
        .into_par_iter()
        .map(|unit| {
            let touched: Vec<usize> = (0..sample.len()).filter(|&image| ever(image, unit)).collect();
            let silenced: Vec<bool> = (0..hidden).map(|other| other == unit).collect();
            let lost = touched.chunks(BATCH).fold(Sums::default(), |lost, images| {
                let drive: Vec<f32> =
                    images.iter().flat_map(|&at| drive[at * hidden..][..hidden].iter().copied()).collect();
                let code = network.codes(&drive, network.steps, Some(&silenced)).pop().unwrap_or_default();
                let some = sample.selected(images);
                let was = images.iter().fold(Sums::default(), |sum, &at| sum.plus(before[at]));
                lost.plus(total(network, &code, &some.pixels, &some.labels)).plus(was.negated())
            });
            lost.mean(sample.len())
        })
        .collect()
}

/// Sums over images.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    wrong: f64,
    class_loss: f64,
    squares: f64,
}

impl Sums {
    fn plus(self, other: Self) -> Self {
        Self {
            wrong: self.wrong + other.wrong,
            class_loss: self.class_loss + other.class_loss,
            squares: self.squares + other.squares,
        }
    }

    fn negated(self) -> Self {
        Self { wrong: -self.wrong, class_loss: -self.class_loss, squares: -self.squares }
    }

    fn mean(self, images: usize) -> Performance {
        let images = images as f64;
        Performance {
            error: 100.0 * self.wrong / images,
            class_loss: self.class_loss / images,
            reconstruction: 0.5 * self.squares / images,
        }
    }
}

/// What codes `[batch, n]` give for their images and classes.
fn total(network: &Network, code: &[f32], pixels: &[f32], labels: &[u8]) -> Sums {
    let mut sums = Sums::default();
    let scores = network.scores(code);
    for (scores, &label) in scores.chunks_exact(network.classes).zip(labels) {
        let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let partition: f64 = scores.iter().map(|score| (score - most).exp()).sum();
        sums.class_loss += most + partition.ln() - scores[usize::from(label)];
        sums.wrong += f64::from(u8::from(super::network::highest(scores) != label));
    }
    let shown = network.decode(code);
    sums.squares = pixels.iter().zip(&shown).map(|(&x, &shown)| f64::from(x - shown).powi(2)).sum();
    sums
}
