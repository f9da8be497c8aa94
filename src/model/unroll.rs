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
//! lie one after the other, so that ∂S is a single product over all of them. An S that
//! several iterations share is transposed once, for gemm would do so in each of the products
//! z·Sᵀ; the bits are the same.

use std::ops::Range;

use super::Config;
use super::lanes::dispatch;
use super::product::{Matrix, product};
use super::real::Real;
use super::wiring::{self, Slot};

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
    /// Sᵀ `[hidden, hidden]` of an S that iterations share.
    transposed: Vec<T>,
    /// E·x `[batch, hidden]` of the last encoder that was applied.
    drive: Vec<T>,
    /// z^1 … z^T, `[steps, batch, hidden]`.
    codes: Vec<T>,
    /// δ_1 … δ_T, `[steps, batch, hidden]`.
    deltas: Vec<T>,
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
            transposed: Vec::new(),
            drive: vec![T::zero(); unit],
            codes: vec![T::zero(); steps.len() * unit],
            deltas: Vec::new(),
            summed: Vec::new(),
            steps,
        }
    }

    /// Encodes the images of `input` `[batch, inputs]` with the weights of each slot.
    pub fn forward(&mut self, weights: &[&[T]], input: &[T]) {
        self.batch = input.len() / self.inputs;
        let unit = self.batch * self.hidden;
        let shared = self.transpose_shared(weights);
        let mut applied = None;
        for t in 0..self.steps.len() {
            let step = self.steps[t];
            if let Some(encoder) = step.encoder
                && applied != Some(encoder)
            {
                let images = Matrix::new(input, self.batch, self.inputs);
                let rows = Matrix::new(weights[encoder], self.hidden, self.inputs);
                product(&mut self.drive[..unit], false, T::one(), images, rows.t());
                applied = Some(encoder);
            }
            let (before, code) = self.codes.split_at_mut(t * unit);
            let code = &mut code[..unit];
            if let Some(recurrent) = step.recurrent {
                let last = Matrix::new(&before[(t - 1) * unit..], self.batch, self.hidden);
                let columns = if shared == Some(recurrent) {
                    Matrix::new(&self.transposed, self.hidden, self.hidden)
                } else {
                    Matrix::new(weights[recurrent], self.hidden, self.hidden).t()
                };
                product(code, false, T::one(), last, columns);
            }
            let drive = step.encoder.map(|_| &self.drive[..unit]);
            activate(code, drive, weights[step.threshold], step.recurrent.is_some());
        }
    }

    /// Leaves Sᵀ in `transposed` where the first S serves several iterations; returns its slot.
    fn transpose_shared(&mut self, weights: &[&[T]]) -> Option<usize> {
        let run = self.recurrent_runs.first().filter(|run| run.steps.len() > 1)?;
        self.transposed.resize(self.hidden * self.hidden, T::zero());
        transpose(&mut self.transposed, weights[run.slot], self.hidden);
        Some(run.slot)
    }

    /// The last code z^T `[batch, hidden]` of the images that were encoded last.
    #[must_use]
    pub fn code(&self) -> &[T] {
        self.code_at(self.steps.len() - 1)
    }

    /// The code z^(t+1) `[batch, hidden]`, for t from 0.
    #[must_use]
    pub fn code_at(&self, t: usize) -> &[T] {
        let unit = self.batch * self.hidden;
        &self.codes[t * unit..(t + 1) * unit]
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
        let unit = self.batch * self.hidden;
        self.deltas.resize(self.codes.len(), T::zero());
        for t in (0..self.steps.len()).rev() {
            let range = t * unit..(t + 1) * unit;
            gate(&mut self.deltas[range.clone()], flow, &self.codes[range.clone()]);
            if let Some(recurrent) = self.steps[t].recurrent {
                let delta = Matrix::new(&self.deltas[range], self.batch, self.hidden);
                let rows = Matrix::new(weights[recurrent], self.hidden, self.hidden);
                product(flow, false, T::one(), delta, rows);
            }
        }
        self.recurrent_gradients(wanted, gradients);
        self.drive_gradients(input, wanted, gradients);
    }

    fn recurrent_gradients(&self, wanted: &[bool], gradients: &mut [Vec<T>]) {
        let unit = self.batch * self.hidden;
        for Run { slot, steps } in self.recurrent_runs.iter().filter(|run| wanted[run.slot]) {
            let rows = steps.len() * self.batch;
            let deltas = &self.deltas[steps.start * unit..steps.end * unit];
            let before = &self.codes[(steps.start - 1) * unit..(steps.end - 1) * unit];
            let (deltas, before) =
                (Matrix::new(deltas, rows, self.hidden), Matrix::new(before, rows, self.hidden));
            product(&mut gradients[*slot], false, T::one(), deltas.t(), before);
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

/// `code = max(0, (drive − threshold) + code)`, without the terms that are absent. What is
/// not a number stays so, for the loss to show it.
pub(super) fn activate<T: Real>(code: &mut [T], drive: Option<&[T]>, threshold: &[T], fed_back: bool) {
    let zero = T::zero();
    dispatch(|| {
        let width = threshold.len();
        match drive {
            Some(drive) => {
                for (row, drive) in code.chunks_exact_mut(width).zip(drive.chunks_exact(width)) {
                    for ((z, &drive), &threshold) in row.iter_mut().zip(drive).zip(threshold) {
                        let fed = if fed_back { *z } else { zero };
                        let sum = (drive - threshold) + fed;
                        *z = if sum <= zero { zero } else { sum };
                    }
                }
            }
            None => {
                for row in code.chunks_exact_mut(width) {
                    for (z, &threshold) in row.iter_mut().zip(threshold) {
                        let sum = *z - threshold;
                        *z = if sum <= zero { zero } else { sum };
                    }
                }
            }
        }
    });
}

/// `delta = flow` where the unit was active, 0 where it was not.
pub(super) fn gate<T: Real>(delta: &mut [T], flow: &[T], code: &[T]) {
    let zero = T::zero();
    dispatch(|| {
        for ((delta, &flow), &z) in delta.iter_mut().zip(flow).zip(code) {
            *delta = if z > zero { flow } else { zero };
        }
    });
}

/// Adds up the blocks of `out.len()` numbers that `blocks` consists of.
pub(super) fn sum_blocks<T: Real>(out: &mut [T], blocks: &[T]) {
    dispatch(|| {
        out.fill(T::zero());
        for block in blocks.chunks_exact(out.len()) {
            for (sum, &number) in out.iter_mut().zip(block) {
                *sum = *sum + number;
            }
        }
    });
}

/// `out = matrixᵀ` for square matrices of `size` rows, in blocks that the registers hold.
fn transpose<T: Real>(out: &mut [T], matrix: &[T], size: usize) {
    const BLOCK: usize = 16;
    let whole = size - size % BLOCK;
    dispatch(|| {
        for top in (0..whole).step_by(BLOCK) {
            for left in (0..whole).step_by(BLOCK) {
                let mut block = [[T::zero(); BLOCK]; BLOCK];
                for (row, entries) in block.iter_mut().enumerate() {
                    entries.copy_from_slice(&matrix[(top + row) * size + left..][..BLOCK]);
                }
                for column in 0..BLOCK {
                    let line = &mut out[(left + column) * size + top..][..BLOCK];
                    for (out, row) in line.iter_mut().zip(&block) {
                        *out = row[column];
                    }
                }
            }
        }
        for row in 0..size {
            let rest = if row < whole { whole } else { 0 };
            for column in rest..size {
                out[column * size + row] = matrix[row * size + column];
            }
        }
    });
}
