//! The recurrent encoder: z^(t+1) = max(0, E·x + S·z^t − b), weights shared by all
//! iterations (equation 1).

use super::step::Step;

/// Every iteration reads the same E, S and b; z^0 = 0 leaves S out of the first.
pub(super) fn step(t: usize) -> Step {
    Step {
        encoder: Some("encoder".into()),
        recurrent: (t > 0).then(|| "recurrent".into()),
        threshold: "threshold".into(),
    }
}
