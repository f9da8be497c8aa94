//! The fused kernels: what a training step computes with, on slices and without a graph.

pub use super::active::ordered_product;
pub use super::lanes::{dot, sum};
pub use super::product::{Matrix, product};
pub use super::real::Real;
pub use super::unroll::Unroll;
