//! The update of each parameter, independent of the backend: the rule with its learning rate, the
//! multiplier of equation 6 and the bound of equation 5.

use candle_core::{Result, bail};

use super::config::{Multipliers, Optimizer, Phase};
use crate::model::{self, Group, Model, Parameter};

/// Decay of Adam's first moments.
pub(super) const BETA1: f64 = 0.9;
/// Decay of Adam's second moments.
pub(super) const BETA2: f64 = 0.999;
/// Added to the root of Adam's second moments, so that no division is by zero.
pub(super) const EPSILON: f32 = 1e-8;

/// The successive updates of one phase.
#[derive(Debug, Clone)]
pub(super) struct Updates {
    rule: Rule,
    /// By slot; `None` if a parameter is not trained.
    slots: Vec<Option<Slot>>,
    /// β₁^t and β₂^t after t updates.
    decay: (f64, f64),
    /// Updates t.
    done: usize,
    /// Number of updates between enforcements of the bounds on D and E.
    every: usize,
}

/// The settings of one parameter.
#[derive(Debug, Clone, Copy)]
struct Slot {
    /// Multiplier of the learning rate.
    multiplier: f64,
    /// The constraint of every update in which it is due, and of the updates between them.
    bounds: [Bound; 2],
}

#[derive(Debug, Clone, Copy)]
enum Rule {
    Adam,
    Sgd { momentum: f32 },
}

/// One update of one parameter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Update {
    pub rule: RuleStep,
    pub bound: Bound,
}

/// The update rule of one step, reduced to the numbers that one element needs.
#[derive(Debug, Clone, Copy)]
pub(super) enum RuleStep {
    Adam { rate: f32, inverse_correction: f32 },
    Sgd { rate: f32, momentum: f32 },
}

/// The constraint that is enforced after an update. A row or column within it keeps its bits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Bound {
    None,
    Rows(f32),
    Columns { max: f32, nonnegative: bool },
}

/// The state of an optimiser between two updates.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Moments {
    /// Updates t of the phase.
    pub updates: usize,
    /// β₁^t and β₂^t.
    pub decay: (f64, f64),
    /// First and second moments of each trained parameter; second moments are empty under SGD.
    pub pairs: Vec<[Vec<f32>; 2]>,
}

impl Moments {
    /// Rejects moments whose sizes differ from the optimiser's.
    pub fn check_sizes(&self, sizes: impl Iterator<Item = [usize; 2]>) -> Result<()> {
        if self.pairs.iter().map(|[first, second]| [first.len(), second.len()]).eq(sizes) {
            return Ok(());
        }
        bail!("the moments are of another network or optimiser")
    }
}

impl Updates {
    /// The updates of the parameters that `model` trains in `phase`.
    pub fn new(phase: &Phase, model: &Model) -> Self {
        let rule = match phase.optimizer {
            Optimizer::Adam => Rule::Adam,
            Optimizer::Sgd => Rule::Sgd { momentum: phase.momentum as f32 },
        };
        let config = model.config();
        let slot = |parameter: &Parameter| Slot {
            multiplier: multiplier(phase, parameter.group, parameter.uses),
            bounds: bounds(config, parameter),
        };
        let parameters = model.parameters();
        let slots = parameters.iter().zip(parameters.trained());
        let slots = slots.map(|(parameter, trained)| trained.then(|| slot(parameter))).collect();
        Self { rule, slots, decay: (1.0, 1.0), done: 0, every: config.bounds.every }
    }

    /// Returns true if the rule has second moments.
    pub fn has_second_moments(&self) -> bool {
        matches!(self.rule, Rule::Adam)
    }

    /// The next update by slot, at the learning rate `rate`; `None` if a parameter is not
    /// trained.
    pub fn next(&mut self, rate: f64) -> impl Iterator<Item = Option<Update>> {
        self.decay = (self.decay.0 * BETA1, self.decay.1 * BETA2);
        self.done += 1;
        let (rule, decay, due) = (self.rule, self.decay, self.done.is_multiple_of(self.every));
        let update = move |&Slot { multiplier, bounds: [bound, between] }: &Slot| Update {
            rule: rule.at(rate * multiplier, decay),
            bound: if due { bound } else { between },
        };
        self.slots.iter().map(move |slot| slot.as_ref().map(update))
    }

    /// The number of updates t of the phase.
    pub fn done(&self) -> usize {
        self.done
    }

