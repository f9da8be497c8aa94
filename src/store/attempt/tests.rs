use super::*;
use crate::store::io::simulated::{Fault, World};
use crate::store::io::{Disk, Io};
use crate::store::outcome::tests::outcome;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::store::{FORMAT, PredictionRow, Seal, seal};

struct Lab {
    _results: tempfile::TempDir,
    store: Store,
    leases: Leases,
    trial: TrialFolder,
}

impl Lab {
    fn new() -> Self {
        let results = tempfile::tempdir().unwrap();
        let store = Store::open(&results.path().join("depth"), "name = \"depth\"\n").unwrap();
        let leases = Leases::start(Disk::shared()).unwrap();
        let trial = store.trial("drsae-0123").unwrap();
        Self { _results: results, store, leases, trial }
    }

    fn lease(&self) -> Lease {
        match self.store.acquire(&self.trial, &self.leases).unwrap() {
            Acquisition::Acquired(lease) => lease,
            Acquisition::Held(_) => panic!("it is held"),
        }
    }

    fn attempt(&self) -> Attempt {
        let standing = self.store.standing(&self.trial).unwrap();
        self.store.begin(&self.trial, self.lease(), standing, "steps = 11\n").unwrap()
    }

    /// An attempt with all that a complete trial has.
    fn whole(&self) -> Attempt {
        let attempt = self.attempt();
        attempt.write_rows(&[EpochRow::default()]).unwrap();
        attempt.write_rows(&[TimingRow::default()]).unwrap();
        attempt.write_rows(&[PredictionRow::default()]).unwrap();
        attempt.write(file::MODEL, b"weights").unwrap();
        attempt.write_provenance(&"a machine").unwrap();
        attempt
    }

    /// An attempt that another process, which cannot be seen, left in this moment.
    fn frozen(&self) -> Attempt {
        let frozen = self.whole();
        let lease = self.store.running(self.trial.id()).join("lease-1.json");
        let text = fs::read_to_string(&lease).unwrap();
        let namespace = format!("{:?}", Disk.process().namespace.unwrap_or_default());
        fs::write(&lease, text.replace(&namespace, "\"another boot\"")).unwrap();
        let long_ago = std::time::SystemTime::now() - std::time::Duration::from_hours(1);
        Disk.touch(&lease, long_ago).unwrap();
        frozen
    }

    fn failed() -> Outcome {
        Outcome { status: Status::Failed, ..outcome() }
    }

    fn exists(&self, relative: &str) -> bool {
        self.store.root().join(relative).exists()
    }
}

#[test]
fn a_trial_is_pending_until_its_attempt_is_published() {
    let lab = Lab::new();
    assert_eq!(lab.trial.status().unwrap(), Status::Pending);
    let attempt = lab.whole();
    assert_eq!(lab.trial.status().unwrap(), Status::Pending);
    assert!(!lab.trial.path().exists());
    assert_eq!(attempt.finish(&outcome()).unwrap(), Publication::Yes);
    assert_eq!(lab.trial.status().unwrap(), Status::Complete);
    assert_eq!(lab.trial.outcome().unwrap(), Some(outcome()));
    assert!(lab.trial.intact().is_some());
    assert!(!lab.exists("running"), "nothing is left of it");
}

#[test]
fn a_result_lists_the_files_that_are_there_and_no_state() {
    let lab = Lab::new();
    let attempt = lab.attempt();
    attempt.write_progress(&Progress { epochs: b"e", timings: b"t", state: b"half" }).unwrap();
    attempt.write(file::MODEL, b"abc").unwrap();
    attempt.remove_state().unwrap();
    attempt.finish(&outcome()).unwrap();
    let sealed = lab.trial.sealed().unwrap().unwrap();
    assert_eq!(sealed.seal, Seal::Whole);
    let listed: Vec<_> = sealed.files.keys().map(String::as_str).collect();
    assert_eq!(listed, [file::CONFIG, file::EPOCHS, file::MODEL, file::TIMING]);
    // FIPS 180-4, the example message "abc".
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(sealed.files[file::MODEL], expected);
    assert!(!lab.trial.path().join(file::STATE).exists(), "a complete trial needs none");
}

#[test]
fn a_trial_that_pauses_keeps_its_state_and_lists_it() {
    let lab = Lab::new();
    let attempt = lab.attempt();
    attempt.write(file::STATE, b"half").unwrap();
    attempt.finish(&outcome()).unwrap();
    let sealed = lab.trial.intact().unwrap();
    assert!(sealed.files.contains_key(file::STATE));
    assert_eq!(lab.trial.read(file::STATE).unwrap().as_deref(), Some(&b"half"[..]));
}

