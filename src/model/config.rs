//! The `[model]` table of a spec.

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// A family of networks: how weights are shared over the iterations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// The recurrent encoder: E, S and b shared by all iterations.
    Drsae,
    /// Its own E, S and b at every iteration.
    Untied,
    /// E shared; its own S and b at every iteration.
    UntiedRecurrent,
    /// A feed-forward ReLU network of T hidden layers with the same two decoders.
    Mlp,
}

impl Family {
    /// Every family, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Drsae, Self::Untied, Self::UntiedRecurrent, Self::Mlp];

    /// The name in specs and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drsae => "drsae",
            Self::Untied => "untied",
            Self::UntiedRecurrent => "untied-recurrent",
            Self::Mlp => "mlp",
        }
    }
}

/// Norm bounds that hold after every update; a row or column inside its bound is left
/// alone.
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

/// What a network is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How weights are shared over the iterations.
    #[serde(default = "default_family")]
    pub family: Family,
    /// Iterations T of the encoder (for `mlp`: hidden layers).
    #[serde(default = "default_steps")]
    pub steps: usize,
    /// Hidden units n (for `mlp`: in each layer).
    #[serde(default = "default_hidden")]
    pub hidden: usize,
    /// Clamp D to non-negative values after every update. Inputs are then scaled to unit
    /// norm without centring.
    #[serde(default)]
    pub decoder_nonnegative: bool,
    /// Step size α of the ISTA iteration that the encoder starts as; 1/T where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_step: Option<f64>,
    /// Norm bounds.
    #[serde(default)]
    pub bounds: Bounds,
}

fn default_family() -> Family {
    Family::Drsae
}

fn default_steps() -> usize {
    11
}

fn default_hidden() -> usize {
    400
}

impl Default for Config {
    fn default() -> Self {
        Self {
            family: default_family(),
            steps: default_steps(),
            hidden: default_hidden(),
            decoder_nonnegative: false,
            initial_step: None,
            bounds: Bounds::default(),
        }
    }
}

impl Config {
    /// Refuses sizes and bounds that no network can have.
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
