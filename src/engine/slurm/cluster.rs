//! The cluster: what is asked of Slurm, and Slurm's own programs, which answer.

use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use super::queue::{self, Queued};
use crate::store;

/// What is asked of a cluster.
pub trait Cluster {
    /// Submits a script, to begin when all jobs of `after` have ended however they did; gives
    /// the job's number.
    ///
    /// # Errors
    /// The cluster refuses it, or cannot be asked.
    fn submit(&self, script: &Path, after: &[u64]) -> Result<u64, Error>;

    /// What is known of the jobs of these names, each task of an array by itself.
    ///
    /// # Errors
    /// The cluster cannot be asked, or what it answers cannot be read.
    fn queued(&self, names: &[&str]) -> Result<Vec<Queued>, Error>;

    /// How many tasks an array may have.
    ///
    /// # Errors
    /// The cluster cannot be asked.
    fn most_tasks(&self) -> Result<usize, Error>;
}

/// Why a cluster does not do what is asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Slurm is not installed here.
    #[error(
        "there is no `{program}` on the PATH: run this where jobs are submitted from, such as a login node, or \
         use `--engine local`"
    )]
    Absent {
        /// The missing program.
        program: &'static str,
    },
    /// A program of Slurm's that does not start.
    #[error("failed to run `{program}`")]
    Start {
        /// The program.
        program: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A program of Slurm's that failed.
    #[error("`{program}` failed: {told}{}", hint(told))]
    Refused {
        /// The program.
        program: &'static str,
        /// What it said.
        told: String,
    },
    /// An answer of another form than the known versions of Slurm give.
    #[error("`{program}` answered {answer:?}, which cannot be read")]
    Unreadable {
        /// The program.
        program: &'static str,
        /// The part that cannot be read.
        answer: String,
    },
    /// The results folder.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What to do about a refusal, by what Slurm says.
fn hint(told: &str) -> &'static str {
    let told = told.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| told.contains(word));
    if says(&["unable to contact", "connection refused", "timed out", "socket"]) {
        "; the controller cannot be reached: the same command goes on once it is back"
    } else if says(&["partition"]) && !says(&["account"]) {
        "; set `partition` in `[slurm]`, or give `--set slurm.partition=NAME`: `sinfo -s` lists them"
    } else if says(&["account", "association"]) && !says(&["policy"]) {
        "; set `account` in `[slurm]`, or give `--set slurm.account=NAME`: `sacctmgr show associations \
         user=$USER` lists them"
    } else if says(&["temporarily unable", "limit", "policy"]) {
        "; the same command submits the rest when there is room for more jobs"
    } else if says(&["node configuration", "cpu count", "memory specification", "not available"]) {
        "; no node has what `cpus`, `memory` and `gpus` in `[slurm]` ask for: `sinfo -o '%P %c %m %G'` lists what \
         there is"
    } else {
        ""
    }
}

/// `sbatch`, `squeue` and `scontrol`, from the PATH.
#[derive(Debug, Clone, Copy)]
pub struct Programs;

impl Programs {
    /// Slurm's programs, where they are installed.
    ///
    /// # Errors
    /// One of them is not on the PATH.
    pub fn find() -> Result<Self, Error> {
        for program in ["sbatch", "squeue", "scontrol"] {
            run(program, Command::new(program).arg("--version"))?;
        }
        Ok(Self)
    }
}

impl Cluster for Programs {
    fn submit(&self, script: &Path, after: &[u64]) -> Result<u64, Error> {
        let mut sbatch = Command::new("sbatch");
        sbatch.arg("--parsable");
        if let Some(dependency) = dependency(after) {
            sbatch.arg(dependency);
        }
        let answer = run("sbatch", sbatch.arg(script))?;
        // With several clusters the cluster's name follows.
        let job = answer.trim().split(';').next().and_then(|job| job.parse().ok());
        job.ok_or(Error::Unreadable { program: "sbatch", answer })
    }

    fn queued(&self, names: &[&str]) -> Result<Vec<Queued>, Error> {
        let mut squeue = Command::new("squeue");
        squeue.args(["--noheader", "--array", "--states=all", "--Format", queue::FORMAT]);
        let answer = run("squeue", squeue.arg(format!("--name={}", names.join(","))))?;
        queue::read(&answer).map_err(|answer| Error::Unreadable { program: "squeue", answer })
    }

    fn most_tasks(&self) -> Result<usize, Error> {
        let answer = run("scontrol", Command::new("scontrol").args(["show", "config"]))?;
        most_tasks(&answer).ok_or(Error::Unreadable { program: "scontrol", answer })
    }
}

/// The option by which a job waits for the end of others.
#[must_use]
pub fn dependency(after: &[u64]) -> Option<String> {
    let jobs: Vec<String> = after.iter().map(u64::to_string).collect();
    (!jobs.is_empty()).then(|| format!("--dependency=afterany:{}", jobs.join(":")))
}

/// The highest index of an array is one less than this, so it is also the longest array.
fn most_tasks(config: &str) -> Option<usize> {
    let value = config.lines().find_map(|line| line.trim().strip_prefix("MaxArraySize"))?;
    value.trim_start_matches([' ', '=']).trim().parse().ok().filter(|&most| most > 0)
}

/// Runs a program to its end and gives its answer.
fn run(program: &'static str, command: &mut Command) -> Result<String, Error> {
    let output = command.output().map_err(|source| match source.kind() {
        ErrorKind::NotFound => Error::Absent { program },
        _ => Error::Start { program, source },
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let told = String::from_utf8_lossy(&output.stderr);
    let lines = told.lines().map(|line| line.trim_start_matches(&format!("{program}: ")).trim());
    let lines = lines.map(|line| line.trim_start_matches("error: ")).filter(|line| !line.is_empty());
    let told = lines.collect::<Vec<_>>().join("; ");
    let told = if told.is_empty() { output.status.to_string() } else { told };
    Err(Error::Refused { program, told })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_array_is_read_from_the_configuration() {
        let config =
            "Configuration data as of 2013-01-16\nMaxArraySize            = 1001\nMaxJobCount = 10000\n";
        assert_eq!(most_tasks(config), Some(1001));
        assert_eq!(most_tasks("MaxArraySize = 0"), None);
        assert_eq!(most_tasks(""), None);
    }

    #[test]
    fn a_job_waits_for_all_others() {
        assert_eq!(dependency(&[]), None);
        assert_eq!(dependency(&[7, 9]).as_deref(), Some("--dependency=afterany:7:9"));
    }

    #[test]
    fn a_refusal_says_what_to_do_next() {
        let told = |told: &str| {
            let error = Error::Refused { program: "sbatch", told: told.to_owned() };
            error.to_string().split_once("; ").map(|(_, hint)| hint.to_owned()).unwrap_or_default()
        };
        let words = [
            ("invalid partition specified: x", "`partition`"),
            ("Invalid account or account/partition combination specified", "`account`"),
            ("Unable to contact slurm controller (connect failure)", "the same command goes on"),
            ("Job violates accounting/QOS policy (job submit limit)", "submits the rest"),
            ("Requested node configuration is not available", "`memory`"),
            ("Memory specification can not be satisfied", "`memory`"),
        ];
        for (said, expected) in words {
            assert!(told(said).contains(expected), "{said}: {}", told(said));
        }
        assert_eq!(told("something else"), "");
    }
}
