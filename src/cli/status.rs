//! `drsae status`: progress of a sweep.

mod live;
mod watch;

use std::collections::{BTreeMap, HashSet};
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, ensure};
use jiff::ZonedDateTime;
use rayon::prelude::*;

use self::live::LiveTrial;
use self::watch::Screen;
use super::progress::duration;
use super::results;
use super::slurm::jobs;
use super::spec_args::SpecArgs;
use super::terminal::output;
use crate::engine::stale::{self, Stale};
use crate::plan::{Plan, Trial};
use crate::report::{self, LivePage};
use crate::slurm::Jobs;
use crate::store::{self, Holder, Status, Store, TrialFolder, TrialRow};
use crate::text::{chain, printable, shown};

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
    #[arg(long, value_name = "SECONDS", requires = "watch")]
    interval: Option<f64>,
    /// Write the status as a page that renews itself in a browser
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    html: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let (sweep, plan) = args.spec.load_plan()?;
    let store = results::existing(&args.spec, &sweep)?;
    let interval = args.interval.map(Duration::try_from_secs_f64).transpose();
    ensure!(
        interval.as_ref().is_ok_and(|interval| interval.is_none_or(|time| !time.is_zero())),
        "`--interval` takes a number of seconds above 0"
    );
    let mut complete = 0;
    let mut look = |width: usize| -> Result<Screen> {
        let (status, rerun) = observe(args, &plan, &store)?;
        complete = status.count(TrialState::Recorded(Status::Complete)) + status.count(TrialState::Stored);
        if let Some(file) = &args.html {
            store::place(file, status.page(&plan, &store, &sweep.question)?.as_bytes())?;
        }
        status.screen(&plan, &store, &rerun, width)
    };
    if args.watch {
        watch::watch(interval?, look)?;
    } else if args.json {
        let (status, rerun) = observe(args, &plan, &store)?;
        complete = status.count(TrialState::Recorded(Status::Complete)) + status.count(TrialState::Stored);
        let mut out = BufWriter::new(output());
        status.print_json(&plan, &rerun, &mut out)?;
        out.flush()?;
    } else {
        let screen = look(usize::MAX)?;
        let mut out = BufWriter::new(output());
        screen.lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        out.flush()?;
    }
    Ok(ExitCode::from(u8::from(complete < plan.trials.len())))
}

/// The present status, and the command that runs what is pending.
fn observe<'a>(args: &Args, plan: &'a Plan, store: &Store) -> Result<(SweepStatus<'a>, String)> {
    // The queue is queried before the disk is read: the results of tasks that have ended are then on disk.
    let jobs = Jobs::find(store).map_err(|error| chain(&error)).transpose();
    let status = SweepStatus::of(plan, store, jobs)?;
    let engine = if status.jobs.is_some() { " --engine slurm" } else { "" };
    Ok((status, args.spec.command("sweep") + engine))
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
}

impl<'a> SweepStatus<'a> {
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

