//! `drsae sweep`: run the missing trials of a sweep, merge and compare.

use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};

use super::finish::SweepRun;
use super::progress::{Display, duration};
use super::results;
use super::run_args::RunArgs;
use super::signals::Signals;
use super::slurm::{self, SlurmArgs};
use super::spec_args::SpecArgs;
use super::terminal::{output, print_message};
use crate::engine::{self, Control, DatasetCache, Networks, Pending};
use crate::plan::Plan;
use crate::text::shown;

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
    /// Trials to run in parallel, one thread each [default: the number of cores; 1 on a device
    /// other than the CPU].
    #[arg(long, short)]
    jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    run: RunArgs,
    /// Stop the sweep at the first trial that is not complete.
    #[arg(long)]
    fail_fast: bool,
    /// Print the trials that would be run, or the scripts that would be submitted, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Run trials on this machine, or as jobs on a cluster.
    #[arg(long, value_enum, default_value_t = Engine::Local)]
    engine: Engine,
    #[command(flatten)]
    slurm: SlurmArgs,
}

/// The engine that runs trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Engine {
    Local,
    Slurm,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    args.check()?;
    let (sweep, plan) = args.spec.load_plan()?;
    let command = args.command();
    if args.engine == Engine::Slurm {
        let sweep_args = (&args.spec, &args.run);
        return slurm::run(&args.slurm, sweep_args, (&sweep, &plan), &command, args.dry_run);
    }
    let store = results::find(&args.spec, &sweep)?;
    let pending = engine::pending(&plan.trials, store.as_ref(), &args.run.retry)?;
    if args.dry_run {
        results::check_plan(&args.spec, &sweep, &plan)?;
        return dry_run(args, &plan, &pending);
    }
    // The device or the data may be missing: check both before writing anything.
    args.spec.check_device()?;
    let configs = pending.iter().map(|pending| &pending.trial.config.data);
    let datasets = DatasetCache::load(configs, args.spec.data_dir.as_deref())?;
    let store = results::open(&args.spec, &sweep, &plan)?;
    let run = SweepRun { sweep: &sweep, plan: &plan, store: &store, command: &command };
    run.print_stale()?;
    run.print_stored()?;
    run_and_finish(args, &run, &pending, &datasets).map_err(|error| run.explain(error))
}

fn run_and_finish(
    args: &Args,
    run: &SweepRun,
    pending: &[Pending],
    datasets: &DatasetCache,
) -> Result<ExitCode> {
    if !pending.is_empty()
        && let Some(code) = run_pending(args, run, pending, datasets)?
    {
        return Ok(ExitCode::from(code));
    }
    run.finish(pending)
}

impl Args {
    fn jobs(&self) -> usize {
        self.jobs.map_or_else(|| self.spec.default_jobs(), NonZeroUsize::get)
    }

    /// Refuses the arguments of the other engine.
    fn check(&self) -> Result<()> {
        match self.engine {
            Engine::Local => self.slurm.expect_none(),
            Engine::Slurm => {
                ensure!(
                    self.jobs.is_none(),
                    "`--jobs` requires `--engine local`; set the CPUs of a task with `--set slurm.cpus=N`"
                );
                ensure!(
                    !self.fail_fast,
                    "`--fail-fast` requires `--engine local`; cancel submitted jobs with `scancel`"
                );
                Ok(())
            }
        }
    }

    /// The command line that continues the sweep.
    fn command(&self) -> String {
        let engine = if self.engine == Engine::Slurm { " --engine slurm" } else { "" };
        self.spec.command("sweep") + engine
    }
}

/// Runs the trials; returns the exit code if a signal interrupted them.
fn run_pending(
    args: &Args,
    run: &SweepRun,
    pending: &[Pending],
    datasets: &DatasetCache,
) -> Result<Option<u8>> {
    let SweepRun { plan, store, command, .. } = *run;
    let jobs = args.jobs().min(pending.len());
    print_message(format_args!(
        "{}: {} of {} trials to run, {jobs} in parallel, into {}",
        plan.name,
        pending.len(),
        plan.trials.len(),
        shown(store.root())
    ));
    let control = Control { timeout: args.run.timeout, fail_fast: args.fail_fast, ..Control::default() };
    let signals = Signals::listen(&control.stop).context("failed to listen to signals")?;
    let trials: Vec<_> = pending.iter().map(|pending| pending.trial).collect();
    let display = Display::new(&trials);
    let ran = engine::local::run(pending, store, &Networks { datasets }, &control, jobs, &display);
    let time = duration(display.elapsed());
    drop(display);
    ran.with_context(|| {
        format!("{}: complete trials are kept; fix the problem, then continue with `{command}`", plan.name)
    })?;
    let Some(code) = signals.exit_code() else {
        print_message(format_args!("{}: ran for {time}", plan.name));
        return Ok(None);
    };
    let left = engine::pending(&plan.trials, store, &[])?.len();
    print_message(format_args!(
        "{}: interrupted after {time}; {left} of {} trials are pending; run the same command to continue",
        plan.name,
        plan.trials.len()
    ));
    Ok(Some(code))
}

fn dry_run(args: &Args, plan: &Plan, pending: &[Pending]) -> Result<ExitCode> {
    let mut out = BufWriter::new(output());
    for pending in pending {
        writeln!(out, "{}", pending.trial.id)?;
    }
    out.flush()?;
    print_message(format_args!(
        "{} of {} trials would run, {} in parallel",
        pending.len(),
        plan.trials.len(),
        args.jobs()
    ));
    Ok(ExitCode::SUCCESS)
}
