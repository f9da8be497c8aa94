//! The objective of a mini-batch and its gradient, fused: the computation of
//! [`objective`](super::objective) without a graph, over memory that is allocated once.

use super::objective::Weights;
use crate::model::kernels::{Matrix, Scalar, Unroll, dot, product, sum};
use crate::model::{self, NORM_FLOOR};
use crate::simd::dispatch;

/// The terms of the objective, averaged over a mini-batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// ½‖x − D·z‖².
    pub reconstruction: f64,
    /// λ‖z‖₁.
    pub sparsity: f64,
    /// −log softmax(scores)_y, not weighted.
    pub class: f64,
    /// The minimised objective: reconstruction + sparsity + γ·class.
    pub total: f64,
}

/// Memory for one network's forward and backward pass over a mini-batch.
#[derive(Debug, Clone)]
pub struct Pass<T> {
    unroll: Unroll<T>,
    inputs: usize,
    hidden: usize,
    classes: usize,
    /// Slots of D and C.
    decoder: usize,
    classifier: usize,
    /// Images of the current mini-batch.
    batch: usize,
    /// D·z − x `[batch, inputs]`.
    residual: Vec<T>,
    /// C·z/‖z‖₂ `[batch, classes]`.
    scores: Vec<T>,
    /// 1/‖z‖₂ `[batch]`.
    inverse_norms: Vec<T>,
    /// Softmax of the scores `[batch, classes]`, and then the gradient of C·z.
    slopes: Vec<T>,
    /// Gradient of the last code `[batch, hidden]`.
    flow: Vec<T>,
    /// Gradients by slot.
    gradients: Vec<Vec<T>>,
}

impl<T: Scalar> Pass<T> {
    /// Memory for the network of `config` on up to `batch` images of `inputs` pixels in
    /// `classes` classes.
    #[must_use]
    pub fn new(config: &model::Config, inputs: usize, classes: usize, batch: usize) -> Self {
        let slots = model::family::slots(config, inputs, classes);
        let zeros = |count: usize| vec![T::zero(); count];
        Self {
            unroll: Unroll::new(config, inputs, batch),
            inputs,
            hidden: config.hidden,
            classes,
            decoder: slots.len() - 2,
            classifier: slots.len() - 1,
            batch: 0,
            residual: zeros(batch * inputs),
            scores: zeros(batch * classes),
            inverse_norms: zeros(batch),
            slopes: zeros(batch * classes),
            flow: zeros(batch * config.hidden),
            gradients: slots.iter().map(|_| Vec::new()).collect(),
        }
    }

    /// Encodes `input` and compares the reconstruction with `target` (both `[batch, inputs]`) and the scores
    /// with `labels` `[batch]`, with the weights of each slot.
    pub fn forward(
        &mut self,
        weights: &[&[T]],
        input: &[T],
        target: &[T],
        labels: &[u8],
        penalties: Weights,
    ) -> Terms {
        self.batch = labels.len();
        self.unroll.forward(weights, input);
        let images = self.batch as f64;
        let reconstruction = 0.5 * self.reconstruct(weights[self.decoder], target) / images;
        let norm = dispatch!(sum(self.unroll.code(), |z| z)).to_f64().unwrap_or(f64::NAN);
        let sparsity = penalties.sparsity * norm / images;
        let class = self.classify(weights[self.classifier], labels) / images;
        let total = reconstruction + sparsity + penalties.discriminative.map_or(0.0, |weight| weight * class);
        Terms { reconstruction, sparsity, class, total }
    }

    /// Computes the gradients of the total of the last [`Pass::forward`], which had the same arguments, into
    /// [`Pass::gradients`], for the `trained` slots.
    pub fn backward(
        &mut self,
        weights: &[&[T]],
        input: &[T],
        labels: &[u8],
        penalties: Weights,
        trained: &[bool],
    ) {
        for ((gradient, weights), trained) in self.gradients.iter_mut().zip(weights).zip(trained) {
            gradient.resize(if *trained { weights.len() } else { 0 }, T::zero());
        }
        self.reconstruction_backward(weights[self.decoder], penalties.sparsity, trained[self.decoder]);
        if let Some(weight) = penalties.discriminative {
            self.class_backward(weights[self.classifier], labels, weight, trained[self.classifier]);
        } else if trained[self.classifier] {
            self.gradients[self.classifier].fill(T::zero());
        }
        if trained[..self.decoder].contains(&true) {
            let flow = &mut self.flow[..self.batch * self.hidden];
            self.unroll.backward(weights, input, flow, trained, &mut self.gradients);
        }
    }

    /// The gradients by slot; empty for slots that are not trained.
    #[must_use]
    pub fn gradients(&self) -> &[Vec<T>] {
        &self.gradients
    }

    /// The scores `[batch, classes]` of the current mini-batch.
    #[must_use]
    pub fn scores(&self) -> &[T] {
        &self.scores[..self.batch * self.classes]
    }

    /// The last code `[batch, hidden]` of the current mini-batch.
    #[must_use]
    pub fn code(&self) -> &[T] {
        self.unroll.code()
    }

