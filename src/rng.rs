//! Named streams of random numbers.
//!
//! Every random choice of a trial comes from a stream that is a pure function of (seed, purpose, index). Families with the
//! same seed therefore share their split and data order. The numbers of an epoch do not depend on earlier draws, so a
//! resumed trial needs no generator state.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// Purpose of a stream of random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Initial weights.
    Initialisation,
    /// Training images that initial weights take a share of.
    Primer,
    /// Order of the training images; the index is the epoch.
    Shuffling,
    /// Masking noise on the inputs; the index is the epoch.
    Corruption,
    /// Hidden units that are silent; the index is the epoch.
    Dropout,
    /// Training images that are held out for validation.
    Split,
    /// Bootstrap samples; the index is the figure.
    Bootstrap,
    /// Samples of a null distribution; the index is the statistic.
    Null,
    /// Training glyphs of the embedded data set; the index is the example.
    TrainingGlyph,
    /// Test glyphs of the embedded data set; the index is the example.
    TestGlyph,
    /// Terms of the objective that the program adds; the index is the epoch and the mini-batch.
    Term,
    /// Configurations of a search; the index is the configuration.
    Search,
    /// Corruptions of test images: the seed is the kind of corruption, the index the image.
    Condition,
    /// Images of speed benchmarks.
    Benchmark,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Initialisation => "initialisation",
            Self::Primer => "primer",
            Self::Shuffling => "shuffling",
            Self::Corruption => "corruption",
            Self::Dropout => "dropout",
            Self::Split => "split",
            Self::Bootstrap => "bootstrap",
            Self::Null => "null",
            Self::TrainingGlyph => "training-glyph",
            Self::TestGlyph => "test-glyph",
            Self::Term => "term",
            Self::Search => "search",
            Self::Condition => "condition",
            Self::Benchmark => "benchmark",
        }
    }
}

/// The stream of (seed, purpose, index). Streams that differ in any of the three are
/// independent.
#[must_use]
pub fn stream(seed: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    let key = Sha256::new()
        .chain_update(b"drsae stream 1\0")
        .chain_update(purpose.name())
        .chain_update(b"\0")
        .chain_update(seed.to_le_bytes())
        .chain_update(index.to_le_bytes())
        .finalize();
    ChaCha8Rng::from_seed(key.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn streams_repeat_and_differ_by_every_part_of_their_name() {
        let first = |seed, purpose, index| stream(seed, purpose, index).next_u64();
        let base = first(1, Purpose::Split, 0);
        assert_eq!(base, first(1, Purpose::Split, 0));
        assert_ne!(base, first(2, Purpose::Split, 0));
        assert_ne!(base, first(1, Purpose::Shuffling, 0));
        assert_ne!(base, first(1, Purpose::Split, 1));
    }
}
