//! `drsae sweep --engine slurm`: submission of a sweep's missing trials to a cluster.

mod follow;
pub mod jobs;

use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf, absolute};
use std::process::ExitCode;

use anyhow::{Result, ensure};

use super::finish::SweepRun;
use super::job::{Finish, Job, Outcome};
use super::results;
use super::run_args::RunArgs;
use super::spec_args::SpecArgs;
use super::terminal::{output, print_message};
use crate::device;
use crate::engine::{self, DatasetCache};
use crate::plan::Plan;
use crate::slurm::{Cluster, Event, SlurmCommands, Submitter, check_root};
use crate::spec::slurm_settings;
use crate::store::Store;
use crate::text::printable;

/// The arguments that only apply to a cluster.
#[derive(Debug, Clone, clap::Args)]
pub struct SlurmArgs {
    /// With `--engine slurm`, wait until all jobs have ended, and report progress.
    #[arg(long)]
    follow: bool,
    /// With `--engine slurm`, trials per task [default: enough for five minutes].
    #[arg(long, value_name = "N")]
    pack: Option<NonZeroUsize>,
}

impl SlurmArgs {
    /// Refuses the arguments for the local engine.
    pub fn expect_none(&self) -> Result<()> {
        ensure!(
            !self.follow,
            "`--follow` requires `--engine slurm`: the local engine returns when its trials have ended"
        );
        ensure!(self.pack.is_none(), "`--pack` requires `--engine slurm`");
        Ok(())
    }
}

/// The submitter of a sweep into the folder `root`.
fn submitter<'a>(
    args: &SlurmArgs,
    job: Job<'a>,
    run_args: &'a RunArgs,
    (cluster, root): (&'a SlurmCommands, &'a Path),
) -> Result<Submitter<'a>> {
    let Job { spec, sweep, plan, .. } = job;
    let site = site_file().map(|path| slurm_settings(&path)).transpose()?;
    Ok(Submitter {
        plan,
        spec: sweep.to_toml()?,
        root,
        cluster,
        max_tasks: cluster.max_tasks()?,
        settings: sweep.slurm.clone().or(site.unwrap_or_default()),
        device: spec.device,
        pack: args.pack,
        sweep_args: spec.absolute_args(sweep)?,
        trial_args: run_args.to_args(),
        counted: job.counted(&run_args.retry),
    })
}

/// Prints the scripts that would be submitted.
pub fn dry_run(args: &SlurmArgs, job: Job, run_args: &RunArgs) -> Result<ExitCode> {
    let Job { spec, sweep, plan, .. } = job;
    let (cluster, root) = (SlurmCommands::find()?, absolute(spec.root(sweep))?);
    let submitter = submitter(args, job, run_args, (&cluster, &root))?;
    check_root(&root)?;
    results::check_plan(spec, sweep, plan)?;
    preview(&submitter, results::find(spec, sweep)?.as_ref())
}

/// Submits the sweep; calls `finish` once nothing of it is missing or queued.
pub fn run<T>(args: &SlurmArgs, job: Job, run_args: &RunArgs, finish: &Finish<T>) -> Result<Outcome<T>> {
    let Job { spec: spec_args, sweep, plan, command, .. } = job;
    let (cluster, root) = (SlurmCommands::find()?, absolute(spec_args.root(sweep))?);
    let submitter = submitter(args, job, run_args, (&cluster, &root))?;
    check_device(spec_args)?;
    let found = results::find(spec_args, sweep)?;
    let pending = engine::pending(&plan.trials, found.as_ref(), job.counted(&run_args.retry))?;
    // Downloads what is missing, since the nodes may have no network.
    let configs = pending.iter().map(|pending| &pending.trial.config.data);
    DatasetCache::of_plan(plan, configs, spec_args.data_dir.as_deref(), plan.test.part())?;
    check_root(&root)?;
    let store = results::open(spec_args, sweep, plan)?;
    let run = SweepRun { sweep, plan, store: &store, command, stored: job.stored };
    run.print_stale()?;
    run.print_stored(&pending)?;
    let active = submitter.submit(&store, &mut |event| print_event(plan, &event))?;
    if active.is_empty() {
        print_message(format_args!("{}: no trial is missing or queued", plan.name));
        return finish(&run, &[]).map(Outcome::Done);
    }
    if !args.follow {
        print_message(format_args!(
            "{}: `{}` shows its progress, and `scancel {}` cancels it",
            plan.name,
            spec_args.command("status"),
            active.iter().map(u64::to_string).collect::<Vec<_>>().join(" ")
        ));
        return Ok(Outcome::Stopped(ExitCode::SUCCESS));
    }
    match follow::until_ended(plan, &store, &cluster)? {
        Some(code) => Ok(Outcome::Stopped(ExitCode::from(code))),
        None => finish(&run, &[]).map(Outcome::Done),
    }
}

/// Path of `drsae/slurm.toml` in the user's config folder.
fn site_file() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = named("XDG_CONFIG_HOME").or_else(|| Some(named("HOME")?.join(".config")))?;
    Some(config.join("drsae").join("slurm.toml"))
}

/// Checks that the program is built for the device, which the submitting machine need not have.
fn check_device(args: &SpecArgs) -> Result<()> {
    match args.device.open() {
        Err(error @ device::Error::NotBuilt(_)) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints the scripts that would be submitted, each after the command that would submit it.
fn preview(submitter: &Submitter, store: Option<&Store>) -> Result<ExitCode> {
    let scripts = submitter.preview(store, &mut |event| print_event(submitter.plan, &event))?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for (args, script) in scripts {
        writeln!(out, "# sbatch {args}\n{script}")?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn print_event(plan: &Plan, event: &Event) {
    match event {
        Event::Planned { missing, queued, jobs } => {
            let (name, all) = (&plan.name, plan.trials.len());
            print_message(format_args!(
                "{name}: {missing} of {all} trials to submit, {queued} already queued"
            ));
            let mut held = Vec::new();
            if *queued > 0 && jobs::print_held(jobs, &mut held).is_ok() && !held.is_empty() {
                print_message(String::from_utf8_lossy(&held).trim_end());
            }
        }
        Event::OtherProgram(program) => print_message(format_args!(
            "{}: the new jobs run {}, as the queued jobs do, and not this build",
            plan.name,
            printable(program)
        )),
        Event::NoGpu => {
            print_message("warning: tasks request no GPU; request one with `--set slurm.gpus=1`");
        }
        Event::Submitted { job, name, tasks } => {
            let tasks = tasks.map(|tasks| format!("\t{tasks} tasks")).unwrap_or_default();
            // A closed standard output must not end a submission whose jobs run.
            let _ = writeln!(output(), "{job}\t{name}{tasks}");
        }
    }
}
