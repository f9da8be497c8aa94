//! `drsae sweep`: run the missing trials of a sweep, merge and compare.

use std::process::ExitCode;

use anyhow::Result;

use super::job::Job;
use super::spec_args::SpecArgs;
use super::terminal::print_message;
use super::tested;
use super::train::{self, TrainArgs};

const EXAMPLES: &str = "\
Examples:
  drsae sweep experiments/smoke.toml
  drsae sweep experiments/depth.toml --jobs 2
  drsae sweep experiments/depth.toml --set seeds=10       add seeds; finished trials are kept
  drsae sweep experiments/depth.toml --retry diverged     run diverged trials again
  drsae sweep experiments/depth.toml --timeout 30m        stop a trial after 30 minutes
  drsae sweep experiments/depth.toml --dry-run            only list what would be run
  drsae sweep experiments/depth.toml --engine slurm       submit it to a cluster
  drsae sweep experiments/depth.toml --engine slurm --follow --set slurm.partition=short

After a kill, run it again: finished trials are kept, the others continue from their last state.
Several processes at once, here or on other hosts that share the results folder, share the trials; each
ends when all are done, with the same results.
With --engine slurm it submits what is missing and not queued yet, and returns; the table [slurm]
of the spec, or of ~/.config/drsae/slurm.toml, configures the tasks (docs/CLUSTER.md).
Exit code: 0 when every planned trial is complete, 1 when one is not, 2 on an error, and 129, 130
or 143 after SIGHUP, SIGINT or SIGTERM.";

/// Run a sweep's pending trials in parallel, then compare.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    train: TrainArgs,
    /// Print the trials that would be run, or the scripts that would be submitted, and do nothing.
    #[arg(long)]
    dry_run: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    args.train.check()?;
    let (sweep, plan) = args.spec.load_plan()?;
    let command = args.train.command(&args.spec, "sweep");
    let tested = tested::rows(&args.spec, &sweep)?;
    let job =
        Job { spec: &args.spec, sweep: &sweep, plan: &plan, command: &command, stored: tested.as_ref() };
    if args.dry_run {
        return train::dry_run(job, &args.train);
    }
    let outcome = train::run(job, &args.train, &|run, ran| {
        let code = run.finish(ran)?;
        if run.awaits_test()? {
            print_message(format_args!(
                "{}: every trial is complete or has diverged; `{}` tests their networks",
                sweep.name,
                args.spec.command("unseal")
            ));
        }
        Ok(code)
    })?;
    Ok(outcome.code())
}
