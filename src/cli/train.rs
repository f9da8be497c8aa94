//! Training of what is missing of a sweep, on this machine or on a cluster.

use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};

use super::clock::duration;
use super::display::Display;
use super::finish::SweepRun;
use super::job::{Finish, Job, Outcome};
use super::notes;
use super::results;
use super::run_args::RunArgs;
use super::signals::Signals;
use super::slurm::{self, SlurmArgs};
use super::spec_args::SpecArgs;
use super::terminal::{output, print_message};
use crate::engine::{self, Control, DatasetCache, Pending};
use crate::text::shown;

/// The arguments of the commands that train sweeps.
#[derive(Debug, Clone, clap::Args)]
pub struct TrainArgs {
    /// Trials to run in parallel, one thread each [default: the number of cores; 1 on a device
    /// other than the CPU].
    #[arg(long, short)]
    jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    run: RunArgs,
    /// Stop the sweep at the first trial that is not complete.
    #[arg(long)]
    fail_fast: bool,
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

/// Trains what is missing and then calls `finish`, unless a signal interrupts it or a submission is not followed.
pub fn run<T>(job: Job, args: &TrainArgs, finish: &Finish<T>) -> Result<Outcome<T>> {
    let Job { spec, sweep, plan, command, .. } = job;
    if args.engine == Engine::Slurm {
        return slurm::run(&args.slurm, job, &args.run, finish);
    }
    let pending = pending(job, args)?;
    // The device or the data may be missing: check both before writing anything.
    spec.check_device()?;
    let configs = pending.iter().map(|pending| &pending.trial.config.data);
    let datasets = DatasetCache::of_plan(plan, configs, spec.data_dir.as_deref(), plan.test.part())?;
    notes::of_cache(&datasets);
    let store = results::open(spec, sweep, plan)?;
    let run = SweepRun { sweep, plan, store: &store, command, stored: job.stored };
    run.print_stale()?;
    run.print_stored(&pending)?;
    let trained = || {
        if !pending.is_empty()
            && let Some(code) = run_pending(job, args, &run, &pending, &datasets)?
        {
            return Ok(Outcome::Stopped(ExitCode::from(code)));
        }
        finish(&run, &pending).map(Outcome::Done)
    };
    trained().map_err(|error| run.explain(error))
}

/// The trials that a run would train.
pub fn pending<'a>(job: Job<'a>, args: &TrainArgs) -> Result<Vec<Pending<'a>>> {
    let store = results::find(job.spec, job.sweep)?;
    Ok(engine::pending(&job.plan.trials, store.as_ref(), job.counted(&args.run.retry))?)
}

/// Prints the trials that would be run, or the scripts that would be submitted.
pub fn dry_run(job: Job, args: &TrainArgs) -> Result<ExitCode> {
    let Job { spec, sweep, plan, .. } = job;
    if args.engine == Engine::Slurm {
        return slurm::dry_run(&args.slurm, job, &args.run);
    }
    let pending = pending(job, args)?;
    results::check_plan(spec, sweep, plan)?;
    let mut out = BufWriter::new(output());
    for pending in &pending {
        writeln!(out, "{}", pending.trial.id)?;
    }
    out.flush()?;
    print_message(format_args!(
        "{} of {} trials would run, {} in parallel",
        pending.len(),
        plan.trials.len(),
        args.jobs(spec)
    ));
    Ok(ExitCode::SUCCESS)
}

impl TrainArgs {
    fn jobs(&self, spec: &SpecArgs) -> usize {
        self.jobs.map_or_else(|| spec.default_jobs(), NonZeroUsize::get)
    }

    /// Refuses the arguments of the other engine.
    pub fn check(&self) -> Result<()> {
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

    /// The command line that continues `drsae COMMAND` on the sweep.
    pub fn command(&self, spec: &SpecArgs, command: &str) -> String {
        let engine = if self.engine == Engine::Slurm { " --engine slurm" } else { "" };
        spec.command(command) + engine
    }
}

/// Runs the trials; returns the exit code if a signal interrupted them.
fn run_pending(
    job: Job,
    args: &TrainArgs,
    run: &SweepRun,
    pending: &[Pending],
    datasets: &DatasetCache,
) -> Result<Option<u8>> {
    let (Job { plan, command, .. }, store) = (job, run.store);
    let jobs = args.jobs(job.spec).min(pending.len());
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
    let display = Display::new(plan, &trials, store);
    let ran = engine::local::run(pending, store, datasets, &control, jobs, &display);
    let time = duration(display.elapsed());
    drop(display);
    ran.with_context(|| {
        format!("{}: complete trials are kept; fix the problem, then continue with `{command}`", plan.name)
    })?;
    let Some(code) = signals.exit_code() else {
        print_message(format_args!("{}: ran for {time}", plan.name));
        return Ok(None);
    };
    let left = engine::pending(&plan.trials, store, job.counted(&[]))?.len();
    print_message(format_args!(
        "{}: interrupted after {time}; {left} of {} trials are pending; run the same command to continue",
        plan.name,
        plan.trials.len()
    ));
    Ok(Some(code))
}
