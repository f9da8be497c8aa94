//! Initial weights.
//!
//! D has random unit columns. The recurrent families start as ISTA for non-negative sparse
//! coding on that dictionary: with step size α, E = αDᵀ, S = I − αDᵀD and b = αλ make one
//! iteration one ISTA step. The feed-forward family starts with normal weights of variance
//! 2/n, at which a ReLU layer of n units preserves the norm of its input on average (He et al.
//! 2015, the backward form), and b = 0. C starts at zero and stays zero in phase 1.
//!
//! All computation is on the calling thread: candle would start threads that compete with trials that train in
//! parallel.

use candle_core::{DType, Device, Result, Tensor};
use rand_distr::{Distribution, StandardNormal};

use super::family::Slot;
use super::product::{Matrix, product};
use super::{Config, Family, Group};
use crate::rng::{self, Purpose};

/// The initial f64 value of each slot, in order.
pub(super) fn values(config: &Config, slots: &[Slot], sparsity: f64, seed: u64) -> Result<Vec<Tensor>> {
    let mut random = rng::stream(seed, Purpose::Initialisation, 0);
    let mut normal = |count: usize, deviation: f64| -> Vec<f64> {
        let numbers: Vec<f64> = StandardNormal.sample_iter(&mut random).take(count).collect();
        numbers.into_iter().map(|number| number * deviation).collect()
    };
    let hidden = config.hidden;
    let inputs = slots.iter().find(|slot| slot.group == Group::Decoder).map_or(0, |slot| slot.shape[0]);
    let mut decoder = normal(inputs * hidden, 1.0);
    scale_columns(&mut decoder, hidden, config.decoder_nonnegative);
    let step = config.initial_step();
    let encoder = scaled_transpose(&decoder, hidden, step);
    let recurrent = identity_minus(&encoder, &decoder, hidden);
    let [decoder, encoder, recurrent] = [
        tensor(decoder, &[inputs, hidden])?,
        tensor(encoder, &[hidden, inputs])?,
        tensor(recurrent, &[hidden, hidden])?,
    ];
    let deviation = (2.0 / hidden as f64).sqrt();
    slots
        .iter()
        .map(|slot| match (slot.group, config.family) {
            (Group::Decoder, _) => Ok(decoder.clone()),
            (Group::Classifier, _) | (Group::Threshold, Family::Mlp) => {
                Tensor::zeros(slot.shape.as_slice(), DType::F64, &Device::Cpu)
            }
            (Group::Encoder | Group::Recurrent, Family::Mlp) => {
                tensor(normal(slot.shape.iter().product(), deviation), &slot.shape)
            }
            (Group::Encoder, _) => Ok(encoder.clone()),
            (Group::Recurrent, _) => Ok(recurrent.clone()),
            (Group::Threshold, _) => Tensor::full(step * sparsity, slot.shape.as_slice(), &Device::Cpu),
        })
        .collect()
}

fn tensor(numbers: Vec<f64>, shape: &[usize]) -> Result<Tensor> {
    Tensor::from_vec(numbers, shape, &Device::Cpu)
}

/// Scales the columns of `matrix` `[…, columns]` to unit norm.
fn scale_columns(matrix: &mut [f64], columns: usize, nonnegative: bool) {
    if nonnegative {
        for number in matrix.iter_mut() {
            *number = number.abs();
        }
    }
    let mut squares = vec![0.0; columns];
    for row in matrix.chunks_exact(columns) {
        squares.iter_mut().zip(row).for_each(|(sum, number)| *sum += number * number);
    }
    let norms: Vec<f64> = squares.into_iter().map(f64::sqrt).collect();
    for row in matrix.chunks_exact_mut(columns) {
        row.iter_mut().zip(&norms).for_each(|(number, norm)| *number /= norm);
    }
}

/// `factor` times the transpose of `matrix` `[…, columns]`.
fn scaled_transpose(matrix: &[f64], columns: usize, factor: f64) -> Vec<f64> {
    let column = |j| matrix.iter().skip(j).step_by(columns).map(|number| number * factor);
    (0..columns).flat_map(column).collect()
}

/// I − left·right, of `size` rows and columns.
fn identity_minus(left: &[f64], right: &[f64], size: usize) -> Vec<f64> {
    let inner = left.len() / size;
    let (left, right) = (Matrix::new(left, size, inner), Matrix::new(right, inner, size));
    let mut gram = vec![0.0; size * size];
    product(&mut gram, false, 1.0, left, right);
    let identity = |index: usize| if index.is_multiple_of(size + 1) { 1.0 } else { 0.0 };
    gram.iter().enumerate().map(|(index, entry)| identity(index) - entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::family;

    /// The formulas of this file by candle operations.
    fn by_candle(decoder: &Tensor, step: f64) -> Result<[Tensor; 2]> {
        let encoder = (decoder.t()? * step)?;
        let recurrent =
            (Tensor::eye(decoder.dim(1)?, DType::F64, &Device::Cpu)? - encoder.matmul(decoder)?)?;
        Ok([encoder, recurrent])
    }

    #[test]
    fn the_recurrent_families_start_as_ista_on_a_dictionary_of_unit_columns() -> Result<()> {
        for family in [Family::Drsae, Family::Untied, Family::UntiedRecurrent] {
            for decoder_nonnegative in [false, true] {
                let config = Config { family, steps: 3, hidden: 7, decoder_nonnegative, ..Config::default() };
                let slots = family::slots(&config, 5, 2);
                let values = values(&config, &slots, 0.6, 1)?;
                let decoder = &values[slots.len() - 2];
                let [encoder, recurrent] = by_candle(decoder, 1.0 / 3.0)?;
                let threshold = Tensor::full(0.2f64, 7, &Device::Cpu)?;
                let classifier = Tensor::zeros((2, 7), DType::F64, &Device::Cpu)?;
                let gap = |one: &Tensor, other: &Tensor| (one - other)?.abs()?.max_all()?.to_scalar::<f64>();
                for (slot, value) in slots.iter().zip(&values) {
                    let expected = match slot.group {
                        Group::Encoder => &encoder,
                        Group::Recurrent => &recurrent,
                        Group::Threshold => &threshold,
                        Group::Decoder => decoder,
                        Group::Classifier => &classifier,
                    };
                    assert!(gap(value, expected)? < 1e-14, "{} of {}", slot.name, family.name());
                }
                let norms = decoder.sqr()?.sum(0)?.sqrt()?;
                assert!(gap(&norms, &norms.ones_like()?)? < 1e-14);
                let least = decoder.min_all()?.to_scalar::<f64>()?;
                assert_eq!(least >= 0.0, decoder_nonnegative);
            }
        }
        Ok(())
    }
}
