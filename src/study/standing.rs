//! The standing of a sweep's answer: confirmatory where its plan was frozen before any test image was read, and tested
//! before that of any other plan.

use super::Error;
use crate::hash::sha256;
use crate::spec::{Sweep, TestSet};
use crate::store::{Event, LedgerRow, Store};

/// The standing of the answer of one plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The plan was frozen before any test image was read, and no other plan was tested before it.
    Confirmatory {
        /// SHA-256 of the plan.
        plan: String,
        /// Date of the freeze.
        frozen: String,
        /// Date of the reading.
        unsealed: String,
    },
    /// No test image was read.
    Sealed {
        /// SHA-256 of the plan and date of its freeze; `None` for a sealed sweep without a frozen plan.
        frozen: Option<(String, String)>,
    },
    /// All else, with the reason.
    Exploratory {
        /// The reason.
        reason: String,
    },
}

/// The hash by which the ledger names the plan of a sweep: of its spec, every default written out, without the location
/// of the data.
///
/// # Errors
/// The sweep cannot be written.
pub fn plan_hash(sweep: &Sweep) -> Result<String, Error> {
    Ok(sha256(sweep.to_toml_without_paths()?))
}

impl Standing {
    /// The standing of a sweep in its results folder.
    ///
    /// # Errors
    /// The ledger is malformed, or the disk refuses; the sweep cannot be written.
    pub fn read(sweep: &Sweep, store: &Store) -> Result<Self, Error> {
        Ok(Self::of(sweep.test, &plan_hash(sweep)?, &store.ledger()?))
    }

    /// The standing in one word.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Confirmatory { .. } => "confirmatory",
            Self::Sealed { .. } => "sealed",
            Self::Exploratory { .. } => "exploratory",
        }
    }

    /// The standing of the plan with this hash, by the ledger of its folder.
    #[must_use]
    pub fn of(test: TestSet, plan: &str, ledger: &[LedgerRow]) -> Self {
        let at = |event: Event| ledger.iter().position(|row| row.event == event && row.plan == plan);
        let is_reading = |row: &LedgerRow| row.event == Event::Unsealed;
        let unsealed = at(Event::Unsealed);
        let Some(frozen) = at(Event::Frozen) else {
            if test == TestSet::Sealed && !ledger.iter().any(is_reading) {
                return Self::Sealed { frozen: None };
            }
            let reason = "no plan was frozen before the test images were read".to_owned();
            return Self::Exploratory { reason };
        };
        if let Some(earlier) = ledger[..frozen].iter().find(|row| is_reading(row)) {
            let reason = format!(
                "the plan was frozen on {}, after the test images were read on {} for the plan {}",
                ledger[frozen].date,
                earlier.date,
                short(&earlier.plan)
            );
            return Self::Exploratory { reason };
        }
        if let Some(other) = ledger[..unsealed.unwrap_or(ledger.len())].iter().find(|row| is_reading(row)) {
            let reason = format!(
                "the test images were read on {} for the plan {}, before the networks of this plan were tested",
                other.date,
                short(&other.plan)
            );
            return Self::Exploratory { reason };
        }
        let (plan, frozen) = (plan.to_owned(), ledger[frozen].date.clone());
        match unsealed {
            Some(unsealed) => Self::Confirmatory { plan, frozen, unsealed: ledger[unsealed].date.clone() },
            None => Self::Sealed { frozen: Some((plan, frozen)) },
        }
    }
}

impl std::fmt::Display for Standing {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Confirmatory { plan, frozen, unsealed } => write!(
                out,
                "confirmatory: plan {} was frozen on {frozen}, before its test images were read on {unsealed}",
                short(plan)
            ),
            Self::Sealed { frozen: None } => {
                out.write_str("sealed: no test image was read, and no plan is frozen")
            }
            Self::Sealed { frozen: Some((plan, frozen)) } => {
                write!(out, "sealed: plan {} was frozen on {frozen}, and no test image was read", short(plan))
            }
            Self::Exploratory { reason } => write!(out, "exploratory: {reason}"),
        }
    }
}

/// The first digits of a hash.
fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(event: Event, plan: &str, date: &str) -> LedgerRow {
        LedgerRow { event, plan: plan.to_owned(), date: date.to_owned(), ..LedgerRow::default() }
    }

    #[test]
    fn only_a_plan_frozen_before_the_first_reading_and_tested_by_it_is_confirmed() {
        let mut ledger = vec![row(Event::Frozen, "aa", "1 May")];
        let standing =
            |plan: &str, ledger: &[LedgerRow]| Standing::of(TestSet::Sealed, plan, ledger).to_string();
        assert_eq!(
            standing("aa", &ledger),
            "sealed: plan aa was frozen on 1 May, and no test image was read"
        );
        ledger.push(row(Event::Unsealed, "aa", "2 May"));
        assert_eq!(
            standing("aa", &ledger),
            "confirmatory: plan aa was frozen on 1 May, before its test images were read on 2 May"
        );
        ledger.push(row(Event::Frozen, "bb", "3 May"));
        ledger.push(row(Event::Unsealed, "bb", "4 May"));
        assert_eq!(
            standing("bb", &ledger),
            "exploratory: the plan was frozen on 3 May, after the test images were read on 2 May for the plan aa"
        );
        assert!(standing("aa", &ledger).starts_with("confirmatory"));
        ledger.push(row(Event::Unsealed, "aa", "5 May"));
        assert!(standing("aa", &ledger).starts_with("confirmatory"), "its first reading counts");
        let open = Standing::of(TestSet::Open, "cc", &ledger).to_string();
        assert!(open.starts_with("exploratory: no plan was frozen"), "{open}");
        assert_eq!(standing("cc", &[]), "sealed: no test image was read, and no plan is frozen");
        let tested = standing("cc", &[row(Event::Unsealed, "cc", "1 May")]);
        assert!(tested.starts_with("exploratory: no plan was frozen"), "{tested}");
        let other = standing("cc", &[row(Event::Unsealed, "dd", "1 May")]);
        assert!(other.starts_with("exploratory: no plan was frozen"), "{other}");
    }

    #[test]
    fn a_plan_that_is_tested_after_another_reading_is_not_confirmed() {
        let standing = |ledger: &[LedgerRow]| Standing::of(TestSet::Sealed, "aa", ledger).to_string();
        let ledger = [
            row(Event::Frozen, "aa", "1 May"),
            row(Event::Frozen, "bb", "2 May"),
            row(Event::Unsealed, "bb", "3 May"),
            row(Event::Frozen, "aa", "4 May"),
            row(Event::Unsealed, "aa", "5 May"),
        ];
        let reason = "exploratory: the test images were read on 3 May for the plan bb, before the networks of this plan \
                      were tested";
        assert_eq!((standing(&ledger), standing(&ledger[..4])), (reason.to_owned(), reason.to_owned()));
        assert!(standing(&ledger[..2]).starts_with("sealed: plan aa was frozen on 1 May"));
        // A part of the frozen plan, which is a plan of its own.
        let part = [&ledger[..1], &ledger[2..3], &ledger[4..]].concat();
        assert_eq!(standing(&part), reason);
    }
}
