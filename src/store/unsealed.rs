//! `unsealed/<id>/`: the test of a trial whose test images were sealed while it was trained.
//!
//! The trial's own folder never changes. The folder here has `predictions.csv`, `conditions.csv` if the sweep has
//! conditions, and as its marker a `result.json` with the trial's outcome and its test error.
//!
//! The `conditions.csv` of all trials are merged into one of the sweep when all are tested: the rows of the planned
//! conditions, in their order, with those of the table whose folders are gone. A condition that the plan no longer has stays in
//! the folders of the trials alone.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::{
    ConditionRow, Error, Outcome, PredictionRow, Row, Seal, Sealed, Status, Store, TrialFolder, atomic, file,
    tables,
};

/// Name of the folder of the tests.
const UNSEALED: &str = "unsealed";

impl Store {
    /// True if trials were tested after they had ended.
    #[must_use]
    pub fn is_unsealed(&self) -> bool {
        atomic::exists(self.io(), &self.root().join(UNSEALED))
    }

    /// The folder with the test of a trial, whether or not it is there yet.
    ///
    /// # Errors
    /// `id` is no plain folder name.
    pub fn unsealed(&self, id: &str) -> Result<TrialFolder, Error> {
        let id = super::checked_name(id)?;
        Ok(TrialFolder::new(id, self.root().join(UNSEALED).join(id), self.shared_io()))
    }

    /// The outcome of a complete trial with its test error, if the trial was tested after it had ended.
    ///
    /// # Errors
    /// `id` is no plain folder name, or I/O fails.
    pub(super) fn tested(&self, id: &str, trained: &Outcome) -> Result<Option<(TrialFolder, Sealed)>, Error> {
        if trained.status != Status::Complete || trained.test_error.is_some() {
            return Ok(None);
        }
        let folder = self.unsealed(id)?;
        let sealed = match folder.sealed() {
            Err(error) if !error.is_of_the_disk() => None,
            sealed => sealed?,
        };
        Ok(sealed.filter(|sealed| sealed.seal == Seal::Whole).map(|sealed| (folder, sealed)))
    }

    /// Writes the test of a trial: its predictions, its mistakes under conditions, and then the marker.
    ///
    /// # Errors
    /// I/O fails.
    pub fn write_unsealed(
        &self,
        id: &str,
        trained: Outcome,
        predictions: &[PredictionRow],
        conditions: &[ConditionRow],
    ) -> Result<(), Error> {
        let folder = self.unsealed(id)?;
        atomic::create_subfolder(self.io(), &self.root().join(UNSEALED))?;
        atomic::create_subfolder(self.io(), folder.path())?;
        self.write_rows(&folder.path().join(file::PREDICTIONS), predictions)?;
        if !conditions.is_empty() {
            self.write_rows(&folder.path().join(file::CONDITIONS), conditions)?;
        }
        folder.seal(&trained.tested(predictions))
    }

    /// The table of all tests under conditions; it is absent without conditions.
    #[must_use]
    pub fn conditions_csv(&self) -> PathBuf {
        self.root().join(file::CONDITIONS)
    }

    /// The tests under the `planned` conditions of some trials, in their order; those that are not made are left out. A
    /// test whose folder is gone is that of [`conditions_csv`](Self::conditions_csv).
    ///
    /// # Errors
    /// A table cannot be read, or I/O fails.
    pub fn conditions(&self, planned: &[ConditionRow]) -> Result<Vec<ConditionRow>, Error> {
        let merged: Vec<ConditionRow> = self.rows(&self.conditions_csv())?.unwrap_or_default();
        let by_trial = merged.chunk_by(|a, b| a.trial == b.trial).map(|rows| (rows[0].trial.as_str(), rows));
        let by_trial: HashMap<_, _> = by_trial.collect();
        let mut rows = Vec::new();
        for planned in planned.chunk_by(|a, b| a.trial == b.trial) {
            let known = self.unsealed(&planned[0].trial)?.read_conditions()?;
            let merged = by_trial.get(planned[0].trial.as_str()).copied().unwrap_or_default();
            let row =
                |planned: &ConditionRow| known.iter().chain(merged).find(|row| planned.is_of(row)).cloned();
            rows.extend(planned.iter().filter_map(row));
        }
        Ok(rows)
    }

    /// Merges the tests under the `planned` conditions into [`conditions_csv`](Self::conditions_csv), which is removed
    /// where there are none.
    ///
    /// # Errors
    /// As [`conditions`](Self::conditions); the table has a row that is not planned and that no folder of a trial has.
    pub fn merge_conditions(&self, planned: &[ConditionRow]) -> Result<(), Error> {
        let rows = self.conditions(planned)?;
        self.refuse_loss_of_tests(&rows)?;
        match &rows[..] {
            [] => atomic::remove(self.io(), &self.conditions_csv()),
            rows => self.write_rows(&self.conditions_csv(), rows),
        }
    }

