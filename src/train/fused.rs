//! Fused kernels as operations of candle's graph, on the CPU: the recursion with all of its iterations, and the built-in
//! terms of the objective.
//!
//! An operation of candle has at most three arguments, and candle would copy every gradient twice. So the operations hold
//! the weights, depend on the graph through one scalar variable, and write the gradients of the weights into memory
//! that they share. [`Fused::differentiate`] collects them; in any other backward pass the operations return the
//! gradients of their inputs alone.

mod encode;
mod kernels;
mod objective;

pub use encode::Encoding;

use std::sync::Arc;

use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, WithDType, bail};

use self::kernels::Kernels;
use self::objective::Objective;
use super::loss::{Terms, Weights};
use crate::model::Model;
use crate::model::kernels::Scalar;
use crate::threads::lock;

/// The fused kernels of one network.
#[derive(Debug, Clone)]
pub struct Fused<T>(Arc<Kernels<T>>);

impl<T: Scalar + WithDType> Fused<T> {
    /// The kernels of a recursion whose weights are numbers of type `T` on the CPU; `None` for any other network.
    ///
    /// # Errors
    /// When memory cannot be allocated.
    pub fn new(model: &Model) -> Result<Option<Self>> {
        Ok(Kernels::new(model)?.map(|kernels| Self(Arc::new(kernels))))
    }

    /// Encodes images `[batch, inputs]`, which are no part of the graph, with the gains `[batch, hidden]` of dropout; without
    /// dropout these are empty.
    ///
    /// # Errors
    /// When the images have another width, or the gains another size.
    pub fn encode(&self, images: &Arc<Vec<T>>, gains: &Arc<Vec<T>>) -> Result<Encoding<T>> {
        Encoding::of(&self.0, &self.0.anchor, Some(images.clone()), gains)
    }

    /// Encodes a tensor `[batch, inputs]` as [`Fused::encode`] does, and takes part in its gradient.
    ///
    /// # Errors
    /// When the tensor has another width or type, or is on another device, or the gains have another size.
    pub fn encode_tensor(&self, input: &Tensor, gains: &Arc<Vec<T>>) -> Result<Encoding<T>> {
        let (found, expected) = (input.dims2()?.1, self.0.inputs);
        if found != expected || input.dtype() != T::DTYPE {
            bail!("the input has {found} pixels of {:?}, not {expected} of {:?}", input.dtype(), T::DTYPE);
        }
        Encoding::of(&self.0, &input.contiguous()?, None, gains)
    }

    /// The objective without further terms, a scalar that can be differentiated once: codes
    /// `[batch, hidden]`, compared with the clean images `target` `[batch, inputs]` and the `labels`.
    ///
    /// # Errors
    /// When the shapes do not match.
    pub fn objective(
        &self,
        code: &Tensor,
        target: &Arc<Vec<T>>,
        labels: &[u8],
        penalties: Weights,
    ) -> Result<(Tensor, Terms)> {
        let terms = Arc::default();
        let operation = Objective {
            kernels: self.0.clone(),
            target: target.clone(),
            labels: labels.to_vec(),
            penalties,
            terms: Arc::clone(&terms),
        };
        let total = code.contiguous()?.apply_op1(operation)?;
        let terms: Option<Terms> = *lock(&terms);
        match terms {
            Some(terms) => Ok((total, terms)),
            None => bail!("the objective was not computed"),
        }
    }

    /// The gradients of `total` by the weights for which `wanted` is true; [`Fused::with_gradients`] reads them. The
    /// returned ones are those that come through other operations.
    ///
    /// # Errors
    /// When the graph cannot be differentiated.
    pub fn differentiate(&self, total: &Tensor, wanted: Vec<bool>) -> Result<GradStore> {
        lock(&self.0.gradients).begin(wanted, self.0.weights.iter().map(Tensor::elem_count));
        let others = total.backward();
        lock(&self.0.gradients).end();
        others
    }

    /// Calls `work` with the gradients of the last [`Fused::differentiate`] by slot, empty where they were not wanted.
    pub fn with_gradients<R>(&self, work: impl FnOnce(&mut [Vec<T>]) -> R) -> R {
        work(lock(&self.0.gradients).values())
    }

    /// Calls `work` with the scores `[batch, classes]` of the last [`Fused::objective`].
    pub fn with_scores<R>(&self, work: impl FnOnce(&[T]) -> R) -> R {
        work(lock(&self.0.loss).scores())
    }
}
