//! The engine and the store on a simulated machine, where every effect can go wrong.
//!
//! A sweep of stub trials, which train nothing, ends in reference bytes; whatever goes wrong on the way, a run after
//! it must end in the same.

mod faults;
mod race;
mod resumed;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use super::*;
use crate::plan::{self, Trial};
use crate::provenance::Provenance;
use crate::store::io::Io;
use crate::store::io::simulated::{Simulated, World};
use crate::store::{PredictionRow, Status, Store};
use crate::train::{Averages, Epoch, OnBatch, State};

/// Epochs of a stub trial.
const EPOCHS: usize = 2;

/// Time that a stub epoch takes: some heartbeats.
const EPOCH: Duration = Duration::from_secs(40);

const ROOT: &str = "/results/stub";
const SPEC: &str = "name = \"stub\"\n";

/// Trains nothing: an epoch waits, and gives numbers that follow from the trial.
struct Stub(Arc<dyn Io>);

struct StubSession<'a> {
    io: &'a dyn Io,
    trial: &'a Trial,
    epoch: usize,
}

impl Training for Stub {
    fn begin<'a>(&'a self, trial: &'a Trial, state: Option<State>) -> Result<Box<dyn Session + 'a>, Failure> {
        Ok(Box::new(StubSession { io: &*self.0, trial, epoch: state.map_or(0, |state| state.epoch) }))
    }

    fn provenance(&self, trial: &Trial) -> Provenance {
        static PROVENANCE: LazyLock<Provenance> =
            LazyLock::new(|| Provenance::now(&BTreeMap::new(), crate::device::Kind::Cpu));
        Provenance { device: trial.device, ..PROVENANCE.clone() }
    }
}

impl Session for StubSession<'_> {
    fn next_epoch(&mut self, on_batch: &mut OnBatch<'_>) -> Result<Option<Epoch>, crate::train::Error> {
        if self.epoch == EPOCHS {
            return Ok(None);
        }
        self.io.sleep(EPOCH);
        if on_batch(10).is_break() {
            return Err(crate::train::Error::Stopped);
        }
        self.epoch += 1;
        let total = self.trial.config.seed as f64 + self.epoch as f64 / 8.0;
        let train = Averages { total, ..Averages::default() };
        Ok(Some(Epoch { phase: 1, epoch: self.epoch, rate: 0.5, train, validation: None }))
    }

    fn state(&self) -> Result<State, crate::train::Error> {
        Ok(State::after(self.epoch))
    }

    fn finish(self: Box<Self>, config_toml: &str) -> Result<Trained, Failure> {
        let row = |index| PredictionRow {
            index,
            label: i64::from(index as u8),
            prediction: i64::from(self.trial.index as u8 % 2),
        };
        Ok(Trained {
            best_epoch: EPOCHS,
            valid_error: None,
            predictions: Some((0..4).map(row).collect()),
            model: config_toml.as_bytes().to_vec(),
        })
    }
}

/// Remembers how trials ended.
#[derive(Default)]
struct Endings(Mutex<Vec<(String, Ending)>>);

impl Observer for Endings {
    fn finished(&self, trial: &Trial, ending: &Ending) {
        self.0.lock().unwrap().push((trial.id.clone(), ending.clone()));
    }
}

/// Three trials.
static PLAN: LazyLock<Vec<Trial>> =
    LazyLock::new(|| plan::tests::trials("[sweep.grid]\nmodel.steps = [1, 2, 3]\n"));

/// A sweep of the plan's first trials, as a command runs it.
fn sweep(process: &Simulated, trials: &'static [Trial], endings: &Endings) -> Result<(), Error> {
    let io: Arc<dyn Io> = Arc::new(process.clone());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    // Side by side, the threads of a process would have their effects in no fixed order.
    pool.install(|| {
        let store = Store::open_through(Arc::clone(&io), Path::new(ROOT), SPEC).map_err(Error::Store)?;
        let pending = pending(trials, &store, Counted::default()).map_err(Error::Store)?;
        local::run(&pending, &store, &Stub(io), &Control::default(), 1, endings)?;
        tidy(trials, &store)?;
        store
            .merge(&trials.iter().map(rows::planned_trial).collect::<Vec<_>>())
            .map(drop)
            .map_err(Error::Store)
    })
}

/// Calls `run` with each number in parallel, and returns the problems.
///
/// Not on rayon's threads: one that waits for a sweep's own would begin another run meanwhile.
fn each(count: usize, run: impl Fn(usize) -> Result<(), String> + Sync) -> Vec<String> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let problems = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= count {
                        break;
                    }
                    if let Err(problem) = run(at) {
                        problems.lock().unwrap().push(problem);
                    }
                }
            });
        }
    });
    problems.into_inner().unwrap()
}

/// The files that must repeat: all but those with times.
fn deterministic(world: &World) -> BTreeMap<PathBuf, Vec<u8>> {
    let clocks = ["timing.csv", "provenance.json", "result.json", "provenance.csv", "SHA256SUMS"];
    let mut files = world.files();
    files.retain(|path, _| !clocks.iter().any(|clock| path.ends_with(clock)));
    files.retain(|path, _| !path.file_name().is_some_and(crate::store::is_unfinished));
    files
}

/// The files of ended trials.
fn ended(world: &World) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = world.files();
    files.retain(|path, _| path.starts_with(Path::new(ROOT).join("trials")));
    files
}

/// The results of an undisturbed sweep.
fn reference(trials: &'static [Trial]) -> BTreeMap<PathBuf, Vec<u8>> {
    let world = World::new(0);
    sweep(&world.process(0, 0), trials, &Endings::default()).unwrap();
    deterministic(&world)
}

/// Runs the sweep once more, on a host that sees no other, and returns the problems.
fn recovers(
    world: &Arc<World>,
    trials: &'static [Trial],
    expected: &BTreeMap<PathBuf, Vec<u8>>,
) -> Result<(), String> {
    // Leases of processes that cannot be seen are stale by then.
    world.advance(Duration::from_mins(10));
    let process = world.process(99, 0);
    sweep(&process, trials, &Endings::default()).map_err(|error| crate::text::chain(&error))?;
    let store =
        Store::open_through(Arc::new(process), Path::new(ROOT), SPEC).map_err(|error| error.to_string())?;
    for trial in trials {
        let folder = store.trial(&trial.id).map_err(|error| error.to_string())?;
        if folder.intact().is_none() {
            return Err(format!("{} is not intact", trial.id));
        }
    }
    let found = deterministic(world);
    if found == *expected {
        return Ok(());
    }
    let differs = |path: &&PathBuf| found.get(*path) != expected.get(*path);
    let differing: Vec<_> = found.keys().chain(expected.keys()).filter(differs).collect();
    Err(format!("these are missing, too many or differ: {differing:?}"))
}
