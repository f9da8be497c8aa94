use std::fs;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;
use crate::store::io::simulated::{Fault, World};
use crate::store::io::{Disk, Process};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn leases() -> Leases {
    Leases::start(Disk::shared()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    // The clock's passing files aside.
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

fn acquired(acquisition: Acquisition) -> Option<Lease> {
    match acquisition {
        Acquisition::Acquired(lease) => Some(lease),
        Acquisition::Held(_) => None,
    }
}

/// The text of a lease of this process, or of one that was changed from it.
fn text(token: &str, change: impl FnOnce(&mut Process)) -> String {
    let mut process = Disk.process();
    change(&mut process);
    format!(
        r#"{{"host": "node7", "pid": {}, "since": "2013-01-16T12:00:00Z", "token": "{token}",
            "started": {:?}, "processes": {:?}}}"#,
        process.pid,
        process.started.unwrap_or_default(),
        process.namespace.unwrap_or_default()
    )
}

const TOKEN: &str = "00112233445566ff";

/// A process that cannot be seen from here.
fn elsewhere() -> String {
    text(TOKEN, |process| process.namespace = Some("another boot".to_owned()))
}

/// Writes a lease that was last touched `age` ago.
fn leave(folder: &Path, number: u64, text: &str, age: Duration) {
    let path = file_of(folder, number);
    fs::write(&path, text).unwrap();
    let then = atomic::clock(&Disk, folder).unwrap() - age;
    Disk.touch(&path, then).unwrap();
}

fn leave_stale(folder: &Path) {
    leave(folder, 1, &elsewhere(), STALE);
}

#[test]
fn a_lease_is_exclusive_until_it_is_dropped() {
    let (folder, leases) = (folder(), leases());
    let folder = folder.path();
    let lease = acquired(leases.acquire(folder).unwrap()).unwrap();
    assert!(lease.is_held());
    assert_eq!(holder(&Disk, folder).unwrap().unwrap().pid, std::process::id());
    match leases.acquire(folder).unwrap() {
        Acquisition::Held(Some(holder)) => assert_eq!(holder.pid, std::process::id()),
        _ => panic!("acquired twice"),
    }
    drop(lease);
    assert_eq!(holder(&Disk, folder).unwrap(), None);
    assert_eq!(names(folder), ["lease-1.released"]);
    acquired(leases.acquire(folder).unwrap()).unwrap().release_for_good();
    assert!(!folder.exists());
}

#[test]
fn another_hosts_lease_lives_by_its_heartbeat() {
    let (folder, leases) = (folder(), leases());
    let folder = folder.path();
    for age in [Duration::ZERO, Duration::from_mins(4)] {
        leave(folder, 1, &elsewhere(), age);
        assert_eq!(holder(&Disk, folder).unwrap().unwrap().host, "node7");
        assert!(acquired(leases.acquire(folder).unwrap()).is_none(), "{age:?}");
    }
    leave(folder, 1, &elsewhere(), STALE);
    assert_eq!(holder(&Disk, folder).unwrap(), None);
    let lease = acquired(leases.acquire(folder).unwrap()).unwrap();
    assert_eq!(names(folder), ["lease-2.json"], "the dead one is removed by the one that succeeds it");
    drop(lease);
    assert_eq!(names(folder), ["lease-2.released"]);
}

