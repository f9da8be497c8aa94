//! The forward and backward pass of one mini-batch: candle differentiates a graph, of fused kernels on the CPU or of its
//! own operations on any device.

use std::cell::OnceCell;

use candle_core::backprop::GradStore;
use candle_core::{DType, Result, Tensor, bail};

use super::batches::Batch;
use super::fused::{Encoding, Fused};
use super::loss::{Terms, Weights};
use super::objective;
use super::registry::WeightedTerm;
use super::term::Forward;
use crate::model::{Model, Parameter};

/// The operations of a pass.
pub(super) enum Pass {
    /// Fused kernels.
    Fused(Fused<f32>),
    /// Candle's own operations.
    Candle {
        /// Scores `[batch, classes]` of the last mini-batch.
        scores: Vec<f32>,
    },
}

/// The graph of one mini-batch.
pub(super) struct Graph {
    /// The minimised objective.
    pub total: Tensor,
    /// Its terms.
    pub terms: Terms,
}

impl Pass {
    /// The graph of the objective of a mini-batch with further terms.
    pub fn forward(
        &mut self,
        model: &Model,
        batch: &Batch,
        weights: Weights,
        own: &[WeightedTerm],
    ) -> Result<Graph> {
        match self {
            Self::Fused(fused) => {
                let encoding = fused.encode(batch.input(), &batch.gains)?;
                let (total, terms) =
                    fused.objective(&encoding.last()?, &batch.clean, &batch.labels, weights)?;
                let graph = Graph { total, terms };
                if own.is_empty() {
                    return Ok(graph);
                }
                let encode = |input: &Tensor| fused.encode_tensor(input, &batch.gains)?.all();
                graph.with_terms(own, model, batch, weights, &|| Encoding::all(&encoding), &encode)
            }
            Self::Candle { scores } => {
                let (graph, found) = by_candle(model, batch, weights, own)?;
                *scores = found.flatten_all()?.to_vec1()?;
                Ok(graph)
            }
        }
    }

    /// The gradients of the objective, by those of the weights that do not come through fused kernels.
    pub fn backward(&self, model: &Model, graph: &Graph) -> Result<GradStore> {
        match self {
            Self::Fused(fused) => fused.differentiate(&graph.total, model.parameters().trained()),
            Self::Candle { .. } => graph.total.backward(),
        }
    }

    /// Calls `work` with the gradients by slot of the last [`Pass::backward`], which returned `others`; empty for
    /// weights that are not trained.
    pub fn with_gradients(
        &self,
        model: &Model,
        others: &GradStore,
        work: impl FnOnce(&[Vec<f32>]) -> Result<()>,
    ) -> Result<()> {
        let parameters = model.parameters().iter().zip(model.parameters().trained());
        match self {
            Self::Fused(fused) => fused.with_gradients(|gradients| {
                for ((parameter, trained), gradient) in parameters.zip(&mut *gradients) {
                    if let Some(other) = others.get(&parameter.value).filter(|_| trained) {
                        let other: Vec<f32> = other.flatten_all()?.to_vec1()?;
                        gradient.iter_mut().zip(other).for_each(|(sum, other)| *sum += other);
                    }
                }
                work(gradients)
            }),
            Self::Candle { .. } => {
                let gradient = |(parameter, trained): (&Parameter, bool)| match others
                    .get(&parameter.value)
                    .filter(|_| trained)
                {
                    Some(gradient) => gradient.flatten_all()?.to_vec1(),
                    None => Ok(vec![0.0; if trained { parameter.value.elem_count() } else { 0 }]),
                };
                work(&parameters.map(gradient).collect::<Result<Vec<_>>>()?)
            }
        }
    }

    /// Calls `work` with the scores `[batch, classes]` of the last mini-batch.
    pub fn with_scores<R>(&self, work: impl FnOnce(&[f32]) -> R) -> R {
        match self {
            Self::Fused(fused) => fused.with_scores(work),
            Self::Candle { scores } => work(scores),
        }
    }
}

impl Graph {
    /// Adds the terms beside those of the recipe.
    fn with_terms(
        mut self,
        own: &[WeightedTerm],
        model: &Model,
        batch: &Batch,
        weights: Weights,
        read: &dyn Fn() -> Result<Vec<Tensor>>,
        encode: &dyn Fn(&Tensor) -> Result<Vec<Tensor>>,
    ) -> Result<Self> {
        let [input, target, labels] = &tensors(batch, model)?;
        let codes = OnceCell::new();
        let forward = Forward { model, input, target, labels, weights, batch, codes, read, encode };
        for WeightedTerm { weight, term } in own {
            let Some(value) = term.value(&forward)? else { continue };
            self.terms.total += weight * value.to_dtype(DType::F64)?.to_scalar::<f64>()?;
            self.total = (self.total + (value * *weight)?)?;
        }
        Ok(self)
    }
}

/// The graph of candle's operations, and the scores.
fn by_candle(
    model: &Model,
    batch: &Batch,
    weights: Weights,
    own: &[WeightedTerm],
) -> Result<(Graph, Tensor)> {
    let [input, target, labels] = tensors(batch, model)?;
    let gains = (!batch.gains.is_empty()).then(|| rows(&batch.gains, batch, model)).transpose()?;
    let encode = |input: &Tensor| model.codes_with(input, gains.as_ref());
    let codes = encode(&input)?;
    let Some(code) = codes.last() else { bail!("the network has no codes") };
    let scores = model.scores(code)?;
    let objective = objective::terms(model, &target, code, &scores, &labels, weights)?;
    let graph = Graph { terms: objective.numbers()?, total: objective.total };
    if own.is_empty() {
        return Ok((graph, scores));
    }
    Ok((graph.with_terms(own, model, batch, weights, &|| Ok(codes.clone()), &encode)?, scores))
}

/// The objective of a mini-batch with further terms, a scalar of candle's operations in the type and on the
/// device of the weights.
///
/// # Errors
/// An operation fails.
pub fn candle_objective(
    model: &Model,
    batch: &Batch,
    weights: Weights,
    own: &[WeightedTerm],
) -> Result<Tensor> {
    Ok(by_candle(model, batch, weights, own)?.0.total)
}

/// The input and the clean images `[batch, inputs]` and the labels `[batch]` of a mini-batch, in the type and on the
/// device of the weights.
fn tensors(batch: &Batch, model: &Model) -> Result<[Tensor; 3]> {
    let labels: Vec<u32> = batch.labels.iter().map(|&label| u32::from(label)).collect();
    let labels = Tensor::from_vec(labels, batch.labels.len(), model.parameters().device())?;
    Ok([rows(batch.input(), batch, model)?, rows(&batch.clean, batch, model)?, labels])
}

/// Numbers with a row for each image of a mini-batch.
fn rows(numbers: &[f32], batch: &Batch, model: &Model) -> Result<Tensor> {
    let (count, like) = (batch.labels.len(), model.parameters());
    Tensor::from_slice(numbers, (count, numbers.len() / count), like.device())?.to_dtype(like.dtype())
}
