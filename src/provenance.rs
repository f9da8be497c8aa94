//! Provenance of a trial: program, data, machine.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::sync::OnceLock;
use std::thread;

use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};

use crate::NUMERICS_VERSION;
use crate::device;
use crate::hash::{sha256, sha256_of_reader};

/// Version of `provenance.json`.
pub const FORMAT: u32 = 1;

/// Dependencies that the program was built with.
const LOCKFILE: &str = include_str!("../Cargo.lock");

/// Everything in addition to the config that may affect the results of a trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// [`FORMAT`] of the program that wrote it.
    pub format: u32,
    /// Version of this crate.
    pub version: String,
    /// [`NUMERICS_VERSION`] of the program.
    pub numerics: u32,
    /// Commit that the program was built from; absent without a repository.
    pub commit: Option<String>,
    /// True if tracked files differed from the commit; absent without a repository.
    pub dirty: Option<bool>,
    /// Compiler.
    pub rustc: Option<String>,
    /// SHA-256 of `Cargo.lock` at build time.
    pub lockfile: String,
    /// SHA-256 of the running binary; absent if the system hides it.
    pub binary: Option<String>,
    /// SHA-256 of the data by file name.
    pub data: BTreeMap<String, String>,
    /// Model of the CPU; the architecture if the system does not name it.
    pub cpu: String,
    /// Device of the training; absent in files of earlier versions.
    #[serde(default)]
    pub device: device::Kind,
    /// Cores that the process may use.
    pub cores: usize,
    /// Threads of the CPU that compute one trial.
    pub threads: usize,
    /// Operating system and architecture.
    pub system: String,
    /// Start of the trial, RFC 3339, UTC.
    pub started: String,
    /// The command line as given.
    pub command: Vec<String>,
}

/// Checksums of data as one text: `name=checksum`, joined by `; `.
#[must_use]
pub fn data(checksums: &BTreeMap<String, String>) -> String {
    let texts = checksums.iter().map(|(name, checksum)| format!("{name}={checksum}"));
    texts.collect::<Vec<_>>().join("; ")
}

/// Commit that the program was built from; absent without a repository.
#[must_use]
pub fn commit() -> Option<String> {
    known(env!("DRSAE_GIT_COMMIT"))
}

impl Provenance {
    /// The provenance of a trial that starts now on `device`, on data with these checksums.
    #[must_use]
    pub fn now(data: &BTreeMap<String, String>, device: device::Kind) -> Self {
        Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            numerics: NUMERICS_VERSION,
            commit: commit(),
            dirty: known(env!("DRSAE_GIT_DIRTY")).map(|dirty| dirty == "true"),
            rustc: known(env!("DRSAE_RUSTC")),
            lockfile: sha256(LOCKFILE),
            binary: binary(),
            data: data.clone(),
            cpu: cpu(),
            device,
            cores: thread::available_parallelism().map_or(1, usize::from),
            threads: 1,
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            started: started(),
            command: std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect(),
        }
    }
}

/// A fact that the build may not have found.
fn known(text: &str) -> Option<String> {
    (text != "unknown").then(|| text.to_owned())
}

/// SHA-256 of the running binary, computed once.
fn binary() -> Option<String> {
    static BINARY: OnceLock<Option<String>> = OnceLock::new();
    let digest = || sha256_of_reader(File::open(std::env::current_exe()?)?);
    BINARY.get_or_init(|| digest().ok()).clone()
}

/// Model of this machine's CPU; the architecture if the system does not name it.
#[must_use]
pub fn cpu() -> String {
    let facts = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    cpu_model(&facts).unwrap_or(std::env::consts::ARCH).to_owned()
}

/// The first `model name` of Linux's `/proc/cpuinfo`.
fn cpu_model(facts: &str) -> Option<&str> {
    let line = facts.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, model)| model.trim())
}

fn started() -> String {
    let now = Timestamp::now();
    now.round(Unit::Second).unwrap_or(now).to_string()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An example.
    pub(crate) fn provenance() -> Provenance {
        Provenance {
            format: FORMAT,
            version: "0.1.0".to_owned(),
            numerics: 1,
            commit: Some("c0ffee".to_owned()),
            dirty: Some(false),
            rustc: None,
            lockfile: "10cf".to_owned(),
            binary: Some("b1a5".to_owned()),
            data: [("images", "00ff"), ("labels", "seed 1, train 2")]
                .map(|(name, checksum)| (name.to_owned(), checksum.to_owned()))
                .into(),
            cpu: "Some CPU @ 2.00GHz".to_owned(),
            device: device::Kind::Cpu,
            cores: 2,
            threads: 1,
            system: "linux x86_64".to_owned(),
            started: "2013-01-16T12:00:00Z".to_owned(),
            command: vec!["/home/me/drsae".to_owned()],
        }
    }

    #[test]
    fn facts_are_filled_in_and_survive_json() {
        let data = BTreeMap::from([("train-images".to_owned(), "00ff".to_owned())]);
        let provenance = Provenance::now(&data, device::Kind::Metal);
        assert_eq!(provenance.data, data);
        assert_eq!(provenance.binary.as_ref().unwrap().len(), 64);
        assert!(provenance.cores >= 1 && !provenance.cpu.is_empty());
        assert!(provenance.rustc.as_ref().unwrap().starts_with("rustc 1."));
        let json = serde_json::to_string(&provenance).unwrap();
        assert_eq!(serde_json::from_str::<Provenance>(&json).unwrap(), provenance);
    }

    #[test]
    fn a_file_that_names_no_device_was_computed_on_the_cpu() {
        let mut json = serde_json::to_value(Provenance::now(&BTreeMap::new(), device::Kind::Cuda)).unwrap();
        assert_eq!(json.as_object_mut().unwrap().remove("device").unwrap(), "cuda");
        assert_eq!(serde_json::from_value::<Provenance>(json).unwrap().device, device::Kind::Cpu);
    }

    #[test]
    fn the_start_is_a_utc_time_to_the_second() {
        let text = started();
        assert_eq!((text.len(), text.ends_with('Z')), ("2013-01-16T12:00:00Z".len(), true), "{text}");
    }

    #[test]
    fn a_commit_is_forty_digits_where_there_is_one() {
        let commit = Provenance::now(&BTreeMap::new(), device::Kind::Cpu).commit;
        assert!(
            commit.is_none_or(|commit| commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()))
        );
    }

    #[test]
    fn cpu_is_that_of_the_first_core() {
        let facts = "processor\t: 0\nmodel name\t: Some CPU @ 2.00GHz\nflags\t: fpu\n\nprocessor\t: 1\n";
        assert_eq!(cpu_model(facts), Some("Some CPU @ 2.00GHz"));
        assert_eq!(cpu_model("Processor: ARM\n"), None);
    }
}
