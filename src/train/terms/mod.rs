//! The terms of the objective that every program has.

mod adversarial;
mod every_step;
mod random_step;

pub(super) use adversarial::Adversarial;
pub(super) use every_step::EveryStep;
pub(super) use random_step::RandomStep;
