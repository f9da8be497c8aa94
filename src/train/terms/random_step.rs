//! The objective at a random iteration.

use candle_core::{Result, Tensor};
use candle_nn::loss::cross_entropy;
use rand::RngExt;

use crate::train::term::{Forward, Term};

/// `[objective.terms.random-step]`: the objective of the phase with z^t in place of z^T, for an iteration t from 1 to T that
/// every mini-batch draws.
#[derive(Debug)]
pub struct RandomStep;

impl RandomStep {
    /// Its name in specs.
    pub const NAME: &str = "random-step";
}

impl Term for RandomStep {
    fn value(&self, forward: &Forward<'_>) -> Result<Option<Tensor>> {
        let codes = forward.codes()?;
        let code = &codes[forward.random().random_range(0..codes.len())];
        let images = code.dim(0)? as f64;
        let residual = (forward.model.reconstruct(code)? - forward.target)?;
        let reconstruction = (residual.sqr()?.sum_all()? / (2.0 * images))?;
        let sparsity = (code.sum_all()? * (forward.weights.sparsity / images))?;
        let objective = (reconstruction + sparsity)?;
        let Some(weight) = forward.weights.discriminative else { return Ok(Some(objective)) };
        let class = cross_entropy(&forward.model.scores(code)?, forward.labels)?;
        (objective + (class * weight)?).map(Some)
    }
}
