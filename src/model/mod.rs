//! The networks: the recurrent sparse auto-encoder and the families that it is compared with.
//!
//! With input x `[batch, m]`, codes z `[batch, n]` and T iterations from z^0 = 0,
//!
//! ```text
//! z^(t+1) = max(0, E_t·x + S_t·z^t − b_t)      (equation 1)
//! x̂       = D·z^T                              (reconstruction)
//! scores  = C·z^T / ‖z^T‖₂ [+ bias]            (classes)
//! ```
//!
//! [`Wiring`] defines which of the E_t, S_t and b_t the iterations share, and a [`Network`] of the program any other
//! encoder.

mod active;
pub mod budget;
mod config;
mod definition;
mod family;
mod initial;
mod lanes;
mod network;
mod parameters;
mod product;
mod recursion;
mod registry;
mod rows;
mod scalar;
mod slot;
pub(crate) mod tensor_file;
mod unroll;
pub mod weights;
mod wiring;

pub use config::{Bounds, Config};
pub use definition::{Network, slots};
pub use family::Family;
pub use initial::Draw;
pub use network::{Model, NORM_FLOOR};
pub use parameters::{Parameter, Parameters, with_slices};
pub use recursion::Recursion;
pub use registry::{Encoder, register};
pub use slot::{Group, Initial, Slot};
pub use weights::Checkpoint;
pub use wiring::{Input, Start, Tie, Wiring};

/// The fused kernels of a training step, on slices and without a graph.
pub mod kernels {
    pub use super::active::ordered_product;
    pub use super::lanes::{argmax, dot, sum};
    pub use super::product::{Matrix, product};
    pub use super::scalar::Scalar;
    pub use super::unroll::Unroll;
}
