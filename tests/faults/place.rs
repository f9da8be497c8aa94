//! A folder with a small sweep, and the program to run there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use crate::case::Case;
use crate::files::deterministic;
use crate::shim::{Shim, Trace};

/// Two trials of some milliseconds.
const SPEC: &str = r#"name = "tiny"
question = "Which family is better?"
seeds = 1

[data]
source = "strokes"
train = 60
validation = 20
test = 20

[model]
steps = 2
hidden = 4

[training]
batch = 20
phases = [{ epochs = 1, rate = 3e-3 }, { epochs = 1, rate = 3e-3, discriminative = true }]

[sweep.grid]
"model.family" = ["drsae", "untied"]

[compare]
reference = { "model.family" = "drsae" }
"#;

/// Long after a run must have ended.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The files of a results folder, by their path in it.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

pub struct Place {
    folder: tempfile::TempDir,
}

/// Exit status and output of a command.
pub struct Ended {
    pub status: ExitStatus,
    pub err: String,
}

impl Place {
    /// In memory if possible: a real disk makes the same calls, and is slow.
    pub fn new() -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        fs::write(folder.path().join("spec.toml"), SPEC).unwrap();
        Self { folder }
    }

    /// Another folder with a copy of these results.
    pub fn copied(&self) -> Self {
        let copy = Self::new();
        for (path, bytes) in every_file(&self.path("results")) {
            let path = copy.path("results").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        copy
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// The folder of all results, as the system calls it.
    pub fn results(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("results")
    }

    /// The folder of the sweep.
    pub fn root(&self) -> PathBuf {
        self.path("results/tiny")
    }

    pub fn trace(&self) -> PathBuf {
        self.path("trace")
    }

    /// `drsae COMMAND spec.toml`, yet to be run.
    pub fn drsae(&self, command: &str) -> Command {
        let mut drsae = Command::new(env!("CARGO_BIN_EXE_drsae"));
        drsae.args(arguments(command)).current_dir(self.folder.path());
        drsae
    }

    /// A sweep to its end, whose calls are counted, and disturbed at `case`.
    pub fn disturbed(&self, shim: &Shim, case: Option<&Case>) -> Result<Ended, String> {
        let mut sweep = self.drsae("sweep");
        shim.watch(&mut sweep, &self.results(), &self.trace(), case);
        self.run(sweep, "disturbed")
    }

    pub fn traced(&self) -> Trace {
        Trace::read(&self.trace())
    }

    /// A sweep that nothing disturbs: it must find all trials complete or complete them.
    pub fn completed(&self) -> Result<(), String> {
        let ended = self.run(self.drsae("sweep"), "clean")?;
        if ended.status.success() { Ok(()) } else { Err(ended.describe("the clean sweep")) }
    }

    pub fn verified(&self) -> Result<(), String> {
        let ended = self.run(self.drsae("verify"), "verify")?;
        if ended.status.success() { Ok(()) } else { Err(ended.describe("`drsae verify`")) }
    }

    fn run(&self, mut command: Command, name: &str) -> Result<Ended, String> {
        self.wait(self.start(&mut command, name), name)
    }

    /// Begins a command that writes to the files `NAME.out` and `NAME.err`.
    pub fn start(&self, command: &mut Command, name: &str) -> Running {
        let file = |stream: &str| File::create(self.path(&format!("{name}.{stream}"))).unwrap();
        let child = command.stdin(Stdio::null()).stdout(file("out")).stderr(file("err")).spawn().unwrap();
        Running(child)
    }

    /// Waits for the end of a command; one that does not end is killed, and an error.
    pub fn wait(&self, mut running: Running, name: &str) -> Result<Ended, String> {
        let start = Instant::now();
        let captured = |stream: &str| {
            let text = fs::read(self.path(&format!("{name}.{stream}"))).unwrap_or_default();
            String::from_utf8_lossy(&text).into_owned()
        };
        while start.elapsed() < PATIENCE {
            if let Some(status) = running.0.try_wait().unwrap() {
                return Ok(Ended { status, err: captured("err") + &end_of(&captured("out")) });
            }
            sleep(Duration::from_millis(3));
        }
        Err(format!("the {name} run has not ended after {PATIENCE:?}\n{}", captured("err")))
    }

    /// The files that must be reproduced. Replaced results are kept in addition.
    pub fn lasting(&self) -> Files {
        let mut files = deterministic(&self.root());
        files.retain(|path, _| !path.starts_with("replaced"));
        files
    }

    /// Makes the files of the results folder older by this time, if it exists.
    pub fn age(&self, age: Duration) {
        let then = SystemTime::now() - age;
        let mut left: Vec<_> = Some(self.results()).filter(|path| path.exists()).into_iter().collect();
        while let Some(path) = left.pop() {
            if path.is_dir() {
                left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            }
            File::open(&path).unwrap().set_modified(then).unwrap();
        }
    }
}

pub fn arguments(command: &str) -> Vec<&str> {
    let mut arguments = vec![command, "spec.toml"];
    if command == "sweep" {
        arguments.extend(["--jobs", "1"]);
    }
    arguments
}

/// The last lines of a command's output, which state its result.
fn end_of(out: &str) -> String {
    let lines: Vec<_> = out.lines().collect();
    lines[lines.len().saturating_sub(6)..].join("\n")
}

/// A process that does not outlive its test.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Ended {
    /// The failure of a command, with its output.
    pub fn describe(&self, what: &str) -> String {
        format!("{what} ended with {}\n{}", self.status, self.err)
    }

    /// Checks that a disturbed run ended with an exit code of the program.
    pub fn expect_orderly(&self, may_be_killed: bool) -> Result<(), String> {
        let killed = self.status.code().is_none() && may_be_killed;
        if !(killed || matches!(self.status.code(), Some(0..=2))) || self.err.contains("panicked at") {
            return Err(self.describe("the disturbed run"));
        }
        Ok(())
    }
}

/// Compares found with expected files.
pub fn expect_same(found: &Files, expected: &Files) -> Result<(), String> {
    let judge = |path: &PathBuf| match (found.get(path), expected.get(path)) {
        (Some(found), Some(expected)) if found == expected => None,
        (Some(_), Some(_)) => Some(format!("{} differs", path.display())),
        (None, _) => Some(format!("{} is missing", path.display())),
        (_, None) => Some(format!("{} should not be there", path.display())),
    };
    let paths: BTreeSet<_> = found.keys().chain(expected.keys()).collect();
    let wrong: Vec<_> = paths.into_iter().filter_map(judge).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join(", ")) }
}

/// Every file below a folder, whatever it holds.
pub fn every_file(root: &Path) -> Files {
    let (mut files, mut folders) = (Files::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    files
}
