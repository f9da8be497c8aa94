//! An attempt: one process's run of one trial, and its publication as the trial's result.
//!
//! ```text
//! running/<id>/lease-2.json          the process that runs the trial
//! running/<id>/<token of a lease>/   the files that this process writes
//! trials/<id>/                       the ended trial: an attempt's folder, renamed
//! replaced/<id>.<digest>/            a result that a later attempt replaced
//! replaced/<id>.<digest>.2/          the same, restored and replaced once more
//! ```
//!
//! A process writes only into the folder of its own attempt, which is named by the token of its lease; no other
//! process writes there. When the trial has ended, the folder is renamed to `trials/<id>`. A folder is not renamed
//! over one that holds files, so this succeeds for at most one process. An ended trial therefore appears complete, and
//! a process that was suspended for any time cannot change it.
//!
//! A result that may be replaced (a failed one that is retried, or one that cannot be read) is first renamed to a
//! name derived from its bytes. This, too, succeeds once: a process that was suspended and then tries to replace the
//! same result finds the name taken, and another result in place. If the result in place is still the same, somebody
//! has restored it, and it gets the next free number. A process compares the result before it tries a number, so whoever
//! replaces the result in between takes that number first.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::io::{Io, Kind, uninterrupted};
use super::lease::{self, Acquisition, Lease, Leases};
use super::tables::{self, EpochRow, TimingRow};
use super::{Error, Holder, Outcome, Status, Store, TrialFile, TrialFolder, atomic, file, limit};
use crate::hash::sha256;

/// Name of the folder of running trials.
pub(super) const RUNNING: &str = "running";

/// Name of the folder of replaced results.
pub(super) const REPLACED: &str = "replaced";

/// Ending of the name of an attempt that is being removed.
const REMOVED: &str = ".removed";

/// Number of times that another process may remove a folder before this one acquires its lease.
const RACES: usize = 10;

/// One process's run of a trial.
pub struct Attempt {
    store: Store,
    /// The folder that this process writes into.
    folder: TrialFolder,
    /// The folder of the trial once it has ended.
    ended: TrialFolder,
    /// The result there that publishing replaces.
    standing: Standing,
    lease: Lease,
}

/// The progress of a trial in training: the bytes of three files.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// Of `epochs.csv`.
    pub epochs: &'a [u8],
    /// Of `timing.csv`.
    pub timings: &'a [u8],
    /// Of `state.safetensors`.
    pub state: &'a [u8],
}

/// The outcome of publishing an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publication {
    /// The trial's result is that of the attempt.
    Yes,
    /// Another process ended the trial, and its result is kept.
    Lost,
}

/// The present result of a trial: nothing, or a folder, identified by the digest of its `result.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing(Option<String>);

impl Store {
    /// The folder in which the processes that run a trial have their leases and attempts.
    fn running(&self, id: &str) -> PathBuf {
        self.root().join(RUNNING).join(id)
    }

    /// Asks for the lease of a trial, in `running/<id>`.
    ///
    /// # Errors
    /// The sweep's folder was removed, or I/O fails.
    pub fn acquire(&self, trial: &TrialFolder, leases: &Leases) -> Result<Acquisition, Error> {
        let folder = self.running(trial.id());
        let acquire = || {
            atomic::create_subfolder(self.io(), &self.root().join(RUNNING))?;
            atomic::create_subfolder(self.io(), &folder)?;
            leases.acquire(&folder)
        };
        let mut result = acquire();
        // The process that ends a trial removes these folders when they are empty, and others create them again.
        for _ in 0..RACES {
            if !result.as_ref().is_err_and(Error::is_absence) || self.vanished().is_some() {
                break;
            }
            result = acquire();
        }
        result
    }

    /// The living process that runs the trial, if there is one.
    ///
    /// # Errors
    /// I/O fails.
    pub fn holder(&self, trial: &TrialFolder) -> Result<Option<Holder>, Error> {
        lease::holder(self.io(), &self.running(trial.id()))
    }

    /// The present result of a trial. Read it before you decide to run the trial: a result that is published after
    /// this call is never replaced.
    ///
    /// # Errors
    /// I/O fails.
    pub fn standing(&self, trial: &TrialFolder) -> Result<Standing, Error> {
        let result = trial.path().join(file::RESULT);
        let text = atomic::read(self.io(), &result, limit::RECORD)?;
        if text.is_none() && !atomic::exists(self.io(), trial.path()) {
            return Ok(Standing(None));
        }
        Ok(Standing(Some(sha256(text.unwrap_or_default()))))
    }

