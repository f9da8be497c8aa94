//! The `[objective]` and `[training]` tables of a spec.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Table;

use super::batches::Noise;
use super::registry::WeightedTerm;
use crate::Invalid;
use crate::model::Group;

// The product of these limits fits into 64 bits.
/// Maximum number of images in a mini-batch.
const MOST_IMAGES: usize = 1_000_000;
/// Maximum number of phases of a schedule.
const MOST_PHASES: usize = 1000;
/// Maximum number of epochs of a phase.
const MOST_EPOCHS: usize = 1_000_000;

/// Weights of the two penalty terms (equations 2 and 3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Objective {
    /// λ, the weight of ‖z‖₁.
    pub sparsity: f64,
    /// γ, the weight of the class term in discriminative phases.
    pub discriminative_weight: f64,
    /// Further terms by name, each with its `weight` and its own settings: `every-step`, `random-step` and `adversarial`
    /// (docs/METHODOLOGY.md, "Further terms"), and those of the program.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub terms: BTreeMap<String, Table>,
}

impl Default for Objective {
    fn default() -> Self {
        Self { sparsity: 0.005, discriminative_weight: 1.0, terms: BTreeMap::new() }
    }
}

impl Objective {
    /// Rejects weights that are negative or not finite, and terms that the program does not have.
    ///
    /// # Errors
    /// Names the first setting that cannot be used.
    pub fn validate(&self) -> Result<(), Invalid> {
        not_negative("objective.sparsity", self.sparsity)?;
        not_negative("objective.discriminative_weight", self.discriminative_weight)?;
        self.terms().map(drop)
    }

    /// Writes out the defaults of the terms.
    ///
    /// # Errors
    /// See [`Objective::terms`].
    pub fn resolve(&mut self) -> Result<(), Invalid> {
        for (name, table) in &mut self.terms {
            *table = WeightedTerm::resolve(name, table)?;
        }
        Ok(())
    }

    /// The further terms whose weight is not zero.
    ///
    /// # Errors
    /// The program has no such term, or the term no such setting.
    pub fn terms(&self) -> Result<Vec<WeightedTerm>, Invalid> {
        let mut terms: Vec<_> = self
            .terms
            .iter()
            .map(|(name, table)| WeightedTerm::read(name, table))
            .collect::<Result<_, _>>()?;
        terms.retain(|weighted| weighted.weight > 0.0);
        Ok(terms)
    }
}

/// The operations of the graph that candle differentiates.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Gradient {
    /// Fused kernels with gradients of their own, which families of the recursion have on the CPU; candle's
    /// operations elsewhere.
    #[default]
    Fused,
    /// Candle's operations and their gradients: the definition of the network.
    Candle,
}

/// Learning-rate schedule within a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// A constant rate.
    Constant,
    /// From the rate to zero along half a cosine.
    #[default]
    Cosine,
    /// rate / (1 + decay·u) after u updates of all phases, this one and those before it.
    Hyperbolic,
}

/// The update rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Optimizer {
    /// Adam with β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
    #[default]
    Adam,
    /// Stochastic gradient descent with momentum.
    Sgd,
}

/// Learning-rate multipliers by group. E, S and b act T times, so their multiplier is
/// divided by the number of iterations that use them (equation 6). An absent multiplier has the default of the family
/// and the optimiser.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Multipliers {
    /// For E.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoder: Option<f64>,
    /// For S.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrent: Option<f64>,
    /// For b.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// For D.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decoder: Option<f64>,
    /// For C.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classifier: Option<f64>,
}

/// A number of epochs of training under one objective.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Passes over the training images.
    pub epochs: usize,
    /// Learning rate at the start of the phase.
    pub rate: f64,
    /// Schedule of the rate within the phase.
    #[serde(default)]
    pub schedule: Schedule,
    /// Decay per update of the hyperbolic schedule; others do not use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decay: Option<f64>,
    /// The update rule; its moments are reset at the start of every phase.
    #[serde(default)]
    pub optimizer: Optimizer,
    /// Momentum of `sgd`.
    #[serde(default = "default_momentum")]
    pub momentum: f64,
    /// Add γ times the class term to the objective.
    #[serde(default)]
    pub discriminative: bool,
    /// γ of this phase, in place of `objective.discriminative_weight`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discriminative_weight: Option<f64>,
    /// λ of this phase, in place of `objective.sparsity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sparsity: Option<f64>,
    /// Share of the input pixels set to zero before encoding; the reconstruction is compared with the clean
    /// input.
    #[serde(default)]
    pub masking: f64,
    /// Divide the pixels that `masking` keeps by 1 − `masking`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rescale: bool,
    /// Share of the hidden units that are silent for an image, the same in every iteration; the codes of the others are
    /// divided by 1 − `dropout`. Evaluations use all units.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropout: f64,
    /// Decay per update of a running average of the weights. The average is validated, and replaces the weights at the
    /// end of the phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average: Option<f64>,
    /// Parameters that this phase does not train.
    #[serde(default)]
    pub frozen: Vec<Group>,
    /// Learning-rate multipliers.
    #[serde(default)]
    pub multipliers: Multipliers,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(share: &f64) -> bool {
    *share == 0.0
}

