//! `drsae verify`: a check of every file, network and table of a results folder.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::display::Display;
use super::progress::Progress;
use super::signals::Signals;
use super::spec_args::SpecArgs;
use super::terminal::output;
use crate::engine::{Control, planned};
use crate::plan::Plan;
use crate::store::Store;
use crate::text::printable;
use crate::train::Gradient;
use crate::verify::{Audit, AuditReport, AuditedFolder, Checked, Distance, Replay, Severity};

const EXAMPLES: &str = "\
Examples:
  drsae verify experiments/depth.toml
  drsae verify experiments/depth.toml --replay random   also train one trial again
  drsae verify experiments/depth.toml --gradient candle also train one by candle's operations, and compare
  drsae verify experiments/depth.toml --json | jq '.findings[].path'

The command checks the spec and the plan, every file of every trial against the checksums in its
result.json, every kept network on the test images, the merged tables and their analysis.
If the trials' folders are not kept, it checks the tables against SHA256SUMS. --replay costs as much as
the trial did, and is the one check that finds every edit.
Exit code: 0 when no problem is found, 1 when one is, 2 on an error.";

/// Check a results folder: every file, network and table.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    /// Trials to train again and compare to the byte: `none`, `random` (one), `all`, or an id.
    #[arg(long, value_name = "TRIALS", default_value = "none")]
    replay: Replay,
    /// Train with other operations than the trial was, and report how far its results are from the stored ones;
    /// without --replay, for one random trial.
    #[arg(long, value_enum)]
    gradient: Option<Gradient>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// The trials to train again.
    fn trials(&self) -> Replay {
        match (&self.replay, self.gradient) {
            (Replay::None, Some(_)) => Replay::Random,
            (replay, _) => replay.clone(),
        }
    }
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let (sweep, plan) = args.spec.load_plan()?;
    if args.trials() != Replay::None {
        args.spec.check_device()?;
    }
    let store = Store::at(&args.spec.root(&sweep))?;
    let planned = planned(&plan);
    let rerun = args.spec.command("sweep");
    let subject =
        AuditedFolder { store: &store, sweep: &sweep, plan: &plan, planned: &planned, rerun: &rerun };
    let mut audit = Audit::begin(subject, args.spec.data_dir.as_deref());
    let progress = Progress::new(plan.trials.len(), "trials");
    audit.check_trials(&|| progress.step());
    drop(progress);
    audit.check_tables();
    if let Some(code) = replay(&mut audit, &plan, &store, args)? {
        return Ok(ExitCode::from(code));
    }
    let report = audit.conclude();
    let mut out = output();
    let print = if args.json { print_json } else { print_lines };
    print(&plan, &report, &mut out)?;
    Ok(ExitCode::from(u8::from(!report.holds())))
}

/// Trains trials again; returns the exit code if a signal interrupted them.
fn replay(audit: &mut Audit<'_>, plan: &Plan, store: &Store, args: &Args) -> Result<Option<u8>> {
    let chosen = audit.choose(&args.trials())?;
    if chosen.is_empty() {
        return Ok(None);
    }
    let control = Control::default();
    let signals = Signals::listen(&control.stop).context("failed to listen to signals")?;
    let jobs = args.spec.default_jobs().min(chosen.len());
    let display = Display::new(plan, &chosen, store);
    audit.replay(&chosen, args.gradient, &control, jobs, &display)?;
    Ok(signals.exit_code())
}

fn print_lines(plan: &Plan, report: &AuditReport, out: &mut dyn Write) -> Result<()> {
    for finding in &report.findings {
        writeln!(out, "{}", printable(&finding.to_string()))?;
    }
    for distance in &report.distances {
        print_distance(distance, out)?;
    }
    let Checked { tables, trials, files, networks, datasets, replayed } = report.checked;
    writeln!(
        out,
        "{}: checked {tables} tables and specs, {datasets} data sets, {trials} of {} trials with {files} files \
         and {networks} networks, {replayed} trained again; {} wrong, {} notes",
        plan.name,
        plan.trials.len(),
        report.count(Severity::Wrong),
        report.count(Severity::Note)
    )?;
    Ok(())
}

fn print_distance(distance: &Distance, out: &mut dyn Write) -> Result<()> {
    let gradient = match distance.gradient {
        Gradient::Fused => "fused kernels",
        Gradient::Candle => "candle's operations",
    };
    writeln!(out, "{}, trained again with {gradient}:", distance.trial)?;
    for (name, errors) in [("validation", distance.valid_error), ("test", distance.test_error)] {
        if let [Some(kept), Some(again)] = errors {
            writeln!(out, "  {name} error {kept:.2} % became {again:.2} %")?;
        }
    }
    if let Some([other, all]) = distance.predictions {
        writeln!(out, "  {other} of {all} test images have another prediction")?;
    }
    let (far, name) = &distance.weights;
    writeln!(out, "  weights: ‖w − w′‖/‖w‖ at most {far:.1e} (`{name}`)")?;
    let apart =
        distance.apart.map_or_else(String::new, |epoch| format!(", above 1e-4 from epoch {epoch} on"));
    writeln!(out, "  objective: relative difference at most {:.1e}{apart}", distance.objective)?;
    Ok(())
}

fn print_json(plan: &Plan, report: &AuditReport, out: &mut dyn Write) -> Result<()> {
    let answer = serde_json::json!({
        "name": plan.name,
        "planned": plan.trials.len(),
        "holds": report.holds(),
        "checked": report.checked,
        "findings": report.findings,
        "distances": report.distances,
    });
    writeln!(out, "{answer:#}")?;
    Ok(())
}
