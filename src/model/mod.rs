//! The networks: the recurrent sparse auto-encoder and the families that it is compared with.
//!
//! With input x `[batch, m]`, codes z `[batch, n]` and T iterations from z^0 = 0,
//!
//! ```text
//! z^(t+1) = max(0, E_t·x + S_t·z^t − b_t)      (equation 1)
//! x̂       = D·z^T                              (reconstruction)
//! scores  = C·z^T / ‖z^T‖₂                     (classes)
//! ```
//!
//! [`family`] defines which of the E_t, S_t and b_t a family shares or leaves out.

mod active;
pub mod budget;
pub mod family;
mod graph;
mod initial;
mod iterations;
mod lanes;
mod network;
mod parameters;
mod product;
mod rows;
mod scalar;
pub(crate) mod tensor_file;
mod unroll;
pub mod weights;

pub use family::{Bounds, Config, Family, Group};
pub use iterations::iterate;
pub use network::{Model, NORM_FLOOR};
pub use parameters::{Parameter, Parameters};
pub use weights::Checkpoint;

/// The fused kernels of a training step, on slices and without a graph.
pub mod kernels {
    pub use super::active::ordered_product;
    pub use super::lanes::{argmax, dot, sum};
    pub use super::product::{Matrix, product};
    pub use super::scalar::Scalar;
    pub use super::unroll::Unroll;
}
