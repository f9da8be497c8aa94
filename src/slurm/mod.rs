//! Sweeps on a cluster that Slurm manages, as job arrays.
//!
//! `drsae sweep --engine slurm` submits the trials that are missing and that no active job will
//! run; each task of an array is `drsae trial` on some of them. The results folder holds all state of a
//! trial, as on one machine: leases keep two copies of it apart, its state lets it continue, its
//! marker completes it. Slurm is asked only what is queued or runs, so nothing is lost when it forgets a job.
//!
//! ```text
//! settings     the [slurm] table              pure
//! packing      trials -> tasks -> arrays      pure
//! script       text of the jobs' scripts      pure
//! queue        output of squeue, parsed       pure
//! cluster      sbatch, squeue, scontrol       behind a trait
//! submissions  slurm/ in the results folder, with program: the copies of the program that jobs run
//! jobs         submissions joined with the queue
//! submit       writes, submits and records one submission
//! submitter    what is missing of a sweep -> a submission
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
