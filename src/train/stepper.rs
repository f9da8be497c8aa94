//! One update of the weights, where they lie: fused in this machine's memory, by candle's
//! graph on another device.

use candle_core::Result;

use super::Phase;
use super::batches::Batch;
use super::evaluation;
use super::fused_step::FusedStep;
use super::graph_optimiser::GraphOptimiser;
use super::graph_step::GraphStep;
use super::objective::Weights;
use super::optimiser::Optimiser;
use super::pass::Terms;
use super::updates::Moments;
use crate::model::Model;

/// An update's memory: that of its pass, and the optimiser's moments.
pub struct Stepper {
    way: Way,
    classes: usize,
}

enum Way {
    Fused(Box<FusedStep>),
    Graph(GraphStep),
}

impl Stepper {
    /// Memory for mini-batches of `batch` images of `inputs` pixels, and fresh moments for a
    /// phase.
    ///
    /// # Errors
    /// When the model's device has no room for them.
    pub fn new(model: &Model, phase: &Phase, inputs: usize, batch: usize) -> Result<Self> {
        if !model.parameters().device().is_cpu() {
            return Self::by_graph(model, phase);
        }
        let fused = FusedStep::new(model, Optimiser::new(phase, model), inputs, batch);
        Ok(Self { way: Way::Fused(Box::new(fused)), classes: model.classes() })
    }

    /// Updates by candle's graph on whatever device the model is, with fresh moments.
    pub(super) fn by_graph(model: &Model, phase: &Phase) -> Result<Self> {
        let graph = GraphStep::new(GraphOptimiser::new(phase, model)?);
        Ok(Self { way: Way::Graph(graph), classes: model.classes() })
    }

    /// Starts a phase, with fresh moments for the parameters that `model` trains in it.
    pub(super) fn enter(&mut self, phase: &Phase, model: &Model) -> Result<()> {
        match &mut self.way {
            Way::Fused(step) => step.optimiser = Optimiser::new(phase, model),
            Way::Graph(step) => step.optimiser = GraphOptimiser::new(phase, model)?,
        }
        Ok(())
    }

    /// One update, unless the loss is no longer finite; returns the terms before it.
    ///
    /// # Errors
    /// When the weights are not f32 numbers, or are no longer where they were.
    pub fn step(&mut self, model: &Model, batch: &Batch, weights: Weights, rate: f64) -> Result<Terms> {
        match &mut self.way {
            Way::Fused(step) => step.step(model, batch, weights, rate),
            Way::Graph(step) => step.step(model, batch, weights, rate),
        }
    }

    /// The classes that the last pass put its images into.
    pub(super) fn predictions(&self) -> Vec<u8> {
        let scores = match &self.way {
            Way::Fused(step) => step.scores(),
            Way::Graph(step) => step.scores(),
        };
        evaluation::highest(scores, self.classes)
    }

    /// What the next update depends on, apart from the weights.
    pub(super) fn moments(&self) -> Result<Moments> {
        match &self.way {
            Way::Fused(step) => Ok(step.optimiser.moments()),
            Way::Graph(step) => step.optimiser.moments(),
        }
    }

    /// Takes what [`Stepper::moments`] gave.
    pub(super) fn restore(&mut self, moments: Moments) -> Result<()> {
        match &mut self.way {
            Way::Fused(step) => step.optimiser.restore(moments),
            Way::Graph(step) => step.optimiser.restore(&moments),
        }
    }
}

#[cfg(test)]
mod tests;
