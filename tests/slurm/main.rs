//! Sweeps on a real Slurm cluster: what one machine promises holds there too.
//!
//! Where Slurm is not installed the tests say that they were skipped.
#![cfg(target_os = "linux")]

mod accidents;
mod cluster;
#[path = "../files/mod.rs"]
mod files;
mod lab;
mod refusals;
mod runs;
