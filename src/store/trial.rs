//! The folder of one trial, written by the process that [claimed](super::Claims) it.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::rows::{self, EpochRow, PredictionRow, TimingRow};
use super::seal::{self, Sealed};
use super::{Error, Outcome, Status, atomic};
use crate::text::hex;

/// Names of the files in a trial's folder.
pub mod file {
    /// Ending of files that are still being written. A killed writer leaves them behind.
    pub const UNFINISHED: &str = ".unfinished";
    /// Which process runs the trial, while one does.
    pub const CLAIM: &str = "claim.json";
    /// Resolved config of the trial.
    pub const CONFIG: &str = "config.toml";
    /// Learning curve; deterministic.
    pub const EPOCHS: &str = "epochs.csv";
    /// Wall-clock of the epochs.
    pub const TIMING: &str = "timing.csv";
    /// Test index, label, prediction.
    pub const PREDICTIONS: &str = "predictions.csv";
    /// Best weights.
    pub const MODEL: &str = "model.safetensors";
    /// Where a trial that still trains stands.
    pub const STATE: &str = "state.safetensors";
    /// What the numbers were computed with.
    pub const PROVENANCE: &str = "provenance.json";
    /// The completion marker.
    pub const RESULT: &str = "result.json";
    /// The error, where there was one.
    pub const FAILURE: &str = "failure.txt";

    /// The files that every complete trial has beside its marker.
    pub const COMPLETE: [&str; 6] = [CONFIG, EPOCHS, TIMING, PREDICTIONS, MODEL, PROVENANCE];
}

/// The folder `trials/<id>/`.
#[derive(Debug, Clone)]
pub struct TrialFolder {
    id: String,
    path: PathBuf,
}

impl TrialFolder {
    pub(super) fn new(id: &str, path: PathBuf) -> Self {
        Self { id: id.to_owned(), path }
    }

