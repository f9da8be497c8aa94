//! The recursion z^(t+1) = max(0, E_t·x + S_t·z^t − b_t) from z^0 = 0 (equation 1), defined as a graph of candle
//! operations: the reference for the fused kernels, on any device.

use std::collections::HashSet;

use candle_core::{Result, Tensor, bail};

use super::definition::Network;
use super::slot::{Group, Initial, Slot};
use super::wiring::{Input, Start, Wiring};
use super::{Config, Parameters};

/// A recursion of a wiring and a size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recursion {
    /// Shared parameters, input and start.
    pub wiring: Wiring,
    /// Iterations T.
    pub steps: usize,
    /// Hidden units n.
    pub hidden: usize,
    /// Step size α of the initial ISTA iteration.
    pub initial_step: f64,
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

impl Recursion {
    /// The recursion of a config; `None` for a network of the program.
    #[must_use]
    pub fn of(config: &Config) -> Option<Self> {
        let (wiring, steps) = (config.wiring()?, config.steps);
        let ista_steps = if wiring.start == Start::Identity { wiring.entries(steps) } else { steps };
        let initial_step = config.initial_step.unwrap_or(1.0 / ista_steps as f64);
        Some(Self { wiring, steps, hidden: config.hidden, initial_step })
    }

    /// The iterations, first to last. The first has no S, because z^0 = 0.
    #[must_use]
    pub fn iterations(&self) -> Vec<Step> {
        let Wiring { encoder, recurrent, threshold, input, .. } = self.wiring;
        let name =
            |name: &str, t: usize, shared| if shared { name.to_owned() } else { format!("{name}_{}", t + 1) };
        let step = |t| Step {
            encoder: (t == 0 || input == Input::Every).then(|| name("encoder", t, encoder)),
            recurrent: (t > 0).then(|| name("recurrent", t, recurrent)),
            threshold: name("threshold", t, threshold),
        };
        (0..self.steps).map(step).collect()
    }

    /// The codes, each multiplied by `gains` `[batch, hidden]` if there are any. A product E·x that iterations share is
    /// computed once.
    ///
    /// # Errors
    /// The shapes do not match, or an operation fails.
    pub fn codes_with(
        &self,
        parameters: &Parameters,
        input: &Tensor,
        gains: Option<&Tensor>,
    ) -> Result<Vec<Tensor>> {
        let product = |input: &Tensor, name: &str| input.matmul(&parameters.get(name)?.t()?);
        let mut codes: Vec<Tensor> = Vec::with_capacity(self.steps);
        let mut applied: Option<(String, Tensor)> = None;
        for Step { encoder, recurrent, threshold } in self.iterations() {
            if let Some(name) = &encoder
                && applied.as_ref().is_none_or(|(last, _)| last != name)
            {
                applied = Some((name.clone(), product(input, name)?));
            }
            let drive = encoder.and(applied.as_ref()).map(|(_, drive)| drive.clone());
            let recurrent = recurrent.as_ref().zip(codes.last());
            let recurrent = recurrent.map(|(name, code)| product(code, name)).transpose()?;
            let sum = match (drive, recurrent) {
                (Some(drive), Some(recurrent)) => (drive + recurrent)?,
                (Some(only), None) | (None, Some(only)) => only,
                (None, None) => bail!("an iteration reads neither the input nor a code"),
            };
            let code = rectify(&sum.broadcast_sub(&parameters.get(&threshold)?)?)?;
            codes.push(match gains {
                Some(gains) => (code * gains)?,
                None => code,
            });
        }
        Ok(codes)
    }

    fn slot(&self, name: String, group: Group, inputs: usize) -> Slot {
        let Self { hidden, initial_step: step, wiring, steps } = *self;
        let he = Initial::Normal((2.0 / hidden as f64).sqrt());
        let late = name != "threshold_1" && wiring.input == Input::First && !wiring.threshold;
        let (shape, initial) = match (group, wiring.start) {
            (Group::Encoder, Start::He) => (vec![hidden, inputs], he),
            (Group::Encoder, _) => (vec![hidden, inputs], Initial::Transpose(step)),
            (Group::Recurrent, Start::Ista) => (vec![hidden, hidden], Initial::Shrinkage(step)),
            (Group::Recurrent, Start::Identity) => (vec![hidden, hidden], Initial::Identity),
            (Group::Recurrent, Start::He) => (vec![hidden, hidden], he),
            (_, Start::He) => (vec![hidden], Initial::Constant(0.0)),
            (_, Start::Identity) if late => (vec![hidden], Initial::Constant(0.0)),
            _ => (vec![hidden], Initial::Sparsity(step)),
        };
        let slot = Slot::new(name, group, &shape, initial).used(wiring.entries(steps));
        if wiring.start == Start::He { slot.unbounded() } else { slot }
    }
}

