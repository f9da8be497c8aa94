//! Errors of sweeps on a cluster.

use std::io;

use crate::store;
use crate::text::shell_quoted;
use crate::train;

/// A sweep that cannot be submitted or queried.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Slurm is not installed here.
    #[error(
        "there is no `{program}` on the PATH: run this where jobs are submitted from, such as a login node, or \
         use `--engine local`"
    )]
    Absent {
        /// The missing command.
        program: &'static str,
    },
    /// A Slurm command does not start.
    #[error("failed to run `{program}`")]
    Start {
        /// The command.
        program: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// A Slurm command failed.
    #[error("`{program}` failed: {message}{}", hint(message))]
    Refused {
        /// The command.
        program: &'static str,
        /// Its message.
        message: String,
    },
    /// The output of a Slurm command cannot be parsed.
    #[error("`{program}` answered {answer:?}, which cannot be read")]
    Unreadable {
        /// The command.
        program: &'static str,
        /// The part that cannot be read.
        answer: String,
    },
    /// The results folder cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Another process is submitting the same sweep.
    #[error("{0} is submitting this sweep: wait for that process, or stop it")]
    Busy(String),
    /// The timer that keeps the lease alive cannot be started.
    #[error("failed to start the timer that keeps the lease alive")]
    Timer(#[source] io::Error),
    /// The running program cannot be read.
    #[error("failed to read this program, which the jobs are to run")]
    Program(#[source] io::Error),
    /// The queued jobs of the sweep run a program with other numerics.
    #[error(
        "the queued jobs of this sweep run {program}, of numerics version {numerics}, and this program has {}: wait \
         until they have ended, or cancel them with `scancel`",
        crate::NUMERICS_VERSION
    )]
    Numerics {
        /// The program of the queued jobs.
        program: String,
        /// Its numerics version.
        numerics: u32,
    },
    /// Trials are not timed on another device than the CPU.
    #[error(
        "how long trials take on another device than this machine's CPU is not known: give `--pack N`, the number \
         of trials for each task"
    )]
    UnknownTime,
    /// The networks that estimate the time of trials cannot be trained.
    #[error(transparent)]
    Pilot(#[from] train::Error),
    /// The path of the results folder has characters with a special meaning in a script.
    #[error(
        "{} cannot be used in a job's script: name a folder of letters, digits and -_.+=,:@ with --results",
        shell_quoted(.0)
    )]
    SpecialPath(String),
    /// The current folder is not known.
    #[error("failed to find the current folder")]
    WorkingDirectory(#[source] io::Error),
}

/// The remedy for an error, by Slurm's message; empty if none is known.
fn hint(message: &str) -> &'static str {
    let message = message.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if has(&["unable to contact", "connection refused", "timed out", "socket"]) {
        "; the controller cannot be reached: run the same command again when it is back"
    } else if has(&["partition"]) && !has(&["account"]) {
        "; set `partition` in `[slurm]`, or give `--set slurm.partition=NAME`: `sinfo -s` lists them"
    } else if has(&["account", "association"]) && !has(&["policy"]) {
        "; set `account` in `[slurm]`, or give `--set slurm.account=NAME`: `sacctmgr show associations \
         user=$USER` lists them"
    } else if has(&["temporarily unable", "limit", "policy"]) {
        "; run the same command to submit the rest when the limit allows more jobs"
    } else if has(&["node configuration", "cpu count", "memory specification", "not available"]) {
        "; no node has what `cpus`, `memory` and `gpus` in `[slurm]` ask for: `sinfo -o '%P %c %m %G'` lists what \
         there is"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_remedy() {
        let remedies = [
            ("invalid partition specified: x", "`partition`"),
            ("Invalid account or account/partition combination specified", "`account`"),
            ("Unable to contact slurm controller (connect failure)", "run the same command again"),
            ("Job violates accounting/QOS policy (job submit limit)", "to submit the rest"),
            ("Requested node configuration is not available", "`memory`"),
            ("Memory specification can not be satisfied", "`memory`"),
        ];
        for (message, expected) in remedies {
            let error = Error::Refused { program: "sbatch", message: message.to_owned() }.to_string();
            let (_, remedy) = error.split_once("; ").unwrap_or_default();
            assert!(remedy.contains(expected), "{message}: {remedy}");
        }
        assert_eq!(hint("something else"), "");
    }
}
