//! Claims as files: a chain in which each succeeds a dead one.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Holder;
use crate::store::{Error, TrialFolder, atomic, checked, file};

/// How long after its last heartbeat a claim is dead. Many heartbeats, for a file server may
/// stall, and longer than clients keep a file's times before they ask for them again.
pub(super) const STALE: Duration = Duration::from_mins(5);

/// One claim in a trial's folder.
pub(super) struct Link {
    pub(super) path: PathBuf,
    /// Who made it; `None` while it is being written, or where a power cut tore it.
    pub(super) holder: Option<Holder>,
    /// Its last heartbeat, by the clock of the file system.
    modified: SystemTime,
}

impl Link {
    fn read(path: &Path) -> Result<Option<Self>, Error> {
        let read = || -> io::Result<Self> {
            // From the opened file: opening makes a network file system ask its server.
            let mut file = File::open(path)?;
            let mut text = Vec::new();
            file.read_to_end(&mut text)?;
            let holder = serde_json::from_slice(&text).ok();
            let holder = holder.filter(|holder: &Holder| checked(&holder.token).is_ok());
            Ok(Self { path: path.to_owned(), holder, modified: file.metadata()?.modified()? })
        };
        match read() {
            Err(error) if is_gone(&error) => Ok(None),
            link => link.map(Some).map_err(Error::read(path)),
        }
    }

    /// The name of the claim that succeeds this one as the chain's link `index`.
    pub(super) fn successor(&self, index: usize) -> PathBuf {
        let token = self.holder.as_ref().map_or("unreadable", |holder| &holder.token);
        self.path.with_file_name(format!("claim.{index}.{token}.json"))
    }

    /// Whether its process runs or, where that cannot be seen, may run.
    pub(super) fn is_alive(&self) -> bool {
        let runs = self.holder.as_ref().and_then(Holder::runs);
        // Where the file system tells no time, as one that may only be read, it may.
        runs.unwrap_or_else(|| self.age().is_none_or(|age| age < STALE))
    }

    /// Time since the last heartbeat.
    fn age(&self) -> Option<Duration> {
        let now = clock(self.path.parent()?).ok()?;
        Some(now.duration_since(self.modified).unwrap_or_default())
    }
}

/// The claims of a trial, each succeeding the one before; the last holds it.
pub(super) fn chain(folder: &TrialFolder) -> Result<Vec<Link>, Error> {
    let mut links = Vec::new();
    let mut path = folder.path().join(file::CLAIM);
    while let Some(link) = Link::read(&path)? {
        path = link.successor(links.len() + 1);
        links.push(link);
    }
    Ok(links)
}

/// Creates a claim; `false` where there is one of that name.
pub(super) fn create(path: &Path, holder: &Holder) -> Result<bool, Error> {
    let mut file = match File::create_new(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(false),
        created => created.map_err(Error::write(path))?,
    };
    let write = |file: &mut File| -> io::Result<()> {
        file.write_all((serde_json::to_string_pretty(holder)? + "\n").as_bytes())?;
        file.sync_all()
    };
    if let Err(error) = write(&mut file) {
        atomic::remove(path)?;
        return Err(Error::write(path)(error));
    }
    Ok(true)
}

/// Sets a claim's time and leaves its content, which could by now be another's.
pub(super) fn touch(path: &Path) -> io::Result<()> {
    let now = clock(path.parent().unwrap_or(Path::new(".")))?;
    File::options().write(true).open(path)?.set_modified(now)
}

/// The time on the clock of the file system, that of a server perhaps: the clocks of the
/// hosts which write there may differ by more than a claim lives.
pub(super) fn clock(folder: &Path) -> io::Result<SystemTime> {
    let mut file = tempfile::Builder::new().prefix(".").suffix(file::UNFINISHED).tempfile_in(folder)?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    file.as_file().metadata()?.modified()
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::StaleNetworkFileHandle)
}
