//! The search of a study, as checked.

use serde::{Deserialize, Serialize};
use toml::Value;

/// The search for the settings of each group of cells. Every group has the same space, method, seeds and budget.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// Axes of the sweep: cells with the same values on them are one group.
    pub by: Vec<String>,
    /// The configurations that are tried.
    pub method: Method,
    /// Seeds of the search, none of them a seed of the sweep.
    pub seeds: Vec<u64>,
    /// The rule of choice.
    pub choose: Choice,
    /// Number of further configurations of each group: beyond the edge where the best lies at one,
    /// around the best otherwise.
    pub widen: usize,
    /// The settings that are searched.
    pub space: Vec<Dimension>,
}

/// The configurations that a search tries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// Every combination of the listed values.
    Grid,
    /// Draws from the space, the same for every group.
    Random {
        /// Number of draws.
        configurations: usize,
    },
    /// Draws by successive halving: all are trained to the first rung, and of those of a rung
    /// one in `reduction` goes on to the next.
    Halving {
        /// Number of draws.
        configurations: usize,
        /// Epochs over all phases at which trials pause, ascending. The last rung, all epochs, is not among them.
        rungs: Vec<usize>,
        /// Divisor of the number of configurations from rung to rung, at least 2.
        reduction: usize,
    },
}

/// The rule by which the best configuration of a group is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// The least mean validation error.
    #[default]
    Least,
    /// Of those within one standard error of the least mean, the one of the fewest parameters, then
    /// of the fewest training operations.
    OneStandardError,
}

/// A setting that is searched.
#[derive(Debug, Clone, PartialEq)]
pub struct Dimension {
    /// Dotted path, as that of an axis.
    pub path: String,
    /// The values to choose from.
    pub values: Values,
}

/// Values of a searched setting.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// These.
    List(Vec<Value>),
    /// All numbers of a range.
    Range(Range),
}

/// A range of numbers, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Range {
    /// Uniform in the logarithm; both ends are positive.
    Log(f64, f64),
    /// Uniform.
    Linear(f64, f64),
    /// Whole numbers.
    Integer(i64, i64),
}

impl Range {
    /// True if the ends ascend, and are valid for the kind.
    pub(super) fn is_ascending(self) -> bool {
        match self {
            Self::Log(low, high) => low > 0.0 && low < high && high.is_finite(),
            Self::Linear(low, high) => low < high && (high - low).is_finite(),
            Self::Integer(low, high) => {
                low < high && high.checked_sub(low).is_some_and(|more| more < i64::MAX)
            }
        }
    }
}

impl Values {
    /// The listed values, or the ends of the range.
    #[must_use]
    pub fn bounds(&self) -> Vec<Value> {
        match *self {
            Self::List(ref values) => values.clone(),
            Self::Range(Range::Log(low, high) | Range::Linear(low, high)) => vec![low.into(), high.into()],
            Self::Range(Range::Integer(low, high)) => vec![low.into(), high.into()],
        }
    }

    /// Number of values, of a continuous range the most there can be.
    pub(super) fn count(&self) -> usize {
        match *self {
            Self::List(ref values) => values.len(),
            Self::Range(Range::Integer(low, high)) => high
                .checked_sub(low)
                .and_then(|more| usize::try_from(more).ok())
                .map_or(usize::MAX, |more| more.saturating_add(1)),
            Self::Range(_) => usize::MAX,
        }
    }

    /// True if the values are numbers, which have an edge and values beyond it.
    #[must_use]
    pub fn are_numbers(&self) -> bool {
        self.bounds().iter().all(|value| value.is_integer() || value.is_float())
    }
}
