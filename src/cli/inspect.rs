//! `drsae inspect`: measurements of the hidden units of trained networks.

mod loaded;
mod subjects;

use std::cell::Cell;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};

use self::loaded::Loaded;
use self::subjects::Networks;
use super::progress::Progress;
use super::terminal::{output, print_written, space};
use crate::anatomy::claims::{CLAIMS_CSV, JudgedClaim, claims_csv, conclusions};
use crate::anatomy::summary::summarise;
use crate::anatomy::tables::{self, NetworkRow};
use crate::anatomy::{Anatomy, Subject};
use crate::report::{self, ReportedAnatomy};
use crate::store;
use crate::text::{shown, wrap};

const EXAMPLES: &str = "\
Examples:
  drsae inspect results/depth/trials/ID/model.safetensors --judge judge.safetensors
  drsae inspect one/model.safetensors two/model.safetensors --name paper   networks of two seeds
  drsae inspect one/model.safetensors --name paper --merge   keep the rows of other networks
  drsae inspect --name paper --merge            claims and page from the stored tables

The command writes DIR/anatomy/NAME/: units.csv, curves.csv, measures.csv, claims.csv, claims.md,
figures/ and anatomy.html. docs/ANATOMY.md explains every measure.

Each network has two controls. The untrained network has the initial weights, which follow from
the config. The network after phase 1 has the same config and seed, and its schedule ends before
the first discriminative phase; it is taken from --after-phase-1 or the neighbouring trial folders.";

/// Measure the hidden units of trained networks, claim by claim.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Trained networks: `model.safetensors` of trials that differ only in their seed. Figures with
    /// images show the first.
    #[arg(value_name = "CHECKPOINT")]
    files: Vec<PathBuf>,
    /// Name of the results folder [default: from data and network, such as mnist-t11-n400].
    #[arg(long)]
    name: Option<String>,
    /// Networks after phase 1, one for each seed, if they are not in neighbouring trial folders
    #[arg(long, value_name = "FILE", num_args = 1..)]
    after_phase_1: Vec<PathBuf>,
    /// A network trained to classify the same images, such as an `mlp`; without one, decoded images
    /// are not classified
    #[arg(long, value_name = "FILE")]
    judge: Option<PathBuf>,
    /// Test images: `mnist`, `fashion-mnist`, `kmnist`, `qmnist`, `strokes`, a folder of IDX or .npy files, or an
    /// .npz file [default: those of the network's own data]
    #[arg(long, value_name = "SOURCE")]
    data: Option<String>,
    /// Folder of published sets [default: $DRSAE_DATA_DIR, else drsae in the user's cache]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Folder of all results
    #[arg(long, value_name = "DIR", default_value = "results")]
    results: PathBuf,
    /// Keep the stored rows of other networks
    #[arg(long)]
    merge: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    ensure!(
        !args.files.is_empty() || (args.merge && args.name.is_some()),
        "name a checkpoint, or --merge and --name to write claims and page from stored tables"
    );
    let networks = subjects::find(args)?;
    let folder = args.results.join("anatomy").join(args.name(networks.as_ref()));
    let loaded = networks.as_ref().map(|networks| Loaded::of(args, networks)).transpose()?;
    let anatomies = match (&networks, &loaded) {
        (Some(networks), Some(loaded)) => measure(networks, loaded),
        _ => Vec::new(),
    };
    let measurements = merge(&folder, args.merge, anatomies.iter().flat_map(|one| &one.measurements))?;
    let units = merge(&folder, args.merge, anatomies.iter().flat_map(|one| &one.unit_rows))?;
    let curves = merge(&folder, args.merge, anatomies.iter().flat_map(|one| &one.curve_rows))?;
    let summaries = summarise(&measurements);
    place(&folder.join(CLAIMS_CSV), &claims_csv(&summaries)?)?;
    let inspected = match (&networks, &loaded, anatomies.first()) {
        (Some(networks), Some(loaded), Some(anatomy)) => {
            Some(loaded.inspected(&networks.subjects[0], anatomy))
        }
        _ => None,
    };
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let source =
        ReportedAnatomy { name: &name, summaries: &summaries, units: &units, curves: &curves, inspected };
    for (file, contents) in report::anatomy_files(&source)? {
        place(&folder.join(file), &contents)?;
    }
    print(&conclusions(&summaries), &folder)?;
    Ok(ExitCode::SUCCESS)
}

impl Args {
    fn name(&self, networks: Option<&Networks>) -> String {
        let own = || networks.map(Networks::name).unwrap_or_default();
        self.name.clone().unwrap_or_else(own)
    }
}

/// Measures each network with its controls, and shows which one is being measured.
fn measure(networks: &Networks, loaded: &Loaded) -> Vec<Anatomy> {
    let controls = |subject: &Subject| 1 + usize::from(subject.after_phase_1.is_some());
    let count = networks.subjects.iter().map(|subject| 1 + controls(subject)).sum();
    let progress = Progress::new(count, "networks with their controls");
    let context = loaded.context();
    let begun = Cell::new(0);
    let measure = |subject: &Subject| {
        subject.measure(&context, |stage| {
            progress.set_done(begun.replace(begun.get() + 1));
            progress.set_note(format!("seed {}: {stage}", subject.seed));
        })
    };
    networks.subjects.iter().map(measure).collect()
}

/// Writes a file.
fn place(path: &Path, contents: &[u8]) -> Result<()> {
    store::place(path, contents)?;
    print_written(path);
    Ok(())
}

/// Writes a table with new rows and, if `merge` is set, with the stored rows of other networks; returns all
/// of its rows.
fn merge<'a, R: NetworkRow + Clone + 'a>(
    folder: &Path,
    merge: bool,
    new: impl Iterator<Item = &'a R>,
) -> Result<Vec<R>> {
    let (path, new) = (folder.join(R::FILE), new.cloned().collect::<Vec<_>>());
    let old = match fs::read(&path) {
        _ if !merge => None,
        Ok(old) => Some(old),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !new.is_empty() => None,
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", shown(&path))),
    };
    let bytes = tables::merge(old.as_deref(), &new)?;
    place(&path, &bytes)?;
    Ok(tables::read(&bytes)?)
}

/// Prints each claim with its verdict and its primary measures.
fn print(conclusions: &[JudgedClaim<'_>], folder: &Path) -> Result<()> {
    let mut out = output();
    let columns = space().and_then(|space| space.columns);
    let mut print = |text: &str, indents| {
        wrap::indented(text, indents, columns).iter().try_for_each(|line| writeln!(out, "{line}"))
    };
    for conclusion in conclusions {
        print(&format!("{}. {}: {}", conclusion.claim, conclusion.text, conclusion.verdict), (0, 3))?;
        for summary in &conclusion.evidence {
            let [value, before, untrained] = report::summary_texts(summary);
            let name = summary.measure.definition().name;
            let verdict = report::verdict_text(summary);
            let line = format!("{name}: {value} (after phase 1 {before}, untrained {untrained}): {verdict}");
            print(&line, (5, 7))?;
        }
    }
    writeln!(out, "\n{}", shown(&folder.join(report::ANATOMY_PAGE)))?;
    Ok(())
}
