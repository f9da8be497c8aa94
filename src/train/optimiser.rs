//! The update of the weights: Adam or SGD, then the norm bounds (equation 5), in one sweep
//! over each parameter's memory.

#![expect(
    clippy::inline_always,
    reason = "a loop is compiled for the instruction set of what it is inlined into"
)]

use std::cell::RefCell;

use candle_core::{CpuStorage, InplaceOp1, Layout, Result, bail};

use super::config::{Multipliers, Optimizer, Phase};
use crate::model::kernels::{dispatch, dot};
use crate::model::{self, Family, Group, Model, Parameter};

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f32 = 1e-8;

/// The update rule of one phase, with its moments.
#[derive(Debug, Clone)]
pub struct Optimiser {
    rule: Rule,
    /// By slot; `None` where a parameter is not trained.
    states: Vec<Option<State>>,
    /// β₁^t and β₂^t after t updates.
    decay: (f64, f64),
}

#[derive(Debug, Clone, Copy)]
enum Rule {
    Adam,
    Sgd { momentum: f32 },
}

/// What the update keeps of one parameter.
#[derive(Debug, Clone)]
struct State {
    multiplier: f64,
    bound: Bound,
    first: Vec<f32>,
    /// Second moments; empty under SGD.
    second: Vec<f32>,
}

/// The constraint that holds after every update. A row or column inside it is left alone.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bound {
    None,
    Rows(f32),
    Columns { most: f32, nonnegative: bool },
}

impl Optimiser {
    /// Fresh moments for the parameters that `model` trains in `phase`.
    #[must_use]
    pub fn new(phase: &Phase, model: &Model) -> Self {
        let rule = match phase.optimizer {
            Optimizer::Adam => Rule::Adam,
            Optimizer::Sgd => Rule::Sgd { momentum: phase.momentum as f32 },
        };
        let second = |count| if matches!(rule, Rule::Adam) { vec![0.0; count] } else { Vec::new() };
        let state = |parameter: &Parameter| State {
            multiplier: multiplier(phase, model.config(), parameter.group),
            bound: bound(model.config(), parameter.group),
            first: vec![0.0; parameter.value.elem_count()],
            second: second(parameter.value.elem_count()),
        };
        let parameters = model.parameters();
        let states = parameters
            .iter()
            .zip(parameters.trained())
            .map(|(parameter, trained)| trained.then(|| state(parameter)))
            .collect();
        Self { rule, states, decay: (1.0, 1.0) }
    }

    /// β₁^t and β₂^t, and the first and second moments of each trained parameter.
    pub(super) fn snapshot(&self) -> ((f64, f64), Vec<[Vec<f32>; 2]>) {
        let moments = |state: &State| [state.first.clone(), state.second.clone()];
        (self.decay, self.states.iter().flatten().map(moments).collect())
    }

    /// Takes what [`Optimiser::snapshot`] gave.
    pub(super) fn restore(&mut self, decay: (f64, f64), moments: Vec<[Vec<f32>; 2]>) -> Result<()> {
        let trained: Vec<_> = self.states.iter_mut().flatten().collect();
        let fits = |(state, [first, second]): (&&mut State, &[Vec<f32>; 2])| {
            state.first.len() == first.len() && state.second.len() == second.len()
        };
        if trained.len() != moments.len() || !trained.iter().zip(&moments).all(fits) {
            bail!("the moments are of another network or optimiser");
        }
        for (state, [first, second]) in trained.into_iter().zip(moments) {
            (state.first, state.second) = (first, second);
        }
        self.decay = decay;
        Ok(())
    }

    /// Moves the trained weights of `model` against their gradients by slot, at the learning
    /// rate `rate`, then enforces the bounds.
    ///
    /// # Errors
    /// When the gradients are of another network.
    pub fn update(&mut self, model: &Model, gradients: &[Vec<f32>], rate: f64) -> Result<()> {
        self.decay = (self.decay.0 * BETA1, self.decay.1 * BETA2);
        let parameters = model.parameters().iter().zip(gradients);
        for ((parameter, gradient), state) in parameters.zip(&mut self.states) {
            let Some(state) = state else { continue };
            let update = Update {
                bound: state.bound,
                rule: self.rule.at(rate * state.multiplier, self.decay),
                gradient,
                moments: RefCell::new((&mut state.first, &mut state.second)),
            };
            parameter.value.inplace_op1(&update)?;
        }
        Ok(())
    }
}

