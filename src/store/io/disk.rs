//! The store's effects by the operating system.

use std::collections::hash_map::RandomState;
use std::convert::Infallible;
use std::fs::{self, File, FileType, OpenOptions};
use std::hash::BuildHasher;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::{Entry, Io, Kind, Lock, NewFile, Process, Stat, Timer, not_regular, too_large};
use crate::store::limit;

/// The file system, clock and processes of this machine.
#[derive(Debug, Clone, Copy)]
pub struct Disk;

impl Disk {
    /// A shared instance for a store.
    #[must_use]
    pub fn shared() -> Arc<dyn Io> {
        Arc::new(Self)
    }
}

/// The content of a regular file of a results folder. Unlike [`std::fs::read`], it rejects links, FIFOs, devices and
/// files that are larger than any table.
///
/// # Errors
/// The file is not a regular file, or is too large, or I/O fails.
pub fn read_file(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    Disk.read(path.as_ref(), limit::TABLE)
}

impl Io for Disk {
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn NewFile>> {
        Ok(Box::new(File::create_new(path)?))
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        // Metadata of the opened file: opening makes a network file system query its server.
        let file = open(path)?;
        let facts = file.metadata()?;
        if !facts.is_file() {
            return Err(not_regular());
        }
        if facts.len() > limit {
            return Err(too_large(facts.len(), limit));
        }
        let mut content = Vec::new();
        content.try_reserve_exact(facts.len() as usize)?;
        // The file may have grown since.
        file.take(limit + 1).read_to_end(&mut content)?;
        if content.len() as u64 > limit { Err(too_large(content.len() as u64, limit)) } else { Ok(content) }
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        let facts = fs::symlink_metadata(path)?;
        Ok(Stat { kind: kind(facts.file_type()), len: facts.len(), modified: facts.modified()? })
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let entry = |entry: io::Result<fs::DirEntry>| {
            let entry = entry?;
            Ok(Entry { name: entry.file_name(), kind: kind(entry.file_type()?) })
        };
        fs::read_dir(folder)?.map(entry).collect()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    #[cfg(unix)]
    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    /// Other systems cannot open a folder as a file; they keep the order of renames.
    #[cfg(not(unix))]
    fn sync_folder(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn touch(&self, path: &Path, time: SystemTime) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true);
        let file = no_follow(&mut options).open(path)?;
        if file.metadata()?.is_file() { file.set_modified(time) } else { Err(not_regular()) }
    }

    fn try_lock(&self, folder: &Path) -> io::Result<Lock> {
        let file = File::open(folder)?;
        file.try_lock()?;
        Ok(Lock(Box::new(file)))
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn elapsed(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }

    fn sleep(&self, time: Duration) {
        thread::sleep(time);
    }

    fn random(&self) -> u64 {
        // The keys come from the system's generator, and differ for each call of a thread.
        RandomState::new().hash_one(process::id())
    }

    fn process(&self) -> Process {
        let pid = process::id();
        let namespace = namespace().map(str::to_owned);
        let started = namespace.as_ref().and_then(|_| stat_of(pid)).map(|stat| stat.started);
        Process { host: host(), pid, started, namespace }
    }

    fn is_running(&self, process: &Process) -> Option<bool> {
        let began = process.started?;
        if process.namespace.as_deref()? != namespace()? {
            return None;
        }
        match stat_of(process.pid) {
            Some(stat) if stat.started == began && !stat.ended => (!stat.stopped).then_some(true),
            _ => Some(false),
        }
    }

    fn timer(&self, period: Duration, mut tick: Box<dyn FnMut() + Send>) -> io::Result<Timer> {
        let (alive, ended) = mpsc::channel::<Infallible>();
        thread::Builder::new().name("timer".to_owned()).spawn(move || {
            while ended.recv_timeout(period) == Err(RecvTimeoutError::Timeout) {
                tick();
            }
        })?;
        Ok(Timer(Box::new(alive)))
    }
}

impl NewFile for File {
    fn sync(&mut self) -> io::Result<()> {
        self.flush()?;
        self.sync_all()
    }

    fn modified(&self) -> io::Result<SystemTime> {
        self.metadata()?.modified()
    }
}

/// Opens a file for reading, without waiting for the writer of a FIFO.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    no_follow(&mut options).open(path).map_err(|error| {
        // Systems return different errors for a link that must not be followed, so the file type is checked.
        let is_link = fs::symlink_metadata(path).is_ok_and(|facts| facts.file_type().is_symlink());
        if is_link { not_regular() } else { error }
    })
}

#[cfg(unix)]
fn no_follow(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
}

