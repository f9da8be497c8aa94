//! Linear readout of a known deformation from a code.
//!
//! Within each class, every parameter of the deformation is regressed on the entries of z^T of some units, by least
//! squares with a small ridge, on one sample. The result is the share of its variance that the same weights explain on
//! another sample, R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)².

use rand_chacha::ChaCha8Rng;

use super::least_squares::{cholesky, solve};
use super::measure::{Measure, Values, minus};
use super::network::Network;
use super::sample::Sample;
use super::units::{DRAWS, Unit, UnitKind, draw_parts, of_kind};
use crate::stats::mean;

/// The ridge, as a share of the mean squared entry of the code.
const RIDGE: f64 = 1e-3;

/// Images with their true deformations.
#[derive(Clone, Copy)]
pub struct Deformed<'a> {
    /// The images.
    pub sample: &'a Sample,
    /// Deformation of each image.
    pub truths: &'a [Vec<f64>],
}

/// R² of readouts that are fitted on `train` and tested on `test`, averaged over the parameters of the deformation: R²
/// from all units, and the gain of parts over categorical-units, for all parts and for random parts, as many as there are
/// categorical-units (mean over draws).
#[must_use]
pub fn readout(
    network: &Network,
    units: &[Unit],
    train: &Deformed<'_>,
    test: &Deformed<'_>,
    random: &mut ChaCha8Rng,
) -> Values {
    let codes = [train, test].map(|images| images.sample.codes(network));
    let r2 = |units: &[usize]| explained(&[train, test], &codes, network, units);
    let parts = r2(&of_kind(units, UnitKind::Part));
    let mut as_many_parts = vec![0.0; parts.len()];
    for drawn in draw_parts(units, random) {
        let found = r2(&drawn);
        as_many_parts.iter_mut().zip(found).for_each(|(sum, share)| *sum += share / DRAWS as f64);
    }
    let all: Vec<usize> = (0..network.hidden).collect();
    let categorical = mean(&r2(&of_kind(units, UnitKind::Categorical)));
    vec![
        (Measure::DeformationGain, minus(mean(&parts), categorical)),
        (Measure::DeformationGainAsMany, minus(mean(&as_many_parts), categorical)),
        (Measure::DeformationFromAll, mean(&r2(&all))),
    ]
}

/// R² of each parameter of the deformation, over all classes, from the entries of `units`.
fn explained(
    sets: &[&Deformed<'_>; 2],
    codes: &[Vec<f32>; 2],
    network: &Network,
    units: &[usize],
) -> Vec<f64> {
    let numbers = sets[0].truths.first().map_or(0, Vec::len);
    let (mut left, mut whole) = (vec![0.0; numbers], vec![0.0; numbers]);
    for class in 0..sets[0].sample.classes {
        let of = |set: usize| -> Vec<Example<'_>> {
            let labels = sets[set].sample.labels.iter().enumerate();
            let own = labels.filter(|(_, label)| usize::from(**label) == class);
            own.map(|(at, _)| {
                let code = &codes[set][at * network.hidden..][..network.hidden];
                (units.iter().map(|&unit| f64::from(code[unit])).collect(), sets[set].truths[at].as_slice())
            })
            .collect()
        };
        let (train, test) = (of(0), of(1));
        if train.is_empty() {
            continue;
        }
        let regression = Regression::fit(&train, units.len(), numbers);
        for number in 0..numbers {
            let truths: Vec<f64> = test.iter().map(|(_, truth)| truth[number]).collect();
            let centre = mean(&truths).unwrap_or(0.0);
            for ((code, _), truth) in test.iter().zip(&truths) {
                left[number] += (truth - regression.predict(code, number)).powi(2);
                whole[number] += (truth - centre).powi(2);
            }
        }
    }
    left.iter().zip(&whole).map(|(left, whole)| if *whole > 0.0 { 1.0 - left / whole } else { 0.0 }).collect()
}

/// Entries of a code, and the deformation of the image.
type Example<'a> = (Vec<f64>, &'a [f64]);

/// Linear maps from a code to each parameter of the deformation.
struct Regression {
    code: Vec<f64>,
    truth: Vec<f64>,
    weights: Vec<Vec<f64>>,
}

impl Regression {
    fn fit(examples: &[Example<'_>], width: usize, numbers: usize) -> Self {
        let count = examples.len() as f64;
        let average = |of: &dyn Fn(&Example<'_>) -> f64| examples.iter().map(of).sum::<f64>() / count;
        let code: Vec<f64> = (0..width).map(|at| average(&|(code, _)| code[at])).collect();
        let truth: Vec<f64> = (0..numbers).map(|at| average(&|(_, truth)| truth[at])).collect();
        let mut gram = vec![0.0; width * width];
        let mut sides = vec![vec![0.0; width]; numbers];
        for (entries, values) in examples {
            let centred: Vec<f64> = entries.iter().zip(&code).map(|(z, mean)| z - mean).collect();
            for (row, &z) in centred.iter().enumerate().filter(|(_, z)| **z != 0.0) {
                for (sum, other) in gram[row * width..][..width].iter_mut().zip(&centred) {
                    *sum += z * other;
                }
                for (number, side) in sides.iter_mut().enumerate() {
                    side[row] += z * (values[number] - truth[number]);
                }
            }
        }
        let trace: f64 = (0..width).map(|at| gram[at * width + at]).sum();
        for at in 0..width {
            gram[at * width + at] += RIDGE * trace / width as f64 + f64::MIN_POSITIVE;
        }
        let weights = match cholesky(gram, width) {
            Some(factor) => sides.iter().map(|side| solve(&factor, side)).collect(),
            None => vec![vec![0.0; width]; numbers],
        };
        Self { code, truth, weights }
    }

    fn predict(&self, code: &[f64], number: usize) -> f64 {
        let centred = code.iter().zip(&self.code).map(|(z, mean)| z - mean);
        let change: f64 = centred.zip(&self.weights[number]).map(|(z, weight)| z * weight).sum();
        self.truth[number] + change
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_map_is_read_and_noise_is_not() {
        let examples: Vec<(Vec<f64>, Vec<f64>)> = (0..200)
            .map(|at| {
                let (a, b) = ((f64::from(at) * 0.7).sin(), (f64::from(at) * 1.9).cos());
                (vec![a, b], vec![3.0 * a - b + 2.0])
            })
            .collect();
        let borrowed: Vec<_> =
            examples.iter().map(|(code, truth)| (code.clone(), truth.as_slice())).collect();
        let regression = Regression::fit(&borrowed, 2, 1);
        assert!((regression.predict(&[0.5, -0.5], 0) - 4.0).abs() < 0.01);
        let blind = Regression::fit(&borrowed.iter().map(|(_, t)| (vec![0.0], *t)).collect::<Vec<_>>(), 1, 1);
        assert!((blind.predict(&[0.5], 0) - blind.truth[0]).abs() < 1e-12);
    }
}
