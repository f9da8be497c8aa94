//! Which parameters a network has and which of them each iteration reads.
//!
//! All families are one recursion, z^(t+1) = max(0, E_t·x + S_t·z^t − b_t); they differ in
//! which of the E_t, S_t and b_t are the same tensor or absent.

use std::collections::HashSet;

pub use super::step::Step;
use super::{Config, Family, Group, drsae, mlp, untied};

/// A parameter's name, part and shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Name in `model.safetensors`.
    pub name: String,
    /// Part in the equations.
    pub group: Group,
    /// `[rows, columns]`, or `[length]`.
    pub shape: Vec<usize>,
}

/// The iterations of a network, first to last.
#[must_use]
pub fn steps(config: &Config) -> Vec<Step> {
    let step = match config.family {
        Family::Drsae => drsae::step,
        Family::Untied => untied::step,
        Family::UntiedRecurrent => untied::recurrent_step,
        Family::Mlp => mlp::step,
    };
    (0..config.steps).map(step).collect()
}

/// Every parameter once, in the order in which the iterations first read them, then D
/// `[inputs, hidden]` and C `[classes, hidden]`.
#[must_use]
pub fn slots(config: &Config, inputs: usize, classes: usize) -> Vec<Slot> {
    let hidden = config.hidden;
    let (mut slots, mut known) = (Vec::new(), HashSet::new());
    let mut add = |name: String, group, shape: Vec<usize>| {
        if known.insert(name.clone()) {
            slots.push(Slot { name, group, shape });
        }
    };
    for step in steps(config) {
        if let Some(name) = step.encoder {
            add(name, Group::Encoder, vec![hidden, inputs]);
        }
        if let Some(name) = step.recurrent {
            add(name, Group::Recurrent, vec![hidden, hidden]);
        }
        add(step.threshold, Group::Threshold, vec![hidden]);
    }
    add("decoder".into(), Group::Decoder, vec![inputs, hidden]);
    add("classifier".into(), Group::Classifier, vec![classes, hidden]);
    slots
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(family: Family, steps: usize) -> Vec<String> {
        let config = Config { family, steps, ..Config::default() };
        slots(&config, 784, 10).into_iter().map(|slot| slot.name).collect()
    }

    #[test]
    fn parameters_stand_once_where_they_are_first_read() {
        let shared = ["encoder", "threshold", "recurrent", "decoder", "classifier"];
        assert_eq!(names(Family::Drsae, 3), shared);
        let layers = ["encoder", "threshold_1", "recurrent_2", "threshold_2", "decoder", "classifier"];
        assert_eq!(names(Family::Mlp, 2), layers);
        assert_eq!(names(Family::UntiedRecurrent, 2), layers);
        let untied = ["encoder_1", "threshold_1", "encoder_2", "recurrent_2", "threshold_2"];
        assert_eq!(names(Family::Untied, 2), [&untied[..], &layers[4..]].concat());
    }
}
