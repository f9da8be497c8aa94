//! The layout of a results folder, and the only code that writes there.
//!
//! ```text
//! results/depth/
//!   sweep.toml  plan.csv
//!   trials/<id>/   a trial that has ended; appears by one rename and never changes
//!   running/<id>/  the attempts at a trial that has not ended, one folder per process
//!   replaced/      results that a later attempt replaced
//!   slurm/         the submissions to a cluster, if there are any
//!   unsealed/<id>/ the test of a trial that was trained without the test images
//!   search/        the results folder of the search of a study
//!   frozen.toml  ledger.csv   of a study
//!   trials.csv  epochs.csv  mistakes.csv  provenance.csv   merged in plan order
//!   SHA256SUMS     of the plan and the merged tables
//!   analysis/
//! ```
//!
//! Every file is created by rename or link, so a reader finds a complete file or none, whenever the writer was killed.
//! All effects of this module go through [`Io`], which tests replace. The module takes and returns plain data and does
//! not depend on training; `docs/FORMAT.md` describes each file and column.

pub(crate) mod atomic;
mod attempt;
mod error;
pub mod io;
mod lease;
mod ledger;
pub(crate) mod limit;
mod lock;
mod merge;
mod outcome;
mod seal;
mod sweep;
mod tables;
mod trial;
mod unsealed;

pub use atomic::{is_unfinished, place};
pub use attempt::{Attempt, Progress, Publication, Standing};
pub use error::Error;
pub use io::read_file;
pub use lease::{Acquisition, Holder, Lease, Leases};
pub use ledger::{Event, LedgerRow};
pub use merge::{Merged, MergedTexts, NEW_SUMS, SUMS, StoredTables, Sums, Survey};
pub use outcome::{FORMAT, Outcome, Status};
pub use seal::{Seal, Sealed};
pub use tables::{
    Concern, ConditionRow, EpochRow, MistakeRow, PlanRow, PredictionRow, ProvenanceRow, Row, Table,
    TimingRow, TrialRow, TrialTable, axis_column, csv, header_of, parse_rows, table,
};
pub use trial::{TrialFile, TrialFolder, file};

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::io::{Disk, Io, Kind};
use crate::text::reserved;

/// Name of the folder of ended trials.
const TRIAL_FOLDERS: &str = "trials";

/// Name of the folder of the analysis.
const ANALYSIS: &str = "analysis";

/// Name of the list of the trials.
const PLAN: &str = "plan.csv";

/// Name of the plan that was frozen after a search.
const FROZEN: &str = "frozen.toml";

/// The results folder of one sweep.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
    io: Arc<dyn Io>,
}

impl Store {
    /// Opens the folder `root` for writing, and records the sweep as `sweep.toml`.
    ///
    /// Trial folders are named by their config, so another plan over the same base tables keeps every trial and replaces
    /// `sweep.toml`. If several sweeps open a new folder at once, one is recorded.
    ///
    /// # Errors
    /// As [`expect_sweep`](Self::expect_sweep).
    pub fn open(root: &Path, resolved_spec_toml: &str) -> Result<Self, Error> {
        Self::open_through(Disk::shared(), root, resolved_spec_toml)
    }

    /// [`open`](Self::open) with other effects than those of the operating system.
    pub(crate) fn open_through(
        io: Arc<dyn Io>,
        root: &Path,
        resolved_spec_toml: &str,
    ) -> Result<Self, Error> {
        atomic::create_folder(&*io, &root.join(TRIAL_FOLDERS))?;
        for folder in [root.to_owned(), root.join(ANALYSIS), root.join(ANALYSIS).join("figures")] {
            atomic::remove_forgotten(&*io, &folder)?;
        }
        sweep::record(&*io, root, resolved_spec_toml)?;
        Ok(Self { root: root.to_owned(), io })
    }

    /// The existing results in the folder `root`, for reading.
    ///
    /// # Errors
    /// There are no results.
    pub fn at(root: &Path) -> Result<Self, Error> {
        let marks = [sweep::FILE, FROZEN, PLAN, Table::Trials.file(), TRIAL_FOLDERS];
        if !marks.iter().any(|name| root.join(name).exists()) {
            return Err(Error::Absent { path: root.to_owned() });
        }
        Ok(Self { root: root.to_owned(), io: Disk::shared() })
    }

    /// Returns true if `root` is the results folder of a sweep that has begun, not just a folder with a spec.
    #[must_use]
    pub fn is_at(root: &Path) -> bool {
        [PLAN, Table::Trials.file(), TRIAL_FOLDERS].iter().any(|name| root.join(name).exists())
    }

