//! `drsae sweep --engine slurm`: submit what is missing of a sweep to a cluster.

mod preview;

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::plan::{PILOT, Shapes};
use super::sweep::{self, Job};
use super::terminal::{output, say};
use super::{follow, queue};
use crate::NUMERICS_VERSION;
use crate::device::{self, Kind};
use crate::engine::slurm::{Cluster, Jobs, Order, Packing, Programs, Scripts, arrays};
use crate::engine::{Library, Pending, Pilot};
use crate::plan::{Plan, Trial};
use crate::spec::{Slurm, Sweep};
use crate::store::{Acquisition, Leases, Program, Record, Store, Submissions};
use crate::text::{printable, quoted};

/// How long jobs that are being cleared away are waited for, to see what becomes of them.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(500);

/// The arguments for a cluster alone.
#[derive(Debug, Clone, clap::Args)]
pub struct SlurmArgs {
    /// With `--engine slurm`, wait until all has ended, and say how it gets on.
    #[arg(long)]
    follow: bool,
    /// With `--engine slurm`, trials for each task [default: as many as last for some minutes].
    #[arg(long, value_name = "N")]
    pack: Option<NonZeroUsize>,
}

impl SlurmArgs {
    /// Refuses them for an engine that has no use for them.
    pub fn expect_none(&self) -> Result<()> {
        ensure!(!self.follow, "`--follow` goes with `--engine slurm`: the local engine ends with its trials");
        ensure!(self.pack.is_none(), "`--pack` goes with `--engine slurm`");
        Ok(())
    }
}

pub fn run(args: &sweep::Args, sweep: &Sweep, plan: &Plan) -> Result<ExitCode> {
    let cluster = Programs::find()?;
    let settings = settings(args)?;
    let most = cluster.most_tasks()?;
    let office = Office { args, sweep, plan, cluster: &cluster, settings, most };
    if args.dry_run {
        return office.print_scripts();
    }
    office.check_device()?;
    let store = office.open()?;
    sweep::tell_stale(plan, &store)?;
    sweep::tell_stored(plan, &store)?;
    let job = Job { args, sweep, plan, store: &store };
    let Some(jobs) = office.submit(&store)? else {
        say(format_args!("{}: nothing is missing and nothing is queued", plan.name));
        return job.finish(&[]);
    };
    if !args.slurm.follow {
        say(format_args!(
            "{}: `{}` tells how it gets on, and `scancel {}` cancels it",
            plan.name,
            args.spec.command("status"),
            jobs.iter().map(u64::to_string).collect::<Vec<_>>().join(" ")
        ));
        return Ok(ExitCode::SUCCESS);
    }
    match follow::until_ended(plan, &store, &cluster)? {
        Some(code) => Ok(ExitCode::from(code)),
        None => job.finish(&[]),
    }
}

/// The settings of the spec and, where it says nothing, of the user's own file.
fn settings(args: &sweep::Args) -> Result<Slurm> {
    let spec = Slurm::of_spec(&args.spec.file(), &args.spec.overrides)?;
    let site = site_file().map(|path| Slurm::of_site(&path)).transpose()?;
    Ok(spec.or(site.unwrap_or_default()))
}

/// `drsae/slurm.toml` in the folder where the user's programs are set up.
fn site_file() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = named("XDG_CONFIG_HOME").or_else(|| Some(named("HOME")?.join(".config")))?;
    Some(config.join("drsae").join("slurm.toml"))
}

/// Where sweeps are submitted.
struct Office<'a> {
    args: &'a sweep::Args,
    sweep: &'a Sweep,
    plan: &'a Plan,
    cluster: &'a dyn Cluster,
    settings: Slurm,
    /// Tasks that an array may have.
    most: usize,
}

/// What the scripts of a submission are made of.
struct Parts<'a> {
    root: PathBuf,
    folder: PathBuf,
    program: PathBuf,
    options: Vec<String>,
    trial_options: Vec<String>,
    spec: String,
    arrays: Vec<Vec<Vec<&'a Trial>>>,
}

