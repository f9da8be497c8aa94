//! Virtual adversarial training.

use candle_core::{D, Result, Tensor, Var};
use candle_nn::ops::{log_softmax, softmax};
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use crate::train::term::{Forward, Term};

/// `[objective.terms.adversarial]`: how far the classes of an image may change within a distance of it
/// (Miyato et al. 2018), as KL(p(x) ‖ p(x + r)) for the direction r in which they change most.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adversarial {
    /// ‖r‖.
    distance: f64,
}

impl Adversarial {
    /// Its name in specs.
    pub const NAME: &str = "adversarial";

    /// The divergence of the class probabilities of `input` from the fixed logarithms `known`.
    fn divergence(forward: &Forward<'_>, known: &Tensor, input: &Tensor) -> Result<Tensor> {
        let codes = forward.encode(input)?;
        let moved = log_softmax(&forward.model.scores(&codes[codes.len() - 1])?, D::Minus1)?;
        (known.exp()? * (known - moved)?)?.sum_all()? / input.dim(0)? as f64
    }
}

/// Logarithms of the class probabilities, held fixed. That of a probability which underflows is finite, as that of the least
/// number above zero.
fn logarithms(scores: &Tensor) -> Result<Tensor> {
    Ok(softmax(scores, D::Minus1)?.maximum(f64::from(f32::from_bits(1)))?.log()?.detach())
}

/// Images scaled to the norm `length`.
fn scaled(images: &Tensor, length: f64) -> Result<Tensor> {
    let norms = (images.sqr()?.sum_keepdim(D::Minus1)? + 1e-24)?.sqrt()?;
    images.broadcast_div(&norms)? * length
}

impl Term for Adversarial {
    fn value(&self, forward: &Forward<'_>) -> Result<Option<Tensor>> {
        if forward.weights.discriminative.is_none() {
            return Ok(None);
        }
        let (input, codes) = (forward.input, forward.codes()?);
        let known = logarithms(&forward.model.scores(&codes[codes.len() - 1])?)?;
        let noise: Vec<f32> = StandardNormal.sample_iter(forward.random()).take(input.elem_count()).collect();
        let noise = Tensor::from_vec(noise, input.dims(), input.device())?.to_dtype(input.dtype())?;
        let near = Var::from_tensor(&scaled(&noise, 0.1 * self.distance)?)?;
        let change = Self::divergence(forward, &known, &(input + near.as_tensor())?)?.backward()?;
        let Some(direction) = change.get(&near) else { return Ok(None) };
        let worst = (input + scaled(&direction.detach(), self.distance)?)?;
        Self::divergence(forward, &known, &worst).map(Some)
    }

    /// The direction depends on the weights, and is held fixed.
    fn is_exact(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn a_probability_that_underflows_has_a_finite_logarithm() {
        let scores = Tensor::new(&[[0f32, 200.0], [0.0, 1.0]], &Device::Cpu).unwrap();
        let known = logarithms(&scores).unwrap().to_vec2::<f32>().unwrap();
        assert!(known[0][0] < -100.0 && known[0][0].is_finite(), "{known:?}");
        assert_eq!(known[0][1], 0.0);
        assert!((known[1][1] + 1f32.exp().recip().ln_1p()).abs() < 1e-6, "{known:?}");
    }
}
