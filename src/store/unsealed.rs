//! `unsealed/<id>/`: the test of a trial whose test images were sealed while it was trained.
//!
//! The trial's own folder never changes. The folder here has `predictions.csv`, `conditions.csv` if the sweep has
//! conditions, and as its marker a `result.json` with the trial's outcome and its test error.
//!
//! The `conditions.csv` of all trials are merged into one of the sweep when all are tested.

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

    /// The tests of some trials under conditions, in their order.
    ///
    /// # Errors
    /// A table cannot be read, or I/O fails.
    pub fn conditions<'t>(&self, ids: impl IntoIterator<Item = &'t str>) -> Result<Vec<ConditionRow>, Error> {
        let mut rows = Vec::new();
        for id in ids {
            rows.extend(self.unsealed(id)?.read_conditions()?);
        }
        Ok(rows)
    }

    /// Merges the tests of some trials under conditions into [`conditions_csv`](Self::conditions_csv), if there are any.
    ///
    /// # Errors
    /// As [`conditions`](Self::conditions).
    pub fn merge_conditions<'t>(&self, ids: impl IntoIterator<Item = &'t str>) -> Result<(), Error> {
        match &self.conditions(ids)?[..] {
            [] => Ok(()),
            rows => self.write_rows(&self.conditions_csv(), rows),
        }
    }

    fn write_rows<R: Row>(&self, path: &Path, rows: &[R]) -> Result<(), Error> {
        let text = tables::text(rows).map_err(Error::write(path))?;
        atomic::write(self.io(), path, &text)
    }
}
