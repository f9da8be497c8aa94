//! `drsae freeze`: the chosen settings, the contrasts and the seeds as a plan that does not change.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use jiff::{Timestamp, Unit};

use super::results;
use super::search::Study;
use super::spec_args::SpecArgs;
use super::terminal::{output, print_message};
use crate::plan::Plan;
use crate::provenance;
use crate::store::{Event, LedgerRow, Store};
use crate::study::{self, FrozenPlan};
use crate::text::shown;

const EXAMPLES: &str = "\
Examples:
  drsae freeze experiments/study-smoke.toml

Writes results/NAME/frozen.toml: the chosen settings of each group, the contrasts to be tested, the reference, the
margin and the seeds; and its SHA-256 with the date into results/NAME/ledger.csv. `drsae sweep` then trains
exactly this. The same choice frozen again is the same plan; another choice is another plan with a hash of
its own, and both stay in the ledger.";

/// Freeze the choice of a search, before it is confirmed with other seeds.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let study = Study::load(&args.spec)?;
    let search = study.done()?;
    study.write(&search)?;
    let frozen = study::freeze(&study.sweep, &search)?;
    record(&study, &frozen)?;
    let path = Store::at(&args.spec.root(&study.sweep))?.frozen_toml();
    writeln!(output(), "{} {}", frozen.hash, shown(&path))?;
    print_message(format_args!(
        "{}: the plan is frozen; `{}` trains it, and `{}` then tests it",
        study.sweep.name,
        args.spec.command("sweep"),
        args.spec.command("unseal")
    ));
    Ok(ExitCode::SUCCESS)
}

/// Writes a frozen plan and its row in the ledger; returns its trials. Refuses a plan that lacks trials with stored
/// results before it writes anything.
pub fn record(study: &Study, frozen: &FrozenPlan) -> Result<Plan> {
    let plan = study.args.plan(&frozen.sweep)?;
    results::check_plan(study.args, &frozen.sweep, &plan)?;
    let store = Store::open(&study.args.root(&study.sweep), &frozen.sweep.to_toml()?)?;
    store.write_frozen(&frozen.text)?;
    store.record_event(event(Event::Frozen, &frozen.hash, &plan))?;
    Ok(plan)
}

/// The row of an event that happens now.
pub fn event(event: Event, hash: &str, plan: &Plan) -> LedgerRow {
    let checksums = plan.datasets.iter().flat_map(|(_, facts)| facts.checksums.clone()).collect();
    LedgerRow {
        event,
        date: Timestamp::now().round(Unit::Second).unwrap_or_default().to_string(),
        plan: hash.to_owned(),
        data: provenance::data(&checksums),
        trials: plan.trials.len(),
        commit: provenance::commit(),
    }
}
