//! All effects of the store: files, the clock and processes.
//!
//! The store has no other effects, so a test can replace them: [`Disk`] is the operating system, and the tests use
//! a simulated one that fails, stops, loses power and skews clocks at any call.

mod disk;
#[cfg(test)]
pub(crate) mod simulated;

pub use disk::{Disk, read_file};

use std::ffi::OsString;
use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The operating system, as the store uses it. Paths are used as they are given; no call follows a symbolic
/// link in a path's last component.
///
/// Every call that returns a result gives the errors of the operating system.
#[expect(clippy::missing_errors_doc, reason = "the comment of the trait describes the errors of all calls")]
pub trait Io: fmt::Debug + Send + Sync {
    /// Creates a file for writing; an error of kind [`ErrorKind::AlreadyExists`] if it exists.
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn NewFile>>;

    /// The content of a regular file of at most `limit` bytes.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>>;

    /// Facts about a path.
    fn stat(&self, path: &Path) -> io::Result<Stat>;

    /// The entries of a folder, in no order.
    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>>;

    /// Renames a file or folder. A file replaces a file; a folder only replaces an empty folder.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Creates a hard link; an error of kind [`ErrorKind::AlreadyExists`] if `to` exists.
    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;

    /// Creates a folder in an existing folder.
    fn create_folder(&self, path: &Path) -> io::Result<()>;

    /// Removes an empty folder.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;

    /// Syncs the names in a folder to disk.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;

    /// Sets the time at which a file was modified.
    fn touch(&self, path: &Path, time: SystemTime) -> io::Result<()>;

    /// Locks a folder for this process if the file system supports locks; an error of kind
    /// [`ErrorKind::WouldBlock`] if another process has locked it. The lock is only advisory: correctness must not
    /// depend on it.
    fn try_lock(&self, folder: &Path) -> io::Result<Lock>;

    /// The clock of this host, from which the clocks of other hosts may differ.
    fn now(&self) -> SystemTime;

    /// Monotonic time since an arbitrary moment.
    fn elapsed(&self) -> Duration;

    /// Sleeps.
    fn sleep(&self, time: Duration);

    /// A random number that no other call returns.
    fn random(&self) -> u64;

    /// This process.
    fn process(&self) -> Process;

    /// Returns true if a process is running; `None` if this cannot be determined here, as for a process of another
    /// host or a stopped one.
    fn is_running(&self, process: &Process) -> Option<bool>;

    /// Calls `tick` each time `period` has passed, until the timer is dropped.
    fn timer(&self, period: Duration, tick: Box<dyn FnMut() + Send>) -> io::Result<Timer>;
}

/// A newly created file.
pub trait NewFile: Write + Send {
    /// Syncs the content to disk.
    ///
    /// # Errors
    /// Those of the operating system.
    fn sync(&mut self) -> io::Result<()>;

    /// Modification time of the file by the clock of its file system.
    ///
    /// # Errors
    /// Those of the operating system.
    fn modified(&self) -> io::Result<SystemTime>;
}

/// Unlocks its folder when dropped.
pub struct Lock(#[expect(dead_code, reason = "it is held for its drop")] Box<dyn Send>);

/// Stops its timer when dropped.
pub struct Timer(pub Box<dyn Send + Sync>);

/// The kind of file that a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, a FIFO, a socket or a device, none of which the store writes.
    Other,
}

/// Facts about a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// The kind of file.
    pub kind: Kind,
    /// Bytes of a file.
    pub len: u64,
    /// Modification time by the clock of its file system.
    pub modified: SystemTime,
}

/// An entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: OsString,
    /// The kind of file.
    pub kind: Kind,
}

/// The identity of a process.
///
/// A process id identifies a process only within one boot of one kernel and one of its pid namespaces (containers
/// have their own), and is reused later. The start time and the namespace make it unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Name of its host, for messages: two machines may have the same name.
    pub host: String,
    /// Process id there.
    pub pid: u32,
    /// Start time in the kernel's ticks; absent if the system hides it.
    pub started: Option<u64>,
    /// Boot and pid namespace in which `pid` is unique; absent if the system hides it.
    pub namespace: Option<String>,
}

impl Process {
    /// Returns true if both are the same process.
    pub(super) fn is(&self, other: &Self) -> bool {
        let same_host = self.namespace.is_some() || self.host == other.host;
        same_host && (self.pid, self.started, &self.namespace) == (other.pid, other.started, &other.namespace)
    }
}

/// Repeats a call that a signal interrupted.
pub(super) fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// The error for a path that is not a regular file.
pub(super) fn not_regular() -> io::Error {
    io::Error::new(
        ErrorKind::InvalidInput,
        "it is not the regular file or folder that is expected here, but a link, FIFO, device or the like; move it out \
         of the results",
    )
}

/// The error for a file that is larger than the program writes there.
fn too_large(len: u64, limit: u64) -> io::Error {
    io::Error::new(ErrorKind::FileTooLarge, format!("it has {len} bytes, more than the {limit} it may have"))
}
