//! A simulated machine whose every effect can fail: files in memory, a clock that a test advances, and processes that
//! fail, stop, die and lose power at any call.
//!
//! Processes on one [`World`] share its files. A single process runs on the calling thread, with one [fault](Fault) at a
//! chosen call. Under [`World::race`] several processes run on threads, of which one at a time runs until its next
//! call. A seed chooses the thread, so the schedule can be repeated.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Entry, Io, Kind, Lock, NewFile, Process, Stat, Timer, not_regular, too_large};

/// Time that each call takes.
const CALL: Duration = Duration::from_millis(1);

/// Duration of a pause under [`World::race`]: longer than the life of a lease without a heartbeat.
const STANDSTILL: Duration = Duration::from_mins(10);

/// The shortest sleep under [`World::race`]: a system may let a process sleep longer than requested.
const NAP: Duration = Duration::from_secs(5);

/// A fault at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call has no effect and returns this error of the operating system.
    Fail(i32),
    /// The call has its effect and still returns this error, as if a file server's answer was lost.
    FailAfter(i32),
    /// A signal interrupts the call this number of times.
    Interrupt(usize),
    /// A write stores half of the bytes.
    Short,
    /// The process dies before the call.
    Kill,
    /// The process dies after the call.
    KillAfter,
    /// The process is suspended before the call, and the function of [`World::on_pause`] runs in the meantime.
    Pause,
    /// All processes die, and changes that were not synced are lost in part.
    PowerLoss,
}

/// Probabilities of events under [`World::race`], per thousand calls.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chances {
    /// A process dies.
    pub death: u32,
    /// A process is suspended for ten minutes.
    pub pause: u32,
    /// A call returns ESTALE.
    pub stale_handle: u32,
    /// A listing of a folder is stale.
    pub old_list: u32,
}

/// A shared file system with its clock and the processes on it.
#[derive(Debug)]
pub struct World {
    state: Mutex<DiskState>,
    turn: Condvar,
    on_pause: Mutex<Option<Hook>>,
}

/// A function that is called while a process is paused.
struct Hook(Box<dyn FnOnce() + Send>);

impl std::fmt::Debug for Hook {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Hook")
    }
}

#[derive(Debug)]
struct DiskState {
    nodes: Vec<Node>,
    /// Changes of folders that are not synced yet, in order.
    unsynced: Vec<Change>,
    /// The synced folders.
    synced: HashMap<usize, BTreeMap<OsString, usize>>,
    clock: Duration,
    processes: Vec<ProcessState>,
    random: ChaCha8Rng,
    race: Option<Chances>,
    /// The process whose turn it is, under a race.
    running: Option<usize>,
}

#[derive(Debug, Clone)]
enum Node {
    Folder(BTreeMap<OsString, usize>),
    File { data: Vec<u8>, synced: Option<Vec<u8>>, modified: Duration },
}

/// Names that are set or removed together.
#[derive(Debug, Clone)]
struct Change(Vec<(usize, OsString, Option<usize>)>);

/// A process.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a state of its own")]
struct ProcessState {
    host: usize,
    skew: i64,
    calls: usize,
    fault: Option<(usize, Fault)>,
    dead: bool,
    finished: bool,
    waiting: bool,
    in_timer: bool,
    wake: Duration,
    numbers: u64,
    timers: Vec<Ticker>,
    /// Lists that the process has seen, by folder.
    lists: HashMap<usize, Vec<Entry>>,
}

#[derive(Clone)]
struct Ticker {
    period: Duration,
    next: Duration,
    tick: Arc<Mutex<Box<dyn FnMut() + Send>>>,
}

impl std::fmt::Debug for Ticker {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Ticker")
    }
}

/// One process on a [`World`].
#[derive(Debug, Clone)]
pub struct Simulated {
    world: Arc<World>,
    process: usize,
}