    /// Refuses to drop rows of the table that only the table has, for `rows`.
    fn refuse_loss_of_tests(&self, rows: &[ConditionRow]) -> Result<(), Error> {
        let path = self.conditions_csv();
        let stored: Vec<ConditionRow> = self.rows(&path)?.unwrap_or_default();
        let kept: HashSet<_> = rows.iter().map(key).collect();
        for row in stored.iter().filter(|row| !kept.contains(&key(row))) {
            if !self.unsealed(&row.trial)?.read_conditions()?.iter().any(|known| row.is_of(known)) {
                let ConditionRow { trial, condition, level, .. } = row;
                let reason = format!(
                    "it has the test of {trial} under {condition} {level}, which {UNSEALED}/ does not have: move it \
                     away to write it without that test"
                );
                return Err(Error::Malformed { path, reason });
            }
        }
        Ok(())
    }

    fn write_rows<R: Row>(&self, path: &Path, rows: &[R]) -> Result<(), Error> {
        let text = tables::text(rows).map_err(Error::write(path))?;
        atomic::write(self.io(), path, &text)
    }
}

/// The trial and the condition of a row.
fn key(row: &ConditionRow) -> (&str, &str, u64) {
    (&row.trial, &row.condition, row.level.to_bits())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::store::outcome::tests::outcome;

    fn row(condition: &str, level: f64, mistakes: usize) -> ConditionRow {
        ConditionRow { trial: "drsae-0".to_owned(), condition: condition.to_owned(), level, mistakes }
    }

    fn store() -> (tempfile::TempDir, Store) {
        let results = tempfile::tempdir().unwrap();
        let store = Store::open(&results.path().join("depth"), "name = \"depth\"\n").unwrap();
        let rows = [row("masking", 0.1, 7), row("masking", 0.3, 8), row("shift", 1.0, 9)];
        store.write_unsealed("drsae-0", outcome(), &[PredictionRow::default()], &rows).unwrap();
        (results, store)
    }

    fn merged(store: &Store) -> Option<Vec<ConditionRow>> {
        store.rows(&store.conditions_csv()).unwrap()
    }

    #[test]
    fn the_table_has_the_planned_conditions_in_their_order_and_the_folders_keep_the_others() {
        let (_results, store) = store();
        let all = [row("masking", 0.1, 0), row("masking", 0.3, 0), row("shift", 1.0, 0)];
        store.merge_conditions(&all).unwrap();
        assert_eq!(merged(&store).unwrap().len(), 3);
        store.merge_conditions(&[row("shift", 1.0, 0), row("masking", 0.1, 0)]).unwrap();
        assert_eq!(merged(&store).unwrap(), [row("shift", 1.0, 9), row("masking", 0.1, 7)]);
        store.merge_conditions(&[]).unwrap();
        assert_eq!(merged(&store), None);
        store.merge_conditions(&all).unwrap();
        assert_eq!(merged(&store).unwrap().len(), 3);
    }

    #[test]
    fn a_planned_row_that_only_the_table_has_is_kept() {
        let (_results, store) = store();
        let other = ConditionRow { trial: "drsae-1".to_owned(), ..row("shift", 1.0, 4) };
        store.write_rows(&store.conditions_csv(), std::slice::from_ref(&other)).unwrap();
        let planned = [row("shift", 1.0, 0), ConditionRow { mistakes: 0, ..other.clone() }];
        store.merge_conditions(&planned).unwrap();
        assert_eq!(merged(&store).unwrap(), [row("shift", 1.0, 9), other]);
    }

    #[test]
    fn a_row_that_only_the_table_has_is_not_dropped() {
        let (_results, store) = store();
        let kept = [row("blur", 1.0, 5)];
        store.write_rows(&store.conditions_csv(), &kept).unwrap();
        for planned in [vec![], vec![row("shift", 1.0, 0)]] {
            let error = store.merge_conditions(&planned).unwrap_err().to_string();
            assert!(error.contains("drsae-0 under blur 1") && error.contains("move it away"), "{error}");
            assert_eq!(merged(&store).unwrap(), kept);
        }
        fs::remove_file(store.conditions_csv()).unwrap();
        store.merge_conditions(&[row("shift", 1.0, 0)]).unwrap();
        assert_eq!(merged(&store).unwrap(), [row("shift", 1.0, 9)]);
    }
}
