//! The tables of a results folder: the type of each table's rows, and the one reader and writer of
//! all of them.

mod concern;
mod records;
mod row;
mod trial_row;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::concern::Concern;
pub use self::records::{ConditionRow, EpochRow, MistakeRow, PredictionRow, ProvenanceRow, TimingRow};
pub use self::row::{Row, csv, header_of, parse_rows, table};
pub(super) use self::row::{lines, text};
pub use self::trial_row::{TrialRow, TrialTable, axis_column};
use super::{Error, Store};
use crate::value::Value;

/// Advice for a merged table that cannot be read.
const RESTORE: &str = "restore it, or move it away and let `drsae analyze` merge the trials' folders again";

/// A table that is merged from the trials' files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// The plan and the outcome of every trial.
    Trials,
    /// The learning curves.
    Epochs,
    /// The test images that complete trials misclassify.
    Mistakes,
    /// The provenance of complete trials.
    Provenance,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 4] = [Self::Trials, Self::Epochs, Self::Mistakes, Self::Provenance];

    /// The file's name.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Self::Trials => "trials.csv",
            Self::Epochs => "epochs.csv",
            Self::Mistakes => "mistakes.csv",
            Self::Provenance => "provenance.csv",
        }
    }
}

/// One trial in `plan.csv`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PlanRow {
    /// Position in the plan.
    pub index: usize,
    /// Id of the trial.
    pub trial: String,
    /// Seed.
    pub seed: u64,
    /// Parameters of the network.
    pub parameters: usize,
    /// Floating-point operations of the whole training.
    pub training_flops: Option<u64>,
    /// Value of every swept axis, by dotted path; the same paths in every row.
    #[serde(skip)]
    pub axes: Vec<(Arc<str>, Value)>,
}

impl Row for PlanRow {
    const ADDED: &'static [&'static str] = &["training_flops"];

    fn take_others<'t>(&mut self, others: impl Iterator<Item = (&'t Arc<str>, &'t str)>) {
        self.axes = others.map(|(axis, value)| (Arc::clone(axis), Value::parse(value))).collect();
    }
}

impl Store {
    /// Path of a merged table.
    #[must_use]
    pub fn table(&self, table: Table) -> PathBuf {
        self.root().join(table.file())
    }

    /// The rows of a table of the folder that is not merged from the trials; `None` if there is no such file.
    ///
    /// # Errors
    /// The file is malformed, or I/O fails.
    pub fn rows<R: Row>(&self, path: &Path) -> Result<Option<Vec<R>>, Error> {
        let Some(text) = self.read(path)? else { return Ok(None) };
        parse_rows(path, &text).map(Some).map_err(Error::with_advice)
    }
}

impl Error {
    /// Adds the advice to the error of a malformed table.
    pub(super) fn with_advice(self) -> Self {
        match self {
            Self::Malformed { path, reason } => {
                Self::Malformed { path, reason: format!("{reason}; {RESTORE}") }
            }
            other => other,
        }
    }
}
