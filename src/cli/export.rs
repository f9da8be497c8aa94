//! `drsae export`: a sweep's results in the formats of other tools.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::ValueEnum;

use super::results::{self, warn_of_damage};
use super::spec_args::SpecArgs;
use super::terminal::output;
use crate::export::{self, Format};
use crate::text::shown;

const EXAMPLES: &str = "\
Examples:
  drsae export experiments/depth.toml --format tensorboard
  tensorboard --logdir exports/depth/tensorboard
  drsae export results/depth/sweep.toml --format parquet --out exports

Files of the same name are replaced; other files stay. Parquet needs a build with
`--features parquet`. The CSV tables and the weights need no export: docs/INTEROP.md shows how
to read them in Python.";

/// Write a sweep's results as Parquet tables or TensorBoard runs.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    /// The format to write.
    #[arg(long)]
    format: Format,
    /// Folder to write into [default: exports/NAME/FORMAT].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let sweep = args.spec.load()?;
    let (store, merged) = results::merged(&args.spec, &sweep)?;
    let out = args.out.clone().unwrap_or_else(|| folder(&sweep.name, args.format));
    let written = export::export(&store, args.format, &out)?;
    let what = match args.format {
        Format::Parquet => "tables",
        Format::Tensorboard => "runs",
    };
    writeln!(output(), "{written} {what} in {}", shown(&out))?;
    Ok(ExitCode::from(u8::from(warn_of_damage(&merged))))
}

fn folder(sweep: &str, format: Format) -> PathBuf {
    let format = format.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
    Path::new("exports").join(sweep).join(format)
}
