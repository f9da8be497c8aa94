//! Properties of units that follow from the weights alone. The author's figures plot them against the angle between a unit's
//! row of E and its column of D.

use std::f64::consts::PI;

use super::network::Network;
use crate::model::kernels::argmax;

/// Above this angle of E and D a unit is categorical for the author, 0.7 rad; degrees.
pub const CATEGORICAL_ANGLE: f64 = 0.7 * 180.0 / PI;
/// Below this angle it is a part for the author, 0.5 rad; between the two it is neither. Degrees.
pub const PART_ANGLE: f64 = 0.5 * 180.0 / PI;

/// Properties of a unit's weights.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct UnitWiring {
    /// Angle between its row of E and its column of D, degrees; absent if one is zero.
    pub angle: Option<f64>,
    /// Norm of its row of S − I.
    pub recurrent_norm: f64,
    /// Norm of its column of C.
    pub classifier_norm: f64,
    /// The class c with the largest C_cj; the first of equals.
    pub classifier_class: usize,
    /// Mean of its column of D.
    pub decoder_mean: f64,
    /// Angle between its rows of S − I and of −DᵀD, degrees: 0 for ISTA.
    pub ista_angle: Option<f64>,
    /// Angle of the units that it receives from, Σ_(k≠j) |S_jk|·angle_k / Σ_(k≠j) |S_jk|, degrees; units without an angle
    /// are left out.
    pub afferent_angle: Option<f64>,
}

impl UnitWiring {
    /// Returns true if the unit is categorical by its angle.
    #[must_use]
    pub fn is_categorical(&self) -> bool {
        self.angle.is_some_and(|angle| angle > CATEGORICAL_ANGLE)
    }

    /// Returns true if the unit is a part by its angle.
    #[must_use]
    pub fn is_part(&self) -> bool {
        self.angle.is_some_and(|angle| angle < PART_ANGLE)
    }
}

/// The wiring of every unit.
#[must_use]
pub fn wiring(network: &Network) -> Vec<UnitWiring> {
    let gram = network.gram();
    let all: Vec<usize> = (0..network.hidden).collect();
    let of = |unit: usize| {
        let (row, column) = (network.row(unit), network.column(unit));
        let weights = network.class_weights(unit);
        let change = |from: &usize| network.connection(unit, *from) - f64::from(u8::from(*from == unit));
        let pairs = row.iter().zip(&column).map(|(&e, &d)| (f64::from(e), f64::from(d)));
        UnitWiring {
            angle: angle(pairs),
            recurrent_norm: norm(all.iter().map(change)),
            classifier_norm: norm(weights.iter().copied()),
            classifier_class: argmax(&weights),
            decoder_mean: column.iter().copied().map(f64::from).sum::<f64>() / column.len() as f64,
            ista_angle: ista_angle(network, &gram, unit, &all),
            afferent_angle: None,
        }
    };
    let mut wiring: Vec<UnitWiring> = (0..network.hidden).map(of).collect();
    let angles: Vec<Option<f64>> = wiring.iter().map(|unit| unit.angle).collect();
    for (unit, own) in wiring.iter_mut().enumerate() {
        own.afferent_angle = afferent_angle(network, unit, &angles);
    }
    wiring
}

fn afferent_angle(network: &Network, unit: usize, angles: &[Option<f64>]) -> Option<f64> {
    let (mut sum, mut whole) = (0.0, 0.0);
    for (from, angle) in angles.iter().enumerate().filter(|&(from, _)| from != unit) {
        if let Some(angle) = angle {
            let weight = network.connection(unit, from).abs();
            sum += weight * angle;
            whole += weight;
        }
    }
    (whole > 0.0).then(|| sum / whole)
}

/// The angle between a unit's rows of S − I and of −DᵀD, over the connections from some units, degrees.
pub(super) fn ista_angle(network: &Network, gram: &[f32], unit: usize, from: &[usize]) -> Option<f64> {
    let pair = |&from: &usize| {
        let change = network.connection(unit, from) - f64::from(u8::from(from == unit));
        (change, -f64::from(gram[unit * network.hidden + from]))
    };
    angle(from.iter().map(pair))
}

/// The angle between two vectors in degrees, from pairs of their entries; `None` if one is zero.
pub(super) fn angle(pairs: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (mut product, mut one, mut other) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        product += a * b;
        one += a * a;
        other += b * b;
    }
    let norms = (one * other).sqrt();
    (norms > 0.0).then(|| (product / norms).clamp(-1.0, 1.0).acos().to_degrees())
}

fn norm(numbers: impl Iterator<Item = f64>) -> f64 {
    numbers.map(|number| number * number).sum::<f64>().sqrt()
}
