//! The cost of a search, counted for each group.

use std::ops::Range;

use crate::plan::Trial;

/// The budget spent on a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Budget {
    /// Configurations tried.
    pub configurations: usize,
    /// Epochs of all trials together, each epoch once, however many rungs a trial passes.
    pub epochs: u64,
    /// Training images of these epochs.
    pub images: u64,
    /// Floating-point operations of their matrix products.
    pub operations: u64,
}

impl Budget {
    /// Adds a range of epochs of `seeds` trials that are like `trial` but for their seed.
    pub fn add(&mut self, trial: &Trial, epochs: Range<usize>, seeds: usize) {
        let images = trial.images() / trial.config.training.epochs().max(1) as u64;
        let epochs = (epochs.len() * seeds) as u64;
        self.epochs += epochs;
        self.images += epochs * images;
        self.operations =
            self.operations.saturating_add((epochs * images).saturating_mul(trial.flops_per_image));
    }
}
