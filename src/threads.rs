//! Thread pools on systems that may start fewer threads than requested, and a lock that outlives a panic.
//!
//! A rayon pool panics if one of its threads cannot be started. Here threads are started first, and the pool is
//! made of those that did start.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::process::Command;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle, available_parallelism};
use std::time::Duration;

use rayon::{ThreadBuilder, ThreadPool, ThreadPoolBuilder};

/// The system started fewer threads than requested.
#[derive(Debug, thiserror::Error)]
#[error(
    "the system started {started} of {requested} threads ({source}): raise the limit on processes (`ulimit -u`) or \
     on memory (`ulimit -v`)"
)]
pub struct TooFewThreads {
    requested: usize,
    started: usize,
    source: io::Error,
}

/// Locks `mutex`, also after a panic of the thread that held it.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The variable that rayon reads, and candle before every product.
const RAYON: &str = "RAYON_NUM_THREADS";

/// The value of [`RAYON`] that the program was started with.
static GIVEN: OnceLock<Option<OsString>> = OnceLock::new();

/// Limits candle to the calling thread: a trial has one thread, and candle's other threads wait for work by spinning. To be
/// called before any other thread starts.
#[expect(unsafe_code, reason = "candle can be told by the environment alone")]
pub fn limit_candle() {
    GIVEN.get_or_init(|| env::var_os(RAYON));
    // SAFETY: the program has one thread, so none reads the environment meanwhile.
    unsafe { env::set_var(RAYON, "1") };
}

/// Gives a command the environment that this program was started with.
pub fn restore_environment(command: &mut Command) -> &mut Command {
    match GIVEN.get() {
        Some(Some(given)) => command.env(RAYON, given),
        Some(None) => command.env_remove(RAYON),
        None => command,
    }
}

/// A pool of `requested` threads, or of as many as the system starts.
///
/// # Errors
/// No thread can be started.
pub fn pool(requested: usize, name: &str) -> Result<ThreadPool, TooFewThreads> {
    let mut idle = IdleThreads::start(requested, name);
    let started = idle.threads.len();
    let error = |source| TooFewThreads { requested, started, source };
    match idle.refusal.take() {
        Some(source) if started == 0 => Err(error(source)),
        _ => {
            let pool = ThreadPoolBuilder::new().num_threads(started);
            pool.spawn_handler(idle.into_workers()).build().map_err(|source| error(io::Error::other(source)))
        }
    }
}

/// Starts rayon's global pool.
///
/// # Errors
/// The system starts too few threads. The pool is then the calling thread alone, which leaves the others to the
/// trials.
pub fn start_global_pool() -> Result<(), TooFewThreads> {
    /// The heartbeat of leases and one trial.
    const OTHERS: usize = 2;

    let count = match GIVEN.get() {
        Some(given) => count_of(given.as_ref().and_then(|given| given.to_str())),
        None => count(RAYON),
    };
    let requested = count + OTHERS;
    let mut idle = IdleThreads::start(requested, "share");
    // Building a global pool fails if there is one: then this is no program, but a part of one.
    if let Some(source) = idle.refusal.take() {
        let started = idle.threads.len();
        idle.join();
        let _ = ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global();
        return Err(TooFewThreads { requested, started, source });
    }
    IdleThreads { threads: idle.threads.split_off(count), refusal: None }.join();
    let _ = ThreadPoolBuilder::new().num_threads(count).spawn_handler(idle.into_workers()).build_global();
    Ok(())
}

/// Runs `work` on a thread of its own with a pool of that thread alone: parallel operations of libraries run one after
/// the other there, and no thread of a pool that waits for them takes up other work. Where the system starts no
/// thread, `work` runs here.
pub fn alone<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let work = Mutex::new(Some(work));
    let run = || lock(&work).take().map(|work| work());
    let pool = || ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    let done = thread::scope(|scope| {
        let thread = thread::Builder::new().name("candle".to_owned());
        match thread.spawn_scoped(scope, || pool().map_or_else(|_| run(), |_| run())) {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(_) => run(),
        }
    });
    done.expect("the work is there until it runs")
}

/// Runs `work` on `count` threads at the same time, the calling one among them, or on as many as the system starts. Returns all
/// results.
pub fn side_by_side<R: Send>(count: usize, work: impl Fn() -> R + Sync) -> Vec<R> {
    thread::scope(|scope| {
        let start = |_| thread::Builder::new().spawn_scoped(scope, &work).ok();
        let others: Vec<_> = (1..count).map_while(start).collect();
        let mut results = vec![work()];
        let join = |thread: thread::ScopedJoinHandle<'_, R>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        results.extend(others.into_iter().map(join));
        results
    })
}

