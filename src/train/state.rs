//! The state of a trial between two epochs: everything that it needs to continue with the same bits.
//!
//! The random streams are functions of (seed, purpose, epoch), so their position is the number of the epoch.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Phase;
use crate::hash::hex;
use crate::model::tensor_file::{self, TensorFile};

/// A trial between two epochs.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Epochs done.
    pub epoch: usize,
    /// Digest of the learning curve so far, set by the caller.
    pub curve: String,
    /// The next phase, from 0, and the next epoch within it.
    pub(super) position: (usize, usize),
    /// The numbers of each parameter.
    pub(super) weights: Vec<Vec<f32>>,
    /// Their running average; empty if the phase has none, and before its first epoch.
    pub(super) average: Vec<Vec<f32>>,
    /// β₁^t and β₂^t of the optimiser.
    pub(super) decay: (f64, f64),
    /// First and second moments of each parameter that the phase trains.
    pub(super) moments: Vec<[Vec<f32>; 2]>,
    /// The weights with the lowest validation score so far.
    pub(super) best: Option<Best>,
}

/// The weights with the lowest validation score so far.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Best {
    pub epoch: usize,
    pub score: f64,
    pub error: f64,
    pub weights: Vec<Vec<f32>>,
}

/// An error of parsing a state.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The bytes are truncated or were changed.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// The state belongs to another trial.
    #[error("it belongs to trial {0}")]
    Foreign(String),
}

const METADATA_KEY: &str = "state";

/// The metadata of the file. Floats are stored as bits, because text need not read back exactly.
#[derive(Serialize, Deserialize)]
struct Head {
    trial: String,
    epoch: usize,
    /// Omitted if empty, as in the states of earlier versions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    curve: String,
    position: (usize, usize),
    decay: (u64, u64),
    best: Option<(usize, u64, u64)>,
    parameters: usize,
    /// Omitted if zero, as in the states of earlier versions.
    #[serde(default, skip_serializing_if = "is_zero")]
    averages: usize,
    moments: usize,
    /// SHA-256 over all tensors in order, and over this metadata with an empty digest.
    digest: String,
}

impl State {
    /// The bytes of `state.safetensors` for the trial with this id.
    ///
    /// # Panics
    /// Never: the shapes match the bytes.
    #[must_use]
    pub fn to_bytes(&self, trial: &str) -> Vec<u8> {
        let mut head = Head {
            trial: trial.to_owned(),
            epoch: self.epoch,
            curve: self.curve.clone(),
            position: self.position,
            decay: (self.decay.0.to_bits(), self.decay.1.to_bits()),
            best: self.best.as_ref().map(|best| (best.epoch, best.score.to_bits(), best.error.to_bits())),
            parameters: self.weights.len(),
            averages: self.average.len(),
            moments: self.moments.len(),
            digest: String::new(),
        };
        let tensors = self.tensors();
        let tensors =
            tensors.map(|(name, numbers)| (name, vec![numbers.len()], tensor_file::to_bytes(numbers)));
        let tensors: Vec<_> = tensors.collect();
        head.digest = digest(&head, tensors.iter().map(|(_, _, bytes)| bytes.as_slice()));
        tensor_file::serialize(&tensors, METADATA_KEY, json(&head)).expect("shapes are those of the bytes")
    }

    /// Parses the output of [`State::to_bytes`] for the trial with this id.
    ///
    /// # Errors
    /// When any bit was changed, or the state belongs to another trial.
    pub fn from_bytes(bytes: &[u8], trial: &str) -> Result<Self, StateError> {
        let damaged = |reason: &dyn std::fmt::Display| StateError::Damaged(reason.to_string());
        let file = TensorFile::parse(bytes).map_err(|error| damaged(&error))?;
        let text = file.text(METADATA_KEY).ok_or_else(|| damaged(&"its head is missing"))?;
        let mut head: Head = serde_json::from_str(text).map_err(|error| damaged(&error))?;
        let found = std::mem::take(&mut head.digest);
        let names = names(head.parameters, head.averages, head.moments, head.best.is_some());
        let tensors = names.map(|name| match file.tensor(&name) {
            Some((_, bytes)) => Ok(bytes),
            None => Err(damaged(&format!("it has no tensor `{name}`"))),
        });
        let tensors = tensors.collect::<Result<Vec<_>, _>>()?;
        if digest(&head, tensors.iter().copied()) != found {
            return Err(damaged(&"its digest does not match"));
        }
        if head.trial != trial {
            return Err(StateError::Foreign(head.trial));
        }
        Ok(Self::assemble(&head, tensors.into_iter().map(tensor_file::from_bytes)))
    }

    /// Returns true if a trial of these phases passes through this state.
    pub(super) fn belongs_to(&self, phases: &[Phase]) -> bool {
        let (index, within) = self.position;
        let inside = phases.get(index).map_or(index == phases.len() && within == 0, |it| within < it.epochs);
        let before: usize = phases.iter().take(index).map(|phase| phase.epochs).sum();
        let sizes = |weights: &[Vec<f32>]| weights.iter().map(Vec::len).collect::<Vec<_>>();
        let earlier = |best: &Best| {
            (1..=self.epoch).contains(&best.epoch) && sizes(&best.weights) == sizes(&self.weights)
        };
        let averaged = within > 0 && phases.get(index).is_some_and(|phase| phase.average.is_some());
        let average = if averaged { sizes(&self.weights) } else { Vec::new() };
        inside
            && self.epoch == before + within
            && sizes(&self.average) == average
            && self.best.as_ref().is_none_or(earlier)
    }

