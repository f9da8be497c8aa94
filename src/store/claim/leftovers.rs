//! What a process that was killed between a trial's marker and its cleaning left behind.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};

use super::link::chain;
use super::{Claiming, Claims, Held};
use crate::store::{Error, Status, TrialFolder, atomic, file};

impl TrialFolder {
    /// Removes what only a running trial has from the folder of one that has ended: claims,
    /// half-written files and, where it is complete, its state. A trial that a living
    /// process holds is left alone.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn tidy(&self) -> Result<(), Error> {
        if self.leftovers()?.is_empty() {
            return Ok(());
        }
        // A dead claim is succeeded, as by a process that runs the trial, and goes with ours.
        let Claiming::Ours(claim) = brief().claim(self)? else { return Ok(()) };
        let ours: Vec<_> = chain(self)?.into_iter().map(|link| link.path).collect();
        // Once more: until it was ours, another process may have begun it anew.
        for path in self.leftovers()?.iter().filter(|path| !ours.contains(path)) {
            atomic::remove(path)?;
        }
        drop(claim);
        Ok(())
    }

    /// The files that an ended trial does not have; none where it has not ended.
    fn leftovers(&self) -> Result<Vec<PathBuf>, Error> {
        let entries = match fs::read_dir(self.path()) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(Error::read(self.path()))?,
        };
        let (mut states, mut others) = (Vec::new(), Vec::new());
        for entry in entries {
            let path = entry.map_err(Error::read(self.path()))?.path();
            match path.file_name().unwrap_or_default().to_string_lossy().as_ref() {
                file::STATE => states.push(path),
                name if name.starts_with("claim.") || name.ends_with(file::UNFINISHED) => others.push(path),
                _ => {}
            }
        }
        if states.is_empty() && others.is_empty() {
            return Ok(others);
        }
        Ok(match self.status() {
            Status::Pending => Vec::new(),
            Status::Complete => [states, others].concat(),
            // It is run once more from its state, when that is asked for.
            Status::Diverged | Status::Failed | Status::TimedOut => others,
        })
    }
}

/// Claims that are held for less than a heartbeat.
fn brief() -> Claims {
    Claims { held: Arc::<Held>::default(), _heart: mpsc::channel().0 }
}
