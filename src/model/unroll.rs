//! The encoder's iterations and their gradient, fused: one forward and one backward
//! recursion over memory that is allocated once.
//!
//! With δ_t the gradient of z^t before its ReLU, back-propagation through time is
//!
//! ```text
//! δ_T     = g ⊙ [z^T > 0]                 g: gradient of the last code
//! δ_t     = (δ_(t+1)·S_(t+1)) ⊙ [z^t > 0]
//! ∂E      = (Σ_t δ_t)ᵀ·x    ∂b = −Σ_t Σ_batch δ_t    ∂S = Σ_t δ_tᵀ·z^(t−1)
//! ```
//!
//! where each sum runs over the iterations that share the parameter. The codes and the δ_t
//! lie one after the other, so that ∂S is a single product over all of them. S is laid out
//! for the products once for all iterations that share it, and the terms of silent units
//! are passed over where most units are silent ([`active`](super::active)).

use std::ops::Range;

use super::product::{Matrix, product};
use super::real::Real;
use super::rows::{Aligned, Padded, Rows, transpose};
use super::wiring::{self, Slot};
use super::{Config, active};
use crate::simd::dispatch;

/// The indices of one iteration's parameters among the network's slots.
#[derive(Debug, Clone, Copy)]
struct Reads {
    encoder: Option<usize>,
    recurrent: Option<usize>,
    threshold: usize,
}

/// Iterations, from 0, that read the same parameter.
#[derive(Debug, Clone, PartialEq)]
struct Run {
    slot: usize,
    steps: Range<usize>,
}

/// An encoder's memory for mini-batches of one size or less.
#[derive(Debug, Clone)]
pub struct Unroll<T> {
    steps: Vec<Reads>,
    encoder_runs: Vec<Run>,
    recurrent_runs: Vec<Run>,
    threshold_runs: Vec<Run>,
    inputs: usize,
    hidden: usize,
    /// Images of the mini-batch at hand.
    batch: usize,
    /// S, Sᵀ or the codes, as the product at hand wants them.
    matrix: Padded<T>,
    /// The encoder that was applied last to the mini-batch at hand, and E·x `[batch, hidden]`.
    applied: Option<usize>,
    product: Vec<T>,
    /// The threshold that was subtracted from it last, and E·x − b.
    lowered: Option<usize>,
    drive: Vec<T>,
    /// z^1 … z^T, `[steps, batch, hidden]`.
    codes: Aligned<T>,
    /// δ_1 … δ_T, `[steps, batch, hidden]`, and the transpose of those that share an S.
    deltas: Vec<T>,
    transposed: Vec<T>,
    /// Sum of the δ_t of iterations that share an encoder, `[batch, hidden]`.
    summed: Vec<T>,
}

impl<T: Real> Unroll<T> {
    /// Memory for the encoder of `config` on up to `batch` images of `inputs` pixels.
    #[must_use]
    pub fn new(config: &Config, inputs: usize, batch: usize) -> Self {
        let slots = wiring::slots(config, inputs, 0);
        let steps: Vec<Reads> = wiring::steps(config).iter().map(|step| reads(step, &slots)).collect();
        let unit = batch * config.hidden;
        Self {
            encoder_runs: runs(&steps, |step| step.encoder),
            recurrent_runs: runs(&steps, |step| step.recurrent),
            threshold_runs: runs(&steps, |step| Some(step.threshold)),
            inputs,
            hidden: config.hidden,
            batch: 0,
            matrix: Padded::default(),
            applied: None,
            product: vec![T::zero(); unit],
            lowered: None,
            drive: vec![T::zero(); unit],
            codes: Aligned::zeros(steps.len() * unit),
            deltas: Vec::new(),
            transposed: Vec::new(),
            summed: Vec::new(),
            steps,
        }
    }

    /// Encodes the images of `input` `[batch, inputs]` with the weights of each slot.
    pub fn forward(&mut self, weights: &[&[T]], input: &[T]) {
        self.batch = input.len() / self.inputs;
        self.applied = None;
        self.iterate(0, None, weights, input);
        let mut matrix = std::mem::take(&mut self.matrix);
        for run in 0..self.recurrent_runs.len() {
            let Run { slot, steps } = self.recurrent_runs[run].clone();
            let columns = matrix.rows(Matrix::new(weights[slot], self.hidden, self.hidden).t());
            for t in steps {
                self.iterate(t, Some(columns), weights, input);
            }
        }
        self.matrix = matrix;
    }

