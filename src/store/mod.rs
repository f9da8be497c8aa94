//! The layout of a results folder, and the only code that writes there.
//!
//! ```text
//! results/depth/
//!   sweep.toml  plan.csv
//!   trials/<id>/   one writer at a time, the one that claimed it
//!   slurm/         what was submitted to a cluster, where anything was
//!   trials.csv  epochs.csv  mistakes.csv  provenance.csv   merged in plan order
//!   analysis/
//! ```
//!
//! Every file appears by rename, so a reader finds all of it or nothing, whenever the
//! writer was killed. The room takes and returns plain data and knows no other room's work;
//! `docs/FORMAT.md` describes each file and column.

mod atomic;
mod claim;
mod error;
mod merge;
mod outcome;
mod rows;
mod seal;
mod submissions;
mod sweep;
mod trial;

pub use atomic::place;
pub use claim::{Claim, Claiming, Claims, Holder};
pub use error::Error;
pub use merge::{Merged, PlannedTrial, Survey, Table, axis_column};
pub use outcome::{FORMAT, Outcome, Status};
pub use rows::{EpochRow, MistakeRow, PredictionRow, ProvenanceRow, TimingRow, table};
pub use seal::{Seal, Sealed};
pub use submissions::{Program, Record, Submission, Submissions, Submitted};
pub use trial::{TrialFolder, file};

use std::collections::HashSet;
use std::fs::{self, DirEntry, ReadDir};
use std::io;
use std::path::{Path, PathBuf};

use crate::text::reserved;

/// Name of the folder of the trials' folders.
const TRIAL_FOLDERS: &str = "trials";

/// The results folder of one sweep.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// Opens `results_dir/name` to write into, and records the sweep as `sweep.toml`.
    ///
    /// Trial folders are named by what they computed, so another plan over the same base
    /// tables loses nothing and replaces `sweep.toml`.
    ///
    /// # Errors
    /// The folder holds a sweep whose base tables differ (everything but `question`,
    /// `seeds`, `[sweep]` and `[compare]`); the name is no plain folder name; the disk
    /// refuses.
    pub fn open(results_dir: &Path, name: &str, resolved_spec_toml: &str) -> Result<Self, Error> {
        let root = results_dir.join(checked(name)?);
        atomic::create_folder(&root.join(TRIAL_FOLDERS))?;
        atomic::remove_forgotten(&root)?;
        sweep::record(&root, resolved_spec_toml)?;
        Ok(Self { root })
    }

    /// The results that are already in `results_dir/name`, to be read.
    ///
    /// # Errors
    /// There are none, or the name is no plain folder name.
    pub fn at(results_dir: &Path, name: &str) -> Result<Self, Error> {
        let root = results_dir.join(checked(name)?);
        let known = [sweep::FILE, Table::Trials.file(), TRIAL_FOLDERS];
        if !known.iter().any(|name| root.join(name).exists()) {
            return Err(Error::Absent { path: root });
        }
        Ok(Self { root })
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of the trials' folders.
    #[must_use]
    pub fn trials(&self) -> PathBuf {
        self.root.join(TRIAL_FOLDERS)
    }

    /// The error that says so where the folder, which [`open`](Self::open) made, or that of
    /// the trials' folders is gone.
    #[must_use]
    pub fn vanished(&self) -> Option<Error> {
        atomic::vanished(&self.trials())
    }

    /// Whether there is a trial's folder; results that were committed have none.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn has_trials(&self) -> Result<bool, Error> {
        Ok(self.entries()?.is_some_and(|mut entries| entries.next().is_some()))
    }

    /// Names of the trials' folders that are there: one question to the disk, where a large
    /// plan would ask for each of its trials.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn begun(&self) -> Result<HashSet<String>, Error> {
        let folder = self.trials();
        let name = |entry: io::Result<DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
        let names: io::Result<_> = self.entries()?.into_iter().flatten().map(name).collect();
        names.map_err(Error::read(&folder))
    }

    fn entries(&self) -> Result<Option<ReadDir>, Error> {
        let folder = self.trials();
        match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some).map_err(Error::read(&folder)),
        }
    }

    /// The trials' folders that are there, of whatever plan, sorted by id.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn trial_folders(&self) -> Result<Vec<TrialFolder>, Error> {
        let folder = self.trials();
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(Error::read(&folder))?,
        };
        let mut folders = Vec::new();
        for entry in entries {
            let name = entry.map_err(Error::read(&folder))?.file_name();
            folders.extend(name.to_str().and_then(|id| self.trial(id).ok()));
        }
        folders.sort_by(|a, b| a.id().cmp(b.id()));
        Ok(folders)
    }

    /// The folder of one trial, whether or not it is there yet.
    ///
    /// # Errors
    /// `id` is no plain folder name.
    pub fn trial(&self, id: &str) -> Result<TrialFolder, Error> {
        let id = checked(id)?;
        Ok(TrialFolder::new(id, self.trials().join(id)))
    }

    /// What became of a trial; one whose result cannot be read is pending.
    ///
    /// # Errors
    /// `id` is no plain folder name.
    pub fn status(&self, id: &str) -> Result<Status, Error> {
        Ok(self.trial(id)?.status())
    }

    /// Writes `plan.csv`.
    ///
    /// # Errors
    /// A row has not as many fields as the header, or the disk refuses.
    pub fn write_plan(&self, header: &[String], rows: &[Vec<String>]) -> Result<(), Error> {
        let path = self.plan_csv();
        let text = rows::table(header, rows).map_err(Error::write(&path))?;
        atomic::write(&path, &text)
    }

    /// The sweep as it was run.
    #[must_use]
    pub fn sweep_toml(&self) -> PathBuf {
        self.root.join(sweep::FILE)
    }

    /// The list of the trials, which [`write_plan`](Self::write_plan) writes.
    #[must_use]
    pub fn plan_csv(&self) -> PathBuf {
        self.root.join("plan.csv")
    }

    /// The merged table of all trials, which [`merge`](Self::merge) writes.
    #[must_use]
    pub fn trials_csv(&self) -> PathBuf {
        self.table(Table::Trials)
    }

    /// The merged learning curves, which [`merge`](Self::merge) writes.
    #[must_use]
    pub fn epochs_csv(&self) -> PathBuf {
        self.table(Table::Epochs)
    }

    /// The misclassified test images of all complete trials, which [`merge`](Self::merge)
    /// writes.
    #[must_use]
    pub fn mistakes_csv(&self) -> PathBuf {
        self.table(Table::Mistakes)
    }

    /// What the complete trials were computed with, which [`merge`](Self::merge) writes.
    #[must_use]
    pub fn provenance_csv(&self) -> PathBuf {
        self.table(Table::Provenance)
    }

    /// Where [`write_analysis`](Self::write_analysis) writes a file.
    #[must_use]
    pub fn analysis_file(&self, relative: &str) -> PathBuf {
        self.root.join("analysis").join(relative)
    }

    /// Writes `analysis/<relative>` and returns its path.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn write_analysis(&self, relative: &str, contents: &[u8]) -> Result<PathBuf, Error> {
        let path = self.analysis_file(relative);
        if let Some(vanished) = atomic::vanished(&self.root) {
            return Err(vanished);
        }
        if let Some(folder) = path.parent() {
            atomic::create_folder(folder)?;
        }
        atomic::write(&path, contents)?;
        Ok(path)
    }
}

