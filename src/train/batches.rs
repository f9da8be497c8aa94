//! Mini-batches of preprocessed images.

use std::sync::Arc;

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::data::{Images, Normaliser};
use crate::rng::{self, Purpose};
use crate::simd::dispatch;

/// Some images of a set, by index.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'a> {
    /// The set that the indices point into.
    pub images: &'a Images,
    /// Its preprocessing.
    pub normaliser: &'a Normaliser,
    /// Indices of the images.
    pub indices: &'a [u32],
}

/// A mini-batch, whose memory is reused.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Preprocessed images `[batch, inputs]`.
    pub clean: Arc<Vec<f32>>,
    /// Classes `[batch]`.
    pub labels: Vec<u8>,
    /// The images with masking noise; empty without noise.
    masked: Arc<Vec<f32>>,
    /// The factor of each hidden unit for each image `[batch, units]`, 0 for a silent one; empty without dropout.
    pub gains: Arc<Vec<f32>>,
    /// The stream of random numbers of this mini-batch: the seed, and its number in the pass of an epoch.
    draw: (u64, u64),
}

impl Batch {
    /// The encoder's input `[batch, inputs]`: the images, with noise if there is any.
    #[must_use]
    pub fn input(&self) -> &Arc<Vec<f32>> {
        if self.masked.is_empty() { &self.clean } else { &self.masked }
    }

    /// Random numbers of its own, the same whenever the trial is repeated or resumed.
    #[must_use]
    pub fn random(&self) -> ChaCha8Rng {
        rng::stream(self.draw.0, Purpose::Term, self.draw.1)
    }

    /// Number of predicted classes that differ from the labels.
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
    masking: Option<Draws>,
    dropout: Option<Draws>,
    /// Hidden units of [`Batch::gains`].
    units: usize,
    /// Seed and epoch.
    pass: (u64, usize),
}

/// The noise of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Noise {
    /// Share of the encoder's input that is set to zero.
    pub masking: f64,
    /// True if the rest of the input is divided by 1 − `masking`.
    pub rescale: bool,
    /// Share of the hidden units that are silent for an image; the gain of the others is 1/(1 − `dropout`).
    pub dropout: f64,
    /// Hidden units n.
    pub units: usize,
}

/// Numbers that are set to zero, each with probability `below` / 2³².
struct Draws {
    below: u32,
    /// Factor of the others.
    kept: f32,
    random: ChaCha8Rng,
    /// Random bytes of a mini-batch, four for each number.
    bytes: Vec<u8>,
}

impl Draws {
    /// `None` if no number is set to zero.
    fn of(share: f64, is_rescaled: bool, random: ChaCha8Rng) -> Option<Self> {
        let kept = if is_rescaled { 1.0 / (1.0 - share) } else { 1.0 };
        let below = (share * f64::from(u32::MAX)) as u32;
        (share > 0.0).then(|| Self { below, kept: kept as f32, random, bytes: Vec::new() })
    }

    /// Sets some of the numbers to zero.
    fn apply(&mut self, numbers: &mut [f32]) {
        self.bytes.resize(4 * numbers.len(), 0);
        self.random.fill_bytes(&mut self.bytes);
        let (draws, _) = self.bytes.as_chunks::<4>();
        dispatch!({
            for (number, &draw) in numbers.iter_mut().zip(draws) {
                *number = if u32::from_le_bytes(draw) < self.below { 0.0 } else { *number * self.kept };
            }
        });
    }
}

impl<'a> Batches<'a> {
    /// The selection in its own order, without noise.
    #[must_use]
    pub fn in_order(selection: Selection<'a>, size: usize) -> Self {
        let order = selection.indices.to_vec();
        Self { selection, order, next: 0, size, masking: None, dropout: None, units: 0, pass: (0, 0) }
    }

