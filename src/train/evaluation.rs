//! Evaluation of a network on images that it is not trained on.

use super::Error;
use super::batches::{Batch, Batches, Selection};
use super::coder::Coder;
use super::loss::{Decoders, Loss, Weights};
use crate::data::{Dataset, Fitted};
use crate::memory;
use crate::model::kernels::argmax;
use crate::model::{Model, Network, budget};

/// Images evaluated together.
pub(super) const BATCH: usize = 250;

/// Averages over a set of images, and the predicted class of each image.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Mean of ½‖x − D·z‖².
    pub reconstruction: f64,
    /// Mean of λ‖z‖₁.
    pub sparsity: f64,
    /// Mean of −log softmax(scores)_y.
    pub class: f64,
    /// Share of misclassified images, in percent.
    pub error: f64,
    /// Share of code entries above zero.
    pub active: f64,
    /// Share of hidden units above zero for at least one image.
    pub live: f64,
    /// Predicted class of each image, in the selection's order.
    pub predictions: Vec<u8>,
}

/// Evaluates `model` on the images of a selection, with λ = `sparsity`.
///
/// # Errors
/// When the weights cannot be read.
pub fn evaluate(model: &Model, selection: Selection, sparsity: f64) -> candle_core::Result<Evaluation> {
    let (width, inputs, classes) = (model.width(), model.inputs(), model.classes());
    let mut coder = Coder::new(model, BATCH);
    let mut loss = Loss::new(width, inputs, classes);
    let weights = Weights { sparsity, discriminative: None };
    let decoder = model.parameters().decoder()?;
    let mut live = vec![false; width];
    let (mut active, mut wrong) = (0, 0);
    let mut sums = [0.0; 3];
    let mut predictions = Vec::with_capacity(selection.indices.len());
    let mut batches = Batches::in_order(selection, BATCH);
    let mut batch = Batch::default();
    model.parameters().with_slices(|slices| {
        while batches.next_into(&mut batch) {
            let images = batch.labels.len() as f64;
            coder.encode(slices, batch.input())?;
            let code = coder.code();
            let terms =
                loss.forward(code, Decoders::of(slices, decoder), &batch.clean, &batch.labels, weights);
            for (sum, term) in sums.iter_mut().zip([terms.reconstruction, terms.sparsity, terms.class]) {
                *sum += term * images;
            }
            for code in code.chunks_exact(width) {
                active += code.iter().filter(|&&activity| activity > 0.0).count();
                live.iter_mut().zip(code).for_each(|(live, &activity)| *live |= activity > 0.0);
            }
            let predicted = self::predictions(loss.scores(), classes);
            wrong += batch.wrong(&predicted);
            predictions.extend(predicted);
        }
        Ok::<_, candle_core::Error>(())
    })??;
    let images = predictions.len() as f64;
    Ok(Evaluation {
        reconstruction: sums[0] / images,
        sparsity: sums[1] / images,
        class: sums[2] / images,
        error: percent(wrong, predictions.len()),
        active: active as f64 / (images * width as f64),
        live: live.iter().filter(|&&live| live).count() as f64 / width as f64,
        predictions,
    })
}

/// Bytes of memory for an evaluation, without the network and the images.
pub(super) fn bytes(network: &dyn Network, inputs: usize, classes: usize) -> u64 {
    budget::evaluation_bytes(network, inputs, classes, BATCH)
}

/// Evaluates `model` on all test images of a data set, with the preprocessing of its training images.
///
/// # Errors
/// When there is not enough memory, or the weights cannot be read.
pub fn test(model: &Model, dataset: &Dataset, fitted: &Fitted, sparsity: f64) -> Result<Evaluation, Error> {
    memory::check(bytes(&**model.encoder(), model.inputs(), model.classes()))?;
    Ok(test_reserved(model, dataset, fitted, sparsity)?)
}

/// As [`test`], with memory that has already been reserved.
pub(super) fn test_reserved(
    model: &Model,
    dataset: &Dataset,
    fitted: &Fitted,
    sparsity: f64,
) -> candle_core::Result<Evaluation> {
    let images = &dataset.test;
    let indices: Vec<u32> = (0..images.len() as u32).collect();
    let normaliser = fitted.normaliser(images);
    evaluate(model, Selection { images, normaliser: &normaliser, indices: &indices }, sparsity)
}

/// The class of the highest score in each row of `[batch, classes]`; the first of equals.
pub(super) fn predictions(scores: &[f32], classes: usize) -> Vec<u8> {
    scores.chunks_exact(classes).map(|row| argmax(row) as u8).collect()
}

/// A share in percent.
pub(super) fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole as f64
}
