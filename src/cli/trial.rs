//! `drsae trial`: run one trial of a sweep.

use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};

use super::common::SpecArgs;
use super::progress::Display;
use crate::engine::{self, Control, Ending, Library, Progress};
use crate::store::{Claiming, Claims};

const EXAMPLES: &str = "\
Examples:
  drsae trial experiments/depth.toml --index 17     the trial of that index in `drsae plan`

The trial is run even where it is complete, and ends in the same bytes. `drsae sweep`
merges it. One that another process runs is refused with exit code 2.";

/// Run one trial of a sweep by its index in the plan.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    /// The trial's index in the plan.
    #[arg(long, short)]
    index: usize,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let (sweep, plan) = args.spec.plan()?;
    let trial = plan.trials.get(args.index).ok_or_else(|| {
        anyhow!("there is no trial {}: the plan's last is {}", args.index, plan.trials.len() - 1)
    })?;
    // Before anything is written: the device or data may be missing.
    args.spec.expect_device()?;
    let library = Library::load([&trial.config.data], args.spec.data_dir.as_deref())?;
    let store = args.spec.open_store(&sweep, &plan)?;
    let claims = Claims::start().context("failed to start the thread that keeps the claim alive")?;
    let claim = match claims.claim(&store.trial(&trial.id)?)? {
        Claiming::Ours(claim) => claim,
        Claiming::Held(holder) => bail!(
            "{} is being run by {}: wait for that, or end it",
            trial.id,
            holder.map_or_else(|| "another process".to_owned(), |holder| holder.to_string())
        ),
    };
    let display = Display::new(&[trial], &library);
    display.started(trial);
    let dataset = library.get(&trial.config.data);
    let ending = engine::run_trial(trial, &claim, dataset, &Control::default(), &display);
    display.finished(trial, &ending);
    Ok(match ending {
        Ending::Complete { .. } => ExitCode::SUCCESS,
        _ => ExitCode::from(1),
    })
}
