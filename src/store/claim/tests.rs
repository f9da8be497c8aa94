use std::fs::File;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::link::STALE;
use super::*;
use crate::store::outcome::tests::outcome;
use crate::store::{Outcome, Status};

fn folder() -> (tempfile::TempDir, TrialFolder) {
    let root = tempfile::tempdir().unwrap();
    let folder = TrialFolder::new("drsae-0123", root.path().join("drsae-0123"));
    atomic::create_folder(folder.path()).unwrap();
    (root, folder)
}

/// Names in a folder, those of the clock's passing files aside.
fn names(folder: &TrialFolder) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

/// A process of a host that cannot be seen from here.
fn elsewhere() -> Holder {
    Holder { host: "node7".to_owned(), processes: Some("another boot".to_owned()), ..Holder::this_process() }
}

fn ours(claiming: Claiming) -> Option<Claim> {
    match claiming {
        Claiming::Ours(claim) => Some(claim),
        Claiming::Held(_) => None,
    }
}

/// Writes a claim that was last touched `age` ago.
fn leave(folder: &TrialFolder, text: &str, age: Duration) {
    let path = folder.path().join(file::CLAIM);
    fs::write(&path, text).unwrap();
    let then = link::clock(folder.path()).unwrap() - age;
    File::options().write(true).open(&path).unwrap().set_modified(then).unwrap();
}

fn leave_stale(folder: &TrialFolder) {
    leave(folder, &serde_json::to_string(&elsewhere()).unwrap(), STALE);
}

#[test]
fn a_claim_is_exclusive_until_it_is_dropped() {
    let (_root, folder) = folder();
    let claims = Claims::start().unwrap();
    let claim = ours(claims.claim(&folder).unwrap()).unwrap();
    assert!(claim.is_held());
    assert_eq!(folder.holder().unwrap().unwrap().pid, std::process::id());
    match claims.claim(&folder).unwrap() {
        Claiming::Held(Some(holder)) => assert_eq!(holder.pid, std::process::id()),
        _ => panic!("claimed twice"),
    }
    drop(claim);
    assert_eq!(folder.holder().unwrap(), None);
    assert!(names(&folder).is_empty());
    assert!(ours(claims.claim(&folder).unwrap()).is_some());
}

#[test]
fn another_hosts_claim_lives_by_its_heartbeat() {
    let (_root, folder) = folder();
    let claims = Claims::start().unwrap();
    let text = serde_json::to_string(&elsewhere()).unwrap();
    for age in [Duration::ZERO, Duration::from_mins(4)] {
        leave(&folder, &text, age);
        assert_eq!(folder.holder().unwrap().unwrap().host, "node7");
        assert!(ours(claims.claim(&folder).unwrap()).is_none(), "{age:?}");
    }
    leave(&folder, &text, STALE);
    assert_eq!(folder.holder().unwrap(), None);
    let claim = ours(claims.claim(&folder).unwrap()).unwrap();
    assert_eq!(names(&folder).len(), 2, "the dead claim and the one that succeeds it");
    drop(claim);
    assert!(names(&folder).is_empty());
}

