//! The kernels of a network that its operations share: weights, memory that steps reuse, and gradients.

use std::ops::Range;
use std::sync::Mutex;

use candle_core::{CpuStorage, Device, Layout, Result, Tensor, Var, WithDType, bail};

use crate::model::kernels::{Scalar, Unroll};
use crate::model::{Model, Recursion};
use crate::train::loss::Loss;

/// The kernels of one network.
#[derive(Debug)]
pub(super) struct Kernels<T> {
    pub recursion: Recursion,
    decoder: usize,
    pub inputs: usize,
    /// The weights by slot, which follow every update.
    pub weights: Vec<Tensor>,
    /// Links the operations to the graph, also where all weights of a phase are frozen.
    pub anchor: Var,
    /// Memory of encodings that are no longer needed.
    pub unrolls: Mutex<Vec<Unroll<T>>>,
    pub loss: Mutex<Loss<T>>,
    pub gradients: Mutex<Gradients<T>>,
}

/// Gradients by slot, while a backward pass collects them and after it.
#[derive(Debug)]
pub(super) struct Gradients<T> {
    /// For each slot, whether its gradient is wanted; empty between backward passes.
    wanted: Vec<bool>,
    /// For each slot, whether this backward pass has written its gradient.
    written: Vec<bool>,
    /// Empty for slots that are not trained.
    values: Vec<Vec<T>>,
}

impl<T: Scalar + WithDType> Kernels<T> {
    /// The kernels of a recursion whose weights are numbers of type `T` on the CPU; `None` for any other network.
    pub fn new(model: &Model) -> Result<Option<Self>> {
        let Some(&recursion) = model.encoder().recursion() else { return Ok(None) };
        let parameters = model.parameters();
        if !parameters.device().is_cpu() {
            return Ok(None);
        }
        let (inputs, classes) = (model.inputs(), model.classes());
        Ok(Some(Self {
            recursion,
            decoder: parameters.decoder()?,
            inputs,
            weights: parameters.detached(),
            anchor: Var::zeros((), T::DTYPE, &Device::Cpu)?,
            unrolls: Mutex::default(),
            loss: Mutex::new(Loss::new(recursion.hidden, inputs, classes)),
            gradients: Mutex::new(Gradients { wanted: Vec::new(), written: Vec::new(), values: Vec::new() }),
        }))
    }

    /// The slot of D; those of C and of its bias follow, and those of the encoder come before.
    pub fn decoder(&self) -> usize {
        self.decoder
    }
}

impl<T: Scalar> Gradients<T> {
    /// Starts to collect the gradients of the slots that are `wanted`, of these numbers of weights.
    pub fn begin(&mut self, wanted: Vec<bool>, counts: impl Iterator<Item = usize>) {
        self.values.resize_with(wanted.len(), Vec::new);
        for ((values, &wanted), count) in self.values.iter_mut().zip(&wanted).zip(counts) {
            values.resize(if wanted { count } else { 0 }, T::zero());
        }
        self.written = vec![false; wanted.len()];
        self.wanted = wanted;
    }

    /// Ends the collection; gradients that nothing was added to are zero.
    pub fn end(&mut self) {
        self.wanted.clear();
        for (values, _) in self.values.iter_mut().zip(&self.written).filter(|(_, written)| !**written) {
            values.fill(T::zero());
        }
    }

    /// The gradients of the last collection by slot, empty where they were not wanted.
    pub fn values(&mut self) -> &mut [Vec<T>] {
        &mut self.values
    }

    /// Calls `work` with the wanted slots and memory for their gradients, which it overwrites; adds to those that
    /// were written before.
    pub fn collect<R>(&mut self, slots: Range<usize>, work: impl FnOnce(&[bool], &mut [Vec<T>]) -> R) -> R {
        let Self { wanted, written, values } = self;
        let again = slots.clone().filter(|&slot| wanted[slot] && written[slot]);
        let before: Vec<_> = again.map(|slot| (slot, values[slot].clone())).collect();
        let result = work(wanted, values);
        for (slot, before) in before {
            values[slot].iter_mut().zip(before).for_each(|(sum, before)| *sum = *sum + before);
        }
        written[slots].fill(true);
        result
    }

    /// True if the gradient of one of the slots is wanted.
    pub fn wants(&self, mut slots: Range<usize>) -> bool {
        !self.wanted.is_empty() && slots.any(|slot| self.wanted[slot])
    }
}

/// The numbers of contiguous storage.
pub(super) fn contiguous<'a, T: WithDType>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [T]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&storage.as_slice::<T>()?[start..end]),
        None => bail!("a tensor is not contiguous"),
    }
}
