//! `drsae inspect`: what the hidden units of trained networks became.

mod ground;
mod subjects;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use indicatif::ProgressBar;

use self::ground::Loaded;
use self::subjects::Found;
use super::progress::{style, tick};
use super::terminal::output;
use crate::anatomy::Measured;
use crate::anatomy::claims::{Conclusion, Finding, conclusions, findings};
use crate::anatomy::tables::{self, CLAIMS_CSV, CURVES_CSV, MEASURES_CSV, UNITS_CSV};
use crate::report::{self, AnatomySource};
use crate::store;
use crate::text::shown;

const EXAMPLES: &str = "\
Examples:
  drsae inspect results/depth/trials/ID/model.safetensors --judge judge.safetensors
  drsae inspect one/model.safetensors two/model.safetensors --name paper   of several seeds
  drsae inspect one/model.safetensors --name paper --merge   the others' rows stay
  drsae inspect --name paper --merge            claims and page from the tables alone

It writes DIR/anatomy/NAME/: units.csv, curves.csv, measures.csv, claims.csv, claims.md,
figures/ and anatomy.html. docs/ANATOMY.md explains every measure.

Each network has two controls. Before training: it follows from the config. After phase 1:
a network of the same config and seed whose schedule ends before the first discriminative
phase, which is looked for among --after-phase-1 and in the trial folders beside.";

/// Measure what the hidden units of trained networks became, claim by claim.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Trained networks: `model.safetensors` of trials that differ in nothing but their seed. Pictures are
    /// of the first.
    #[arg(value_name = "CHECKPOINT")]
    files: Vec<PathBuf>,
    /// Name of the folder of results [default: of the data and the network, such as mnist-t11-n400].
    #[arg(long)]
    name: Option<String>,
    /// Networks after phase 1, one a seed, where they do not lie in trial folders beside
    #[arg(long, value_name = "FILE", num_args = 1..)]
    after_phase_1: Vec<PathBuf>,
    /// A network that was trained to classify the same images, such as an `mlp`; without one, the classes
    /// of decoded images are not judged
    #[arg(long, value_name = "FILE")]
    judge: Option<PathBuf>,
    /// Test images: `mnist`, `strokes` or a folder of IDX files; by default those that the network was
    /// trained for
    #[arg(long, value_name = "SOURCE")]
    data: Option<String>,
    /// Folder of MNIST's files; by default that of `DRSAE_DATA_DIR`, else drsae/mnist in the user's cache
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Folder of all results
    #[arg(long, value_name = "DIR", default_value = "results")]
    results: PathBuf,
    /// Keep what the tables hold of networks that are not measured now
    #[arg(long)]
    merge: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    ensure!(
        !args.files.is_empty() || (args.merge && args.name.is_some()),
        "name a checkpoint, or --merge and --name to write claims and page from stored tables"
    );
    let found = subjects::find(&args.files, &args.after_phase_1, args.merge)?;
    let folder = args.results.join("anatomy").join(args.name(found.as_ref()));
    let loaded = found.as_ref().map(|found| Loaded::of(args, found)).transpose()?;
    let measured = match (&found, &loaded) {
        (Some(found), Some(loaded)) => measure(found, loaded),
        _ => Vec::new(),
    };
    let tables = Tables::write(&folder, &measured, args.merge)?;
    let findings = findings(&tables.taken);
    store::place(&folder.join(CLAIMS_CSV), &tables::claims_csv(&findings)?)?;
    let portrait = match (&found, &loaded, measured.first()) {
        (Some(found), Some(loaded), Some(measured)) => Some(loaded.portrait(&found.subjects[0], measured)),
        _ => None,
    };
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let source = AnatomySource {
        name: &name,
        findings: &findings,
        units: &tables.units,
        curves: &tables.curves,
        portrait,
    };
    for (file, contents) in report::anatomy_files(&source)? {
        store::place(&folder.join(file), &contents)?;
    }
    print(&conclusions(&findings), &folder)?;
    Ok(ExitCode::SUCCESS)
}