fn default_momentum() -> f64 {
    0.9
}

/// The two-phase (or longer) schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Images in a mini-batch.
    #[serde(default = "default_batch")]
    pub batch: usize,
    /// Number of epochs between validations, counted within each phase; the last epoch of a phase is always validated.
    /// Only weights of validated epochs can be kept.
    #[serde(default = "default_validate_every", skip_serializing_if = "is_default_validate_every")]
    pub validate_every: usize,
    /// Number of epochs between those whose weights can be kept, counted within each phase: a multiple of
    /// `validate_every`, which it is if absent. The last epoch of a phase always counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_every: Option<usize>,
    /// Epochs over all phases after which training pauses; the schedule is that of all epochs. A trial that is
    /// the same but for a later pause continues from the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_after: Option<usize>,
    /// The operations of the graph that is differentiated: fused kernels, or candle's.
    ///
    /// The default is not written, so that trials from before the setting keep their ids.
    #[serde(default, skip_serializing_if = "is_default")]
    pub gradient: Gradient,
    /// Phases in order.
    pub phases: Vec<Phase>,
}

fn default_validate_every() -> usize {
    1
}

/// The default is not written, so that trials from before the setting keep their ids.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_default_validate_every(epochs: &usize) -> bool {
    *epochs == default_validate_every()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn default_batch() -> usize {
    100
}

impl Config {
    /// Rejects schedules that cannot be run.
    ///
    /// # Errors
    /// Names the first setting that cannot be used.
    pub fn validate(&self) -> Result<(), Invalid> {
        within("training.batch", self.batch, MOST_IMAGES)?;
        within("training.validate_every", self.validate_every, MOST_EPOCHS)?;
        if let Some(keep) = self.keep_every {
            within("training.keep_every", keep, MOST_EPOCHS)?;
            if !keep.is_multiple_of(self.validate_every) {
                let reason = format!(
                    "must be a multiple of `training.validate_every` = {}, not {keep}",
                    self.validate_every
                );
                return Err(Invalid::new("training.keep_every", reason));
            }
        }
        if !(1..=MOST_PHASES).contains(&self.phases.len()) {
            let reason = format!("needs 1 to {MOST_PHASES} phases, not {}", self.phases.len());
            return Err(Invalid::new("training.phases", reason));
        }
        for (index, phase) in self.phases.iter().enumerate() {
            phase.validate(&format!("training.phases.{index}"))?;
        }
        match self.stop_after.and_then(|epochs| self.unfit_to_stop(epochs)) {
            Some(reason) => Err(Invalid::new("training.stop_after", reason)),
            None => Ok(()),
        }
    }

    /// Number of epochs between those whose weights can be kept.
    #[must_use]
    pub fn keep_every(&self) -> usize {
        self.keep_every.unwrap_or(self.validate_every)
    }

    /// Epochs of all phases together.
    #[must_use]
    pub fn all_epochs(&self) -> usize {
        self.phases.iter().map(|phase| phase.epochs).sum()
    }

    /// Epochs that are trained.
    #[must_use]
    pub fn epochs(&self) -> usize {
        self.stop_after.unwrap_or_else(|| self.all_epochs())
    }

    /// True if the validation images, if there are any, are evaluated after the epoch `within` of a phase, from 1.
    #[must_use]
    pub fn validates(&self, phase: &Phase, within: usize) -> bool {
        within == phase.epochs || within.is_multiple_of(self.validate_every)
    }

    /// The epochs over all phases that are trained and validated, from 1.
    #[must_use]
    pub fn validated_epochs(&self) -> Vec<usize> {
        let phases = self.phases.iter();
        let is_validated =
            phases.flat_map(|phase| (1..=phase.epochs).map(move |within| self.validates(phase, within)));
        let validated = (1..=self.epochs()).zip(is_validated);
        validated.filter_map(|(epoch, is_validated)| is_validated.then_some(epoch)).collect()
    }

