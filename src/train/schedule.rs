//! The learning rate of each update.

use std::f64::consts::PI;

use super::config::{Phase, Schedule};

/// The learning rate of the mini-batch `update` (from 0) of a phase of `updates`.
#[must_use]
pub fn rate(phase: &Phase, update: usize, updates: usize) -> f64 {
    match phase.schedule {
        Schedule::Constant => phase.rate,
        Schedule::Cosine => phase.rate * 0.5 * (1.0 + (PI * update as f64 / updates.max(1) as f64).cos()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phase(schedule: &str) -> Phase {
        toml::from_str(&format!("epochs = 2\nrate = 0.5\nschedule = \"{schedule}\"")).unwrap()
    }

    #[test]
    fn cosine_falls_from_the_rate_through_its_half_to_zero() {
        let at = |update| rate(&phase("cosine"), update, 300);
        assert_eq!(at(0), 0.5);
        assert!((at(100) - 0.375).abs() < 1e-15, "{}", at(100));
        assert!((at(150) - 0.25).abs() < 1e-15, "{}", at(150));
        assert!(at(300).abs() < 1e-15, "{}", at(300));
        assert!((0..300).all(|update| at(update) > at(update + 1)));
    }

    #[test]
    fn constant_stays() {
        assert!((0..300).all(|update| rate(&phase("constant"), update, 300) == 0.5));
    }
}