    /// Leaves z^(t+1), from z^t and the Sᵀ of this iteration where it has one.
    fn iterate(&mut self, t: usize, columns: Option<Rows<T>>, weights: &[&[T]], input: &[T]) {
        let unit = self.batch * self.hidden;
        let step = self.steps[t];
        if let Some(encoder) = step.encoder {
            self.drive(encoder, step.threshold, weights, input);
        }
        let (before, code) = self.codes.numbers_mut().split_at_mut(t * unit);
        let code = &mut code[..unit];
        if let Some(columns) = columns {
            active::product(code, &before[(t - 1) * unit..], columns);
        }
        if step.encoder.is_some() {
            activate(code, &self.drive[..unit], columns.is_some());
        } else {
            activate_alone(code, weights[step.threshold]);
        }
    }

    /// Leaves E·x − b, unless it is there already; E·x also serves steps of other thresholds.
    fn drive(&mut self, encoder: usize, threshold: usize, weights: &[&[T]], input: &[T]) {
        let unit = self.batch * self.hidden;
        if self.applied.replace(encoder) != Some(encoder) {
            let images = Matrix::new(input, self.batch, self.inputs);
            let rows = Matrix::new(weights[encoder], self.hidden, self.inputs);
            product(&mut self.product[..unit], false, T::one(), images, rows.t());
            self.lowered = None;
        }
        if self.lowered.replace(threshold) != Some(threshold) {
            lower(&mut self.drive[..unit], &self.product[..unit], weights[threshold]);
        }
    }

    /// The last code z^T `[batch, hidden]` of the images that were encoded last.
    #[must_use]
    pub fn code(&self) -> &[T] {
        self.code_at(self.steps.len() - 1)
    }

    /// The code z^(t+1) `[batch, hidden]`, for t from 0.
    #[must_use]
    pub fn code_at(&self, t: usize) -> &[T] {
        &self.codes.numbers()[self.range(t)]
    }

    /// Carries `flow`, the gradient of the last code `[batch, hidden]`, back through the
    /// iterations, and overwrites the gradients of the slots that are `wanted`. `flow` is
    /// used up.
    pub fn backward(
        &mut self,
        weights: &[&[T]],
        input: &[T],
        flow: &mut [T],
        wanted: &[bool],
        gradients: &mut [Vec<T>],
    ) {
        self.deltas.resize(self.codes.numbers().len(), T::zero());
        let mut matrix = std::mem::take(&mut self.matrix);
        for Run { slot, steps } in self.recurrent_runs.iter().rev() {
            let rows = matrix.rows(Matrix::new(weights[*slot], self.hidden, self.hidden));
            for t in steps.clone().rev() {
                let range = self.range(t);
                gate(&mut self.deltas[range.clone()], flow, &self.codes.numbers()[range.clone()]);
                active::product(flow, &self.deltas[range], rows);
            }
        }
        self.matrix = matrix;
        let range = self.range(0);
        gate(&mut self.deltas[range.clone()], flow, &self.codes.numbers()[range]);
        self.recurrent_gradients(wanted, gradients);
        self.drive_gradients(input, wanted, gradients);
    }

    /// Where z^(t+1) and δ_(t+1) lie, for t from 0.
    fn range(&self, t: usize) -> Range<usize> {
        let unit = self.batch * self.hidden;
        t * unit..(t + 1) * unit
    }

    fn recurrent_gradients(&mut self, wanted: &[bool], gradients: &mut [Vec<T>]) {
        let unit = self.batch * self.hidden;
        for Run { slot, steps } in self.recurrent_runs.iter().filter(|run| wanted[run.slot]) {
            let deltas = &self.deltas[steps.start * unit..steps.end * unit];
            let before = &self.codes.numbers()[(steps.start - 1) * unit..(steps.end - 1) * unit];
            let memory = (&mut self.transposed, &mut self.matrix);
            correlate(&mut gradients[*slot], deltas, before, self.hidden, memory);
        }
    }

