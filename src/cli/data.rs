//! `drsae data`: download, check and print the images.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::{Subcommand, ValueEnum};

use super::described::Described;
use super::source;
use super::terminal::output;
use crate::data::fetch::{Downloader, remove_abandoned};
use crate::data::{self, Dataset, Part, mnist, strokes};
use crate::rng::Purpose;
use crate::text::{chain, printable, shown};

/// Download, check and print the images
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Download those of MNIST's four files that are missing
    #[command(after_help = "Examples:
  drsae data fetch
  drsae data fetch --data-dir /scratch/mnist")]
    Fetch(Place),
    /// Check MNIST's four files against their published SHA-256, or read another data set; count the images
    #[command(after_help = "Examples:
  drsae data check                    the files of MNIST
  drsae data check digits             a folder of four IDX files
  drsae data check digits --json | jq .train.by_class
  DRSAE_DATA_DIR=/scratch/mnist drsae data check")]
    Check(Check),
    /// Print images as text
    #[command(after_help = "Examples:
  drsae data show                              the first stroke glyph
  drsae data show --index 40 --count 10        one glyph of each class
  drsae data show --source mnist --split test  the first test digit
  drsae data show --source digits              the first image of a folder of IDX files")]
    Show(Show),
}

#[derive(Debug, clap::Args)]
struct Place {
    /// Folder of MNIST's files [default: $DRSAE_DATA_DIR, else drsae/mnist in the user's cache]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct Check {
    /// `mnist`, `strokes` or a folder of IDX files
    #[arg(default_value = MNIST)]
    source: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, clap::Args)]
struct Show {
    /// `mnist`, `strokes` or a folder of IDX files
    #[arg(long, default_value = STROKES)]
    source: String,
    /// Training or test images
    #[arg(long, value_enum, default_value_t = Split::Train)]
    split: Split,
    /// First image to show, counted from 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    index: usize,
    /// Number of images to show
    #[arg(long, value_name = "K", default_value_t = 1)]
    count: usize,
    /// Seed of the stroke glyphs [default: the default of `data.glyph_seed`]
    #[arg(long)]
    seed: Option<u64>,
    #[command(flatten)]
    place: Place,
}

/// Names of sources.
const MNIST: &str = "mnist";
const STROKES: &str = "strokes";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Split {
    Train,
    Test,
}

/// Runs the subcommand.
///
/// # Errors
/// A file is missing or not genuine, or an option is invalid.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let mut out = output();
    match &args.command {
        Command::Fetch(place) => fetch(&place.folder()?, &mut out),
        Command::Check(check) => check.run(&mut out),
        Command::Show(show) => show.print(&mut out),
    }
}

impl Place {
    fn folder(&self) -> anyhow::Result<PathBuf> {
        Ok(mnist::folder(self.data_dir.as_deref())?)
    }
}

fn fetch(folder: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    let downloader = Downloader::public();
    remove_abandoned(folder);
    for file in mnist::FILES {
        let present = file.locate(folder).is_some();
        let path = downloader.ensure(file, folder)?;
        let how = if present { "present" } else { "fetched" };
        writeln!(out, "{how}  {}", shown(&path))?;
    }
    Ok(())
}

impl Check {
    fn run(&self, out: &mut impl Write) -> anyhow::Result<()> {
        if self.source == MNIST && !self.json {
            check(&self.place.folder()?, out)?;
        }
        let described = Described::of(&load(&self.source, &self.place)?);
        if self.json { described.print_json(out) } else { Ok(described.print(out)?) }
    }
}

/// All images of a source.
fn load(source: &str, place: &Place) -> anyhow::Result<Dataset> {
    Ok(data::load(&source::named("SOURCE", source)?, place.data_dir.as_deref(), Part::All)?)
}

