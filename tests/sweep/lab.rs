//! A folder with a spec and its results, and the program to run there.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use tempfile::TempDir;

/// Two families × two seeds on a few glyphs: a sweep of a tenth of a second.
pub const SPEC: &str = r#"name = "tiny"
question = "Which family is better?"
seeds = 2

[data]
source = "strokes"
train = 240
validation = 60
test = 80

[model]
steps = 2
hidden = 8

[training]
batch = 20
phases = [{ epochs = 1, rate = 3e-3 }, { epochs = 1, rate = 3e-3, discriminative = true }]

[sweep.grid]
"model.family" = ["drsae", "untied"]

[compare]
reference = { "model.family" = "drsae" }
match = "parameters"
"#;

/// Files that hold wall-clock, or the checksum of one that does.
const CLOCKS: [&str; 5] = ["timing.csv", "result.json", "provenance.json", "provenance.csv", "SHA256SUMS"];

/// The files of a folder, by their path in it.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The folder of the genuine MNIST files, if this machine has them.
pub fn mnist() -> Option<PathBuf> {
    let folder =
        std::env::var_os("DRSAE_DATA_DIR").map_or_else(|| PathBuf::from("../shared/mnist"), PathBuf::from);
    let is_there = folder.join("t10k-images-idx3-ubyte.gz").exists();
    if !is_there {
        eprintln!("skipped: there is no MNIST in DRSAE_DATA_DIR or ../shared/mnist");
    }
    is_there.then_some(folder)
}

/// A folder that is removed after the test.
pub struct Lab {
    folder: TempDir,
    /// The results when [`Lab::mark`] was called.
    marked: RefCell<Files>,
}

impl Lab {
    /// A folder with `spec.toml`.
    pub fn new(spec: &str) -> Self {
        let lab = Self { folder: tempfile::tempdir().unwrap(), marked: RefCell::default() };
        lab.write("spec.toml", spec);
        lab
    }

    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(relative)
    }

    pub fn write(&self, relative: &str, content: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn read(&self, relative: impl AsRef<Path>) -> String {
        fs::read_to_string(self.path(relative)).unwrap()
    }

    /// Removes a folder.
    pub fn remove(&self, relative: &str) {
        fs::remove_dir_all(self.path(relative)).unwrap();
    }

    /// Copies the files of MNIST, which may be replaced then.
    pub fn copy_mnist(&self, from: &Path, folder: &str) {
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            self.write(
                &format!("{folder}/{}", path.file_name().unwrap().display()),
                fs::read(&path).unwrap(),
            );
        }
    }

    /// `drsae COMMAND spec.toml MORE…`, which has ended.
    pub fn drsae(&self, command: &str, more: &[&str]) -> Assert {
        self.command().arg(command).arg("spec.toml").args(more).assert()
    }

    /// `drsae WORDS…` in a folder of the lab, which has ended.
    pub fn drsae_in(&self, folder: &str, words: &[&str]) -> Assert {
        self.command().current_dir(self.path(folder)).args(words).assert()
    }

    /// The program, in this folder, without data or network.
    pub fn command(&self) -> Command {
        let mut command = Command::from_std(self.std_command());
        command.timeout(std::time::Duration::from_mins(1));
        command
    }

    /// As [`Lab::command`], to be spawned.
    pub fn std_command(&self) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_drsae"));
        command.current_dir(self.folder.path()).env("DRSAE_DATA_DIR", "data");
        for proxy in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
            command.env_remove(proxy).env_remove(proxy.to_uppercase());
        }
        // Nobody listens on the discard port.
        command.env("ALL_PROXY", "http://127.0.0.1:9");
        command
    }

    /// Every file of the sweep `name`.
    pub fn files(&self, name: &str) -> Files {
        let root = self.path("results").join(name);
        let mut files = Files::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let relative = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                    files.insert(relative, fs::read(path).unwrap());
                }
            }
        }
        files
    }

    /// The files of the sweep `name` that must not depend on when and how it ran.
    pub fn lasting(&self, name: &str) -> Files {
        let mut files = self.files(name);
        files.retain(|path, _| !CLOCKS.iter().any(|clock| path.ends_with(clock)));
        // Results that were replaced are kept, and no sweep reads them.
        files.retain(|path, _| !path.starts_with("replaced/"));
        files
    }

    /// Stores the results of the trials of the sweep `name`. They contain times in nanoseconds, so a trial that runs again
    /// has another result.
    pub fn mark(&self, name: &str) {
        self.marked.replace(self.results(name));
    }

    /// The trials of the sweep `name` that ran since [`Lab::mark`], sorted.
    pub fn ran_since_mark(&self, name: &str) -> Vec<String> {
        let marked = self.marked.borrow();
        let ran = self.results(name).into_iter().filter(|(path, text)| marked.get(path) != Some(text));
        ran.map(|(path, _)| path.split('/').nth(1).unwrap().to_owned()).collect()
    }

    fn results(&self, name: &str) -> Files {
        let mut files = self.files(name);
        files.retain(|path, _| path.starts_with("trials/") && path.ends_with("/result.json"));
        files
    }

    /// A column of the merged `trials.csv` of the sweep `name`.
    pub fn column(&self, name: &str, column: &str) -> Vec<String> {
        let mut reader = csv::Reader::from_path(self.path("results").join(name).join("trials.csv")).unwrap();
        let at = reader.headers().unwrap().iter().position(|title| title == column).unwrap();
        reader.records().map(|row| row.unwrap()[at].to_owned()).collect()
    }
}

/// Messages without those about networks that guess: networks of tests train for moments.
pub fn without_concerns(log: &str) -> String {
    let is_other =
        |line: &&str| !(line.starts_with("warning: ") && line.contains("its error is that of a guess"));
    log.split_inclusive('\n').filter(is_other).collect()
}

/// Standard output and standard error of a command.
pub fn output_of(ended: &Assert) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&ended.get_output().stdout), text(&ended.get_output().stderr))
}