#[test]
fn a_heartbeat_revives_a_claim_that_seemed_stale() {
    let (_root, folder) = folder();
    leave_stale(&folder);
    let path = folder.path().join(file::CLAIM);
    let before = fs::read(&path).unwrap();
    beat(&Mutex::new(HashSet::from([path.clone(), folder.path().join("removed.json")])));
    assert!(folder.holder().unwrap().is_some());
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(names(&folder), [file::CLAIM]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_dead_process_of_this_host_is_succeeded_at_once() {
    let (_root, folder) = folder();
    let claims = Claims::start().unwrap();
    // The same id, but a process that started at another time.
    let dead = Holder { started: Some(0), ..Holder::this_process() };
    leave(&folder, &serde_json::to_string(&dead).unwrap(), Duration::ZERO);
    assert_eq!(folder.holder().unwrap(), None);
    assert!(ours(claims.claim(&folder).unwrap()).is_some());
}

#[test]
fn a_torn_claim_is_held_by_nobody_known_and_then_dead() {
    let (_root, folder) = folder();
    let claims = Claims::start().unwrap();
    let climbing = serde_json::to_string(&Holder { token: "../../up".to_owned(), ..elsewhere() }).unwrap();
    for text in ["", "{\"host\": \"no", &climbing] {
        leave(&folder, text, Duration::ZERO);
        assert!(matches!(claims.claim(&folder).unwrap(), Claiming::Held(None)), "{text:?}");
        leave(&folder, text, STALE);
        let claim = ours(claims.claim(&folder).unwrap()).unwrap();
        drop(claim);
        assert!(names(&folder).is_empty(), "{text:?}");
    }
}

#[test]
fn a_frozen_process_finds_its_claim_succeeded_and_leaves_the_other() {
    let (_root, folder) = folder();
    let claims = Claims::start().unwrap();
    let frozen = ours(claims.claim(&folder).unwrap()).unwrap();
    // It looks as it does from another host, and has not been touched for long.
    let text = serde_json::to_string(&Holder { token: frozen.token.clone(), ..elsewhere() }).unwrap();
    leave(&folder, &text, STALE);
    assert!(frozen.is_held(), "nobody has succeeded it yet");
    let successor = ours(claims.claim(&folder).unwrap()).unwrap();
    assert!(!frozen.is_held());
    drop(frozen);
    assert!(successor.is_held());
    drop(successor);
    assert!(names(&folder).is_empty());
}

/// How many of eight threads get the trial when all claim it at once and none releases it.
fn winners(folder: &TrialFolder, claims: &Claims) -> usize {
    let barrier = Barrier::new(8);
    let claim = || {
        barrier.wait();
        ours(claims.claim(folder).unwrap())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(claim)).collect();
        let claims: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        claims.iter().flatten().count()
    })
}

#[test]
fn of_many_that_claim_at_once_one_gets_it() {
    let (_root, folder) = folder();
    let claims = Claims::start().unwrap();
    for round in 0..200 {
        assert_eq!(winners(&folder, &claims), 1, "round {round}");
        assert!(names(&folder).is_empty(), "round {round}");
    }
}

#[test]
fn of_many_that_see_a_dead_claim_one_succeeds_it() {
    let (_root, folder) = folder();
    let claims = Claims::start().unwrap();
    for round in 0..200 {
        leave_stale(&folder);
        assert_eq!(winners(&folder, &claims), 1, "round {round}");
        assert!(names(&folder).is_empty(), "round {round}");
    }
}

/// Here claims are released while others still look at what they succeeded, and a process
/// "dies" each time: nobody may remove or overrule the claim of another.
#[test]
fn claiming_succeeding_and_releasing_never_lets_two_in() {
    let (_root, folder) = folder();
    let claims = Claims::start().unwrap();
    let inside = AtomicUsize::new(0);
    let work = || {
        for _ in 0..100 {
            let Some(claim) = ours(claims.claim(&folder).unwrap()) else { continue };
            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
            thread::yield_now();
            assert!(claim.is_held());
            assert_eq!(inside.fetch_sub(1, Ordering::SeqCst), 1);
        }
    };
    for _ in 0..10 {
        leave_stale(&folder);
        thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(work))));
        assert_eq!(folder.holder().unwrap(), None);
    }
    assert!(names(&folder).is_empty());
}

/// What a kill between the marker and the cleaning leaves, and a link that hangs on nothing.
fn leave_all(folder: &TrialFolder) {
    for name in [file::STATE, "claim.1.00112233445566ff.json", ".x1y2.unfinished"] {
        fs::write(folder.path().join(name), "half").unwrap();
    }
}

#[test]
fn an_ended_trial_is_tidied_unless_a_living_process_holds_it() {
    let (_root, folder) = folder();
    let unfinished = || folder.path().join(".x1y2.unfinished").exists();
    leave_all(&folder);
    leave_stale(&folder);
    folder.tidy().unwrap();
    assert_eq!((names(&folder).len(), unfinished()), (3, true), "it has not ended");

    folder.finish(&outcome()).unwrap();
    leave(&folder, &serde_json::to_string(&elsewhere()).unwrap(), Duration::ZERO);
    folder.tidy().unwrap();
    assert_eq!((names(&folder).len(), unfinished()), (4, true), "a living process holds it");

    leave_stale(&folder);
    folder.tidy().unwrap();
    assert_eq!((names(&folder), unfinished()), (vec![file::RESULT.to_owned()], false));
}

#[test]
fn a_trial_that_may_be_run_again_keeps_its_state() {
    let (_root, folder) = folder();
    folder.finish(&Outcome { status: Status::TimedOut, ..outcome() }).unwrap();
    leave_all(&folder);
    leave_stale(&folder);
    folder.tidy().unwrap();
    assert_eq!(names(&folder), [file::RESULT, file::STATE]);
}