    /// The trial's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the folder ready for a run: the marker and the failure of an earlier one go,
    /// so that it is pending until [`finish`](Self::finish), and `config.toml` is written.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn begin(&self, config_toml: &str) -> Result<(), Error> {
        atomic::create_subfolder(&self.path)?;
        atomic::remove(&self.path.join(file::RESULT))?;
        atomic::remove(&self.path.join(file::FAILURE))?;
        atomic::remove_unfinished(&self.path)?;
        self.write(file::CONFIG, config_toml.as_bytes())
    }

    /// Writes `epochs.csv` of an ended trial.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn write_epochs(&self, epochs: &[EpochRow]) -> Result<(), Error> {
        self.write_rows(file::EPOCHS, epochs)
    }

    /// Writes `timing.csv` of an ended trial.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn write_timing(&self, timings: &[TimingRow]) -> Result<(), Error> {
        self.write_rows(file::TIMING, timings)
    }

    /// Writes `epochs.csv` and `timing.csv` of a trial that still trains, without waiting for
    /// the disk: a power cut may tear them, and [`write_state`](Self::write_state) with them.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn write_curve(&self, epochs: &[EpochRow], timings: &[TimingRow]) -> Result<(), Error> {
        for (name, text) in [(file::EPOCHS, rows::text(epochs)), (file::TIMING, rows::text(timings))] {
            let path = self.path.join(name);
            atomic::write_unsynced(&path, &text.map_err(Error::write(&path))?)?;
        }
        Ok(())
    }

    /// Writes `state.safetensors`, from which the trial can go on, without waiting for the
    /// disk: the bytes tell whether they are whole.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn write_state(&self, state: &[u8]) -> Result<(), Error> {
        atomic::write_unsynced(&self.path.join(file::STATE), state)
    }

    /// The bytes of `state.safetensors`, where there is one.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn read_state(&self) -> Result<Option<Vec<u8>>, Error> {
        let path = self.path.join(file::STATE);
        match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            read => read.map(Some).map_err(Error::read(&path)),
        }
    }

    /// Removes `state.safetensors`.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn remove_state(&self) -> Result<(), Error> {
        atomic::remove(&self.path.join(file::STATE))
    }

    /// The rows of `epochs.csv`.
    ///
    /// # Errors
    /// There is no such file, or a row of it cannot be read.
    pub fn read_epochs(&self) -> Result<Vec<EpochRow>, Error> {
        self.read_rows(file::EPOCHS)
    }

    /// The rows of `timing.csv`.
    ///
    /// # Errors
    /// There is no such file, or a row of it cannot be read.
    pub fn read_timing(&self) -> Result<Vec<TimingRow>, Error> {
        self.read_rows(file::TIMING)
    }

    /// The rows of `predictions.csv`.
    ///
    /// # Errors
    /// There is no such file, or a row of it cannot be read.
    pub fn read_predictions(&self) -> Result<Vec<PredictionRow>, Error> {
        self.read_rows(file::PREDICTIONS)
    }

    /// Writes `predictions.csv`.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn write_predictions(&self, predictions: &[PredictionRow]) -> Result<(), Error> {
        self.write_rows(file::PREDICTIONS, predictions)
    }

    /// Writes `model.safetensors`.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn write_model(&self, safetensors: &[u8]) -> Result<(), Error> {
        self.write(file::MODEL, safetensors)
    }

    /// Writes `provenance.json`.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn write_provenance(&self, provenance: &impl Serialize) -> Result<(), Error> {
        self.write_json(file::PROVENANCE, provenance)
    }

    /// Writes `failure.txt`: the whole chain of the error that ended the trial.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn write_failure(&self, text: &str) -> Result<(), Error> {
        self.write(file::FAILURE, text.as_bytes())
    }

    /// Writes `result.json`, the marker that the trial has ended, with the checksums of the
    /// files that it leaves: the last file of a run.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn finish(&self, outcome: &Outcome) -> Result<(), Error> {
        let mut files = BTreeMap::new();
        for name in file::COMPLETE.into_iter().chain([file::FAILURE]) {
            files.extend(self.checksum(name)?.map(|checksum| (name.to_owned(), checksum)));
        }
        let text = seal::write(outcome, files)
            .map_err(|error| Error::write(&self.path.join(file::RESULT))(error.into()))?;
        self.write(file::RESULT, text.as_bytes())
    }

    /// SHA-256 of a file of the trial in hexadecimal digits; `None` where it is not there.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn checksum(&self, name: &str) -> Result<Option<String>, Error> {
        let path = self.path.join(name);
        match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            read => Ok(Some(hex(&Sha256::digest(read.map_err(Error::read(&path))?)))),
        }
    }

    /// The trial's result; `None` where it has not ended.
    ///
    /// # Errors
    /// There is a `result.json` that cannot be read, or that a newer version wrote.
    pub fn outcome(&self) -> Result<Option<Outcome>, Error> {
        self.read_result(seal::outcome)
    }

    /// All that `result.json` says; `None` where the trial has not ended.
    ///
    /// # Errors
    /// As [`outcome`](Self::outcome).
    pub fn sealed(&self) -> Result<Option<Sealed>, Error> {
        self.read_result(seal::read)
    }

    fn read_result<T>(&self, read: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, Error> {
        let path = self.path.join(file::RESULT);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            read => read.map_err(Error::read(&path))?,
        };
        let malformed = |reason| {
            let reason = format!("{reason}; the trial counts as pending and its next run replaces the file");
            Error::Malformed { path, reason }
        };
        read(&text).map(Some).map_err(malformed)
    }

    /// What became of the trial; one whose result cannot be read is pending.
    #[must_use]
    pub fn status(&self) -> Status {
        self.outcome().ok().flatten().map_or(Status::Pending, |outcome| outcome.status)
    }

    fn write(&self, name: &str, contents: &[u8]) -> Result<(), Error> {
        atomic::write(&self.path.join(name), contents)
    }

    fn write_rows<T: Serialize + Default>(&self, name: &str, rows: &[T]) -> Result<(), Error> {
        let text = rows::text(rows).map_err(Error::write(&self.path.join(name)))?;
        self.write(name, &text)
    }

    fn read_rows<T: DeserializeOwned>(&self, name: &str) -> Result<Vec<T>, Error> {
        let path = self.path.join(name);
        let text = fs::read(&path).map_err(Error::read(&path))?;
        let rows: Result<Vec<T>, _> = csv::Reader::from_reader(text.as_slice()).into_deserialize().collect();
        rows.map_err(|error| Error::Malformed { path, reason: error.to_string() })
    }

    fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Error::write(&self.path.join(name))(error.into()))?;
        self.write(name, (text + "\n").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::FORMAT;
    use crate::store::outcome::tests::outcome;
    use crate::store::seal::Seal;

    fn folder() -> (tempfile::TempDir, TrialFolder) {
        let root = tempfile::tempdir().unwrap();
        let folder = TrialFolder::new("drsae-0123", root.path().join("drsae-0123"));
        (root, folder)
    }

    #[test]
    fn a_trial_is_pending_until_its_marker_is_written() {
        let (_root, folder) = folder();
        assert_eq!(folder.status(), Status::Pending);
        folder.begin("steps = 11\n").unwrap();
        folder.write_epochs(&[EpochRow::default()]).unwrap();
        folder.write_timing(&[TimingRow::default()]).unwrap();
        folder.write_predictions(&[PredictionRow::default()]).unwrap();
        folder.write_model(b"weights").unwrap();
        folder.write_provenance(&"a machine").unwrap();
        assert_eq!(folder.status(), Status::Pending);
        folder.finish(&outcome()).unwrap();
        assert_eq!(folder.status(), Status::Complete);
        assert_eq!(folder.outcome().unwrap(), Some(outcome()));
    }

    #[test]
    fn a_result_lists_the_files_that_are_there_and_no_state() {
        let (_root, folder) = folder();
        folder.begin("steps = 11\n").unwrap();
        folder.write_state(b"half").unwrap();
        folder.write_model(b"abc").unwrap();
        folder.finish(&outcome()).unwrap();
        let sealed = folder.sealed().unwrap().unwrap();
        assert_eq!(sealed.seal, Seal::Whole);
        assert_eq!(sealed.files.keys().collect::<Vec<_>>(), [file::CONFIG, file::MODEL]);
        // FIPS 180-4, the example message "abc".
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sealed.files[file::MODEL], expected);
    }

    #[test]
    fn a_retry_begins_without_the_earlier_marker_and_failure() {
        let (_root, folder) = folder();
        folder.begin("").unwrap();
        folder.write_failure("out of memory").unwrap();
        folder.finish(&Outcome { status: Status::Failed, ..outcome() }).unwrap();
        assert_eq!(folder.status(), Status::Failed);
        folder.begin("").unwrap();
        assert_eq!(folder.status(), Status::Pending);
        assert!(!folder.path().join(file::FAILURE).exists());
    }

    #[test]
    fn torn_and_newer_results_are_pending_and_named() {
        let (_root, folder) = folder();
        folder.begin("").unwrap();
        let newer = serde_json::to_string(&Outcome { format: FORMAT + 1, ..outcome() }).unwrap();
        for text in ["{\"format\": 1, \"sta", newer.as_str()] {
            fs::write(folder.path().join(file::RESULT), text).unwrap();
            assert_eq!(folder.status(), Status::Pending);
            let error = folder.outcome().unwrap_err();
            assert!(
                matches!(&error, Error::Malformed { path, .. } if path.ends_with(file::RESULT)),
                "{error}"
            );
        }
    }
}
