//! The files of one trial.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::io::{self, Io, Kind};
use super::seal::{self, Sealed};
use super::tables::{ConditionRow, EpochRow, PredictionRow, Row, TimingRow, parse_rows};
use super::{Error, Outcome, Seal, Status, atomic, limit};
use crate::hash::sha256;

/// Names of the files of a trial.
pub mod file {
    /// Resolved config of the trial.
    pub const CONFIG: &str = "config.toml";
    /// Learning curve; deterministic.
    pub const EPOCHS: &str = "epochs.csv";
    /// Wall-clock of the epochs.
    pub const TIMING: &str = "timing.csv";
    /// Test index, label, prediction.
    pub const PREDICTIONS: &str = "predictions.csv";
    /// Mistakes under each condition, of a trial that was tested after it had ended.
    pub const CONDITIONS: &str = "conditions.csv";
    /// Best weights.
    pub const MODEL: &str = "model.safetensors";
    /// The state of a trial that is not complete, or paused before the end of its schedule.
    pub const STATE: &str = "state.safetensors";
    /// The provenance of the numbers.
    pub const PROVENANCE: &str = "provenance.json";
    /// The completion marker.
    pub const RESULT: &str = "result.json";
    /// The error, if there was one.
    pub const FAILURE: &str = "failure.txt";

    /// The files that every complete trial has in addition to `result.json`.
    pub const COMPLETE: [&str; 5] = [CONFIG, EPOCHS, TIMING, MODEL, PROVENANCE];

    /// Every file that a trial may have.
    pub const ALL: [&str; 10] =
        [CONFIG, EPOCHS, TIMING, PREDICTIONS, CONDITIONS, MODEL, STATE, PROVENANCE, RESULT, FAILURE];
}

/// A row of a table that an ended trial has.
pub trait TrialFile: Row {
    /// Name of the table.
    const FILE: &'static str;
}

impl TrialFile for EpochRow {
    const FILE: &'static str = file::EPOCHS;
}

impl TrialFile for TimingRow {
    const FILE: &'static str = file::TIMING;
}

impl TrialFile for PredictionRow {
    const FILE: &'static str = file::PREDICTIONS;
}

/// A folder with the files of one trial: `trials/<id>/` of one that has ended, or that of an
/// [attempt](super::Attempt).
#[derive(Debug, Clone)]
pub struct TrialFolder {
    id: String,
    path: PathBuf,
    io: Arc<dyn Io>,
}

