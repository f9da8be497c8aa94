//! The command line: one file a subcommand, each parse → call → print.

mod analyze;
mod bench;
mod checkpoint;
mod data;
mod eval;
mod export;
mod finish;
mod inspect;
mod plan;
mod progress;
mod report;
mod results;
mod run_args;
mod signals;
mod slurm;
mod spec_args;
mod status;
mod sweep;
mod terminal;
mod trial;
mod verify;

use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

use self::signals::fail_oversized_writes;
use crate::threads;

const EXAMPLES: &str = "\
Examples:
  drsae sweep experiments/smoke.toml                 the main job on embedded data, in seconds
  drsae plan experiments/depth.toml                  what a sweep would run, and how long it takes
  drsae sweep experiments/depth.toml --set seeds=10  more seeds; what is finished stays
  drsae status experiments/depth.toml                progress of a sweep
  drsae analyze experiments/depth.toml               its comparison again
  drsae report experiments/depth.toml                its figures and its page
  drsae verify experiments/depth.toml                a check of all its results";

/// Reproducible sweeps of discriminative recurrent sparse auto-encoders and the untied deep
/// networks they are compared with.
#[derive(Debug, Parser)]
#[command(name = "drsae", version, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Plan(plan::Args),
    Sweep(sweep::Args),
    Status(status::Args),
    Trial(trial::Args),
    Analyze(analyze::Args),
    Report(report::Args),
    Verify(verify::Args),
    Export(export::Args),
    Eval(eval::Args),
    Inspect(inspect::Args),
    Data(data::Args),
    Bench(bench::Args),
}

/// Runs the command line of the process; returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => cli.run().unwrap_or_else(|error| terminal::fail(&error)),
        Err(error) => terminal::refuse(&error),
    }
}

impl Cli {
    /// Runs the command.
    ///
    /// # Errors
    /// The error of the command, with its causes.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        fail_oversized_writes().context("failed to listen to signals")?;
        if let Err(error) = threads::start_global_pool() {
            terminal::print_message(format_args!("warning: {error}; one thread does their work"));
        }
        match &self.command {
            Command::Plan(args) => plan::run(args),
            Command::Sweep(args) => sweep::run(args),
            Command::Status(args) => status::run(args),
            Command::Trial(args) => trial::run(args),
            Command::Analyze(args) => analyze::run(args),
            Command::Report(args) => report::run(args),
            Command::Verify(args) => verify::run(args),
            Command::Export(args) => export::run(args),
            Command::Eval(args) => eval::run(args),
            Command::Inspect(args) => inspect::run(args),
            Command::Data(args) => data::run(args).map(|()| ExitCode::SUCCESS),
            Command::Bench(args) => bench::run(args),
        }
    }
}
