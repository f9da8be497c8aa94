//! The `[slurm]` table: how a sweep's tasks run on a cluster. It decides nothing of what a
//! trial is, so no trial's id, no `sweep.toml` and no results folder knows of it.
//!
//! The same table in the user's own file gives what a spec does not say; `--set
//! slurm.partition=debug` goes before both.
//!
//! | key | default | purpose |
//! |---|---|---|
//! | `partition` | the cluster's | `--partition` |
//! | `account` | the user's | `--account` |
//! | `time` | the partition's | time limit of a task, as Slurm writes it: `30`, `2:00:00`, `1-12` |
//! | `memory` | the partition's | memory of a task, such as `4G` |
//! | `cpus` | 1 | CPUs of a task, and trials that it runs side by side; 1 to 1024 |
//! | `gpus` | none | graphics processors of a task; 1 to 64 |
//! | `parallel` | no limit | tasks that may run at once; at least 1 |
//! | `modules` | none | modules to load, in order |
//! | `prelude` | none | lines of shell that a task runs before it begins |
//! | `directives` | none | whatever else `sbatch` takes, one option each, such as `--constraint=avx512` |

mod directive;

use std::path::Path;

use serde::Deserialize;

use super::error::{Error, Place, Problem};
use super::{Document, document, path, read_text, wire};
use crate::Invalid;

/// Shortest time limit of a task.
const LEAST_MINUTES: u64 = 5;

/// How tasks run on a cluster; what is absent is left to the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slurm {
    /// `--partition`.
    pub partition: Option<String>,
    /// `--account`.
    pub account: Option<String>,
    /// Time limit of a task, as Slurm writes it.
    pub time: Option<String>,
    /// Memory of a task, such as `4G`.
    pub memory: Option<String>,
    /// CPUs of a task, and trials that it runs side by side.
    pub cpus: Option<usize>,
    /// Graphics processors of a task.
    pub gpus: Option<usize>,
    /// Tasks that may run at once.
    pub parallel: Option<usize>,
    /// Modules to load, in order.
    pub modules: Option<Vec<String>>,
    /// Lines of shell that a task runs before it begins.
    pub prelude: Option<String>,
    /// Whatever else `sbatch` takes, each one option that begins with `--`.
    pub directives: Option<Vec<String>>,
}

/// The user's own file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Site {
    #[serde(default)]
    slurm: Slurm,
}

impl Slurm {
    /// The table of the spec at `spec`, with `overrides` in place.
    ///
    /// # Errors
    /// As [`super::Sweep::load`], for these settings.
    pub fn of_spec(spec: &Path, overrides: &[String]) -> Result<Self, Error> {
        read(spec, |text, file| {
            let doc = document(text, file, overrides)?;
            let wire = wire::Spec::read(doc.table.clone());
            checked(&doc, wire.map(|spec| spec.slurm))
        })
    }

    /// The table of the user's own file; empty where there is no such file.
    ///
    /// # Errors
    /// The first thing wrong with the file, and where.
    pub fn of_site(path: &Path) -> Result<Self, Error> {
        if !path.exists() {
            return Ok(Self::default());
        }
        read(path, |text, file| {
            let doc = Document::parse(text, file)?;
            let site: Result<Site, _> = wire::read(doc.table.clone());
            checked(&doc, site.map(|site| site.slurm))
        })
    }

