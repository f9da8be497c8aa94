//! Submission of a sweep's missing trials and its analysis.

use std::num::NonZeroUsize;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::cluster::{Cluster, dependency};
use super::error::Error;
use super::jobs::Jobs;
use super::packing::{Packing, arrays};
use super::program::Program;
use super::queue::JobState;
use super::script::Scripts;
use super::settings::Settings;
use super::submissions::Submissions;
use super::submit::NewSubmission;
use crate::NUMERICS_VERSION;
use crate::device::Kind;
use crate::engine::{self, Counted, Pilot};
use crate::plan::{Plan, Trial};
use crate::store::{Acquisition, Leases, Store};
use crate::text::printable;

/// Maximum wait for completing jobs to reach their next state.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(500);

/// A step of a submission that is reported to the user.
#[derive(Debug)]
pub enum Event<'a> {
    /// Counts of the pending trials, before anything is submitted.
    Planned {
        /// Trials to submit.
        missing: usize,
        /// Trials of active jobs.
        queued: usize,
        /// The sweep's jobs.
        jobs: &'a Jobs,
    },
    /// The new jobs run this program, as the queued jobs do, and not the current build.
    OtherProgram(&'a str),
    /// The device is a GPU, but the tasks request none.
    NoGpu,
    /// A job was submitted.
    Submitted {
        /// Number of the job.
        job: u64,
        /// Name of the job.
        name: &'a str,
        /// Number of tasks of an array.
        tasks: Option<usize>,
    },
}

/// The scripts that would be submitted, each with the arguments of `sbatch`.
pub type Preview = Vec<(String, String)>;

/// Submits a sweep to a cluster.
#[derive(Clone)]
pub struct Submitter<'a> {
    /// The plan of the sweep.
    pub plan: &'a Plan,
    /// The sweep as TOML.
    pub spec: String,
    /// Absolute path of the results folder.
    pub root: &'a Path,
    /// The cluster.
    pub cluster: &'a dyn Cluster,
    /// Maximum number of tasks in an array.
    pub max_tasks: usize,
    /// Settings of the tasks.
    pub settings: Settings,
    /// Device of the trials.
    pub device: Kind,
    /// Trials per task; if absent, their estimated time decides.
    pub pack: Option<NonZeroUsize>,
    /// Options of `drsae` that name the results, the data and the device.
    pub sweep_args: Vec<String>,
    /// Further options of `drsae trial`.
    pub trial_args: Vec<String>,
    /// Results of trials that are not submitted.
    pub counted: Counted<'a>,
}

