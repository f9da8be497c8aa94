//! Where the reconstruction goes: every z^t decoded, and given a class by a network that knows
//! nothing of the one that is measured.

use super::network::{Network, transposed};
use super::sample::Sample;

/// Share of the images that count as hard.
pub const HARD: f64 = 0.05;

/// The classes that a judge gives to the decoded D·z^t of each image.
#[derive(Debug, Clone, PartialEq)]
pub struct Paths {
    /// For t = 1 … K, each `[N]`.
    pub given: Vec<Vec<u8>>,
    /// The true classes `[N]`.
    labels: Vec<u8>,
}

impl Paths {
    /// Decodes and judges the codes z^1 … z^K of all images of a sample.
    #[must_use]
    pub fn of(network: &Network, judge: &Network, sample: &Sample, iterations: usize) -> Self {
        let batches = sample.each(|batch| {
            let codes = network.codes(&network.drive(batch.pixels), iterations, None);
            let judged = |code: &Vec<f32>| {
                let shown = normalised(&network.decode(code), network.inputs);
                judge.classify(&judge.encode(&shown))
            };
            codes.iter().map(judged).collect::<Vec<_>>()
        });
        let at = |t: usize| batches.iter().flat_map(|given| given[t].iter().copied()).collect();
        Self { given: (0..iterations).map(at).collect(), labels: sample.labels.clone() }
    }

    /// Share of the images at `places` whose D·z^t is given the true class, for t from 1.
    #[must_use]
    pub fn right_at(&self, t: usize, places: &[usize]) -> f64 {
        share(places, |at| self.given[t - 1][at] == self.labels[at])
    }

    /// Share of the images at `places` that are given the true class at every one of t = 1 … `last`.
    #[must_use]
    pub fn stay(&self, last: usize, places: &[usize]) -> f64 {
        share(places, |at| self.given[..last].iter().all(|given| given[at] == self.labels[at]))
    }

    /// Of the images at `places` that are given the true class at some t below `last`, the share
    /// that has it at `last`, too: what was reached is kept.
    #[must_use]
    pub fn keep(&self, last: usize, places: &[usize]) -> Option<f64> {
        let reached = |&&at: &&usize| self.given[..last - 1].iter().any(|given| given[at] == self.labels[at]);
        let reached: Vec<usize> = places.iter().filter(reached).copied().collect();
        (!reached.is_empty()).then(|| self.right_at(last, &reached))
    }
}

fn share(places: &[usize], holds: impl Fn(usize) -> bool) -> f64 {
    places.iter().filter(|&&at| holds(at)).count() as f64 / places.len() as f64
}

/// Share of a sample's images that a judge gives another class than the true one.
#[must_use]
pub fn own_error(judge: &Network, sample: &Sample) -> f64 {
    let wrong = sample.each(|batch| {
        let given = judge.classify(&judge.encode(batch.pixels));
        given.iter().zip(batch.labels).filter(|(given, label)| given != label).count()
    });
    wrong.iter().sum::<usize>() as f64 / sample.len() as f64
}

/// The places of the images with the smallest gap between a network's two highest scores, a share
/// [`HARD`] of all; the hardest first.
#[must_use]
pub fn hardest(network: &Network, sample: &Sample) -> Vec<usize> {
    let margins = sample.each(|batch| {
        let scores = network.scores(&network.encode(batch.pixels));
        scores.chunks_exact(network.classes).map(margin).collect::<Vec<_>>()
    });
    let margins: Vec<f64> = margins.concat();
    let mut places: Vec<usize> = (0..margins.len()).collect();
    places.sort_by(|&a, &b| margins[a].total_cmp(&margins[b]).then(a.cmp(&b)));
    places.truncate(((HARD * margins.len() as f64).round() as usize).max(1));
    places
}

/// The gap between the two highest of a code's scores.
fn margin(scores: &[f64]) -> f64 {
    let mut sorted = scores.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    sorted.first().copied().unwrap_or(0.0) - sorted.get(1).copied().unwrap_or(0.0)
}

/// Images `[batch, m]` with zero mean and unit norm, as the judge learnt them; those without contrast
/// become zeros.
#[must_use]
pub(super) fn normalised(images: &[f32], inputs: usize) -> Vec<f32> {
    let each = images.chunks_exact(inputs).flat_map(|image| {
        let mean = image.iter().map(|&x| f64::from(x)).sum::<f64>() / inputs as f64;
        let norm = image.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>().sqrt();
        let scale = if norm > 0.0 { 1.0 / norm } else { 0.0 };
        image.iter().map(move |&x| ((f64::from(x) - mean) * scale) as f32)
    });
    each.collect()
}

/// The columns of D as images `[n, m]`, normalised.
pub(super) fn columns(network: &Network) -> Vec<f32> {
    normalised(&transposed(network.decoder(), network.hidden), network.inputs)
}