#[test]
fn a_retry_replaces_the_failure_when_it_ends_and_keeps_it() {
    let lab = Lab::new();
    let attempt = lab.attempt();
    attempt.write(file::FAILURE, b"out of memory").unwrap();
    attempt.write_progress(&Progress { epochs: b"e", timings: b"t", state: b"half" }).unwrap();
    attempt.finish(&Lab::failed()).unwrap();
    assert!(lab.trial.path().join(file::STATE).exists(), "it may go on from there");

    let retry = lab.whole();
    assert_eq!(lab.trial.status().unwrap(), Status::Failed, "what stands is replaced when there is more");
    assert!(retry.earlier(None).unwrap().iter().any(|folder| folder.path() == lab.trial.path()));
    assert_eq!(retry.finish(&outcome()).unwrap(), Publication::Yes);
    assert_eq!(lab.trial.status().unwrap(), Status::Complete);
    let replaced = fs::read_dir(lab.store.root().join(REPLACED)).unwrap().next().unwrap().unwrap().path();
    assert_eq!(fs::read_to_string(replaced.join(file::FAILURE)).unwrap(), "out of memory");
}

#[test]
fn a_process_that_wakes_up_after_another_ended_the_trial_changes_nothing() {
    let lab = Lab::new();
    let frozen = lab.frozen();
    let winner = lab.whole();
    winner.finish(&outcome()).unwrap();
    let standing = fs::read(lab.trial.path().join(file::RESULT)).unwrap();

    assert!(frozen.write_rows::<EpochRow>(&[]).is_err(), "its folder is gone");
    assert!(frozen.finish(&Outcome { seconds: 1.0, ..outcome() }).is_err());
    assert_eq!(fs::read(lab.trial.path().join(file::RESULT)).unwrap(), standing);
    assert!(lab.trial.intact().is_some());
}

/// The check of the lease is behind it when it stops.
#[test]
fn a_folder_is_published_once() {
    let lab = Lab::new();
    let frozen = lab.frozen();
    let text = seal::write(&Outcome { seconds: 1.0, ..outcome() }, BTreeMap::new()).unwrap();
    frozen.write(file::RESULT, text.as_bytes()).unwrap();
    let aside = lab.store.root().join("aside");
    fs::rename(frozen.folder().path(), &aside).unwrap();
    lab.whole().finish(&outcome()).unwrap();
    let standing = fs::read(lab.trial.path().join(file::RESULT)).unwrap();

    let late = TrialFolder::new(lab.trial.id(), aside, lab.store.shared_io());
    let publish = |replaced: &Standing| lab.store.publish(&late, &lab.trial, replaced).unwrap();
    assert_eq!(publish(&Standing(None)), Publication::Lost);
    assert_eq!(publish(&Standing(Some("0123456789abcdef".to_owned()))), Publication::Lost);
    assert_eq!(fs::read(lab.trial.path().join(file::RESULT)).unwrap(), standing);
}

/// Another process ends the trial after this one saw that it had not ended, and before it begins.
#[test]
fn a_result_that_comes_after_the_look_is_not_replaced() {
    let lab = Lab::new();
    let standing = lab.store.standing(&lab.trial).unwrap();
    lab.whole().finish(&outcome()).unwrap();
    let kept = fs::read(lab.trial.path().join(file::RESULT)).unwrap();
    let late = lab.store.begin(&lab.trial, lab.lease(), standing, "").unwrap();
    assert_eq!(late.finish(&Outcome { seconds: 1.0, ..outcome() }).unwrap(), Publication::Lost);
    assert_eq!(fs::read(lab.trial.path().join(file::RESULT)).unwrap(), kept);
}

/// Another process replaces the result between its reading and the rename.
#[test]
fn a_result_is_replaced_once() {
    let lab = Lab::new();
    lab.attempt().finish(&Lab::failed()).unwrap();
    let Standing(Some(digest)) = lab.store.standing(&lab.trial).unwrap() else { panic!() };
    lab.whole().finish(&outcome()).unwrap();
    assert_ne!(lab.store.standing(&lab.trial).unwrap(), Standing(Some(digest.clone())));
    assert!(!lab.store.set_aside(&lab.trial, &digest).unwrap());
    assert_eq!(lab.trial.status().unwrap(), Status::Complete);
}

/// Copies the files of a folder into a new one.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// The failed result comes back twice, as from a backup.
#[test]
fn a_result_that_was_restored_is_replaced_again_and_every_one_is_kept() {
    let lab = Lab::new();
    let replaced = lab.store.root().join(REPLACED);
    lab.attempt().finish(&Lab::failed()).unwrap();
    let Standing(Some(digest)) = lab.store.standing(&lab.trial).unwrap() else { panic!() };
    let name = format!("{}.{}", lab.trial.id(), &digest[..12]);
    lab.whole().finish(&outcome()).unwrap();
    for number in [2, 3] {
        fs::remove_dir_all(lab.trial.path()).unwrap();
        copy(&replaced.join(&name), lab.trial.path());
        assert_eq!(lab.whole().finish(&outcome()).unwrap(), Publication::Yes);
        assert_eq!(lab.trial.status().unwrap(), Status::Complete);
        assert!(replaced.join(format!("{name}.{number}")).join(file::RESULT).exists());
    }
    assert_eq!(fs::read_dir(replaced).unwrap().count(), 3);
}

