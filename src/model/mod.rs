//! The networks: the recurrent sparse auto-encoder and the untied ones it is compared with.
//!
//! With input x `[batch, m]`, codes z `[batch, n]` and T iterations from z^0 = 0,
//!
//! ```text
//! z^(t+1) = max(0, E_t·x + S_t·z^t − b_t)      (equation 1)
//! x̂       = D·z^T                              (reconstruction)
//! scores  = C·z^T / ‖z^T‖₂                     (classes)
//! ```
//!
//! [`wiring`] says which of the E_t, S_t and b_t a family shares or leaves out.

mod active;
pub mod budget;
pub mod config;
mod drsae;
mod graph;
mod initial;
mod iterations;
pub mod kernels;
mod lanes;
mod mlp;
mod network;
mod parameters;
mod product;
mod real;
mod rows;
mod step;
mod unroll;
mod untied;
pub mod weights;
pub mod wiring;

pub use config::{Bounds, Config, Family};
pub use iterations::iterate;
pub use network::{Model, NORM_FLOOR};
pub use parameters::{Parameter, Parameters};

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

impl Group {
    /// Every group.
    pub const ALL: [Self; 5] =
        [Self::Encoder, Self::Recurrent, Self::Threshold, Self::Decoder, Self::Classifier];
}
