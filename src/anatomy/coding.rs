//! Contribution of each kind to the reconstruction, correlations of parts, and drives of categorical-units.

use super::measure::{Measure, Values, minus};
use super::network::Network;
use super::sample::{ImageBatch, Sample};
use super::units::{Unit, UnitKind};
use crate::stats::mean;

/// Three groups of measures. The reconstruction errors ½‖x − D·z‖² use z^T of all units, of only the categorical-units
/// and of only the parts. The correlations of a part's activity are with d_jᵀ·(x − D_c·z_c), the projection of the
/// categorical-units' residual on its column, and with d_jᵀ·x, averaged over the parts. The drive of categorical-units
/// is the mean of Σ_k S_jk·z_k^(T−1) over the categorical-units j and the images for which they are active, with k the
/// parts, the other categorical-units of the class, and those of other classes.
#[must_use]
pub fn coding(network: &Network, sample: &Sample, units: &[Unit]) -> Values {
    let mut total = CodingSums::zeros(network.hidden);
    for sums in sample.each(|batch| CodingSums::of(network, batch, units)) {
        total.add(&sums);
    }
    let images = sample.len() as f64;
    let [both, categorical, parts] = total.errors.map(|sum| 0.5 * sum / images);
    let correlation = |number: usize| {
        let parts = units.iter().filter(|unit| unit.kind == UnitKind::Part);
        mean(&parts.filter_map(|unit| total.moments[unit.unit].with(number)).collect::<Vec<_>>())
    };
    let (with_residual, with_input) = (correlation(0), correlation(1));
    let [from_parts, from_class, from_others] =
        total.fed.map(|sum| (total.pairs > 0.0).then(|| sum / total.pairs));
    vec![
        (Measure::DriveFromParts, from_parts),
        (Measure::DriveFromClass, from_class),
        (Measure::DriveFromOtherClasses, from_others),
        (Measure::ErrorCategorical, Some(categorical)),
        (Measure::ErrorParts, Some(parts)),
        (Measure::ErrorBoth, Some(both)),
        (Measure::ErrorFall, Some(1.0 - both / categorical)),
        (Measure::ResidualCorrelation, with_residual),
        (Measure::ResidualCorrelationGain, minus(with_residual, with_input)),
    ]
}

/// Sums for the correlation of a part's activity z with two numbers a.
#[derive(Debug, Clone, Copy, Default)]
struct CorrelationSums {
    count: f64,
    z: f64,
    zz: f64,
    a: [f64; 2],
    aa: [f64; 2],
    za: [f64; 2],
}

impl CorrelationSums {
    fn add(&mut self, z: f64, a: [f64; 2]) {
        self.count += 1.0;
        self.z += z;
        self.zz += z * z;
        for (at, a) in a.into_iter().enumerate() {
            self.a[at] += a;
            self.aa[at] += a * a;
            self.za[at] += z * a;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.z += other.z;
        self.zz += other.zz;
        for at in 0..2 {
            self.a[at] += other.a[at];
            self.aa[at] += other.aa[at];
            self.za[at] += other.za[at];
        }
    }

    /// Pearson's correlation of z with the number at `at`.
    fn with(&self, at: usize) -> Option<f64> {
        let count = self.count;
        let both = self.za[at] - self.z * self.a[at] / count;
        let scale = (self.zz - self.z * self.z / count) * (self.aa[at] - self.a[at] * self.a[at] / count);
        (scale > 0.0).then(|| both / scale.sqrt())
    }
}

/// Sums over images.
struct CodingSums {
    /// ‖x − D·z‖² of both kinds, of categorical-units, of parts.
    errors: [f64; 3],
    moments: Vec<CorrelationSums>,
    /// Drive of active categorical-units from parts, from their class, from other classes.
    fed: [f64; 3],
    /// Pairs of an image and a categorical-unit that is active for it.
    pairs: f64,
}

impl CodingSums {
    fn zeros(hidden: usize) -> Self {
        Self {
            errors: [0.0; 3],
            moments: vec![CorrelationSums::default(); hidden],
            fed: [0.0; 3],
            pairs: 0.0,
        }
    }

    fn of(network: &Network, batch: ImageBatch<'_>, units: &[Unit]) -> Self {
        let hidden = network.hidden;
        let codes = network.codes(&network.drive(batch.pixels), network.steps);
        let code = &codes[network.steps - 1];
        let only = |kind: UnitKind| masked(code, units, kind);
        let (categorical, parts) = (only(UnitKind::Categorical), only(UnitKind::Part));
        let mut sums = Self::zeros(hidden);
        let residual = |code: &[f32]| -> Vec<f32> {
            batch.pixels.iter().zip(network.decode(code)).map(|(x, decoded)| x - decoded).collect()
        };
        let rest = residual(&categorical);
        sums.errors = [squares(&residual(code)), squares(&rest), squares(&residual(&parts))];
        let (projected, seen) = (network.project(&rest), network.project(batch.pixels));
        for (at, &z) in code.iter().enumerate() {
            sums.moments[at % hidden].add(f64::from(z), [f64::from(projected[at]), f64::from(seen[at])]);
        }
        sums.feed(network, &codes[network.steps - 2], code, units);
        sums
    }

    /// Adds the drive of the categorical-units that are active in `code` by the previous code.
    fn feed(&mut self, network: &Network, before: &[f32], code: &[f32], units: &[Unit]) {
        let hidden = network.hidden;
        let categorical: Vec<&Unit> =
            units.iter().filter(|unit| unit.kind == UnitKind::Categorical).collect();
        for (before, code) in before.chunks_exact(hidden).zip(code.chunks_exact(hidden)) {
            for unit in categorical.iter().filter(|unit| code[unit.unit] > 0.0) {
                self.pairs += 1.0;
                for (from, &z) in
                    units.iter().zip(before).filter(|&(from, &z)| z > 0.0 && from.unit != unit.unit)
                {
                    let source = match from.kind {
                        UnitKind::Categorical if from.class == unit.class => 1,
                        UnitKind::Categorical => 2,
                        UnitKind::Part | UnitKind::Silent => 0,
                    };
                    self.fed[source] += network.connection(unit.unit, from.unit) * f64::from(z);
                }
            }
        }
    }

    fn add(&mut self, other: &Self) {
        self.errors.iter_mut().zip(other.errors).for_each(|(a, b)| *a += b);
        self.moments.iter_mut().zip(&other.moments).for_each(|(a, b)| a.merge(b));
        self.fed.iter_mut().zip(other.fed).for_each(|(a, b)| *a += b);
        self.pairs += other.pairs;
    }
}

/// Codes with the entries of other kinds set to 0.
fn masked(code: &[f32], units: &[Unit], kind: UnitKind) -> Vec<f32> {
    let unit = |at: usize| &units[at % units.len()];
    code.iter().enumerate().map(|(at, &z)| if unit(at).kind == kind { z } else { 0.0 }).collect()
}

fn squares(numbers: &[f32]) -> f64 {
    numbers.iter().map(|&number| f64::from(number) * f64::from(number)).sum()
}
