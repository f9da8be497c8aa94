//! `drsae status`: how far a sweep is.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;

use super::common::SpecArgs;
use crate::plan::Trial;
use crate::store::{Status, Store};

const EXAMPLES: &str = "\
Examples:
  drsae status experiments/depth.toml
  drsae status experiments/depth.toml --json | jq .counts

Exit code: 0 when every planned trial is complete, 1 when one is not.";

/// Say how far a sweep is, and why trials are not complete.
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
    let mut counts: BTreeMap<Status, usize> = BTreeMap::new();
    let mut troubles = Vec::new();
    for trial in &plan.trials {
        let (status, message) = state(&store, trial)?;
        *counts.entry(status).or_default() += 1;
        troubles.extend(message.map(|message| (trial, status, message)));
    }
    let mut out = std::io::stdout().lock();
    if args.json {
        let counts: BTreeMap<&str, usize> =
            counts.iter().map(|(status, count)| (status.name(), *count)).collect();
        let troubles: Vec<_> = troubles
            .iter()
            .map(|(trial, status, message)| {
                serde_json::json!({ "trial": trial.id, "status": status.name(), "message": message })
            })
            .collect();
        let answer =
            serde_json::json!({ "planned": plan.trials.len(), "counts": counts, "troubles": troubles });
        writeln!(out, "{answer:#}")?;
    } else {
        writeln!(out, "{}: {} trials planned in {}", plan.name, plan.trials.len(), store.root().display())?;
        for (status, count) in &counts {
            writeln!(out, "{count:>6} {status}")?;
        }
        for (trial, status, message) in &troubles {
            writeln!(out, "  {} {status}: {message}", trial.id)?;
        }
    }
    let complete = counts.get(&Status::Complete).copied().unwrap_or(0);
    Ok(ExitCode::from(u8::from(complete < plan.trials.len())))
}

/// A trial's status, and what is to be said of one that is not complete.
fn state(store: &Store, trial: &Trial) -> Result<(Status, Option<String>)> {
    Ok(match store.trial(&trial.id)?.outcome() {
        Ok(None) => (Status::Pending, None),
        Ok(Some(outcome)) => (outcome.status, outcome.message),
        Err(error) => (Status::Pending, Some(error.to_string())),
    })
}
