//! Reservation of memory before it is allocated: a failed allocation ends the process and every trial in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use crate::threads::lock;

/// Memory for other needs of the process: tables, buffers, stacks of threads.
const MARGIN: u64 = 16 << 20;

/// Smallest piece that is probed for.
const MIN_PIECE: usize = 16 << 20;

/// Bytes that are reserved and not allocated yet.
static RESERVED: Mutex<u64> = Mutex::new(0);

/// Memory that the system does not give.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("about {} MiB of memory are needed, which the system does not give", .needed.div_ceil(1 << 20))]
pub struct Shortage {
    /// Bytes requested.
    pub needed: u64,
    /// True if others in this process have reserved memory, which they release when they end.
    pub shared: bool,
}

/// Memory that its owner may allocate.
#[derive(Debug)]
pub struct Reservation {
    bytes: u64,
}

impl Reservation {
    /// Reserves memory in addition to all other reservations. `piece` is the size of the largest allocation.
    ///
    /// # Errors
    /// The system does not give as much.
    pub fn take(bytes: u64, piece: u64) -> Result<Self, Shortage> {
        let mut reserved = reserved();
        let all = reserved.saturating_add(bytes);
        if !is_available(all.saturating_add(MARGIN), piece) {
            return Err(Shortage { needed: bytes, shared: *reserved > 0 });
        }
        *reserved = all;
        Ok(Self { bytes })
    }

    /// Reduces the reservation to the `rest` bytes that are not allocated yet.
    pub fn reduce_to(&mut self, rest: u64) {
        let rest = rest.min(self.bytes);
        *reserved() -= self.bytes - rest;
        self.bytes = rest;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.reduce_to(0);
    }
}

/// Checks that an allocation in one piece would succeed.
///
/// # Errors
/// The system does not give as much.
pub fn check(bytes: u64) -> Result<(), Shortage> {
    Reservation::take(bytes, bytes).map(drop)
}

fn reserved() -> MutexGuard<'static, u64> {
    lock(&RESERVED)
}

fn is_available(bytes: u64, piece: u64) -> bool {
    let (Ok(count), Ok(piece)) = (usize::try_from(bytes), usize::try_from(piece)) else { return false };
    let free = [machine(), control_groups()].into_iter().flatten().min();
    free.is_none_or(|free| bytes <= free) && can_reserve(count, piece)
}

/// True if the allocator gives as many bytes; it knows its free memory and the limit on the address space
/// (`ulimit -v`).
fn can_reserve(bytes: usize, min_piece: usize) -> bool {
    let (mut left, mut size) = (bytes, bytes);
    let mut pieces = Vec::new();
    while left > 0 {
        let mut piece = Vec::<u8>::new();
        if piece.try_reserve_exact(size.min(left)).is_ok() {
            left -= size.min(left);
            pieces.push(piece);
        } else if size > min_piece.max(MIN_PIECE) {
            size = (size / 2).max(min_piece);
        } else {
            return false;
        }
    }
    true
}

/// Total memory and swap of the machine; Linux grants allocations beyond it.
fn machine() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let kibibytes = |name: &str| -> Option<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':').trim().strip_suffix("kB")?.trim().parse().ok()
    };
    Some((kibibytes("MemTotal")? + kibibytes("SwapTotal").unwrap_or_default()) << 10)
}

/// Memory that the control groups of this process leave, such as those of a job or a container.
fn control_groups() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let left = groups.lines().filter_map(|line| {
        let (_, named) = line.split_once(':')?;
        let (controllers, path) = named.split_once(':')?;
        let (root, files) = match controllers {
            "" => ("/sys/fs/cgroup", UNIFIED),
            controllers if controllers.split(',').any(|name| name == "memory") => {
                ("/sys/fs/cgroup/memory", FIRST_VERSION)
            }
            _ => return None,
        };
        let folder = PathBuf::from(root).join(path.trim_start_matches('/'));
        let within = folder.ancestors().take_while(|folder| folder.starts_with(root));
        within.filter_map(|folder| left(folder, files)).min()
    });
    left.min()
}

/// Names of the limit, of the usage, and of the part of the usage that is a cache of files.
type Files = [&'static str; 3];

const UNIFIED: Files = ["memory.max", "memory.current", "inactive_file "];
const FIRST_VERSION: Files = ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "];

/// Memory that a group leaves; `None` if it has no limit.
fn left(group: &Path, [limit, used, cached]: Files) -> Option<u64> {
    let read = |name: &str| fs::read_to_string(group.join(name)).ok();
    let number = |name: &str| -> Option<u64> { read(name)?.trim().parse().ok() };
    let cache = read("memory.stat")
        .and_then(|text| text.lines().find_map(|line| line.strip_prefix(cached)?.trim().parse::<u64>().ok()));
    let used = number(used)?.saturating_sub(cache.unwrap_or_default());
    Some(number(limit)?.saturating_sub(used))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_any_machine_has_is_refused() {
        for bytes in [u64::MAX, 1 << 50] {
            let shortage = check(bytes).unwrap_err();
            assert_eq!(shortage.needed, bytes);
            assert!(shortage.to_string().contains("MiB of memory"), "{shortage}");
        }
        check(1 << 20).unwrap();
    }

    #[test]
    fn reserved_memory_counts() {
        let Some(all) = machine() else { return };
        let half = all / 2;
        let Ok(mut first) = Reservation::take(half, 1) else { return };
        let refused = Reservation::take(all - half, 1).unwrap_err();
        assert!(refused.shared);
        first.reduce_to(0);
        drop(Reservation::take(half, 1).unwrap());
    }

    #[test]
    fn a_group_leaves_its_limit_less_what_is_used_and_no_cache() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        assert_eq!(left(folder.path(), UNIFIED), None);
        write("memory.current", "700\n");
        write("memory.stat", "anon 500\ninactive_file 150\nactive_file 50\n");
        write("memory.max", "max\n");
        assert_eq!(left(folder.path(), UNIFIED), None);
        write("memory.max", "1000\n");
        assert_eq!(left(folder.path(), UNIFIED), Some(450));
        write("memory.max", "500\n");
        assert_eq!(left(folder.path(), UNIFIED), Some(0));
        write("memory.limit_in_bytes", "900\n");
        write("memory.usage_in_bytes", "800\n");
        assert_eq!(left(folder.path(), FIRST_VERSION), Some(100));
    }
}
