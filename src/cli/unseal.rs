//! `drsae unseal`: the test of a sealed sweep, once each of its trials is complete or has diverged.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, ensure};

use super::finish::SweepRun;
use super::freeze::event;
use super::job::Outcome;
use super::progress::Progress;
use super::results;
use super::signals::Signals;
use super::spec_args::SpecArgs;
use super::terminal::print_message;
use super::tested;
use crate::data::Part;
use crate::engine::{self, Conditions, DatasetCache};
use crate::plan::{Plan, Trial};
use crate::spec::{Sweep, TestSet};
use crate::store::{Event, Status, Store, TrialTable};
use crate::study::plan_hash;

const EXAMPLES: &str = "\
Examples:
  drsae unseal experiments/study-smoke.toml

Evaluates the kept weights of every complete trial on the test images, once, and only when all planned trials are
complete or have diverged: a diverged trial has no network, and its pairs count as missing.
The reading is recorded in results/NAME/ledger.csv before the first image is read. After a kill, run it
again: it goes on where it stopped.
Exit code: 0 when every planned trial is complete, 1 when one diverged, 2 on an error, such as trials that are
pending, failed or timed out, and 129, 130 or 143 after SIGHUP, SIGINT or SIGTERM.";

/// Test the networks of a sealed sweep, once every trial is complete or has diverged.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let (sweep, plan) = args.spec.load_plan()?;
    Ok(unseal(&args.spec, &sweep, &plan)?.code())
}

/// Tests the networks of a sealed sweep and prints its tables.
pub fn unseal(spec: &SpecArgs, sweep: &Sweep, plan: &Plan) -> Result<Outcome<ExitCode>> {
    ensure!(
        sweep.test == TestSet::Sealed,
        "{} is not sealed: its trials are tested as they end; `test = \"sealed\"` seals a sweep before it begins",
        sweep.name
    );
    results::existing(spec, sweep)?;
    // Refuses a part of the stored plan before it writes anything.
    let store = results::open(spec, sweep, plan)?;
    let tested = tested::rows(spec, sweep)?;
    let networks = networks(spec, plan, &store, tested.as_ref())?;
    if !networks.is_empty()
        && let Some(code) = test(spec, sweep, plan, (&store, &networks))?
    {
        print_message(format_args!("{}: interrupted; run the same command to continue", sweep.name));
        return Ok(Outcome::Stopped(ExitCode::from(code)));
    }
    let command = spec.command("sweep");
    let run = SweepRun { sweep, plan, store: &store, command: &command, stored: tested.as_ref() };
    Ok(Outcome::Done(run.finish(&[])?))
}

/// Tests networks, which is recorded before the first image is read; returns the exit code if a signal interrupted it.
fn test(
    spec: &SpecArgs,
    sweep: &Sweep,
    plan: &Plan,
    (store, networks): (&Store, &[Trial]),
) -> Result<Option<u8>> {
    let stop = Arc::<AtomicBool>::default();
    let signals = Signals::listen(&stop).context("failed to listen to signals")?;
    if let Some(code) = signals.exit_code() {
        return Ok(Some(code));
    }
    store.record_event(event(Event::Unsealed, &plan_hash(sweep)?, plan))?;
    let configs = networks.iter().map(|trial| &trial.config.data);
    let datasets = DatasetCache::of_plan(plan, configs, spec.data_dir.as_deref(), Part::All)?;
    let conditions = Conditions::of(&sweep.conditions, &datasets);
    let progress = Progress::new(networks.len(), "networks");
    let jobs = spec.default_jobs().min(networks.len());
    engine::unseal(networks, store, &conditions, jobs, &stop, &|_| progress.step())?;
    drop(progress);
    if let Some(code) = signals.exit_code() {
        return Ok(Some(code));
    }
    let planned = |trial| engine::planned_conditions(&sweep.conditions, trial);
    let planned: Vec<_> = plan.trials.iter().flat_map(planned).collect();
    store.merge_conditions(&planned)?;
    print_message(format_args!("{}: {} networks are tested", sweep.name, networks.len()));
    Ok(None)
}

/// The complete trials of a plan whose networks are here. All others must be tested or have diverged.
fn networks(spec: &SpecArgs, plan: &Plan, store: &Store, tested: Option<&TrialTable>) -> Result<Vec<Trial>> {
    let status = |trial: &Trial| store.status(&trial.id).unwrap_or_default();
    let stored = |trial: &Trial| tested.and_then(|tested| tested.get(&trial.id)).map(|row| row.status);
    let statuses: Vec<Status> = plan.trials.iter().map(status).collect();
    let ended = plan.trials.iter().zip(&statuses).map(|(trial, &status)| match status {
        Status::Complete => status,
        _ => stored(trial).unwrap_or(status),
    });
    let ended: Vec<Status> = ended.collect();
    let complete = ended.iter().filter(|status| **status == Status::Complete).count();
    let others = [Status::Failed, Status::TimedOut].into_iter().filter(|status| ended.contains(status));
    let retries: String = others.flat_map(|status| [" --retry ", status.name()]).collect();
    ensure!(
        ended.iter().all(|status| status.is_decided()),
        "{complete} of {} trials are complete, and the test images stay sealed until all are, or have diverged: \
         `{}{retries}` trains the others",
        plan.trials.len(),
        spec.command("sweep")
    );
    ensure!(complete > 0, "all {} trials diverged, so there is no network to test", plan.trials.len());
    let here = plan.trials.iter().zip(&statuses).filter(|(_, status)| **status == Status::Complete);
    Ok(here.map(|(trial, _)| trial.clone()).collect())
}