    /// These settings, and where they say nothing those of `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            partition: self.partition.or(other.partition),
            account: self.account.or(other.account),
            time: self.time.or(other.time),
            memory: self.memory.or(other.memory),
            cpus: self.cpus.or(other.cpus),
            gpus: self.gpus.or(other.gpus),
            parallel: self.parallel.or(other.parallel),
            modules: self.modules.or(other.modules),
            prelude: self.prelude.or(other.prelude),
            directives: self.directives.or(other.directives),
        }
    }

    pub(super) fn validate(&self) -> Result<(), Invalid> {
        let words = [
            ("partition", &self.partition),
            ("account", &self.account),
            ("time", &self.time),
            ("memory", &self.memory),
        ];
        for (key, word) in words {
            check_word(&format!("slurm.{key}"), word.as_deref())?;
        }
        check_time(self.time.as_deref())?;
        check_count("slurm.cpus", self.cpus, 1024)?;
        check_count("slurm.gpus", self.gpus, 64)?;
        check_count("slurm.parallel", self.parallel, 1_000_000)?;
        for (index, module) in self.modules.iter().flatten().enumerate() {
            check_word(&format!("slurm.modules.{index}"), Some(module))?;
        }
        for (index, directive) in self.directives.iter().flatten().enumerate() {
            directive::check(directive)
                .map_err(|reason| Invalid::new(format!("slurm.directives.{index}"), reason))?;
        }
        Ok(())
    }
}

fn read(path: &Path, parse: impl FnOnce(&str, &str) -> Result<Slurm, Error>) -> Result<Slurm, Error> {
    let file = path.display().to_string();
    let refuse = |problem| Error { place: Place::File(file.clone()), problem: Box::new(problem) };
    parse(&read_text(path).map_err(refuse)?, &file)
}

fn checked(doc: &Document, slurm: Result<Slurm, wire::Fault>) -> Result<Slurm, Error> {
    let slurm = slurm.map_err(|fault| doc.error(&fault.path, fault.problem))?;
    slurm.validate().map_err(|invalid| doc.error(&path::split(&invalid.key), Problem::from(invalid)))?;
    Ok(slurm)
}

/// Lets through what stands on one line without quotes.
fn check_word(key: &str, word: Option<&str>) -> Result<(), Invalid> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:+,=@".contains(letter);
    match word {
        Some(word) if word.is_empty() || word.starts_with('-') || !word.chars().all(plain) => {
            let reason = format!("must be a word of letters, digits and -_./:+,=@, not {word:?}");
            Err(Invalid::new(key, reason))
        }
        _ => Ok(()),
    }
}

/// A task is warned a minute before its end, by Slurm's clock up to a minute sooner: one of less
/// than a few minutes would be warned as soon as it begins.
fn check_time(time: Option<&str>) -> Result<(), Invalid> {
    match time.map(|time| (time, minutes(time))) {
        Some((time, None)) => {
            let reason = format!("must be minutes, or as in `2:00:00`, `1-12` or `1-12:30`, not {time:?}");
            Err(Invalid::new("slurm.time", reason))
        }
        Some((time, Some(minutes))) if minutes < LEAST_MINUTES => {
            Err(Invalid::new("slurm.time", format!("must be at least {LEAST_MINUTES} minutes, not {time:?}")))
        }
        _ => Ok(()),
    }
}

/// A time as Slurm writes it: M, M:S, H:M:S, D-H, D-H:M or D-H:M:S.
fn minutes(time: &str) -> Option<u64> {
    let numbers = |text: &str| -> Option<Vec<u64>> {
        text.split(':').map(|part| part.parse::<u64>().ok().filter(|&number| number < 1 << 32)).collect()
    };
    match time.split_once('-') {
        Some((days, rest)) => match (numbers(days)?.as_slice(), numbers(rest)?.as_slice()) {
            ([days], [hours]) => Some(days * 1440 + hours * 60),
            ([days], [hours, minutes] | [hours, minutes, _]) => Some(days * 1440 + hours * 60 + minutes),
            _ => None,
        },
        None => match numbers(time)?[..] {
            [minutes] | [minutes, _] => Some(minutes),
            [hours, minutes, _] => Some(hours * 60 + minutes),
            _ => None,
        },
    }
}