impl World {
    /// An empty file system.
    pub fn new(seed: u64) -> Arc<Self> {
        let state = DiskState {
            nodes: vec![Node::Folder(BTreeMap::new())],
            unsynced: Vec::new(),
            synced: HashMap::from([(0, BTreeMap::new())]),
            clock: Duration::from_hours(24 * 365 * 50),
            processes: Vec::new(),
            random: ChaCha8Rng::seed_from_u64(seed),
            race: None,
            running: None,
        };
        Arc::new(Self { state: Mutex::new(state), turn: Condvar::new(), on_pause: Mutex::default() })
    }

    /// A new process on a host whose clock differs from the file system's by `skew` seconds.
    pub fn process(self: &Arc<Self>, host: usize, skew: i64) -> Simulated {
        let mut state = self.lock();
        state.processes.push(ProcessState {
            host,
            skew,
            calls: 0,
            fault: None,
            dead: false,
            finished: false,
            waiting: false,
            in_timer: false,
            wake: Duration::ZERO,
            numbers: 0,
            timers: Vec::new(),
            lists: HashMap::new(),
        });
        Simulated { world: Arc::clone(self), process: state.processes.len() - 1 }
    }

    /// The clock of the file system.
    pub fn clock(&self) -> Duration {
        self.lock().clock
    }

    /// Advances the clock.
    pub fn advance(&self, time: Duration) {
        self.lock().clock += time;
    }

    /// Sets the function that is called once, while a process is paused.
    pub fn on_pause(&self, act: impl FnOnce() + Send + 'static) {
        *self.on_pause.lock().unwrap() = Some(Hook(Box::new(act)));
    }

