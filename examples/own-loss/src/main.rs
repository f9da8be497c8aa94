//! Two terms of the objective: codes that come to rest, and scores that are not too sure.

use std::process::ExitCode;

use candle_core::{D, Result, Tensor};
use candle_nn::ops::log_softmax;
use drsae::Invalid;
use drsae::options::NoOptions;
use drsae::train::{Forward, Term};
use serde::{Deserialize, Serialize};

/// The mean of ½‖z^T − z^(T−1)‖² over the images: small if more iterations would change little.
#[derive(Debug)]
struct AtRest;

impl Term for AtRest {
    fn value(&self, forward: &Forward<'_>) -> Result<Option<Tensor>> {
        let [.., before, last] = forward.codes()? else { return Ok(None) };
        let images = last.dim(0)? as f64;
        Ok(Some(((last - before)?.sqr()?.sum_all()? / (2.0 * images))?))
    }
}

/// `[objective.terms.smooth-labels]`: the part of label smoothing (Szegedy et al. 2016) that is not the class term,
/// ε times the mean of −log softmax over all classes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SmoothLabels {
    /// ε, the share of a label that is spread over the classes.
    share: f64,
}

impl SmoothLabels {
    fn checked(self) -> std::result::Result<Self, Invalid> {
        if self.share > 0.0 && self.share < 1.0 {
            return Ok(self);
        }
        let reason = format!("must be between 0 and 1, not {}", self.share);
        Err(Invalid::new("objective.terms.smooth-labels.share", reason))
    }
}

impl Term for SmoothLabels {
    fn value(&self, forward: &Forward<'_>) -> Result<Option<Tensor>> {
        if forward.weights.discriminative.is_none() {
            return Ok(None);
        }
        let codes = forward.codes()?;
        let scores = forward.model.scores(&codes[codes.len() - 1])?;
        Ok(Some((log_softmax(&scores, D::Minus1)?.mean_all()? * -self.share)?))
    }
}

fn main() -> ExitCode {
    let program = drsae::Cli::new().objective("at-rest", |_: NoOptions| Ok(AtRest));
    program.objective("smooth-labels", SmoothLabels::checked).run()
}
