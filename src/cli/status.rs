//! `drsae status`: progress of a sweep.

mod view;
mod watch;

use std::collections::{BTreeMap, HashSet};
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use rayon::prelude::*;

use self::view::View;
use self::watch::Screen;
use super::results;
use super::slurm::jobs;
use super::spec_args::SpecArgs;
use super::terminal::{output, space};
use crate::engine::stale::{self, Stale};
use crate::plan::{Plan, Trial};
use crate::slurm::Jobs;
use crate::store::{self, Holder, Status, Store, TrialFolder, TrialRow};
use crate::text::chain;

const EXAMPLES: &str = "\
Examples:
  drsae status experiments/depth.toml
  drsae status experiments/depth.toml --watch          renew it until the sweep has ended
  drsae status experiments/depth.toml --watch --html depth.html    a page that renews itself
  drsae status experiments/depth.toml --json | jq .counts

It reads the results folder, so it works from any terminal or host that sees the folder. Running trials are shown as of
their last epoch on disk. In a pipe, --watch prints a line a minute.

For a sweep on a cluster, it also shows the tasks: how many are queued and why, where they run, which are
held, and the last log lines of tasks that failed.

A trial is `stored` if the merged tables have its result but its folder is missing, as in committed
results.
Exit code: 0 when every planned trial is complete or stored, 1 when one is not.";

/// Show the progress of a sweep, who runs it, and why trials are not complete.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Renew the status until the sweep has ended
    #[arg(long, conflicts_with = "json")]
    watch: bool,
    /// Seconds between two renewals [default: 2 on a terminal, 60 in a pipe]
    #[arg(long, value_name = "SECONDS", requires = "watch", value_parser = seconds)]
    interval: Option<Duration>,
    /// Write the status as a page that renews itself in a browser
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    html: Option<PathBuf>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let time = text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    time.filter(|time| !time.is_zero())
        .ok_or_else(|| "write a number of seconds above 0, such as 5".to_owned())
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let (sweep, plan) = args.spec.load_plan()?;
    let store = results::existing(&args.spec, &sweep)?;
    let mut complete = 0;
    let mut look = |columns: Option<usize>| -> Result<Screen> {
        let status = SweepStatus::observe(args, &plan, &store)?;
        complete = status.complete();
        let view = View::of(&status, &plan, &store)?;
        if let Some(file) = &args.html {
            store::place(file, view.page(&sweep.question)?.as_bytes())?;
        }
        view.screen(columns)
    };
    if args.watch {
        watch::watch(args.interval, look)?;
    } else if args.json {
        let status = SweepStatus::observe(args, &plan, &store)?;
        complete = status.complete();
        let mut out = BufWriter::new(output());
        status.print_json(&plan, &mut out)?;
        out.flush()?;
    } else {
        let screen = look(space().and_then(|space| space.columns))?;
        let mut out = BufWriter::new(output());
        screen.lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        out.flush()?;
    }
    Ok(ExitCode::from(u8::from(complete < plan.trials.len())))
}

/// State of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum TrialState {
    /// Recorded in the trial's folder.
    Recorded(Status),
    /// Complete according to the merged tables; the trial has no folder.
    Stored,
    Running,
}

impl TrialState {
    const fn name(self) -> &'static str {
        match self {
            Self::Recorded(status) => status.name(),
            Self::Stored => "stored",
            Self::Running => "running",
        }
    }
}

/// State of a trial, with the process that runs it or its error message.
struct TrialStatus {
    state: TrialState,
    holder: Option<Holder>,
    message: Option<String>,
}

impl TrialStatus {
    const PENDING: Self = Self { state: TrialState::Recorded(Status::Pending), holder: None, message: None };

    fn read(store: &Store, folder: &TrialFolder) -> Result<Self> {
        Ok(match folder.outcome() {
            Ok(Some(outcome)) => {
                Self { state: TrialState::Recorded(outcome.status), holder: None, message: outcome.message }
            }
            // The lease is read only here: it outlives the result for a moment.
            Ok(None) => match store.holder(folder)? {
                Some(holder) => Self { state: TrialState::Running, holder: Some(holder), message: None },
                None => Self::PENDING,
            },
            Err(error) => Self { message: Some(error.to_string()), ..Self::PENDING },
        })
    }

    /// The status in the merged tables if the trial's folder has none.
    fn or_stored(self, row: Option<&TrialRow>) -> Self {
        let is_bare = self.state == TrialState::Recorded(Status::Pending) && self.message.is_none();
        let state = match row.map(|row| row.status) {
            Some(Status::Complete) if is_bare => TrialState::Stored,
            Some(status) if is_bare => TrialState::Recorded(status),
            _ => self.state,
        };
        Self { state, ..self }
    }
}

