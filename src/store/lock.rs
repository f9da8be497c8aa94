//! The lock that serialises what several processes write into the top of one results folder.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use super::Store;
use super::io::{Io, Lock};

/// Longest wait for another process: a stopped process must not stop others.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(10);

impl Store {
    /// Waits until no other process merges into the folder or adds to its ledger, and keeps others waiting
    /// while the result lives.
    pub(super) fn lock(&self) -> Option<Lock> {
        acquire(self.io(), self.root())
    }
}

/// Waits until no other process writes to the top of the folder `root`; other processes wait until the returned lock
/// is dropped. The system releases the lock of a process that dies. If the file system does not support locks, or
/// after [`PATIENCE`], the caller goes on without the lock: each table is then complete, but the tables may come from
/// two merges, which their checksums show.
fn acquire(io: &dyn Io, root: &Path) -> Option<Lock> {
    let start = io.elapsed();
    loop {
        match io.try_lock(root) {
            Ok(lock) => return Some(lock),
            Err(error)
                if error.kind() == ErrorKind::WouldBlock && io.elapsed().saturating_sub(start) < PATIENCE =>
            {
                io.sleep(POLL);
            }
            Err(_) => return None,
        }
    }
}
