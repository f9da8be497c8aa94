//! `drsae sweep`: run what is missing of a sweep, merge it, compare.

use std::collections::HashSet;
use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;
use std::process::ExitCode;

use anyhow::{Context, Error, Result, anyhow, ensure};

use super::common::{RunArgs, SpecArgs, planned, tell_damaged};
use super::progress::{Display, duration};
use super::signals::Signals;
use super::terminal::{output, say};
use super::{analyze, slurm};
use crate::engine::{self, Control, Library, Networks, Pending, stale};
use crate::plan::{Plan, Trial};
use crate::spec::Sweep;
use crate::store::{Merged, Status, Store};
use crate::text::{chain, printable, shown};

const EXAMPLES: &str = "\
Examples:
  drsae sweep experiments/smoke.toml
  drsae sweep experiments/depth.toml --jobs 2
  drsae sweep experiments/depth.toml --set seeds=10       more seeds; finished trials stay
  drsae sweep experiments/depth.toml --retry diverged     run those that diverged once more
  drsae sweep experiments/depth.toml --timeout 30m        give up on a trial after that
  drsae sweep experiments/depth.toml --dry-run            only say what would be run
  drsae sweep experiments/depth.toml --engine slurm       submit it to a cluster
  drsae sweep experiments/depth.toml --engine slurm --follow --set slurm.partition=short

Run it again after a kill: finished trials are kept, the others go on from their last state.
Run it several times at once, here or on other hosts that share the results folder, and the
processes share the trials; each ends when all are done, with the same results.
With --engine slurm it submits what is missing and not queued yet, and returns; the table [slurm]
of the spec, or of ~/.config/drsae/slurm.toml, says how tasks run (docs/CLUSTER.md).
Exit code: 0 when every planned trial is complete, 1 when one is not, 2 on an error, and 129, 130
or 143 after SIGHUP, SIGINT or SIGTERM.";

/// Run a sweep's pending trials in parallel, then compare.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    pub spec: SpecArgs,
    /// Trials to run side by side, one thread each [default: the number of cores; 1 on another
    /// device than the CPU].
    #[arg(long, short)]
    jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    pub run: RunArgs,
    /// End the sweep at the first trial that is not complete.
    #[arg(long)]
    fail_fast: bool,
    /// Print what would be run, or the scripts that would be submitted, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Where trials run: on this machine, or as jobs on a cluster.
    #[arg(long, value_enum, default_value_t = Engine::Local)]
    engine: Engine,
    #[command(flatten)]
    pub slurm: slurm::SlurmArgs,
}

/// Where trials run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Engine {
    Local,
    Slurm,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    args.check()?;
    let (sweep, plan) = args.spec.plan()?;
    if args.engine == Engine::Slurm {
        return slurm::run(args, &sweep, &plan);
    }
    let pending = args.pending(&sweep, &plan)?;
    if args.dry_run {
        args.spec.expect_planned(&sweep, &plan)?;
        return dry_run(args, &plan, &pending);
    }
    // Before anything is written: the device or data may be missing.
    args.spec.expect_device()?;
    let configs = pending.iter().map(|pending| &pending.trial.config.data);
    let library = Library::load(configs, args.spec.data_dir.as_deref())?;
    let store = args.spec.open_store(&sweep, &plan)?;
    tell_stale(&plan, &store)?;
    tell_stored(&plan, &store)?;
    let job = Job { args, sweep: &sweep, plan: &plan, store: &store };
    job.run(&pending, &library).map_err(|error| job.explain(error))
}

/// Says which results on disk the sweep leaves alone.
pub fn tell_stale(plan: &Plan, store: &Store) -> Result<()> {
    for (why, count) in stale::counts(&stale::find(plan, store)?) {
        say(format_args!(
            "{}: leaves alone {count} stale results in {}: {}",
            plan.name,
            shown(&store.trials()),
            printable(&why.to_string())
        ));
    }
    Ok(())
}

/// Says how many results the tables hold of trials that the sweep computes again.
pub fn tell_stored(plan: &Plan, store: &Store) -> Result<()> {
    let stored = store.stored_trials()?;
    let ended = plan.trials.iter().filter(|trial| stored.ended(&trial.id).is_some());
    let is_bare = |trial: &&Trial| store.status(&trial.id).is_ok_and(|status| status == Status::Pending);
    let count = ended.filter(is_bare).count();
    if count > 0 {
        say(format_args!(
            "{}: {count} of {} planned trials have stored results in {} and no folder: they are computed again, \
             and the stored results stay",
            plan.name,
            plan.trials.len(),
            shown(&store.trials_csv())
        ));
    }
    Ok(())
}

/// A sweep in its results folder.
pub struct Job<'a> {
    pub args: &'a Args,
    pub sweep: &'a Sweep,
    pub plan: &'a Plan,
    pub store: &'a Store,
}