    /// Every file with its content, by path.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let state = self.lock();
        let mut files = BTreeMap::new();
        let mut folders = vec![(PathBuf::from("/"), 0)];
        while let Some((path, node)) = folders.pop() {
            let Node::Folder(entries) = &state.nodes[node] else { continue };
            for (name, &node) in entries {
                match &state.nodes[node] {
                    Node::Folder(_) => folders.push((path.join(name), node)),
                    Node::File { data, .. } => drop(files.insert(path.join(name), data.clone())),
                }
            }
        }
        files
    }

    /// Runs one function for each process concurrently, and returns when all have returned. The seed of the world
    /// determines the schedule.
    pub fn race(self: &Arc<Self>, chances: Chances, processes: Vec<(Simulated, Box<dyn FnOnce() + Send>)>) {
        self.lock().race = Some(chances);
        std::thread::scope(|scope| {
            for (process, act) in processes {
                scope.spawn(move || {
                    act();
                    let mut state = process.world.lock();
                    state.processes[process.process].finished = true;
                    state.yields(process.process);
                    drop(state);
                    process.world.turn.notify_all();
                });
            }
        });
        self.lock().race = None;
    }

    fn lock(&self) -> MutexGuard<'_, DiskState> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl DiskState {
    /// Ends the turn of a process.
    fn yields(&mut self, process: usize) {
        if self.running == Some(process) {
            self.running = None;
        }
        self.schedule();
    }

    /// Chooses the next process if none is running and all are waiting.
    fn schedule(&mut self) {
        let is_out = |process: &ProcessState| process.dead || process.finished;
        let all_wait = self.processes.iter().all(|process| is_out(process) || process.waiting);
        if self.running.is_some() || !all_wait {
            return;
        }
        let alive = |(at, process): (usize, &ProcessState)| (!is_out(process)).then_some((at, process.wake));
        let alive: Vec<_> = self.processes.iter().enumerate().filter_map(alive).collect();
        let Some(first) = alive.iter().map(|(_, wake)| *wake).min() else { return };
        self.clock = self.clock.max(first);
        let ready: Vec<_> = alive.iter().filter(|(_, wake)| *wake <= self.clock).map(|(at, _)| *at).collect();
        self.running = Some(ready[self.random.random_range(0..ready.len())]);
    }

    /// Returns true with a probability of `thousandths` / 1000.
    fn chance(&mut self, thousandths: u32) -> bool {
        thousandths > 0 && self.random.random_range(0..1000) < thousandths
    }

    fn find(&self, path: &Path) -> io::Result<usize> {
        let mut node = 0;
        for name in names(path) {
            let Node::Folder(entries) = &self.nodes[node] else {
                return Err(ErrorKind::NotADirectory.into());
            };
            node = *entries.get(name).ok_or(ErrorKind::NotFound)?;
        }
        Ok(node)
    }

    /// The folder of a path, and the name in it.
    fn place(&self, path: &Path) -> io::Result<(usize, OsString)> {
        let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
        let folder = self.find(path.parent().unwrap_or(Path::new("/")))?;
        self.entries(folder)?;
        Ok((folder, name.to_owned()))
    }

    fn entries(&self, folder: usize) -> io::Result<&BTreeMap<OsString, usize>> {
        match &self.nodes[folder] {
            Node::Folder(entries) => Ok(entries),
            Node::File { .. } => Err(ErrorKind::NotADirectory.into()),
        }
    }

    fn change(&mut self, process: usize, change: Change) {
        for (folder, name, node) in &change.0 {
            self.processes[process].lists.remove(folder);
            let Node::Folder(entries) = &mut self.nodes[*folder] else { continue };
            match node {
                Some(node) => entries.insert(name.clone(), *node),
                None => entries.remove(name),
            };
        }
        self.unsynced.push(change);
    }

    fn add(&mut self, process: usize, path: &Path, node: Node) -> io::Result<usize> {
        let (folder, name) = self.place(path)?;
        if self.entries(folder)?.contains_key(&name) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        self.nodes.push(node);
        let node = self.nodes.len() - 1;
        self.change(process, Change(vec![(folder, name, Some(node))]));
        Ok(node)
    }

    fn rename(&mut self, process: usize, from: &Path, to: &Path) -> io::Result<()> {
        let node = self.find(from)?;
        let (target, target_name) = self.place(to)?;
        if let Some(&there) = self.entries(target)?.get(&target_name) {
            match (&self.nodes[node], &self.nodes[there]) {
                (Node::Folder(_), Node::Folder(entries)) if entries.is_empty() => {}
                (Node::Folder(_), Node::Folder(_)) => return Err(ErrorKind::DirectoryNotEmpty.into()),
                (Node::Folder(_), Node::File { .. }) => return Err(ErrorKind::NotADirectory.into()),
                (Node::File { .. }, Node::Folder(_)) => return Err(ErrorKind::IsADirectory.into()),
                (Node::File { .. }, Node::File { .. }) => {}
            }
        }
        let (source, source_name) = self.place(from)?;
        self.change(process, Change(vec![(source, source_name, None), (target, target_name, Some(node))]));
        Ok(())
    }

    fn remove(&mut self, process: usize, path: &Path, is_folder: bool) -> io::Result<()> {
        match &self.nodes[self.find(path)?] {
            Node::Folder(_) if !is_folder => return Err(ErrorKind::IsADirectory.into()),
            Node::File { .. } if is_folder => return Err(ErrorKind::NotADirectory.into()),
            Node::Folder(entries) if !entries.is_empty() => return Err(ErrorKind::DirectoryNotEmpty.into()),
            _ => {}
        }
        let (folder, name) = self.place(path)?;
        self.change(process, Change(vec![(folder, name, None)]));
        Ok(())
    }

    /// Syncs the names in a folder. A change of two folders is synced with the first.
    fn sync_folder(&mut self, folder: usize) {
        let mut later: Vec<Change> = Vec::new();
        for change in std::mem::take(&mut self.unsynced) {
            if change.0.iter().all(|(of, _, _)| *of != folder) {
                later.push(change);
                continue;
            }
            self.put_on_disk(&change);
            // An earlier entry of a name must not overwrite a later one.
            let is_older = |(of, name, _): &(usize, OsString, Option<usize>)| {
                change.0.iter().any(|(newer_of, newer, _)| (newer_of, newer) == (of, name))
            };
            for earlier in &mut later {
                earlier.0.retain(|part| !is_older(part));
            }
        }
        self.unsynced = later;
    }

    fn put_on_disk(&mut self, change: &Change) {
        for (folder, name, node) in &change.0 {
            let entries = self.synced.entry(*folder).or_default();
            match node {
                Some(node) => entries.insert(name.clone(), *node),
                None => entries.remove(name),
            };
        }
    }

    /// Loses power: each change that was not synced is kept or lost, in any order, and a file may be truncated.
    fn lose_power(&mut self) {
        for change in std::mem::take(&mut self.unsynced) {
            if self.random.random_bool(0.5) {
                self.put_on_disk(&change);
            }
        }
        for at in 0..self.nodes.len() {
            let kept = match &self.nodes[at] {
                Node::Folder(_) => Node::Folder(self.synced.get(&at).cloned().unwrap_or_default()),
                Node::File { data, synced, modified } => {
                    let data = match self.random.random_range(0..3) {
                        0 => data.clone(),
                        1 => synced.clone().unwrap_or_default(),
                        _ if synced.as_ref() == Some(data) => data.clone(),
                        _ => data[..self.random.random_range(0..=data.len())].to_vec(),
                    };
                    Node::File { synced: Some(data.clone()), data, modified: *modified }
                }
            };
            self.nodes[at] = kept;
        }
        self.processes.iter_mut().for_each(|process| process.dead = true);
    }
}

