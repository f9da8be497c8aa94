//! Training.

pub mod config;

pub use config::{Config, Multipliers, Objective, Optimizer, Phase, Schedule};