impl Job<'_> {
    fn run(&self, pending: &[Pending], library: &Library) -> Result<ExitCode> {
        let Self { args, plan, store, .. } = *self;
        if !pending.is_empty()
            && let Some(code) = run_pending(args, plan, store, pending, library)?
        {
            return Ok(ExitCode::from(code));
        }
        self.finish(pending)
    }

    /// Merges and compares what there is, once the trials of `ran` have ended.
    pub fn finish(&self, ran: &[Pending]) -> Result<ExitCode> {
        let Self { args, sweep, plan, store } = *self;
        if let Some(vanished) = store.vanished() {
            return Err(vanished.into());
        }
        if let Err(error) = engine::tidy(&plan.trials, store) {
            say(format_args!("warning: what killed processes left stays: {}", printable(&chain(&error))));
        }
        let merged = store.merge(&planned(plan))?;
        let is_damaged = tell_damaged(&merged);
        let mut out = output();
        if complete(&merged) > 0 {
            analyze::write_and_print(sweep, store, &mut out)?;
        }
        self.warn_of_vanished(ran)?;
        let code = conclude(&merged, plan, store, &args.command(), &mut out)?;
        Ok(if is_damaged { ExitCode::from(1) } else { code })
    }

    /// Names the folders of trials that were complete when the sweep began and are gone; of
    /// those that it ran it was said when they ended.
    fn warn_of_vanished(&self, pending: &[Pending]) -> Result<()> {
        let ran: HashSet<usize> = pending.iter().map(|pending| pending.trial.index).collect();
        for trial in self.plan.trials.iter().filter(|trial| !ran.contains(&trial.index)) {
            if let Some(vanished) = self.store.trial(&trial.id)?.vanished() {
                say(format_args!("warning: {}", printable(&vanished.to_string())));
            }
        }
        Ok(())
    }

    /// The error, or its cause where that is that the folder was removed.
    fn explain(&self, error: Error) -> Error {
        let Some(vanished) = self.store.vanished() else { return error };
        let status = |trial: &Trial| self.store.status(&trial.id).unwrap_or(Status::Pending);
        let complete = self.plan.trials.iter().filter(|trial| status(trial) == Status::Complete).count();
        anyhow!(
            "{vanished}: {complete} of {} trials are complete on disk; `{}` makes the folder anew and computes \
             the others",
            self.plan.trials.len(),
            self.args.command()
        )
    }
}

impl Args {
    fn jobs(&self) -> usize {
        self.jobs.map_or_else(|| self.spec.default_jobs(), NonZeroUsize::get)
    }

    /// Refuses what the engine has no use for.
    fn check(&self) -> Result<()> {
        match self.engine {
            Engine::Local => self.slurm.expect_none(),
            Engine::Slurm => {
                ensure!(
                    self.jobs.is_none(),
                    "`--jobs` is for `--engine local`: `--set slurm.cpus=N` gives tasks N CPUs"
                );
                ensure!(
                    !self.fail_fast,
                    "`--fail-fast` is for `--engine local`: `scancel` ends what was submitted"
                );
                Ok(())
            }
        }
    }

    /// The command line that does the same once more.
    pub fn command(&self) -> String {
        let engine = if self.engine == Engine::Slurm { " --engine slurm" } else { "" };
        self.spec.command("sweep") + engine
    }

    /// The trials to run, by what the results folder holds, where there is one.
    pub fn pending<'p>(&self, sweep: &Sweep, plan: &'p Plan) -> Result<Vec<Pending<'p>>> {
        match self.spec.store(sweep)? {
            Some(store) => Ok(engine::pending(&plan.trials, &store, &self.run.retry())?),
            None => Ok(plan.trials.iter().map(Pending::new).collect()),
        }
    }
}

/// Runs the trials; gives the exit code where a signal ended that.
fn run_pending(
    args: &Args,
    plan: &Plan,
    store: &Store,
    pending: &[Pending],
    library: &Library,
) -> Result<Option<u8>> {
    let jobs = args.jobs().min(pending.len());
    say(format_args!(
        "{}: {} of {} trials to run, {jobs} side by side, into {}",
        plan.name,
        pending.len(),
        plan.trials.len(),
        shown(store.root())
    ));
    let control = Control { timeout: args.run.timeout, fail_fast: args.fail_fast, ..Control::default() };
    let signals = Signals::listen(&control.stop).context("failed to listen to signals")?;
    let trials: Vec<_> = pending.iter().map(|pending| pending.trial).collect();
    let display = Display::new(&trials, library);
    let ran = engine::local::run(pending, store, &Networks { library }, &control, jobs, &display);
    let time = duration(display.elapsed());
    drop(display);
    ran.with_context(|| {
        format!("{}: what is complete stays; once that is mended, `{}` goes on", plan.name, args.command())
    })?;
    let Some(code) = signals.exit_code() else {
        say(format_args!("{}: ran for {time}", plan.name));
        return Ok(None);
    };
    let left = engine::pending(&plan.trials, store, &[])?.len();
    say(format_args!(
        "{}: interrupted after {time}; {left} of {} trials are pending; the same command goes on where this \
         one stopped",
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
    say(format_args!(
        "{} of {} trials would run, {} side by side",
        pending.len(),
        plan.trials.len(),
        args.jobs()
    ));
    Ok(ExitCode::SUCCESS)
}

fn complete(merged: &Merged) -> usize {
    merged.counts.get(&Status::Complete).copied().unwrap_or(0)
}

/// Says where the results lie and what is not complete, in words and as the exit code.
fn conclude(
    merged: &Merged,
    plan: &Plan,
    store: &Store,
    command: &str,
    out: &mut dyn Write,
) -> Result<ExitCode> {
    let planned = plan.trials.len();
    writeln!(out, "{} of {planned} trials complete; results in {}", complete(merged), shown(store.root()))?;
    if complete(merged) == planned && merged.stored == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    for (status, count) in merged.counts.iter().filter(|(status, _)| **status != Status::Complete) {
        writeln!(out, "{count} {status}")?;
    }
    if merged.stored > 0 {
        writeln!(out, "{} kept as stored, for want of a complete folder", merged.stored)?;
    }
    for trial in &plan.trials {
        let folder = store.trial(&trial.id)?;
        if let Ok(Some(outcome)) = folder.outcome()
            && let Some(message) = &outcome.message
        {
            writeln!(out, "  {} {}: {}", trial.id, outcome.status, printable(message))?;
        }
    }
    if complete(merged) == planned {
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(
        out,
        "`{command}` runs what is pending; add `--retry failed` or `--retry diverged` for the others"
    )?;
    Ok(ExitCode::from(1))
}