/// Lists the state of MNIST's files.
fn check(folder: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    let mut bad = 0;
    for file in mnist::FILES {
        let verdict = match file.locate(folder) {
            None => Err(format!("missing  {}", shown(&folder.join(file.name)))),
            Some(path) => match file.read(&path) {
                Ok(_) => Ok(format!("genuine  {}  {}", file.sha256, shown(&path))),
                Err(error) => Err(format!("bad      {}", printable(&chain(&error)))),
            },
        };
        bad += usize::from(verdict.is_err());
        writeln!(out, "{}", verdict.unwrap_or_else(|line| line))?;
    }
    ensure!(
        bad == 0,
        "{bad} of MNIST's four files cannot be used; `drsae data fetch` downloads missing ones"
    );
    Ok(())
}

impl Show {
    fn print(&self, out: &mut impl Write) -> anyhow::Result<()> {
        if self.source == STROKES { self.print_strokes(out) } else { self.print_images(out) }
    }

    fn indices(&self) -> anyhow::Result<std::ops::Range<usize>> {
        let end = self.index.checked_add(self.count).context("--index and --count are too large")?;
        Ok(self.index..end)
    }

    fn print_strokes(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let purpose = match self.split {
            Split::Train => Purpose::TrainingGlyph,
            Split::Test => Purpose::TestGlyph,
        };
        let seed = self.seed.unwrap_or(strokes::DEFAULT_SEED);
        for index in self.indices()? {
            let pixels = strokes::glyph(seed, purpose, index);
            print_image(out, index, strokes::label(index), &pixels, strokes::SIDE)?;
        }
        Ok(())
    }

    fn print_images(&self, out: &mut impl Write) -> anyhow::Result<()> {
        if self.seed.is_some() {
            bail!("--seed requires --source strokes");
        }
        let Dataset { train, test, columns, .. } = load(&self.source, &self.place)?;
        let images = if self.split == Split::Train { train } else { test };
        let indices = self.indices()?;
        ensure!(
            indices.end <= images.len(),
            "--index {} --count {} go beyond the last image, which is {}",
            self.index,
            self.count,
            images.len() - 1
        );
        for index in indices {
            print_image(out, index, images.labels[index], images.image(index), columns)?;
        }
        Ok(())
    }
}

/// Characters from paper to ink.
const SHADES: [char; 10] = [' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'];

/// Two characters per pixel, since a terminal's cells are about twice as high as wide.
fn print_image(
    out: &mut impl Write,
    index: usize,
    label: u8,
    pixels: &[u8],
    columns: usize,
) -> io::Result<()> {
    writeln!(out, "index {index}, label {label}")?;
    for row in pixels.chunks_exact(columns) {
        let shades = row.iter().map(|&pixel| SHADES[usize::from(pixel) * SHADES.len() / 256]);
        let line: String = shades.flat_map(|shade| [shade, shade]).collect();
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn printed(print: impl FnOnce(&mut Vec<u8>) -> anyhow::Result<()>) -> (String, anyhow::Result<()>) {
        let mut out = Vec::new();
        let outcome = print(&mut out);
        (String::from_utf8(out).unwrap(), outcome)
    }

    #[test]
    fn an_image_is_two_characters_a_pixel_from_paper_to_ink() {
        let pixels = [0, 26, 255, 255, 128, 0];
        let (text, _) = printed(|out| Ok(print_image(out, 7, 3, &pixels, 3)?));
        assert_eq!(text, "index 7, label 3\n  ..@@\n@@++\n");
    }

    #[test]
    fn files_that_cannot_be_used_are_listed_and_fail_the_check() {
        let folder = tempfile::tempdir().unwrap();
        let bad = folder.path().join(mnist::FILES[3].name);
        fs::write(&bad, b"not labels").unwrap();
        let (text, outcome) = printed(|out| check(folder.path(), out));
        assert_eq!(text.matches("missing").count(), 3, "{text}");
        assert!(text.contains(&format!("bad      {}", bad.display())), "{text}");
        assert!(text.contains(mnist::FILES[3].sha256), "{text}");
        assert!(outcome.unwrap_err().to_string().starts_with("4 of MNIST's four files"));
    }
}
