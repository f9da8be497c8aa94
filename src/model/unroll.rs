//! The encoder's iterations and their gradient, fused: one forward and one backward
//! recursion over memory that is allocated once.
//!
//! Back-propagation through time, with δ_t the gradient of z^t before its ReLU:
//!
//! ```text
//! δ_T     = g_T ⊙ [z^T > 0]                      g_t: gradient of z^t, not through later iterations
//! δ_t     = (g_t + δ_(t+1)·S_(t+1)) ⊙ [z^t > 0]
//! ∂E      = (Σ_t δ_t)ᵀ·x    ∂b = −Σ_t Σ_batch δ_t    ∂S = Σ_t δ_tᵀ·z^(t−1)    ∂x = Σ_t δ_t·E_t
//! ```
//!
//! where each sum runs over the iterations that share the parameter. With gains, as those of dropout, every z^t is
//! multiplied by them after its ReLU, and so is every δ_t. The codes and the δ_t are contiguous, so ∂S is a single product
//! over all of them. S is laid out once for all iterations that share it, and terms of inactive units are skipped
//! ([`active`](super::active)).

use std::ops::Range;

use super::active;
use super::definition::Network;
use super::product::{Matrix, product};
use super::recursion::{Recursion, Step};
use super::rows::{Aligned, Padded, Rows, transpose};
use super::scalar::Scalar;
use super::slot::Slot;
use crate::simd::dispatch;

/// The slots of the parameters that one iteration reads.
#[derive(Debug, Clone, Copy)]
struct StepSlots {
    encoder: Option<usize>,
    recurrent: Option<usize>,
    threshold: usize,
}

/// Consecutive iterations, from 0, that read the same parameter.
#[derive(Debug, Clone, PartialEq)]
struct Span {
    slot: usize,
    steps: Range<usize>,
}

/// An encoder's memory for mini-batches of one size or less.
#[derive(Debug, Clone)]
pub struct Unroll<T> {
    steps: Vec<StepSlots>,
    encoder_spans: Vec<Span>,
    recurrent_spans: Vec<Span>,
    threshold_spans: Vec<Span>,
    inputs: usize,
    hidden: usize,
    /// Images of the current mini-batch.
    batch: usize,
    /// S, Sᵀ or the codes, in the layout of the current product.
    matrix: Padded<T>,
    /// E·x `[batch, hidden]` of the current mini-batch, and the slot of E.
    product: Vec<T>,
    product_of: Option<usize>,
    /// E·x − b, and the slot of b.
    drive: Vec<T>,
    drive_of: Option<usize>,
    /// z^1 … z^T, `[steps, batch, hidden]`.
    codes: Aligned<T>,
    /// Factor of every code by image and unit `[batch, hidden]`; empty if all are 1.
    gains: Vec<T>,
    /// δ_1 … δ_T, `[steps, batch, hidden]`, and the transpose of those that share an S.
    deltas: Vec<T>,
    transposed: Vec<T>,
    /// Gradient of a code, then the sum of the δ_t of iterations that share an encoder, `[batch, hidden]`.
    summed: Vec<T>,
}

impl<T: Scalar> Unroll<T> {
    /// Memory for an encoder on up to `batch` images of `inputs` pixels.
    #[must_use]
    pub fn new(recursion: &Recursion, inputs: usize, batch: usize) -> Self {
        let slots = recursion.slots(inputs);
        let steps: Vec<_> = recursion.iterations().iter().map(|step| StepSlots::of(step, &slots)).collect();
        let unit = batch * recursion.hidden;
        Self {
            encoder_spans: spans(&steps, |step| step.encoder),
            recurrent_spans: spans(&steps, |step| step.recurrent),
            threshold_spans: spans(&steps, |step| Some(step.threshold)),
            inputs,
            hidden: recursion.hidden,
            batch: 0,
            matrix: Padded::default(),
            product: vec![T::zero(); unit],
            product_of: None,
            drive: vec![T::zero(); unit],
            drive_of: None,
            codes: Aligned::zeros(steps.len() * unit),
            gains: Vec::new(),
            deltas: Vec::new(),
            transposed: Vec::new(),
            summed: Vec::new(),
            steps,
        }
    }

