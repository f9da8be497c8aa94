//! Least-squares dictionaries: the linear map that best reconstructs the images from the codes z^t of one iteration. They
//! show what a unit's activity stands for at that iteration, which its column of D, fitted to z^T, need not.

use rayon::prelude::*;

use super::least_squares::{cholesky, solve};
use super::network::Network;
use super::sample::Sample;

/// Least norm, over all images, of the activity of a unit that has a column.
const LEAST: f64 = 0.05;
/// The ridge, as a share of the mean squared activity; it only keeps units with equal activity apart.
const RIDGE: f64 = 1e-6;
/// Images whose codes are in memory at once.
const IMAGES: usize = 1000;

/// The dictionaries of some iterations t: for each, a column of unit norm for each unit `[n][m]`; `None` for a unit that is
/// hardly active then.
#[must_use]
pub fn evolution(network: &Network, sample: &Sample, iterations: &[usize]) -> Vec<Vec<Option<Vec<f64>>>> {
    let last = iterations.iter().copied().max().unwrap_or_default();
    let mut sums: Vec<Normal> = iterations.iter().map(|_| Normal::new(network)).collect();
    for start in (0..sample.len()).step_by(IMAGES) {
        let images: Vec<usize> = (start..sample.len().min(start + IMAGES)).collect();
        let images = sample.selected(&images);
        let codes = images.each(|batch| network.codes(&network.drive(batch.pixels), last));
        sums.par_iter_mut().zip(iterations).for_each(|(sums, &t)| {
            let rows = codes.iter().flat_map(|codes| codes[t - 1].chunks_exact(network.hidden));
            rows.zip(images.pixels.chunks_exact(network.inputs))
                .for_each(|(code, image)| sums.add(code, image));
        });
    }
    sums.into_par_iter().map(|sums| sums.columns(network)).collect()
}

/// Sums of the normal equations (Σ z·zᵀ)·Dᵀ = Σ z·xᵀ.
struct Normal {
    gram: Vec<f64>,
    sides: Vec<f64>,
}

impl Normal {
    fn new(network: &Network) -> Self {
        let (hidden, inputs) = (network.hidden, network.inputs);
        Self { gram: vec![0.0; hidden * hidden], sides: vec![0.0; hidden * inputs] }
    }

    fn add(&mut self, code: &[f32], image: &[f32]) {
        let active = || code.iter().enumerate().filter(|(_, z)| **z > 0.0);
        for (unit, &z) in active() {
            let z = f64::from(z);
            for (other, &theirs) in active() {
                self.gram[unit * code.len() + other] += z * f64::from(theirs);
            }
            let side = self.sides[unit * image.len()..][..image.len()].iter_mut();
            side.zip(image).for_each(|(sum, &x)| *sum += z * f64::from(x));
        }
    }

    fn columns(&self, network: &Network) -> Vec<Option<Vec<f64>>> {
        let (hidden, inputs) = (network.hidden, network.inputs);
        let square = |unit: usize| self.gram[unit * hidden + unit];
        let active: Vec<usize> = (0..hidden).filter(|&unit| square(unit).sqrt() > LEAST).collect();
        let mut columns = vec![None; hidden];
        let ridge = RIDGE * active.iter().map(|&unit| square(unit)).sum::<f64>() / active.len().max(1) as f64;
        let entry = |(&row, &column): (&usize, &usize)| {
            self.gram[row * hidden + column] + if row == column { ridge } else { 0.0 }
        };
        let pairs = active.iter().flat_map(|row| active.iter().map(move |column| (row, column)));
        let Some(factor) = cholesky(pairs.map(entry).collect(), active.len()) else { return columns };
        let solutions: Vec<Vec<f64>> = (0..inputs)
            .map(|pixel| {
                let side: Vec<f64> = active.iter().map(|&unit| self.sides[unit * inputs + pixel]).collect();
                solve(&factor, &side)
            })
            .collect();
        for (at, &unit) in active.iter().enumerate() {
            let column: Vec<f64> = solutions.iter().map(|solution| solution[at]).collect();
            let norm = column.iter().map(|x| x * x).sum::<f64>().sqrt();
            columns[unit] = (norm > 0.0).then(|| column.into_iter().map(|x| x / norm).collect());
        }
        columns
    }
}
