//! Sweeps on a cluster that Slurm manages, as job arrays.
//!
//! `drsae sweep --engine slurm` submits the missing trials that no active job will run; each task of an array runs
//! `drsae trial` on some of them. As on one machine, the results folder holds the whole state of a trial: its lease,
//! its last state and its result. Slurm is queried only for queued and running jobs, so nothing is lost when it purges
//! a job.
//!
//! ```text
//! settings     the [slurm] table              pure
//! packing      trials -> tasks -> arrays      pure
//! script       text of the jobs' scripts      pure
//! queue        output of squeue, parsed       pure
//! cluster      sbatch, squeue, scontrol       behind a trait
//! submissions  slurm/ in the results folder
//! program      the copies of the program that jobs run
//! jobs         submissions joined with the queue
//! submit       writes, submits and records one submission
//! submitter    missing trials of a sweep -> a submission
//! pending      trials without a result while jobs run
//! ```

mod cluster;
mod error;
mod jobs;
mod packing;
mod pending;
mod program;
mod queue;
mod script;
pub mod settings;
mod submissions;
mod submit;
mod submitter;
#[cfg(test)]
mod tests;

pub use cluster::{Cluster, SlurmCommands};
pub use error::Error;
pub use jobs::{ArrayTask, Jobs, LostTask};
pub use pending::PendingTrials;
pub use program::Program;
pub use queue::{JobState, QueueEntry};
pub use settings::Settings;
pub use submissions::{Record, RecordedJob, Submission, Submissions};
pub use submitter::{Event, Preview, Submitter, check_root};