    /// The largest number of images that the memory holds.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.product.len() / self.hidden
    }

    /// Multiplies the codes of all iterations by `gains` `[batch, hidden]`, which are 0 or more, in the passes that follow: dropout
    /// with one mask over all iterations. No gains are gains of 1.
    pub fn set_gains(&mut self, gains: &[T]) {
        self.gains.clear();
        self.gains.extend_from_slice(gains);
    }

    /// Encodes the images of `input` `[batch, inputs]` with the weights of each slot.
    pub fn forward(&mut self, weights: &[&[T]], input: &[T]) {
        let (batch, inputs, hidden) = (input.len() / self.inputs, self.inputs, self.hidden);
        let images = Matrix::new(input, batch, inputs);
        self.forward_with(weights, batch, |out, encoder| {
            product(out, false, T::one(), images, Matrix::new(encoder, hidden, inputs).t());
        });
    }

    /// Encodes `batch` images whose products E·x are computed by `apply`, which is called with the
    /// memory for a product `[batch, hidden]` and with E.
    pub fn forward_with(&mut self, weights: &[&[T]], batch: usize, mut apply: impl FnMut(&mut [T], &[T])) {
        self.batch = batch;
        self.product_of = None;
        self.iterate(0, None, weights, &mut apply);
        let mut matrix = std::mem::take(&mut self.matrix);
        for span in 0..self.recurrent_spans.len() {
            let Span { slot, steps } = self.recurrent_spans[span].clone();
            let columns = matrix.rows(Matrix::new(weights[slot], self.hidden, self.hidden).t());
            for t in steps {
                self.iterate(t, Some(columns), weights, &mut apply);
            }
        }
        self.matrix = matrix;
    }

    /// Computes z^(t+1) from z^t, with the Sᵀ of this iteration if it has one.
    fn iterate(
        &mut self,
        t: usize,
        columns: Option<Rows<T>>,
        weights: &[&[T]],
        apply: &mut impl FnMut(&mut [T], &[T]),
    ) {
        let unit = self.batch * self.hidden;
        let step = self.steps[t];
        if let Some(encoder) = step.encoder {
            self.drive(encoder, step.threshold, weights, apply);
        }
        let (before, code) = self.codes.numbers_mut().split_at_mut(t * unit);
        let code = &mut code[..unit];
        if let Some(columns) = columns {
            active::product(code, &before[(t - 1) * unit..], columns);
        }
        if step.encoder.is_some() {
            activate(code, &self.drive[..unit], columns.is_some());
        } else {
            activate_without_input(code, weights[step.threshold]);
        }
        multiply(code, &self.gains);
    }

    /// Computes E·x − b into `drive`, and E·x into `product`, unless they are there already.
    fn drive(
        &mut self,
        encoder: usize,
        threshold: usize,
        weights: &[&[T]],
        apply: &mut impl FnMut(&mut [T], &[T]),
    ) {
        let unit = self.batch * self.hidden;
        if self.product_of.replace(encoder) != Some(encoder) {
            apply(&mut self.product[..unit], weights[encoder]);
            self.drive_of = None;
        }
        if self.drive_of.replace(threshold) != Some(threshold) {
            subtract(&mut self.drive[..unit], &self.product[..unit], weights[threshold]);
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

    /// Propagates the gradients of the codes back through the iterations. `slope` returns the gradient of z^(t+1)
    /// `[batch, hidden]` that does not come through later iterations, for t from 0, if there is one.
    pub fn propagate<'a>(&mut self, weights: &[&[T]], slope: impl Fn(usize) -> Option<&'a [T]>) {
        let unit = self.batch * self.hidden;
        self.deltas.resize(self.codes.numbers().len(), T::zero());
        let mut flow = std::mem::take(&mut self.summed);
        flow.resize(unit, T::zero());
        match slope(self.steps.len() - 1) {
            Some(last) => flow.copy_from_slice(last),
            None => flow.fill(T::zero()),
        }
        let mut matrix = std::mem::take(&mut self.matrix);
        for Span { slot, steps } in self.recurrent_spans.iter().rev() {
            let rows = matrix.rows(Matrix::new(weights[*slot], self.hidden, self.hidden));
            for t in steps.clone().rev() {
                let range = self.range(t);
                gate(
                    &mut self.deltas[range.clone()],
                    &flow,
                    &self.codes.numbers()[range.clone()],
                    &self.gains,
                );
                active::product(&mut flow, &self.deltas[range], rows);
                if let Some(outside) = slope(t - 1) {
                    flow.iter_mut().zip(outside).for_each(|(flow, &outside)| *flow = *flow + outside);
                }
            }
        }
        self.matrix = matrix;
        let range = self.range(0);
        gate(&mut self.deltas[range.clone()], &flow, &self.codes.numbers()[range], &self.gains);
        self.summed = flow;
    }

    /// After [`Unroll::propagate`], overwrites the gradients of the `trained` slots of the encoder.
    pub fn gradients(&mut self, input: &[T], trained: &[bool], gradients: &mut [Vec<T>]) {
        self.recurrent_gradients(trained, gradients);
        self.drive_gradients(input, trained, gradients);
    }

    /// After [`Unroll::propagate`], the gradient of the input `[batch, inputs]`: Σ_t δ_t·E_t.
    #[must_use]
    pub fn input_gradient(&mut self, weights: &[&[T]]) -> Vec<T> {
        let unit = self.batch * self.hidden;
        let mut gradient = vec![T::zero(); self.batch * self.inputs];
        for Span { slot, steps } in &self.encoder_spans {
            sum_blocks(&mut self.summed[..unit], &self.deltas[steps.start * unit..steps.end * unit]);
            let summed = Matrix::new(&self.summed[..unit], self.batch, self.hidden);
            let encoder = Matrix::new(weights[*slot], self.hidden, self.inputs);
            product(&mut gradient, true, T::one(), summed, encoder);
        }
        gradient
    }

    /// Range of z^(t+1) in `codes`, and of δ_(t+1) in `deltas`, for t from 0.
    fn range(&self, t: usize) -> Range<usize> {
        let unit = self.batch * self.hidden;
        t * unit..(t + 1) * unit
    }

    fn recurrent_gradients(&mut self, trained: &[bool], gradients: &mut [Vec<T>]) {
        let unit = self.batch * self.hidden;
        for Span { slot, steps } in self.recurrent_spans.iter().filter(|span| trained[span.slot]) {
            let deltas = &self.deltas[steps.start * unit..steps.end * unit];
            let before = &self.codes.numbers()[(steps.start - 1) * unit..(steps.end - 1) * unit];
            let memory = (&mut self.transposed, &mut self.matrix);
            correlate(&mut gradients[*slot], deltas, before, self.hidden, memory);
        }
    }

    fn drive_gradients(&mut self, input: &[T], trained: &[bool], gradients: &mut [Vec<T>]) {
        let unit = self.batch * self.hidden;
        for Span { slot, steps } in self.encoder_spans.iter().filter(|span| trained[span.slot]) {
            sum_blocks(&mut self.summed[..unit], &self.deltas[steps.start * unit..steps.end * unit]);
            let summed = Matrix::new(&self.summed[..unit], self.batch, self.hidden);
            product(
                &mut gradients[*slot],
                false,
                T::one(),
                summed.t(),
                Matrix::new(input, self.batch, self.inputs),
            );
        }
        for Span { slot, steps } in self.threshold_spans.iter().filter(|span| trained[span.slot]) {
            let gradient = &mut gradients[*slot];
            sum_blocks(gradient, &self.deltas[steps.start * unit..steps.end * unit]);
            for slope in gradient {
                *slope = -*slope;
            }
        }
    }
}

