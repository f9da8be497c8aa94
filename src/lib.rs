//! Discriminative recurrent sparse auto-encoders (Rolfe & `LeCun`, ICLR 2013) and a
//! reproducible sweep harness around them.
//!
//! Data flow through the crate in one line:
//!
//! ```text
//! spec -> plan -> engine -> train (data, model) -> store -> analysis -> report
//! ```
//!
//! [`spec`] validates a spec, [`plan`] lists its trials, [`engine`] runs them, [`train`] computes, and [`store`] writes
//! the results. [`analysis`] computes tables from them, [`report`] draws figures and pages, and [`export`] writes
//! the results for other tools. [`anatomy`] measures the hidden units of trained networks. Training and analysis
//! communicate only through files on disk, which [`verify`] checks.

// Both macros panic if the stream fails, so `cli::terminal` writes all output.
#![cfg_attr(not(test), warn(clippy::print_stdout, clippy::print_stderr))]

pub mod analysis;
pub mod anatomy;
pub mod bench;
pub mod cli;
pub mod compare;
pub mod conformance;
pub mod data;
pub mod device;
pub mod engine;
pub mod export;
mod hash;
mod memory;
pub mod model;
pub mod options;
pub mod plan;
pub mod provenance;
pub mod report;
pub mod rng;
mod simd;
pub mod slurm;
pub mod spec;
pub mod stats;
pub mod store;
pub mod study;
mod text;
mod threads;
pub mod train;
pub mod value;
pub mod verify;

pub use cli::Cli;

/// Version of everything that decides the bits of a result. It is part of every trial's
/// id: raise it when the same config would train to other numbers than before.
pub const NUMERICS_VERSION: u32 = 1;

/// A setting that is well-formed but cannot be used, named by its dotted key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` {reason}")]
pub struct Invalid {
    /// Dotted path of the setting in the spec, such as `model.steps`.
    pub key: String,
    /// The problem and the remedy; reads on after the key.
    pub reason: String,
}

impl Invalid {
    /// `reason` reads on after the key: "must be at least 1, not 0".
    pub fn new(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { key: key.into(), reason: reason.into() }
    }
}
