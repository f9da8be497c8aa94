//! One fault at each call of a sweep, from the first to the last.

use super::*;
use crate::store::io::simulated::Fault;

/// The faults, each injected once at every call.
const FAULTS: [Fault; 15] = [
    Fault::Fail(libc::EIO),
    Fault::Fail(libc::ENOSPC),
    Fault::Fail(libc::EACCES),
    Fault::Fail(libc::ESTALE),
    Fault::FailAfter(libc::EIO),
    Fault::FailAfter(libc::ESTALE),
    Fault::Interrupt(1),
    Fault::Interrupt(3),
    Fault::Short,
    Fault::Kill,
    Fault::KillAfter,
    Fault::Pause,
    Fault::PowerLoss,
    Fault::PowerLoss,
    Fault::PowerLoss,
];

/// Runs a sweep with a `fault` at its call number `call`; returns the problems afterwards.
fn disturbed(
    fault: Fault,
    call: usize,
    seed: usize,
    trials: &'static [Trial],
    expected: &BTreeMap<PathBuf, Vec<u8>>,
) -> Result<(), String> {
    let world = World::new(seed as u64);
    let process = world.process(0, 0);
    process.fail(call, fault);
    let endings = Endings::default();
    let standing = Arc::new(Mutex::new(BTreeMap::new()));
    if fault == Fault::Pause {
        let (world_then, standing) = (Arc::clone(&world), Arc::clone(&standing));
        let expected = expected.clone();
        world.on_pause(move || {
            // Another host takes over and ends the sweep.
            let recovered = recovers(&world_then, trials, &expected);
            *standing.lock().unwrap() = recovered.map(|()| ended(&world_then)).unwrap_or_default();
        });
    }
    let result = sweep(&process, trials, &endings);
    let endings = endings.0.into_inner().unwrap();
    if let Some((id, ending)) = endings.iter().find(|(_, ending)| is_failed(ending)) {
        return Err(format!("{id} ended as {ending:?}"));
    }
    if matches!(fault, Fault::Interrupt(_) | Fault::Short)
        && let Err(error) = result
    {
        return Err(format!("it did not go on: {}", crate::text::chain(&error)));
    }
    process.exit();
    if fault == Fault::Pause {
        let standing = standing.lock().unwrap();
        if standing.is_empty() {
            return Err("the process that took over did not end the sweep".to_owned());
        }
        if ended(&world) != *standing {
            return Err("a finished trial was changed by the process that woke up".to_owned());
        }
    }
    // Everything reported as complete is there, even after a loss of power.
    for (id, _) in endings.iter().filter(|(_, ending)| matches!(ending, Ending::Complete { .. })) {
        let folder = Path::new(ROOT).join("trials").join(id);
        if !world.files().contains_key(&folder.join("result.json")) {
            return Err(format!("{id} was complete and is gone"));
        }
    }
    recovers(&world, trials, expected)
}

fn is_failed(ending: &Ending) -> bool {
    matches!(ending, Ending::Incomplete { status, .. } if *status != Status::Pending)
}

#[test]
fn whatever_goes_wrong_at_any_call_the_next_run_ends_in_the_same_bytes() {
    let trials = &PLAN[..2];
    let expected = reference(trials);
    let world = World::new(0);
    let undisturbed = world.process(0, 0);
    sweep(&undisturbed, trials, &Endings::default()).unwrap();
    let calls = undisturbed.calls();
    let runs = FAULTS.len() * calls;
    let failed = each(runs, |at| {
        let (fault, call) = (FAULTS[at / calls], at % calls);
        disturbed(fault, call, at, trials, &expected)
            .map_err(|problem| format!("{fault:?} at call {call}: {problem}"))
    });
    println!("{runs} runs: {calls} calls, {} kinds of faults, {} failed", FAULTS.len(), failed.len());
    assert!(failed.is_empty(), "{}", failed[..failed.len().min(10)].join("\n"));
}
