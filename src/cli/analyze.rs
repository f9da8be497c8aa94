//! `drsae analyze`: the tables of a sweep from its merged CSV files.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Result;

use super::common::{SpecArgs, design, planned};
use crate::analysis;
use crate::spec::Sweep;
use crate::store::Store;

/// Columns of the tables where the output is no terminal.
const PIPE_WIDTH: u16 = 100;

const EXAMPLES: &str = "\
Examples:
  drsae analyze experiments/depth.toml
  drsae analyze experiments/depth.toml --results elsewhere";

/// Summarise a sweep and compare its families, from the results on disk.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let (sweep, plan) = args.spec.plan()?;
    let store = args.spec.existing_store(&sweep)?;
    store.merge(&planned(&plan))?;
    write_and_print(&sweep, &store, &mut std::io::stdout().lock())?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the tables into the sweep's folder and prints them.
pub fn write_and_print(sweep: &Sweep, store: &Store, out: &mut dyn Write) -> Result<()> {
    let analysis = analysis::analyze(store, &design(sweep))?;
    if !sweep.question.is_empty() {
        writeln!(out, "{}\n", sweep.question)?;
    }
    writeln!(out, "{}", analysis.render(width()))?;
    Ok(())
}

fn width() -> u16 {
    let terminal = std::io::stdout().is_terminal();
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.filter(|_| terminal).unwrap_or(PIPE_WIDTH)
}
