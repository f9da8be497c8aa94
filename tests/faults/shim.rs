//! The preload library, compiled by the tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::case::Case;

/// The library, and the folder of its own that holds it.
pub struct Shim {
    folder: tempfile::TempDir,
}

impl Shim {
    /// `None`, with a printed reason, if it cannot be compiled or loaded.
    pub fn compile() -> Option<Self> {
        let shim = Self { folder: tempfile::tempdir().unwrap() };
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/preload.c");
        let mut cc = Command::new("cc");
        cc.args(["-O1", "-shared", "-fPIC", "-o"]).arg(shim.library()).arg(source);
        match cc.output() {
            Ok(output) if output.status.success() => {}
            Ok(output) => panic!("preload.c: {}", String::from_utf8_lossy(&output.stderr)),
            Err(error) => {
                println!("skipped: there is no C compiler `cc`: {error}");
                return None;
            }
        }
        let mut loaded = Command::new("true");
        shim.watch(&mut loaded, Path::new("/nowhere"), &shim.folder.path().join("trace"), None);
        match loaded.output() {
            Ok(output) if output.status.success() => Some(shim),
            Ok(output) => {
                println!("skipped: {}", String::from_utf8_lossy(&output.stderr).trim());
                None
            }
            Err(error) => panic!("`true` does not run: {error}"),
        }
    }

    pub fn library(&self) -> PathBuf {
        self.folder.path().join("preload.so")
    }

    /// Makes the command log its calls below `root` to the file `trace`, and fail at `case`.
    pub fn watch(&self, command: &mut Command, root: &Path, trace: &Path, case: Option<&Case>) {
        command.env("LD_PRELOAD", self.library());
        Self::describe(command, root, trace, case);
    }

    /// As above without the library, which a wrapper of the real program does not load.
    pub fn describe(command: &mut Command, root: &Path, trace: &Path, case: Option<&Case>) {
        command.env("FAULTS_ROOT", root).env("FAULTS_TRACE", trace);
        if let Some(case) = case {
            command.env("FAULTS_AT", case.to_string());
        }
    }
}

/// The calls of a process below its root: one line per call, with kind, number, fault and path.
pub struct Trace {
    text: String,
}

impl Trace {
    pub fn read(path: &Path) -> Self {
        Self { text: fs::read_to_string(path).unwrap_or_default() }
    }

    /// Number of calls of a kind.
    pub fn count(&self, kind: &str) -> usize {
        self.text.lines().filter(|line| line.split(' ').next() == Some(kind)).count()
    }

    /// The number of the first call of a kind on a path that ends so.
    pub fn number_of(&self, kind: &str, ending: &str) -> Option<usize> {
        let mut calls = self.text.lines().filter(|line| line.ends_with(ending));
        calls.find_map(|line| line.strip_prefix(kind)?.split_ascii_whitespace().next()?.parse().ok())
    }

    /// The first call that was disturbed.
    pub fn disturbed(&self) -> Option<&str> {
        self.text.lines().find(|line| line.split(' ').nth(2) != Some("-"))
    }
}
