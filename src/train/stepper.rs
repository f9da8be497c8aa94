//! One update of the weights: a forward and a backward pass, and the update of every parameter.

use candle_core::Result;

use super::Phase;
use super::batches::Batch;
use super::config::Gradient;
use super::evaluation;
use super::fused::Fused;
use super::graph_optimiser::GraphOptimiser;
use super::loss::{Terms, Weights};
use super::optimiser::Optimiser;
use super::pass::Pass;
use super::registry::WeightedTerm;
use super::updates::Moments;
use crate::model::Model;

/// Memory of an update: that of its pass, and the optimiser's moments.
pub struct Stepper {
    pass: Pass,
    update: Update,
    classes: usize,
    terms: Vec<WeightedTerm>,
}

/// The update rule with its moments: fused on the CPU, by candle's operations on another device.
enum Update {
    Fused(Optimiser),
    Candle(GraphOptimiser),
}

impl Update {
    fn new(phase: &Phase, model: &Model) -> Result<Self> {
        if model.parameters().device().is_cpu() {
            return Ok(Self::Fused(Optimiser::new(phase, model)));
        }
        GraphOptimiser::new(phase, model).map(Self::Candle)
    }
}

impl Stepper {
    /// Memory for the updates of a phase, with fresh moments. The objective has the built-in terms and those of the
    /// program. Fused kernels are used where the network and the device have them, unless `gradient` is that of candle.
    ///
    /// # Errors
    /// When the model's device has not enough memory.
    pub fn new(model: &Model, phase: &Phase, gradient: Gradient, terms: Vec<WeightedTerm>) -> Result<Self> {
        let fused = if gradient == Gradient::Fused { Fused::new(model)? } else { None };
        let pass = fused.map_or_else(|| Pass::Candle { scores: Vec::new() }, Pass::Fused);
        Ok(Self { pass, update: Update::new(phase, model)?, classes: model.classes(), terms })
    }

    /// A stepper as on a device without fused kernels.
    #[cfg(test)]
    pub(super) fn by_candle(model: &Model, phase: &Phase) -> Result<Self> {
        let update = Update::Candle(GraphOptimiser::new(phase, model)?);
        Ok(Self { update, ..Self::new(model, phase, Gradient::Candle, Vec::new())? })
    }

    /// Starts a phase, with fresh moments for the parameters that `model` trains in it.
    pub(super) fn enter(&mut self, phase: &Phase, model: &Model) -> Result<()> {
        match &mut self.update {
            Update::Fused(optimiser) => *optimiser = Optimiser::new(phase, model),
            Update::Candle(optimiser) => *optimiser = GraphOptimiser::new(phase, model)?,
        }
        Ok(())
    }

    /// Updates the weights unless the loss is not finite; returns the terms before the update.
    ///
    /// # Errors
    /// When the weights are not f32, or were moved to another device.
    pub fn step(&mut self, model: &Model, batch: &Batch, weights: Weights, rate: f64) -> Result<Terms> {
        let graph = self.pass.forward(model, batch, weights, &self.terms)?;
        if graph.terms.total.is_finite() {
            let others = self.pass.backward(model, &graph)?;
            match &mut self.update {
                Update::Fused(optimiser) => self
                    .pass
                    .with_gradients(model, &others, |gradients| optimiser.update(model, gradients, rate))?,
                Update::Candle(optimiser) => optimiser.update(model, &others, rate)?,
            }
        }
        Ok(graph.terms)
    }

    /// The predicted classes of the last mini-batch.
    pub(super) fn predictions(&self) -> Vec<u8> {
        self.pass.with_scores(|scores| evaluation::predictions(scores, self.classes))
    }

    /// The state of the optimiser.
    pub(super) fn moments(&self) -> Result<Moments> {
        match &self.update {
            Update::Fused(optimiser) => Ok(optimiser.moments()),
            Update::Candle(optimiser) => optimiser.moments(),
        }
    }

    /// Restores the state that [`Stepper::moments`] returned.
    pub(super) fn restore(&mut self, moments: Moments) -> Result<()> {
        match &mut self.update {
            Update::Fused(optimiser) => optimiser.restore(moments),
            Update::Candle(optimiser) => optimiser.restore(&moments),
        }
    }
}

#[cfg(test)]
mod tests;
