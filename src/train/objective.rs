//! The objective L_U + γ·L_S (equations 2 and 3), as means over a mini-batch.

use candle_core::{DType, Result, Tensor};
use candle_nn::loss::cross_entropy;

use super::loss::{self, Weights};
use crate::model::Model;

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

impl Terms {
    /// The terms as numbers; the class term is NaN where there is none.
    ///
    /// # Errors
    /// When they cannot be copied from the device.
    pub fn numbers(&self) -> Result<loss::Terms> {
        let number = |term: &Tensor| term.to_dtype(DType::F64)?.to_scalar::<f64>();
        Ok(loss::Terms {
            reconstruction: number(&self.reconstruction)?,
            sparsity: number(&self.sparsity)?,
            class: self.class.as_ref().map_or(Ok(f64::NAN), number)?,
            total: number(&self.total)?,
        })
    }
}

/// The terms at a code `[batch, width]` with its `scores` `[batch, classes]`, for the clean input `[batch, inputs]` and
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