impl Office<'_> {
    /// A machine from which jobs are submitted need not have the device, but the program must.
    fn check_device(&self) -> Result<()> {
        match self.args.spec.device.open() {
            Err(error @ device::Error::NotBuilt(_)) => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// The results folder, once it is known that the data are there and that a script can name it.
    fn open(&self) -> Result<Store> {
        let pending = self.args.pending(self.sweep, self.plan)?;
        let configs = pending.iter().map(|pending| &pending.trial.config.data);
        Library::load(configs, self.args.spec.data_dir.as_deref())?;
        expect_plain(&std::path::absolute(self.args.spec.root(self.sweep))?)?;
        self.args.spec.open_store(self.sweep, self.plan)
    }

    /// Submits what is missing; gives the jobs that are queued or running then, none where the
    /// sweep is at its end.
    fn submit(&self, store: &Store) -> Result<Option<Vec<u64>>> {
        let leases = Leases::start(store.shared_io())
            .context("failed to start the timer that keeps the lease alive")?;
        let submissions = store.submissions();
        let _lease = match submissions.acquire(&leases)? {
            Acquisition::Acquired(lease) => lease,
            Acquisition::Held(holder) => bail!(
                "{} is submitting this sweep: wait for that, or end it",
                holder.map_or_else(
                    || "another process".to_owned(),
                    |holder| printable(&holder.to_string()).into_owned()
                )
            ),
        };
        let jobs = settled(&submissions, self.cluster)?;
        jobs.remember(&submissions)?;
        // Only now, so that a trial which ended meanwhile is found on disk.
        let pending = self.args.pending(self.sweep, self.plan)?;
        let missing = missing(&pending, &jobs);
        let alive = jobs.alive_jobs();
        if !pending.is_empty() {
            self.tell(&pending, &missing, &jobs);
        }
        if missing.is_empty() && (alive.is_empty() || jobs.is_analysed_after(&alive)) {
            let all: Vec<_> =
                alive.into_iter().chain(jobs.analyses.iter().map(|(_, queued)| queued.job)).collect();
            return Ok(Some(all).filter(|_| jobs.alive().next().is_some()));
        }
        let program = self.pin(&jobs, &submissions)?;
        let parts = self.parts(std::path::absolute(store.root())?, &program, missing)?;
        let order = self.order(&parts, &program, &alive);
        let mut out = output();
        let submission = order.submit(store, self.cluster, &mut |submission| {
            let arrays = &submission.record.arrays;
            if let Some((at, array)) = arrays.iter().enumerate().rfind(|(_, array)| array.job.is_some()) {
                let (job, tasks) = (array.job.unwrap_or_default(), order.arrays[at].len());
                // Who reads this may have gone; the jobs have not.
                let _ = writeln!(out, "{job}\t{}\t{tasks} tasks", array.name);
            }
        })?;
        let analysis = submission.record.analysis;
        let _ = writeln!(out, "{}\t{}", analysis.job.unwrap_or_default(), analysis.name);
        Ok(Some(submission.record.after.into_iter().chain(analysis.job).collect()))
    }

    /// Says what is about to be submitted, and what is not because it is queued.
    fn tell(&self, pending: &[Pending], missing: &[&Trial], jobs: &Jobs) {
        let queued = pending.len() - missing.len();
        let name = &self.plan.name;
        say(format_args!(
            "{name}: {} of {} trials to submit, {queued} are queued already",
            missing.len(),
            self.plan.trials.len()
        ));
        if queued > 0 {
            let mut held = Vec::new();
            // A vector takes all that is written to it.
            let _ = queue::print_held(jobs, &mut held);
            if !held.is_empty() {
                say(String::from_utf8_lossy(&held).trim_end());
            }
        }
    }

    /// The program that the jobs will run: the one that this sweep's queued jobs run, so that a
    /// sweep which is under way is computed by one build; else this one.
    fn pin(&self, jobs: &Jobs, submissions: &Submissions) -> Result<Program> {
        let this = this_program().context("failed to read this program, which the jobs are to run")?;
        match jobs.last_alive() {
            Some(record) if !record.runs(&Program::of(&this)) => {
                let Record { program, numerics, .. } = record;
                ensure!(
                    *numerics == NUMERICS_VERSION,
                    "the queued jobs of this sweep run {program}, of numerics version {numerics}, and this program \
                     has {NUMERICS_VERSION}: wait until they have ended, or cancel them with `scancel`"
                );
                let pinned = submissions.kept_program(record)?;
                say(format_args!(
                    "{}: the jobs run {}, as those that are queued, and not this build",
                    self.plan.name,
                    printable(program)
                ));
                Ok(pinned)
            }
            _ => Ok(submissions.keep_program(&this)?),
        }
    }

    fn parts<'p>(&self, root: PathBuf, program: &Program, missing: Vec<&'p Trial>) -> Result<Parts<'p>> {
        let packing = Packing { cpus: self.side_by_side(), trials: self.args.slurm.pack };
        let tasks = packing.tasks(self.costs(missing)?);
        if self.args.spec.device != Kind::Cpu && self.settings.gpus.is_none() {
            say(format_args!("warning: tasks ask for no graphics processor; `--set slurm.gpus=1` does"));
        }
        Ok(Parts {
            folder: std::env::current_dir()?,
            program: Submissions::within(&root).program(&program.name),
            options: self.args.spec.anywhere(self.sweep)?,
            trial_options: self.args.run.words(),
            spec: self.sweep.to_toml()?,
            arrays: arrays(tasks, self.most),
            root,
        })
    }

    /// Trials with their seconds on one thread of this machine.
    fn costs<'p>(&self, trials: Vec<&'p Trial>) -> Result<Vec<(&'p Trial, f64)>> {
        if self.args.slurm.pack.is_some() || trials.is_empty() {
            return Ok(trials.into_iter().map(|trial| (trial, 0.0)).collect());
        }
        ensure!(
            self.args.spec.device == Kind::Cpu,
            "how long trials take on another device than this machine's CPU is not known: give `--pack N`, the \
             number of trials for each task"
        );
        let shapes = Shapes::of(self.plan)?;
        let pilot = Pilot::run(&self.plan.trials, |data| shapes.get(data), PILOT)?;
        let cost = |trial: &'p Trial| (trial, pilot.seconds(trial, shapes.get(&trial.config.data)));
        Ok(trials.into_iter().map(cost).collect())
    }

    /// Trials that a task runs at once; a graphics processor trains one at a time.
    fn side_by_side(&self) -> usize {
        match self.args.spec.device {
            Kind::Cpu => self.settings.cpus.unwrap_or(1),
            Kind::Cuda | Kind::Metal => 1,
        }
    }

    fn order<'o>(
        &'o self,
        parts: &'o Parts<'o>,
        program: &'o Program,
        earlier: &'o BTreeSet<u64>,
    ) -> Order<'o> {
        Order {
            scripts: Scripts {
                settings: &self.settings,
                sweep: &self.plan.name,
                folder: &parts.folder,
                program: &parts.program,
                sha256: &program.sha256,
                options: &parts.options,
                trial_options: &parts.trial_options,
                jobs: self.side_by_side(),
            },
            spec: &parts.spec,
            root: &parts.root,
            program,
            numerics: NUMERICS_VERSION,
            arrays: &parts.arrays,
            earlier,
        }
    }
}

