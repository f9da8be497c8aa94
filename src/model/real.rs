//! Numbers that the fused kernels compute with: f32 for training, f64 for checks.

use num_traits::Float;

/// A floating-point type with matrix products.
pub trait Real: Float + Send + Sync + 'static {
    /// The number nearest to `value`.
    fn of(value: f64) -> Self;
}

impl Real for f32 {
    fn of(value: f64) -> Self {
        value as Self
    }
}

impl Real for f64 {
    fn of(value: f64) -> Self {
        value
    }
}
