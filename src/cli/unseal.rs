//! `drsae unseal`: the test of a sealed sweep, once all of its trials are complete.

use std::process::ExitCode;

use anyhow::{Result, ensure};

use super::finish::SweepRun;
use super::freeze::event;
use super::progress::Progress;
use super::results;
use super::spec_args::SpecArgs;
use super::terminal::print_message;
use crate::data::Part;
use crate::engine::{self, Conditions, DatasetCache};
use crate::plan::Plan;
use crate::spec::{Sweep, TestSet};
use crate::store::{Event, Status};
use crate::study::plan_hash;

const EXAMPLES: &str = "\
Examples:
  drsae unseal experiments/study-smoke.toml

Evaluates the kept weights of every planned trial on the test images, once, and only when all trials are complete.
The reading is recorded in results/NAME/ledger.csv before the first image is read. After a kill, run it
again: it goes on where it stopped.
Exit code: 0, and 2 on an error, such as trials that are not complete.";

/// Test the networks of a sealed sweep, once all are trained.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let (sweep, plan) = args.spec.load_plan()?;
    unseal(&args.spec, &sweep, &plan)
}

/// Tests the networks of a sealed sweep and prints its tables.
pub fn unseal(spec: &SpecArgs, sweep: &Sweep, plan: &Plan) -> Result<ExitCode> {
    ensure!(
        sweep.test == TestSet::Sealed,
        "{} is not sealed: its trials are tested as they end; `test = \"sealed\"` seals a sweep before it begins",
        sweep.name
    );
    let store = results::existing(spec, sweep)?;
    let is_complete = |id: &str| store.status(id).is_ok_and(|status| status == Status::Complete);
    let complete = plan.trials.iter().filter(|trial| is_complete(&trial.id)).count();
    ensure!(
        complete == plan.trials.len(),
        "{complete} of {} trials are complete, and the test images stay sealed until all are: `{}` trains them",
        plan.trials.len(),
        spec.command("sweep")
    );
    // Recorded before the first image is read.
    store.record_event(event(Event::Unsealed, &plan_hash(sweep)?, plan))?;
    let configs = plan.trials.iter().map(|trial| &trial.config.data);
    let datasets = DatasetCache::load(configs, spec.data_dir.as_deref(), Part::All)?;
    let conditions = Conditions::of(&sweep.conditions, &datasets);
    let progress = Progress::new(plan.trials.len(), "networks");
    let jobs = spec.default_jobs().min(plan.trials.len());
    engine::unseal(&plan.trials, &store, &datasets, &conditions, jobs, &|_| progress.step())?;
    drop(progress);
    store.merge_conditions(plan.trials.iter().map(|trial| trial.id.as_str()))?;
    print_message(format_args!("{}: {} networks are tested", sweep.name, plan.trials.len()));
    let command = spec.command("unseal");
    SweepRun { sweep, plan, store: &store, command: &command }.finish(&[])
}
