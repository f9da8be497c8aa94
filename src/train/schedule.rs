//! Where the learning rate stands.

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
