//! `drsae status`: how far a sweep is.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufWriter, Write};
use std::process::ExitCode;

use anyhow::Result;
use rayon::prelude::*;

use super::results;
use super::slurm::jobs;
use super::spec_args::SpecArgs;
use super::terminal::output;
use crate::engine::stale::{self, Stale};
use crate::plan::{Plan, Trial};
use crate::slurm::Jobs;
use crate::store::{Holder, Status, Store, StoredTrial, TrialFolder};
use crate::text::{chain, printable, shown};

const EXAMPLES: &str = "\
Examples:
  drsae status experiments/depth.toml
  drsae status experiments/depth.toml --json | jq .counts

Of a sweep that was submitted to a cluster it also says what Slurm does with the tasks: how many
are queued and why, where they run, which are held, and the last lines of those that failed.

A trial is `stored` where the merged tables have its result and its own folder is not there, as in
results that were committed.
Exit code: 0 when every planned trial is complete or stored, 1 when one is not.";

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
    let (sweep, plan) = args.spec.load_plan()?;
    let store = results::existing(&args.spec, &sweep)?;
    // Before the disk: of a task that has ended by then, all results are there.
    let jobs = Jobs::find(&store).map_err(|error| chain(&error)).transpose();
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
    let count = |state| survey.counts.get(&state).copied().unwrap_or(0);
    let complete = count(State::Known(Status::Complete)) + count(State::Stored);
    Ok(ExitCode::from(u8::from(complete < plan.trials.len())))
}

/// What is said of a trial: what its files say, that the merged tables alone have it complete, or
/// that it is being run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Known(Status),
    Stored,
    Running,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Known(status) => status.name(),
            Self::Stored => "stored",
            Self::Running => "running",
        }
    }
}

/// A trial's state, with who runs it or what is wrong with it.
enum Told {
    Known(Status, Option<String>),
    Stored,
    Running(Holder),
}

const PENDING: Told = Told::Known(Status::Pending, None);

impl Told {
    fn of(store: &Store, folder: &TrialFolder) -> Result<Self> {
        Ok(match folder.outcome() {
            Ok(Some(outcome)) => Self::Known(outcome.status, outcome.message),
            // Whoever runs it is asked for only here: a claim outlives the result for a moment.
            Ok(None) => store.holder(folder)?.map_or(PENDING, Self::Running),
            Err(error) => Self::Known(Status::Pending, Some(error.to_string())),
        })
    }

    /// What is said where the folder has no more than this, and the merged tables have this row.
    fn or(self, row: Option<&StoredTrial>) -> Self {
        match (&self, row.map(|row| row.status)) {
            (Self::Known(Status::Pending, None), Some(Status::Complete)) => Self::Stored,
            (Self::Known(Status::Pending, None), Some(status)) => Self::Known(status, None),
            _ => self,
        }
    }

    const fn state(&self) -> State {
        match self {
            Self::Known(status, _) => State::Known(*status),
            Self::Stored => State::Stored,
            Self::Running(_) => State::Running,
        }
    }
}

/// Ids of the trials that have ended or are attempted: one question to the disk each, where a large plan would ask
/// for each of its trials.
fn begun(store: &Store) -> Result<HashSet<String>> {
    let mut begun = store.ended()?;
    begun.extend(store.attempted()?);
    Ok(begun)
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
        let (begun, stored) = (begun(store)?, store.stored_trials()?);
        let look = |trial: &'a Trial| {
            let told =
                if begun.contains(&trial.id) { Told::of(store, &store.trial(&trial.id)?)? } else { PENDING };
            Ok((trial, told.or(stored.get(&trial.id))))
        };
        let told: Result<Vec<_>> = plan.trials.par_iter().map(look).collect();
        let mut survey = Self { stale: stale::find(plan, store)?, jobs, ..Self::default() };
        for (trial, told) in told? {
            *survey.counts.entry(told.state()).or_default() += 1;
            match told {
                Told::Running(holder) => survey.running.push((trial, holder)),
                Told::Stored => {}
                Told::Known(status, message) => {
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
                let active = jobs.active_trials();
                self.pending.iter().filter(|id| !active.contains(*id)).count()
            }
            _ => self.pending.len(),
        }
    }

    fn print(&self, plan: &Plan, store: &Store, rerun: &str, out: &mut dyn Write) -> Result<()> {
        writeln!(out, "{}: {} trials planned in {}", plan.name, plan.trials.len(), shown(store.root()))?;
        for (state, count) in &self.counts {
            writeln!(out, "{count:>6} {}", state.name())?;
        }
        if self.counts.contains_key(&State::Stored) {
            let tables = store.trials_csv();
            writeln!(
                out,
                "  stored results are those in {}: `{rerun}` computes them again",
                tables.display()
            )?;
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
            Some(Ok(jobs)) => jobs::print(jobs, &self.pending, out)?,
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
