//! The built-in terms of the objective as one operation of candle's graph.

use std::sync::{Arc, Mutex};

use candle_core::{CpuStorage, CustomOp1, DType, Device, Layout, Result, Shape, Tensor, WithDType, bail};

use super::kernels::{Kernels, contiguous};
use crate::model::kernels::Scalar;
use crate::model::with_slices;
use crate::threads::lock;
use crate::train::loss::{DecoderGradients, Decoders, Terms, Weights};

/// Codes `[batch, hidden]` → the objective, a scalar.
pub(super) struct Objective<T> {
    pub kernels: Arc<Kernels<T>>,
    pub target: Arc<Vec<T>>,
    pub labels: Vec<u8>,
    pub penalties: Weights,
    pub terms: Arc<Mutex<Option<Terms>>>,
}

impl<T: Scalar + WithDType> CustomOp1 for Objective<T> {
    fn name(&self) -> &'static str {
        "objective"
    }

    fn cpu_fwd(&self, code: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (kernels, code) = (&self.kernels, contiguous::<T>(code, layout)?);
        let batch = self.labels.len();
        if code.len() != batch * kernels.recursion.hidden || self.target.len() != batch * kernels.inputs {
            bail!("{} codes and {} pixels for {batch} images", code.len(), self.target.len());
        }
        let terms = with_slices(&kernels.weights, |weights: &[&[T]]| {
            let decoders = Decoders::of(weights, kernels.decoder());
            lock(&kernels.loss).forward(code, decoders, &self.target, &self.labels, self.penalties)
        })?;
        *lock(&self.terms) = Some(terms);
        Ok((T::to_cpu_storage_owned(vec![T::of(terms.total)]), Shape::from(())))
    }

    fn bwd(&self, code: &Tensor, _total: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        if gradient.to_dtype(DType::F64)?.to_scalar::<f64>()? != 1.0 {
            bail!("the objective is a summand of what is minimised, with the weight 1");
        }
        let (kernels, decoder) = (&self.kernels, self.kernels.decoder());
        let mut gradients = lock(&kernels.gradients);
        let mut flow = Vec::new();
        let mut backward = |wanted: DecoderGradients<T>| {
            let code = std::slice::from_ref(code);
            with_slices(code, |code: &[&[T]]| {
                with_slices(&kernels.weights, |weights: &[&[T]]| {
                    let (decoders, labels) = (Decoders::of(weights, decoder), self.labels.as_slice());
                    flow = lock(&kernels.loss).backward(code[0], decoders, labels, self.penalties, wanted);
                })
            })?
        };
        let decoders = decoder..kernels.weights.len();
        if gradients.wants(decoders.clone()) {
            gradients.collect(decoders, |wanted, values| {
                let mut wanted = wanted[decoder..].iter().zip(&mut values[decoder..]);
                let mut next =
                    || wanted.next().and_then(|(&wanted, values)| wanted.then_some(values.as_mut_slice()));
                backward(DecoderGradients { decoder: next(), classifier: next(), bias: next() })
            })?;
        } else {
            backward(DecoderGradients { decoder: None, classifier: None, bias: None })?;
        }
        Tensor::from_vec(flow, code.dims(), &Device::Cpu).map(Some)
    }
}
