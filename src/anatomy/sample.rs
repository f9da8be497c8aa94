//! Preprocessed images that networks are measured on.

use rayon::prelude::*;

use super::network::{BATCH, Network};
use crate::data::{Fitted, Images};

/// Preprocessed, labelled images of one size.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Height in pixels.
    pub rows: usize,
    /// Width in pixels.
    pub columns: usize,
    /// Number of classes l.
    pub classes: usize,
    /// The images one after the other, `[N, rows·columns]`.
    pub pixels: Vec<f32>,
    /// Their classes `[N]`.
    pub labels: Vec<u8>,
}

/// Images that are encoded together.
#[derive(Debug, Clone, Copy)]
pub(super) struct ImageBatch<'a> {
    /// `[batch, m]`.
    pub pixels: &'a [f32],
    /// `[batch]`.
    pub labels: &'a [u8],
}

impl Sample {
    /// All `images` of `rows` times `columns` pixels in `classes` classes.
    #[must_use]
    pub fn new(images: &Images, (rows, columns): (usize, usize), classes: usize, fitted: &Fitted) -> Self {
        let normaliser = fitted.normaliser(images);
        let mut pixels = vec![0.0; images.pixels.len()];
        for (index, out) in pixels.chunks_exact_mut(images.inputs).enumerate() {
            normaliser.write(images, index, out);
        }
        Self { rows, columns, classes, pixels, labels: images.labels.clone() }
    }

    /// Pixels of an image m.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.rows * self.columns
    }

    /// Number of images N.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Returns true if there is no image.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The pixels of one image.
    #[must_use]
    pub fn image(&self, index: usize) -> &[f32] {
        &self.pixels[index * self.inputs()..][..self.inputs()]
    }

    /// Images by index, in this order.
    #[must_use]
    pub fn selected(&self, images: &[usize]) -> Self {
        Self {
            pixels: images.iter().flat_map(|&at| self.image(at).iter().copied()).collect(),
            labels: images.iter().map(|&at| self.labels[at]).collect(),
            rows: self.rows,
            columns: self.columns,
            classes: self.classes,
        }
    }

    /// The result of `measure` for each batch, in order; batches are measured in parallel.
    pub(super) fn each<R: Send>(&self, measure: impl Fn(ImageBatch<'_>) -> R + Sync) -> Vec<R> {
        let pixels = self.pixels.par_chunks(BATCH * self.inputs());
        let batches = pixels.zip(self.labels.par_chunks(BATCH));
        batches.map(|(pixels, labels)| measure(ImageBatch { pixels, labels })).collect()
    }

    /// The codes z^T of all images, `[N, n]`.
    #[must_use]
    pub fn codes(&self, network: &Network) -> Vec<f32> {
        self.each(|batch| network.encode(batch.pixels)).concat()
    }

    /// The mean image of each class `[l, m]`; zeros for a class without images.
    #[must_use]
    pub fn class_means(&self) -> Vec<Vec<f64>> {
        let mut sums = vec![vec![0.0; self.inputs()]; self.classes];
        let mut counts = vec![0.0; self.classes];
        for (pixels, &label) in self.pixels.chunks_exact(self.inputs()).zip(&self.labels) {
            let class = usize::from(label);
            counts[class] += 1.0;
            sums[class].iter_mut().zip(pixels).for_each(|(sum, &pixel)| *sum += f64::from(pixel));
        }
        for (sum, count) in sums.iter_mut().zip(counts) {
            for number in sum {
                *number /= f64::max(count, 1.0);
            }
        }
        sums
    }
}
