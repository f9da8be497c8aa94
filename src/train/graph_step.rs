//! One update of weights that lie on any device: the [`objective`] as candle's graph, its
//! gradient by candle, and the update where the weights are. The mini-batch goes to the
//! device, the loss and the scores come back.

use candle_core::{Result, Tensor, bail};

use super::batches::Batch;
use super::graph_optimiser::GraphOptimiser;
use super::objective::{self, Weights};
use super::pass::Terms;
use crate::model::Model;

/// What is kept from one update to the next.
pub(super) struct GraphStep {
    pub optimiser: GraphOptimiser,
    scores: Vec<f32>,
}

impl GraphStep {
    pub fn new(optimiser: GraphOptimiser) -> Self {
        Self { optimiser, scores: Vec::new() }
    }

    /// As [`Stepper::step`](super::Stepper::step); the class term is not a number where the
    /// phase leaves it out.
    pub fn step(&mut self, model: &Model, batch: &Batch, weights: Weights, rate: f64) -> Result<Terms> {
        let objective = self.objective(model, batch, weights)?;
        let number = |term: &Tensor| term.to_scalar::<f32>().map(f64::from);
        let terms = Terms {
            reconstruction: number(&objective.reconstruction)?,
            sparsity: number(&objective.sparsity)?,
            class: objective.class.as_ref().map_or(Ok(f64::NAN), number)?,
            total: number(&objective.total)?,
        };
        if terms.total.is_finite() {
            self.optimiser.update(model, &objective.total.backward()?, rate)?;
        }
        Ok(terms)
    }

    /// The scores `[batch, classes]` of the last mini-batch.
    pub fn scores(&self) -> &[f32] {
        &self.scores
    }

    fn objective(&mut self, model: &Model, batch: &Batch, weights: Weights) -> Result<objective::Terms> {
        let device = model.parameters().device();
        let count = batch.labels.len();
        let images = |pixels: &[f32]| Tensor::from_slice(pixels, (count, pixels.len() / count), device);
        let labels = batch.labels.iter().map(|&label| u32::from(label)).collect();
        let labels = Tensor::from_vec(labels, count, device)?;
        let Some(code) = model.codes_by_graph(&images(batch.input())?)?.pop() else {
            bail!("the network has no iterations")
        };
        let scores = model.scores(&code)?;
        self.scores = scores.flatten_all()?.to_vec1()?;
        objective::terms(model, &images(&batch.clean)?, &code, &scores, &labels, weights)
    }
}
