//! Sweeps of the real program with a fault at one of their system calls.
//!
//! `preload.c` counts the calls that a sweep makes below its results folder. It makes one of them fail, shortens it, or
//! kills the process there. The same command then runs undisturbed, and must write the bytes of an undisturbed sweep.
//!
//! `cargo test` runs a sample; `DRSAE_FAULTS=full` (`just faults`) runs every call with every fault, a number runs that
//! many cases, and `DRSAE_FAULTS=rename:7:EIO` one case.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]

mod case;
#[path = "../files/mod.rs"]
mod files;
mod place;
mod shim;
mod takeover;
mod tally;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use case::Case;
use place::{Files, Place, expect_same};
use shim::{Shim, Trace};
use tally::{Verdict, survive};

/// The files of an undisturbed sweep, and its calls.
struct Reference {
    shim: Shim,
    files: Files,
    calls: Trace,
}

impl Reference {
    /// `None` if the library cannot be used.
    fn new() -> Option<Self> {
        let shim = Shim::compile()?;
        let place = Place::new();
        let ended = place.disturbed(&shim, None).unwrap();
        assert!(ended.status.success(), "{}", ended.err);
        place.verified().unwrap();
        let calls = place.traced();
        for kind in ["create", "write", "fsync", "rename"] {
            assert!(calls.count(kind) > 0, "a sweep makes no {kind} that could fail");
        }
        Some(Self { files: place.lasting(), calls, shim })
    }

    /// A sweep that was killed as soon as a trial had a state.
    fn interrupted(&self) -> Place {
        let number = self.calls.number_of("rename", "state.safetensors").expect("a trial keeps its state");
        let case = Case { kind: "rename".to_owned(), number, fault: "kill-after".to_owned() };
        let place = Place::new();
        place.disturbed(&self.shim, Some(&case)).unwrap();
        assert!(place.traced().disturbed().is_some(), "it was not killed");
        place
    }

    /// Disturbs a sweep, and compares its files, and those of the next sweep, with the undisturbed ones.
    fn attempt(&self, place: &Place, case: &Case) -> Verdict {
        let ended = place.disturbed(&self.shim, Some(case))?;
        let calls = place.traced();
        let with_call = |what: String| format!("{}\n{what}", calls.disturbed().unwrap_or_default());
        if calls.disturbed().is_none() {
            return Ok(false);
        }
        ended.expect_orderly(case.kills()).map_err(with_call)?;
        if ended.status.success() {
            let mut found = place.lasting();
            found.retain(|path, _| self.files.contains_key(path));
            expect_same(&found, &self.files).map_err(|why| with_call(format!("with exit code 0, {why}")))?;
        }
        place.completed().map_err(with_call)?;
        place.verified().map_err(with_call)?;
        expect_same(&place.lasting(), &self.files).map_err(with_call)?;
        Ok(true)
    }
}

#[test]
fn after_any_fault_the_same_command_ends_in_the_same_bytes() {
    let Some(reference) = Reference::new() else { return };
    let cases = case::asked(case::faults(&reference.calls), 60);
    survive("after_any_fault", &cases, |case| reference.attempt(&Place::new(), case));
}

#[test]
fn a_resumed_sweep_ends_in_the_same_bytes_after_any_fault() {
    let Some(reference) = Reference::new() else { return };
    let begun = reference.interrupted();
    let undisturbed = begun.copied();
    let ended = undisturbed.disturbed(&reference.shim, None).unwrap();
    assert!(ended.err.contains("goes on after epoch"), "{}", ended.err);
    let cases = case::asked(case::faults(&undisturbed.traced()), 30);
    survive("a_sweep_that_goes_on", &cases, |case| reference.attempt(&begun.copied(), case));
}

/// Names that look like those of temporary files and leases of the program, of this version or an earlier one.
const OWN: [&str; 4] = ["notes.md", "draft.unfinished", "claim.md", "thesis.tmp"];

/// A complete sweep with old files of the user and one removed trial.
fn with_own_files() -> (Place, Vec<PathBuf>) {
    let place = Place::new();
    place.completed().unwrap();
    let trials = fs::read_dir(place.root().join("trials")).unwrap();
    let mut trials: Vec<_> = trials.map(|entry| entry.unwrap().path()).collect();
    trials.sort();
    fs::remove_dir_all(trials.pop().unwrap()).unwrap();
    let folders = [vec![place.root(), place.root().join("analysis")], trials].concat();
    let own: Vec<_> = folders.iter().flat_map(|folder| OWN.map(|name| folder.join(name))).collect();
    for path in &own {
        fs::write(path, "mine").unwrap();
    }
    place.age(Duration::from_hours(3));
    (place, own)
}

#[test]
fn a_users_own_files_outlast_any_fault() {
    let Some(shim) = Shim::compile() else { return };
    let (place, _) = with_own_files();
    place.disturbed(&shim, None).unwrap();
    let cases = case::asked(case::faults(&place.traced()), 12);
    survive("a_users_own_files", &cases, |case| {
        let (place, own) = with_own_files();
        let ended = place.disturbed(&shim, Some(case))?;
        let reached = place.traced().disturbed().is_some();
        ended.expect_orderly(case.kills())?;
        place.completed()?;
        let lost = own.iter().find(|path| fs::read(path).ok().as_deref() != Some(b"mine"));
        lost.map_or(Ok(reached), |path| Err(format!("{} was lost", path.display())))
    });
}
