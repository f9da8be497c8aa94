//! The class term at every iteration.

use candle_core::{Result, Tensor};
use candle_nn::loss::cross_entropy;

use crate::train::term::{Forward, Term};

/// `[objective.terms.every-step]`: the mean of −log softmax(C·z^t/‖z^t‖)_y over the iterations t = 1 … T.
#[derive(Debug)]
pub struct EveryStep;

impl EveryStep {
    /// Its name in specs.
    pub const NAME: &str = "every-step";
}

impl Term for EveryStep {
    fn value(&self, forward: &Forward<'_>) -> Result<Option<Tensor>> {
        if forward.weights.discriminative.is_none() {
            return Ok(None);
        }
        let codes = forward.codes()?;
        let class = |code| cross_entropy(&forward.model.scores(code)?, forward.labels);
        let terms = codes.iter().map(class).collect::<Result<Vec<_>>>()?;
        Ok(Some((Tensor::stack(&terms, 0)?.sum_all()? / codes.len() as f64)?))
    }
}
