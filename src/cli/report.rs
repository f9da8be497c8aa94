//! `drsae report`: the figures and the page of a sweep, or two sweeps on one page.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;

use super::analyze::Analysed;
use super::results::{self, warn_of_damage};
use super::spec_args::SpecArgs;
use super::terminal::output;
use crate::report::{self, PAGE};
use crate::spec::Sweep;
use crate::store;
use crate::text::shown;

const EXAMPLES: &str = "\
Examples:
  drsae report experiments/depth.toml            results/depth/analysis/report.html and figures/
  drsae report results/depth/sweep.toml          the sweep as it was run
  drsae report experiments/depth.toml experiments/rates.toml
                                                 both on results/depth-and-rates.html

The tables are updated first, as by `drsae analyze`. The page is self-contained: it can be opened
from disk, moved and sent.";

/// Draw the figures of a sweep and write its page, or write one page of two sweeps.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    /// The spec of a second sweep, shown next to the first.
    other: Option<PathBuf>,
    /// Page of two sweeps [default: A-and-B.html in the folder of all results].
    #[arg(long, value_name = "FILE", requires = "other")]
    out: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let sweep = args.spec.load()?;
    let (store, merged) = results::merged(&args.spec, &sweep)?;
    let analysed = Analysed::of(&sweep, &store)?;
    let (page, is_damaged) = match &args.other {
        None => {
            analysed.write_report()?;
            (store.analysis_file(PAGE), warn_of_damage(&merged))
        }
        Some(other) => {
            let spec = SpecArgs { spec: other.clone(), ..args.spec.clone() };
            let other = spec.load()?;
            let (other_store, other_merged) = results::merged(&spec, &other)?;
            let page =
                report::side_by_side([&analysed.source(), &Analysed::of(&other, &other_store)?.source()])?;
            let name = format!("{}-and-{}.html", sweep.name, other.name).replace('/', "-");
            let path = args.out.clone().unwrap_or_else(|| beside(store.root()).join(name));
            store::place(&path, page.as_bytes())?;
            let are_damaged = [&merged, &other_merged].map(warn_of_damage);
            (path, are_damaged.contains(&true))
        }
    };
    writeln!(output(), "{}", shown(&page))?;
    Ok(ExitCode::from(u8::from(is_damaged)))
}

/// Draws the figures of a sweep and writes its page.
pub fn write(args: &SpecArgs, sweep: &Sweep) -> Result<()> {
    let (store, _) = results::merged(args, sweep)?;
    Analysed::of(sweep, &store)?.write_report()?;
    writeln!(output(), "{}", shown(&store.analysis_file(PAGE)))?;
    Ok(())
}

/// The parent of a results folder.
fn beside(root: &Path) -> PathBuf {
    match (root.file_name(), root.parent()) {
        (Some(_), Some(parent)) => parent.to_owned(),
        // The folder that one is in.
        _ => root.join(".."),
    }
}
