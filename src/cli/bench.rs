//! `drsae bench`: training speed of this machine, relative to the peak of its processor.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::progress::Progress;
use super::terminal::{output, page};
use crate::bench::{self, Bench, BenchReport, Effort, Timings};
use crate::model::{self, Family};
use crate::text::table::TextTable;
use crate::train::Gradient;

const EXAMPLES: &str = "\
Examples:
  drsae bench                                     the paper's network, on one thread
  drsae bench --batch 10 --hidden 100
  drsae bench --active 0.25                       at the activity of trained networks
  drsae bench --jobs 2                            two trials in parallel compared with one
  drsae bench --json | jq .peak_fraction

Each repetition times the training step (forward, backward, update, bounds) and then a
product of two 1024 × 1024 matrices as the peak. GFLOP/s count the step's matrix products,
including the terms of inactive units, which the kernels skip: with few active units the
fraction of the peak can exceed 1. With initial weights most units are active;
active_fraction in epochs.csv gives the share of active units in your trials.";

/// Time the training step on this machine.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Hidden units n.
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = at_least_one(100_000))]
    hidden: u64,
    /// Iterations T.
    #[arg(long, value_name = "T", default_value_t = 11, value_parser = at_least_one(1000))]
    steps: u64,
    /// Images in a mini-batch.
    #[arg(long, value_name = "B", default_value_t = 100, value_parser = at_least_one(100_000))]
    batch: u64,
    /// Family of the network.
    #[arg(long, default_value = Family::Drsae.name(), value_parser = families())]
    family: Family,
    /// Operations of the step: fused kernels, or those of candle.
    #[arg(long, value_enum, default_value_t)]
    gradient: Gradient,
    /// Share of active units, 0 to 1 [default: that of the initial weights].
    #[arg(long, value_name = "SHARE", value_parser = share)]
    active: Option<f64>,
    /// Trainings in parallel, each on one thread.
    #[arg(long, value_name = "J", default_value_t = 1, value_parser = at_least_one(1024))]
    jobs: u64,
    /// Repetitions.
    #[arg(long, value_name = "R", default_value_t = 9, value_parser = at_least_one(10_000))]
    repeats: u64,
    /// Milliseconds of each measurement.
    #[arg(long, value_name = "MS", default_value_t = 500, value_parser = at_least_one(600_000))]
    milliseconds: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn families() -> impl TypedValueParser<Value = Family> {
    PossibleValuesParser::new(Family::known().into_iter().map(Family::name))
        .try_map(|name| Family::find(&name).ok_or("unknown family"))
}

fn at_least_one(most: u64) -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(1..=most)
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "must be between 0 and 1".to_owned())
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let report = measure(args)?;
    let mut out = output();
    if args.json { print_json(args, &report, &mut out) } else { print(args, &report, &mut out) }?;
    Ok(ExitCode::SUCCESS)
}

fn measure(args: &Args) -> Result<BenchReport> {
    let model = model::Config {
        family: args.family,
        steps: args.steps as usize,
        hidden: args.hidden as usize,
        ..model::Config::default()
    };
    let bench = Bench { model, batch: args.batch as usize, gradient: args.gradient, active: args.active };
    let time = Duration::from_millis(args.milliseconds);
    let effort = Effort { repeats: args.repeats as usize, time, jobs: args.jobs as usize };
    let progress = Progress::new(args.repeats as usize, "repetitions");
    bench::run(&bench, effort, &mut |done| progress.set_done(done)).context("the training step failed")
}

fn print(args: &Args, report: &BenchReport, out: &mut dyn Write) -> Result<()> {
    let Args { hidden, steps, batch, repeats, .. } = args;
    let family = args.family.name();
    let gradient = if args.gradient == Gradient::Candle { ", operations of candle" } else { "" };
    let active = 100.0 * report.active;
    let title = format!(
        "{family}, {hidden} units, T = {steps}, mini-batches of {batch}, one thread{gradient}; {active:.0} % of the units \
         active; median [range] of {repeats} repetitions"
    );
    let row = |name: &str, timings: Timings, digits: usize| {
        let Timings { median, low, high } = timings;
        vec![name.to_owned(), format!("{median:.digits$} [{low:.digits$}, {high:.digits$}]")]
    };
    let mut rows = vec![
        row("training, images/s", report.samples, 0),
        row("matrix products, GFLOP/s", report.gflops, 1),
        row("peak (1024 × 1024), GFLOP/s", report.peak_gflops, 1),
        row("fraction of peak", report.peak_fraction, 3),
    ];
    rows.extend(
        report.side_by_side.map(|ratio| row(&format!("speed-up on {} threads", args.jobs), ratio, 3)),
    );
    let head = ["measured", "median [range]"].map(str::to_owned);
    let table = TextTable { title: &title, ..TextTable::new(&head, &rows, 1) };
    table.lines(page()).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    Ok(())
}

fn print_json(args: &Args, report: &BenchReport, out: &mut dyn Write) -> Result<()> {
    let answer = serde_json::json!({
        "family": args.family.name(),
        "hidden": args.hidden,
        "steps": args.steps,
        "batch": args.batch,
        "gradient": args.gradient,
        "jobs": args.jobs,
        "active_fraction": report.active,
        "repeats": args.repeats,
        "samples_per_second": report.samples.median,
        "gflops": report.gflops.median,
        "peak_gflops": report.peak_gflops.median,
        "peak_fraction": report.peak_fraction.median,
        "side_by_side": report.side_by_side.map(|ratio| ratio.median),
        "timings": report,
    });
    writeln!(out, "{answer:#}")?;
    Ok(())
}
