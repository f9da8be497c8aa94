//! Initial weights.
//!
//! D has random unit columns. The recurrent families start as ISTA for non-negative sparse
//! coding on that dictionary: with step size α, E = αDᵀ, S = I − αDᵀD and b = αλ make one
//! iteration one ISTA step. The feed-forward family starts with normal weights of variance
//! 2/n, at which a ReLU layer of n units keeps the norm of its input on average (He et al.
//! 2015, the backward form), and b = 0. C starts at zero, so that phase 1 leaves no trace
//! in it.

use candle_core::{D, DType, Device, Result, Tensor};
use rand_distr::{Distribution, StandardNormal};

use super::wiring::Slot;
use super::{Config, Family, Group};
use crate::rng::{self, Purpose};

/// One f64 value for each slot, in order.
pub(super) fn values(config: &Config, slots: &[Slot], sparsity: f64, seed: u64) -> Result<Vec<Tensor>> {
    let mut random = rng::stream(seed, Purpose::Initialisation, 0);
    let mut normal = |shape: &[usize]| {
        let count = shape.iter().product();
        let numbers: Vec<f64> = StandardNormal.sample_iter(&mut random).take(count).collect();
        Tensor::from_vec(numbers, shape, &Device::Cpu)
    };
    let inputs = slots.iter().find(|slot| slot.group == Group::Decoder).map_or(0, |slot| slot.shape[0]);
    let decoder = unit_columns(&normal(&[inputs, config.hidden])?, config.decoder_nonnegative)?;
    let step = config.initial_step();
    let transposed = (decoder.t()? * step)?;
    let gram = transposed.matmul(&decoder)?;
    let recurrent = (Tensor::eye(config.hidden, DType::F64, &Device::Cpu)? - gram)?;
    let spread = (2.0 / config.hidden as f64).sqrt();
    slots
        .iter()
        .map(|slot| match (slot.group, config.family) {
            (Group::Decoder, _) => Ok(decoder.clone()),
            (Group::Classifier, _) | (Group::Threshold, Family::Mlp) => {
                Tensor::zeros(slot.shape.as_slice(), DType::F64, &Device::Cpu)
            }
            (Group::Encoder | Group::Recurrent, Family::Mlp) => normal(&slot.shape)? * spread,
            (Group::Encoder, _) => transposed.contiguous(),
            (Group::Recurrent, _) => Ok(recurrent.clone()),
            (Group::Threshold, _) => Tensor::full(step * sparsity, slot.shape.as_slice(), &Device::Cpu),
        })
        .collect()
}

fn unit_columns(numbers: &Tensor, nonnegative: bool) -> Result<Tensor> {
    let numbers = if nonnegative { numbers.abs()? } else { numbers.clone() };
    let norms = numbers.sqr()?.sum_keepdim(D::Minus2)?.sqrt()?;
    numbers.broadcast_div(&norms)
}
