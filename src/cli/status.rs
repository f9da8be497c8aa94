//! `drsae status`: how far a sweep is.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::process::ExitCode;

use anyhow::Result;
use rayon::prelude::*;

use super::common::SpecArgs;
use super::queue;
use super::terminal::output;
use crate::engine::slurm::Jobs;
use crate::engine::stale::{self, Stale};
use crate::plan::{Plan, Trial};
use crate::store::{Holder, Status, Store, TrialFolder};
use crate::text::{printable, shown};

const EXAMPLES: &str = "\
Examples:
  drsae status experiments/depth.toml
  drsae status experiments/depth.toml --json | jq .counts

Of a sweep that was submitted to a cluster it also says what Slurm does with the tasks: how many
are queued and why, where they run, which are held, and the last lines of those that failed.

Exit code: 0 when every planned trial is complete, 1 when one is not.";

/// Say how far a sweep is, who runs it, and why trials are not complete.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let (sweep, plan) = args.spec.plan()?;
    let store = args.spec.existing_store(&sweep)?;
    // Before the disk: of a task that has ended by then, all results are there.
    let jobs = queue::look(&store);
    let survey = Survey::of(&plan, &store, jobs)?;
    let engine = if survey.jobs.is_some() { " --engine slurm" } else { "" };
    let rerun = args.spec.command("sweep") + engine;
    let mut out = BufWriter::new(output());
    if args.json {
        survey.print_json(&plan, &rerun, &mut out)?;
    } else {
        survey.print(&plan, &store, &rerun, &mut out)?;
    }
    out.flush()?;
    let complete = survey.counts.get(&State::Stored(Status::Complete)).copied().unwrap_or(0);
    Ok(ExitCode::from(u8::from(complete < plan.trials.len())))
}

/// What is said of a trial: what its files say, or that it is being run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Stored(Status),
    Running,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Stored(status) => status.name(),
            Self::Running => "running",
        }
    }
}

/// A trial's state, with who runs it or what is wrong with it.
enum Told {
    Stored(Status, Option<String>),
    Running(Holder),
}

const PENDING: Told = Told::Stored(Status::Pending, None);

impl Told {
    fn of(folder: &TrialFolder) -> Result<Self> {
        Ok(match folder.outcome() {
            Ok(Some(outcome)) => Self::Stored(outcome.status, outcome.message),
            // Whoever runs it is asked for only here: a claim outlives the result for a moment.
            Ok(None) => folder.holder()?.map_or(PENDING, Self::Running),
            Err(error) => Self::Stored(Status::Pending, Some(error.to_string())),
        })
    }

    const fn state(&self) -> State {
        match self {
            Self::Stored(status, _) => State::Stored(*status),
            Self::Running(_) => State::Running,
        }
    }
}

/// How far the trials of a plan are.
#[derive(Default)]
struct Survey<'a> {
    counts: BTreeMap<State, usize>,
    running: Vec<(&'a Trial, Holder)>,
    troubles: Vec<(&'a Trial, Status, String)>,
    /// Trials without a result that nobody runs.
    pending: Vec<&'a str>,
    /// Results that are of no trial of the plan.
    stale: Vec<Stale>,
    /// The sweep's jobs on a cluster, or why nothing is known of them; nothing where it has none.
    jobs: Option<Result<Jobs, String>>,
}

impl<'a> Survey<'a> {
    fn of(plan: &'a Plan, store: &Store, jobs: Option<Result<Jobs, String>>) -> Result<Self> {
        let begun = store.begun()?;
        let look = |trial: &'a Trial| {
            let told = if begun.contains(&trial.id) { Told::of(&store.trial(&trial.id)?)? } else { PENDING };
            Ok((trial, told))
        };
        let told: Result<Vec<_>> = plan.trials.par_iter().map(look).collect();
        let mut survey = Self { stale: stale::find(plan, store)?, jobs, ..Self::default() };
        for (trial, told) in told? {
            *survey.counts.entry(told.state()).or_default() += 1;
            match told {
                Told::Running(holder) => survey.running.push((trial, holder)),
                Told::Stored(status, message) => {
                    survey.pending.extend(Some(trial.id.as_str()).filter(|_| status == Status::Pending));
                    survey.troubles.extend(message.map(|message| (trial, status, message)));
                }
            }
        }
        Ok(survey)
    }

    /// Trials that nobody runs, that have no result, and that no job will run.
    fn missing(&self) -> usize {
        match &self.jobs {
            Some(Ok(jobs)) => {
                let covered = jobs.covered();
                self.pending.iter().filter(|id| !covered.contains(*id)).count()
            }
            _ => self.pending.len(),
        }
    }

    fn print(&self, plan: &Plan, store: &Store, rerun: &str, out: &mut dyn Write) -> Result<()> {
        writeln!(out, "{}: {} trials planned in {}", plan.name, plan.trials.len(), shown(store.root()))?;
        for (state, count) in &self.counts {
            writeln!(out, "{count:>6} {}", state.name())?;
        }
        for (why, count) in stale::counts(&self.stale) {
            writeln!(out, "{count:>6} stale: {}", printable(&why.to_string()))?;
        }
        for (trial, holder) in &self.running {
            writeln!(out, "  {} running: {}", trial.id, printable(&holder.to_string()))?;
        }
        for (trial, status, message) in &self.troubles {
            writeln!(out, "  {} {status}: {}", trial.id, printable(message))?;
        }
        match &self.jobs {
            Some(Ok(jobs)) => queue::print(jobs, &self.pending, out)?,
            Some(Err(error)) => writeln!(out, "what is queued is not known: {}", printable(error))?,
            None => {}
        }
        if self.missing() > 0 {
            writeln!(out, "`{rerun}` runs what is pending")?;
        }
        Ok(())
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
            Ok(jobs) => queue::as_json(jobs, &self.pending),
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
