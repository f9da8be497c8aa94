//! One update on any device: the [`objective`] as candle's graph, its gradient by candle, and the update
//! on the device of the weights. The mini-batch is copied to the device; the loss and the scores are
//! copied back.

use candle_core::{Result, Tensor};

use super::batches::Batch;
use super::graph_optimiser::GraphOptimiser;
use super::objective::{self, Weights};
use super::pass::Terms;
use crate::model::Model;

/// As [`Stepper::step`](super::Stepper::step), and stores the scores `[batch, classes]`. The class term is
/// NaN if the phase has none.
pub(super) fn step(
    optimiser: &mut GraphOptimiser,
    scores: &mut Vec<f32>,
    model: &Model,
    batch: &Batch,
    weights: Weights,
    rate: f64,
) -> Result<Terms> {
    let (objective, found) = objective(model, batch, weights)?;
    *scores = found;
    let number = |term: &Tensor| term.to_scalar::<f32>().map(f64::from);
    let terms = Terms {
        reconstruction: number(&objective.reconstruction)?,
        sparsity: number(&objective.sparsity)?,
        class: objective.class.as_ref().map_or(Ok(f64::NAN), number)?,
        total: number(&objective.total)?,
    };
    if terms.total.is_finite() {
        optimiser.update(model, &objective.total.backward()?, rate)?;
    }
    Ok(terms)
}

/// The terms of the objective and the scores.
fn objective(model: &Model, batch: &Batch, weights: Weights) -> Result<(objective::Terms, Vec<f32>)> {
    let device = model.parameters().device();
    let count = batch.labels.len();
    let images = |pixels: &[f32]| Tensor::from_slice(pixels, (count, pixels.len() / count), device);
    let labels = batch.labels.iter().map(|&label| u32::from(label)).collect();
    let labels = Tensor::from_vec(labels, count, device)?;
    let code = model.encode_by_graph(&images(batch.input())?)?;
    let scores = model.scores(&code)?;
    let terms = objective::terms(model, &images(&batch.clean)?, &code, &scores, &labels, weights)?;
    Ok((terms, scores.flatten_all()?.to_vec1()?))
}
