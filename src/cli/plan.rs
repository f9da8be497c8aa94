//! `drsae plan`: what a sweep would run, and what it would take.

use std::io::Write;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets};

use super::common::SpecArgs;
use super::progress::duration;
use crate::data::Dataset;
use crate::engine::{Estimate, Library, Pilot};
use crate::plan::{Plan, Trial};

/// Time that the pilot may take, over all networks together.
const PILOT: Duration = Duration::from_secs(4);

const EXAMPLES: &str = "\
Examples:
  drsae plan experiments/depth.toml
  drsae plan experiments/depth.toml --set seeds=10
  drsae plan experiments/depth.toml --json | jq '.trials[].id'

The time is reckoned from a few training steps on this machine; it is what one thread
takes, and the total what all cores take side by side.";

/// List a sweep's trials with parameters, operations, and an estimate of time and memory.
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
    let (_, plan) = args.spec.plan()?;
    let library =
        Library::load(plan.trials.iter().map(|trial| &trial.config.data), args.spec.data_dir.as_deref())?;
    let pilot = Pilot::run(&plan.trials, &library, PILOT)?;
    let estimate = |trial: &Trial| pilot.estimate(trial, library.get(&trial.config.data));
    let estimates: Vec<Estimate> = plan.trials.iter().map(estimate).collect();
    let total = Total::of(&estimates, library.datasets());
    let mut out = std::io::stdout().lock();
    let print = if args.json { print_json } else { print_table };
    print(&plan, &estimates, &total, &mut out)?;
    Ok(ExitCode::SUCCESS)
}

/// What the whole plan takes when all cores work on it.
struct Total {
    seconds: f64,
    jobs: usize,
    bytes: u64,
}

impl Total {
    fn of<'a>(estimates: &[Estimate], datasets: impl Iterator<Item = &'a Dataset>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let jobs = cores.min(estimates.len());
        let mut largest: Vec<u64> = estimates.iter().map(|estimate| estimate.bytes).collect();
        largest.sort_unstable_by(|a, b| b.cmp(a));
        let images: usize = datasets.map(|data| data.train.pixels.len() + data.test.pixels.len()).sum();
        Self {
            seconds: estimates.iter().map(|estimate| estimate.seconds).sum::<f64>() / jobs as f64,
            jobs,
            bytes: largest.iter().take(jobs).sum::<u64>() + images as u64,
        }
    }
}

fn print_table(plan: &Plan, estimates: &[Estimate], total: &Total, out: &mut dyn Write) -> Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["index", "trial", "parameters", "MFLOP/image", "time", "MiB"]);
    for column in [0, 2, 3, 4, 5] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for (trial, estimate) in plan.trials.iter().zip(estimates) {
        table.add_row([
            trial.index.to_string(),
            trial.id.clone(),
            trial.parameters.to_string(),
            format!("{:.3}", trial.flops_per_image as f64 / 1e6),
            duration(Duration::from_secs_f64(estimate.seconds)),
            mebibytes(estimate.bytes),
        ]);
    }
    writeln!(out, "{}", table.trim_fmt())?;
    writeln!(
        out,
        "{}: {} trials, about {} with {} side by side, {} MiB",
        plan.name,
        plan.trials.len(),
        duration(Duration::from_secs_f64(total.seconds)),
        total.jobs,
        mebibytes(total.bytes)
    )?;
    Ok(())
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.0}", bytes as f64 / f64::from(1 << 20))
}

fn print_json(plan: &Plan, estimates: &[Estimate], total: &Total, out: &mut dyn Write) -> Result<()> {
    let trials: Vec<_> = plan
        .trials
        .iter()
        .zip(estimates)
        .map(|(trial, estimate)| {
            serde_json::json!({
                "index": trial.index,
                "id": trial.id,
                "parameters": trial.parameters,
                "flops_per_image": trial.flops_per_image,
                "training_flops": trial.training_flops,
                "seconds": estimate.seconds,
                "bytes": estimate.bytes,
            })
        })
        .collect();
    let answer = serde_json::json!({
        "name": plan.name,
        "trials": trials,
        "jobs": total.jobs,
        "seconds": total.seconds,
        "bytes": total.bytes,
    });
    writeln!(out, "{answer:#}")?;
    Ok(())
}