impl StepSlots {
    fn of(step: &Step, slots: &[Slot]) -> Self {
        let slot = |name: &String| slots.iter().position(|slot| slot.name == *name);
        Self {
            encoder: step.encoder.as_ref().and_then(slot),
            recurrent: step.recurrent.as_ref().and_then(slot),
            threshold: slot(&step.threshold).unwrap_or_default(),
        }
    }
}

/// Groups consecutive iterations that read the same slot; families share between neighbours alone.
fn spans(steps: &[StepSlots], slot: impl Fn(&StepSlots) -> Option<usize>) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for (t, step) in steps.iter().enumerate() {
        let Some(slot) = slot(step) else { continue };
        match spans.last_mut() {
            Some(span) if span.slot == slot => span.steps.end = t + 1,
            _ => spans.push(Span { slot, steps: t..t + 1 }),
        }
    }
    spans
}

/// `drive = product − threshold`, row by row.
fn subtract<T: Scalar>(drive: &mut [T], product: &[T], threshold: &[T]) {
    let width = threshold.len();
    dispatch!({
        for (drive, product) in drive.chunks_exact_mut(width).zip(product.chunks_exact(width)) {
            for ((drive, &product), &threshold) in drive.iter_mut().zip(product).zip(threshold) {
                *drive = product - threshold;
            }
        }
    });
}

