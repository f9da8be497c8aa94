//! The recursion with all of its iterations as operations of candle's graph: the input becomes a scalar, which stands for
//! all codes, and the scalar becomes each code that is read.

use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Device, Layout, Result, Shape, Tensor, WithDType, bail};

use super::kernels::{Kernels, contiguous};
use crate::model::kernels::{Scalar, Unroll};
use crate::model::with_slices;
use crate::threads::lock;

/// The codes of one input, computed and not yet read.
#[derive(Debug)]
pub struct Encoding<T> {
    /// A scalar of the graph that the codes depend on.
    token: Tensor,
    memory: Arc<Memory<T>>,
}

impl<T: Scalar + WithDType> Encoding<T> {
    /// Encodes `images` `[batch, inputs]`, or without them the tensor `input`, in whose gradient it takes part, with `gains`
    /// `[batch, hidden]` unless they are empty.
    pub(super) fn of(
        kernels: &Arc<Kernels<T>>,
        input: &Tensor,
        images: Option<Arc<Vec<T>>>,
        gains: &Arc<Vec<T>>,
    ) -> Result<Self> {
        let memory =
            Arc::new(Memory { kernels: kernels.clone(), unroll: Mutex::default(), slopes: Mutex::default() });
        let token = input
            .apply_op2(&kernels.anchor, Encode { memory: memory.clone(), images, gains: gains.clone() })?;
        Ok(Self { token, memory })
    }

    /// The code z^(t+1) `[batch, hidden]`, for t from 0.
    ///
    /// # Errors
    /// There is no such code.
    pub fn code(&self, t: usize) -> Result<Tensor> {
        if t >= self.memory.kernels.recursion.steps {
            bail!("the network has no code {}", t + 1);
        }
        self.token.apply_op1(Code { memory: self.memory.clone(), t })
    }

    /// The last code z^T `[batch, hidden]`.
    ///
    /// # Errors
    /// Memory cannot be allocated.
    pub fn last(&self) -> Result<Tensor> {
        self.code(self.memory.kernels.recursion.steps - 1)
    }

    /// All codes, first to last.
    ///
    /// # Errors
    /// Memory cannot be allocated.
    pub fn all(&self) -> Result<Vec<Tensor>> {
        (0..self.memory.kernels.recursion.steps).map(|t| self.code(t)).collect()
    }
}

/// Memory of one encoding between its forward and its backward pass.
#[derive(Debug)]
struct Memory<T> {
    kernels: Arc<Kernels<T>>,
    unroll: Mutex<Option<Unroll<T>>>,
    /// The gradients of the codes by iteration, as far as the backward pass has them.
    slopes: Mutex<Vec<Option<Tensor>>>,
}

impl<T> Drop for Memory<T> {
    fn drop(&mut self) {
        let unroll = self.unroll.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        lock(&self.kernels.unrolls).extend(unroll);
    }
}

/// Images `[batch, inputs]` → a scalar that stands for all codes.
struct Encode<T> {
    memory: Arc<Memory<T>>,
    /// The images; `None` if they are the first argument.
    images: Option<Arc<Vec<T>>>,
    gains: Arc<Vec<T>>,
}

impl<T: Scalar + WithDType> CustomOp2 for Encode<T> {
    fn name(&self) -> &'static str {
        "encode"
    }

    fn cpu_fwd(
        &self,
        input: &CpuStorage,
        layout: &Layout,
        _anchor: &CpuStorage,
        _: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let kernels = &self.memory.kernels;
        let images = match &self.images {
            Some(images) => images.as_slice(),
            None => contiguous(input, layout)?,
        };
        let batch = images.len() / kernels.inputs;
        if images.len() != batch * kernels.inputs {
            bail!("{} pixels are no images of {}", images.len(), kernels.inputs);
        }
        if !self.gains.is_empty() && self.gains.len() != batch * kernels.recursion.hidden {
            bail!("{} gains are not those of {batch} images", self.gains.len());
        }
        let unroll = lock(&kernels.unrolls).pop();
        let mut unroll = unroll
            .filter(|unroll| unroll.capacity() >= batch)
            .unwrap_or_else(|| Unroll::new(&kernels.recursion, kernels.inputs, batch));
        unroll.set_gains(&self.gains);
        with_slices(&kernels.weights, |weights: &[&[T]]| unroll.forward(weights, images))?;
        *lock(&self.memory.unroll) = Some(unroll);
        Ok((T::to_cpu_storage_owned(vec![num_traits::Zero::zero()]), Shape::from(())))
    }

    fn bwd(
        &self,
        input: &Tensor,
        _anchor: &Tensor,
        _token: &Tensor,
        _: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let kernels = &self.memory.kernels;
        let slots = kernels.decoder();
        let mut gradients = lock(&kernels.gradients);
        let by_input = self.images.is_none() && input.track_op();
        let by_weights = gradients.wants(0..slots);
        let slopes = std::mem::take(&mut *lock(&self.memory.slopes));
        if !by_input && !by_weights {
            return Ok((None, None));
        }
        let mut unroll = lock(&self.memory.unroll);
        let Some(unroll) = unroll.as_mut() else { bail!("the codes were not computed") };
        let given: Vec<Tensor> = slopes.iter().flatten().cloned().collect();
        let by_input = with_slices(&given, |given: &[&[T]]| {
            let mut given = given.iter().copied();
            let slopes: Vec<Option<&[T]>> =
                slopes.iter().map(|slope| slope.as_ref().and_then(|_| given.next())).collect();
            with_slices(&kernels.weights, |weights: &[&[T]]| {
                unroll.propagate(weights, |t| slopes.get(t).copied().flatten());
                by_input.then(|| unroll.input_gradient(weights))
            })
        })??;
        if by_weights {
            let mut collect = |images: &[T]| {
                gradients.collect(0..slots, |wanted, values| unroll.gradients(images, wanted, values));
            };
            match &self.images {
                Some(images) => collect(images),
                None => with_slices(std::slice::from_ref(input), |input: &[&[T]]| collect(input[0]))?,
            }
        }
        let gradient = |numbers: Vec<T>| Tensor::from_vec(numbers, input.dims(), &Device::Cpu);
        Ok((by_input.map(gradient).transpose()?, None))
    }
}

/// The scalar of [`Encode`] → one code `[batch, hidden]`.
struct Code<T> {
    memory: Arc<Memory<T>>,
    t: usize,
}

impl<T: Scalar + WithDType> CustomOp1 for Code<T> {
    fn name(&self) -> &'static str {
        "code"
    }

    fn cpu_fwd(&self, _token: &CpuStorage, _: &Layout) -> Result<(CpuStorage, Shape)> {
        let unroll = lock(&self.memory.unroll);
        let Some(unroll) = unroll.as_ref() else { bail!("the codes were not computed") };
        let code = unroll.code_at(self.t);
        let hidden = self.memory.kernels.recursion.hidden;
        Ok((T::to_cpu_storage(code), Shape::from((code.len() / hidden, hidden))))
    }

    /// Keeps the gradient for [`Encode`], whose backward pass comes after those of all codes.
    fn bwd(&self, token: &Tensor, _code: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let mut slopes = lock(&self.memory.slopes);
        slopes.resize(self.memory.kernels.recursion.steps, None);
        let slope = &mut slopes[self.t];
        *slope = Some(match slope.take() {
            Some(other) => (other + gradient)?,
            None => gradient.contiguous()?,
        });
        token.zeros_like().map(Some)
    }
}
