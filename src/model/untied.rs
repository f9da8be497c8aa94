//! Deep networks whose layers repeat the encoder's equation without sharing its weights:
//! z^(t+1) = max(0, E_t·x + S_t·z^t − b_t).

use super::step::Step;

/// Every layer has its own E, S and b.
pub(super) fn step(t: usize) -> Step {
    Step {
        encoder: Some(format!("encoder_{}", t + 1)),
        recurrent: (t > 0).then(|| format!("recurrent_{}", t + 1)),
        threshold: format!("threshold_{}", t + 1),
    }
}

/// As [`step`], but all layers read the input through one E.
pub(super) fn recurrent_step(t: usize) -> Step {
    Step { encoder: Some("encoder".into()), ..step(t) }
}
