//! One update of the weights.

use super::Phase;
use super::batches::Batch;
use super::evaluation;
use super::objective::Weights;
use super::optimiser::Optimiser;
use super::pass::{Pass, Terms};
use crate::model::Model;

/// The memory of an update: the pass and the optimiser's moments.
pub struct Stepper {
    pass: Pass<f32>,
    pub(super) optimiser: Optimiser,
    classes: usize,
}

impl Stepper {
    /// Memory for mini-batches of `batch` images of `inputs` pixels, and fresh moments for a
    /// phase.
    #[must_use]
    pub fn new(model: &Model, phase: &Phase, inputs: usize, batch: usize) -> Self {
        Self {
            pass: Pass::new(model.config(), inputs, model.classes(), batch),
            optimiser: Optimiser::new(phase, model),
            classes: model.classes(),
        }
    }

    /// One update, unless the loss is no longer finite; returns the terms before it.
    ///
    /// # Errors
    /// When the weights are not f32 numbers in this machine's memory.
    pub fn step(
        &mut self,
        model: &Model,
        batch: &Batch,
        weights: Weights,
        rate: f64,
    ) -> candle_core::Result<Terms> {
        let parameters = model.parameters();
        let terms = parameters.with_slices(|slices| {
            let terms = self.pass.forward(slices, batch.input(), &batch.clean, &batch.labels, weights);
            if terms.total.is_finite() {
                self.pass.backward(slices, batch.input(), &batch.labels, weights, &parameters.trained());
            }
            terms
        })?;
        if terms.total.is_finite() {
            self.optimiser.update(model, self.pass.gradients(), rate)?;
        }
        Ok(terms)
    }

    /// The classes that the last pass put its images into.
    pub(super) fn predictions(&self) -> Vec<u8> {
        evaluation::highest(self.pass.scores(), self.classes)
    }
}
