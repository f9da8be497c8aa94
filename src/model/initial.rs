//! Initial weights.
//!
//! D has random unit columns, which a share of training images can be added to. The other parameters start as their [`Initial`] says, in the order of the slots: from D
//! as ISTA for non-negative sparse coding on that dictionary, from normal numbers, or as constants. C starts at zero and
//! stays zero in phase 1.
//!
//! All computation is on the calling thread: candle would start threads that compete with trials that train in
//! parallel.

use std::cell::RefCell;

use candle_core::{Device, Result, Tensor, bail};
use rand_distr::{Distribution, StandardNormal};

use super::Config;
use super::product::{Matrix, product};
use super::slot::{Initial, Slot};
use crate::rng::{self, Purpose};

/// The sources of initial weights besides the config.
#[derive(Debug, Clone, Copy)]
pub struct Draw<'a> {
    /// Seed of the random numbers.
    pub seed: u64,
    /// λ, which sets the initial thresholds.
    pub sparsity: f64,
    /// Preprocessed training images `[width, inputs]`, one for each column of D; empty if D starts as noise alone.
    pub images: &'a [f32],
}

/// The initial f64 value of each slot, in order. D, of which there is one, is non-negative where that is asked for.
pub(super) fn values(slots: &[Slot], config: &Config, draw: Draw) -> Result<Vec<Tensor>> {
    let Draw { seed, sparsity, images } = draw;
    let mut random = rng::stream(seed, Purpose::Initialisation, 0);
    let mut normal = |count: usize, deviation: f64| -> Vec<f64> {
        let numbers: Vec<f64> = StandardNormal.sample_iter(&mut random).take(count).collect();
        numbers.into_iter().map(|number| number * deviation).collect()
    };
    let dictionary = slots.iter().find(|slot| slot.initial == Initial::Dictionary);
    let Some(&[inputs, width]) = dictionary.map(|slot| slot.shape.as_slice()) else {
        bail!("the network has no dictionary of two dimensions");
    };
    let mut decoder = normal(inputs * width, 1.0);
    scale_columns(&mut decoder, width, config.decoder_nonnegative);
    if !images.is_empty() {
        if images.len() != decoder.len() {
            bail!("{} pixels of images for {width} columns of {inputs}", images.len());
        }
        add_images(&mut decoder, width, images, config.initial_images);
        scale_columns(&mut decoder, width, config.decoder_nonnegative);
    }
    let ista = Ista::new(&decoder, width);
    slots
        .iter()
        .map(|slot| {
            let count = slot.count();
            let numbers = match slot.initial {
                Initial::Dictionary => decoder.clone(),
                Initial::Constant(value) => vec![value; count],
                Initial::Sparsity(factor) => vec![factor * sparsity; count],
                Initial::Normal(deviation) => normal(count, deviation),
                Initial::Rows(norm) => rows(normal(count, 1.0), slot.shape.last().copied(), norm),
                Initial::Transpose(factor) => ista.encoder(factor),
                Initial::Shrinkage(step) => ista.recurrent(step),
                Initial::Identity => identity(slot.shape.first().copied().unwrap_or_default()),
            };
            if numbers.len() != count {
                let (initial, shape, name) = (slot.initial, &slot.shape, &slot.name);
                bail!(
                    "`{name}` of the shape {shape:?} cannot start as {initial:?}, which has {} numbers",
                    numbers.len()
                );
            }
            Tensor::from_vec(numbers, slot.shape.as_slice(), &Device::Cpu)
        })
        .collect()
}

/// The matrices of an ISTA step on a dictionary, computed once for all iterations.
struct Ista<'a> {
    decoder: &'a [f64],
    width: usize,
    /// The last S and its step size.
    recurrent: RefCell<Option<(f64, Vec<f64>)>>,
}

impl<'a> Ista<'a> {
    fn new(decoder: &'a [f64], width: usize) -> Self {
        Self { decoder, width, recurrent: RefCell::default() }
    }

    fn encoder(&self, step: f64) -> Vec<f64> {
        scaled_transpose(self.decoder, self.width, step)
    }

    fn recurrent(&self, step: f64) -> Vec<f64> {
        let mut last = self.recurrent.borrow_mut();
        if last.as_ref().is_none_or(|(other, _)| *other != step) {
            *last = Some((step, identity_minus(&self.encoder(step), self.decoder, self.width)));
        }
        last.as_ref().map(|(_, matrix)| matrix.clone()).unwrap_or_default()
    }
}