impl Submitter<'_> {
    /// Submits the missing trials and the analysis; returns the numbers of all active jobs, none if the sweep has
    /// ended.
    ///
    /// # Errors
    /// Another process is submitting the sweep, or the disk or the cluster refuses.
    pub fn submit(&self, store: &Store, report: &mut dyn FnMut(Event<'_>)) -> Result<Vec<u64>, Error> {
        let leases = Leases::start(store.shared_io()).map_err(Error::Timer)?;
        // Scripts name their files by absolute paths.
        let submissions = Submissions::within(self.root);
        let _lease = match submissions.acquire(&leases)? {
            Acquisition::Acquired(lease) => lease,
            Acquisition::Held(holder) => {
                let holder = holder.map(|holder| printable(&holder.to_string()).into_owned());
                return Err(Error::Busy(holder.unwrap_or_else(|| "another process".to_owned())));
            }
        };
        let jobs = self.settled_jobs(&submissions)?;
        jobs.record_found(&submissions)?;
        // Read after the queue, so that a trial that has ended in the meantime is found on disk.
        let (missing, queued) = self.missing(Some(store), &jobs)?;
        if !missing.is_empty() || queued > 0 {
            report(Event::Planned { missing: missing.len(), queued, jobs: &jobs });
        }
        let active = jobs.active_jobs();
        if missing.is_empty() && (active.is_empty() || jobs.has_analysis_after(&active)) {
            if jobs.active().next().is_none() {
                return Ok(Vec::new());
            }
            return Ok(active.into_iter().chain(jobs.analyses.iter().map(|(_, entry)| entry.job)).collect());
        }
        let program = pin(&jobs, &submissions, report)?;
        let new = self.new_submission(program, missing, &jobs, report)?;
        let submission = new.submit(&submissions, self.cluster, &mut |job, name, tasks| {
            report(Event::Submitted { job, name, tasks });
        })?;
        let record = submission.record;
        Ok(record.after.into_iter().chain(record.analysis.job).collect())
    }

    /// The scripts that [`submit`](Self::submit) would submit; empty if no trial is missing. `store` is `None` if the
    /// sweep has no results folder.
    ///
    /// # Errors
    /// The results cannot be read, or the cluster does not answer.
    pub fn preview(
        &self,
        store: Option<&Store>,
        report: &mut dyn FnMut(Event<'_>),
    ) -> Result<Preview, Error> {
        let submissions = store.map(Submissions::of);
        let (jobs, number) = match &submissions {
            Some(submissions) => (Jobs::query(submissions, self.cluster)?, submissions.next_number()?),
            None => (Jobs::default(), 1),
        };
        let (missing, queued) = self.missing(store, &jobs)?;
        report(Event::Planned { missing: missing.len(), queued, jobs: &jobs });
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let program = Program::of(&Program::running().map_err(Error::Program)?);
        let new = self.new_submission(program, missing, &jobs, report)?;
        let mut scripts = new.scripts(&new.unsubmitted(number));
        let analysis = scripts.pop();
        let earlier: Vec<u64> = new.earlier.iter().copied().collect();
        let waits = dependency(&earlier).unwrap_or_else(|| "--dependency=afterany".to_owned());
        let own = (0..scripts.len()).map(|array| format!("<job of array {array}>"));
        let waits = [waits].into_iter().chain(own).collect::<Vec<_>>().join(":");
        let arrays = scripts.into_iter().map(|(path, script)| (path.display().to_string(), script));
        let analysis = analysis.map(|(path, script)| (format!("{waits} {}", path.display()), script));
        Ok(arrays.chain(analysis).collect())
    }

    /// The jobs, after waiting until completing ones are queued or ended.
    fn settled_jobs(&self, submissions: &Submissions) -> Result<Jobs, Error> {
        let start = Instant::now();
        loop {
            let jobs = Jobs::query(submissions, self.cluster)?;
            if jobs.in_state(JobState::Ending).next().is_none() || start.elapsed() > PATIENCE {
                return Ok(jobs);
            }
            sleep(POLL);
        }
    }

    /// The pending trials that no active job will run, and the number of those that one will.
    fn missing(&self, store: Option<&Store>, jobs: &Jobs) -> Result<(Vec<&Trial>, usize), Error> {
        let pending = engine::pending(&self.plan.trials, store, self.counted)?;
        let active = jobs.active_trials();
        let trials = pending.iter().map(|pending| pending.trial);
        let missing: Vec<_> = trials.filter(|trial| !active.contains(trial.id.as_str())).collect();
        let queued = pending.len() - missing.len();
        Ok((missing, queued))
    }

    fn new_submission<'t>(
        &'t self,
        program: Program,
        missing: Vec<&'t Trial>,
        jobs: &Jobs,
        report: &mut dyn FnMut(Event<'_>),
    ) -> Result<NewSubmission<'t>, Error> {
        let parallel = match self.device {
            Kind::Cpu => self.settings.cpus.unwrap_or(1),
            // A GPU trains one trial at a time.
            Kind::Cuda | Kind::Metal => 1,
        };
        let packing = Packing { cpus: parallel, trials: self.pack };
        let tasks = packing.tasks(self.with_seconds(missing)?);
        if self.device != Kind::Cpu && self.settings.gpus.is_none() {
            report(Event::NoGpu);
        }
        Ok(NewSubmission {
            scripts: Scripts {
                settings: self.settings.clone(),
                sweep: self.plan.name.clone(),
                working_dir: std::env::current_dir().map_err(Error::WorkingDirectory)?,
                program: Submissions::within(self.root).program(&program.name),
                sha256: program.sha256.clone(),
                sweep_args: self.sweep_args.clone(),
                trial_args: self.trial_args.clone(),
                jobs: parallel,
            },
            spec: self.spec.clone(),
            root: self.root,
            program,
            arrays: arrays(tasks, self.max_tasks),
            earlier: jobs.active_jobs(),
        })
    }

    /// The trials with their estimated seconds on one thread of this machine, alone: what runs on a node beside a task is not
    /// known. 0 if `pack` is set, which needs no times.
    fn with_seconds<'t>(&self, trials: Vec<&'t Trial>) -> Result<Vec<(&'t Trial, f64)>, Error> {
        if self.pack.is_some() || trials.is_empty() {
            return Ok(trials.into_iter().map(|trial| (trial, 0.0)).collect());
        }
        if self.device != Kind::Cpu {
            return Err(Error::UnknownTime);
        }
        let pilot = Pilot::run(self.plan, Pilot::TIME, 1)?;
        Ok(trials.into_iter().map(|trial| (trial, pilot.seconds(trial))).collect())
    }
}

/// Stores the program that the jobs will run. This is the program of the queued jobs, so that one build computes the
/// sweep, or otherwise the running program.
fn pin(jobs: &Jobs, submissions: &Submissions, report: &mut dyn FnMut(Event<'_>)) -> Result<Program, Error> {
    let running = Program::running().map_err(Error::Program)?;
    match jobs.last_active() {
        Some(record) if !record.runs(&Program::of(&running)) => {
            if record.numerics != NUMERICS_VERSION {
                let (program, numerics) = (record.program.clone(), record.numerics);
                return Err(Error::Numerics { program, numerics });
            }
            let pinned = submissions.stored_program(record)?;
            report(Event::OtherProgram(&record.program));
            Ok(pinned)
        }
        _ => Ok(submissions.store_program(&running)?),
    }
}

/// Refuses a results folder whose path cannot be used in a script: Slurm gives `%` and spaces in the paths of logs a
/// special meaning.
///
/// # Errors
/// The path has such characters.
pub fn check_root(root: &Path) -> Result<(), Error> {
    let is_plain = |letter: char| letter.is_alphanumeric() || "/-_.+=,:@".contains(letter);
    match root.to_str() {
        Some(text) if text.chars().all(is_plain) => Ok(()),
        _ => Err(Error::SpecialPath(root.display().to_string())),
    }
}