fn names(path: &Path) -> impl Iterator<Item = &OsStr> {
    path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name),
        _ => None,
    })
}

fn killed() -> io::Error {
    io::Error::other("the process was killed")
}

impl Simulated {
    /// Lets `fault` happen at the call of this number, from 0.
    pub fn fail(&self, call: usize, fault: Fault) {
        self.world.lock().processes[self.process].fault = Some((call, fault));
    }

    /// Calls made so far.
    pub fn calls(&self) -> usize {
        self.world.lock().processes[self.process].calls
    }

    /// Returns true if the process has died.
    pub fn is_dead(&self) -> bool {
        self.world.lock().processes[self.process].dead
    }

    /// Ends the process without another effect, as if it had returned.
    pub fn exit(&self) {
        self.world.lock().processes[self.process].dead = true;
    }

    /// Waits for this process's turn under a race, and lets its timers tick.
    fn turn(&self) -> MutexGuard<'_, DiskState> {
        let mut state = self.world.lock();
        if state.race.is_none()
            || state.processes[self.process].in_timer
            || state.processes[self.process].dead
        {
            return state;
        }
        state.processes[self.process].waiting = true;
        state.yields(self.process);
        self.world.turn.notify_all();
        while state.running != Some(self.process) && !state.processes[self.process].dead {
            state = self.world.turn.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        state.processes[self.process].waiting = false;
        // After a suspension either the timer or the process may run first.
        if state.random.random_bool(0.5) { self.tick(state) } else { state }
    }

    fn tick<'a>(&'a self, mut state: MutexGuard<'a, DiskState>) -> MutexGuard<'a, DiskState> {
        let clock = state.clock;
        let mut due = Vec::new();
        for timer in &mut state.processes[self.process].timers {
            if timer.next <= clock {
                timer.next = clock + timer.period;
                due.push(Arc::clone(&timer.tick));
            }
        }
        if due.is_empty() {
            return state;
        }
        state.processes[self.process].in_timer = true;
        drop(state);
        for tick in due {
            (tick.lock().unwrap())();
        }
        let mut state = self.world.lock();
        state.processes[self.process].in_timer = false;
        state
    }