/// Lets through what is one folder name on every file system, and nothing that climbs out.
fn checked(name: &str) -> Result<&str, Error> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let fits = (1..=200).contains(&name.len()) && !name.starts_with('.');
    if fits && name.bytes().all(plain) && !reserved(name) {
        return Ok(name);
    }
    Err(Error::Name { name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside_the_results_folder() {
        for name in ["depth", "drsae-t11-n400-0123456789ab", "a.b_c", "console", "com", "lpt10"] {
            assert_eq!(checked(name).unwrap(), name);
        }
        let climbing =
            ["", ".", "..", "../up", "/etc", "a/b", "a\\b", ".hidden", "a b", "c:", "a\0", "a\u{2024}"];
        let on_windows = ["nul", "Con", "aux.txt", "com1", "LPT9.a.b", "a."];
        for name in climbing.into_iter().chain(on_windows).chain([&*"x".repeat(201)]) {
            assert!(matches!(checked(name), Err(Error::Name { .. })), "{name:?}");
        }
    }

    #[test]
    fn reading_needs_a_sweep_that_has_run() {
        let results = tempfile::tempdir().unwrap();
        let error = Store::at(results.path(), "depth").unwrap_err();
        assert!(error.to_string().contains("drsae sweep"), "{error}");
        Store::open(results.path(), "depth", "name = \"depth\"\n").unwrap();
        assert!(Store::at(results.path(), "depth").is_ok());
    }

    #[test]
    fn trials_that_have_begun_are_those_with_a_folder() {
        let results = tempfile::tempdir().unwrap();
        let store = Store::open(results.path(), "depth", "name = \"depth\"\n").unwrap();
        assert_eq!((store.has_trials().unwrap(), store.begun().unwrap()), (false, HashSet::new()));
        store.trial("drsae-0").unwrap().begin("").unwrap();
        assert_eq!(store.begun().unwrap(), HashSet::from(["drsae-0".to_owned()]));
        fs::remove_dir_all(store.trials()).unwrap();
        assert_eq!((store.has_trials().unwrap(), store.begun().unwrap()), (false, HashSet::new()));
    }

    #[test]
    fn plan_is_what_was_given() {
        let results = tempfile::tempdir().unwrap();
        let store = Store::open(results.path(), "depth", "name = \"depth\"\n").unwrap();
        let header = ["index".to_owned(), "trial".to_owned()];
        store.write_plan(&header, &[vec!["0".to_owned(), "a, b".to_owned()]]).unwrap();
        let text = fs::read_to_string(store.root().join("plan.csv")).unwrap();
        assert_eq!(text, "index,trial\n0,\"a, b\"\n");
        assert!(store.write_plan(&header, &[vec!["0".to_owned()]]).is_err());
    }

    #[test]
    fn analysis_files_may_lie_in_folders_of_their_own() {
        let results = tempfile::tempdir().unwrap();
        let store = Store::open(results.path(), "depth", "name = \"depth\"\n").unwrap();
        let path = store.write_analysis("figures/depth.svg", b"<svg/>").unwrap();
        assert_eq!(fs::read(path).unwrap(), b"<svg/>");
    }
}
