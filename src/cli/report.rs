//! `drsae report`: figures and the page of a sweep.

use std::process::ExitCode;

use anyhow::Result;

use super::common::{SpecArgs, design};
use crate::report::{self, Source};
use crate::spec::Sweep;

/// Draw the figures of a sweep and write its page.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let sweep = Sweep::load(&args.spec.spec, &args.spec.overrides)?;
    let store = args.spec.existing_store(&sweep)?;
    let source =
        Source { store: &store, name: &sweep.name, question: &sweep.question, design: &design(&sweep) };
    for (name, contents) in report::files(&source)? {
        store.write_analysis(&name, &contents)?;
    }
    Ok(ExitCode::SUCCESS)
}
