//! Sweeps on a real Slurm cluster, with the guarantees of one machine.
//!
//! Without Slurm, the tests print that they were skipped.
#![cfg(target_os = "linux")]

mod accidents;
mod cluster;
#[path = "../files/mod.rs"]
mod files;
mod lab;
mod refusals;
mod runs;
mod studies;