    /// Begins an attempt at the trial of the acquired lease: creates its folder and writes `config.toml`. Publishing
    /// it replaces only the result `standing`.
    ///
    /// # Errors
    /// I/O fails.
    pub fn begin(
        &self,
        trial: &TrialFolder,
        lease: Lease,
        standing: Standing,
        config_toml: &str,
    ) -> Result<Attempt, Error> {
        let path = lease.folder().join(lease.token());
        atomic::create_subfolder(self.io(), &path)?;
        let folder = TrialFolder::new(trial.id(), path, Arc::clone(lease.io()));
        let attempt = Attempt { store: self.clone(), folder, ended: trial.clone(), standing, lease };
        attempt.write(file::CONFIG, config_toml.as_bytes())?;
        Ok(attempt)
    }

    /// Publishes the attempt of a process that died between ending the trial and publishing it. Returns the outcome,
    /// or `None` if there is no such attempt.
    ///
    /// # Errors
    /// I/O fails.
    pub fn recover(&self, trial: &TrialFolder, lease: &Lease) -> Result<Option<Status>, Error> {
        for folder in self.attempts(trial)? {
            let Some(sealed) = folder.intact() else { continue };
            let standing = self.standing(trial)?;
            // A complete result is never replaced, and an incomplete one only by a complete one.
            let (before, status) = (trial.status()?, sealed.outcome.status);
            if before == Status::Complete || (before != Status::Pending && status != Status::Complete) {
                continue;
            }
            if self.publish(&folder, trial, &standing)? == Publication::Yes {
                self.remove_other_attempts(trial, lease)?;
                return Ok(Some(status));
            }
        }
        Ok(None)
    }

    /// The folders of all attempts at a trial, by any process.
    fn attempts(&self, trial: &TrialFolder) -> Result<Vec<TrialFolder>, Error> {
        let running = self.running(trial.id());
        let names = atomic::names(self.io(), &running, Kind::Folder)?;
        let attempts = names.iter().filter(|name| atomic::is_token(name));
        Ok(attempts.map(|name| TrialFolder::new(trial.id(), running.join(name), self.shared_io())).collect())
    }

    /// The folders that may hold the state of a trial: those of all attempts, its own, and that of the trial `paused`, which it
    /// continues.
    fn stateful(&self, trial: &TrialFolder, paused: Option<&str>) -> Result<Vec<TrialFolder>, Error> {
        let mut folders = self.attempts(trial)?;
        folders.push(trial.clone());
        folders.extend(paused.map(|id| self.trial(id)).transpose()?);
        Ok(folders)
    }

    /// The learning curve of a running trial as last written, with the wall-clock of its epochs: the longest of its attempts, or
    /// of the trial `paused`, which it continues. A curve that is being written, or not there yet, is empty.
    ///
    /// # Errors
    /// I/O fails.
    pub fn running_curve(
        &self,
        trial: &TrialFolder,
        paused: Option<&str>,
    ) -> Result<(Vec<EpochRow>, Vec<TimingRow>), Error> {
        let read = |folder: &TrialFolder| Some((folder.read_rows().ok()?, folder.read_rows().ok()?));
        let folders = self.stateful(trial, paused)?;
        let curves = folders.iter().filter_map(read);
        Ok(curves.max_by_key(|(epochs, _)| epochs.len()).unwrap_or_default())
    }

    /// Renames the folder of an attempt to that of the ended trial.
    fn publish(
        &self,
        attempt: &TrialFolder,
        ended: &TrialFolder,
        standing: &Standing,
    ) -> Result<Publication, Error> {
        let io = self.io();
        atomic::sync_folder(io, attempt.path())?;
        if self.standing(ended)? != *standing {
            return Ok(Publication::Lost);
        }
        if let Standing(Some(digest)) = standing
            && !self.set_aside(ended, digest)?
        {
            return Ok(Publication::Lost);
        }
        match uninterrupted(|| io.rename(attempt.path(), ended.path())) {
            Ok(()) => {}
            Err(error) if is_occupied(&error) => return Ok(Publication::Lost),
            // Another process has published the attempt, or ended the trial and removed it.
            Err(error) if error.kind() == ErrorKind::NotFound && atomic::exists(io, ended.path()) => {
                return Ok(Publication::Lost);
            }
            Err(error) => {
                return Err(self.vanished().unwrap_or_else(|| Error::write(ended.path())(error)));
            }
        }
        atomic::sync_folder(io, &self.trials())?;
        Ok(Publication::Yes)
    }

