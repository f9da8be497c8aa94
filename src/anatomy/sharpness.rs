//! Roughness of prototypes against that of class means.
//!
//! The roughness of an image is Σ (x_i − x_j)² over all pairs of neighbouring pixels, divided by
//! Σ (x_i − x̄)². It is small if the contrast is in wide, soft areas and large if it is in edges, and does not depend on
//! the magnitude of the contrast. Noise is rough, too, so the roughness is reported with the share of columns that an
//! independent classifier recognises.

use super::measure::{Measure, Values};
use super::network::Network;
use super::path::columns;
use super::sample::Sample;
use super::units::{Unit, UnitKind};
use crate::stats::mean;

/// Comparison of the categorical-units' columns of D with the mean images of their classes. For each class with a
/// categorical-unit, the mean roughness of its columns is divided by that of its mean image; the minimum and the mean over
/// classes are measured, and the share of columns that the judge classifies as the unit's class.
#[must_use]
pub fn sharpness(network: &Network, judge: Option<&Network>, sample: &Sample, units: &[Unit]) -> Values {
    let size = (sample.rows, sample.columns);
    let means = sample.class_means();
    let soft = |class: usize| roughness(means[class].iter().copied(), size);
    let categorical: Vec<(&Unit, usize)> = units
        .iter()
        .filter(|unit| unit.kind == UnitKind::Categorical)
        .filter_map(|unit| Some((unit, unit.class?)))
        .collect();
    let ratio = |class: usize| {
        let own = categorical.iter().filter(|(_, other)| *other == class);
        let rough: Vec<f64> = own
            .filter_map(|(unit, _)| roughness(network.column(unit.unit).into_iter().map(f64::from), size))
            .collect();
        Some(mean(&rough)? / soft(class)?)
    };
    let ratios: Vec<f64> = (0..sample.classes).filter_map(ratio).collect();
    let recognised = judge.and_then(|judge| {
        let predicted = judge.classify(&judge.encode(&columns(network)));
        let right = categorical.iter().filter(|(unit, class)| usize::from(predicted[unit.unit]) == *class);
        (!categorical.is_empty()).then(|| right.count() as f64 / categorical.len() as f64)
    });
    vec![
        (Measure::LeastRoughness, ratios.iter().copied().reduce(f64::min)),
        (Measure::MeanRoughness, mean(&ratios)),
        (Measure::ClassesWithoutPrototype, Some((sample.classes - ratios.len()) as f64)),
        (Measure::RecognisedPrototypes, recognised),
    ]
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
