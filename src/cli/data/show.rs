//! `drsae data show`: images as text, or as JSON for other programs.

use std::io::{self, Write};
use std::iter;

use anyhow::{Context, bail, ensure};
use clap::ValueEnum;
use serde::Serialize;

use super::{Place, load};
use crate::cli::terminal::space;
use crate::data::{Layout, PixelSlice, Pixels, layout, strokes};
use crate::rng::Purpose;
use crate::text::wrap;

/// Name of the source without files.
const STROKES: &str = "strokes";

#[derive(Debug, clap::Args)]
pub struct Show {
    /// `mnist`, `fashion-mnist`, `kmnist`, `qmnist`, `strokes`, a folder of IDX or .npy files, or an .npz file
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
    /// Print a JSON object a line for each image: index, label, shape and pixels
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Split {
    Train,
    Test,
}

/// An image in JSON.
#[derive(Serialize)]
struct Line<'a> {
    index: usize,
    label: i64,
    shape: Vec<usize>,
    pixels: Numbers<'a>,
}

/// Floats have as many digits as tell them from other floats of their type.
#[derive(Serialize)]
#[serde(untagged)]
enum Numbers<'a> {
    Bytes(&'a [u8]),
    Floats(&'a [f32]),
}

/// An image to show.
struct Shown<'a> {
    index: usize,
    label: i64,
    layout: Layout,
    pixels: PixelSlice<'a>,
}

impl Show {
    pub fn print(&self, out: &mut impl Write) -> anyhow::Result<()> {
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
        let layout = Layout::square(strokes::SIDE);
        for index in self.indices()? {
            let glyph = Pixels::from(strokes::glyph(seed, purpose, index).to_vec());
            let pixels = glyph.slice(0, glyph.len());
            let label = i64::from(strokes::label(index));
            self.print_image(out, &Shown { index, label, layout, pixels })?;
        }
        Ok(())
    }

    fn print_images(&self, out: &mut impl Write) -> anyhow::Result<()> {
        if self.seed.is_some() {
            bail!("--seed requires --source strokes");
        }
        let dataset = load(&self.source, &self.place)?;
        let images = if self.split == Split::Train { &dataset.train } else { &dataset.test };
        let indices = self.indices()?;
        ensure!(
            indices.end <= images.len(),
            "--index {} --count {} go beyond the last image, which is {}",
            self.index,
            self.count,
            images.len() - 1
        );
        for index in indices {
            let label = dataset.labels[usize::from(images.labels[index])];
            let pixels = images.image(index);
            self.print_image(out, &Shown { index, label, layout: dataset.layout, pixels })?;
        }
        Ok(())
    }

    fn print_image(&self, out: &mut impl Write, image: &Shown<'_>) -> anyhow::Result<()> {
        if self.json {
            writeln!(out, "{}", serde_json::to_string(&image.json())?)?;
        } else {
            image.print(space().and_then(|space| space.columns), out)?;
        }
        Ok(())
    }
}

/// Characters from paper to ink.
const SHADES: [char; 10] = [' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'];

impl Shown<'_> {
    /// The image as it is, row-major.
    fn json(&self) -> Line<'_> {
        let pixels = match self.pixels {
            PixelSlice::Bytes(pixels) => Numbers::Bytes(pixels),
            PixelSlice::Floats(pixels) => Numbers::Floats(pixels),
        };
        Line { index: self.index, label: self.label, shape: self.layout.dimensions(), pixels }
    }

    /// Two characters per pixel, since a terminal's cells are about twice as high as wide, or one if two do not fit;
    /// features as numbers.
    fn print(&self, width: Option<usize>, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "index {}, label {}", self.index, self.label)?;
        let numbers = self.pixels.numbers();
        let (numbers, columns) = match self.layout {
            Layout::Features(_) => {
                let numbers: Vec<_> = numbers.iter().map(f32::to_string).collect();
                let lines = wrap::indented(&numbers.join(" "), (0, 0), width);
                return lines.iter().try_for_each(|line| writeln!(out, "{line}"));
            }
            Layout::Grey { columns, .. } => (numbers, columns),
            Layout::Colour { columns, .. } => (layout::luminance(&numbers), columns),
        };
        let (paper, ink) = self.ends(&numbers);
        let letters = if width.is_some_and(|width| width < 2 * columns) { 1 } else { 2 };
        for row in numbers.chunks_exact(columns) {
            let shades = row.iter().map(|&number| shade(number, paper, ink));
            let line: String = shades.flat_map(|shade| iter::repeat_n(shade, letters)).collect();
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    /// The numbers of paper and ink: those of bytes, or the least and the largest float of the image.
    fn ends(&self, numbers: &[f32]) -> (f32, f32) {
        match self.pixels {
            PixelSlice::Bytes(_) => (0.0, 255.0),
            PixelSlice::Floats(_) => {
                numbers.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(least, most), &number| {
                    (least.min(number), most.max(number))
                })
            }
        }
    }
}

