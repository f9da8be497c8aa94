//! Loss of performance when units are silenced, which means held at 0 at all iterations.

use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::network::{BATCH, Network};
use super::sample::Sample;
use super::units::{DRAWS, Unit, UnitKind, draw_parts, of_kind};
use crate::model::kernels::argmax;

/// Number of images that single units are silenced on.
pub const UNIT_IMAGES: usize = 2000;

/// Performance of a network on a sample.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Performance {
    /// Share of the images that are misclassified, in percent.
    pub error: f64,
    /// Mean of −log softmax(scores)_y, nats.
    pub class_loss: f64,
    /// Mean of ½‖x − D·z^T‖².
    pub reconstruction: f64,
}

impl Performance {
    /// Means over a number of images.
    fn mean([wrong, class_loss, squares]: PerformanceSums, images: usize) -> Self {
        let images = images as f64;
        Self {
            error: 100.0 * wrong / images,
            class_loss: class_loss / images,
            reconstruction: 0.5 * squares / images,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            error: self.error - other.error,
            class_loss: self.class_loss - other.class_loss,
            reconstruction: self.reconstruction - other.reconstruction,
        }
    }
}

/// Sums over images of errors, of −log softmax(scores)_y and of ‖x − D·z‖².
type PerformanceSums = [f64; 3];

fn add(one: PerformanceSums, other: PerformanceSums) -> PerformanceSums {
    std::array::from_fn(|at| one[at] + other[at])
}

/// Cost of silencing units: differences from the whole network, positive for a loss.
#[derive(Debug, Clone, PartialEq)]
pub struct Ablation {
    /// The whole network.
    pub whole: Performance,
    /// Without the categorical-units.
    pub categorical: Performance,
    /// Without the parts.
    pub parts: Performance,
    /// Without random parts, as many as there are categorical-units; mean over draws.
    pub as_many_parts: Performance,
}

impl Ablation {
    /// Silences each kind of unit on a sample; `random` draws the parts.
    #[must_use]
    pub fn of(network: &Network, sample: &Sample, units: &[Unit], random: &mut ChaCha8Rng) -> Self {
        let whole = performance(network, sample);
        let without = |silenced: &[usize]| {
            performance(&network.silenced(|unit| silenced.contains(&unit)), sample).minus(whole)
        };
        let mut drawn = Performance::default();
        for parts in draw_parts(units, random) {
            let loss = without(&parts);
            drawn.error += loss.error / DRAWS as f64;
            drawn.class_loss += loss.class_loss / DRAWS as f64;
            drawn.reconstruction += loss.reconstruction / DRAWS as f64;
        }
        Self {
            whole,
            categorical: without(&of_kind(units, UnitKind::Categorical)),
            parts: without(&of_kind(units, UnitKind::Part)),
            as_many_parts: drawn,
        }
    }
}

/// The performance of a network on a sample.
fn performance(network: &Network, sample: &Sample) -> Performance {
    let sums = sample.each(|batch| total(network, &network.encode(batch.pixels), batch.pixels, batch.labels));
    Performance::mean(sums.into_iter().fold(PerformanceSums::default(), add), sample.len())
}

/// The cost of silencing each unit, on the first [`UNIT_IMAGES`] images of a sample. Images for which a unit is inactive
/// at every iteration are unaffected and are skipped.
#[must_use]
pub fn silence_each(network: &Network, sample: &Sample) -> Vec<Performance> {
    let first: Vec<usize> = (0..sample.len().min(UNIT_IMAGES)).collect();
    let sample = &sample.selected(&first);
    let (hidden, last) = (network.hidden, network.steps - 1);
    let drive: Vec<f32> = sample.each(|batch| network.drive(batch.pixels)).concat();
    let codes: Vec<Vec<Vec<f32>>> =
        drive.par_chunks(BATCH * hidden).map(|drive| network.codes(drive, network.steps)).collect();
    let code = |t: usize, image: usize| &codes[image / BATCH][t][image % BATCH * hidden..][..hidden];
    let whole: Vec<PerformanceSums> = (0..sample.len())
        .map(|at| total(network, code(last, at), sample.image(at), &sample.labels[at..=at]))
        .collect();
    (0..hidden)
        .into_par_iter()
        .map(|unit| {
            let is_active = |&image: &usize| (0..=last).any(|t| code(t, image)[unit] > 0.0);
            let images: Vec<usize> = (0..sample.len()).filter(is_active).collect();
            let silenced = network.silenced(|other| other == unit);
            let loss = images.chunks(BATCH).fold(PerformanceSums::default(), |loss, images| {
                let drive: Vec<f32> =
                    images.iter().flat_map(|&at| drive[at * hidden..][..hidden].iter().copied()).collect();
                let code = silenced.codes(&drive, network.steps).pop().unwrap_or_default();
                let some = sample.selected(images);
                let before = images.iter().fold(PerformanceSums::default(), |sums, &at| add(sums, whole[at]));
                add(add(loss, total(network, &code, &some.pixels, &some.labels)), before.map(|sum| -sum))
            });
            Performance::mean(loss, sample.len())
        })
        .collect()
}

/// Sums over the images of codes `[batch, n]`.
fn total(network: &Network, code: &[f32], pixels: &[f32], labels: &[u8]) -> PerformanceSums {
    let (mut wrong, mut class_loss) = (0.0, 0.0);
    let scores = network.scores(code);
    for (scores, &label) in scores.chunks_exact(network.classes).zip(labels) {
        let max = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let partition: f64 = scores.iter().map(|score| (score - max).exp()).sum();
        class_loss += max + partition.ln() - scores[usize::from(label)];
        wrong += f64::from(u8::from(argmax(scores) != usize::from(label)));
    }
    let decoded = network.decode(code);
    let squares = pixels.iter().zip(&decoded).map(|(&x, &decoded)| f64::from(x - decoded).powi(2)).sum();
    [wrong, class_loss, squares]
}