    /// Refuses a spec whose base tables (everything but `question`, `seeds`, `[sweep]`,
    /// `[compare]` and `[[published]]`) are not those of the sweep that the folder holds.
    ///
    /// # Errors
    /// They differ, `sweep.toml` cannot be read, or I/O fails.
    pub fn expect_sweep(&self, resolved_spec_toml: &str) -> Result<(), Error> {
        sweep::expect(self.io(), &self.root, resolved_spec_toml)
    }

    /// Refuses a spec that plans other trials than the sweep that the folder holds; needs no data.
    ///
    /// # Errors
    /// As [`expect_sweep`](Self::expect_sweep); the spec has other seeds, axes or matched widths,
    /// or there is no `sweep.toml`.
    pub fn expect_plan(&self, resolved_spec_toml: &str) -> Result<(), Error> {
        sweep::expect_plan(self.io(), &self.root, resolved_spec_toml)
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The effects of the store.
    #[must_use]
    pub fn io(&self) -> &dyn Io {
        &*self.io
    }

    /// [`io`](Self::io), shared.
    #[must_use]
    pub fn shared_io(&self) -> Arc<dyn Io> {
        Arc::clone(&self.io)
    }

    /// The folder of the trials' folders.
    #[must_use]
    pub fn trials(&self) -> PathBuf {
        self.root.join(TRIAL_FOLDERS)
    }

    /// The error for a results folder, or a `trials/` in it, that was removed after [`open`](Self::open); `None` if both
    /// exist.
    #[must_use]
    pub fn vanished(&self) -> Option<Error> {
        atomic::vanished(&*self.io, &self.trials())
    }

    /// Returns true if a trial has a folder; committed results have none.
    ///
    /// # Errors
    /// I/O fails.
    pub fn has_trials(&self) -> Result<bool, Error> {
        Ok(!self.names()?.is_empty())
    }

    /// Names of the existing trials' folders, by one listing: a lookup of each trial of a large plan takes longer.
    ///
    /// # Errors
    /// I/O fails.
    pub fn ended(&self) -> Result<HashSet<String>, Error> {
        Ok(self.names()?.into_iter().collect())
    }

    fn names(&self) -> Result<Vec<String>, Error> {
        atomic::names(&*self.io, &self.trials(), Kind::Folder)
    }

    /// The existing trials' folders of any plan, sorted by id.
    ///
    /// # Errors
    /// I/O fails.
    pub fn trial_folders(&self) -> Result<Vec<TrialFolder>, Error> {
        Ok(self.names()?.iter().filter_map(|id| self.trial(id).ok()).collect())
    }

    /// The content of a file of the folder; `None` if it does not exist.
    ///
    /// # Errors
    /// It is not a regular file, or I/O fails.
    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, Error> {
        atomic::read(self.io(), path, limit::TABLE)
    }

    /// The folder of one trial, which need not exist yet.
    ///
    /// # Errors
    /// `id` is not a plain folder name.
    pub fn trial(&self, id: &str) -> Result<TrialFolder, Error> {
        let id = checked_name(id)?;
        Ok(TrialFolder::new(id, self.trials().join(id), self.shared_io()))
    }

    /// The status of a trial; one whose result cannot be read is pending.
    ///
    /// # Errors
    /// `id` is not a plain folder name.
    pub fn status(&self, id: &str) -> Result<Status, Error> {
        self.trial(id)?.status()
    }

    /// Writes `plan.csv`.
    ///
    /// # Errors
    /// A row has not as many fields as the header, or I/O fails.
    pub fn write_plan(&self, header: &[String], rows: &[Vec<String>]) -> Result<(), Error> {
        let path = self.plan_csv();
        let text = tables::table(header, rows).map_err(Error::write(&path))?;
        atomic::write(&*self.io, &path, &text)
    }

    /// Path of `sweep.toml`, the sweep as run.
    #[must_use]
    pub fn sweep_toml(&self) -> PathBuf {
        self.root.join(sweep::FILE)
    }

    /// The plan that was frozen after a search.
    #[must_use]
    pub fn frozen_toml(&self) -> PathBuf {
        self.root.join(FROZEN)
    }

    /// The bytes of the frozen plan; `None` where there is none.
    ///
    /// # Errors
    /// It is no regular file, or I/O fails.
    pub fn frozen(&self) -> Result<Option<Vec<u8>>, Error> {
        self.read(&self.frozen_toml())
    }

    /// Writes the frozen plan.
    ///
    /// # Errors
    /// I/O fails.
    pub fn write_frozen(&self, text: &str) -> Result<(), Error> {
        atomic::write(self.io(), &self.frozen_toml(), text.as_bytes())
    }

    /// The list of the trials, which [`write_plan`](Self::write_plan) writes.
    #[must_use]
    pub fn plan_csv(&self) -> PathBuf {
        self.root.join(PLAN)
    }

    /// Path of a file that [`write_analysis`](Self::write_analysis) writes.
    #[must_use]
    pub fn analysis_file(&self, relative: &str) -> PathBuf {
        self.root.join(ANALYSIS).join(relative)
    }

    /// Writes `analysis/<relative>` and returns its path.
    ///
    /// # Errors
    /// I/O fails.
    pub fn write_analysis(&self, relative: &str, contents: &[u8]) -> Result<PathBuf, Error> {
        let path = self.analysis_file(relative);
        if let Some(vanished) = atomic::vanished(&*self.io, &self.root) {
            return Err(vanished);
        }
        if let Some(folder) = path.parent() {
            atomic::create_folder(&*self.io, folder)?;
        }
        atomic::write(&*self.io, &path, contents)?;
        Ok(path)
    }
}

/// Accepts a name that is one folder name on every file system, and no path out of the folder.
pub(crate) fn checked_name(name: &str) -> Result<&str, Error> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let fits = (1..=200).contains(&name.len()) && !name.starts_with('.');
    if fits && name.bytes().all(plain) && !reserved(name) {
        return Ok(name);
    }
    Err(Error::Name { name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn names_stay_inside_the_results_folder() {
        for name in ["depth", "drsae-t11-n400-0123456789ab", "a.b_c", "console", "com", "lpt10"] {
            assert_eq!(checked_name(name).unwrap(), name);
        }
        let climbing =
            ["", ".", "..", "../up", "/etc", "a/b", "a\\b", ".hidden", "a b", "c:", "a\0", "a\u{2024}"];
        let on_windows = ["nul", "Con", "aux.txt", "com1", "LPT9.a.b", "a."];
        for name in climbing.into_iter().chain(on_windows).chain([&*"x".repeat(201)]) {
            assert!(matches!(checked_name(name), Err(Error::Name { .. })), "{name:?}");
        }
    }

    #[test]
    fn reading_needs_a_sweep_that_has_run() {
        let results = tempfile::tempdir().unwrap();
        let error = Store::at(&results.path().join("depth")).unwrap_err();
        assert!(error.to_string().contains("drsae sweep"), "{error}");
        Store::open(&results.path().join("depth"), "name = \"depth\"\n").unwrap();
        assert!(Store::at(&results.path().join("depth")).is_ok());
    }

    #[test]
    fn trials_that_have_ended_are_those_with_a_folder_of_their_own() {
        let results = tempfile::tempdir().unwrap();
        let store = Store::open(&results.path().join("depth"), "name = \"depth\"\n").unwrap();
        assert_eq!((store.has_trials().unwrap(), store.ended().unwrap()), (false, HashSet::new()));
        fs::create_dir(store.trials().join("drsae-0")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(store.root(), store.trials().join("drsae-1")).unwrap();
        assert_eq!(store.ended().unwrap(), HashSet::from(["drsae-0".to_owned()]));
        #[cfg(unix)]
        assert!(store.trial("drsae-1").unwrap().read("sweep.toml").is_err(), "a link leads elsewhere");
        fs::remove_dir_all(store.trials()).unwrap();
        assert_eq!((store.has_trials().unwrap(), store.ended().unwrap()), (false, HashSet::new()));
    }

    #[test]
    fn plan_is_what_was_given() {
        let results = tempfile::tempdir().unwrap();
        let store = Store::open(&results.path().join("depth"), "name = \"depth\"\n").unwrap();
        let header = ["index".to_owned(), "trial".to_owned()];
        store.write_plan(&header, &[vec!["0".to_owned(), "a, b".to_owned()]]).unwrap();
        let text = fs::read_to_string(store.root().join("plan.csv")).unwrap();
        assert_eq!(text, "index,trial\n0,\"a, b\"\n");
        assert!(store.write_plan(&header, &[vec!["0".to_owned()]]).is_err());
    }

    #[test]
    fn analysis_files_may_lie_in_folders_of_their_own() {
        let results = tempfile::tempdir().unwrap();
        let store = Store::open(&results.path().join("depth"), "name = \"depth\"\n").unwrap();
        let path = store.write_analysis("figures/depth.svg", b"<svg/>").unwrap();
        assert_eq!(fs::read(path).unwrap(), b"<svg/>");
    }
}
