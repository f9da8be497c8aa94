//! Results of an epoch.

use super::batches::Batch;
use super::evaluation::{self, Evaluation};
use super::loss::Terms;

/// Results of an epoch. Losses are means over images; errors are in percent.
#[derive(Debug, Clone, PartialEq)]
pub struct Epoch {
    /// Phase, from 1.
    pub phase: usize,
    /// Epoch over all phases, from 1.
    pub epoch: usize,
    /// Learning rate of the first update.
    pub rate: f64,
    /// Averages over the epoch's mini-batches, while the weights change.
    pub train: Averages,
    /// Evaluation after the epoch on the validation images, if there are any.
    pub validation: Option<Evaluation>,
}

/// Averages over the training images of one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Averages {
    /// Mean of the minimised objective.
    pub total: f64,
    /// Mean of ½‖x − D·z‖².
    pub reconstruction: f64,
    /// Mean of λ‖z‖₁.
    pub sparsity: f64,
    /// Mean of −log softmax(scores)_y, if the phase has the class term.
    pub class: Option<f64>,
    /// Share of misclassified images in percent, if the phase has the class term.
    pub error: Option<f64>,
}

/// Sums over the images of an epoch.
#[derive(Default)]
pub(super) struct Sums {
    images: usize,
    wrong: usize,
    total: f64,
    reconstruction: f64,
    sparsity: f64,
    class: f64,
}

impl Sums {
    /// Adds a mini-batch.
    pub fn add(&mut self, batch: &Batch, terms: Terms, predicted: &[u8]) {
        let images = batch.labels.len() as f64;
        self.images += batch.labels.len();
        self.wrong += batch.wrong(predicted);
        self.total += terms.total * images;
        self.reconstruction += terms.reconstruction * images;
        self.sparsity += terms.sparsity * images;
        self.class += terms.class * images;
    }

    /// The averages; `classifies` is true if the phase has the class term.
    pub fn averages(&self, classifies: bool) -> Averages {
        let images = self.images as f64;
        Averages {
            total: self.total / images,
            reconstruction: self.reconstruction / images,
            sparsity: self.sparsity / images,
            class: classifies.then_some(self.class / images),
            error: classifies.then(|| evaluation::percent(self.wrong, self.images)),
        }
    }
}
