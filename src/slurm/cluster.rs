//! The interface to a cluster, and its implementation by Slurm's commands.

use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use super::error::Error;
use super::queue::{self, QueueEntry};
use crate::threads;

/// A cluster that jobs are submitted to.
pub trait Cluster {
    /// Submits a script as a job that starts when all jobs of `after` have ended, with any status; returns the job's
    /// number.
    ///
    /// # Errors
    /// The cluster refuses the job or does not answer.
    fn submit(&self, script: &Path, after: &[u64]) -> Result<u64, Error>;

    /// The queue's entries for the jobs of these names, one for each task of an array.
    ///
    /// # Errors
    /// The cluster does not answer, or its answer cannot be read.
    fn queue(&self, names: &[&str]) -> Result<Vec<QueueEntry>, Error>;

    /// Maximum number of tasks in an array.
    ///
    /// # Errors
    /// The cluster does not answer, or its answer cannot be read.
    fn max_tasks(&self) -> Result<usize, Error>;
}

/// The cluster of the `sbatch`, `squeue` and `scontrol` on the PATH.
#[derive(Debug, Clone, Copy)]
pub struct SlurmCommands;

impl SlurmCommands {
    /// Checks that the commands are installed.
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

impl Cluster for SlurmCommands {
    fn submit(&self, script: &Path, after: &[u64]) -> Result<u64, Error> {
        let mut sbatch = Command::new("sbatch");
        sbatch.arg("--parsable").args(dependency(after)).arg(script);
        let answer = run("sbatch", threads::restore_environment(&mut sbatch))?;
        // With several clusters the cluster's name follows.
        let job = answer.trim().split(';').next().and_then(|job| job.parse().ok());
        job.ok_or(Error::Unreadable { program: "sbatch", answer })
    }

    fn queue(&self, names: &[&str]) -> Result<Vec<QueueEntry>, Error> {
        let mut squeue = Command::new("squeue");
        squeue.args(["--noheader", "--array", "--states=all", "--Format", queue::FORMAT]);
        let answer = run("squeue", squeue.arg(format!("--name={}", names.join(","))))?;
        queue::parse(&answer).map_err(|answer| Error::Unreadable { program: "squeue", answer })
    }

    fn max_tasks(&self) -> Result<usize, Error> {
        let answer = run("scontrol", Command::new("scontrol").args(["show", "config"]))?;
        max_tasks(&answer).ok_or(Error::Unreadable { program: "scontrol", answer })
    }
}

/// The option of `sbatch` that makes a job wait until others have ended.
pub(super) fn dependency(after: &[u64]) -> Option<String> {
    let jobs: Vec<String> = after.iter().map(u64::to_string).collect();
    (!jobs.is_empty()).then(|| format!("--dependency=afterany:{}", jobs.join(":")))
}

/// The highest index of an array is one less than this, so it is also the greatest length.
fn max_tasks(config: &str) -> Option<usize> {
    let value = config.lines().find_map(|line| line.trim().strip_prefix("MaxArraySize"))?;
    value.trim_start_matches([' ', '=']).trim().parse().ok().filter(|&max| max > 0)
}

/// Runs a command to its end and returns its output.
fn run(program: &'static str, command: &mut Command) -> Result<String, Error> {
    let output = command.output().map_err(|source| match source.kind() {
        ErrorKind::NotFound => Error::Absent { program },
        _ => Error::Start { program, source },
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let lines = stderr.lines().map(|line| line.trim_start_matches(&format!("{program}: ")).trim());
    let lines = lines.map(|line| line.trim_start_matches("error: ")).filter(|line| !line.is_empty());
    let message = lines.collect::<Vec<_>>().join("; ");
    Err(Error::Refused {
        program,
        message: if message.is_empty() { output.status.to_string() } else { message },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_maximum_array_length_is_read_from_the_configuration() {
        let config =
            "Configuration data as of 2013-01-16\nMaxArraySize            = 1001\nMaxJobCount = 10000\n";
        assert_eq!(max_tasks(config), Some(1001));
        assert_eq!(max_tasks("MaxArraySize = 0"), None);
        assert_eq!(max_tasks(""), None);
    }

    #[test]
    fn a_job_waits_for_all_others() {
        assert_eq!(dependency(&[]), None);
        assert_eq!(dependency(&[7, 9]).as_deref(), Some("--dependency=afterany:7:9"));
    }
}
