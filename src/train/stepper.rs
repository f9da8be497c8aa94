//! One update of the weights: by fused kernels on the CPU, by candle's graph on another device.

use candle_core::Result;

use super::Phase;
use super::batches::Batch;
use super::evaluation;
use super::graph_optimiser::GraphOptimiser;
use super::graph_step;
use super::objective::Weights;
use super::optimiser::Optimiser;
use super::pass::{Pass, Terms};
use super::updates::Moments;
use crate::model::Model;

/// Memory of an update: that of its pass, and the optimiser's moments.
pub struct Stepper {
    backend: Backend,
    classes: usize,
}

enum Backend {
    Fused { pass: Box<Pass<f32>>, optimiser: Optimiser },
    Graph { optimiser: GraphOptimiser, scores: Vec<f32> },
}

impl Stepper {
    /// Memory for mini-batches of `batch` images of `inputs` pixels, with fresh moments for a phase.
    ///
    /// # Errors
    /// When the model's device has not enough memory for them.
    pub fn new(model: &Model, phase: &Phase, inputs: usize, batch: usize) -> Result<Self> {
        if !model.parameters().device().is_cpu() {
            return Self::by_graph(model, phase);
        }
        let pass = Box::new(Pass::new(model.config(), inputs, model.classes(), batch));
        let backend = Backend::Fused { pass, optimiser: Optimiser::new(phase, model) };
        Ok(Self { backend, classes: model.classes() })
    }

    /// A stepper that uses candle's graph on any device of the model, with fresh moments.
    pub(super) fn by_graph(model: &Model, phase: &Phase) -> Result<Self> {
        let backend = Backend::Graph { optimiser: GraphOptimiser::new(phase, model)?, scores: Vec::new() };
        Ok(Self { backend, classes: model.classes() })
    }

    /// Starts a phase, with fresh moments for the parameters that `model` trains in it.
    pub(super) fn enter(&mut self, phase: &Phase, model: &Model) -> Result<()> {
        match &mut self.backend {
            Backend::Fused { optimiser, .. } => *optimiser = Optimiser::new(phase, model),
            Backend::Graph { optimiser, .. } => *optimiser = GraphOptimiser::new(phase, model)?,
        }
        Ok(())
    }

    /// Updates the weights unless the loss is not finite; returns the terms before the update.
    ///
    /// # Errors
    /// When the weights are not f32, or were moved to another device.
    pub fn step(&mut self, model: &Model, batch: &Batch, weights: Weights, rate: f64) -> Result<Terms> {
        match &mut self.backend {
            Backend::Fused { pass, optimiser } => fused_step(pass, optimiser, model, batch, weights, rate),
            Backend::Graph { optimiser, scores } => {
                graph_step::step(optimiser, scores, model, batch, weights, rate)
            }
        }
    }

    /// The predicted classes of the last mini-batch.
    pub(super) fn predictions(&self) -> Vec<u8> {
        let scores = match &self.backend {
            Backend::Fused { pass, .. } => pass.scores(),
            Backend::Graph { scores, .. } => scores,
        };
        evaluation::predictions(scores, self.classes)
    }

    /// The state of the optimiser.
    pub(super) fn moments(&self) -> Result<Moments> {
        match &self.backend {
            Backend::Fused { optimiser, .. } => Ok(optimiser.moments()),
            Backend::Graph { optimiser, .. } => optimiser.moments(),
        }
    }

    /// Restores the state that [`Stepper::moments`] returned.
    pub(super) fn restore(&mut self, moments: Moments) -> Result<()> {
        match &mut self.backend {
            Backend::Fused { optimiser, .. } => optimiser.restore(moments),
            Backend::Graph { optimiser, .. } => optimiser.restore(&moments),
        }
    }
}

/// An update by the fused pass and the fused optimiser, on the calling thread.
fn fused_step(
    pass: &mut Pass<f32>,
    optimiser: &mut Optimiser,
    model: &Model,
    batch: &Batch,
    weights: Weights,
    rate: f64,
) -> Result<Terms> {
    let parameters = model.parameters();
    let terms = parameters.with_slices(|slices| {
        let terms = pass.forward(slices, batch.input(), &batch.clean, &batch.labels, weights);
        if terms.total.is_finite() {
            pass.backward(slices, batch.input(), &batch.labels, weights, &parameters.trained());
        }
        terms
    })?;
    if terms.total.is_finite() {
        optimiser.update(model, pass.gradients(), rate)?;
    }
    Ok(terms)
}

#[cfg(test)]
mod tests;
