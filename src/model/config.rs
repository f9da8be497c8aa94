//! The `[model]` table of a spec.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Table;

use super::Family;
use super::wiring::{Input, Start, Tie, Wiring};
use crate::Invalid;

/// Norm bounds, enforced after every update; a row or column within its bound keeps its bits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bounds {
    /// Largest ℓ2 norm of a column of D.
    pub decoder: f64,
    /// Largest ℓ2 norm of a row of E, times the number of iterations that the input enters. Does not apply to the
    /// start `he`.
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
    /// A wiring of the recursion, or a network of the program.
    pub family: Family,
    /// Iterations T of the encoder (for `mlp`: hidden layers).
    pub steps: usize,
    /// Hidden units n (for `mlp`: in each layer).
    pub hidden: usize,
    /// Clamp D to non-negative values after every update. Images are then not centred, unless `data.centre` says so.
    pub decoder_nonnegative: bool,
    /// Step size α of the initial ISTA steps; where absent, one over their number: T, or 1 for `residual-mlp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_step: Option<f64>,
    /// The iterations that the input enters, in place of the family's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Input>,
    /// Initial values of E, S and b, in place of the family's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    /// Norm bounds.
    pub bounds: Bounds,
    /// Parameters that all iterations share, in place of the family's.
    #[serde(skip_serializing_if = "Tie::is_absent")]
    pub tie: Tie,
    /// Settings of networks of the program, by family.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, Table>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            family: Family::Drsae,
            steps: 11,
            hidden: 400,
            decoder_nonnegative: false,
            initial_step: None,
            input: None,
            start: None,
            bounds: Bounds::default(),
            tie: Tie::default(),
            options: BTreeMap::new(),
        }
    }
}

impl Config {
    /// Rejects sizes and bounds that no network can have, and settings that the family ignores.
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
        let of_wirings = [
            ("model.tie", !self.tie.is_absent()),
            ("model.input", self.input.is_some()),
            ("model.start", self.start.is_some()),
        ];
        match of_wirings.into_iter().find(|(_, given)| *given && self.wiring().is_none()) {
            Some((key, _)) => {
                Err(Invalid::new(key, format!("is no setting of the family `{}`", self.family)))
            }
            None => Ok(()),
        }
    }

    /// The wiring of the recursion: the family's, with the settings that are given; `None` for a network of the
    /// program.
    #[must_use]
    pub fn wiring(&self) -> Option<Wiring> {
        Wiring::of(self.family).map(|wiring| wiring.with(self.tie, self.input, self.start))
    }
}