/// One of ten shades; 256 values of bytes have 25 or 26 of each.
fn shade(number: f32, paper: f32, ink: f32) -> char {
    let range = f64::from(ink) - f64::from(paper);
    let share = (f64::from(number) - f64::from(paper)) / (range * 256.0 / 255.0);
    // An image of one grey has no range, and is paper.
    let at = if range > 0.0 { (share * SHADES.len() as f64) as usize } else { 0 };
    SHADES[at.min(SHADES.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(layout: Layout, pixels: PixelSlice<'_>) -> String {
        in_columns(None, layout, pixels)
    }

    fn in_columns(columns: Option<usize>, layout: Layout, pixels: PixelSlice<'_>) -> String {
        let mut out = Vec::new();
        Shown { index: 7, label: 3, layout, pixels }.print(columns, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_narrow_terminal_shows_a_character_a_pixel() {
        let layout = Layout::Grey { rows: 2, columns: 3 };
        let pixels = [0, 26, 255, 255, 128, 0];
        assert_eq!(in_columns(Some(5), layout, PixelSlice::Bytes(&pixels)), "index 7, label 3\n .@\n@+\n");
        assert_eq!(
            in_columns(Some(6), layout, PixelSlice::Bytes(&pixels)),
            "index 7, label 3\n  ..@@\n@@++\n"
        );
        let text = in_columns(Some(6), Layout::Features(3), PixelSlice::Floats(&[0.1, -2.0, 1e-9]));
        assert_eq!(text, "index 7, label 3\n0.1 -2\n0.000000001\n");
    }

    #[test]
    fn an_image_is_two_characters_a_pixel_from_paper_to_ink() {
        let layout = Layout::Grey { rows: 2, columns: 3 };
        let text = printed(layout, PixelSlice::Bytes(&[0, 26, 255, 255, 128, 0]));
        assert_eq!(text, "index 7, label 3\n  ..@@\n@@++\n");
        let text = printed(layout, PixelSlice::Floats(&[-1.0, -0.79, 1.0, 1.0, 0.01, -1.0]));
        assert_eq!(text, "index 7, label 3\n  ..@@\n@@++\n");
        assert_eq!(printed(layout, PixelSlice::Floats(&[2.5; 6])), "index 7, label 3\n\n\n");
    }

    #[test]
    fn every_byte_has_its_shade() {
        for byte in 0..=255_u8 {
            let expected = SHADES[usize::from(byte) * SHADES.len() / 256];
            assert_eq!(shade(byte.into(), 0.0, 255.0), expected, "{byte}");
        }
    }

    #[test]
    fn colour_is_shown_as_luminance_and_features_as_numbers() {
        let colour = Layout::Colour { rows: 1, columns: 2 };
        let text = printed(colour, PixelSlice::Bytes(&[255, 255, 255, 0, 0, 255]));
        assert_eq!(text, "index 7, label 3\n@@..\n");
        let text = printed(Layout::Features(3), PixelSlice::Floats(&[0.1, -2.0, 1e-9]));
        assert_eq!(text, "index 7, label 3\n0.1 -2 0.000000001\n");
    }

    #[test]
    fn json_has_the_numbers_themselves() {
        let pixels = PixelSlice::Floats(&[0.1, 16.0]);
        let shown = Shown { index: 0, label: -4, layout: Layout::Grey { rows: 1, columns: 2 }, pixels };
        let text = serde_json::to_string(&shown.json()).unwrap();
        assert_eq!(text, r#"{"index":0,"label":-4,"shape":[1,2],"pixels":[0.1,16.0]}"#);
    }
}