/// Checks that the system starts the threads that polars starts, by starting and joining as many.
///
/// # Errors
/// The system starts too few threads.
pub fn check_polars() -> Result<(), TooFewThreads> {
    static CHECKED: OnceLock<()> = OnceLock::new();

    if CHECKED.get().is_none() {
        // A pool, and one that frees many groups.
        let requested = count("POLARS_MAX_THREADS") + 1;
        let mut idle = IdleThreads::start(requested, "probe");
        let (started, refusal) = (idle.threads.len(), idle.refusal.take());
        idle.join();
        if let Some(source) = refusal {
            return Err(TooFewThreads { requested, started, source });
        }
        // Fails if another thread was faster.
        let _ = CHECKED.set(());
    }
    Ok(())
}

/// The number of threads in a variable, else the number of cores.
fn count(variable: &str) -> usize {
    count_of(env::var(variable).ok().as_deref())
}

fn count_of(text: Option<&str>) -> usize {
    let named = text.and_then(|count| count.parse().ok()).filter(|&count| count > 0);
    named.unwrap_or_else(|| available_parallelism().map_or(1, usize::from))
}

/// A thread that waits for its worker, and the channel that sends it.
type IdleThread = (SyncSender<ThreadBuilder>, JoinHandle<()>);

/// Threads that wait for work.
struct IdleThreads {
    threads: Vec<IdleThread>,
    /// The error of the first thread that the system did not start.
    refusal: Option<io::Error>,
}

impl IdleThreads {
    /// Starts threads until the system refuses one. If it lacks memory, half of the threads end, since the others
    /// would get none.
    fn start(requested: usize, name: &str) -> Self {
        let mut threads = Vec::with_capacity(requested);
        for index in 0..requested {
            match start_with_retries(&format!("{name}-{index}")) {
                Ok(thread) => threads.push(thread),
                Err(error) => {
                    if error.kind() == ErrorKind::OutOfMemory {
                        let half = threads.split_off(threads.len() / 2);
                        Self { threads: half, refusal: None }.join();
                    }
                    return Self { threads, refusal: Some(error) };
                }
            }
        }
        Self { threads, refusal: None }
    }

    /// A spawn handler that gives each worker of a pool one of the threads.
    fn into_workers(self) -> impl FnMut(ThreadBuilder) -> io::Result<()> {
        let mut threads = self.threads.into_iter();
        move |worker| {
            let ended = || io::Error::other("a thread that was started has ended");
            let (sender, _) = threads.next().ok_or_else(ended)?;
            sender.send(worker).map_err(|_| ended())
        }
    }

    /// Ends the threads, and waits a moment until the system no longer counts them: others may need their place.
    fn join(self) {
        let (senders, handles): (Vec<_>, Vec<_>) = self.threads.into_iter().unzip();
        let remaining = counted().map(|count| count.saturating_sub(handles.len()));
        drop(senders);
        for handle in handles {
            drop(handle.join());
        }
        for _ in 0..RETRIES {
            if counted() <= remaining {
                break;
            }
            thread::sleep(PAUSE);
        }
    }
}

/// The wait for threads that have ended and that the system counts until it has cleaned up after them.
const RETRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(10);

/// Number of threads of this process that Linux counts; `None` on other systems.
fn counted() -> Option<usize> {
    Some(fs::read_dir("/proc/self/task").ok()?.count())
}

/// [`start`] with retries: threads of a pool that was dropped may still end.
fn start_with_retries(name: &str) -> io::Result<IdleThread> {
    for _ in 0..RETRIES {
        match start(name) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(PAUSE),
            result => return result,
        }
    }
    start(name)
}

/// Starts a thread and checks that it can allocate. The channels are allocated by the caller: if the allocator of
/// the new thread fails, the process ends.
fn start(name: &str) -> io::Result<IdleThread> {
    const ROOM: usize = 16 << 20;

    let (sender, receiver) = sync_channel(1);
    let (report, reported) = sync_channel(1);
    let work = move || {
        let has_room = Vec::<u8>::new().try_reserve_exact(ROOM).is_ok();
        if report.send(has_room).is_ok() && has_room {
            receiver.into_iter().for_each(ThreadBuilder::run);
        }
    };
    let handle = thread::Builder::new().name(name.to_owned()).spawn(work)?;
    if reported.recv() == Ok(true) {
        return Ok((sender, handle));
    }
    drop(handle.join());
    Err(ErrorKind::OutOfMemory.into())
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::side_by_side;

    #[test]
    fn work_side_by_side_runs_at_the_same_time() {
        let all = Barrier::new(3);
        let led = side_by_side(3, || all.wait().is_leader());
        assert_eq!(led.iter().filter(|&&led| led).count(), 1);
        assert_eq!(led.len(), 3);
    }
}
