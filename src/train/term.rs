//! Terms of the objective beside those of the recipe.

use std::cell::OnceCell;
use std::fmt::Debug;

use candle_core::{Result as TensorResult, Tensor};
use rand_chacha::ChaCha8Rng;

use super::batches::Batch;
use super::loss::Weights;
use crate::model::Model;

/// A term of the objective. It is added to the built-in terms with the weight that the spec gives.
pub trait Term: Debug + Send + Sync {
    /// The term for a mini-batch: a scalar, averaged over the images, by differentiable operations of candle. `None`
    /// where a phase has no such term.
    ///
    /// # Errors
    /// An operation fails.
    fn value(&self, forward: &Forward<'_>) -> TensorResult<Option<Tensor>>;

    /// False if the term holds a tensor fixed that depends on the weights, such as an adversarial direction. Then its
    /// gradient is not that of finite differences.
    fn is_exact(&self) -> bool {
        true
    }
}

/// A mini-batch and its codes, from which a term is computed.
pub struct Forward<'a> {
    /// The network, whose decoders are those of [`Model::reconstruct`] and [`Model::scores`].
    pub model: &'a Model,
    /// The input of the encoder `[batch, inputs]`, with the noise of the phase.
    pub input: &'a Tensor,
    /// The images without noise `[batch, inputs]`.
    pub target: &'a Tensor,
    /// The classes `[batch]`, u32.
    pub labels: &'a Tensor,
    /// λ and γ of the phase; no γ in a phase without the class term.
    pub weights: Weights,
    pub(super) batch: &'a Batch,
    pub(super) codes: OnceCell<Vec<Tensor>>,
    pub(super) read: &'a dyn Fn() -> TensorResult<Vec<Tensor>>,
    pub(super) encode: &'a dyn Fn(&Tensor) -> TensorResult<Vec<Tensor>>,
}

impl Forward<'_> {
    /// The codes z^1 … z^T of the input.
    ///
    /// # Errors
    /// An operation fails.
    pub fn codes(&self) -> TensorResult<&[Tensor]> {
        if self.codes.get().is_none() {
            let _ = self.codes.set((self.read)()?);
        }
        Ok(self.codes.get().map_or(&[], Vec::as_slice))
    }

    /// The codes of another input `[batch, inputs]`, differentiable by it and, in the gradient of the objective, by the
    /// weights.
    ///
    /// # Errors
    /// The shapes do not match, or an operation fails.
    pub fn encode(&self, input: &Tensor) -> TensorResult<Vec<Tensor>> {
        (self.encode)(input)
    }

    /// Random numbers of this mini-batch, the same whenever the trial is repeated or resumed.
    #[must_use]
    pub fn random(&self) -> ChaCha8Rng {
        self.batch.random()
    }
}
