//! The standard feed-forward ReLU network: the input enters once, below the first layer,
//! z^1 = max(0, E·x − b_1) and z^(t+1) = max(0, S_t·z^t − b_t).

use super::step::Step;

/// The first layer reads the input, each further one the layer below.
pub(super) fn step(t: usize) -> Step {
    Step {
        encoder: (t == 0).then(|| "encoder".into()),
        recurrent: (t > 0).then(|| format!("recurrent_{}", t + 1)),
        threshold: format!("threshold_{}", t + 1),
    }
}
