//! The lock that serialises merges of several processes into one folder.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use crate::store::io::{Io, Lock};

/// Longest wait for another merge: a stopped process must not stop others.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(10);

/// Waits until no other process merges into the folder `root`; other processes wait until the returned lock is
/// dropped. The system releases the lock of a process that dies. If the file system does not support locks, or after
/// [`PATIENCE`], the merge starts without the lock: each table is then complete, but the tables may come from two
/// merges, which their checksums show.
pub(super) fn acquire(io: &dyn Io, root: &Path) -> Option<Lock> {
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
