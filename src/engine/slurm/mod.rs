//! Trials on a cluster that Slurm manages, as arrays of jobs.
//!
//! `drsae sweep --engine slurm` submits the trials that are missing and that no earlier job will
//! run; each task of an array is `drsae trial` on some of them. What a trial is, the disk
//! says, as on one machine: claims keep two copies of it apart, its state lets it go on, its
//! marker ends it. Slurm is asked what is queued or runs, and nothing else, so whatever it
//! forgets is no loss.
//!
//! ```text
//! pack    trials -> tasks -> arrays         pure
//! script  the scripts that the cluster runs pure
//! queue   squeue's answer, read             pure
//! jobs    submissions held against it       pure
//! cluster sbatch, squeue, scontrol          behind a trait
//! submit  writes, submits, records
//! ```

mod cluster;
mod jobs;
mod pack;
mod queue;
mod script;
mod submit;
#[cfg(test)]
mod tests;

pub use cluster::{Cluster, Error, Programs, dependency};
pub use jobs::{Jobs, Task};
pub use pack::{LASTS, Packing, arrays};
pub use queue::{Queued, State};
pub use script::Scripts;
pub use submit::{Draft, Order};
