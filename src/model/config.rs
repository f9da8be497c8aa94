//! The `[model]` table of a spec.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Table;

use super::Family;
use super::wiring::{Input, Start, Tie, Wiring};
use crate::Invalid;

/// Norm bounds, enforced after an update; a row or column within its bound keeps its bits.
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
    /// Number of updates between enforcements of the bounds on D and E, counted within each phase. The bound on C is
    /// enforced after every update.
    #[serde(skip_serializing_if = "is_one")]
    pub every: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_one(number: &usize) -> bool {
    *number == 1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

impl Default for Bounds {
    fn default() -> Self {
        Self { decoder: 1.0, encoder: 1.25, classifier: 5.0, every: 1 }
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
    /// Initial value of every threshold, in place of that of the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_threshold: Option<f64>,
    /// Share of a training image, drawn by the seed, that is added to each column of the initial D. The columns have unit
    /// norm before and after that.
    #[serde(skip_serializing_if = "is_zero")]
    pub initial_images: f64,
    /// ℓ2 norm of each row of the initial C, whose direction is random. C starts at zero by default.
    #[serde(skip_serializing_if = "is_zero")]
    pub initial_classifier: f64,
    /// Add a trained bias to the class scores, which starts at zero and shares the learning rate of C.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub classifier_bias: bool,
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
            initial_threshold: None,
            initial_images: 0.0,
            initial_classifier: 0.0,
            classifier_bias: false,
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
        let whole = [
            ("model.steps", self.steps, 1000),
            ("model.hidden", self.hidden, 1_000_000),
            ("model.bounds.every", self.bounds.every, 1_000_000),
        ];
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
        let not_negative = [
            ("model.initial_threshold", self.initial_threshold.unwrap_or_default()),
            ("model.initial_images", self.initial_images),
            ("model.initial_classifier", self.initial_classifier),
        ];
        for (key, value) in not_negative {
            if !(value.is_finite() && value >= 0.0) {
                return Err(Invalid::new(key, format!("must be zero or more, not {value}")));
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