    /// Renames the present result of a trial, unless another process has done so.
    fn set_aside(&self, ended: &TrialFolder, digest: &str) -> Result<bool, Error> {
        let io = self.io();
        let replaced = self.root().join(REPLACED);
        atomic::create_subfolder(io, &replaced)?;
        let name = format!("{}.{}", ended.id(), &digest[..12]);
        let (mut path, mut number) = (replaced.join(&name), 1);
        loop {
            match uninterrupted(|| io.rename(ended.path(), &path)) {
                // Another process has renamed it, and will publish its attempt or died before that.
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
                Err(error) if is_occupied(&error) => {}
                Err(error) => return Err(Error::write(&path)(error)),
                Ok(()) => return atomic::sync_folder(io, &replaced).map(|()| true),
            }
            if self.standing(ended)?.0.as_deref() != Some(digest) {
                return Ok(false);
            }
            number += 1;
            path = replaced.join(format!("{name}.{number}"));
        }
    }

    fn remove_other_attempts(&self, trial: &TrialFolder, lease: &Lease) -> Result<(), Error> {
        for attempt in self.attempts(trial)? {
            if !attempt.path().ends_with(lease.token()) {
                self.remove_attempt(attempt.path())?;
            }
        }
        // Left by a process that was killed in the meantime.
        let running = self.running(trial.id());
        for name in atomic::names(self.io(), &running, Kind::Folder)? {
            if name.strip_suffix(REMOVED).is_some_and(atomic::is_token) {
                remove_files(self.io(), &running.join(name))?;
            }
        }
        Ok(())
    }

    /// Removes the folder of an attempt whose process may still be alive. The folder is renamed first, so that this
    /// process can publish either the complete attempt or nothing.
    fn remove_attempt(&self, path: &Path) -> Result<(), Error> {
        let mut removed = path.as_os_str().to_owned();
        removed.push(REMOVED);
        match uninterrupted(|| self.io().rename(path, Path::new(&removed))) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(Error::write(path)(error)),
            Ok(()) => remove_files(self.io(), Path::new(&removed)),
        }
    }

    /// Cleans up after a killed process: publishes an attempt that had ended, and removes the attempts and leases of
    /// an ended trial. `lease` is the lease of the trial.
    ///
    /// # Errors
    /// I/O fails.
    pub fn tidy(&self, trial: &TrialFolder, lease: Lease) -> Result<(), Error> {
        self.recover(trial, &lease)?;
        if trial.status()? != Status::Pending {
            self.remove_other_attempts(trial, &lease)?;
            // Left by a process that was killed while it acquired the lease.
            atomic::remove_forgotten(self.io(), lease.folder())?;
            self.release(lease);
        }
        Ok(())
    }

    /// Releases the lease of an ended trial, and removes the folders that are then empty.
    fn release(&self, lease: Lease) {
        lease.release_for_good();
        let _ = self.io().remove_folder(&self.root().join(RUNNING));
    }

    /// An attempt at a trial that nobody runs.
    #[cfg(test)]
    pub(crate) fn attempt(&self, id: &str) -> Attempt {
        let trial = self.trial(id).unwrap();
        let leases = Leases::start(self.shared_io()).unwrap();
        let Acquisition::Acquired(lease) = self.acquire(&trial, &leases).unwrap() else {
            panic!("{id} is held")
        };
        self.begin(&trial, lease, self.standing(&trial).unwrap(), "").unwrap()
    }

    /// Ids of the trials that have attempts or leases.
    ///
    /// # Errors
    /// I/O fails.
    pub fn attempted(&self) -> Result<Vec<String>, Error> {
        atomic::names(self.io(), &self.root().join(RUNNING), Kind::Folder)
    }
}

impl Attempt {
    /// The folder of the attempt.
    #[must_use]
    pub fn folder(&self) -> &TrialFolder {
        &self.folder
    }

    /// The clock and the file system.
    #[must_use]
    pub fn io(&self) -> &dyn Io {
        self.store.io()
    }

