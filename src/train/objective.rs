//! The objective L_U + γ·L_S (equations 2 and 3), as means over a mini-batch.

use candle_core::{Result, Tensor};
use candle_nn::loss::cross_entropy;

use crate::model::Model;

/// Weights of the penalty terms in one phase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// λ.
    pub sparsity: f64,
    /// γ; `None` for a phase without the class term.
    pub discriminative: Option<f64>,
}

/// The terms of the objective, each a scalar averaged over the mini-batch.
#[derive(Debug, Clone)]
pub struct Terms {
    /// ½‖x − D·z‖².
    pub reconstruction: Tensor,
    /// λ‖z‖₁.
    pub sparsity: Tensor,
    /// −log softmax(scores)_y, not weighted; absent without γ.
    pub class: Option<Tensor>,
    /// The minimised objective: reconstruction + sparsity + γ·class.
    pub total: Tensor,
}

/// The terms at a code `[batch, hidden]` with its `scores` `[batch, classes]`, for the clean input `[batch, inputs]` and
/// the labels `[batch]`.
///
/// # Errors
/// When the shapes do not match.
pub fn terms(
    model: &Model,
    input: &Tensor,
    code: &Tensor,
    scores: &Tensor,
    labels: &Tensor,
    weights: Weights,
) -> Result<Terms> {
    let images = input.dim(0)? as f64;
    let residual = (input - model.reconstruct(code)?)?;
    let reconstruction = (residual.sqr()?.sum_all()? * (0.5 / images))?;
    let sparsity = (code.sum_all()? * (weights.sparsity / images))?;
    let unsupervised = (&reconstruction + &sparsity)?;
    let Some(weight) = weights.discriminative else {
        return Ok(Terms { reconstruction, sparsity, class: None, total: unsupervised });
    };
    let class = cross_entropy(scores, labels)?;
    let total = (unsupervised + (&class * weight)?)?;
    Ok(Terms { reconstruction, sparsity, class: Some(class), total })
}
