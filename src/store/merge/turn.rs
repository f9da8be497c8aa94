//! Merges of several processes into one folder, one after the other.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long another merge is waited for: a process that was stopped must not stop others.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(10);

/// Waits until no other process merges into the folder `root`, and keeps others waiting while what
/// it returns lives. The system lets go of the lock of a process that dies. Where the file system
/// knows no locks, and after [`PATIENCE`], nothing is waited for: the tables that come out are whole,
/// but may be of two merges, which their checksums tell.
pub(super) fn take(root: &Path) -> Option<File> {
    let folder = File::open(root).ok()?;
    let start = Instant::now();
    loop {
        match folder.try_lock() {
            Ok(()) => return Some(folder),
            Err(TryLockError::WouldBlock) if start.elapsed() < PATIENCE => sleep(POLL),
            Err(_) => return None,
        }
    }
}