    /// Returns true if no other process has taken over the trial. A process that lost its trial does no harm, but
    /// its work is wasted.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.lease.is_held()
    }

    /// The folders that may hold the state of an earlier run of the trial, or of the trial `paused`, which it
    /// continues.
    ///
    /// # Errors
    /// I/O fails.
    pub fn earlier(&self, paused: Option<&str>) -> Result<Vec<TrialFolder>, Error> {
        let mut folders = self.store.stateful(&self.ended, paused)?;
        folders.retain(|folder| folder.path() != self.folder.path());
        Ok(folders)
    }

    /// Writes a file of the trial and syncs its contents.
    ///
    /// # Errors
    /// I/O fails, here and below.
    pub fn write(&self, name: &str, contents: &[u8]) -> Result<(), Error> {
        atomic::write_contents_synced(self.io(), &self.folder.path().join(name), contents)
    }

    /// Writes a table as [`write`](Self::write) does.
    ///
    /// # Errors
    /// I/O fails.
    pub fn write_rows<R: TrialFile>(&self, rows: &[R]) -> Result<(), Error> {
        let text = tables::text(rows).map_err(Error::write(&self.folder.path().join(R::FILE)))?;
        self.write(R::FILE, &text)
    }

    /// Writes `epochs.csv` and `timing.csv` of a trial in training, and then `state.safetensors`, from which it can be
    /// resumed. The files are not synced: a power cut may tear them, which the state's digest detects.
    ///
    /// # Errors
    /// I/O fails.
    pub fn write_progress(&self, progress: &Progress<'_>) -> Result<(), Error> {
        let Progress { epochs, timings, state } = *progress;
        let files = [(file::EPOCHS, epochs), (file::TIMING, timings), (file::STATE, state)];
        files.into_iter().try_for_each(|(name, bytes)| {
            atomic::write_unsynced(self.io(), &self.folder.path().join(name), bytes)
        })
    }

    /// As [`write_progress`](Self::write_progress) with a sync; then removes the earlier attempts, which are no longer
    /// needed.
    ///
    /// # Errors
    /// I/O fails.
    pub fn take_over(&self, progress: &Progress<'_>) -> Result<(), Error> {
        let Progress { epochs, timings, state } = *progress;
        for (name, bytes) in [(file::EPOCHS, epochs), (file::TIMING, timings), (file::STATE, state)] {
            self.write(name, bytes)?;
        }
        atomic::sync_folder(self.io(), self.folder.path())?;
        self.store.remove_other_attempts(&self.ended, &self.lease)
    }

    /// Removes `state.safetensors` of a trial that has trained all epochs.
    ///
    /// # Errors
    /// I/O fails.
    pub fn remove_state(&self) -> Result<(), Error> {
        atomic::remove(self.io(), &self.folder.path().join(file::STATE))
    }

    /// Writes `provenance.json`.
    ///
    /// # Errors
    /// I/O fails.
    pub fn write_provenance(&self, provenance: &impl Serialize) -> Result<(), Error> {
        let path = self.folder.path().join(file::PROVENANCE);
        let text =
            serde_json::to_string_pretty(provenance).map_err(|error| Error::write(&path)(error.into()))?;
        self.write(file::PROVENANCE, (text + "\n").as_bytes())
    }

    /// Ends the trial: writes `result.json` with the checksums of the attempt's files, and renames the attempt's folder
    /// to that of the ended trial.
    ///
    /// # Errors
    /// I/O fails. If the result has been written, the next process publishes it.
    pub fn finish(self, outcome: &Outcome) -> Result<Publication, Error> {
        self.folder.seal(outcome)?;
        if !self.is_held() {
            return Ok(Publication::Lost);
        }
        let published = self.store.publish(&self.folder, &self.ended, &self.standing)?;
        if published == Publication::Yes {
            self.store.remove_other_attempts(&self.ended, &self.lease)?;
            self.store.release(self.lease);
        }
        Ok(published)
    }
}

/// Returns true if a folder was not renamed because the target holds files.
fn is_occupied(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists | ErrorKind::NotADirectory)
}

/// Removes the files that an attempt writes, and its folder if it is then empty.
fn remove_files(io: &dyn Io, path: &Path) -> Result<(), Error> {
    for name in atomic::names(io, path, Kind::File)? {
        if file::ALL.contains(&name.as_str()) || atomic::is_unfinished(name.as_ref()) {
            atomic::remove(io, &path.join(name))?;
        }
    }
    // A folder with files of the user stays.
    let _ = io.remove_folder(path);
    Ok(())
}

#[cfg(test)]
mod tests;
