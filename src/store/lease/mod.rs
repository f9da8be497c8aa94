//! Leases: the right of one process to work in a folder while several processes share a sweep.
//!
//! A lease is a file that only one process can create, and that it renames when it releases the folder:
//!
//! ```text
//! lease-1.json        of a process that died
//! lease-2.json        of the one that took over
//! lease-2.released    the same lease after its release
//! ```
//!
//! The process of the highest number holds the folder. A lease is dead when its process is dead or, if that cannot
//! be determined, when its heartbeat has stopped. The process that finds a lease dead does not remove it, since
//! another process may do the same at the same moment: it creates the next number. Each number is created once, and
//! numbers only rise, so one of the processes that find a folder free acquires it. It then removes the lower numbers.
//!
//! A lease avoids duplicate work; it protects no file. A process that was suspended for minutes may still rely on a
//! lease that another process has succeeded, so its writes must then do no harm: see [`Attempt`](super::Attempt).

mod holder;
#[cfg(test)]
mod tests;

pub use holder::Holder;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::io::{Io, Kind, Timer, uninterrupted};
use super::{Error, atomic, limit};
use crate::threads::lock;

/// Interval at which a living process touches its leases.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Time after its last heartbeat at which a lease is dead. It is many heartbeats, because a file server may stall, and
/// longer than clients cache a file's times.
const STALE: Duration = Duration::from_mins(5);

/// Tokens and files of the leases that this process holds.
type Held = Mutex<HashMap<String, PathBuf>>;

/// The leases of this process, kept alive by one timer.
pub struct Leases {
    io: Arc<dyn Io>,
    held: Arc<Held>,
    _heartbeat: Timer,
}

/// The result of acquiring a lease.
pub enum Acquisition {
    /// The lease was acquired.
    Acquired(Lease),
    /// A living process holds the folder; `None` if that process is just acquiring or releasing it.
    Held(Option<Holder>),
}

/// The right to work in a folder. Dropping the lease releases it.
pub struct Lease {
    io: Arc<dyn Io>,
    folder: PathBuf,
    number: u64,
    token: String,
    held: Arc<Held>,
}

impl Leases {
    /// No leases yet.
    ///
    /// # Errors
    /// The timer cannot be started.
    pub fn start(io: Arc<dyn Io>) -> io::Result<Self> {
        let held = Arc::<Held>::default();
        let (beating, clock) = (Arc::clone(&held), Arc::clone(&io));
        let heartbeat = io.timer(HEARTBEAT, Box::new(move || beat(&*clock, &beating)))?;
        Ok(Self { io, held, _heartbeat: heartbeat })
    }

    /// Acquires the lease of `folder`, which exists, unless a living process holds it.
    ///
    /// # Errors
    /// I/O fails.
    pub fn acquire(&self, folder: &Path) -> Result<Acquisition, Error> {
        let io = &*self.io;
        let last = numbers(io, folder)?.last().copied();
        if let Some((number, false)) = last
            && let Some(lease) = LeaseFile::read(io, folder, number)?
            && lease.is_alive(io, folder, Some(&self.held))
        {
            return Ok(Acquisition::Held(lease.holder));
        }
        let holder = Holder::new(io);
        let number = last.map_or(0, |(number, _)| number) + 1;
        let path = file_of(folder, number);
        // Registered before the file exists, so that no thread of this process finds a lease without a holder.
        lock(&self.held).insert(holder.token.clone(), path.clone());
        let lease = Lease {
            io: Arc::clone(&self.io),
            folder: folder.to_owned(),
            number,
            token: holder.token.clone(),
            held: Arc::clone(&self.held),
        };
        let text =
            serde_json::to_string_pretty(&holder).map_err(|error| Error::write(&path)(error.into()))?;
        if !atomic::create_once(io, &path, (text + "\n").as_bytes())? {
            return Ok(Acquisition::Held(holder_of(io, folder)?));
        }
        // The list may be stale: other processes may have acquired and released leases since.
        if numbers(io, folder)?.last() != Some(&(number, false)) {
            return Ok(Acquisition::Held(holder_of(io, folder)?));
        }
        lease.remove_lower()?;
        Ok(Acquisition::Acquired(lease))
    }
}

impl Lease {
    /// Returns true if the lease is still held, and also if I/O fails.
    #[must_use]
    pub fn is_held(&self) -> bool {
        let io = &*self.io;
        let next = self.number + 1;
        let is_succeeded = [file_of(&self.folder, next), released(&self.folder, next)]
            .iter()
            .any(|path| uninterrupted(|| io.stat(path)).is_ok());
        atomic::exists(io, &file_of(&self.folder, self.number)) && !is_succeeded
    }

