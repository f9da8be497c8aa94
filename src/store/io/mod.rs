//! Every effect of the store on the world: files, the clock, and the processes that run.
//!
//! The store calls nothing else, so a test can replace all of it: [`Disk`] is the operating system, and the
//! tests have a simulated one that fails, stops, loses power and skews clocks at any call.

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
#[expect(clippy::missing_errors_doc, reason = "they are said once, above")]
pub trait Io: fmt::Debug + Send + Sync {
    /// Creates a file for writing; an error of kind [`ErrorKind::AlreadyExists`] if there is one.
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn NewFile>>;

    /// The content of a regular file of at most `limit` bytes.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>>;

    /// Facts about a path.
    fn stat(&self, path: &Path) -> io::Result<Stat>;

    /// The entries of a folder, in no order.
    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>>;

    /// Renames a file or folder. A file replaces a file; a folder replaces none but an empty one.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Gives a file a second name; an error of kind [`ErrorKind::AlreadyExists`] where `to` exists.
    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;

    /// Creates a folder in one that exists.
    fn create_folder(&self, path: &Path) -> io::Result<()>;

    /// Removes an empty folder.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;

    /// Waits until the names in a folder are on the disk.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;

    /// Sets the time at which a file was modified.
    fn touch(&self, path: &Path, time: SystemTime) -> io::Result<()>;

    /// Locks a folder for this process, as far as the file system knows locks; an error of kind
    /// [`ErrorKind::WouldBlock`] where another process has locked it. Nothing but waiting may depend on it.
    fn try_lock(&self, folder: &Path) -> io::Result<Lock>;

    /// The clock of this host, which other hosts need not share.
    fn now(&self) -> SystemTime;

    /// Time since some moment in the past; it never runs backwards.
    fn elapsed(&self) -> Duration;

    /// Waits.
    fn sleep(&self, time: Duration);

    /// A number that no other call gives.
    fn random(&self) -> u64;

    /// This process.
    fn process(&self) -> Process;

    /// True if a process runs; `None` if that cannot be known here, as for a process of another host or one
    /// that is stopped.
    fn is_running(&self, process: &Process) -> Option<bool>;

    /// Calls `tick` each time `period` has passed, until the timer is dropped.
    fn timer(&self, period: Duration, tick: Box<dyn FnMut() + Send>) -> io::Result<Timer>;
}

/// A file that was just created.
pub trait NewFile: Write + Send {
    /// Waits until the content is on the disk.
    ///
    /// # Errors
    /// As the operating system gives them.
    fn sync(&mut self) -> io::Result<()>;

    /// When the file was modified, by the clock of its file system.
    ///
    /// # Errors
    /// As the operating system gives them.
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
    /// A symbolic link, a FIFO, a socket or a device: nothing that the store writes.
    Other,
}

/// Facts about a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// The kind of file.
    pub kind: Kind,
    /// Bytes of a file.
    pub len: u64,
    /// When it was modified, by the clock of its file system.
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

/// A process, as well as it can be told from every other one.
///
/// A process id names one process only within one boot of one kernel and one of its pid namespaces (containers
/// have their own), and is used again later: hence the start time and the namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Name of its host, for people: two machines may share one.
    pub host: String,
    /// Process id there.
    pub pid: u32,
    /// When it started, in the kernel's ticks; absent if the system hides it.
    pub started: Option<u64>,
    /// Boot and pid namespace within which `pid` names one process; absent if the system hides it.
    pub namespace: Option<String>,
}

impl Process {
    /// True if both are the same one.
    pub(super) fn is(&self, other: &Self) -> bool {
        let same_host = self.namespace.is_some() || self.host == other.host;
        same_host && (self.pid, self.started, &self.namespace) == (other.pid, other.started, &other.namespace)
    }
}

/// Repeats a call that a signal interrupted.
pub(super) fn uninterrupted<T>(call: impl Fn() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// The error for a path that names something else than a regular file.
pub(super) fn not_regular() -> io::Error {
    io::Error::new(
        ErrorKind::InvalidInput,
        "it is not the regular file or folder that is expected here, but a link, FIFO, device or the like; move it out \
         of the results",
    )
}

/// The error for a file that is larger than anything the program writes there.
fn too_large(len: u64, limit: u64) -> io::Error {
    io::Error::new(ErrorKind::FileTooLarge, format!("it has {len} bytes, more than the {limit} it may have"))
}
