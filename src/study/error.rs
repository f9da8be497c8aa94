//! Errors of a study.

use crate::spec;
use crate::store::Status;

/// An error of a study.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The sweep has no `[search]`.
    #[error("the sweep `{0}` has no `[search]`: `drsae sweep` trains it as it is")]
    NoSearch(String),
    /// A trial has no validation error, and did not diverge.
    #[error(
        "the search cannot go on without the trial {trial}, which is {status}; run `drsae search` again{}",
        retry(*status)
    )]
    Incomplete {
        /// Its id.
        trial: String,
        /// Its status.
        status: Status,
    },
    /// Every configuration of a group diverged.
    #[error("no configuration of the group {0} can be chosen: a trial of each diverged; search other values")]
    AllDiverged(String),
    /// The spec of a stage or of the frozen plan cannot be used.
    #[error("the settings of the search are no sweep")]
    Spec(#[from] spec::Error),
    /// The ledger cannot be read.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// The table of the search cannot be written.
    #[error("the table of the search cannot be written")]
    Table(#[from] std::io::Error),
    /// It cannot be written.
    #[error("the settings of the search cannot be written")]
    Toml(#[from] toml::ser::Error),
}

/// The option that runs a trial with this status again.
fn retry(status: Status) -> String {
    match status {
        Status::Pending => String::new(),
        _ => format!(" with `--retry {status}`"),
    }
}
