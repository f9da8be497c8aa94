//! The learning rate of each update.

use std::f64::consts::PI;

use super::config::{Phase, Schedule};

/// The position of an update in the schedule of a trial.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// The mini-batch of the phase, from 0.
    pub update: usize,
    /// Mini-batches of the phase.
    pub of: usize,
    /// Mini-batches of all phases before.
    pub before: usize,
}

/// The learning rate of an update of a phase.
#[must_use]
pub(super) fn rate(phase: &Phase, clock: Clock) -> f64 {
    let Clock { update, of, before } = clock;
    match phase.schedule {
        Schedule::Constant => phase.rate,
        Schedule::Cosine => phase.rate * 0.5 * (1.0 + (PI * update as f64 / of.max(1) as f64).cos()),
        Schedule::Hyperbolic => phase.rate / (1.0 + phase.decay.unwrap_or(0.0) * (before + update) as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(settings: &str, update: usize, before: usize) -> f64 {
        let phase: Phase = toml::from_str(&format!("epochs = 2\nrate = 0.5\n{settings}")).unwrap();
        rate(&phase, Clock { update, of: 300, before })
    }

    #[test]
    fn cosine_falls_from_the_rate_through_its_half_to_zero() {
        let at = |update| at("schedule = \"cosine\"", update, 7);
        assert_eq!(at(0), 0.5);
        assert!((at(100) - 0.375).abs() < 1e-15, "{}", at(100));
        assert!((at(150) - 0.25).abs() < 1e-15, "{}", at(150));
        assert!(at(300).abs() < 1e-15, "{}", at(300));
        assert!((0..300).all(|update| at(update) > at(update + 1)));
    }

    #[test]
    fn constant_stays() {
        assert!((0..300).all(|update| at("schedule = \"constant\"", update, 7) == 0.5));
    }

    #[test]
    fn hyperbolic_continues_over_the_phases() {
        let at = |update, before| at("schedule = \"hyperbolic\"\ndecay = 0.01", update, before);
        assert_eq!([at(0, 0), at(100, 0), at(300, 0)], [0.5, 0.25, 0.125]);
        assert_eq!([at(0, 100), at(200, 100)], [0.25, 0.125]);
    }
}
