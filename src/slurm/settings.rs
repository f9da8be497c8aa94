//! The `[slurm]` table: settings of a sweep's tasks on a cluster. It is not part of a trial's id or of `sweep.toml`.
//!
//! The same table in the user's own config file gives defaults for settings that a spec omits;
//! `--set slurm.partition=debug` overrides both.
//!
//! | key | default | purpose |
//! |---|---|---|
//! | `partition` | the cluster's | `--partition` |
//! | `account` | the user's | `--account` |
//! | `time` | the partition's | time limit of a task in Slurm's notation: `30`, `2:00:00`, `1-12` |
//! | `memory` | the partition's | memory of a task, such as `4G` |
//! | `cpus` | 1 | CPUs of a task, and trials that it runs in parallel; 1 to 1024 |
//! | `gpus` | none | GPUs of a task; 1 to 64 |
//! | `parallel` | no limit | tasks that may run at once; at least 1 |
//! | `modules` | none | modules to load, in order |
//! | `prelude` | none | lines of shell that a task runs before it begins |
//! | `directives` | none | other options of `sbatch`, one each, such as `--constraint=avx512` |

mod directive;

use serde::Deserialize;

use crate::Invalid;

/// Shortest time limit of a task.
const MIN_MINUTES: u64 = 5;

/// Settings of tasks on a cluster; the cluster's default applies to an absent one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `--partition`.
    pub partition: Option<String>,
    /// `--account`.
    pub account: Option<String>,
    /// Time limit of a task in Slurm's notation.
    pub time: Option<String>,
    /// Memory of a task, such as `4G`.
    pub memory: Option<String>,
    /// CPUs of a task, and trials that it runs in parallel; 1 if absent.
    pub cpus: Option<usize>,
    /// Graphics processors of a task.
    pub gpus: Option<usize>,
    /// Tasks that may run at once.
    pub parallel: Option<usize>,
    /// Modules to load, in order.
    pub modules: Option<Vec<String>>,
    /// Lines of shell that a task runs before it begins.
    pub prelude: Option<String>,
    /// Other options of `sbatch`, each beginning with `--`.
    pub directives: Option<Vec<String>>,
}

impl Settings {
    /// These settings, with absent ones taken from `other`.
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

    /// Rejects settings that would break a script or that no cluster supports.
    ///
    /// # Errors
    /// Names the first setting that cannot be used.
    pub fn validate(&self) -> Result<(), Invalid> {
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

/// Accepts a word that needs no quotes in a script.
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

/// Rejects time limits below a few minutes. A task is signalled a minute before its limit, and by Slurm's clock up to a
/// minute earlier, so a shorter task would be signalled as soon as it starts.
fn check_time(time: Option<&str>) -> Result<(), Invalid> {
    match time.map(|time| (time, minutes(time))) {
        Some((time, None)) => {
            let reason = format!("must be minutes, or as in `2:00:00`, `1-12` or `1-12:30`, not {time:?}");
            Err(Invalid::new("slurm.time", reason))
        }
        Some((time, Some(minutes))) if minutes < MIN_MINUTES => {
            Err(Invalid::new("slurm.time", format!("must be at least {MIN_MINUTES} minutes, not {time:?}")))
        }
        _ => Ok(()),
    }
}

/// Minutes of a time in Slurm's notation: M, M:S, H:M:S, D-H, D-H:M or D-H:M:S.
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

fn check_count(key: &str, count: Option<usize>, max: usize) -> Result<(), Invalid> {
    match count {
        Some(count) if !(1..=max).contains(&count) => {
            Err(Invalid::new(key, format!("must be between 1 and {max}, not {count}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