/// `code = max(0, drive + code)`, or `max(0, drive)` if not `recurrent`. NaN stays NaN, so that the
/// loss shows it.
fn activate<T: Scalar>(code: &mut [T], drive: &[T], recurrent: bool) {
    if recurrent {
        dispatch!(for (z, &drive) in code.iter_mut().zip(drive) {
            *z = relu(drive + *z);
        });
    } else {
        dispatch!(for (z, &drive) in code.iter_mut().zip(drive) {
            *z = relu(drive);
        });
    }
}

/// `code = max(0, code − threshold)`, row by row.
fn activate_without_input<T: Scalar>(code: &mut [T], threshold: &[T]) {
    dispatch!({
        for row in code.chunks_exact_mut(threshold.len()) {
            for (z, &threshold) in row.iter_mut().zip(threshold) {
                *z = relu(*z - threshold);
            }
        }
    });
}

#[inline]
fn relu<T: Scalar>(sum: T) -> T {
    if sum <= T::zero() { T::zero() } else { sum }
}

/// Backward pass of the ReLU and the gains: `delta = flow · gain` where `code` is positive, 0 elsewhere.
fn gate<T: Scalar>(delta: &mut [T], flow: &[T], code: &[T], gains: &[T]) {
    let zero = T::zero();
    dispatch!({
        for ((delta, &flow), &z) in delta.iter_mut().zip(flow).zip(code) {
            *delta = if z > zero { flow } else { zero };
        }
    });
    multiply(delta, gains);
}

/// Multiplies by the gains, if there are any.
fn multiply<T: Scalar>(numbers: &mut [T], gains: &[T]) {
    dispatch!({
        for (number, &gain) in numbers.iter_mut().zip(gains) {
            *number = *number * gain;
        }
    });
}

/// Sums blocks of `out.len()` numbers elementwise into `out`.
fn sum_blocks<T: Scalar>(out: &mut [T], blocks: &[T]) {
    dispatch!({
        out.fill(T::zero());
        for block in blocks.chunks_exact(out.len()) {
            for (sum, &number) in out.iter_mut().zip(block) {
                *sum = *sum + number;
            }
        }
    });
}

/// Gradient of S: `out = Σ δᵀ·z` `[hidden, hidden]` over the rows of `deltas` and `codes`
/// `[rows, hidden]`, with scratch memory for the transpose and for the codes.
fn correlate<T: Scalar>(
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