fn check_count(key: &str, count: Option<usize>, most: usize) -> Result<(), Invalid> {
    match count {
        Some(count) if !(1..=most).contains(&count) => {
            Err(Invalid::new(key, format!("must be between 1 and {most}, not {count}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: &str = "name = \"a\"\nseeds = 1\ntraining.phases = [{ epochs = 1, rate = 1e-3 }]\n";

    fn of(more: &str, overrides: &[&str]) -> Result<Slurm, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        std::fs::write(&path, format!("{SPEC}{more}")).unwrap();
        let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
        let place = format!("{}/", folder.path().display());
        Slurm::of_spec(&path, &overrides).map_err(|error| error.to_string().replace(&place, ""))
    }

    #[test]
    fn the_command_line_goes_before_the_spec_and_the_spec_before_the_site() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slurm.toml");
        let text = "[slurm]\npartition = \"long\"\naccount = \"physics\"\nmodules = [\"gcc/12\"]\n";
        std::fs::write(&path, text).unwrap();
        let site = Slurm::of_site(&path).unwrap();
        let spec = of("[slurm]\npartition = \"short\"\ncpus = 2\n", &["slurm.cpus=4"]).unwrap();
        let expected = Slurm {
            partition: Some("short".to_owned()),
            account: Some("physics".to_owned()),
            cpus: Some(4),
            modules: Some(vec!["gcc/12".to_owned()]),
            ..Slurm::default()
        };
        assert_eq!(spec.or(site), expected);
        assert_eq!(Slurm::of_site(&folder.path().join("absent.toml")).unwrap(), Slurm::default());
    }

    #[test]
    fn what_would_break_a_script_is_refused_at_its_line() {
        let refused = [
            ("partition = \"a b\"", "a.toml:5:1: `slurm.partition` must be a word"),
            ("account = \"-x\"", "a.toml:5:1: `slurm.account` must be a word"),
            ("modules = [\"gcc\", \"a; rm\"]", "a.toml:5:19: `slurm.modules.1` must be a word"),
            ("time = \"soon\"", "a.toml:5:1: `slurm.time` must be minutes, or as in `2:00:00`"),
            ("time = \"4:59\"", "a.toml:5:1: `slurm.time` must be at least 5 minutes, not \"4:59\""),
            ("cpus = 0", "a.toml:5:1: `slurm.cpus` must be between 1 and 1024, not 0"),
            (
                "directives = [\"--hold\", \"-px\"]",
                "a.toml:5:25: `slurm.directives.1` must be an option that begins",
            ),
            (
                "directives = [\"--comment=a --array=0-0\"]",
                "a.toml:5:15: `slurm.directives.0` must be one option",
            ),
            ("directives = [\"--array=1\"]", "cannot be `--array`: the sweep sets that itself"),
            ("directives = [\"--mem=1G\"]", "cannot be `--mem`: set `slurm.memory`"),
            ("directives = [\"--gres=gpu:1\"]", "cannot be `--gres`: set `slurm.gpus`"),
            ("partitoin = \"a\"", "unknown key `slurm.partitoin`; did you mean `slurm.partition`?"),
        ];
        for (line, expected) in refused {
            let error = of(&format!("[slurm]\n{line}\n"), &[]).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        let good = of("[slurm]\ndirectives = [\"--constraint=avx512\", \"--gres=scratch:1\"]\n", &[]);
        assert_eq!(good.unwrap().directives.unwrap().len(), 2);
    }

    #[test]
    fn times_are_read_as_slurm_reads_them() {
        let times = [
            "30",
            "30:59",
            "2:00:00",
            "1-12",
            "1-12:30",
            "0-0:06:00",
            "1-",
            "1:2:3:4",
            "-5",
            "9999999999999",
        ];
        let expected =
            [Some(30), Some(30), Some(120), Some(2160), Some(2190), Some(6), None, None, None, None];
        assert_eq!(times.map(minutes), expected);
    }

    #[test]
    fn a_sweep_is_the_same_with_and_without_the_table() {
        let parse = |text: &str| super::super::Sweep::parse(text, "a.toml", &[]);
        let with = parse(&format!("{SPEC}[slurm]\ncpus = 4\n")).unwrap();
        assert_eq!(with, parse(SPEC).unwrap());
        assert!(!with.to_toml().unwrap().contains("slurm"));
        assert!(parse(&format!("{SPEC}[slurm]\ncpus = 0\n")).is_err());
        assert!(parse(&format!("{SPEC}[sweep.grid]\nslurm.cpus = [1, 2]\n")).is_err());
    }
}
