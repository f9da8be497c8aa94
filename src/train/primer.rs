//! Training images for the initial D.

use rand::RngExt;

use super::batches::Selection;
use crate::model;
use crate::rng::{self, Purpose};

/// Preprocessed training images `[width, inputs]` for [`Draw::images`](model::Draw::images), drawn by the seed with
/// replacement; empty if `model.initial_images` is 0.
#[must_use]
pub fn primer(config: &model::Config, width: usize, training: Selection, seed: u64) -> Vec<f32> {
    let Selection { images, normaliser, indices } = training;
    if config.initial_images == 0.0 || indices.is_empty() {
        return Vec::new();
    }
    let mut random = rng::stream(seed, Purpose::Primer, 0);
    let mut primer = vec![0.0; width * images.inputs];
    for image in primer.chunks_exact_mut(images.inputs) {
        let index = indices[random.random_range(0..indices.len() as u32) as usize];
        normaliser.write(images, index as usize, image);
    }
    primer
}