    /// A state without a network, for tests of its storage.
    #[cfg(test)]
    pub(crate) fn after(epoch: usize) -> Self {
        Self {
            epoch,
            curve: String::new(),
            position: (0, epoch),
            weights: Vec::new(),
            average: Vec::new(),
            decay: (1.0, 1.0),
            moments: Vec::new(),
            best: None,
        }
    }

    fn assemble(head: &Head, mut tensors: impl Iterator<Item = Vec<f32>>) -> Self {
        let mut take = |count: usize| tensors.by_ref().take(count).collect::<Vec<_>>();
        let weights = take(head.parameters);
        let average = take(head.averages);
        let firsts = take(head.moments);
        let seconds = take(head.moments);
        let best = head.best.map(|(epoch, score, error)| Best {
            epoch,
            score: f64::from_bits(score),
            error: f64::from_bits(error),
            weights: take(head.parameters),
        });
        Self {
            epoch: head.epoch,
            curve: head.curve.clone(),
            position: head.position,
            weights,
            average,
            decay: (f64::from_bits(head.decay.0), f64::from_bits(head.decay.1)),
            moments: firsts.into_iter().zip(seconds).map(|(first, second)| [first, second]).collect(),
            best,
        }
    }

    /// Every tensor with its name, in the order of [`names`].
    fn tensors(&self) -> impl Iterator<Item = (String, &[f32])> {
        let best = self.best.iter().flat_map(|best| &best.weights);
        let moments = |which: usize| self.moments.iter().map(move |pair| &pair[which]);
        let all = self.weights.iter().chain(&self.average).chain(moments(0)).chain(moments(1)).chain(best);
        let names = names(self.weights.len(), self.average.len(), self.moments.len(), self.best.is_some());
        names.zip(all.map(Vec::as_slice))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn names(parameters: usize, averages: usize, moments: usize, best: bool) -> impl Iterator<Item = String> {
    let block = |name: &'static str, count: usize| (0..count).map(move |index| format!("{name}.{index}"));
    block("weights", parameters)
        .chain(block("average", averages))
        .chain(block("first", moments))
        .chain(block("second", moments))
        .chain(block("best", if best { parameters } else { 0 }))
}

fn json(head: &Head) -> String {
    serde_json::to_string(head).expect("numbers and text")
}

fn digest<'a>(head: &Head, tensors: impl Iterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for bytes in tensors {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    hash.update(json(head));
    hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State {
            epoch: 7,
            curve: "00ff".to_owned(),
            position: (1, 2),
            weights: vec![vec![1.0, -2.5], vec![f32::MIN_POSITIVE]],
            average: vec![],
            decay: (0.1 + 0.2, 1e-300),
            moments: vec![[vec![0.5, 0.25], vec![]]],
            best: Some(Best {
                epoch: 6,
                score: 1.0 / 3.0,
                error: 2.5,
                weights: vec![vec![3.0, 4.0], vec![5.0]],
            }),
        }
    }

    #[test]
    fn a_state_reads_back_to_the_bit() {
        let average = state().weights;
        for state in [state(), State { best: None, moments: vec![], ..state() }, State { average, ..state() }]
        {
            let bytes = state.to_bytes("a-trial");
            assert_eq!(State::from_bytes(&bytes, "a-trial").unwrap(), state);
        }
    }

    #[test]
    fn a_state_belongs_to_the_schedules_that_pass_through_it() {
        let phase = |epochs| toml::from_str::<Phase>(&format!("epochs = {epochs}\nrate = 1")).unwrap();
        let belongs = |state: State| state.belongs_to(&[phase(5), phase(4)]);
        assert!(belongs(state()));
        assert!(belongs(State { position: (0, 0), epoch: 0, best: None, ..state() }));
        assert!(belongs(State { position: (2, 0), epoch: 9, ..state() }));
        for (epoch, position) in [(6, (1, 2)), (9, (1, 4)), (5, (0, 5)), (10, (2, 1)), (9, (3, 0))] {
            assert!(!belongs(State { epoch, position, ..state() }), "{position:?}, epoch {epoch}");
        }
        let best = |epoch, weights| State {
            best: Some(Best { epoch, weights, ..state().best.unwrap() }),
            ..state()
        };
        assert!(!belongs(best(8, state().weights)) && !belongs(best(0, state().weights)));
        assert!(!belongs(best(6, vec![vec![3.0, 4.0], vec![]])));

        let averaging = [phase(5), Phase { average: Some(0.9), ..phase(4) }];
        let averaged = State { average: state().weights, ..state() };
        assert!(
            averaged.belongs_to(&averaging) && !belongs(averaged.clone()) && !state().belongs_to(&averaging)
        );
        assert!(State { position: (1, 0), epoch: 5, best: None, ..state() }.belongs_to(&averaging));
        assert!(!State { average: vec![vec![1.0]], ..state() }.belongs_to(&averaging));
    }

    #[test]
    fn another_trials_state_is_refused() {
        let error = State::from_bytes(&state().to_bytes("a-trial"), "b-trial").unwrap_err();
        assert_eq!(error.to_string(), "it belongs to trial a-trial");
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let bytes = state().to_bytes("a-trial");
        for position in 0..bytes.len() {
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[position] ^= 1 << bit;
                let read = State::from_bytes(&flipped, "a-trial");
                assert!(read.is_err() || read.unwrap() == state(), "bit {bit} of byte {position}");
            }
            assert!(State::from_bytes(&bytes[..position], "a-trial").is_err(), "cut at {position}");
        }
    }
}
