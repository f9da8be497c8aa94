//! `drsae conform`: checks that networks and terms keep the promises of this crate.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;

use super::spec_args::SpecArgs;
use super::terminal::output;
use crate::conformance::{self, Check};
use crate::text::printable;

const EXAMPLES: &str = "\
Examples:
  drsae conform experiments/smoke.toml
  drsae conform gru.toml     in a program that registers a network of its own

For every network of the spec, with the terms of its objective: shapes and names, gradients
against finite differences, and small trials that are repeated, stopped and resumed, in another order
and on more threads, whose files must have the same bytes. Takes seconds; the spec's results are not touched.
Exit code: 0 when all checks pass, 1 when one does not, 2 on an error.";

/// Check that the networks and terms of a spec are exact: gradients, repetition, resuming.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let sweep = args.spec.load_spec()?;
    let mut failed = 0;
    let mut out = output();
    conformance::run(&sweep, args.spec.data_dir.as_deref(), &mut |Check { subject, name, outcome }| {
        let line = match outcome {
            Ok(found) => format!("ok     {subject}: {name}: {found}"),
            Err(problem) => {
                failed += 1;
                format!("failed {subject}: {name}: {problem}")
            }
        };
        writeln!(out, "{}", printable(&line))
    })?;
    Ok(ExitCode::from(u8::from(failed > 0)))
}
