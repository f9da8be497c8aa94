//! A sweep that is killed repeatedly ends in the bytes of an undisturbed one.
#![cfg(unix)]

mod files;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use files::deterministic;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SPEC: &str = r#"
name = "killed"
seeds = 1
[data]
source = "strokes"
train = 400
validation = 100
test = 100
[model]
steps = 3
hidden = 12
[training]
batch = 100
phases = [{ epochs = 50, rate = 1e-3 }, { epochs = 250, rate = 1e-3, discriminative = true, masking = 0.1, average = 0.99 }]
[sweep.grid]
"model.family" = ["drsae", "mlp"]
"#;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("killed.toml"), SPEC).unwrap();
        Self { folder }
    }

    fn sweep(&self, results: &str) -> Child {
        Command::new(env!("CARGO_BIN_EXE_drsae"))
            .args(["sweep", "killed.toml", "--jobs", "2", "--results", results])
            .current_dir(self.folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Asserts that two results folders have the same files with the same bytes, except files with times and files of
    /// killed processes.
    fn assert_same(&self, results: &str, expected: &str) {
        let (found, expected) = (self.files(results), self.files(expected));
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (path, bytes) in &found {
            assert!(*bytes == expected[path], "{} differs", path.display());
        }
    }

    fn files(&self, results: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        deterministic(&self.folder.path().join(results))
    }

    /// Starts a sweep and kills it when `count` of its trials have a state.
    fn killed_with_states(&self, results: &str, count: usize) {
        let mut child = self.sweep(results);
        self.wait_for_states(&mut child, results, count);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn wait_for_states(&self, child: &mut Child, results: &str, count: usize) {
        while self.states(results).len() < count {
            assert!(child.try_wait().unwrap().is_none(), "the sweep ended before it had {count} states");
            sleep(Duration::from_millis(1));
        }
    }

    /// The states of trials that run, or ran when they were killed, sorted.
    fn states(&self, results: &str) -> Vec<PathBuf> {
        let running = self.folder.path().join(results).join("killed/running");
        let attempts = entries(&running).iter().flat_map(|trial| entries(trial)).collect::<Vec<_>>();
        let states = attempts.iter().map(|attempt| attempt.join("state.safetensors"));
        let mut states: Vec<_> = states.filter(|state| state.exists()).collect();
        states.sort();
        states
    }

    /// Runs the sweep to its end; gives what it text.
    fn ended(&self, results: &str) -> String {
        let child = self.sweep(results);
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{text}");
        text
    }
}

/// The entries of a folder, which another process may remove in the meantime.
fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect()
}

/// Waits for the end, for at most `time`.
fn ended_within(child: &mut Child, time: Duration) -> Option<ExitStatus> {
    let start = Instant::now();
    while start.elapsed() < time {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        sleep(Duration::from_millis(2));
    }
    None
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn output_of(child: Child) -> String {
    String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap()
}

#[test]
fn killed_at_many_moments_it_ends_in_the_same_bytes() {
    let place = Place::new();
    let start = Instant::now();
    place.ended("whole");
    let whole = start.elapsed();

    let mut random = ChaCha8Rng::seed_from_u64(20);
    let (mut kills, mut folders) = (0, 0);
    while kills < 22 {
        let results = format!("killed-{folders}");
        loop {
            let life = whole.mul_f64(random.random_range(0.0..0.6));
            let mut child = place.sweep(&results);
            if let Some(status) = ended_within(&mut child, life) {
                assert!(status.success(), "{}", output_of(child));
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            if kills >= 22 {
                place.ended(&results);
                break;
            }
        }
        place.assert_same(&results, "whole");
        folders += 1;
    }
    println!("survived {kills} kills in {folders} sweeps");
}

#[test]
fn what_a_kill_between_the_end_of_a_trial_and_its_cleaning_leaves_is_removed_by_the_next_sweep() {
    let place = Place::new();
    place.ended("whole");
    place.killed_with_states("killed", 2);
    let path = |relative: &str| place.folder.path().join(relative);
    copy(&path("whole"), &path("left"));
    copy(&path("killed/killed/running"), &path("left/killed/running"));
    place.ended("left");
    place.assert_same("left", "whole");
    assert!(!path("left/killed/running").exists());
}

/// Removes a folder in one step, whoever writes there.
fn vanish(folder: &Path) {
    let elsewhere = tempfile::tempdir().unwrap();
    fs::rename(folder, elsewhere.path().join("gone")).unwrap();
}

#[test]
fn a_trial_whose_folder_is_removed_is_reported_and_the_others_end() {
    let place = Place::new();
    place.ended("whole");
    let mut child = place.sweep("removed");
    place.wait_for_states(&mut child, "removed", 2);
    let state = place.states("removed").remove(0);
    let folder = state.parent().unwrap().parent().unwrap().to_owned();
    let id = folder.file_name().unwrap().to_str().unwrap();
    vanish(&folder);
    let output = child.wait_with_output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{log}");
    let message =
        format!(": pending: removed/killed/running/{id} was removed or renamed while the sweep ran");
    assert!(log.contains(&message), "{log}");
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains("1 of 2 trials complete; results in removed/killed\n1 pending\n"), "{out}");
    assert!(out.contains("`drsae sweep killed.toml --results removed` runs pending trials"), "{out}");
    assert!(!folder.exists());
    place.ended("removed");
    place.assert_same("removed", "whole");
}

#[test]
fn a_results_folder_that_is_removed_ends_the_sweep_and_is_not_made_anew() {
    let place = Place::new();
    place.ended("whole");
    for part in ["killed", "killed/trials"] {
        let results = format!("removed-{}", part.len());
        let mut child = place.sweep(&results);
        place.wait_for_states(&mut child, &results, 1);
        let folder = place.folder.path().join(&results).join(part);
        vanish(&folder);
        let status = ended_within(&mut child, Duration::from_secs(10)).expect("it ends");
        let log = output_of(child);
        assert_eq!(status.code(), Some(2), "{log}");
        let message = format!(
            "error: {results}/{part} was removed or renamed while the sweep ran: 0 of 2 trials are complete on \
             disk; `drsae sweep killed.toml --results {results}` creates the folder again and computes the others\n"
        );
        assert!(log.ends_with(&message), "{log}");
        assert!(!folder.exists());
        place.ended(&results);
        place.assert_same(&results, "whole");
    }
}

#[test]
fn a_signal_ends_the_sweep_at_a_safe_point_and_it_resumes() {
    let place = Place::new();
    place.ended("whole");
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let mut child = place.sweep(name);
        place.wait_for_states(&mut child, name, 1);
        signal(&child, name);
        let status = ended_within(&mut child, Duration::from_secs(2)).expect("it ends within 2 s");
        assert_eq!(status.code(), Some(code));
        let text = output_of(child);
        assert!(text.contains("of 2 trials are pending; run the same command"), "{text}");
        // Not counted among those that have ended.
        let interrupted = text.lines().filter(|line| line.ends_with(" was interrupted"));
        assert!(
            interrupted.clone().count() > 0 && !interrupted.clone().any(|line| line.starts_with('[')),
            "{text}"
        );

        let text = place.ended(name);
        assert!(text.contains("goes on after epoch"), "{text}");
        place.assert_same(name, "whole");
    }
}

#[test]
fn a_damaged_or_foreign_state_is_reported_and_its_trial_starts_afresh() {
    let place = Place::new();
    place.ended("whole");
    place.killed_with_states("killed", 2);
    let states = place.states("killed");
    let good = fs::read(&states[0]).unwrap();
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    let useless: [(&[u8], &str); 4] = [
        (&good[..good.len() / 2], "it is damaged"),
        (&flipped, "its digest does not match"),
        (b"something else", "it is damaged"),
        (&fs::read(&states[1]).unwrap(), "it belongs to trial mlp-t3-n12-s1-"),
    ];
    for (index, (bytes, reason)) in useless.into_iter().enumerate() {
        let results = format!("useless-{index}");
        copy(&place.folder.path().join("killed"), &place.folder.path().join(&results));
        fs::write(&place.states(&results)[0], bytes).unwrap();
        let text = place.ended(&results);
        assert!(text.contains("starts afresh, for what it had is of no use"), "{text}");
        assert!(text.contains(reason), "{text}");
        place.assert_same(&results, "whole");
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
