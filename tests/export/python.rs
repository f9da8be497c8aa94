//! A Python with the packages that a test needs.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Names a Python that has every package; it must not lack any.
const VARIABLE: &str = "DRSAE_PYTHON";

pub struct Python(PathBuf);

impl Python {
    /// A Python with these packages; `None`, after a message with the missing ones, if there is none.
    pub fn with(packages: &[&str]) -> Option<Self> {
        let named = std::env::var_os(VARIABLE).map(PathBuf::from);
        let python = named.clone().unwrap_or_else(|| "python3".into());
        let imports = format!("import {}", packages.join(", "));
        let output = Command::new(&python).args(["-c", &imports]).output();
        let missing = match output {
            Ok(output) if output.status.success() => return Some(Self(python)),
            Ok(output) => String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or("").to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(named.is_none(), "{VARIABLE} names {}: {missing}", python.display());
        println!("skipped: {} cannot {imports}: {missing}", python.display());
        None
    }

    /// The output of a script in the folder of the tests.
    pub fn run(&self, folder: &Path, script: &str, arguments: &[&str]) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/export").join(script);
        output(Command::new(&self.0).arg(script).args(arguments).current_dir(folder))
    }

    /// The output of lines of code.
    pub fn run_code(&self, folder: &Path, code: &str) -> String {
        let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
        output(Command::new(&self.0).args(["-c", code]).env("PYTHONPATH", module).current_dir(folder))
    }
}

fn output(command: &mut Command) -> String {
    // The module's folder is that of the sources.
    let output = command.env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Parses the output of a script.
pub fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