impl TrialFolder {
    pub(super) fn new(id: &str, path: PathBuf, io: Arc<dyn Io>) -> Self {
        Self { id: id.to_owned(), path, io }
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

    /// The error for a folder that does not exist; `None` if it does.
    #[must_use]
    pub fn vanished(&self) -> Option<Error> {
        atomic::vanished(&*self.io, &self.path)
    }

    /// The bytes of a file; `None` if it does not exist.
    ///
    /// # Errors
    /// It is not a regular file, or larger than the program writes it, or I/O fails.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let limit = match name {
            file::MODEL | file::STATE => limit::WEIGHTS,
            file::EPOCHS | file::TIMING | file::PREDICTIONS | file::CONDITIONS => limit::TABLE,
            _ => limit::RECORD,
        };
        // A symbolic link would lead to files of another folder.
        let is_link = |facts: io::Stat| facts.kind == Kind::Other;
        if io::uninterrupted(|| self.io.stat(&self.path)).is_ok_and(is_link) {
            return Err(Error::Read { path: self.path.clone(), source: io::not_regular() });
        }
        atomic::read(&*self.io, &self.path.join(name), limit)
    }

    /// The rows of a table that an ended trial has.
    ///
    /// # Errors
    /// There is no such file, or a row of it cannot be read.
    pub fn read_rows<R: TrialFile>(&self) -> Result<Vec<R>, Error> {
        let path = self.path.join(R::FILE);
        let Some(text) = self.read(R::FILE)? else {
            let source = std::io::ErrorKind::NotFound.into();
            return Err(Error::Read { path, source });
        };
        parse_rows(&path, &text)
    }

    /// The rows of `conditions.csv`; none if there is no such file.
    ///
    /// # Errors
    /// A row of it cannot be read.
    pub fn read_conditions(&self) -> Result<Vec<ConditionRow>, Error> {
        let text = self.read(file::CONDITIONS)?;
        text.map_or(Ok(Vec::new()), |text| parse_rows(&self.path.join(file::CONDITIONS), &text))
    }

    /// SHA-256 of a file of the trial in hexadecimal digits; `None` if it does not exist.
    ///
    /// # Errors
    /// I/O fails.
    pub fn checksum(&self, name: &str) -> Result<Option<String>, Error> {
        Ok(self.read(name)?.map(sha256))
    }

    /// Writes `result.json`, which marks the trial as ended, with the checksums of the files in the folder.
    ///
    /// # Errors
    /// I/O fails.
    pub fn seal(&self, outcome: &Outcome) -> Result<(), Error> {
        let mut files = BTreeMap::new();
        let state = (outcome.status == Status::Complete).then_some(file::STATE);
        let others = [file::PREDICTIONS, file::CONDITIONS, file::FAILURE].into_iter().chain(state);
        for name in file::COMPLETE.into_iter().chain(others) {
            files.extend(self.checksum(name)?.map(|checksum| (name.to_owned(), checksum)));
        }
        let path = self.path.join(file::RESULT);
        let text = seal::write(outcome, files).map_err(|error| Error::write(&path)(error.into()))?;
        atomic::write_contents_synced(&*self.io, &path, text.as_bytes())
    }

    /// The trial's result; `None` if it has not ended.
    ///
    /// # Errors
    /// There is a `result.json` that cannot be read, or that a newer version wrote.
    pub fn outcome(&self) -> Result<Option<Outcome>, Error> {
        self.read_result(seal::outcome)
    }

    /// The content of `result.json`; `None` if the trial has not ended.
    ///
    /// # Errors
    /// As [`outcome`](Self::outcome).
    pub fn sealed(&self) -> Result<Option<Sealed>, Error> {
        self.read_result(seal::read)
    }

    /// The result, if the seal is whole and every file matches its checksum.
    pub(crate) fn intact(&self) -> Option<Sealed> {
        let sealed = self.sealed().ok().flatten().filter(|sealed| sealed.seal == Seal::Whole)?;
        let holds = |(name, checksum): (&String, &String)| {
            self.checksum(name).is_ok_and(|actual| actual.as_ref() == Some(checksum))
        };
        sealed.files.iter().all(holds).then_some(sealed)
    }

    fn read_result<T>(&self, read: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, Error> {
        let path = self.path.join(file::RESULT);
        let Some(text) = self.read(file::RESULT)? else { return Ok(None) };
        let malformed = |reason: String| {
            let reason =
                format!("{reason}; the trial counts as pending, and its next run replaces its folder");
            Error::Malformed { path, reason }
        };
        let result = str::from_utf8(&text).map_err(|error| error.to_string()).and_then(read);
        result.map(Some).map_err(malformed)
    }

    /// The status of the trial, which is pending if its result is damaged.
    ///
    /// # Errors
    /// I/O fails, so the status is unknown.
    pub fn status(&self) -> Result<Status, Error> {
        Ok(self.usable_outcome()?.map_or(Status::Pending, |outcome| outcome.status))
    }

    /// The trial's result; `None` if it has not ended, or if the result is damaged.
    ///
    /// # Errors
    /// I/O fails.
    pub fn usable_outcome(&self) -> Result<Option<Outcome>, Error> {
        match self.outcome() {
            Err(error) if !error.is_of_the_disk() => Ok(None),
            outcome => outcome,
        }
    }
}
