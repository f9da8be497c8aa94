//! The `[model]` table of a spec: the families of networks, and which parameters each iteration reads.
//!
//! All families are one recursion from z^0 = 0, z^(t+1) = max(0, E_t·x + S_t·z^t − b_t). They differ in
//! which of E_t, S_t and b_t are the same tensor at every iteration, or absent.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// A family of networks, defined by the sharing of weights between the iterations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// The recurrent encoder (equation 1): E, S and b shared by all iterations.
    #[default]
    Drsae,
    /// Its own E, S and b at every iteration.
    Untied,
    /// E shared; its own S and b at every iteration.
    UntiedRecurrent,
    /// A feed-forward ReLU network of T hidden layers with the same two decoders: the input enters
    /// below the first layer alone.
    Mlp,
}

/// The role of a parameter in the equations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// E: drives the units from the input.
    Encoder,
    /// S: drives the units from each other.
    Recurrent,
    /// b: is subtracted from the drive.
    Threshold,
    /// D: reconstructs the input.
    Decoder,
    /// C: scores the classes.
    Classifier,
}

/// Names of the parameters that one iteration reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// E_t `[hidden, inputs]`; `None` if the iteration does not read the input.
    pub encoder: Option<String>,
    /// S_t `[hidden, hidden]`; `None` if the iteration does not read the previous code.
    pub recurrent: Option<String>,
    /// b_t `[hidden]`.
    pub threshold: String,
}

/// Name, role and shape of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Name in `model.safetensors`.
    pub name: String,
    /// Role in the equations.
    pub group: Group,
    /// `[rows, columns]`, or `[length]`.
    pub shape: Vec<usize>,
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

    /// The parameters of iteration `t`, from 0. The first iteration has no S, because z^0 = 0.
    fn step(self, t: usize) -> Step {
        let own = |name: &str| format!("{name}_{}", t + 1);
        let shared = str::to_owned;
        let (encoder, recurrent, threshold) = match self {
            Self::Drsae => (Some(shared("encoder")), shared("recurrent"), shared("threshold")),
            Self::Untied => (Some(own("encoder")), own("recurrent"), own("threshold")),
            Self::UntiedRecurrent => (Some(shared("encoder")), own("recurrent"), own("threshold")),
            Self::Mlp => ((t == 0).then(|| shared("encoder")), own("recurrent"), own("threshold")),
        };
        Step { encoder, recurrent: (t > 0).then_some(recurrent), threshold }
    }
}

/// The iterations of a network, first to last.
#[must_use]
pub fn steps(config: &Config) -> Vec<Step> {
    (0..config.steps).map(|t| config.family.step(t)).collect()
}

/// Every parameter once, in the order in which the iterations first read them, then D
/// `[inputs, hidden]` and C `[classes, hidden]`.
#[must_use]
pub fn slots(config: &Config, inputs: usize, classes: usize) -> Vec<Slot> {
    let hidden = config.hidden;
    let (mut slots, mut known) = (Vec::new(), HashSet::new());
    let mut add = |name: String, group, shape: &[usize]| {
        if known.insert(name.clone()) {
            slots.push(Slot { name, group, shape: shape.to_vec() });
        }
    };
    for step in steps(config) {
        if let Some(name) = step.encoder {
            add(name, Group::Encoder, &[hidden, inputs]);
        }
        if let Some(name) = step.recurrent {
            add(name, Group::Recurrent, &[hidden, hidden]);
        }
        add(step.threshold, Group::Threshold, &[hidden]);
    }
    add("decoder".into(), Group::Decoder, &[inputs, hidden]);
    add("classifier".into(), Group::Classifier, &[classes, hidden]);
    slots
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn names(family: Family, steps: usize) -> Vec<String> {
        let config = Config { family, steps, ..Config::default() };
        slots(&config, 784, 10).into_iter().map(|slot| slot.name).collect()
    }

    #[test]
    fn parameters_are_listed_once_where_they_are_first_read() {
        let shared = ["encoder", "threshold", "recurrent", "decoder", "classifier"];
        assert_eq!(names(Family::Drsae, 3), shared);
        let layers = ["encoder", "threshold_1", "recurrent_2", "threshold_2", "decoder", "classifier"];
        assert_eq!(names(Family::Mlp, 2), layers);
        assert_eq!(names(Family::UntiedRecurrent, 2), layers);
        let untied = ["encoder_1", "threshold_1", "encoder_2", "recurrent_2", "threshold_2"];
        assert_eq!(names(Family::Untied, 2), [&untied[..], &layers[4..]].concat());
    }
}