/// The multiplier of a group, divided by the number of iterations that use it: a change of
/// a weight acts once in each of them.
fn multiplier(phase: &Phase, config: &model::Config, group: Group) -> f64 {
    let Multipliers { encoder, recurrent, threshold, decoder, classifier } = phase.multipliers;
    let feed_forward = config.family == Family::Mlp;
    let steps = if feed_forward { 1.0 } else { config.steps as f64 };
    match (phase.optimizer, group) {
        (Optimizer::Adam, Group::Encoder) => encoder.unwrap_or(1.0) / steps,
        (Optimizer::Adam, Group::Recurrent) => recurrent.unwrap_or(1.0) / steps,
        (Optimizer::Adam, Group::Threshold) => threshold.unwrap_or(0.1) / steps,
        (Optimizer::Adam, Group::Classifier) => classifier.unwrap_or(3.0),
        (Optimizer::Sgd, Group::Encoder) => encoder.unwrap_or(5.0) / steps,
        (Optimizer::Sgd, Group::Recurrent) => recurrent.unwrap_or(1.0) / (steps - 1.0).max(1.0),
        (Optimizer::Sgd, Group::Threshold) => threshold.unwrap_or(1.0) / steps,
        (Optimizer::Sgd, Group::Classifier) => classifier.unwrap_or(1.0),
        (_, Group::Decoder) => decoder.unwrap_or(1.0),
    }
}

fn bound(config: &model::Config, group: Group) -> Bound {
    let bounds = config.bounds;
    match group {
        Group::Encoder if config.family != Family::Mlp => {
            Bound::Rows((bounds.encoder / config.steps as f64) as f32)
        }
        Group::Classifier => Bound::Rows(bounds.classifier as f32),
        Group::Decoder => {
            Bound::Columns { most: bounds.decoder as f32, nonnegative: config.decoder_nonnegative }
        }
        Group::Encoder | Group::Recurrent | Group::Threshold => Bound::None,
    }
}

/// The update rule at one moment, reduced to the numbers that one element needs.
#[derive(Debug, Clone, Copy)]
enum RuleAt {
    Adam { rate: f32, inverse_correction: f32 },
    Sgd { rate: f32, momentum: f32 },
}

impl Rule {
    fn at(self, rate: f64, (decay1, decay2): (f64, f64)) -> RuleAt {
        match self {
            Self::Adam => RuleAt::Adam {
                rate: (rate / (1.0 - decay1)) as f32,
                inverse_correction: (1.0 / (1.0 - decay2)) as f32,
            },
            Self::Sgd { momentum } => RuleAt::Sgd { rate: rate as f32, momentum },
        }
    }
}

/// One parameter's update, as an operation on its storage.
struct Update<'a> {
    bound: Bound,
    rule: RuleAt,
    gradient: &'a [f32],
    /// First and second moments.
    moments: RefCell<(&'a mut [f32], &'a mut [f32])>,
}

impl InplaceOp1 for Update<'_> {
    fn name(&self) -> &'static str {
        "bounded-update"
    }

    fn cpu_fwd(&self, weights: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let CpuStorage::F32(weights) = weights else { bail!("weights are updated as f32 numbers") };
        let Some((start, end)) = layout.contiguous_offsets() else {
            bail!("weights are updated where they lie in one piece")
        };
        if end - start != self.gradient.len() {
            bail!("{} weights have {} gradients", end - start, self.gradient.len());
        }
        let columns = layout.dims().last().copied().unwrap_or(1);
        dispatch(|| self.sweep(&mut weights[start..end], columns));
        Ok(())
    }
}

impl Update<'_> {
    /// Updates and bounds a matrix of rows of length `columns`.
    #[inline(always)]
    fn sweep(&self, weights: &mut [f32], columns: usize) {
        let mut moments = self.moments.borrow_mut();
        let (first, second) = &mut *moments;
        let mut squares = vec![0.0; if matches!(self.bound, Bound::Columns { .. }) { columns } else { 0 }];
        for (row, start) in weights.chunks_exact_mut(columns).zip((0..).step_by(columns)) {
            let range = start..start + columns;
            let gradient = &self.gradient[range.clone()];
            let first = &mut first[range.clone()];
            match self.rule {
                RuleAt::Adam { rate, inverse_correction } => {
                    adam(row, gradient, first, &mut second[range], rate, inverse_correction);
                }
                RuleAt::Sgd { rate, momentum } => sgd(row, gradient, first, rate, momentum),
            }
            match self.bound {
                Bound::None => {}
                Bound::Rows(most) => shrink(row, most),
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
        if let Bound::Columns { most, .. } = self.bound {
            shrink_columns(weights, &squares, most);
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

/// Scales a row down to the norm `most` where it is longer.
#[inline(always)]
fn shrink(row: &mut [f32], most: f32) {
    let square = dot(row, row);
    if square > most * most {
        let scale = most / square.sqrt();
        for weight in row {
            *weight *= scale;
        }
    }
}

/// Scales the columns down whose sum of squares says that they are longer than `most`.
#[inline(always)]
fn shrink_columns(weights: &mut [f32], squares: &[f32], most: f32) {
    let scale = |&square: &f32| if square > most * most { most / square.sqrt() } else { 1.0 };
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
