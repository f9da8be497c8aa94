//! `unsealed/<id>/`: the test of a trial whose test images were sealed while it was trained.
//!
//! The trial's own folder never changes. The folder here has `predictions.csv`, and as its marker a
//! `result.json` with the trial's outcome and its test error.

use super::{Error, Outcome, PredictionRow, Seal, Sealed, Status, Store, TrialFolder, atomic, file, tables};

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

    /// Writes the test of a trial: its predictions, and then the marker.
    ///
    /// # Errors
    /// I/O fails.
    pub fn write_unsealed(
        &self,
        id: &str,
        trained: Outcome,
        predictions: &[PredictionRow],
    ) -> Result<(), Error> {
        let folder = self.unsealed(id)?;
        atomic::create_subfolder(self.io(), &self.root().join(UNSEALED))?;
        atomic::create_subfolder(self.io(), folder.path())?;
        let path = folder.path().join(file::PREDICTIONS);
        let text = tables::text(predictions).map_err(Error::write(&path))?;
        atomic::write(self.io(), &path, &text)?;
        folder.seal(&trained.tested(predictions))
    }
}