fn identity(size: usize) -> Vec<f64> {
    (0..size * size).map(|index| if index.is_multiple_of(size + 1) { 1.0 } else { 0.0 }).collect()
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

/// Adds `share` times an image of `images` `[columns, …]` to each column of `matrix` `[…, columns]`.
fn add_images(matrix: &mut [f64], columns: usize, images: &[f32], share: f64) {
    for (column, image) in images.chunks_exact(matrix.len() / columns).enumerate() {
        let numbers = matrix.iter_mut().skip(column).step_by(columns);
        numbers.zip(image).for_each(|(number, &pixel)| *number += share * f64::from(pixel));
    }
}

/// Scales rows of this length to a norm.
fn rows(mut matrix: Vec<f64>, length: Option<usize>, norm: f64) -> Vec<f64> {
    for row in matrix.chunks_exact_mut(length.unwrap_or(1).max(1)) {
        let scale = norm / row.iter().map(|number| number * number).sum::<f64>().sqrt();
        for number in row {
            *number *= scale;
        }
    }
    matrix
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
    identity(size).iter().zip(&gram).map(|(one, entry)| one - entry).collect()
}

#[cfg(test)]
mod tests {
    use candle_core::DType;

    use super::*;
    use crate::model::{Config, Family, Group, Recursion, slots};

    const DRAW: Draw = Draw { seed: 1, sparsity: 0.6, images: &[] };

    fn by_default(config: &Config) -> Result<Vec<Tensor>> {
        values(&slots(&Recursion::of(config).unwrap(), config, 5, 2)?, config, DRAW)
    }

    /// The formulas of this file by candle operations.
    fn by_candle(decoder: &Tensor, step: f64) -> Result<[Tensor; 2]> {
        let encoder = (decoder.t()? * step)?;
        let recurrent =
            (Tensor::eye(decoder.dim(1)?, DType::F64, &Device::Cpu)? - encoder.matmul(decoder)?)?;
        Ok([encoder, recurrent])
    }

    #[test]
    fn the_recurrent_families_start_as_ista_on_a_dictionary_of_unit_columns() -> Result<()> {
        for family in [Family::Drsae, Family::Untied, Family::UntiedRecurrent, Family::UntiedEncoder] {
            for decoder_nonnegative in [false, true] {
                let config = Config { family, steps: 3, hidden: 7, decoder_nonnegative, ..Config::default() };
                let slots = slots(&Recursion::of(&config).unwrap(), &config, 5, 2)?;
                let values = values(&slots, &config, DRAW)?;
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

    #[test]
    fn a_residual_network_starts_as_one_ista_step() -> Result<()> {
        let config = Config { family: Family::ResidualMlp, steps: 4, hidden: 7, ..Config::default() };
        let slots = slots(&Recursion::of(&config).unwrap(), &config, 5, 2)?;
        let values = values(&slots, &config, DRAW)?;
        let sum = |name: &str| {
            let at = slots.iter().position(|slot| slot.name == name).unwrap();
            values[at].sum_all()?.to_scalar::<f64>()
        };
        assert!((sum("threshold_1")? - 7.0 * 0.6).abs() < 1e-12);
        assert_eq!((sum("threshold_2")?, sum("recurrent_3")?), (0.0, 7.0));
        Ok(())
    }

    #[test]
    fn a_share_of_an_image_is_added_to_each_column() -> Result<()> {
        let config = Config { steps: 2, hidden: 3, initial_images: 0.25, ..Config::default() };
        let slots = slots(&Recursion::of(&config).unwrap(), &config, 4, 2)?;
        let images: Vec<f32> = (0..12).map(|at| (at as f32).sin()).collect();
        let plain = values(&slots, &config, DRAW)?;
        let primed = values(&slots, &config, Draw { images: &images, ..DRAW })?;
        let at = slots.len() - 2;
        let images = Tensor::from_slice(&images, (3, 4), &Device::Cpu)?.to_dtype(DType::F64)?;
        let sum = (&plain[at] + (images.t()? * 0.25)?)?;
        let expected = sum.broadcast_div(&sum.sqr()?.sum_keepdim(0)?.sqrt()?)?;
        let gap = |one: &Tensor, other: &Tensor| (one - other)?.abs()?.max_all()?.to_scalar::<f64>();
        assert!(gap(&primed[at], &expected)? < 1e-14);
        // E starts as the transpose of this D, for two iterations.
        assert!(gap(&primed[0], &(expected.t()? * 0.5)?)? < 1e-14);
        assert!(values(&slots, &config, Draw { images: &[0.5; 8], ..DRAW }).is_err());
        Ok(())
    }

    #[test]
    fn thresholds_and_rows_of_the_classifier_start_as_asked() -> Result<()> {
        for family in Family::ALL {
            let given = Config { family, steps: 3, hidden: 7, ..Config::default() };
            let config = Config { initial_threshold: Some(1e-5), initial_classifier: 2.0, ..given.clone() };
            let slots = slots(&Recursion::of(&config).unwrap(), &config, 5, 2)?;
            let values = values(&slots, &config, DRAW)?;
            for (slot, value) in slots.iter().zip(&values) {
                if slot.group == Group::Threshold {
                    assert_eq!(value.to_vec1::<f64>()?, [1e-5; 7], "{}", slot.name);
                }
            }
            let rows = values.last().unwrap();
            let norms = rows.sqr()?.sum(1)?.sqrt()?.to_vec1::<f64>()?;
            assert!(norms.iter().all(|norm| (norm - 2.0).abs() < 1e-14), "{norms:?}");
            // The other numbers are those of the default.
            let default = by_default(&given)?;
            for ((slot, value), default) in slots.iter().zip(&values).zip(default) {
                if !matches!(slot.group, Group::Threshold | Group::Classifier) {
                    assert_eq!(value.to_vec2::<f64>()?, default.to_vec2::<f64>()?, "{}", slot.name);
                }
            }
        }
        Ok(())
    }
}
