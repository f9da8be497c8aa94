//! Roughness of prototypes against that of class means.
//!
//! The roughness of an image is Σ (x_i − x_j)² over all pairs of neighbouring pixels, divided by
//! Σ (x_i − x̄)². It is small if the contrast is in wide, soft areas and large if it is in edges, and does not depend on
//! the magnitude of the contrast. Noise is rough, too, so a prototype counts as sharp only if an independent classifier also
//! recognises it.

use super::measure::{Measure, Values};
use super::network::Network;
use super::path::columns;
use super::sample::Sample;
use super::units::{Unit, UnitKind};
use crate::stats::mean;

/// Units of each class with the largest columns of C, which the author shows as its prototypes.
pub const LARGEST: usize = 4;

/// Comparison of the categorical-units' columns of D with the mean images of their classes. For each class with a
/// categorical-unit, the mean roughness of its columns is divided by that of its mean image; the minimum and the mean over
/// classes are measured. A judge gives the share of columns that it classifies as the unit's class, of the categorical-units
/// and of the [`LARGEST`] of each class, and the share of those that are also rougher than the mean image.
#[must_use]
pub fn sharpness(network: &Network, judge: Option<&Network>, sample: &Sample, units: &[Unit]) -> Values {
    let size = (sample.rows, sample.columns);
    let means: Vec<Option<f64>> =
        sample.class_means().into_iter().map(|mean| roughness(mean.into_iter(), size)).collect();
    let prototypes: Vec<Prototype> = units
        .iter()
        .filter(|unit| unit.kind == UnitKind::Categorical)
        .filter_map(|unit| {
            let class = unit.class?;
            let own = roughness(network.column(unit.unit).into_iter().map(f64::from), size);
            let ratio = own.zip(means[class]).map(|(own, mean)| own / mean);
            Some(Prototype { unit: unit.unit, class, ratio })
        })
        .collect();
    let ratio = |class: usize| {
        let own = prototypes.iter().filter(|prototype| prototype.class == class);
        mean(&own.filter_map(|prototype| prototype.ratio).collect::<Vec<_>>())
    };
    let ratios: Vec<f64> = (0..sample.classes).filter_map(ratio).collect();
    let predicted = judge.map(|judge| judge.classify(&judge.encode(&columns(network))));
    let recognised = |unit: usize, class: usize| {
        predicted.as_ref().is_some_and(|predicted| usize::from(predicted[unit]) == class)
    };
    let share =
        |count: usize, all: usize| (predicted.is_some() && all > 0).then(|| count as f64 / all as f64);
    let own = |one: &&Prototype| recognised(one.unit, one.class);
    let sharp = |one: &&Prototype| own(one) && one.ratio.is_some_and(|ratio| ratio > 1.0);
    let of = |is: &dyn Fn(&&Prototype) -> bool| share(prototypes.iter().filter(is).count(), prototypes.len());
    let largest = largest(units, sample.classes);
    let right = largest.iter().filter(|&&(class, unit)| recognised(unit, class));
    vec![
        (Measure::RecognisedPrototypes, of(&own)),
        (Measure::SharpPrototypes, of(&sharp)),
        (Measure::RecognisedLargest, share(right.count(), largest.len())),
        (Measure::LeastRoughness, ratios.iter().copied().reduce(f64::min)),
        (Measure::MeanRoughness, mean(&ratios)),
        (Measure::ClassesWithoutPrototype, Some((sample.classes - ratios.len()) as f64)),
    ]
}

/// A categorical-unit as an image of its class.
struct Prototype {
    unit: usize,
    class: usize,
    /// Roughness of its column of D over that of the class's mean image.
    ratio: Option<f64>,
}

/// For every class, the [`LARGEST`] live units with the largest columns of C whose largest weight is that class, the
/// largest first: pairs of class and unit.
#[must_use]
pub fn largest(units: &[Unit], classes: usize) -> Vec<(usize, usize)> {
    let of_class = |class: usize| {
        let mut own: Vec<&Unit> = units
            .iter()
            .filter(|unit| unit.kind != UnitKind::Silent && unit.wiring.classifier_norm > 0.0)
            .filter(|unit| unit.wiring.classifier_class == class)
            .collect();
        own.sort_by(|a, b| b.wiring.classifier_norm.total_cmp(&a.wiring.classifier_norm));
        own.into_iter().take(LARGEST).map(move |unit| (class, unit.unit)).collect::<Vec<_>>()
    };
    (0..classes).flat_map(of_class).collect()
}

/// The roughness of an image; `None` if it has no contrast.
#[must_use]
pub fn roughness(pixels: impl Iterator<Item = f64>, (rows, columns): (usize, usize)) -> Option<f64> {
    let pixels: Vec<f64> = pixels.collect();
    let centre = mean(&pixels)?;
    let contrast: f64 = pixels.iter().map(|pixel| (pixel - centre).powi(2)).sum();
    let at = |row: usize, column: usize| pixels[row * columns + column];
    let mut steps = 0.0;
    for row in 0..rows {
        for column in 0..columns {
            if column + 1 < columns {
                steps += (at(row, column + 1) - at(row, column)).powi(2);
            }
            if row + 1 < rows {
                steps += (at(row + 1, column) - at(row, column)).powi(2);
            }
        }
    }
    (contrast > 0.0).then(|| steps / contrast)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roughness_is_that_of_the_closed_form() {
        // A checkerboard of ±1: each of the 4 neighbouring pairs differs by 2; contrast 4.
        assert_eq!(roughness([1.0, -1.0, -1.0, 1.0].into_iter(), (2, 2)), Some(4.0));
        // Two halves: two of the four pairs differ. Contrast and offset do not matter.
        assert_eq!(roughness([7.0, 9.0, 7.0, 9.0].into_iter(), (2, 2)), Some(2.0));
        assert_eq!(roughness([3.0; 4].into_iter(), (2, 2)), None);
    }
}
