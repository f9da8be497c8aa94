//! Wirings of the recursion z^(t+1) = max(0, E_t·x + S_t·z^t − b_t): which parameters the iterations share, whether the
//! input enters all of them, and the initial values.

use serde::{Deserialize, Serialize};

use super::Family;

/// The iterations that the input enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// All.
    Every,
    /// The first alone, as in a feed-forward network.
    First,
}

/// The initial values of E, S and b.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// Every iteration is an ISTA step: E = αDᵀ, S = I − αDᵀD, b = αλ.
    Ista,
    /// The first iteration is an ISTA step, and S is the identity: E = αDᵀ, S = I, b_1 = αλ, and b_t = 0 after it if
    /// the input enters once.
    Identity,
    /// E and S are normal numbers of variance 2/n, at which a ReLU layer of n units preserves the norm of its input on
    /// average (He et al. 2015, the backward form); b = 0.
    He,
}

/// Parameters that all iterations share. The family decides where a setting is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tie {
    /// All share E.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoder: Option<bool>,
    /// All share S.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrent: Option<bool>,
    /// All share b.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<bool>,
}

impl Tie {
    /// True if the family decides everything.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(super) fn is_absent(&self) -> bool {
        *self == Self::default()
    }
}

/// A wiring of the recursion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wiring {
    /// All iterations share E.
    pub encoder: bool,
    /// All iterations share S.
    pub recurrent: bool,
    /// All iterations share b.
    pub threshold: bool,
    /// The iterations that the input enters.
    pub input: Input,
    /// Initial values.
    pub start: Start,
}

impl Wiring {
    /// The wiring of a family; `None` if it is no recursion.
    #[must_use]
    pub const fn of(family: Family) -> Option<Self> {
        let recurrent =
            Self { encoder: true, recurrent: true, threshold: true, input: Input::Every, start: Start::Ista };
        let layers =
            Self { encoder: true, recurrent: false, threshold: false, input: Input::First, ..recurrent };
        Some(match family {
            Family::Drsae => recurrent,
            Family::Untied => Self { encoder: false, recurrent: false, threshold: false, ..recurrent },
            Family::UntiedRecurrent => Self { recurrent: false, threshold: false, ..recurrent },
            Family::UntiedEncoder => Self { encoder: false, threshold: false, ..recurrent },
            Family::Mlp => Self { start: Start::He, ..layers },
            Family::ResidualMlp => Self { start: Start::Identity, ..layers },
            Family::Own(_) => return None,
        })
    }

    /// This wiring with the settings that are given.
    #[must_use]
    pub fn with(self, tie: Tie, input: Option<Input>, start: Option<Start>) -> Self {
        Self {
            encoder: tie.encoder.unwrap_or(self.encoder),
            recurrent: tie.recurrent.unwrap_or(self.recurrent),
            threshold: tie.threshold.unwrap_or(self.threshold),
            input: input.unwrap_or(self.input),
            start: start.unwrap_or(self.start),
        }
    }

    /// Returns true if the iterations share all parameters, so that a network can run on beyond T.
    #[must_use]
    pub const fn is_tied(&self) -> bool {
        self.encoder && self.recurrent && self.threshold
    }

    /// The number of iterations that the input enters.
    #[must_use]
    pub const fn entries(&self, steps: usize) -> usize {
        match self.input {
            Input::Every => steps,
            Input::First => 1,
        }
    }
}