    /// The running trials with their curves.
    fn live(&self, plan: &Plan, store: &Store) -> Result<Vec<LiveTrial<'_>>> {
        self.running.iter().map(|(trial, holder)| LiveTrial::read(plan, store, trial, holder)).collect()
    }

    /// Time until the end of the sweep, and the clock's time then.
    fn forecast(&self, plan: &Plan, live: &[LiveTrial<'_>]) -> Option<String> {
        let pending: HashSet<&str> = self.pending.iter().copied().collect();
        let waiting = plan.trials.iter().filter(|trial| pending.contains(trial.id.as_str()));
        let left = live::time_left(live, waiting.map(|trial| trial.training_flops))?;
        let end = ZonedDateTime::now().saturating_add(left);
        let day = if end.date() == ZonedDateTime::now().date() { "%H:%M" } else { "%F %H:%M" };
        Some(format!("{} left, until about {}", duration(left), end.strftime(day)))
    }

    /// The numbers of trials by state, and the time left, in one line.
    fn line(&self, plan: &Plan, live: &[LiveTrial<'_>]) -> String {
        let counts = self.counts.iter().map(|(state, count)| format!("{count} {}", state.name()));
        let parts = counts.chain(self.forecast(plan, live)).collect::<Vec<_>>().join(", ");
        format!("{}: {} trials: {parts}", plan.name, plan.trials.len())
    }

    /// Warnings about running networks that will be useless.
    fn concerns(live: &[LiveTrial<'_>]) -> Vec<String> {
        let concern =
            |trial: &LiveTrial<'_>| Some(format!("warning: {}: {}", trial.name(), trial.concern()?));
        live.iter().filter_map(concern).collect()
    }

    /// The status in lines of at most `width` columns, as far as they are tables.
    fn screen(&self, plan: &Plan, store: &Store, rerun: &str, width: usize) -> Result<Screen> {
        let live = self.live(plan, store)?;
        let mut out = Vec::new();
        writeln!(out, "{}: {} trials planned in {}", plan.name, plan.trials.len(), shown(store.root()))?;
        for (state, count) in &self.counts {
            writeln!(out, "{count:>6} {}", state.name())?;
        }
        if let Some(forecast) = self.forecast(plan, &live) {
            writeln!(out, "       {forecast}")?;
        }
        if self.counts.contains_key(&TrialState::Stored) {
            let tables = store.trials_csv();
            writeln!(out, "  stored results are in {}; `{rerun}` computes them again", tables.display())?;
        }
        for (why, count) in stale::counts(&self.stale) {
            writeln!(out, "{count:>6} stale: {}", printable(&why.to_string()))?;
        }
        if !live.is_empty() {
            for line in live::lines(&live::table(&live), width.saturating_sub(2)) {
                writeln!(out, "  {}", printable(line.trim_end()))?;
            }
        }
        for warning in Self::concerns(&live) {
            writeln!(out, "  {warning}")?;
        }
        for (trial, status, message) in &self.troubles {
            writeln!(out, "  {} {status}: {} (trials/{})", trial.name, printable(message), trial.id)?;
        }
        match &self.jobs {
            Some(Ok(jobs)) => jobs::print(jobs, &self.pending, &mut out)?,
            Some(Err(error)) => writeln!(out, "cannot query the queue: {}", printable(error))?,
            None => {}
        }
        if self.missing() > 0 {
            writeln!(out, "`{rerun}` runs pending trials")?;
        }
        let text = String::from_utf8_lossy(&out).into_owned();
        Ok(Screen {
            lines: text.lines().map(str::to_owned).collect(),
            line: self.line(plan, &live),
            has_ended: self.has_ended(),
        })
    }

    /// Returns true if no trial runs and none is pending.
    fn has_ended(&self) -> bool {
        self.count(TrialState::Running) == 0 && self.pending.is_empty()
    }

    /// The status as a page, which renews itself until the sweep has ended.
    fn page(&self, plan: &Plan, store: &Store, question: &str) -> Result<String> {
        let live = self.live(plan, store)?;
        let troubles = self.troubles.iter().map(|(trial, status, message)| {
            format!("{} {status}: {message} (trials/{})", trial.name, trial.id)
        });
        Ok(report::live_page(&LivePage {
            name: &plan.name,
            question,
            line: self.line(plan, &live),
            time: ZonedDateTime::now().strftime("%F %T").to_string(),
            has_ended: self.has_ended(),
            running: live::table(&live),
            messages: Self::concerns(&live).into_iter().chain(troubles).collect(),
        })?)
    }

    fn print_json(&self, plan: &Plan, rerun: &str, out: &mut dyn Write) -> Result<()> {
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
            "rerun": (self.missing() > 0).then_some(rerun),
        });
        if let Some(slurm) = slurm {
            answer["slurm"] = slurm;
        }
        writeln!(out, "{answer:#}")?;
        Ok(())
    }
}