/// The pending trials that no job which Slurm may still run will run.
fn missing<'p>(pending: &[Pending<'p>], jobs: &Jobs) -> Vec<&'p Trial> {
    let covered: HashSet<&str> = jobs.covered();
    let trials = pending.iter().map(|pending| pending.trial);
    trials.filter(|trial| !covered.contains(trial.id.as_str())).collect()
}

/// The jobs, once those that are being cleared away have become queued or ended.
fn settled(submissions: &Submissions, cluster: &dyn Cluster) -> Result<Jobs> {
    let start = Instant::now();
    loop {
        let jobs = Jobs::look(submissions, cluster)?;
        if !jobs.is_ending() || start.elapsed() > PATIENCE {
            return Ok(jobs);
        }
        sleep(POLL);
    }
}

/// The file of the running program, even where a build has replaced it since.
fn this_program() -> std::io::Result<Vec<u8>> {
    fs::read("/proc/self/exe").or_else(|_| fs::read(std::env::current_exe()?))
}

/// Slurm gives `%` and spaces in the names of logs a meaning of their own.
fn expect_plain(root: &Path) -> Result<()> {
    let plain = |letter: char| letter.is_alphanumeric() || "/-_.+=,:@".contains(letter);
    ensure!(
        root.to_str().is_some_and(|root| root.chars().all(plain)),
        "{} cannot be named in a job's script: give a folder of letters, digits and -_.+=,:@ with --results",
        quoted(&root.display().to_string())
    );
    Ok(())
}
