//! The `[model]` table of a spec.

use serde::{Deserialize, Serialize};

use super::Family;
use crate::Invalid;

/// Norm bounds, enforced after every update; a row or column within its bound keeps its bits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bounds {
    /// Largest ℓ2 norm of a column of D.
    pub decoder: f64,
    /// Largest ℓ2 norm of a row of E, times T. Does not apply to `mlp`.
    pub encoder: f64,
    /// Largest ℓ2 norm of a row of C.
    pub classifier: f64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { decoder: 1.0, encoder: 1.25, classifier: 5.0 }
    }
}

/// Family and size of a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Sharing of weights between the iterations.
    pub family: Family,
    /// Iterations T of the encoder (for `mlp`: hidden layers).
    pub steps: usize,
    /// Hidden units n (for `mlp`: in each layer).
    pub hidden: usize,
    /// Clamp D to non-negative values after every update. Inputs are then scaled to unit
    /// norm without centring.
    pub decoder_nonnegative: bool,
    /// Step size α of the ISTA iteration that the encoder starts as; 1/T where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_step: Option<f64>,
    /// Norm bounds.
    pub bounds: Bounds,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            family: Family::Drsae,
            steps: 11,
            hidden: 400,
            decoder_nonnegative: false,
            initial_step: None,
            bounds: Bounds::default(),
        }
    }
}

impl Config {
    /// Rejects sizes and bounds that no network can have.
    ///
    /// # Errors
    /// Names the first setting that cannot be used.
    pub fn validate(&self) -> Result<(), Invalid> {
        let whole = [("model.steps", self.steps, 1000), ("model.hidden", self.hidden, 1_000_000)];
        for (key, value, most) in whole {
            if !(1..=most).contains(&value) {
                return Err(Invalid::new(key, format!("must be between 1 and {most}, not {value}")));
            }
        }
        let positive = [
            ("model.bounds.decoder", self.bounds.decoder),
            ("model.bounds.encoder", self.bounds.encoder),
            ("model.bounds.classifier", self.bounds.classifier),
            ("model.initial_step", self.initial_step.unwrap_or(1.0)),
        ];
        for (key, value) in positive {
            if !(value.is_finite() && value > 0.0) {
                return Err(Invalid::new(key, format!("must be positive, not {value}")));
            }
        }
        Ok(())
    }

    /// Step size α of the initial ISTA iteration.
    #[must_use]
    pub fn initial_step(&self) -> f64 {
        self.initial_step.unwrap_or(1.0 / self.steps as f64)
    }
}
