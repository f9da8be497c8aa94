//! Properties of single units, and their division into categorical-units and part-units.
//!
//! The division is a threshold on the selectivity (Otsu 1979): the threshold that maximises the variance between the two
//! sides. If the distribution has a valley, the threshold lies in it.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::activity::Activity;
use super::network::Network;
use super::wiring::{UnitWiring, wiring};
use crate::model::kernels::argmax;

/// Number of draws of parts.
pub const DRAWS: usize = 5;
/// Selectivity above which a unit answers to hardly any class but its own.
pub const SELECTIVE: f64 = 0.9;
/// Shift of the threshold that tests whether the division depends on it.
pub const SHIFT: f64 = 0.1;

/// Kind of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnitKind {
    /// Its activity belongs to one class.
    Categorical,
    /// Its activity is shared by classes.
    Part,
    /// It is active for no image of the sample.
    #[default]
    Silent,
}

impl UnitKind {
    /// The name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Categorical => "categorical",
            Self::Part => "part",
            Self::Silent => "silent",
        }
    }
}

/// Properties of a unit. Optional ones are absent if the unit is active for no image.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Unit {
    /// Its index in the code, from 0.
    pub unit: usize,
    /// Its kind.
    pub kind: UnitKind,
    /// The class c with the largest mean activity p_c.
    pub class: Option<usize>,
    /// max_c p_c / Σ_c p_c: 1/l for a unit that is equally active for all classes, 1 for a single class.
    pub selectivity: Option<f64>,
    /// Classes with at least half of the largest p_c.
    pub classes: usize,
    /// Properties of its weights.
    pub wiring: UnitWiring,
    /// [`Activity::input_share`].
    pub input_share: Option<f64>,
    /// [`Activity::half_rise`].
    pub half_rise: Option<f64>,
    /// [`Activity::second_iteration`].
    pub second_iteration: Option<f64>,
    /// Mean of z^T over all images.
    pub mean_activity: f64,
    /// [`Activity::while_active_at_t`].
    pub active_mean: Option<f64>,
    /// Share of the images with z^T > 0.
    pub frequency: f64,
}

/// The units of a network; every live unit is a part until [`divide`] is called.
#[must_use]
pub fn units(network: &Network, activity: &Activity) -> Vec<Unit> {
    wiring(network).into_iter().enumerate().map(|(unit, wiring)| of(activity, unit, wiring)).collect()
}

fn of(activity: &Activity, unit: usize, wiring: UnitWiring) -> Unit {
    let shares: Vec<f64> = activity.by_class.iter().map(|means| means[unit]).collect();
    let total: f64 = shares.iter().sum();
    let live = activity.active[unit] > 0;
    let class = argmax(&shares);
    let most = shares[class];
    Unit {
        unit,
        kind: if live { UnitKind::Part } else { UnitKind::Silent },
        class: live.then_some(class),
        selectivity: live.then(|| most / total),
        classes: if live { shares.iter().filter(|&&share| share >= 0.5 * most).count() } else { 0 },
        wiring,
        input_share: activity.input_share(unit),
        half_rise: activity.half_rise(unit),
        second_iteration: activity.second_iteration(unit),
        mean_activity: activity.last()[unit],
        active_mean: activity.while_active_at_t(unit),
        frequency: activity.active[unit] as f64 / activity.images as f64,
    }
}

/// Divides the live units: those with at least this selectivity are categorical, the others parts.
pub fn divide(units: &mut [Unit], threshold: f64) {
    for unit in units {
        unit.kind = match unit.selectivity {
            None => UnitKind::Silent,
            Some(selectivity) if selectivity >= threshold => UnitKind::Categorical,
            Some(_) => UnitKind::Part,
        };
    }
}

/// Selectivities of the live units.
#[must_use]
pub fn selectivities(units: &[Unit]) -> Vec<f64> {
    units.iter().filter_map(|unit| unit.selectivity).collect()
}

/// Otsu's threshold: between the two neighbouring values where ω₁·ω₂·(μ₁ − μ₂)² is largest, with ω
/// the shares of the values on either side and μ their means. `None` if all values are equal.
#[must_use]
pub fn threshold(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (count, total) = (sorted.len() as f64, sorted.iter().sum::<f64>());
    let (mut sum, mut best) = (0.0, None);
    for (at, pair) in sorted.windows(2).enumerate() {
        sum += pair[0];
        let below = (at + 1) as f64;
        let gap = sum / below - (total - sum) / (count - below);
        let between = below * (count - below) * gap * gap;
        if pair[0] < pair[1] && best.is_none_or(|(most, _)| between > most) {
            best = Some((between, f64::midpoint(pair[0], pair[1])));
        }
    }
    best.map(|(_, threshold)| threshold)
}

/// Jaccard's index of the units that are categorical under two thresholds; 1 if there are none.
#[must_use]
pub fn agreement(units: &[Unit], one: f64, other: f64) -> f64 {
    let count = |least: f64| {
        units.iter().filter(|unit| unit.selectivity.is_some_and(|value| value >= least)).count() as f64
    };
    let (both, either) = (count(one.max(other)), count(one.min(other)));
    if either == 0.0 { 1.0 } else { both / either }
}

/// Random draws of as many parts as there are categorical-units, or of all parts if there are fewer.
#[must_use]
pub fn draw_parts(units: &[Unit], random: &mut ChaCha8Rng) -> [Vec<usize>; DRAWS] {
    let (categorical, mut parts) = (of_kind(units, UnitKind::Categorical), of_kind(units, UnitKind::Part));
    std::array::from_fn(|_| {
        parts.shuffle(random);
        parts[..categorical.len().min(parts.len())].to_vec()
    })
}

/// Indices of the units of a kind.
#[must_use]
pub fn of_kind(units: &[Unit], kind: UnitKind) -> Vec<usize> {
    units.iter().filter(|unit| unit.kind == kind).map(|unit| unit.unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_lies_in_the_valley() {
        // By hand: 6 values around 0.15 and 3 around 0.9.
        let values = [0.1, 0.12, 0.15, 0.2, 0.18, 0.16, 0.85, 0.9, 0.95];
        assert_eq!(threshold(&values), Some(f64::midpoint(0.2, 0.85)));
        assert_eq!(threshold(&[0.3; 4]), None);
        assert_eq!(threshold(&[]), None);
        assert_eq!(threshold(&[1.0, 2.0]), Some(1.5));
    }
}
