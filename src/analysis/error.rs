//! Errors of an analysis.

use std::path::PathBuf;

use polars::error::PolarsError;

use crate::store;
use crate::text::shown;
use crate::threads;

const REMERGE: &str = "run `drsae analyze` where the trials' folders are to write it again";

/// Results that cannot be analysed as asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `trials.csv` is missing.
    #[error("{} is missing: run `drsae sweep` on the spec to write it", shown(path))]
    NotMerged {
        /// The file.
        path: PathBuf,
    },
    /// `trials.csv` lacks a column.
    #[error(
        "{} has no column `{column}`: it was written for another plan, run `drsae sweep` on the \
         spec to write it again",
        shown(path)
    )]
    Column {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
    },
    /// Two trials with the same seed and values on the axes.
    #[error(
        "{} has two trials with seed {seed} and {cell}: it was written for another plan, run \
         `drsae sweep` on the spec to write it again",
        shown(path)
    )]
    Repeated {
        /// The file.
        path: PathBuf,
        /// The seed.
        seed: u64,
        /// Values of the axes.
        cell: String,
    },
    /// A cell with other seeds than the others.
    #[error(
        "{} has other seeds for {cell} than for the first cell: rows are missing, run `drsae sweep` on \
         the spec to write it again",
        shown(path)
    )]
    Seeds {
        /// The file.
        path: PathBuf,
        /// Values of the axes.
        cell: String,
    },
    /// `mistakes.csv` is not sorted.
    #[error("{} is not sorted by `index` and `image` in row {row}: {REMERGE}", shown(path))]
    Order {
        /// The file.
        path: PathBuf,
        /// The row, from 1, after the header.
        row: usize,
    },
    /// A reference that is not part of the sweep.
    #[error("no trial has the reference value `{key}` = `{value}` of [compare]: {}", known(values))]
    Reference {
        /// Axis of the reference.
        key: String,
        /// Its value.
        value: String,
        /// The values that trials have; none if the axis is not swept.
        values: Vec<String>,
    },
    /// The threads of polars could not be started.
    #[error("cannot build tables; POLARS_MAX_THREADS=1 does with two threads")]
    Threads(#[from] threads::TooFewThreads),
    /// An expression that polars could not evaluate.
    #[error("cannot group the trials of trials.csv")]
    Polars(#[from] PolarsError),
    /// A table that could not be built.
    #[error("cannot build the table")]
    Table(#[source] std::io::Error),
    /// The list of the tables' versions could not be built.
    #[error("cannot build `format.json`")]
    Format(#[from] serde_json::Error),
    /// A merged table that could not be read, or a table that could not be written.
    #[error(transparent)]
    Store(#[from] store::Error),
}

fn known(values: &[String]) -> String {
    if values.is_empty() {
        return "sweep this axis, or name a swept one".to_owned();
    }
    format!("choose one of {}", values.join(", "))
}
