//! Difficulty of the embedded glyphs: the error of a linear classifier.
//!
//! Multinomial logistic regression on the default stroke glyphs: with the scores W·x + b of
//! an image x of zero mean and unit norm, it minimises
//!
//! ```text
//! mean of −log softmax(W·x + b)_y + ½·penalty·‖W‖²
//! ```
//!
//! by gradient descent with momentum on mini-batches. The penalty with the lowest validation error is
//! selected; only its classifier is evaluated on the test images.
//!
//! ```text
//! cargo run --release --example glyph_difficulty
//! ```

use std::f64::consts::PI;

use drsae::data::{self, Fitted, Holdout, Images, Preprocessing, Split, split};
use drsae::model::kernels::{Matrix, product};
use drsae::train::{Batch, Batches, Noise, Selection};

/// Not 0, the seed of the glyphs that their deformations were tuned on.
const GLYPH_SEED: u64 = 1;
/// Seed of the split and of the order of the images.
const SEED: u64 = 1;
const PENALTIES: [f32; 6] = [0.0, 1e-6, 1e-5, 3e-5, 1e-4, 1e-3];
const EPOCHS: usize = 40;
const BATCH: usize = 100;
const RATE: f64 = 2.0;
const MOMENTUM: f32 = 0.9;

fn main() -> Result<(), data::Error> {
    let config = data::Config { validation: 2_000, glyph_seed: Some(GLYPH_SEED), ..data::Config::default() };
    let data = data::load(&config, None, data::Part::All)?;
    let Split { train, validation } = split(data.train.len(), config.validation, Holdout::Random, SEED);
    println!(
        "{} training glyphs, {} of them for validation, {} test glyphs",
        data.train.len(),
        validation.len(),
        data.test.len()
    );

    let normaliser = Fitted::to(Preprocessing::CENTRED, &data.train, &[]).normaliser(&data.train);
    let selection = |indices| Selection { images: &data.train, normaliser: &normaliser, indices };
    let mut best: Option<(f64, f32, Linear)> = None;
    for penalty in PENALTIES {
        let linear = Linear::trained(selection(&train), data.classes, penalty);
        let error = linear.error(selection(&validation));
        println!("penalty {penalty:e}: validation error {error:.2} %");
        if best.as_ref().is_none_or(|(lowest, ..)| error < *lowest) {
            best = Some((error, penalty, linear));
        }
    }
    if let Some((_, penalty, linear)) = best {
        println!("penalty {penalty:e}: test error {:.2} %", linear.test_error(&data.test));
    }
    Ok(())
}

/// The classifier W·x + b.
#[derive(Clone)]
struct Linear {
    inputs: usize,
    /// W `[classes, inputs]`.
    weights: Vec<f32>,
    /// b `[classes]`.
    biases: Vec<f32>,
}

impl Linear {
    fn zeros(inputs: usize, classes: usize) -> Self {
        Self { inputs, weights: vec![0.0; classes * inputs], biases: vec![0.0; classes] }
    }

    fn trained(images: Selection, classes: usize, penalty: f32) -> Self {
        let mut linear = Self::zeros(images.images.inputs, classes);
        let mut velocity = linear.clone();
        let mut batch = Batch::default();
        for epoch in 0..EPOCHS {
            let rate = RATE * 0.5 * (1.0 + (PI * epoch as f64 / EPOCHS as f64).cos());
            let mut batches = Batches::shuffled(images, BATCH, Noise::default(), SEED, epoch);
            while batches.next_into(&mut batch) {
                linear.update(&mut velocity, &batch, penalty, rate as f32);
            }
        }
        linear
    }

    fn update(&mut self, velocity: &mut Self, batch: &Batch, penalty: f32, rate: f32) {
        let (classes, count) = (self.biases.len(), batch.labels.len());
        let share = 1.0 / count as f32;
        let mut slopes = self.scores(batch);
        for (row, &label) in slopes.chunks_exact_mut(classes).zip(&batch.labels) {
            softmax(row);
            row[usize::from(label)] -= 1.0;
        }
        for (speed, weight) in velocity.weights.iter_mut().zip(&self.weights) {
            *speed = MOMENTUM * *speed + penalty * weight;
        }
        let errors = Matrix::new(&slopes, count, classes);
        let images = Matrix::new(batch.input(), count, self.inputs);
        product(&mut velocity.weights, true, share, errors.t(), images);
        for (class, speed) in velocity.biases.iter_mut().enumerate() {
            let sum: f32 = slopes.iter().skip(class).step_by(classes).sum();
            *speed = MOMENTUM * *speed + share * sum;
        }
        let moves = self.weights.iter_mut().zip(&velocity.weights);
        for (weight, speed) in moves.chain(self.biases.iter_mut().zip(&velocity.biases)) {
            *weight -= rate * speed;
        }
    }

    /// W·x + b `[batch, classes]`.
    fn scores(&self, batch: &Batch) -> Vec<f32> {
        let classes = self.biases.len();
        let mut scores = self.biases.repeat(batch.labels.len());
        let images = Matrix::new(batch.input(), batch.labels.len(), self.inputs);
        product(&mut scores, true, 1.0, images, Matrix::new(&self.weights, classes, self.inputs).t());
        scores
    }

    fn test_error(&self, images: &Images) -> f64 {
        let normaliser = Fitted::to(Preprocessing::CENTRED, images, &[]).normaliser(images);
        let indices: Vec<u32> = (0..images.len() as u32).collect();
        self.error(Selection { images, normaliser: &normaliser, indices: &indices })
    }

    /// Wrongly classified images, percent.
    fn error(&self, images: Selection) -> f64 {
        let mut batches = Batches::in_order(images, BATCH);
        let mut batch = Batch::default();
        let mut wrong = 0;
        while batches.next_into(&mut batch) {
            let scores = self.scores(&batch);
            let predicted: Vec<u8> = scores.chunks_exact(self.biases.len()).map(highest).collect();
            wrong += batch.wrong(&predicted);
        }
        100.0 * wrong as f64 / images.indices.len() as f64
    }
}

fn softmax(scores: &mut [f32]) {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut partition = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - most).exp();
        partition += *score;
    }
    for score in scores {
        *score /= partition;
    }
}

fn highest(scores: &[f32]) -> u8 {
    let best = (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    best.unwrap_or_default() as u8
}
