//! The terms of the objective of a mini-batch and their gradient, fused: the computation of
//! [`objective`](super::objective) on the codes, without a graph.

use std::iter;

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
    /// The minimised objective: reconstruction + sparsity + γ·class, and further terms.
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
    /// C·z/‖z‖₂ plus the bias `[batch, classes]`.
    scores: Vec<T>,
    /// 1/‖z‖₂ `[batch]`.
    inverse_norms: Vec<T>,
    /// Softmax of the scores `[batch, classes]`, and then the gradient of C·z.
    slopes: Vec<T>,
}

/// D `[inputs, width]`, C `[classes, width]` and the bias of the scores.
#[derive(Debug, Clone, Copy)]
pub struct Decoders<'a, T> {
    /// D.
    pub decoder: &'a [T],
    /// C.
    pub classifier: &'a [T],
    /// The bias `[classes]`; empty if the network has none.
    pub bias: &'a [T],
}

impl<'a, T> Decoders<'a, T> {
    /// The decoders among the weights of each slot: from the slot `first` of D on.
    #[must_use]
    pub fn of(weights: &[&'a [T]], first: usize) -> Self {
        let bias = weights.get(first + 2).copied().unwrap_or_default();
        Self { decoder: weights[first], classifier: weights[first + 1], bias }
    }
}

/// Memory for the gradients of D, C and the bias, each absent if it is not wanted.
#[derive(Debug)]
pub struct DecoderGradients<'a, T> {
    /// That of D.
    pub decoder: Option<&'a mut [T]>,
    /// That of C.
    pub classifier: Option<&'a mut [T]>,
    /// That of the bias.
    pub bias: Option<&'a mut [T]>,
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
        self.slopes.resize(self.batch * self.classes, T::zero());
        let images = self.batch as f64;
        let reconstruction = 0.5 * self.reconstruct(code, decoders.decoder, target) / images;
        let norm = dispatch!(sum(code, |z| z)).to_f64().unwrap_or(f64::NAN);
        let sparsity = penalties.sparsity * norm / images;
        let class = self.classify(code, decoders, labels) / images;
        let total = reconstruction + sparsity + penalties.discriminative.map_or(0.0, |weight| weight * class);
        Terms { reconstruction, sparsity, class, total }
    }

    /// The gradient of the total of the last [`Loss::forward`], which had the same arguments, with respect to the codes
    /// `[batch, width]`. Overwrites the gradients of the decoders where they are given.
    #[must_use]
    pub fn backward(
        &mut self,
        code: &[T],
        decoders: Decoders<T>,
        labels: &[u8],
        penalties: Weights,
        gradients: DecoderGradients<T>,
    ) -> Vec<T> {
        let DecoderGradients { decoder, classifier, bias } = gradients;
        let mut flow = self.reconstruction_backward(code, decoders.decoder, penalties.sparsity, decoder);
        if let Some(weight) = penalties.discriminative {
            self.score_backward(labels, weight, bias);
            self.class_backward(code, decoders, &mut flow, classifier);
        } else {
            for gradient in [classifier, bias].into_iter().flatten() {
                gradient.fill(T::zero());
            }
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

    /// Computes the scores C·z/‖z‖₂ plus the bias, `[batch, classes]`, of the codes `[batch, width]` of `batch` images.
    pub fn score(&mut self, code: &[T], decoders: Decoders<T>, batch: usize) -> &[T] {
        self.batch = batch;
        self.scores.resize(batch * self.classes, T::zero());
        self.inverse_norms.resize(batch, T::zero());
        let images = Matrix::new(code, batch, self.width);
        let rows = Matrix::new(decoders.classifier, self.classes, self.width);
        product(&mut self.scores, false, T::one(), images, rows.t());
        let images = code.chunks_exact(self.width).zip(&mut self.inverse_norms);
        for (scores, (code, inverse_norm)) in self.scores.chunks_exact_mut(self.classes).zip(images) {
            let square = dispatch!(dot(code, code));
            *inverse_norm = (square + T::of(NORM_FLOOR)).sqrt().recip();
            for score in scores.iter_mut() {
                *score = *score * *inverse_norm;
            }
            for (score, &bias) in scores.iter_mut().zip(decoders.bias) {
                *score = *score + bias;
            }
        }
        &self.scores
    }

    /// Computes the scores and their softmax; returns the sum of −log softmax(scores)_y.
    fn classify(&mut self, code: &[T], decoders: Decoders<T>, labels: &[u8]) -> f64 {
        self.score(code, decoders, labels.len());
        let mut total = 0.0;
        let rows = self.scores.chunks_exact(self.classes).zip(self.slopes.chunks_exact_mut(self.classes));
        for ((scores, softmax), &label) in rows.zip(labels) {
            let max = scores.iter().copied().fold(T::neg_infinity(), T::max);
            let mut partition = T::zero();
            for (share, &score) in softmax.iter_mut().zip(scores) {
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

    /// Turns the softmax p of the scores s into ∂L/∂s = γ(p − y)/batch, whose sum over the images is the gradient of the
    /// bias.
    fn score_backward(&mut self, labels: &[u8], weight: f64, by_bias: Option<&mut [T]>) {
        let share = T::of(weight / self.batch as f64);
        for (slopes, &label) in self.slopes.chunks_exact_mut(self.classes).zip(labels) {
            slopes[usize::from(label)] = slopes[usize::from(label)] - T::one();
            for slope in slopes {
                *slope = *slope * share;
            }
        }
        let Some(gradient) = by_bias else { return };
        gradient.fill(T::zero());
        for slopes in self.slopes.chunks_exact(self.classes) {
            gradient.iter_mut().zip(slopes).for_each(|(sum, &slope)| *sum = *sum + slope);
        }
    }

    /// Adds the class term to `flow`, and computes the gradient of C, after [`Loss::score_backward`]. With
    /// s = C·z/‖z‖ + β for the bias β, ∂s/∂C·z = 1/‖z‖, and through the norm z also takes
    /// −z·(∂L/∂s · (s − β))/‖z‖².
    fn class_backward(
        &mut self,
        code: &[T],
        decoders: Decoders<T>,
        flow: &mut [T],
        by_classifier: Option<&mut [T]>,
    ) {
        let rows = self.slopes.chunks_exact_mut(self.classes).zip(self.scores.chunks_exact(self.classes));
        let images = flow.chunks_exact_mut(self.width).zip(code.chunks_exact(self.width));
        for (((slopes, scores), (flow, code)), &inverse_norm) in rows.zip(images).zip(&self.inverse_norms) {
            let mut along = T::zero();
            let biases = decoders.bias.iter().copied().chain(iter::repeat(T::zero()));
            for ((slope, &score), bias) in slopes.iter_mut().zip(scores).zip(biases) {
                *slope = *slope * inverse_norm;
                along = along + *slope * (score - bias);
            }
            let pull = along * inverse_norm;
            dispatch!({
                for (flow, &z) in flow.iter_mut().zip(code) {
                    *flow = *flow - pull * z;
                }
            });
        }
        let slopes = Matrix::new(&self.slopes, self.batch, self.classes);
        product(flow, true, T::one(), slopes, Matrix::new(decoders.classifier, self.classes, self.width));
        if let Some(gradient) = by_classifier {
            product(gradient, false, T::one(), slopes.t(), Matrix::new(code, self.batch, self.width));
        }
    }
}