#[test]
fn an_attempt_that_ended_and_was_not_published_is_published_by_the_next_process() {
    let lab = Lab::new();
    let attempt = lab.whole();
    let kept = lab.store.root().join("kept");
    let path = attempt.folder().path().to_owned();
    attempt.finish(&outcome()).unwrap();
    // As it stood before the rename.
    fs::rename(lab.trial.path(), &kept).unwrap();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::rename(&kept, &path).unwrap();
    assert_eq!(lab.trial.status().unwrap(), Status::Pending);

    let lease = lab.lease();
    assert_eq!(lab.store.recover(&lab.trial, &lease).unwrap(), Some(Status::Complete));
    assert_eq!(lab.trial.status().unwrap(), Status::Complete);
    lab.store.tidy(&lab.trial, lease).unwrap();
    assert!(!lab.exists("running"));
}

#[test]
fn an_attempt_whose_files_were_changed_is_not_published() {
    let lab = Lab::new();
    let attempt = lab.whole();
    let path = attempt.folder().path().to_owned();
    attempt.finish(&outcome()).unwrap();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::rename(lab.trial.path(), &path).unwrap();
    fs::write(path.join(file::MODEL), "other weights").unwrap();
    assert_eq!(lab.store.recover(&lab.trial, &lab.lease()).unwrap(), None);
}

#[test]
fn what_a_user_keeps_beside_an_attempt_stays() {
    let lab = Lab::new();
    let attempt = lab.whole();
    drop(lab.store.attempts(&lab.trial).unwrap());
    for name in ["claim.md", "draft.unfinished"] {
        fs::write(lab.store.running(lab.trial.id()).join(name), "notes").unwrap();
    }
    attempt.finish(&outcome()).unwrap();
    lab.store.tidy(&lab.trial, lab.lease()).unwrap();
    for name in ["claim.md", "draft.unfinished"] {
        assert!(lab.store.running(lab.trial.id()).join(name).exists(), "{name}");
    }
}

#[test]
fn the_file_that_a_kill_left_while_a_lease_was_acquired_is_removed_an_hour_later() {
    let lab = Lab::new();
    lab.whole().finish(&outcome()).unwrap();
    let lease = lab.lease();
    let left = lease.folder().join(".drsae-0123456789abcdef.unfinished");
    fs::write(&left, "{\"host\"").unwrap();
    lab.store.tidy(&lab.trial, lease).unwrap();
    assert!(left.exists(), "its writer may live");
    let old = std::time::SystemTime::now() - std::time::Duration::from_hours(2);
    fs::File::options().write(true).open(&left).unwrap().set_modified(old).unwrap();
    lab.store.tidy(&lab.trial, lab.lease()).unwrap();
    assert!(!lab.exists("running"));
}

#[test]
fn a_damaged_result_is_set_aside_and_computed_again() {
    let lab = Lab::new();
    lab.whole().finish(&outcome()).unwrap();
    let newer = serde_json::to_string(&Outcome { format: FORMAT + 1, ..outcome() }).unwrap();
    for text in ["{\"format\": 1, \"sta", newer.as_str()] {
        fs::write(lab.trial.path().join(file::RESULT), text).unwrap();
        assert_eq!(lab.trial.status().unwrap(), Status::Pending);
        let error = lab.trial.outcome().unwrap_err();
        assert!(matches!(&error, Error::Malformed { path, .. } if path.ends_with(file::RESULT)), "{error}");
        assert_eq!(lab.whole().finish(&outcome()).unwrap(), Publication::Yes);
        assert!(lab.trial.intact().is_some());
    }
    assert_eq!(fs::read_dir(lab.store.root().join(REPLACED)).unwrap().count(), 2);
}

#[test]
fn folders_that_another_process_removes_and_creates_again_are_no_error() {
    for call in 0.. {
        let world = World::new(0);
        let process = world.process(0, 0);
        let io: Arc<dyn Io> = Arc::new(process.clone());
        let store =
            Store::open_through(Arc::clone(&io), Path::new("/results"), "name = \"depth\"\n").unwrap();
        let trial = store.trial("drsae-0123").unwrap();
        for folder in ["/results/running", "/results/running/drsae-0123"] {
            io.create_folder(Path::new(folder)).unwrap();
        }
        let leases = Leases::start(Arc::clone(&io)).unwrap();
        let first = process.calls();
        process.fail(first + call, Fault::Fail(libc::ENOENT));
        let acquired = store.acquire(&trial, &leases);
        assert!(acquired.is_ok(), "call {call}: {:?}", acquired.err());
        if process.calls() <= first + call {
            assert!(call > 5, "the fault was never met");
            break;
        }
    }
}