#[test]
fn a_heartbeat_revives_a_lease_that_seemed_stale() {
    let folder = folder();
    let folder = folder.path();
    leave_stale(folder);
    let paths = [file_of(folder, 1), folder.join("removed.json")];
    let before = fs::read(&paths[0]).unwrap();
    let held = paths.iter().map(|path| (path.display().to_string(), path.clone())).collect();
    beat(&Disk, &Mutex::new(held));
    assert!(holder(&Disk, folder).unwrap().is_some());
    assert_eq!(fs::read(&paths[0]).unwrap(), before);
    assert_eq!(names(folder), ["lease-1.json"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_dead_process_of_this_host_is_succeeded_at_once() {
    let (folder, leases) = (folder(), leases());
    // The same id, but a process that started at another time.
    leave(folder.path(), 1, &text(TOKEN, |process| process.started = Some(0)), Duration::ZERO);
    assert_eq!(holder(&Disk, folder.path()).unwrap(), None);
    assert!(acquired(leases.acquire(folder.path()).unwrap()).is_some());
}

/// As where the disk failed just when the lease was written, or when it was to be removed.
#[test]
fn a_process_does_not_wait_for_a_lease_of_its_own_that_it_does_not_hold() {
    let (folder, leases) = (folder(), leases());
    leave(folder.path(), 1, &text(TOKEN, |_| {}), Duration::ZERO);
    assert!(acquired(leases.acquire(folder.path()).unwrap()).is_some());
}

/// As a file system without hard links may leave it.
#[test]
fn a_torn_lease_is_held_by_nobody_known_and_then_dead() {
    let (folder, leases) = (folder(), leases());
    let folder = folder.path();
    let climbing = text("../../up", |_| {});
    for text in ["", "{\"host\": \"no", &climbing] {
        leave(folder, 1, text, Duration::ZERO);
        assert!(matches!(leases.acquire(folder).unwrap(), Acquisition::Held(None)), "{text:?}");
        leave(folder, 1, text, STALE);
        assert!(acquired(leases.acquire(folder).unwrap()).is_some(), "{text:?}");
        fs::remove_file(released(folder, 2)).unwrap();
    }
}

/// Nobody on its host waits for a heartbeat then.
#[test]
fn a_process_that_dies_while_it_acquires_a_lease_is_succeeded_at_once() {
    let path = Path::new("/folder");
    let mut deaths = 0;
    for fault in [Fault::Kill, Fault::KillAfter] {
        for call in 0.. {
            let world = World::new(0);
            let dying = world.process(0, 0);
            atomic::create_folder(&dying, path).unwrap();
            dying.fail(dying.calls() + call, fault);
            let held = Leases::start(Arc::new(dying.clone())).unwrap().acquire(path);
            if !dying.is_dead() {
                break;
            }
            drop(held);
            let next = Leases::start(Arc::new(world.process(0, 0))).unwrap();
            assert!(acquired(next.acquire(path).unwrap()).is_some(), "{fault:?} at call {call}");
            deaths += 1;
        }
    }
    assert!(deaths > 10, "{deaths} deaths");
}

#[test]
fn a_frozen_process_finds_its_lease_succeeded_and_leaves_the_other() {
    let (folder, leases) = (folder(), leases());
    let folder = folder.path();
    let frozen = acquired(leases.acquire(folder).unwrap()).unwrap();
    // It looks as it does from another host, and has not been touched for long.
    let text = text(frozen.token(), |process| process.namespace = Some("another boot".to_owned()));
    leave(folder, 1, &text, STALE);
    assert!(frozen.is_held(), "nobody has succeeded it yet");
    let successor = acquired(leases.acquire(folder).unwrap()).unwrap();
    assert!(!frozen.is_held());
    drop(frozen);
    assert!(successor.is_held());
    drop(successor);
    assert_eq!(names(folder), ["lease-2.released"]);
}

#[test]
fn files_with_other_names_are_not_leases_and_are_kept() {
    let (folder, leases) = (folder(), leases());
    let others =
        ["claim.md", "lease-.json", "lease-01.json", "lease-x.json", "lease-18446744073709551615.json"];
    for name in others {
        fs::write(folder.path().join(name), "notes").unwrap();
    }
    drop(acquired(leases.acquire(folder.path()).unwrap()).unwrap());
    let mut expected = others.to_vec();
    expected.push("lease-1.released");
    expected.sort_unstable();
    assert_eq!(names(folder.path()), expected);
}

/// Number of eight threads that acquire the folder when all ask at once and none releases it.
fn winners(folder: &Path, leases: &Leases) -> usize {
    let barrier = Barrier::new(8);
    let acquire = || {
        barrier.wait();
        acquired(leases.acquire(folder).unwrap())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(acquire)).collect();
        let leases: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        leases.iter().flatten().count()
    })
}

#[test]
fn of_many_that_ask_at_once_one_gets_it() {
    let (folder, leases) = (folder(), leases());
    for round in 0..100 {
        assert_eq!(winners(folder.path(), &leases), 1, "round {round}");
        assert_eq!(names(folder.path()).len(), 1, "round {round}");
    }
}

#[test]
fn of_many_that_see_a_dead_lease_one_succeeds_it() {
    let (folder, leases) = (folder(), leases());
    for round in 0..100 {
        leave(folder.path(), 2 * round + 1, &elsewhere(), STALE);
        assert_eq!(winners(folder.path(), &leases), 1, "round {round}");
        assert_eq!(names(folder.path()).len(), 1, "round {round}");
    }
}

/// Here leases are released while others still look at what they succeeded, and a process
/// "dies" each time: nobody may remove or overrule the lease of another.
#[test]
fn acquiring_succeeding_and_releasing_never_lets_two_in() {
    let (folder, leases) = (folder(), leases());
    let folder = folder.path();
    let inside = AtomicUsize::new(0);
    let work = || {
        for _ in 0..100 {
            let Some(lease) = acquired(leases.acquire(folder).unwrap()) else { continue };
            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
            thread::yield_now();
            assert!(lease.is_held());
            assert_eq!(inside.fetch_sub(1, Ordering::SeqCst), 1);
        }
    };
    for round in 0..10 {
        leave(folder, 10_000 * (round + 1), &elsewhere(), STALE);
        thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(work))));
        assert_eq!(holder(&Disk, folder).unwrap(), None);
    }
    assert_eq!(names(folder).len(), 1);
}
