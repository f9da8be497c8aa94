//! The merged tables that an analysis reads.

use std::path::PathBuf;

use super::Error;
use crate::store::{ConditionRow, MistakeRow, Store, Table, TrialTable};

/// The merged tables of an analysis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Input {
    /// `trials.csv`.
    pub trials: TrialTable,
    /// `mistakes.csv`; results that earlier versions merged have none.
    pub mistakes: Option<Vec<MistakeRow>>,
    /// `conditions.csv`; empty if the networks were tested on the test images as they are alone.
    pub conditions: Vec<ConditionRow>,
}

impl Input {
    /// Reads the merged tables of a results folder.
    ///
    /// # Errors
    /// `trials.csv` is missing, a table is malformed, or I/O fails.
    pub fn read(store: &Store) -> Result<Self, Error> {
        Ok(Self {
            trials: Self::trials(store)?,
            mistakes: store.merged_rows(Table::Mistakes)?,
            conditions: store.rows(&store.conditions_csv())?.unwrap_or_default(),
        })
    }

    /// Reads `trials.csv` alone.
    ///
    /// # Errors
    /// It is missing or malformed, or I/O fails.
    pub fn trials(store: &Store) -> Result<TrialTable, Error> {
        let trials = store.trial_table()?;
        if !trials.path.exists() {
            return Err(Error::NotMerged { path: trials.path });
        }
        Ok(trials)
    }

    /// Path of `mistakes.csv`, for errors.
    pub(super) fn mistakes_path(&self) -> PathBuf {
        self.trials.path.with_file_name(Table::Mistakes.file())
    }
}
