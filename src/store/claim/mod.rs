//! Which process runs a trial: claims, by which several share a sweep.
//!
//! A claim is a file that only one process can have made: `claim.json`, created new in the
//! trial's folder and removed when the trial has ended. It is dead when its process is, or,
//! where that cannot be seen, when its heartbeat has stopped. A dead claim is not removed,
//! since another process may remove and claim at the same moment; it is succeeded, by a
//! file that bears its token in its name and is created new as well:
//!
//! ```text
//! claim.json                            of a process that died
//! claim.1.00112233445566ff.json         of the one that succeeded it
//! ```
//!
//! The last of this chain holds the trial. Each link is made once and has one maker, so
//! however many processes see a dead claim, one succeeds it. No lock is used, only that
//! creating a new file is atomic, which holds on network file systems too;
//! `docs/RELIABILITY.md` states what is assumed.

mod holder;
mod leftovers;
mod link;
#[cfg(test)]
mod tests;

pub use holder::Holder;

use std::collections::HashSet;
use std::convert::Infallible;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use self::link::{Link, chain};
use super::{Error, TrialFolder, atomic, file};

/// How often the claims of a living process are touched.
const HEARTBEAT: Duration = Duration::from_secs(15);

type Held = Mutex<HashSet<PathBuf>>;

/// The claims of this process, kept alive by one thread.
pub struct Claims {
    held: Arc<Held>,
    /// The thread ends when this is dropped.
    _heart: Sender<Infallible>,
}

/// What came of claiming a trial.
pub enum Claiming {
    /// The trial is this process's.
    Ours(Claim),
    /// A living process holds it; its name is not known while it writes its claim.
    Held(Option<Holder>),
}

/// The right to write a trial's folder. Dropping it releases the trial.
pub struct Claim {
    folder: TrialFolder,
    path: PathBuf,
    token: String,
    held: Arc<Held>,
}

impl Claims {
    /// No claims yet.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start() -> io::Result<Self> {
        let held = Arc::<Held>::default();
        let beating = Arc::clone(&held);
        let (heart, ended) = mpsc::channel();
        thread::Builder::new().name("heartbeat".to_owned()).spawn(move || {
            while ended.recv_timeout(HEARTBEAT) == Err(RecvTimeoutError::Timeout) {
                beat(&beating);
            }
        })?;
        Ok(Self { held, _heart: heart })
    }

    /// Claims a trial, unless a living process holds it.
    ///
    /// # Errors
    /// The folder of the trials' folders was removed, or the disk refuses.
    pub fn claim(&self, folder: &TrialFolder) -> Result<Claiming, Error> {
        atomic::create_subfolder(folder.path())?;
        let links = chain(folder)?;
        let path = match links.last() {
            Some(last) if last.is_alive() => return Ok(Claiming::Held(last.holder.clone())),
            Some(last) => last.successor(links.len()),
            None => folder.path().join(file::CLAIM),
        };
        let holder = Holder::this_process();
        if !link::create(&path, &holder)? {
            return Ok(Claiming::Held(chain(folder)?.pop().and_then(|last| last.holder)));
        }
        lock(&self.held).insert(path.clone());
        let claim = Claim { folder: folder.clone(), path, token: holder.token, held: Arc::clone(&self.held) };
        if links.is_empty() {
            return Ok(Claiming::Ours(claim));
        }
        // Another may have succeeded the dead claim, and ended and released the trial, since
        // the chain was read: then this link hangs on nothing, and nobody will remove it.
        let links = chain(folder)?;
        if claim.ends(&links) {
            return Ok(Claiming::Ours(claim));
        }
        if links.iter().all(|link| link.path != claim.path) {
            atomic::remove(&claim.path)?;
        }
        Ok(Claiming::Held(links.into_iter().next_back().and_then(|last| last.holder)))
    }
}

impl Claim {
    /// The folder that may be written.
    #[must_use]
    pub fn folder(&self) -> &TrialFolder {
        &self.folder
    }

    /// Whether the claim still stands: a process that was frozen for minutes may find that
    /// another has succeeded it. Where the disk does not say, it does.
    #[must_use]
    pub fn is_held(&self) -> bool {
        chain(&self.folder).map_or(true, |links| self.ends(&links))
    }

    fn ends(&self, links: &[Link]) -> bool {
        let last = links.last().and_then(|last| last.holder.as_ref());
        last.is_some_and(|holder| holder.token == self.token)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        lock(&self.held).remove(&self.path);
        // What cannot be removed is dead with this process.
        if let Ok(links) = chain(&self.folder)
            && self.ends(&links)
        {
            // The first one first: from then on nothing can be added to this chain.
            for link in &links {
                let _ = fs::remove_file(&link.path);
            }
        }
    }
}

impl TrialFolder {
    /// The error that says so where the folder, which was claimed once, is gone.
    #[must_use]
    pub fn vanished(&self) -> Option<Error> {
        atomic::vanished(self.path())
    }

    /// The living process that holds the trial, where one does.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn holder(&self) -> Result<Option<Holder>, Error> {
        Ok(chain(self)?.pop().filter(Link::is_alive).and_then(|last| last.holder))
    }
}

/// Touches the claims that are held.
fn beat(held: &Held) {
    let paths: Vec<_> = lock(held).iter().cloned().collect();
    for path in paths {
        // What fails now may succeed at one of the next beats, long before the claim is stale.
        let _ = link::touch(&path);
    }
}

fn lock(held: &Held) -> MutexGuard<'_, HashSet<PathBuf>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}