    /// True if epochs of the schedule are left after training.
    #[must_use]
    pub fn pauses(&self) -> bool {
        self.epochs() < self.all_epochs()
    }

    /// The reason why training cannot pause after so many epochs: no weights could be kept by then, or the
    /// network is not validated there.
    fn unfit_to_stop(&self, epochs: usize) -> Option<String> {
        let all = self.all_epochs();
        if !(1..=all).contains(&epochs) {
            return Some(format!("must be between 1 and the epochs of all phases ({all}), not {epochs}"));
        }
        let mut before = 0;
        for (index, phase) in self.phases.iter().enumerate() {
            let within = epochs - before;
            if within <= phase.epochs {
                let every = self.keep_every();
                let key = if self.keep_every.is_some() { "keep_every" } else { "validate_every" };
                let classifies = self.phases[index..].iter().any(|phase| phase.discriminative);
                let is_early = classifies && !self.phases[..=index].iter().any(|phase| phase.discriminative);
                let is_validated = within == phase.epochs || within.is_multiple_of(every);
                return if is_early {
                    Some(format!("is {epochs}, before the first epoch of a discriminative phase"))
                } else if !is_validated {
                    Some(format!("is {epochs}, after which `training.{key}` = {every} keeps no weights"))
                } else {
                    None
                };
            }
            before += phase.epochs;
        }
        None
    }
}

impl Phase {
    /// A phase of reconstruction with this number of epochs and learning rate, and default settings.
    #[must_use]
    pub fn new(epochs: usize, rate: f64) -> Self {
        Self {
            epochs,
            rate,
            schedule: Schedule::default(),
            decay: None,
            optimizer: Optimizer::default(),
            momentum: default_momentum(),
            discriminative: false,
            discriminative_weight: None,
            sparsity: None,
            masking: 0.0,
            rescale: false,
            dropout: 0.0,
            average: None,
            frozen: Vec::new(),
            multipliers: Multipliers::default(),
        }
    }

    /// The noise of a network with this number of hidden units.
    pub(super) fn noise(&self, units: usize) -> Noise {
        Noise { masking: self.masking, rescale: self.rescale, dropout: self.dropout, units }
    }

    fn validate(&self, at: &str) -> Result<(), Invalid> {
        let key = |name: &str| format!("{at}.{name}");
        within(&key("epochs"), self.epochs, MOST_EPOCHS)?;
        if !(self.rate.is_finite() && self.rate > 0.0) {
            return Err(Invalid::new(key("rate"), format!("must be positive, not {}", self.rate)));
        }
        let average = self.average.unwrap_or_default();
        let shares = [
            ("momentum", self.momentum),
            ("masking", self.masking),
            ("dropout", self.dropout),
            ("average", average),
        ];
        for (name, share) in shares {
            if !(0.0..1.0).contains(&share) {
                return Err(Invalid::new(key(name), format!("must be at least 0 and below 1, not {share}")));
            }
        }
        if let Some(at) = (1..self.frozen.len()).find(|&at| self.frozen[..at].contains(&self.frozen[at])) {
            return Err(Invalid::new(key(&format!("frozen.{at}")), "is in the list already"));
        }
        let multipliers = self.multipliers;
        let weights = [
            ("discriminative_weight", self.discriminative_weight),
            ("sparsity", self.sparsity),
            ("decay", self.decay),
            ("multipliers.encoder", multipliers.encoder),
            ("multipliers.recurrent", multipliers.recurrent),
            ("multipliers.threshold", multipliers.threshold),
            ("multipliers.decoder", multipliers.decoder),
            ("multipliers.classifier", multipliers.classifier),
        ];
        for (name, weight) in weights {
            not_negative(&key(name), weight.unwrap_or(0.0))?;
        }
        if self.schedule == Schedule::Hyperbolic && self.decay.is_none() {
            return Err(Invalid::new(key("decay"), "is required for `schedule` = \"hyperbolic\""));
        }
        if self.discriminative_weight.is_some() && !self.discriminative {
            return Err(Invalid::new(
                key("discriminative_weight"),
                "has no effect without `discriminative = true`",
            ));
        }
        Ok(())
    }
}

fn within(key: &str, value: usize, most: usize) -> Result<(), Invalid> {
    if (1..=most).contains(&value) {
        return Ok(());
    }
    Err(Invalid::new(key, format!("must be between 1 and {most}, not {value}")))
}

fn not_negative(key: &str, value: f64) -> Result<(), Invalid> {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    Err(Invalid::new(key, format!("must be zero or more, not {value}")))
}
