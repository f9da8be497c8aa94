//! Class of the reconstruction at every iteration: each z^t is decoded and classified by an
//! independent network, the judge.

use super::network::{Network, transposed};
use super::sample::Sample;

/// Share of the images that count as hard.
pub const HARD: f64 = 0.05;

/// Iterations with momentum after which ISTA has converged.
pub const CONVERGED: usize = 128;
/// Number of images that ISTA is run to convergence on, besides the hard ones.
pub const ISTA_IMAGES: usize = 2000;

/// The classes of the decoded D·z^t of each image, by a judge.
#[derive(Debug, Clone, PartialEq)]
pub struct Paths {
    /// For t = 1 … K, each `[N]`.
    pub predicted: Vec<Vec<u8>>,
    /// The true classes `[N]`.
    labels: Vec<u8>,
}

impl Paths {
    /// Decodes and classifies the codes z^1 … z^K of all images of a sample.
    #[must_use]
    pub fn of(network: &Network, judge: &Network, sample: &Sample, iterations: usize) -> Self {
        Self::along((network, judge), sample, iterations, |drive| network.codes(drive, iterations))
    }

    /// Decodes and classifies the codes of ISTA on the network's dictionary, run to convergence, at as many moments as the
    /// network has iterations T, spread evenly. For every moment but the first few, ISTA has nearly converged, which makes
    /// it hard to beat.
    #[must_use]
    pub fn of_ista(network: &Network, sparsity: f64, judge: &Network, sample: &Sample) -> Self {
        let ista = network.ista(sparsity);
        let steps = network.steps;
        Self::along((&ista, judge), sample, steps, |drive| ista.accelerated_codes(drive, CONVERGED, steps))
    }

    fn along(
        (network, judge): (&Network, &Network),
        sample: &Sample,
        moments: usize,
        codes: impl Fn(&[f32]) -> Vec<Vec<f32>> + Sync,
    ) -> Self {
        let batches = sample.each(|batch| {
            let codes = codes(&network.drive(batch.pixels));
            let classify = |code: &Vec<f32>| {
                let decoded = normalised(&network.decode(code), network.inputs);
                judge.classify(&judge.encode(&decoded))
            };
            codes.iter().map(classify).collect::<Vec<_>>()
        });
        let at = |t: usize| batches.iter().flat_map(|predicted| predicted[t].iter().copied()).collect();
        Self { predicted: (0..moments).map(at).collect(), labels: sample.labels.clone() }
    }

    /// Indices of all images.
    #[must_use]
    pub fn images(&self) -> Vec<usize> {
        (0..self.labels.len()).collect()
    }

    fn is_correct(&self, t: usize, image: usize) -> bool {
        self.predicted[t - 1][image] == self.labels[image]
    }

    /// Share of `images` whose D·z^t is classified correctly, for t from 1.
    #[must_use]
    pub fn accuracy(&self, t: usize, images: &[usize]) -> f64 {
        share(images, |image| self.is_correct(t, image))
    }

    /// Always-correct rate: the share of `images` that are classified correctly at every t = 1 … `last`.
    #[must_use]
    pub fn always_correct(&self, last: usize, images: &[usize]) -> f64 {
        share(images, |image| (1..=last).all(|t| self.is_correct(t, image)))
    }

    /// Retention rate: of the `images` that are classified correctly at some t below `last`, the share that are at `last`.
    #[must_use]
    pub fn retention(&self, last: usize, images: &[usize]) -> Option<f64> {
        let reached = images.iter().filter(|&&image| (1..last).any(|t| self.is_correct(t, image)));
        let reached: Vec<usize> = reached.copied().collect();
        (!reached.is_empty()).then(|| self.accuracy(last, &reached))
    }
}

fn share(images: &[usize], holds: impl Fn(usize) -> bool) -> f64 {
    images.iter().filter(|&&image| holds(image)).count() as f64 / images.len() as f64
}

/// Share of a sample's images that a judge misclassifies, which takes them centred and of unit norm.
#[must_use]
pub fn error_rate(judge: &Network, sample: &Sample) -> f64 {
    let wrong = sample.each(|batch| {
        let predicted = judge.classify(&judge.encode(&normalised(batch.pixels, judge.inputs)));
        predicted.iter().zip(batch.labels).filter(|(class, label)| class != label).count()
    });
    wrong.iter().sum::<usize>() as f64 / sample.len() as f64
}

/// Indices of the images with the smallest gap between a network's two highest scores, a share
/// [`HARD`] of all; the hardest first.
#[must_use]
pub fn hardest(network: &Network, sample: &Sample) -> Vec<usize> {
    let margins = sample.each(|batch| {
        let scores = network.scores(&network.encode(batch.pixels));
        scores.chunks_exact(network.classes).map(margin).collect::<Vec<_>>()
    });
    let margins: Vec<f64> = margins.concat();
    let mut images: Vec<usize> = (0..margins.len()).collect();
    images.sort_by(|&a, &b| margins[a].total_cmp(&margins[b]).then(a.cmp(&b)));
    images.truncate(((HARD * margins.len() as f64).round() as usize).max(1));
    images
}

/// The gap between the two highest of a code's scores.
fn margin(scores: &[f64]) -> f64 {
    let mut sorted = scores.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    sorted.first().copied().unwrap_or(0.0) - sorted.get(1).copied().unwrap_or(0.0)
}

/// Images `[batch, m]` with zero mean and unit norm, as the judge was trained on; images without contrast
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