    /// The selection in the order of (seed, epoch), with noise.
    #[must_use]
    pub fn shuffled(selection: Selection<'a>, size: usize, noise: Noise, seed: u64, epoch: usize) -> Self {
        let mut batches = Self::in_order(selection, size);
        let random = |purpose| rng::stream(seed, purpose, epoch as u64);
        batches.pass = (seed, epoch);
        batches.order.shuffle(&mut random(Purpose::Shuffling));
        batches.masking = Draws::of(noise.masking, noise.rescale, random(Purpose::Corruption));
        batches.dropout = Draws::of(noise.dropout, true, random(Purpose::Dropout));
        batches.units = noise.units;
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
        // A pass has fewer mini-batches than 2³².
        batch.draw = (self.pass.0, ((self.pass.1 as u64) << 32) + (self.next / self.size) as u64);
        let chosen = &self.order[self.next..self.order.len().min(self.next + self.size)];
        self.next += chosen.len();
        batch.labels.clear();
        batch.labels.extend(chosen.iter().map(|&index| images.labels[index as usize]));
        let clean = Arc::make_mut(&mut batch.clean);
        clean.resize(chosen.len() * images.inputs, 0.0);
        for (row, &index) in clean.chunks_exact_mut(images.inputs).zip(chosen) {
            normaliser.write(images, index as usize, row);
        }
        let (masked, gains) = (Arc::make_mut(&mut batch.masked), Arc::make_mut(&mut batch.gains));
        masked.clear();
        gains.clear();
        if let Some(masking) = &mut self.masking {
            masked.extend_from_slice(&batch.clean);
            masking.apply(masked);
        }
        if let Some(dropout) = &mut self.dropout {
            gains.resize(chosen.len() * self.units, 1.0);
            dropout.apply(gains);
        }
        !chosen.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Fitted, Preprocessing};

    const COUNT: usize = 53;

    /// Images of four pixels, whose label is their index.
    fn images() -> (Images, Normaliser) {
        let pixels = (0..COUNT as u8).flat_map(|index| [255, index, 128 + index, 30]).collect();
        let images = Images { inputs: 4, pixels, labels: (0..COUNT as u8).collect() };
        let normaliser = Fitted::to(Preprocessing::UNCENTRED, &images, &[]).normaliser(&images);
        (images, normaliser)
    }

