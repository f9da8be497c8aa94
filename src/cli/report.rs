//! `drsae report`: the figures and the page of a sweep, or two sweeps on one page.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::results::{self, design, warn_of_damage};
use super::spec_args::SpecArgs;
use super::terminal::output;
use crate::analysis::{self, Design};
use crate::report::{self, PAGE, Source};
use crate::spec::Sweep;
use crate::store::{Merged, Store};
use crate::text::shown;

const EXAMPLES: &str = "\
Examples:
  drsae report experiments/depth.toml            results/depth/analysis/report.html and figures/
  drsae report results/depth/sweep.toml          the sweep as it was run
  drsae report experiments/depth.toml experiments/rates.toml
                                                 both on results/depth-and-rates.html

Tables are brought up to date first, as `drsae analyze` does. The page loads nothing: it can be
opened from disk, moved and sent.";

/// Draw the figures of a sweep and write its page, or put two sweeps side by side on one.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    /// The spec of another sweep, to be put beside the first.
    other: Option<PathBuf>,
    /// Page of two sweeps [default: A-and-B.html in the folder of all results].
    #[arg(long, value_name = "FILE", requires = "other")]
    out: Option<PathBuf>,
}

/// A sweep whose tables are up to date.
struct Analysed {
    sweep: Sweep,
    design: Design,
    store: Store,
    merged: Merged,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let one = Analysed::of(&args.spec)?;
    let (page, is_damaged) = match &args.other {
        None => {
            write(&one.sweep, &one.store, &one.design)?;
            (one.store.analysis_file(PAGE), warn_of_damage(&one.merged))
        }
        Some(other) => {
            let other = Analysed::of(&SpecArgs { spec: other.clone(), ..args.spec.clone() })?;
            let are_damaged = [&one.merged, &other.merged].map(warn_of_damage);
            (beside(args, &one, &other)?, are_damaged.contains(&true))
        }
    };
    writeln!(output(), "{}", shown(&page))?;
    Ok(ExitCode::from(u8::from(is_damaged)))
}

/// Writes figures and page again where there are any, so that they stand beside no newer tables.
pub fn refresh(sweep: &Sweep, store: &Store) -> Result<()> {
    if store.analysis_file(PAGE).exists() {
        write(sweep, store, &design(sweep))?;
    }
    Ok(())
}

fn write(sweep: &Sweep, store: &Store, design: &Design) -> Result<()> {
    for (name, contents) in report::files(&source(sweep, store, design))? {
        store.write_analysis(&name, &contents)?;
    }
    Ok(())
}

fn source<'a>(sweep: &'a Sweep, store: &'a Store, design: &'a Design) -> Source<'a> {
    Source { store, name: &sweep.name, question: &sweep.question, design }
}

/// Writes the page of two sweeps; returns its path.
fn beside(args: &Args, one: &Analysed, other: &Analysed) -> Result<PathBuf> {
    let page = report::side_by_side([&one.source(), &other.source()])?;
    let name = format!("{}-and-{}.html", one.sweep.name, other.sweep.name).replace('/', "-");
    let path = args.out.clone().unwrap_or_else(|| beside_root(one.store.root()).join(name));
    fs::write(&path, page).with_context(|| format!("cannot write {}", shown(&path)))?;
    Ok(path)
}

/// The folder in which a results folder lies.
fn beside_root(root: &Path) -> PathBuf {
    match (root.file_name(), root.parent()) {
        (Some(_), Some(parent)) => parent.to_owned(),
        // The folder that one is in.
        _ => root.join(".."),
    }
}

impl Analysed {
    fn of(args: &SpecArgs) -> Result<Self> {
        let sweep = args.load()?;
        let (store, merged) = results::merged(args, &sweep)?;
        let design = design(&sweep);
        analysis::analyze(&store, &design)?;
        Ok(Self { sweep, design, store, merged })
    }

    fn source(&self) -> Source<'_> {
        source(&self.sweep, &self.store, &self.design)
    }
}