    fn drive_gradients(&mut self, input: &[T], wanted: &[bool], gradients: &mut [Vec<T>]) {
        let unit = self.batch * self.hidden;
        self.summed.resize(unit, T::zero());
        for Run { slot, steps } in self.encoder_runs.iter().filter(|run| wanted[run.slot]) {
            sum_blocks(&mut self.summed, &self.deltas[steps.start * unit..steps.end * unit]);
            let summed = Matrix::new(&self.summed[..unit], self.batch, self.hidden);
            product(
                &mut gradients[*slot],
                false,
                T::one(),
                summed.t(),
                Matrix::new(input, self.batch, self.inputs),
            );
        }
        for Run { slot, steps } in self.threshold_runs.iter().filter(|run| wanted[run.slot]) {
            let gradient = &mut gradients[*slot];
            sum_blocks(gradient, &self.deltas[steps.start * unit..steps.end * unit]);
            for slope in gradient {
                *slope = -*slope;
            }
        }
    }
}

fn reads(step: &wiring::Step, slots: &[Slot]) -> Reads {
    let slot = |name: &String| slots.iter().position(|slot| slot.name == *name);
    Reads {
        encoder: step.encoder.as_ref().and_then(slot),
        recurrent: step.recurrent.as_ref().and_then(slot),
        threshold: slot(&step.threshold).unwrap_or_default(),
    }
}

/// Groups the iterations that read the same slot; wirings share over neighbours alone.
fn runs(steps: &[Reads], slot: impl Fn(&Reads) -> Option<usize>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (t, step) in steps.iter().enumerate() {
        let Some(slot) = slot(step) else { continue };
        match runs.last_mut() {
            Some(run) if run.slot == slot => run.steps.end = t + 1,
            _ => runs.push(Run { slot, steps: t..t + 1 }),
        }
    }
    runs
}

/// `drive = product − threshold`, row by row.
fn lower<T: Real>(drive: &mut [T], product: &[T], threshold: &[T]) {
    let width = threshold.len();
    dispatch!({
        for (drive, product) in drive.chunks_exact_mut(width).zip(product.chunks_exact(width)) {
            for ((drive, &product), &threshold) in drive.iter_mut().zip(product).zip(threshold) {
                *drive = product - threshold;
            }
        }
    });
}

/// `code = max(0, drive + code)`, or without the code where it is not `fed_back`. What is not a
/// number stays so, for the loss to show it.
pub(super) fn activate<T: Real>(code: &mut [T], drive: &[T], fed_back: bool) {
    if fed_back {
        dispatch!(for (z, &drive) in code.iter_mut().zip(drive) {
            *z = rectified(drive + *z);
        });
    } else {
        dispatch!(for (z, &drive) in code.iter_mut().zip(drive) {
            *z = rectified(drive);
        });
    }
}

/// `code = max(0, code − threshold)`, row by row.
fn activate_alone<T: Real>(code: &mut [T], threshold: &[T]) {
    dispatch!({
        for row in code.chunks_exact_mut(threshold.len()) {
            for (z, &threshold) in row.iter_mut().zip(threshold) {
                *z = rectified(*z - threshold);
            }
        }
    });
}

#[inline]
fn rectified<T: Real>(sum: T) -> T {
    if sum <= T::zero() { T::zero() } else { sum }
}

/// `delta = flow` where the unit was active, 0 where it was not.
pub(super) fn gate<T: Real>(delta: &mut [T], flow: &[T], code: &[T]) {
    let zero = T::zero();
    dispatch!({
        for ((delta, &flow), &z) in delta.iter_mut().zip(flow).zip(code) {
            *delta = if z > zero { flow } else { zero };
        }
    });
}

/// Adds up the blocks of `out.len()` numbers that `blocks` consists of.
pub(super) fn sum_blocks<T: Real>(out: &mut [T], blocks: &[T]) {
    dispatch!({
        out.fill(T::zero());
        for block in blocks.chunks_exact(out.len()) {
            for (sum, &number) in out.iter_mut().zip(block) {
                *sum = *sum + number;
            }
        }
    });
}

/// `out = Σ δᵀ·z` `[hidden, hidden]` over the rows of `deltas` and `codes` `[rows, hidden]`,
/// in memory for the transpose and for the codes.
pub(super) fn correlate<T: Real>(
    out: &mut [T],
    deltas: &[T],
    codes: &[T],
    hidden: usize,
    (transposed, matrix): (&mut Vec<T>, &mut Padded<T>),
) {
    let rows = deltas.len() / hidden;
    transposed.resize(deltas.len(), T::zero());
    transpose(transposed, rows, deltas, hidden);
    active::product(out, transposed, matrix.rows(Matrix::new(codes, rows, hidden)));
}