impl Args {
    fn name(&self, found: Option<&Found>) -> String {
        let own = || found.map(Found::name).unwrap_or_default();
        self.name.clone().unwrap_or_else(own)
    }
}

/// Measures each network with its controls, and says on a terminal which one it is at.
fn measure(found: &Found, loaded: &Loaded) -> Vec<Measured> {
    let bar = ProgressBar::new_spinner();
    bar.set_style(style("{spinner} {msg}, {elapsed} gone"));
    tick(&bar);
    let ground = loaded.ground();
    let measured = found.subjects.iter().map(|subject| {
        subject.measure(&ground, |stage| bar.set_message(format!("seed {}: {stage}", subject.seed)))
    });
    let measured = measured.collect();
    bar.finish_and_clear();
    measured
}

/// The tables as they now are.
struct Tables {
    taken: Vec<crate::anatomy::claims::Taken>,
    units: tables::Rows,
    curves: tables::Rows,
}

impl Tables {
    /// Writes what was measured; what the tables hold of other networks stays where `merge` says so.
    fn write(folder: &Path, measured: &[Measured], merge: bool) -> Result<Self> {
        let taken: Vec<_> = measured.iter().flat_map(|one| tables::taken_rows(&one.taken)).collect();
        let units: Vec<_> = measured.iter().flat_map(|one| one.unit_rows.clone()).collect();
        let curves: Vec<_> = measured.iter().flat_map(|one| one.curve_rows.clone()).collect();
        // A stage of a seed that was not measured, such as a control that is not at hand, is kept.
        let stages: BTreeSet<_> = taken.iter().map(|row| (row[0].clone(), row[1].clone())).collect();
        let seeds: BTreeSet<_> = units.iter().map(|row| row[0].clone()).collect();
        let stage = |row: &[String]| stages.contains(&(row[0].clone(), row[1].clone()));
        let seed = |row: &[String]| seeds.contains(&row[0]);
        let write = |table: &'static str, rows: &tables::Rows, replaced: tables::Replaced<'_>| -> Result<_> {
            let path = folder.join(table);
            let old = if merge { Some(fs::read(&path)) } else { None };
            let old = old.transpose().or_else(|error| match error.kind() {
                io::ErrorKind::NotFound if !rows.is_empty() => Ok(None),
                _ => Err(error).with_context(|| format!("cannot read {}", shown(&path))),
            })?;
            let bytes = tables::merged(table, old.as_deref(), rows, replaced)?;
            store::place(&path, &bytes)?;
            Ok(bytes)
        };
        let written = write(MEASURES_CSV, &taken, &stage)?;
        Ok(Self {
            taken: tables::read_taken(&written)?,
            units: tables::read(UNITS_CSV, &write(UNITS_CSV, &units, &seed)?)?,
            curves: tables::read(CURVES_CSV, &write(CURVES_CSV, &curves, &stage)?)?,
        })
    }
}

/// Each claim with its verdict, and the measures that it rests on.
fn print(conclusions: &[Conclusion<'_>], folder: &Path) -> Result<()> {
    let mut out = output();
    for conclusion in conclusions {
        writeln!(out, "{}. {}: {}", conclusion.claim, conclusion.text, conclusion.verdict)?;
        for finding in &conclusion.findings {
            writeln!(out, "     {}", line(finding))?;
        }
    }
    writeln!(out, "\n{}", shown(&folder.join(report::ANATOMY_PAGE)))?;
    Ok(())
}

fn line(finding: &Finding) -> String {
    let [value, before, untrained] = report::finding_texts(finding);
    let verdict = finding.verdict.map_or("no control after phase 1", |verdict| verdict.text());
    format!("{}: {value} (after phase 1 {before}, untrained {untrained}): {verdict}", finding.measure.name)
}