    /// Performs one effect, or its fault.
    fn call<T>(&self, act: impl FnOnce(&mut DiskState) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.turn();
        if state.processes[self.process].dead {
            return Err(killed());
        }
        let number = state.processes[self.process].calls;
        state.processes[self.process].calls += 1;
        state.clock += CALL;
        let fault = self.fault_at(&mut state, number);
        let result = match fault {
            None | Some(Fault::Short) => act(&mut state),
            Some(Fault::Fail(code)) => Err(io::Error::from_raw_os_error(code)),
            Some(Fault::FailAfter(code)) => {
                act(&mut state)?;
                Err(io::Error::from_raw_os_error(code))
            }
            Some(Fault::Interrupt(_)) => Err(ErrorKind::Interrupted.into()),
            Some(fault @ (Fault::Kill | Fault::KillAfter)) => {
                if fault == Fault::KillAfter {
                    let _ = act(&mut state);
                }
                state.processes[self.process].dead = true;
                state.yields(self.process);
                Err(killed())
            }
            Some(Fault::PowerLoss) => {
                let _ = act(&mut state);
                state.lose_power();
                Err(killed())
            }
            Some(Fault::Pause) if state.race.is_some() => {
                // Between the last read of the process and this call.
                let wake = state.clock + STANDSTILL;
                state.processes[self.process].wake = wake;
                drop(state);
                state = self.turn();
                if state.processes[self.process].dead { Err(killed()) } else { act(&mut state) }
            }
            Some(Fault::Pause) => {
                drop(state);
                let hook = self.world.on_pause.lock().unwrap().take();
                if let Some(Hook(act)) = hook {
                    act();
                }
                state = self.world.lock();
                act(&mut state)
            }
        };
        drop(state);
        self.world.turn.notify_all();
        result
    }

    fn fault_at(&self, state: &mut DiskState, number: usize) -> Option<Fault> {
        if let Some(Chances { death, pause, stale_handle, .. }) = state.race {
            return if state.chance(death) {
                Some(Fault::Kill)
            } else if state.chance(pause) && !state.processes[self.process].in_timer {
                Some(Fault::Pause)
            } else {
                state.chance(stale_handle).then_some(Fault::Fail(libc::ESTALE))
            };
        }
        let (at, fault) = state.processes[self.process].fault?;
        let times = if let Fault::Interrupt(times) = fault { times } else { 1 };
        (at..at + times).contains(&number).then_some(fault)
    }

    fn is_short(&self, number: usize) -> bool {
        self.world.lock().processes[self.process].fault == Some((number, Fault::Short))
    }
}

