//! Split of the training images into training and validation.

use rand::seq::SliceRandom;

use crate::rng::{self, Purpose};

/// Indices of the images that a trial is trained on, and of those that select its epoch, both ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Images for training.
    pub train: Vec<u32>,
    /// Images for validation.
    pub validation: Vec<u32>,
}

/// Draws `validation` of `count` images, without replacement, from the seed's own stream.
///
/// # Panics
/// If `validation` is more than `count`; [`load`](super::load) rejects that.
#[must_use]
pub fn split(count: usize, validation: usize, seed: u64) -> Split {
    let mut order: Vec<u32> = (0..count as u32).collect();
    order.shuffle(&mut rng::stream(seed, Purpose::Split, 0));
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
            seed: u64,
        ) {
            let Split { train, validation: held_out } = split(count, validation, seed);
            prop_assert_eq!(held_out.len(), validation);
            prop_assert!(train.is_sorted() && held_out.is_sorted());
            let mut all = [train, held_out].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..count as u32).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_seed_alone_decides_the_split() {
        assert_eq!(split(100, 20, 1), split(100, 20, 1));
        assert_ne!(split(100, 20, 1), split(100, 20, 2));
    }

    /// New trials are compared with stored ones, so a change of the draw must be noticed.
    #[test]
    fn the_split_of_a_seed_is_pinned() {
        assert_eq!(split(12, 4, 7).validation, [4, 5, 7, 10]);
    }
}