/// Ids of the trials that have ended or are attempted, by two listings of folders: a lookup of each trial of a large
/// plan takes longer.
fn started(store: &Store) -> Result<HashSet<String>> {
    let mut started = store.ended()?;
    started.extend(store.attempted()?);
    Ok(started)
}

/// Progress of the trials of a plan.
#[derive(Default)]
struct SweepStatus<'a> {
    counts: BTreeMap<TrialState, usize>,
    running: Vec<(&'a Trial, Holder)>,
    troubles: Vec<(&'a Trial, Status, String)>,
    /// Trials without a result that no process runs.
    pending: Vec<&'a str>,
    /// Results that are not in the plan.
    stale: Vec<Stale>,
    /// The sweep's jobs on a cluster, or the error; `None` if it has none.
    jobs: Option<Result<Jobs, String>>,
    /// The command that runs what is pending.
    rerun: String,
}

impl<'a> SweepStatus<'a> {
    /// The present status.
    fn observe(args: &Args, plan: &'a Plan, store: &Store) -> Result<Self> {
        // The queue is queried before the disk is read: the results of tasks that have ended are then on disk.
        let jobs = Jobs::find(store).map_err(|error| chain(&error)).transpose();
        let engine = if jobs.is_some() { " --engine slurm" } else { "" };
        let rerun = args.spec.command("sweep") + engine;
        Ok(Self { rerun, ..Self::of(plan, store, jobs)? })
    }

    fn of(plan: &'a Plan, store: &Store, jobs: Option<Result<Jobs, String>>) -> Result<Self> {
        let (started, stored) = (started(store)?, store.trial_table()?);
        let look = |trial: &'a Trial| {
            let is_started = started.contains(&trial.id);
            let status = if is_started {
                TrialStatus::read(store, &store.trial(&trial.id)?)?
            } else {
                TrialStatus::PENDING
            };
            Ok((trial, status.or_stored(stored.get(&trial.id))))
        };
        let statuses: Result<Vec<_>> = plan.trials.par_iter().map(look).collect();
        let mut sweep = Self { stale: stale::find(plan, store)?, jobs, ..Self::default() };
        for (trial, TrialStatus { state, holder, message }) in statuses? {
            *sweep.counts.entry(state).or_default() += 1;
            sweep.running.extend(holder.map(|holder| (trial, holder)));
            if let TrialState::Recorded(status) = state {
                sweep.pending.extend(Some(trial.id.as_str()).filter(|_| status == Status::Pending));
                sweep.troubles.extend(message.map(|message| (trial, status, message)));
            }
        }
        Ok(sweep)
    }

    /// Number of pending trials that no job will run.
    fn missing(&self) -> usize {
        match &self.jobs {
            Some(Ok(jobs)) => {
                let active = jobs.active_trials();
                self.pending.iter().filter(|id| !active.contains(*id)).count()
            }
            _ => self.pending.len(),
        }
    }

    fn count(&self, state: TrialState) -> usize {
        self.counts.get(&state).copied().unwrap_or(0)
    }

    /// Returns true if no trial runs and none is pending.
    fn has_ended(&self) -> bool {
        self.count(TrialState::Running) == 0 && self.pending.is_empty()
    }

    /// Number of trials with a complete result.
    fn complete(&self) -> usize {
        self.count(TrialState::Recorded(Status::Complete)) + self.count(TrialState::Stored)
    }

    fn print_json(&self, plan: &Plan, out: &mut dyn Write) -> Result<()> {
        let counts: BTreeMap<&str, usize> =
            self.counts.iter().map(|(state, count)| (state.name(), *count)).collect();
        let running = self.running.iter().map(|(trial, holder)| {
            serde_json::json!({
                "trial": trial.id, "host": holder.host, "pid": holder.pid, "since": holder.since,
            })
        });
        let troubles = self.troubles.iter().map(|(trial, status, message)| {
            serde_json::json!({ "trial": trial.id, "status": status.name(), "message": message })
        });
        let stale = self.stale.iter().map(|Stale { trial, why }| {
            serde_json::json!({ "trial": trial, "why": why.name(), "message": why.to_string() })
        });
        let slurm = self.jobs.as_ref().map(|jobs| match jobs {
            Ok(jobs) => jobs::to_json(jobs, &self.pending),
            Err(error) => serde_json::json!({ "error": error }),
        });
        let mut answer = serde_json::json!({
            "planned": plan.trials.len(),
            "counts": counts,
            "running": running.collect::<Vec<_>>(),
            "troubles": troubles.collect::<Vec<_>>(),
            "stale": stale.collect::<Vec<_>>(),
            "rerun": (self.missing() > 0).then_some(&self.rerun),
        });
        if let Some(slurm) = slurm {
            answer["slurm"] = slurm;
        }
        writeln!(out, "{answer:#}")?;
        Ok(())
    }
}
