//! The definition of a network: its parameters, and its codes as candle tensors.

use std::collections::HashSet;
use std::fmt::Debug;

use candle_core::{Result, Tensor, bail};

use super::slot::{Group, Initial, Slot};
use super::{Config, Parameters};
use crate::Invalid;

/// An encoder. With the decoders D and C, which every network has, it is all that the rest of the program
/// needs to train it.
pub trait Network: Debug + Send + Sync {
    /// Rejects settings that images of `inputs` pixels do not allow. No other method is called with such images.
    ///
    /// # Errors
    /// Names the setting, such as `model.options.NAME.kernel`.
    fn validate(&self, _inputs: usize) -> std::result::Result<(), Invalid> {
        Ok(())
    }

    /// The parameters of the encoder for images of `inputs` pixels, in the order of their values in files.
    fn slots(&self, inputs: usize) -> Vec<Slot>;

    /// Units of the last code, which D `[inputs, width]` and C `[classes, width]` read.
    fn width(&self) -> usize;

    /// The codes z^1 … z^T, as many as `model.steps`, of an input `[batch, inputs]`, by differentiable operations of
    /// candle. A code has a row for each image, which does not depend on the other images. The last one has the shape
    /// `[batch, width]`, and no entry below zero, since λ weighs the sum of its entries.
    ///
    /// # Errors
    /// The shapes do not match, or an operation fails.
    fn codes(&self, parameters: &Parameters, input: &Tensor) -> Result<Vec<Tensor>>;

    /// Floating-point operations of the encoder's matrix products in one training step on one image of `inputs` pixels:
    /// forward, and about twice that backward. Plans estimate time from it, and `match = "operations"` compares it.
    fn training_flops(&self, inputs: usize) -> u64;

    /// Numbers that a training step holds for each image, without the input: at least those of all codes.
    fn activations(&self, inputs: usize) -> usize;
}

/// Every parameter of a network: those of the encoder, then D, C and the bias of the scores, if `config` asks for one.
///
/// # Errors
/// Two parameters have one name, or a parameter has no number.
pub fn slots(network: &dyn Network, config: &Config, inputs: usize, classes: usize) -> Result<Vec<Slot>> {
    let mut slots = network.slots(inputs);
    if let Some(value) = config.initial_threshold {
        for slot in slots.iter_mut().filter(|slot| slot.group == Group::Threshold) {
            slot.initial = Initial::Constant(value);
        }
    }
    let width = network.width();
    let rows = match config.initial_classifier {
        0.0 => Initial::Constant(0.0),
        norm => Initial::Rows(norm),
    };
    slots.push(Slot::new("decoder", Group::Decoder, &[inputs, width], Initial::Dictionary));
    slots.push(Slot::new("classifier", Group::Classifier, &[classes, width], rows));
    if config.classifier_bias {
        slots.push(Slot::new("classifier_bias", Group::Classifier, &[classes], Initial::Constant(0.0)));
    }
    let mut names = HashSet::new();
    for Slot { name, shape, bounded, .. } in &slots {
        if !names.insert(name) {
            bail!(
                "two parameters have the name `{name}`; `decoder`, `classifier` and `classifier_bias` are D, C and its bias"
            );
        }
        if shape.contains(&0) {
            bail!("`{name}` has the shape {shape:?}, which holds no number");
        }
        if *bounded && shape.len() != 2 {
            bail!("`{name}` is bounded and has the shape {shape:?}: only matrices have rows");
        }
    }
    Ok(slots)
}