    /// β₁^t and β₂^t after t updates.
    pub fn decay(&self) -> (f64, f64) {
        self.decay
    }

    /// Continues after t updates.
    pub fn resume(&mut self, updates: usize, decay: (f64, f64)) {
        (self.done, self.decay) = (updates, decay);
    }
}

impl Rule {
    fn at(self, rate: f64, (decay1, decay2): (f64, f64)) -> RuleStep {
        match self {
            Self::Adam => RuleStep::Adam {
                rate: (rate / (1.0 - decay1)) as f32,
                inverse_correction: (1.0 / (1.0 - decay2)) as f32,
            },
            Self::Sgd { momentum } => RuleStep::Sgd { rate: rate as f32, momentum },
        }
    }
}

/// The multiplier of a parameter, divided by the number of iterations that use it: a change of
/// a weight acts once in each of them.
fn multiplier(phase: &Phase, group: Group, uses: usize) -> f64 {
    let Multipliers { encoder, recurrent, threshold, decoder, classifier } = phase.multipliers;
    let uses = uses as f64;
    match (phase.optimizer, group) {
        (Optimizer::Adam, Group::Encoder) => encoder.unwrap_or(1.0) / uses,
        (Optimizer::Adam, Group::Recurrent) => recurrent.unwrap_or(1.0) / uses,
        (Optimizer::Adam, Group::Threshold) => threshold.unwrap_or(0.1) / uses,
        (Optimizer::Adam, Group::Classifier) => classifier.unwrap_or(3.0),
        (Optimizer::Sgd, Group::Encoder) => encoder.unwrap_or(5.0) / uses,
        (Optimizer::Sgd, Group::Recurrent) => recurrent.unwrap_or(1.0) / (uses - 1.0).max(1.0),
        (Optimizer::Sgd, Group::Threshold) => threshold.unwrap_or(1.0) / uses,
        (Optimizer::Sgd, Group::Classifier) => classifier.unwrap_or(1.0),
        (_, Group::Decoder) => decoder.unwrap_or(1.0),
    }
}

/// The constraint of a parameter in the updates in which it is due, and in the others: D is non-negative after every
/// update.
fn bounds(config: &model::Config, parameter: &Parameter) -> [Bound; 2] {
    let (bounds, nonnegative) = (config.bounds, config.decoder_nonnegative);
    match parameter.group {
        Group::Encoder if parameter.bounded => {
            [Bound::Rows((bounds.encoder / parameter.uses as f64) as f32), Bound::None]
        }
        Group::Classifier if parameter.value.rank() == 2 => [Bound::Rows(bounds.classifier as f32); 2],
        Group::Decoder => {
            let between =
                if nonnegative { Bound::Columns { max: f32::INFINITY, nonnegative } } else { Bound::None };
            [Bound::Columns { max: bounds.decoder as f32, nonnegative }, between]
        }
        _ => [Bound::None; 2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Family, Network, Recursion};

    #[test]
    fn multipliers_are_divided_by_the_iterations_that_use_a_weight() {
        use Group::{Classifier, Decoder, Encoder, Recurrent, Threshold};
        let found = |family, text: &str| {
            let config = model::Config { family, steps: 5, ..model::Config::default() };
            let slots = Recursion::of(&config).unwrap().slots(9);
            let uses = |group| slots.iter().find(|slot| slot.group == group).map_or(1, |slot| slot.uses);
            let phase: Phase = toml::from_str(&format!("epochs = 1\nrate = 0.01\n{text}")).unwrap();
            [Encoder, Recurrent, Threshold, Decoder, Classifier]
                .map(|group| multiplier(&phase, group, uses(group)))
        };
        assert_eq!(found(Family::Drsae, "optimizer = \"adam\""), [0.2, 0.2, 0.02, 1.0, 3.0]);
        assert_eq!(found(Family::Drsae, "optimizer = \"sgd\""), [1.0, 0.25, 0.2, 1.0, 1.0]);
        assert_eq!(found(Family::Mlp, "optimizer = \"adam\""), [1.0, 1.0, 0.1, 1.0, 3.0]);
        let own = "multipliers = { encoder = 10, recurrent = 5, threshold = 0, decoder = 2, classifier = 4 }";
        assert_eq!(found(Family::Untied, own), [2.0, 1.0, 0.0, 2.0, 4.0]);
    }
}
