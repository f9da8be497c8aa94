//! `drsae unseal`: the test of a sealed sweep, once each of its trials is complete or has diverged.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, ensure};

use super::analyze;
use super::finish::SweepRun;
use super::freeze::event;
use super::job::Outcome;
use super::progress::Progress;
use super::results;
use super::signals::Signals;
use super::spec_args::SpecArgs;
use super::terminal::{output, print_message};
use crate::data::Part;
use crate::engine::{self, Conditions, DatasetCache};
use crate::plan::{Plan, Trial};
use crate::spec::{Sweep, TestSet};
use crate::store::{Event, Status, Store, TrialRow, TrialTable};
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
    let store = results::existing(spec, sweep)?;
    if let Some(stored) = tested(plan, &store)? {
        analyze::write_and_print(sweep, &store, &mut output())?;
        print_message(format_args!(
            "{}: its networks were tested before, and their results are stored",
            sweep.name
        ));
        let is_complete = plan.trials.iter().all(|trial| stored.complete(&trial.id).is_some());
        return Ok(Outcome::Done(ExitCode::from(u8::from(!is_complete))));
    }
    if let Some(code) = test(spec, sweep, plan, &store)? {
        print_message(format_args!("{}: interrupted; run the same command to continue", sweep.name));
        return Ok(Outcome::Stopped(ExitCode::from(code)));
    }
    let command = spec.command("sweep");
    let code = SweepRun { sweep, plan, store: &store, command: &command }.finish(&[])?;
    Ok(Outcome::Done(code))
}

/// The merged results of a plan whose trials are all tested or have diverged, where these tables are all that is left: a
/// copy of a finished study, which needs no training and no other reading of the test images.
pub fn tested(plan: &Plan, store: &Store) -> Result<Option<TrialTable>> {
    let table = store.trial_table()?;
    let has_ended = |row: &TrialRow| row.test_error.is_some() || row.status == Status::Diverged;
    let is_tested = plan.trials.iter().all(|trial| table.get(&trial.id).is_some_and(has_ended));
    Ok((is_tested && !store.has_trials()?).then_some(table))
}

/// Tests the complete trials, which is recorded before the first image is read; returns the exit code if a signal
/// interrupted it.
fn test(spec: &SpecArgs, sweep: &Sweep, plan: &Plan, store: &Store) -> Result<Option<u8>> {
    let complete = complete(spec, plan, store)?;
    let stop = Arc::<AtomicBool>::default();
    let signals = Signals::listen(&stop).context("failed to listen to signals")?;
    if let Some(code) = signals.exit_code() {
        return Ok(Some(code));
    }
    store.record_event(event(Event::Unsealed, &plan_hash(sweep)?, plan))?;
    let configs = complete.iter().map(|trial| &trial.config.data);
    let datasets = DatasetCache::of_plan(plan, configs, spec.data_dir.as_deref(), Part::All)?;
    let conditions = Conditions::of(&sweep.conditions, &datasets);
    let progress = Progress::new(complete.len(), "networks");
    let jobs = spec.default_jobs().min(complete.len());
    engine::unseal(&complete, store, &datasets, &conditions, jobs, &stop, &|_| progress.step())?;
    drop(progress);
    if let Some(code) = signals.exit_code() {
        return Ok(Some(code));
    }
    let planned = |trial| engine::planned_conditions(&sweep.conditions, trial);
    let planned: Vec<_> = plan.trials.iter().flat_map(planned).collect();
    store.merge_conditions(&planned)?;
    print_message(format_args!("{}: {} networks are tested", sweep.name, complete.len()));
    Ok(None)
}

/// The complete trials of a plan, whose others must all have diverged.
fn complete(spec: &SpecArgs, plan: &Plan, store: &Store) -> Result<Vec<Trial>> {
    let status = |trial: &Trial| store.status(&trial.id).unwrap_or_default();
    let statuses: Vec<Status> = plan.trials.iter().map(status).collect();
    let trials = plan.trials.iter().zip(&statuses);
    let trials = trials.filter(|(_, status)| **status == Status::Complete);
    let complete: Vec<Trial> = trials.map(|(trial, _)| trial.clone()).collect();
    let ended = [Status::Failed, Status::TimedOut].into_iter().filter(|status| statuses.contains(status));
    let retries: String = ended.flat_map(|status| [" --retry ", status.name()]).collect();
    ensure!(
        statuses.iter().all(|status| status.is_decided()),
        "{} of {} trials are complete, and the test images stay sealed until all are, or have diverged: `{}{retries}` \
         trains the others",
        complete.len(),
        plan.trials.len(),
        spec.command("sweep")
    );
    ensure!(
        !complete.is_empty(),
        "all {} trials diverged, so there is no network to test",
        plan.trials.len()
    );
    Ok(complete)
}