    /// The unique token of this lease: 16 hex digits.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The folder of the lease.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn io(&self) -> &Arc<dyn Io> {
        &self.io
    }

    /// Removes the leases before this one.
    fn remove_lower(&self) -> Result<(), Error> {
        for (number, is_released) in numbers(&*self.io, &self.folder)? {
            if number < self.number {
                let path = if is_released { released } else { file_of };
                atomic::remove(&*self.io, &path(&self.folder, number))?;
            }
        }
        Ok(())
    }

    /// Releases the folder, which is no longer needed, and removes it if it is empty.
    pub(super) fn release_for_good(self) {
        let (io, folder, number) = (Arc::clone(&self.io), self.folder.clone(), self.number);
        drop(self);
        // Folders stay if another process works there, or if they hold files of the user.
        let _ = atomic::remove(&*io, &released(&folder, number));
        let _ = io.remove_folder(&folder);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        lock(&self.held).remove(&self.token);
        let own = file_of(&self.folder, self.number);
        let is_own = LeaseFile::read(&*self.io, &self.folder, self.number)
            .is_ok_and(|lease| lease.is_some_and(|lease| lease.has_token(&self.token)));
        if is_own {
            // A lease that cannot be renamed dies with this process.
            let _ = uninterrupted(|| self.io.rename(&own, &released(&self.folder, self.number)));
        }
    }
}

/// The living process that holds `folder`, if there is one.
pub(super) fn holder(io: &dyn Io, folder: &Path) -> Result<Option<Holder>, Error> {
    let Some(&(number, false)) = numbers(io, folder)?.last() else { return Ok(None) };
    let lease = LeaseFile::read(io, folder, number)?;
    Ok(lease.filter(|lease| lease.is_alive(io, folder, None)).and_then(|lease| lease.holder))
}

/// The process that holds `folder`, alive or not.
fn holder_of(io: &dyn Io, folder: &Path) -> Result<Option<Holder>, Error> {
    let Some(&(number, false)) = numbers(io, folder)?.last() else { return Ok(None) };
    Ok(LeaseFile::read(io, folder, number)?.and_then(|lease| lease.holder))
}

/// A lease on disk.
struct LeaseFile {
    path: PathBuf,
    /// Its process; `None` if the file is incomplete, as a file system without hard links may leave it.
    holder: Option<Holder>,
}

impl LeaseFile {
    fn read(io: &dyn Io, folder: &Path, number: u64) -> Result<Option<Self>, Error> {
        let path = file_of(folder, number);
        let Some(text) = atomic::read(io, &path, limit::RECORD)? else { return Ok(None) };
        let holder = serde_json::from_slice(&text).ok();
        let holder = holder.filter(|holder: &Holder| atomic::is_token(&holder.token));
        Ok(Some(Self { path, holder }))
    }

    fn has_token(&self, token: &str) -> bool {
        self.holder.as_ref().is_some_and(|holder| holder.token == token)
    }

    /// Returns true if its process runs or, if that cannot be determined, may run. A process knows its own leases: a
    /// lease that it failed to write or remove is dead.
    fn is_alive(&self, io: &dyn Io, folder: &Path, held: Option<&Held>) -> bool {
        let runs = self.holder.as_ref().and_then(|holder| match held {
            Some(held) if holder.process().is(&io.process()) => Some(lock(held).contains_key(&holder.token)),
            _ => io.is_running(&holder.process()),
        });
        // Without the time of the file system, as on a read-only one, the process may be alive.
        runs.unwrap_or_else(|| self.age(io, folder).is_none_or(|age| age < STALE))
    }

    /// Time since the last heartbeat, by the clock of the file system.
    fn age(&self, io: &dyn Io, folder: &Path) -> Option<Duration> {
        let modified = uninterrupted(|| io.stat(&self.path)).ok()?.modified;
        let now = atomic::clock(io, folder).ok()?;
        Some(now.duration_since(modified).unwrap_or_default())
    }
}

/// The file of the lease of this number.
fn file_of(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("lease-{number}.json"))
}

/// The file of a lease of this number that was released.
fn released(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("lease-{number}.released"))
}

/// The number in the name of a lease, and whether it was released.
fn number_of(name: &str) -> Option<(u64, bool)> {
    let (digits, ending) = name.strip_prefix("lease-")?.split_once('.')?;
    let number: u64 = digits.parse().ok()?;
    let is_plain = number.to_string() == digits && (1..u64::MAX).contains(&number);
    let is_released = match ending {
        "json" => false,
        "released" => true,
        _ => return None,
    };
    is_plain.then_some((number, is_released))
}

/// The numbers of the leases in `folder`, ascending, each with true if it was released.
fn numbers(io: &dyn Io, folder: &Path) -> Result<Vec<(u64, bool)>, Error> {
    let names = atomic::names(io, folder, Kind::File)?;
    let mut numbers: Vec<_> = names.iter().filter_map(|name| number_of(name)).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Touches the leases that are held.
fn beat(io: &dyn Io, held: &Held) {
    let paths: Vec<_> = lock(held).values().cloned().collect();
    for path in paths {
        // A failed heartbeat is repeated many times before the lease is dead.
        let now = atomic::clock(io, path.parent().unwrap_or(Path::new(".")));
        let _ = now.and_then(|now| io.touch(&path, now));
    }
}
