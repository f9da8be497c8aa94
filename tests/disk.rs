//! A disk that is full or read-only: a clear error, and complete trials are kept.
//!
//! The disks are small tmpfs mounts, which only root may create: otherwise the tests print that they were skipped.
#![cfg(target_os = "linux")]

mod files;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use files::deterministic;

const SPEC: &str = r#"
name = "disk"
seeds = 3
[data]
source = "strokes"
train = 300
validation = 50
test = 50
[model]
steps = 2
hidden = 20
[training]
phases = [{ epochs = 2, rate = 1e-3, discriminative = true }]
[sweep.grid]
"model.family" = ["drsae", "mlp"]
"#;

/// A folder with the spec, and a disk of its own at `results`.
struct Disk {
    folder: tempfile::TempDir,
    mounted: bool,
}

impl Disk {
    /// `None` if the system allows no mounts.
    fn new(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("disk.toml"), SPEC).unwrap();
        fs::create_dir(folder.path().join("results")).unwrap();
        let mut disk = Self { folder, mounted: false };
        let size = format!("size={size}");
        disk.mounted = disk.mount(&["-t", "tmpfs", "-o", &size, "tmpfs"]);
        if !disk.mounted {
            println!("skipped: this user may mount no disk");
        }
        disk.mounted.then_some(disk)
    }

    fn results(&self) -> PathBuf {
        self.folder.path().join("results")
    }

    fn mount(&self, options: &[&str]) -> bool {
        let output = Command::new("mount").args(options).arg(self.results()).output();
        output.is_ok_and(|output| output.status.success())
    }

    fn sweep(&self, results: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_drsae"))
            .args(["sweep", "disk.toml", "--jobs", "1", "--results", results])
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    /// The deterministic files of a results folder, by their path in it.
    fn files(&self, results: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        deterministic(&self.folder.path().join(results))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.mounted {
            let _ = Command::new("umount").arg("-l").arg(self.results()).status();
        }
    }
}

fn output_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

#[test]
fn a_full_disk_is_reported_and_complete_trials_are_kept_and_the_sweep_resumes_later() {
    let Some(disk) = Disk::new("1100k") else { return };
    assert!(disk.sweep("roomy").status.success());

    let full = disk.sweep("results");
    assert!(matches!(full.status.code(), Some(1 | 2)), "{}", output_of(&full));
    assert!(output_of(&full).contains("No space left on device"), "{}", output_of(&full));
    let (kept, whole) = (disk.files("results"), disk.files("roomy"));
    let trials = disk.results().join("disk/trials");
    let complete: Vec<_> = fs::read_dir(trials)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|trial| {
            let result = fs::read_to_string(trial.join("result.json")).unwrap_or_default();
            result.contains("\"status\": \"complete\"")
        })
        .collect();
    assert!((1..6).contains(&complete.len()), "{} trials fit", complete.len());
    let ended = fs::read_dir(disk.results().join("disk/trials")).unwrap().count();
    assert_eq!(ended, complete.len(), "a full disk is no trial's failure");
    for trial in complete {
        for (path, bytes) in &kept {
            if disk.results().join(path).starts_with(&trial) {
                assert!(whole[path] == *bytes, "{}", path.display());
            }
        }
    }

    assert!(disk.mount(&["-o", "remount,size=16m", "tmpfs"]));
    let again = Command::new(env!("CARGO_BIN_EXE_drsae"))
        .args(["sweep", "disk.toml", "--results", "results"])
        .current_dir(disk.folder.path())
        .output()
        .unwrap();
    assert!(again.status.success(), "{}", output_of(&again));
    let found = disk.files("results");
    assert_eq!(found.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
    assert!(found.iter().all(|(path, bytes)| whole[path] == *bytes));
}

#[test]
fn a_read_only_disk_is_reported_before_anything_runs_and_can_be_read() {
    let Some(disk) = Disk::new("16m") else { return };
    let refused = |disk: &Disk| {
        let output = disk.sweep("results");
        assert_eq!(output.status.code(), Some(2), "{}", output_of(&output));
        assert!(output_of(&output).contains("Read-only file system"), "{}", output_of(&output));
    };
    assert!(disk.mount(&["-o", "remount,ro", "tmpfs"]));
    refused(&disk);
    assert!(disk.mount(&["-o", "remount,rw", "tmpfs"]));
    assert!(disk.sweep("results").status.success());
    let whole = disk.files("results");
    assert!(disk.mount(&["-o", "remount,ro", "tmpfs"]));
    refused(&disk);
    let status = Command::new(env!("CARGO_BIN_EXE_drsae"))
        .args(["status", "disk.toml"])
        .current_dir(disk.folder.path())
        .output()
        .unwrap();
    assert!(status.status.success(), "{}", output_of(&status));
    assert!(disk.files("results") == whole);
}
