//! `drsae data`: download, check and print the images.

mod show;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::Subcommand;

use self::show::Show;
use super::terminal::output;
use super::{notes, source};
use crate::data::fetch::{Downloader, remove_abandoned};
use crate::data::known::{ALL, KnownSet};
use crate::data::{self, Dataset, Images, Part};
use crate::text::{chain, printable, shown};

/// Download, check and print the images
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Download those of a published set's four files that are missing
    #[command(after_help = "Examples:
  drsae data fetch                 MNIST
  drsae data fetch fashion-mnist   one of fashion-mnist, kmnist, qmnist
  drsae data fetch --data-dir /scratch/mnist")]
    Fetch(Fetch),
    /// Check a published set's four files against their digests, or read another data set; count the images
    #[command(after_help = "Examples:
  drsae data check                    the files of MNIST
  drsae data check kmnist             those of another published set
  drsae data check digits             a folder of four IDX or .npy files
  drsae data check digits.npz --json | jq .train.by_class
  DRSAE_DATA_DIR=/scratch/mnist drsae data check")]
    Check(Check),
    /// Print images as text
    #[command(after_help = "Examples:
  drsae data show                              the first stroke glyph
  drsae data show --index 40 --count 10        one glyph of each class
  drsae data show --source mnist --split test  the first test digit
  drsae data show --source digits              the first image of a folder of IDX or .npy files
  drsae data show --source digits.npz --json   its numbers, for other programs

Colour images are shown as luminance, Y = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), floats between the
least and the largest of an image, plain features as numbers.")]
    Show(Show),
}

#[derive(Debug, clap::Args)]
struct Place {
    /// Folder of MNIST's files, and of folders with the names and files of other published sets [default:
    /// $DRSAE_DATA_DIR, else drsae/NAME in the user's cache]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct Fetch {
    /// `mnist`, `fashion-mnist`, `kmnist` or `qmnist`
    #[arg(default_value = MNIST)]
    name: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, clap::Args)]
struct Check {
    /// `mnist`, `fashion-mnist`, `kmnist`, `qmnist`, `strokes`, a folder of IDX or .npy files, or an .npz file
    #[arg(default_value = MNIST)]
    source: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Name of the source that is fetched and checked by default.
const MNIST: &str = "mnist";

/// Runs the subcommand.
///
/// # Errors
/// A file is missing or not genuine, or an option is invalid.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let mut out = output();
    match &args.command {
        Command::Fetch(args) => fetch(args, &mut out),
        Command::Check(check) => check.run(&mut out),
        Command::Show(show) => show.print(&mut out),
    }
}

fn fetch(args: &Fetch, out: &mut impl Write) -> anyhow::Result<()> {
    let set = KnownSet::named(&args.name).with_context(|| {
        format!("there is no published set {}: name one of {}", args.name, ALL.map(|set| set.name).join(", "))
    })?;
    let folder = set.folder(args.place.data_dir.as_deref())?;
    let downloader = Downloader::of(set);
    remove_abandoned(&folder);
    for file in set.files {
        let present = file.locate(&folder).is_some();
        let path = downloader.ensure(file, &folder)?;
        let how = if present { "present" } else { "fetched" };
        writeln!(out, "{how}  {}", shown(&path))?;
    }
    Ok(())
}

impl Check {
    fn run(&self, out: &mut impl Write) -> anyhow::Result<()> {
        if let Some(set) = KnownSet::named(&self.source).filter(|_| !self.json) {
            check(set, &set.folder(self.place.data_dir.as_deref())?, out)?;
        }
        let dataset = load(&self.source, &self.place)?;
        if self.json {
            writeln!(out, "{:#}", json(&dataset))?;
        } else {
            print(&dataset, out)?;
        }
        Ok(())
    }
}

/// All images of a source.
fn load(name: &str, place: &Place) -> anyhow::Result<Dataset> {
    let dataset = data::load(&source::named("SOURCE", name)?, place.data_dir.as_deref(), Part::All)?;
    notes::of_dataset(name, &dataset);
    Ok(dataset)
}

/// Prints the sizes and classes of a data set.
fn print(dataset: &Dataset, out: &mut impl Write) -> io::Result<()> {
    let Dataset { name, layout, classes, labels, train, test, .. } = dataset;
    let kind = train.pixels.type_name();
    writeln!(out, "{}: {layout}, {kind}, in {classes} classes", printable(name))?;
    for (part, images) in [("training", train), ("test", test)] {
        let counts = labels.iter().zip(by_class(images, *classes));
        let counts: Vec<_> = counts.map(|(label, count)| format!("{label}: {count}")).collect();
        writeln!(out, "{part:<9}{:>7} images; by label {}", images.len(), counts.join(", "))?;
    }
    Ok(())
}

/// The same for scripts, with the checksums that are in the ids of trials.
fn json(dataset: &Dataset) -> serde_json::Value {
    let Dataset { name, layout, classes, labels, train, test, checksums } = dataset;
    let part = |images: &Images| {
        let by_class = by_class(images, *classes);
        serde_json::json!({ "images": images.len(), "by_class": by_class })
    };
    serde_json::json!({
        "source": name, "shape": layout.dimensions(), "type": train.pixels.type_name(),
        "classes": classes, "labels": labels, "train": part(train), "test": part(test),
        "checksums": checksums,
    })
}

/// The number of images of each class.
fn by_class(images: &Images, classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    for &label in &images.labels {
        counts[usize::from(label)] += 1;
    }
    counts
}

/// Lists the state of a set's files.
fn check(set: &KnownSet, folder: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    let mut bad = 0;
    for file in set.files {
        let verdict = match file.locate(folder) {
            None => Err(format!("missing  {}", shown(&folder.join(file.name)))),
            Some(path) => match file.verify(&path) {
                Ok(()) => Ok(format!("genuine  {}  {}", file.digest.digits(), shown(&path))),
                Err(error) => Err(format!("bad      {}", printable(&chain(&error)))),
            },
        };
        bad += usize::from(verdict.is_err());
        writeln!(out, "{}", verdict.unwrap_or_else(|line| line))?;
    }
    ensure!(
        bad == 0,
        "{bad} of the four files of {name} cannot be used; `drsae data fetch {name}` downloads missing ones",
        name = set.name
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::known;
    use std::fs;

    fn printed(print: impl FnOnce(&mut Vec<u8>) -> anyhow::Result<()>) -> (String, anyhow::Result<()>) {
        let mut out = Vec::new();
        let outcome = print(&mut out);
        (String::from_utf8(out).unwrap(), outcome)
    }

    #[test]
    fn files_that_cannot_be_used_are_listed_and_fail_the_check() {
        for set in [&known::MNIST, &known::QMNIST] {
            let folder = tempfile::tempdir().unwrap();
            let bad = folder.path().join(format!("{}.gz", set.files[3].name));
            fs::write(&bad, b"not labels").unwrap();
            let (text, outcome) = printed(|out| check(set, folder.path(), out));
            assert_eq!(text.matches("missing").count(), 3, "{text}");
            assert!(text.contains(&format!("bad      {}", bad.display())), "{text}");
            let expected = format!("4 of the four files of {} cannot be used", set.name);
            assert!(outcome.unwrap_err().to_string().starts_with(&expected), "{text}");
        }
    }
}
