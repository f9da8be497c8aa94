//! The terms of the objective of a mini-batch and their gradient, fused: the computation of
//! [`objective`](super::objective) on the codes, without a graph.

use crate::model::NORM_FLOOR;
use crate::model::kernels::{Matrix, Scalar, dot, product, sum};
use crate::simd::dispatch;

/// Weights of the penalty terms in one phase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// λ.
    pub sparsity: f64,
    /// γ; `None` for a phase without the class term.
    pub discriminative: Option<f64>,
}

/// The terms of the objective, averaged over a mini-batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// ½‖x − D·z‖².
    pub reconstruction: f64,
    /// λ‖z‖₁.
    pub sparsity: f64,
    /// −log softmax(scores)_y, not weighted.
    pub class: f64,
    /// The minimised objective: reconstruction + sparsity + γ·class, and the terms of the program.
    pub total: f64,
}

/// Memory for the decoders of one network on a mini-batch.
#[derive(Debug, Clone)]
pub struct Loss<T> {
    inputs: usize,
    width: usize,
    classes: usize,
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
}

/// D `[inputs, width]` and C `[classes, width]`.
#[derive(Debug, Clone, Copy)]
pub struct Decoders<'a, T> {
    /// D.
    pub decoder: &'a [T],
    /// C.
    pub classifier: &'a [T],
}

impl<'a, T> Decoders<'a, T> {
    /// The decoders among the weights of each slot: the last two.
    #[must_use]
    pub fn of(weights: &[&'a [T]]) -> Self {
        Self { decoder: weights[weights.len() - 2], classifier: weights[weights.len() - 1] }
    }
}

impl<T: Scalar> Loss<T> {
    /// Memory for codes of `width` units, images of `inputs` pixels and `classes` classes; it grows with the
    /// mini-batches.
    #[must_use]
    pub fn new(width: usize, inputs: usize, classes: usize) -> Self {
        let empty = Vec::new;
        Self {
            inputs,
            width,
            classes,
            batch: 0,
            residual: empty(),
            scores: empty(),
            inverse_norms: empty(),
            slopes: empty(),
        }
    }

    /// Compares the reconstruction of the codes `[batch, width]` with `target` `[batch, inputs]`, and the scores with
    /// `labels` `[batch]`.
    pub fn forward(
        &mut self,
        code: &[T],
        decoders: Decoders<T>,
        target: &[T],
        labels: &[u8],
        penalties: Weights,
    ) -> Terms {
        self.batch = labels.len();
        self.residual.resize(self.batch * self.inputs, T::zero());
        self.scores.resize(self.batch * self.classes, T::zero());
        self.slopes.resize(self.batch * self.classes, T::zero());
        self.inverse_norms.resize(self.batch, T::zero());
        let images = self.batch as f64;
        let reconstruction = 0.5 * self.reconstruct(code, decoders.decoder, target) / images;
        let norm = dispatch!(sum(code, |z| z)).to_f64().unwrap_or(f64::NAN);
        let sparsity = penalties.sparsity * norm / images;
        let class = self.classify(code, decoders.classifier, labels) / images;
        let total = reconstruction + sparsity + penalties.discriminative.map_or(0.0, |weight| weight * class);
        Terms { reconstruction, sparsity, class, total }
    }

    /// The gradient of the total of the last [`Loss::forward`], which had the same arguments, with respect to the codes
    /// `[batch, width]`. Overwrites the gradients of D and C where they are given.
    #[must_use]
    pub fn backward(
        &mut self,
        code: &[T],
        decoders: Decoders<T>,
        labels: &[u8],
        penalties: Weights,
        by_decoder: Option<&mut [T]>,
        by_classifier: Option<&mut [T]>,
    ) -> Vec<T> {
        let mut flow = self.reconstruction_backward(code, decoders.decoder, penalties.sparsity, by_decoder);
        if let Some(weight) = penalties.discriminative {
            self.class_backward(code, decoders.classifier, labels, weight, &mut flow, by_classifier);
        } else if let Some(gradient) = by_classifier {
            gradient.fill(T::zero());
        }
        flow
    }

    /// The scores `[batch, classes]` of the current mini-batch.
    #[must_use]
    pub fn scores(&self) -> &[T] {
        &self.scores
    }

    /// Computes D·z − x into `residual`; returns the sum of its squares.
    fn reconstruct(&mut self, code: &[T], decoder: &[T], target: &[T]) -> f64 {
        let code = Matrix::new(code, self.batch, self.width);
        let decoder = Matrix::new(decoder, self.inputs, self.width);
        product(&mut self.residual, false, T::one(), code, decoder.t());
        let mut total = 0.0;
        for (row, target) in self.residual.chunks_exact_mut(self.inputs).zip(target.chunks_exact(self.inputs))
        {
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
    fn classify(&mut self, code: &[T], classifier: &[T], labels: &[u8]) -> f64 {
        let images = Matrix::new(code, self.batch, self.width);
        let rows = Matrix::new(classifier, self.classes, self.width);
        product(&mut self.scores, false, T::one(), images, rows.t());
        let mut total = 0.0;
        let rows = self.scores.chunks_exact_mut(self.classes).zip(self.slopes.chunks_exact_mut(self.classes));
        let images = code.chunks_exact(self.width).zip(labels).zip(&mut self.inverse_norms);
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

    /// (Dᵀ·residual + λ)/batch, the gradient of the codes; computes that of D.
    fn reconstruction_backward(
        &mut self,
        code: &[T],
        decoder: &[T],
        sparsity: f64,
        by_decoder: Option<&mut [T]>,
    ) -> Vec<T> {
        let share = T::of(1.0 / self.batch as f64);
        let residual = Matrix::new(&self.residual, self.batch, self.inputs);
        let mut flow = vec![T::of(sparsity / self.batch as f64); code.len()];
        product(&mut flow, true, share, residual, Matrix::new(decoder, self.inputs, self.width));
        if let Some(gradient) = by_decoder {
            product(gradient, false, share, residual.t(), Matrix::new(code, self.batch, self.width));
        }
        flow
    }

    /// Adds the class term to `flow`, and computes the gradient of C. With s = C·z/‖z‖ and p
    /// their softmax, ∂L/∂s = γ(p − y)/batch, ∂s/∂C·z = 1/‖z‖, and through the norm z also
    /// takes −z·(∂L/∂s · s)/‖z‖².
    fn class_backward(
        &mut self,
        code: &[T],
        classifier: &[T],
        labels: &[u8],
        weight: f64,
        flow: &mut [T],
        by_classifier: Option<&mut [T]>,
    ) {
        let share = T::of(weight / self.batch as f64);
        let rows = self.slopes.chunks_exact_mut(self.classes).zip(self.scores.chunks_exact(self.classes));
        let images = flow.chunks_exact_mut(self.width).zip(code.chunks_exact(self.width));
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
        let slopes = Matrix::new(&self.slopes, self.batch, self.classes);
        product(flow, true, T::one(), slopes, Matrix::new(classifier, self.classes, self.width));
        if let Some(gradient) = by_classifier {
            product(gradient, false, T::one(), slopes.t(), Matrix::new(code, self.batch, self.width));
        }
    }
}
