//! One update of weights that lie in this machine's memory: the fused pass and the fused
//! update, on the calling thread.

use super::batches::Batch;
use super::objective::Weights;
use super::optimiser::Optimiser;
use super::pass::{Pass, Terms};
use crate::model::Model;

/// The memory of an update: the pass and the optimiser's moments.
pub(super) struct FusedStep {
    pass: Pass<f32>,
    pub optimiser: Optimiser,
}

impl FusedStep {
    /// Memory for mini-batches of `batch` images of `inputs` pixels.
    pub fn new(model: &Model, optimiser: Optimiser, inputs: usize, batch: usize) -> Self {
        Self { pass: Pass::new(model.config(), inputs, model.classes(), batch), optimiser }
    }

    /// As [`Stepper::step`](super::Stepper::step).
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

    /// The scores `[batch, classes]` of the last mini-batch.
    pub fn scores(&self) -> &[f32] {
        self.pass.scores()
    }
}
