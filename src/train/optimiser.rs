//! The update of the weights: Adam or SGD, then the norm bounds (equation 5), in one pass over the memory of each
//! parameter.

#![expect(clippy::inline_always, reason = "a loop is compiled for the instruction set of its caller")]

use std::cell::RefCell;

use candle_core::{CpuStorage, InplaceOp1, Layout, Result, bail};

use super::config::Phase;
use super::updates::{BETA1, BETA2, Bound, EPSILON, Moments, RuleStep, Update, Updates};
use crate::model::kernels::dot;
use crate::model::{Model, Parameter};
use crate::simd::dispatch;

/// The update rule of one phase, with its moments.
#[derive(Debug, Clone)]
pub struct Optimiser {
    updates: Updates,
    /// First and second moments by slot; `None` if a parameter is not trained. Second moments are empty under SGD.
    moments: Vec<Option<[Vec<f32>; 2]>>,
}

impl Optimiser {
    /// Fresh moments for the parameters that `model` trains in `phase`.
    #[must_use]
    pub fn new(phase: &Phase, model: &Model) -> Self {
        let updates = Updates::new(phase, model);
        let moments = |parameter: &Parameter| {
            let count = parameter.value.elem_count();
            [vec![0.0; count], vec![0.0; if updates.has_second_moments() { count } else { 0 }]]
        };
        let parameters = model.parameters().iter().zip(model.parameters().trained());
        let moments = parameters.map(|(parameter, trained)| trained.then(|| moments(parameter))).collect();
        Self { updates, moments }
    }

    /// The state of the optimiser.
    pub(super) fn moments(&self) -> Moments {
        let pairs = self.moments.iter().flatten().cloned().collect();
        Moments { updates: self.updates.done(), decay: self.updates.decay(), pairs }
    }

    /// Restores the state that [`Optimiser::moments`] returned.
    pub(super) fn restore(&mut self, moments: Moments) -> Result<()> {
        let trained: Vec<_> = self.moments.iter_mut().flatten().collect();
        moments.check_sizes(trained.iter().map(|[first, second]| [first.len(), second.len()]))?;
        for (pair, stored) in trained.into_iter().zip(moments.pairs) {
            *pair = stored;
        }
        self.updates.resume(moments.updates, moments.decay);
        Ok(())
    }

    /// Moves the trained weights of `model` against their gradients by slot, at the learning
    /// rate `rate`, then enforces the bounds.
    ///
    /// # Errors
    /// When the gradients belong to another network.
    pub fn update(&mut self, model: &Model, gradients: &[Vec<f32>], rate: f64) -> Result<()> {
        let parameters = model.parameters().iter().zip(gradients);
        let updates = self.updates.next(rate).zip(&mut self.moments);
        for ((parameter, gradient), (update, moments)) in parameters.zip(updates) {
            let (Some(update), Some([first, second])) = (update, moments) else { continue };
            let moments = RefCell::new((first.as_mut_slice(), second.as_mut_slice()));
            parameter.value.inplace_op1(&InPlace { update, gradient, moments })?;
        }
        Ok(())
    }
}

/// One parameter's update, as an operation on its storage.
struct InPlace<'a> {
    update: Update,
    gradient: &'a [f32],
    /// First and second moments.
    moments: RefCell<(&'a mut [f32], &'a mut [f32])>,
}

impl InplaceOp1 for InPlace<'_> {
    fn name(&self) -> &'static str {
        "bounded-update"
    }

    fn cpu_fwd(&self, weights: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let CpuStorage::F32(weights) = weights else { bail!("weights are not f32 numbers") };
        let Some((start, end)) = layout.contiguous_offsets() else { bail!("weights are not contiguous") };
        if end - start != self.gradient.len() {
            bail!("{} weights have {} gradients", end - start, self.gradient.len());
        }
        let columns = layout.dims().last().copied().unwrap_or(1);
        dispatch!(self.sweep(&mut weights[start..end], columns));
        Ok(())
    }
}

impl InPlace<'_> {
    /// Updates and bounds a matrix of rows of length `columns`.
    #[inline(always)]
    fn sweep(&self, weights: &mut [f32], columns: usize) {
        let Update { rule, bound } = self.update;
        let mut moments = self.moments.borrow_mut();
        let (first, second) = &mut *moments;
        let mut squares = vec![0.0; if matches!(bound, Bound::Columns { .. }) { columns } else { 0 }];
        for (row, start) in weights.chunks_exact_mut(columns).zip((0..).step_by(columns)) {
            let range = start..start + columns;
            let gradient = &self.gradient[range.clone()];
            let first = &mut first[range.clone()];
            match rule {
                RuleStep::Adam { rate, inverse_correction } => {
                    adam(row, gradient, first, &mut second[range], rate, inverse_correction);
                }
                RuleStep::Sgd { rate, momentum } => sgd(row, gradient, first, rate, momentum),
            }
            match bound {
                Bound::None => {}
                Bound::Rows(max) => shrink(row, max),
                Bound::Columns { nonnegative, .. } => {
                    if nonnegative {
                        for weight in row.iter_mut() {
                            *weight = weight.max(0.0);
                        }
                    }
                    squares.iter_mut().zip(&*row).for_each(|(sum, weight)| *sum += weight * weight);
                }
            }
        }
        if let Bound::Columns { max, .. } = bound {
            shrink_columns(weights, &squares, max);
        }
    }
}

#[inline(always)]
fn adam(
    weights: &mut [f32],
    gradient: &[f32],
    first: &mut [f32],
    second: &mut [f32],
    rate: f32,
    inverse_correction: f32,
) {
    let (beta1, beta2) = (BETA1 as f32, BETA2 as f32);
    let moments = first.iter_mut().zip(second);
    for ((weight, &slope), (mean, square)) in weights.iter_mut().zip(gradient).zip(moments) {
        *mean = beta1 * *mean + (1.0 - beta1) * slope;
        *square = beta2 * *square + (1.0 - beta2) * slope * slope;
        *weight -= rate * *mean / ((*square * inverse_correction).sqrt() + EPSILON);
    }
}

#[inline(always)]
fn sgd(weights: &mut [f32], gradient: &[f32], velocity: &mut [f32], rate: f32, momentum: f32) {
    for ((weight, &slope), speed) in weights.iter_mut().zip(gradient).zip(velocity) {
        *speed = momentum * *speed + slope;
        *weight -= rate * *speed;
    }
}

/// Scales a row down to the norm `max` if it is longer.
#[inline(always)]
fn shrink(row: &mut [f32], max: f32) {
    let square = dot(row, row);
    if square > max * max {
        let scale = max / square.sqrt();
        for weight in row {
            *weight *= scale;
        }
    }
}

/// Scales columns down to the norm `max` if they are longer, given their sums of squares.
#[inline(always)]
fn shrink_columns(weights: &mut [f32], squares: &[f32], max: f32) {
    let scale = |&square: &f32| if square > max * max { max / square.sqrt() } else { 1.0 };
    let scales: Vec<f32> = squares.iter().map(scale).collect();
    if scales.iter().all(|&scale| scale >= 1.0) {
        return;
    }
    for row in weights.chunks_exact_mut(squares.len()) {
        row.iter_mut().zip(&scales).for_each(|(weight, scale)| *weight *= scale);
    }
}

#[cfg(test)]
mod tests;