    /// The mini-batches of one pass over `indices`.
    fn pass(indices: &[u32], batches: impl FnOnce(Selection<'_>) -> Batches<'_>) -> Vec<Batch> {
        let (images, normaliser) = images();
        let mut batches = batches(Selection { images: &images, normaliser: &normaliser, indices });
        let expected = batches.count();
        let mut batch = Batch::default();
        let mut all = Vec::new();
        while batches.next_into(&mut batch) {
            all.push(batch.clone());
        }
        assert_eq!(all.len(), expected);
        all
    }

    fn shuffled(masking: f64, seed: u64, epoch: usize) -> Vec<Batch> {
        with_noise(Noise { masking, ..Noise::default() }, seed, epoch)
    }

    fn with_noise(noise: Noise, seed: u64, epoch: usize) -> Vec<Batch> {
        let indices: Vec<u32> = (0..COUNT as u32).collect();
        pass(&indices, |selection| Batches::shuffled(selection, 10, noise, seed, epoch))
    }

    fn labels(batches: &[Batch]) -> Vec<u8> {
        batches.iter().flat_map(|batch| batch.labels.clone()).collect()
    }

    #[test]
    fn in_order_is_the_selection_with_the_label_of_each_image() {
        let batches = pass(&[7, 2, 2, 50, 9], |selection| Batches::in_order(selection, 2));
        assert_eq!(labels(&batches), [7, 2, 2, 50, 9]);
        let (images, normaliser) = images();
        for batch in &batches {
            assert_eq!(batch.clean.len(), 4 * batch.labels.len());
            for (row, &label) in batch.clean.chunks_exact(4).zip(&batch.labels) {
                let mut expected = [0.0; 4];
                normaliser.write(&images, usize::from(label), &mut expected);
                assert_eq!(row, expected);
            }
            assert_eq!(batch.input(), &batch.clean);
        }
    }

    #[test]
    fn every_epoch_has_each_image_once_in_an_order_of_its_own() {
        let orders = [(1, 1), (1, 2), (2, 1)].map(|(seed, epoch)| labels(&shuffled(0.0, seed, epoch)));
        for order in &orders {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..COUNT as u8).collect::<Vec<_>>());
        }
        assert!(orders[0] != orders[1] && orders[0] != orders[2] && orders[1] != orders[2]);
        assert_eq!(orders[0], labels(&shuffled(0.0, 1, 1)));
        let sizes: Vec<usize> = shuffled(0.0, 1, 1).iter().map(|batch| batch.labels.len()).collect();
        assert_eq!(sizes, [10, 10, 10, 10, 10, 3]);
    }

    #[test]
    fn masking_zeroes_its_share_of_the_input_and_nothing_else() {
        let pixels = vec![255; 100 * 100].into();
        let images = Images { inputs: 100, pixels, labels: vec![0; 100] };
        let normaliser = Fitted::to(Preprocessing::UNCENTRED, &images, &[]).normaliser(&images);
        let indices: Vec<u32> = (0..100).collect();
        let selection = Selection { images: &images, normaliser: &normaliser, indices: &indices };
        for masking in [0.1, 0.4, 0.9] {
            let mut batch = Batch::default();
            let noise = Noise { masking, ..Noise::default() };
            Batches::shuffled(selection, 100, noise, 3, 1).next_into(&mut batch);
            assert!(batch.clean.iter().all(|&number| number == 0.1));
            assert!(batch.input().iter().all(|&number| number == 0.0 || number == 0.1));
            let zeros = batch.input().iter().filter(|&&number| number == 0.0).count() as f64;
            // Of 10,000 independent numbers: five standard deviations.
            let spread = 5.0 * (10_000.0 * masking * (1.0 - masking)).sqrt();
            assert!((zeros - 10_000.0 * masking).abs() < spread, "{zeros} zeros at {masking}");
        }
    }

    #[test]
    fn a_number_is_masked_by_the_draw_in_its_place_in_the_stream() {
        let mut random = rng::stream(3, Purpose::Corruption, 1);
        for batch in shuffled(0.3, 3, 1) {
            for (&seen, &number) in batch.input().iter().zip(batch.clean.iter()) {
                let hidden = random.next_u32() < (0.3 * f64::from(u32::MAX)) as u32;
                assert_eq!(seen, if hidden { 0.0 } else { number });
            }
        }
    }

    #[test]
    fn masks_are_those_of_the_seed_and_the_epoch_and_leave_the_order_alone() {
        let zeros = |seed, epoch| {
            let batches = shuffled(0.5, seed, epoch);
            batches.iter().flat_map(|batch| batch.input().to_vec()).map(|x| x == 0.0).collect::<Vec<_>>()
        };
        assert_eq!(zeros(1, 1), zeros(1, 1));
        assert_ne!(zeros(1, 1), zeros(1, 2));
        assert_ne!(zeros(1, 1), zeros(2, 1));
        assert_eq!(labels(&shuffled(0.5, 1, 1)), labels(&shuffled(0.0, 1, 1)));
    }

    #[test]
    fn what_masking_keeps_may_be_rescaled() {
        let noise = Noise { masking: 0.5, ..Noise::default() };
        let (plain, rescaled) = (with_noise(noise, 3, 1), with_noise(Noise { rescale: true, ..noise }, 3, 1));
        for (plain, rescaled) in plain.iter().zip(&rescaled) {
            assert!(
                plain.input().iter().zip(rescaled.input().iter()).all(|(one, other)| 2.0 * one == *other)
            );
        }
    }

    #[test]
    fn dropout_silences_its_share_of_units_and_leaves_masks_and_order_alone() {
        let noise = Noise { masking: 0.3, dropout: 0.2, units: 500, ..Noise::default() };
        let batches = with_noise(noise, 3, 1);
        for (with, without) in batches.iter().zip(shuffled(0.3, 3, 1)) {
            assert_eq!((with.input(), &with.labels), (without.input(), &without.labels));
            assert_eq!((with.gains.len(), without.gains.len()), (500 * with.labels.len(), 0));
            assert!(with.gains.iter().all(|&gain| gain == 0.0 || gain == 1.25));
        }
        let gains = |seed, epoch| {
            with_noise(noise, seed, epoch).iter().flat_map(|batch| batch.gains.to_vec()).collect::<Vec<_>>()
        };
        let silent = gains(3, 1).iter().filter(|&&gain| gain == 0.0).count() as f64;
        let count = (500 * COUNT) as f64;
        assert!((silent - 0.2 * count).abs() < 5.0 * (0.16 * count).sqrt(), "{silent} of {count}");
        assert_eq!(gains(3, 1), gains(3, 1));
        assert!(gains(3, 1) != gains(3, 2) && gains(3, 1) != gains(4, 1));
    }
}