impl Network for Recursion {
    /// Every parameter once, in the order in which the iterations first read them.
    fn slots(&self, inputs: usize) -> Vec<Slot> {
        let (mut slots, mut known) = (Vec::new(), HashSet::new());
        for Step { encoder, recurrent, threshold } in self.iterations() {
            let read = [
                (encoder, Group::Encoder),
                (recurrent, Group::Recurrent),
                (Some(threshold), Group::Threshold),
            ];
            for (name, group) in read {
                if let Some(name) = name.filter(|name| known.insert(name.clone())) {
                    slots.push(self.slot(name, group, inputs));
                }
            }
        }
        slots
    }

    fn width(&self) -> usize {
        self.hidden
    }

    fn codes(&self, parameters: &Parameters, input: &Tensor) -> Result<Vec<Tensor>> {
        self.codes_with(parameters, input, None)
    }

    /// Products with an E once for each image, since only neighbouring iterations share it, and without the gradient of
    /// the input; with an S at every iteration but the first.
    fn training_flops(&self, inputs: usize) -> u64 {
        let entries = if self.wiring.encoder { 1 } else { self.wiring.entries(self.steps) };
        let (m, n, t) = (inputs as u64, self.hidden as u64, self.steps as u64);
        2 * (2 * entries as u64 * m * n + 3 * t.saturating_sub(1) * n * n)
    }

    /// The codes and their gradients, and for the gradient of S both again over the iterations that share it.
    fn activations(&self, _inputs: usize) -> usize {
        let shared = if self.wiring.recurrent { self.steps } else { 1 };
        (2 * self.steps + 2 * shared + 3) * self.hidden
    }
}

/// max(0, x), with the gradient 0 at 0, where that of candle's `relu` is 1: units that are exactly zero, as those of a
/// layer that starts as the identity, then stay as they are.
fn rectify(drive: &Tensor) -> Result<Tensor> {
    drive * drive.gt(0.0)?.to_dtype(drive.dtype())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Family;
    use crate::model::definition::slots;

    fn names(config: &Config) -> Vec<String> {
        let recursion = Recursion::of(config).unwrap();
        slots(&recursion, config, 784, 10).unwrap().into_iter().map(|slot| slot.name).collect()
    }

    #[test]
    fn parameters_are_listed_once_where_they_are_first_read() {
        let of = |family, steps| names(&Config { family, steps, ..Config::default() });
        let shared = ["encoder", "threshold", "recurrent", "decoder", "classifier"];
        assert_eq!(of(Family::Drsae, 3), shared);
        let layers = ["encoder", "threshold_1", "recurrent_2", "threshold_2", "decoder", "classifier"];
        for family in [Family::Mlp, Family::ResidualMlp, Family::UntiedRecurrent] {
            assert_eq!(of(family, 2), layers);
        }
        let untied = ["encoder_1", "threshold_1", "encoder_2", "recurrent_2", "threshold_2"];
        assert_eq!(of(Family::Untied, 2), [&untied[..], &layers[4..]].concat());
        let encoder = ["encoder_1", "threshold_1", "encoder_2", "recurrent", "threshold_2"];
        assert_eq!(of(Family::UntiedEncoder, 2), [&encoder[..], &layers[4..]].concat());
    }

    #[test]
    fn settings_replace_those_of_the_family() {
        let read = |text: &str| toml::from_str::<Config>(text).unwrap();
        for (family, settings) in [
            ("untied", "tie = { encoder = false, recurrent = false, threshold = false }"),
            ("untied-recurrent", "tie = { recurrent = false, threshold = false }"),
            ("untied-encoder", "tie = { encoder = false, threshold = false }"),
            ("mlp", "input = \"first\"\nstart = \"he\"\ntie = { recurrent = false, threshold = false }"),
            ("residual-mlp", "family = \"mlp\"\nstart = \"identity\""),
        ] {
            let (family, settings) = (read(&format!("family = \"{family}\"")), read(settings));
            assert_eq!(Recursion::of(&family), Recursion::of(&settings));
            assert_eq!(family.wiring(), settings.wiring());
        }
    }
}
