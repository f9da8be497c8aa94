//! Several processes on one sweep, on hosts with clocks of their own, which die, stand still and see old lists, in
//! schedules that a seed repeats.

use super::*;
use crate::store::io::simulated::Chances;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Schedules that are tried; `DRSAE_SCHEDULES` asks for more, and `DRSAE_SCHEDULE` for the one of a seed.
const SCHEDULES: u64 = 2000;

/// Virtual time by which a sweep of processes that are alive has ended: each may stand still some times.
const PATIENCE: Duration = Duration::from_hours(24);

/// Runs the schedule of a seed; returns the invariant that does not hold.
fn scheduled(
    seed: u64,
    trials: &'static [Trial],
    expected: &BTreeMap<PathBuf, Vec<u8>>,
) -> Result<(), String> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let world = World::new(seed);
    let processes = random.random_range(2..=4);
    let hosts = random.random_range(1..=processes);
    let chances = Chances {
        death: [0, 2][random.random_range(0..2)],
        pause: [0, 3, 15][random.random_range(0..3)],
        stale_handle: [0, 2][random.random_range(0..2)],
        old_list: [0, 100][random.random_range(0..2)],
    };
    let witness = Arc::new(Witness::default());
    let mut racing: Vec<(Simulated, Box<dyn FnOnce() + Send>)> = Vec::new();
    for index in 0..processes {
        let skew = [0, 7200, -7200, 86_400][random.random_range(0..4)];
        let process = world.process(index % hosts, skew);
        let (witness, world, this) = (Arc::clone(&witness), Arc::clone(&world), process.clone());
        let run = move || {
            // As somebody does who starts the command again where it stopped.
            while !this.is_dead() {
                let endings = Endings::default();
                let ended = sweep(&this, trials, &endings);
                witness.look(&world, &endings);
                if ended.is_ok() {
                    break;
                }
            }
        };
        racing.push((process, Box::new(run)));
    }
    let start = world.clock();
    world.race(chances, racing);
    if world.clock().saturating_sub(start) > PATIENCE {
        return Err("it took more than a day".to_owned());
    }
    if let Some(problem) = witness.0.lock().unwrap().problem.take() {
        return Err(problem);
    }
    let before = ended(&world);
    recovers(&world, trials, expected)?;
    let after = ended(&world);
    match before.iter().find(|(path, bytes)| after.get(*path) != Some(bytes)) {
        Some((path, _)) => Err(format!("{} changed after the race", path.display())),
        None => Ok(()),
    }
}

/// Holds what finished trials looked like against what they look like later.
#[derive(Default)]
struct Witness(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    results: BTreeMap<PathBuf, Vec<u8>>,
    problem: Option<String>,
}

impl Witness {
    /// A finished trial never changes, and no trial is marked as failed.
    fn look(&self, world: &World, endings: &Endings) {
        let mut seen = self.0.lock().unwrap();
        for (path, bytes) in ended(world) {
            let before = seen.results.entry(path.clone()).or_insert_with(|| bytes.clone());
            if *before != bytes {
                seen.problem = Some(format!("{} changed", path.display()));
            }
        }
        let endings = endings.0.lock().unwrap();
        let failed = |ending: &Ending| matches!(ending, Ending::Incomplete { status, .. } if *status != Status::Pending);
        if let Some((id, ending)) = endings.iter().find(|(_, ending)| failed(ending)) {
            seen.problem = Some(format!("{id} ended as {ending:?}"));
        }
    }
}

#[test]
fn no_schedule_changes_a_finished_trial_or_waits_for_ever() {
    let trials = &PLAN[..2];
    let expected = reference(trials);
    let asked = |name: &str| std::env::var(name).ok().map(|number| number.parse::<u64>().unwrap());
    let seeds: Vec<u64> = match asked("DRSAE_SCHEDULE") {
        Some(seed) => vec![seed],
        None => (0..asked("DRSAE_SCHEDULES").unwrap_or(SCHEDULES)).collect(),
    };
    let failed = each(seeds.len(), |at| {
        let seed = seeds[at];
        scheduled(seed, trials, &expected).map_err(|problem| format!("DRSAE_SCHEDULE={seed}: {problem}"))
    });
    println!("{} schedules, {} failed", seeds.len(), failed.len());
    assert!(failed.is_empty(), "{}", failed[..failed.len().min(10)].join("\n"));
}
