//! Split of the training images into training and validation.

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use crate::rng::{self, Purpose};

/// Indices of the images that a trial is trained on, and of those that select its epoch, both ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Images for training.
    pub train: Vec<u32>,
    /// Images for validation.
    pub validation: Vec<u32>,
}

/// The choice of the images that are held out for validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holdout {
    /// Drawn by the trial's seed, without replacement.
    #[default]
    Random,
    /// The last of the training images, the same for all seeds.
    Last,
}

impl Holdout {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Holds out `validation` of `count` images.
///
/// # Panics
/// If `validation` is more than `count`; [`load`](super::load) rejects that.
#[must_use]
pub fn split(count: usize, validation: usize, holdout: Holdout, seed: u64) -> Split {
    let mut order: Vec<u32> = (0..count as u32).collect();
    match holdout {
        Holdout::Random => order.shuffle(&mut rng::stream(seed, Purpose::Split, 0)),
        Holdout::Last => order.rotate_right(validation),
    }
    let mut train = order.split_off(validation);
    train.sort_unstable();
    order.sort_unstable();
    Split { train, validation: order }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_parts_are_disjoint_complete_and_ascending(
            (count, validation) in (0_usize..500).prop_flat_map(|n| (Just(n), 0..=n)),
            last: bool,
            seed: u64,
        ) {
            let holdout = if last { Holdout::Last } else { Holdout::Random };
            let Split { train, validation: held_out } = split(count, validation, holdout, seed);
            prop_assert_eq!(held_out.len(), validation);
            prop_assert!(train.is_sorted() && held_out.is_sorted());
            let mut all = [train, held_out].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..count as u32).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_seed_alone_decides_a_random_split() {
        let split = |seed| split(100, 20, Holdout::Random, seed);
        assert_eq!(split(1), split(1));
        assert_ne!(split(1), split(2));
    }

    #[test]
    fn the_last_images_are_held_out_for_every_seed() {
        let expected = Split { train: vec![0, 1, 2], validation: vec![3, 4] };
        assert!([1, 2].into_iter().all(|seed| split(5, 2, Holdout::Last, seed) == expected));
    }

    /// New trials are compared with stored ones, so a change of the draw must be noticed.
    #[test]
    fn the_split_of_a_seed_is_pinned() {
        assert_eq!(split(12, 4, Holdout::Random, 7).validation, [4, 5, 7, 10]);
    }
}