    /// Computes D·z − x into `residual`; returns the sum of its squares.
    fn reconstruct(&mut self, decoder: &[T], target: &[T]) -> f64 {
        let code = Matrix::new(self.unroll.code(), self.batch, self.hidden);
        let decoder = Matrix::new(decoder, self.inputs, self.hidden);
        let residual = &mut self.residual[..self.batch * self.inputs];
        product(residual, false, T::one(), code, decoder.t());
        let mut total = 0.0;
        for (row, target) in residual.chunks_exact_mut(self.inputs).zip(target.chunks_exact(self.inputs)) {
            let square = dispatch!({
                for (rest, &pixel) in row.iter_mut().zip(target) {
                    *rest = *rest - pixel;
                }
                dot(row, row)
            });
            total += square.to_f64().unwrap_or(f64::NAN);
        }
        total
    }

    /// Computes the scores and their softmax; returns the sum of −log softmax(scores)_y.
    fn classify(&mut self, classifier: &[T], labels: &[u8]) -> f64 {
        let code = self.unroll.code();
        let images = Matrix::new(code, self.batch, self.hidden);
        let rows = Matrix::new(classifier, self.classes, self.hidden);
        let scores = &mut self.scores[..self.batch * self.classes];
        product(scores, false, T::one(), images, rows.t());
        let mut total = 0.0;
        let rows = scores.chunks_exact_mut(self.classes).zip(self.slopes.chunks_exact_mut(self.classes));
        let images = code.chunks_exact(self.hidden).zip(labels).zip(&mut self.inverse_norms);
        for ((scores, softmax), ((code, &label), inverse_norm)) in rows.zip(images) {
            let square = dispatch!(dot(code, code));
            *inverse_norm = (square + T::of(NORM_FLOOR)).sqrt().recip();
            for score in scores.iter_mut() {
                *score = *score * *inverse_norm;
            }
            let max = scores.iter().copied().fold(T::neg_infinity(), T::max);
            let mut partition = T::zero();
            for (share, &score) in softmax.iter_mut().zip(&*scores) {
                *share = (score - max).exp();
                partition = partition + *share;
            }
            for share in softmax {
                *share = *share / partition;
            }
            let loss = partition.ln() - (scores[usize::from(label)] - max);
            total += loss.to_f64().unwrap_or(f64::NAN);
        }
        total
    }

    /// Sets `flow` to (Dᵀ·residual + λ)/batch, and computes the gradient of D.
    fn reconstruction_backward(&mut self, decoder: &[T], sparsity: f64, trained: bool) {
        let share = T::of(1.0 / self.batch as f64);
        let unit = self.batch * self.hidden;
        let residual = Matrix::new(&self.residual[..self.batch * self.inputs], self.batch, self.inputs);
        self.flow[..unit].fill(T::of(sparsity / self.batch as f64));
        let columns = Matrix::new(decoder, self.inputs, self.hidden);
        product(&mut self.flow[..unit], true, share, residual, columns);
        if trained {
            let code = Matrix::new(self.unroll.code(), self.batch, self.hidden);
            product(&mut self.gradients[self.decoder], false, share, residual.t(), code);
        }
    }

    /// Adds the class term to `flow`, and computes the gradient of C. With s = C·z/‖z‖ and p
    /// their softmax, ∂L/∂s = γ(p − y)/batch, ∂s/∂C·z = 1/‖z‖, and through the norm z also
    /// takes −z·(∂L/∂s · s)/‖z‖².
    fn class_backward(&mut self, classifier: &[T], labels: &[u8], weight: f64, trained: bool) {
        let share = T::of(weight / self.batch as f64);
        let code = self.unroll.code();
        let rows = self.slopes.chunks_exact_mut(self.classes).zip(self.scores.chunks_exact(self.classes));
        let images = self.flow.chunks_exact_mut(self.hidden).zip(code.chunks_exact(self.hidden));
        for (((slopes, scores), (flow, code)), (&label, &inverse_norm)) in
            rows.zip(images).zip(labels.iter().zip(&self.inverse_norms))
        {
            slopes[usize::from(label)] = slopes[usize::from(label)] - T::one();
            let mut along = T::zero();
            for (slope, &score) in slopes.iter_mut().zip(scores) {
                *slope = *slope * share * inverse_norm;
                along = along + *slope * score;
            }
            let pull = along * inverse_norm;
            dispatch!({
                for (flow, &z) in flow.iter_mut().zip(code) {
                    *flow = *flow - pull * z;
                }
            });
        }
        let slopes = Matrix::new(&self.slopes[..self.batch * self.classes], self.batch, self.classes);
        let unit = self.batch * self.hidden;
        let rows = Matrix::new(classifier, self.classes, self.hidden);
        product(&mut self.flow[..unit], true, T::one(), slopes, rows);
        if trained {
            let code = Matrix::new(code, self.batch, self.hidden);
            product(&mut self.gradients[self.classifier], false, T::one(), slopes.t(), code);
        }
    }
}