impl Io for Simulated {
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn NewFile>> {
        let node = self.call(|state| {
            let modified = state.clock;
            state.add(self.process, path, Node::File { data: Vec::new(), synced: None, modified })
        })?;
        Ok(Box::new(SimulatedFile { process: self.clone(), node }))
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        self.call(|state| match &state.nodes[state.find(path)?] {
            Node::Folder(_) => Err(not_regular()),
            Node::File { data, .. } if data.len() as u64 > limit => Err(too_large(data.len() as u64, limit)),
            Node::File { data, .. } => Ok(data.clone()),
        })
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        self.call(|state| {
            Ok(match &state.nodes[state.find(path)?] {
                Node::Folder(_) => Stat { kind: Kind::Folder, len: 0, modified: SystemTime::UNIX_EPOCH },
                Node::File { data, modified, .. } => {
                    let modified = SystemTime::UNIX_EPOCH + *modified;
                    Stat { kind: Kind::File, len: data.len() as u64, modified }
                }
            })
        })
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        self.call(|state| {
            let node = state.find(folder)?;
            let old = state.race.map_or(0, |chances| chances.old_list);
            if state.chance(old)
                && let Some(list) = state.processes[self.process].lists.get(&node)
            {
                return Ok(list.clone());
            }
            let entry = |(name, node): (&OsString, &usize)| {
                let kind =
                    if matches!(state.nodes[*node], Node::Folder(_)) { Kind::Folder } else { Kind::File };
                Entry { name: name.clone(), kind }
            };
            let list: Vec<_> = state.entries(node)?.iter().map(entry).collect();
            state.processes[self.process].lists.insert(node, list.clone());
            Ok(list)
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call(|state| state.rename(self.process, from, to))
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call(|state| {
            let node = state.find(from)?;
            let (folder, name) = state.place(to)?;
            if state.entries(folder)?.contains_key(&name) {
                return Err(ErrorKind::AlreadyExists.into());
            }
            state.change(self.process, Change(vec![(folder, name, Some(node))]));
            Ok(())
        })
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.call(|state| state.remove(self.process, path, false))
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.call(|state| state.add(self.process, path, Node::Folder(BTreeMap::new())).map(drop))
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.call(|state| state.remove(self.process, path, true))
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.call(|state| {
            let folder = state.find(path)?;
            state.sync_folder(folder);
            Ok(())
        })
    }

    fn touch(&self, path: &Path, time: SystemTime) -> io::Result<()> {
        self.call(|state| {
            let node = state.find(path)?;
            let Node::File { modified, .. } = &mut state.nodes[node] else { return Err(not_regular()) };
            *modified = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            Ok(())
        })
    }

    /// This file system does not support locks.
    fn try_lock(&self, _: &Path) -> io::Result<Lock> {
        Err(ErrorKind::Unsupported.into())
    }

    fn now(&self) -> SystemTime {
        let state = self.world.lock();
        let skew = state.processes[self.process].skew;
        let clock = SystemTime::UNIX_EPOCH + state.clock;
        let by = Duration::from_secs(skew.unsigned_abs());
        if skew < 0 { clock - by } else { clock + by }
    }

    fn elapsed(&self) -> Duration {
        self.world.lock().clock
    }

    fn sleep(&self, time: Duration) {
        let mut state = self.world.lock();
        if state.race.is_none() {
            state.clock += time;
            return;
        }
        state.processes[self.process].wake = state.clock + time.max(NAP);
        drop(state);
        drop(self.turn());
    }

    fn random(&self) -> u64 {
        let mut state = self.world.lock();
        state.processes[self.process].numbers += 1;
        ((self.process as u64 + 1) << 32) + state.processes[self.process].numbers
    }

    fn process(&self) -> Process {
        let host = format!("host-{}", self.world.lock().processes[self.process].host);
        Process { pid: self.process as u32, started: Some(1), namespace: Some(host.clone()), host }
    }

    fn is_running(&self, process: &Process) -> Option<bool> {
        if process.namespace != self.process().namespace {
            return None;
        }
        let state = self.world.lock();
        let other = &state.processes[process.pid as usize];
        let is_stopped = other.wake > state.clock + STANDSTILL / 2;
        if other.dead || other.finished { Some(false) } else { (!is_stopped).then_some(true) }
    }

    fn timer(&self, period: Duration, tick: Box<dyn FnMut() + Send>) -> io::Result<Timer> {
        let mut state = self.world.lock();
        let next = state.clock + period;
        let tick = Arc::new(Mutex::new(tick));
        state.processes[self.process].timers.push(Ticker { period, next, tick });
        Ok(Timer(Box::new(Stop(self.clone()))))
    }
}

/// Stops the timers of a process.
struct Stop(Simulated);

impl Drop for Stop {
    fn drop(&mut self) {
        let timers = std::mem::take(&mut self.0.world.lock().processes[self.0.process].timers);
        drop(timers);
    }
}

/// A file that a simulated process has created.
struct SimulatedFile {
    process: Simulated,
    node: usize,
}

impl Write for SimulatedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let is_short = self.process.is_short(self.process.calls());
        let taken = if is_short { bytes.len().div_ceil(2) } else { bytes.len() };
        self.process.call(|state| {
            let clock = state.clock;
            if let Node::File { data, modified, .. } = &mut state.nodes[self.node] {
                data.extend_from_slice(&bytes[..taken]);
                *modified = clock;
            }
            Ok(taken)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl NewFile for SimulatedFile {
    fn sync(&mut self) -> io::Result<()> {
        self.process.call(|state| {
            if let Node::File { data, synced, .. } = &mut state.nodes[self.node] {
                *synced = Some(data.clone());
            }
            Ok(())
        })
    }

    fn modified(&self) -> io::Result<SystemTime> {
        self.process.call(|state| match &state.nodes[self.node] {
            Node::File { modified, .. } => Ok(SystemTime::UNIX_EPOCH + *modified),
            Node::Folder(_) => Err(not_regular()),
        })
    }
}
