//! Threads, where the system may give fewer than are asked for.
//!
//! A pool of rayon that gets one thread too few panics. Here threads are started first, and the pool is
//! made of those that there are.

use std::env;
use std::io::{self, ErrorKind};
use std::sync::OnceLock;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle, available_parallelism};
use std::time::Duration;

use rayon::{ThreadBuilder, ThreadPool, ThreadPoolBuilder};

/// The system started fewer threads than were asked for.
#[derive(Debug, thiserror::Error)]
#[error(
    "the system started {started} of {asked} threads ({source}): raise the limit on processes (`ulimit -u`) or \
     on memory (`ulimit -v`)"
)]
pub struct Short {
    asked: usize,
    started: usize,
    source: io::Error,
}

/// A pool of `asked` threads, or of as many as the system starts.
///
/// # Errors
/// Not one can be started.
pub fn pool(asked: usize, name: &str) -> Result<ThreadPool, Short> {
    let crew = Crew::start(asked, name);
    let started = crew.idle.len();
    if started == 0
        && let Some(source) = crew.refused
    {
        return Err(Short { asked, started, source });
    }
    let built = ThreadPoolBuilder::new().num_threads(started).spawn_handler(crew.put_to_work()).build();
    built.map_err(|error| Short { asked, started, source: io::Error::other(error) })
}

/// Starts the threads that work on lists is shared among.
///
/// # Errors
/// The system starts too few: then the calling thread does it all, and leaves those to the trials.
pub fn share() -> Result<(), Short> {
    /// One that keeps claims alive and one that runs a trial.
    const OTHERS: usize = 2;

    let asked = count("RAYON_NUM_THREADS");
    let mut crew = Crew::start(asked + OTHERS, "share");
    let refused = crew.refused.take();
    // An error says that there is such a pool: this is no program, but a part of one.
    let Some(source) = refused else {
        let others = Crew { idle: crew.idle.split_off(asked), refused: None };
        others.dismiss();
        let _ = ThreadPoolBuilder::new().num_threads(asked).spawn_handler(crew.put_to_work()).build_global();
        return Ok(());
    };
    let started = crew.idle.len();
    crew.dismiss();
    let _ = ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global();
    Err(Short { asked: asked + OTHERS, started, source })
}

/// Says whether the system would start the threads that polars starts when it is first used.
///
/// # Errors
/// It would not.
pub fn expect_polars() -> Result<(), Short> {
    static STARTED: OnceLock<()> = OnceLock::new();

    if STARTED.get().is_none() {
        probe(count("POLARS_MAX_THREADS"))?;
        // An error says that another thread was here.
        let _ = STARTED.set(());
    }
    Ok(())
}

/// Starts `asked` threads and ends them again.
fn probe(asked: usize) -> Result<(), Short> {
    let crew = Crew::start(asked, "probe");
    let started = crew.idle.len();
    crew.dismiss().map_or(Ok(()), |source| Err(Short { asked, started, source }))
}

/// What the variable says, else the number of cores.
fn count(variable: &str) -> usize {
    let named = env::var(variable).ok().and_then(|count| count.parse().ok()).filter(|&count| count > 0);
    named.unwrap_or_else(|| available_parallelism().map_or(1, usize::from))
}

/// Threads that wait for what they are to do.
struct Crew {
    idle: Vec<(SyncSender<ThreadBuilder>, JoinHandle<()>)>,
    /// Why there are no more.
    refused: Option<io::Error>,
}

impl Crew {
    /// Starts threads until the system refuses one. Where it is memory that they lack, half of them go
    /// again, for those that stay would get none.
    fn start(asked: usize, name: &str) -> Self {
        let mut crew = Self { idle: Vec::with_capacity(asked), refused: None };
        for index in 0..asked {
            match start_patiently(&format!("{name}-{index}")) {
                Ok(thread) => crew.idle.push(thread),
                Err(error) => {
                    if error.kind() == ErrorKind::OutOfMemory {
                        let rest = crew.idle.split_off(crew.idle.len() / 2);
                        Self { idle: rest, refused: None }.dismiss();
                    }
                    crew.refused = Some(error);
                    break;
                }
            }
        }
        crew
    }

    /// Gives a thread of the crew to each worker of a pool.
    fn put_to_work(self) -> impl FnMut(ThreadBuilder) -> io::Result<()> {
        let mut idle = self.idle.into_iter();
        move |worker| {
            let gone = || io::Error::other("a thread that was started is gone");
            let (sender, _) = idle.next().ok_or_else(gone)?;
            sender.send(worker).map_err(|_| gone())
        }
    }

    /// Ends the threads; returns why there were too few.
    fn dismiss(self) -> Option<io::Error> {
        let (senders, handles): (Vec<_>, Vec<_>) = self.idle.into_iter().unzip();
        drop(senders);
        for handle in handles {
            drop(handle.join());
        }
        self.refused
    }
}

/// [`start`], tried again for a moment where the system has no room for a thread: it counts one that was joined until
/// it has cleaned up after it.
fn start_patiently(name: &str) -> io::Result<(SyncSender<ThreadBuilder>, JoinHandle<()>)> {
    const RETRIES: u32 = 20;
    const PAUSE: Duration = Duration::from_millis(10);

    let mut result = start(name.to_owned());
    for _ in 0..RETRIES {
        if !matches!(&result, Err(error) if error.kind() == ErrorKind::WouldBlock) {
            break;
        }
        thread::sleep(PAUSE);
        result = start(name.to_owned());
    }
    result
}

/// A thread that can allocate, and what gives it its work. All that it needs to say so is allocated here:
/// where its own allocator fails, the process ends.
fn start(name: String) -> io::Result<(SyncSender<ThreadBuilder>, JoinHandle<()>)> {
    const ROOM: usize = 16 << 20;

    let (sender, receiver) = sync_channel(1);
    let (report, reported) = sync_channel(1);
    let work = move || {
        let has_room = Vec::<u8>::new().try_reserve_exact(ROOM).is_ok();
        if report.send(has_room).is_ok() && has_room {
            receiver.into_iter().for_each(ThreadBuilder::run);
        }
    };
    let handle = thread::Builder::new().name(name).spawn(work)?;
    if reported.recv() == Ok(true) {
        return Ok((sender, handle));
    }
    drop(handle.join());
    Err(ErrorKind::OutOfMemory.into())
}
