//! The rule that divides units into categorical-units and part-units, and how much it decides.
//!
//! Otsu (1979): of all thresholds on the selectivity, the one that makes the variance between the
//! two sides largest. Where the distribution has a valley, the threshold lies in it.

use super::units::{Kind, Unit};

/// How far the threshold is moved to see whether the division depends on it.
pub const SHIFT: f64 = 0.1;

/// Otsu's threshold: between the two neighbouring values where ω₁·ω₂·(μ₁ − μ₂)² is largest, with ω
/// the shares of the values on either side and μ their means. `None` where fewer than two differ.
#[must_use]
pub fn threshold(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (count, total) = (sorted.len() as f64, sorted.iter().sum::<f64>());
    let (mut sum, mut best) = (0.0, None);
    for (at, pair) in sorted.windows(2).enumerate() {
        sum += pair[0];
        let below = (at + 1) as f64;
        let apart = sum / below - (total - sum) / (count - below);
        let between = below * (count - below) * apart * apart;
        if pair[0] < pair[1] && best.is_none_or(|(most, _)| between > most) {
            best = Some((between, f64::midpoint(pair[0], pair[1])));
        }
    }
    best.map(|(_, threshold)| threshold)
}

/// Of the units that are categorical under either of two thresholds, the share that is so under
/// both (Jaccard's index); 1 where there are none.
#[must_use]
pub fn agreement(units: &[Unit], one: f64, other: f64) -> f64 {
    let count = |least: f64| {
        units.iter().filter(|unit| unit.selectivity.is_some_and(|value| value >= least)).count() as f64
    };
    let (both, either) = (count(one.max(other)), count(one.min(other)));
    if either == 0.0 { 1.0 } else { both / either }
}

/// Units of a kind.
#[must_use]
pub fn of_kind(units: &[Unit], kind: Kind) -> Vec<usize> {
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
