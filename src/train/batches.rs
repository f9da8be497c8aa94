//! Mini-batches of preprocessed images.

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::data::{Images, Normaliser};
use crate::rng::{self, Purpose};

/// Some images of a set, by index.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'a> {
    /// The set that the indices point into.
    pub images: &'a Images,
    /// Its preprocessing.
    pub normaliser: &'a Normaliser,
    /// Which images.
    pub indices: &'a [u32],
}

/// A mini-batch; its memory serves one after the other.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Preprocessed images `[batch, inputs]`.
    pub clean: Vec<f32>,
    /// Classes `[batch]`.
    pub labels: Vec<u8>,
    /// The images under masking noise; empty where there is none.
    masked: Vec<f32>,
}

impl Batch {
    /// What the encoder sees `[batch, inputs]`: the images, under noise where there is any.
    #[must_use]
    pub fn input(&self) -> &[f32] {
        if self.masked.is_empty() { &self.clean } else { &self.masked }
    }

    /// How many predicted classes are not the labels.
    #[must_use]
    pub fn wrong(&self, predicted: &[u8]) -> usize {
        predicted.iter().zip(&self.labels).filter(|(guess, label)| guess != label).count()
    }
}

/// A pass over a selection in mini-batches; the last may be smaller.
pub struct Batches<'a> {
    selection: Selection<'a>,
    order: Vec<u32>,
    next: usize,
    size: usize,
    noise: Option<Noise>,
}

/// Masking noise: each number is zero with probability `below` / 2³².
struct Noise {
    below: u32,
    random: ChaCha8Rng,
}

impl<'a> Batches<'a> {
    /// The selection in its own order, without noise.
    #[must_use]
    pub fn in_order(selection: Selection<'a>, size: usize) -> Self {
        Self { order: selection.indices.to_vec(), selection, next: 0, size, noise: None }
    }

    /// The selection in the order of (seed, epoch), with a share `masking` of the numbers
    /// that the encoder sees set to zero.
    #[must_use]
    pub fn shuffled(selection: Selection<'a>, size: usize, masking: f64, seed: u64, epoch: usize) -> Self {
        let mut batches = Self::in_order(selection, size);
        batches.order.shuffle(&mut rng::stream(seed, Purpose::Shuffling, epoch as u64));
        batches.noise = (masking > 0.0).then(|| Noise {
            below: (masking * f64::from(u32::MAX)) as u32,
            random: rng::stream(seed, Purpose::Corruption, epoch as u64),
        });
        batches
    }

    /// Number of mini-batches in the pass.
    #[must_use]
    pub fn count(&self) -> usize {
        self.order.len().div_ceil(self.size)
    }

    /// Overwrites `batch` with the next mini-batch; false at the end.
    pub fn next_into(&mut self, batch: &mut Batch) -> bool {
        let Selection { images, normaliser, .. } = self.selection;
        let chosen = &self.order[self.next..self.order.len().min(self.next + self.size)];
        self.next += chosen.len();
        batch.labels.clear();
        batch.labels.extend(chosen.iter().map(|&index| images.labels[index as usize]));
        batch.clean.resize(chosen.len() * images.inputs, 0.0);
        for (row, &index) in batch.clean.chunks_exact_mut(images.inputs).zip(chosen) {
            normaliser.write(images, index as usize, row);
        }
        batch.masked.clear();
        if let Some(Noise { below, random }) = &mut self.noise {
            let kept = |&number: &f32| if random.next_u32() < *below { 0.0 } else { number };
            batch.masked.extend(batch.clean.iter().map(kept));
        }
        !chosen.is_empty()
    }
}
