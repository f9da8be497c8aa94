//! One row a unit: what it answers to, where its drive comes from, and which kind it is.

use serde::{Deserialize, Serialize};

use super::activity::Activity;
use super::network::Network;

/// Which kind of unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Its activity belongs to one class.
    Categorical,
    /// Its activity is shared by classes.
    Part,
    /// It answers to no image of the sample.
    Silent,
}

impl Kind {
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

/// A unit's figures. Those of its answers are absent where it answers to no image.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Its place in the code, from 0.
    pub unit: usize,
    /// Which kind.
    pub kind: Kind,
    /// The class c that it answers to most: the largest mean activity p_c.
    pub class: Option<usize>,
    /// max_c p_c / Σ_c p_c: 1/l for a unit that answers to all classes alike, 1 for one class alone.
    pub selectivity: Option<f64>,
    /// Classes with at least half of the largest p_c.
    pub classes: usize,
    /// Angle between its row of E and its column of D, degrees.
    pub angle: Option<f64>,
    /// [`Activity::input_share`].
    pub input_share: Option<f64>,
    /// [`Activity::half_rise`].
    pub half_rise: Option<f64>,
    /// Mean of z^T over all images.
    pub mean_activity: f64,
    /// Share of the images with z^T > 0.
    pub frequency: f64,
}

/// The units of a network, with every live one a part until [`divide`] says otherwise.
#[must_use]
pub fn units(network: &Network, activity: &Activity) -> Vec<Unit> {
    (0..network.hidden).map(|unit| of(network, activity, unit)).collect()
}

fn of(network: &Network, activity: &Activity, unit: usize) -> Unit {
    let shares: Vec<f64> = activity.by_class.iter().map(|means| means[unit]).collect();
    let total: f64 = shares.iter().sum();
    let live = activity.active[unit] > 0;
    let class = (0..shares.len()).fold(0, |best, at| if shares[at] > shares[best] { at } else { best });
    let most = shares[class];
    Unit {
        unit,
        kind: if live { Kind::Part } else { Kind::Silent },
        class: live.then_some(class),
        selectivity: live.then(|| most / total),
        classes: if live { shares.iter().filter(|&&share| share >= 0.5 * most).count() } else { 0 },
        angle: angle(network.row(unit), &network.column(unit)),
        input_share: activity.input_share(unit),
        half_rise: activity.half_rise(unit),
        mean_activity: activity.last()[unit],
        frequency: activity.active[unit] as f64 / activity.images as f64,
    }
}

/// Calls the live units with at least this selectivity categorical, the others parts.
pub fn divide(units: &mut [Unit], threshold: f64) {
    for unit in units {
        unit.kind = match unit.selectivity {
            None => Kind::Silent,
            Some(selectivity) if selectivity >= threshold => Kind::Categorical,
            Some(_) => Kind::Part,
        };
    }
}

/// The angle between two vectors, degrees; `None` where one is 0.
fn angle(one: &[f32], other: &[f32]) -> Option<f64> {
    let product =
        |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum() };
    let norms = (product(one, one) * product(other, other)).sqrt();
    (norms > 0.0).then(|| (product(one, other) / norms).clamp(-1.0, 1.0).acos().to_degrees())
}