/// Other systems have few links, and no FIFOs among files.
#[cfg(not(unix))]
fn no_follow(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

fn kind(kind: FileType) -> Kind {
    if kind.is_file() {
        Kind::File
    } else if kind.is_dir() {
        Kind::Folder
    } else {
        Kind::Other
    }
}

/// The boot and pid namespace whose processes this one can see. `None` in three cases: off Linux; if processes of
/// other users are hidden, since a hidden process need not be dead; and if `/proc` belongs to another namespace, so
/// that its process ids are those of other processes.
fn namespace() -> Option<&'static str> {
    static NAMESPACE: OnceLock<Option<String>> = OnceLock::new();
    let read = || {
        fs::read("/proc/1/stat").ok()?;
        let own = fs::read_link("/proc/self").ok()?;
        if own.to_str()?.parse() != Ok(process::id()) {
            return None;
        }
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
        Some(format!("{} {}", boot.trim(), namespace.display()))
    };
    NAMESPACE.get_or_init(read).as_deref()
}

/// The fields of Linux's `/proc/<pid>/stat` for a process.
#[derive(Debug, PartialEq, Eq)]
struct ProcessStat {
    /// Ticks from the boot to its start.
    started: u64,
    /// True if it has ended and only waits for its parent to notice.
    ended: bool,
    /// True if a signal or a debugger stopped it.
    stopped: bool,
}

fn stat_of(pid: u32) -> Option<ProcessStat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Fields 3 and 22 of `/proc/<pid>/stat`.
fn parse_stat(stat: &str) -> Option<ProcessStat> {
    // The second field is the program's name in parentheses, which may hold any character.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?;
    let started = fields.nth(18)?.parse().ok()?;
    Some(ProcessStat { started, ended: matches!(state, "Z" | "X"), stopped: matches!(state, "T" | "t") })
}

fn host() -> String {
    let linux = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let named = ["HOSTNAME", "COMPUTERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    linux.or(named).map_or_else(|| "of unknown name".to_owned(), |name| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_found_behind_any_program_name() {
        let fields = " S 1 2 3 4 -1 4194304 116 0 0 0 0 0 0 0 20 0 1 0 450309 3133440 393";
        let running = ProcessStat { started: 450_309, ended: false, stopped: false };
        assert_eq!(parse_stat(&format!("19244 (cat){fields}")).as_ref(), Some(&running));
        assert_eq!(parse_stat(&format!("19244 (a) Z 1){fields}")).as_ref(), Some(&running));
        assert!(parse_stat(&format!("19244 (cat){}", fields.replace('S', "Z"))).unwrap().ended);
        assert!(parse_stat(&format!("19244 (cat){}", fields.replace('S', "T"))).unwrap().stopped);
        assert_eq!(parse_stat(""), None);
    }

    #[test]
    fn processes_of_another_host_cannot_be_observed() {
        let this = Disk.process();
        let elsewhere = Process { namespace: Some("another boot".to_owned()), ..this.clone() };
        assert_eq!(Disk.is_running(&elsewhere), None);
        assert_eq!(Disk.is_running(&Process { namespace: None, ..this.clone() }), None);
        assert_eq!(Disk.is_running(&Process { started: None, ..this }), None);
    }

    #[test]
    fn random_numbers_differ() {
        let numbers: std::collections::HashSet<_> = (0..100).map(|_| Disk.random()).collect();
        assert_eq!(numbers.len(), 100);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_runs_until_it_ends_and_is_not_judged_while_it_is_stopped() {
        let this = Disk.process();
        assert_eq!(Disk.is_running(&this), Some(true));
        let reused = Process { started: this.started.map(|ticks| ticks + 1), ..this.clone() };
        assert_eq!(Disk.is_running(&reused), Some(false));

        let mut child = process::Command::new("sleep").arg("60").spawn().unwrap();
        let started = stat_of(child.id()).map(|stat| stat.started);
        let other = Process { pid: child.id(), started, ..this };
        let becomes = |expected| {
            (0..500).any(|_| {
                thread::sleep(Duration::from_millis(10));
                Disk.is_running(&other) == expected
            })
        };
        let signal = |name: &str| {
            process::Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
        };
        assert!(becomes(Some(true)));
        signal("-STOP");
        assert!(becomes(None), "it is stopped");
        signal("-CONT");
        assert!(becomes(Some(true)));
        signal("-KILL");
        assert!(becomes(Some(false)), "a killed process counts as running until its parent has noticed");
        child.wait().unwrap();
        assert_eq!(Disk.is_running(&other), Some(false));
    }

    #[cfg(unix)]
    #[test]
    fn only_regular_files_of_bounded_size_are_read() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("file"), "12345").unwrap();
        assert_eq!(Disk.read(&path("file"), 5).unwrap(), b"12345");
        assert!(Disk.read(&path("file"), 4).unwrap_err().to_string().contains("5 bytes"));
        symlink(path("file"), path("link")).unwrap();
        symlink("/dev/zero", path("endless")).unwrap();
        assert!(process::Command::new("mkfifo").arg(path("fifo")).status().unwrap().success());
        for name in ["link", "endless", "fifo", "."] {
            let error = Disk.read(&path(name), 1 << 20).unwrap_err();
            assert!(error.to_string().contains("not the regular file"), "{name}: {error}");
            assert!(Disk.touch(&path(name), SystemTime::now()).is_err(), "{name}");
        }
    }
}
