//! The networks.

pub mod budget;
pub mod config;
mod drsae;
mod mlp;
mod untied;
pub mod wiring;

pub use config::{Bounds, Config, Family};

use serde::{Deserialize, Serialize};

/// Parameters that play one part in the equations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// E: drives the units from the input.
    Encoder,
    /// S: drives the units from each other.
    Recurrent,
    /// b: what the drive must exceed.
    Threshold,
    /// D: reconstructs the input.
    Decoder,
    /// C: scores the classes.
    Classifier,
}
