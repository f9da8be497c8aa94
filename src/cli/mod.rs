//! The command line: one file per subcommand, each parse → call → print.

mod analyze;
mod bench;
mod checkpoint;
mod clock;
mod compare;
mod completions;
mod conform;
mod data;
mod display;
mod eval;
mod export;
mod finish;
mod freeze;
mod frozen;
mod help;
mod index;
mod init;
mod inspect;
mod job;
mod live;
mod location;
mod man;
mod notes;
mod painter;
mod plan;
mod power;
mod program;
mod progress;
mod report;
mod results;
mod run_args;
mod search;
mod signals;
mod slurm;
mod source;
mod spec_args;
mod status;
mod stored;
mod study;
mod sweep;
mod terminal;
mod tested;
mod train;
mod trial;
mod unseal;
mod verify;

pub use self::program::Cli;

use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

use self::signals::fail_oversized_writes;
use crate::text::verbosity::Verbosity;
use crate::threads;

const EXAMPLES: &str = "\
Examples:
  drsae init                                         write a commented spec to begin with
  drsae sweep experiments/smoke.toml                 the main job on embedded data, in seconds
  drsae plan experiments/depth.toml                  list the trials and estimate their cost
  drsae sweep experiments/depth.toml --set seeds=10  add seeds; finished trials are kept
  drsae status experiments/depth.toml                show the progress of a sweep
  drsae analyze experiments/depth.toml               compare the finished trials
  drsae report experiments/depth.toml                draw the figures and write the page
  drsae compare results                              compare the cells of all sweeps in one table
  drsae index                                        list all studies in results/index.html
  drsae verify experiments/depth.toml                check all results of a sweep

Results are printed to standard output, progress and notes to standard error. Tables fit the terminal; in a
pipe they are not cut. NO_COLOR switches off the bold type of help and errors, the only style there is.";

/// Reproducible sweeps of discriminative recurrent sparse auto-encoders and the untied deep
/// networks they are compared with.
#[derive(Debug, Parser)]
#[command(name = "drsae", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    messages: MessageArgs,
}

/// The amount of messages on standard error.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Messages")]
struct MessageArgs {
    /// Print only errors and the result itself
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Also print each epoch of each trial, and the path of each file that is written
    #[arg(long, short, global = true)]
    verbose: bool,
}

impl MessageArgs {
    fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    Plan(plan::Args),
    Sweep(sweep::Args),
    Study(study::Args),
    Search(search::Args),
    Power(power::Args),
    Freeze(freeze::Args),
    Unseal(unseal::Args),
    Status(status::Args),
    Trial(trial::Args),
    Analyze(analyze::Args),
    Report(report::Args),
    Compare(compare::Args),
    Index(index::Args),
    Verify(verify::Args),
    Export(export::Args),
    Eval(eval::Args),
    Inspect(inspect::Args),
    Data(data::Args),
    Bench(bench::Args),
    Conform(conform::Args),
    Completions(completions::Args),
    Man(man::Args),
}

impl Arguments {
    /// Runs the command.
    fn run(&self) -> anyhow::Result<ExitCode> {
        self.messages.verbosity().apply();
        fail_oversized_writes().context("failed to listen to signals")?;
        if let Err(error) = threads::start_global_pool() {
            terminal::print_message(format_args!("warning: {error}; one thread does the work of all"));
        }
        match &self.command {
            Command::Init(args) => init::run(args),
            Command::Plan(args) => plan::run(args),
            Command::Sweep(args) => sweep::run(args),
            Command::Study(args) => study::run(args),
            Command::Search(args) => search::run(args),
            Command::Power(args) => power::run(args),
            Command::Freeze(args) => freeze::run(args),
            Command::Unseal(args) => unseal::run(args),
            Command::Status(args) => status::run(args),
            Command::Trial(args) => trial::run(args),
            Command::Analyze(args) => analyze::run(args),
            Command::Report(args) => report::run(args),
            Command::Compare(args) => compare::run(args),
            Command::Index(args) => index::run(args),
            Command::Verify(args) => verify::run(args),
            Command::Export(args) => export::run(args),
            Command::Eval(args) => eval::run(args),
            Command::Inspect(args) => inspect::run(args),
            Command::Data(args) => data::run(args).map(|()| ExitCode::SUCCESS),
            Command::Bench(args) => bench::run(args),
            Command::Conform(args) => conform::run(args),
            Command::Completions(args) => completions::run(args),
            Command::Man(args) => man::run(args),
        }
    }
}
