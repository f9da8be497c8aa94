//! The embedded data set: pen-stroke glyphs, drawn procedurally, without a download.
//!
//! An example is one of ten skeletons after a random rotation, shear, scale and shift, with random displacements of the
//! strokes' points and a random width of the pen. Example i is a pure function of (seed, split, i) and does not depend
//! on the number of examples, so threads draw examples in parallel. Pixels are computed with additions,
//! multiplications, divisions and square roots only, which IEEE arithmetic rounds correctly, so every CPU draws the same
//! bytes.

use std::collections::BTreeMap;
use std::ops::Range;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::skeletons::{Point, SKELETONS};
use super::{Config, Dataset, Images, Layout, Part, Shape};
use crate::Invalid;
use crate::rng::{self, Purpose};

/// Version of the drawn pixels: raise it when any of them changes.
const VERSION: u32 = 1;
/// Height and width of a glyph in pixels.
pub const SIDE: usize = 28;
/// The default shape of the glyphs; a config may set other numbers.
pub const SHAPE: Shape =
    Shape { inputs: SIDE * SIDE, classes: SKELETONS.len(), train: DEFAULT_TRAIN, test: DEFAULT_TEST };

/// The shape of an image.
pub(super) const LAYOUT: Layout = Layout::square(SIDE);
/// Seed of the glyphs where `data.glyph_seed` is absent.
pub const DEFAULT_SEED: u64 = 0;

const DEFAULT_TRAIN: usize = 20_000;
const DEFAULT_TEST: usize = 5_000;
/// Maximum number of glyphs of a split: 8 GB of pixels.
const MAX_COUNT: usize = 10_000_000;

/// Half the side of an undeformed glyph, in pixels.
const HALF_SIZE: f64 = 9.0;
/// Straight pieces between two points of a stroke.
const PIECES: usize = 6;

// Ranges of the deformation, each way. With 10,000 training glyphs a linear classifier has an error of about
// 20 %, and a network of two hidden layers of 1 or 2 %.
/// Tangent of the rotation.
const TANGENT: f64 = 0.5;
/// Sideways lean for each unit of height.
const SHEAR: f64 = 0.35;
/// Share of the size, in width and height apart, around [`USUAL_SCALE`].
const SCALE: f64 = 0.3;
const USUAL_SCALE: f64 = 0.9;
/// Pixels off the centre.
const SHIFT: f64 = 2.5;
/// Half the largest displacement of a point, in the skeleton's units.
const JITTER: f64 = 0.1;
/// Half the pen's width in pixels, around [`USUAL_PEN`].
const PEN: f64 = 0.5;
const USUAL_PEN: f64 = 1.0;

/// Seed and sizes of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipe {
    seed: u64,
    train: usize,
    test: usize,
}

impl Recipe {
    /// The recipe of a config, with its defaults.
    ///
    /// # Errors
    /// Names the setting that exceeds the maximum number of glyphs.
    pub fn of(config: &Config) -> Result<Self, Invalid> {
        let recipe = Self {
            seed: config.glyph_seed.unwrap_or(DEFAULT_SEED),
            train: config.train.unwrap_or(DEFAULT_TRAIN),
            test: config.test.unwrap_or(DEFAULT_TEST),
        };
        for (key, count) in [("data.train", recipe.train), ("data.test", recipe.test)] {
            if count > MAX_COUNT {
                return Err(Invalid::new(key, format!("must be at most {MAX_COUNT}, not {count}")));
            }
        }
        Ok(recipe)
    }

    /// The shape of the data set.
    #[must_use]
    pub fn shape(self) -> Shape {
        Shape { train: self.train, test: self.test, ..SHAPE }
    }

    /// Draws the training split, and the test split if the part has it.
    #[must_use]
    pub fn draw(self, part: Part) -> Dataset {
        let test = if part == Part::All { self.test } else { 0 };
        Dataset {
            name: "strokes".to_owned(),
            layout: LAYOUT,
            classes: SHAPE.classes,
            labels: (0..).take(SHAPE.classes).collect(),
            train: images(self.seed, Purpose::TrainingGlyph, self.train),
            test: images(self.seed, Purpose::TestGlyph, test),
            checksums: self.checksums(),
        }
    }

    /// A description that determines the pixels, in place of checksums.
    #[must_use]
    pub fn checksums(self) -> BTreeMap<String, String> {
        let Self { seed, train, test } = self;
        let made = format!("version {VERSION}, seed {seed}, train {train}, test {test}");
        [("strokes".to_owned(), made)].into()
    }
}

/// Draws the first `count` examples of a split.
///
/// `purpose` is [`Purpose::TrainingGlyph`] or [`Purpose::TestGlyph`]. The classes alternate, so any number of examples
/// is balanced.
#[must_use]
pub fn images(seed: u64, purpose: Purpose, count: usize) -> Images {
    let mut pixels = vec![0; count * SHAPE.inputs];
    pixels.par_chunks_exact_mut(SHAPE.inputs).enumerate().for_each(|(index, out)| {
        out.copy_from_slice(&glyph(seed, purpose, index));
    });
    Images { inputs: SHAPE.inputs, pixels: pixels.into(), labels: (0..count).map(label).collect() }
}

/// The class of example `index`.
#[must_use]
pub fn label(index: usize) -> u8 {
    (index % SHAPE.classes) as u8
}

/// Deformation of a whole glyph before its points are displaced: tangent of the rotation, lean,
/// width, height, shift to the right and downwards, and half the pen's width, each as its
/// difference from that of the undeformed glyph.
pub type Deformation = [f64; 7];

/// The deformation of example `index`.
#[must_use]
pub fn deformation(seed: u64, purpose: Purpose, index: usize) -> Deformation {
    draw_deformation(&mut rng::stream(seed, purpose, index as u64))
}

/// Draws example `index`: `[28, 28]`, row-major, ink 255 on paper 0.
#[must_use]
pub fn glyph(seed: u64, purpose: Purpose, index: usize) -> [u8; SIDE * SIDE] {
    let mut rng = rng::stream(seed, purpose, index as u64);
    let pen = Pen::of(&draw_deformation(&mut rng));
    let mut canvas = Raster::blank();
    for stroke in SKELETONS[usize::from(label(index))] {
        let points: Vec<Point> = stroke.iter().map(|&point| pen.place(point, &mut rng)).collect();
        canvas.trace(&points, pen.reach);
    }
    canvas.ink(pen.reach)
}

/// Drawing of one example: an affine map from the skeleton to pixels, and the pen.
struct Pen {
    map: [Point; 2],
    shift: Point,
    /// Half the pen's width plus half a pixel: the distance at which the ink ends, in pixels.
    reach: f64,
}

fn draw_deformation(rng: &mut ChaCha8Rng) -> Deformation {
    [TANGENT, SHEAR, SCALE, SCALE, SHIFT, SHIFT, PEN].map(|half| uniform(rng, half))
}

impl Pen {
    fn of(&[tangent, shear, width, height, right, down, half_width]: &Deformation) -> Self {
        // The tangent of the angle is drawn, because a sine may differ between platforms.
        let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
        let sine = tangent * cosine;
        let width = HALF_SIZE * (USUAL_SCALE + width);
        let height = HALF_SIZE * (USUAL_SCALE + height);
        let centre = (SIDE as f64 - 1.0) / 2.0;
        Self {
            map: [
                [cosine * width, (cosine * shear - sine) * height],
                [sine * width, (sine * shear + cosine) * height],
            ],
            shift: [centre + right, centre + down],
            reach: USUAL_PEN + 0.5 + half_width,
        }
    }

    /// A skeleton's point with a random displacement, in pixels.
    fn place(&self, [x, y]: Point, rng: &mut ChaCha8Rng) -> Point {
        let x = x + uniform(rng, JITTER) + uniform(rng, JITTER);
        let y = y + uniform(rng, JITTER) + uniform(rng, JITTER);
        self.map([x, y])
    }

    /// A skeleton's point in pixels.
    fn map(&self, [x, y]: Point) -> Point {
        [0, 1].map(|axis| self.map[axis][0] * x + self.map[axis][1] * y + self.shift[axis])
    }
}

/// A uniform random number in -`half`..`half`.
fn uniform(rng: &mut ChaCha8Rng, half: f64) -> f64 {
    half * (2.0 * rng.random::<f64>() - 1.0)
}

/// Squared distance of every pixel to the nearest stroke.
struct Raster([f64; SIDE * SIDE]);

impl Raster {
    const fn blank() -> Self {
        Self([f64::INFINITY; SIDE * SIDE])
    }

    /// Follows the Catmull-Rom curve through `points`.
    fn trace(&mut self, points: &[Point], reach: f64) {
        let last = points.len() - 1;
        for middle in 0..last {
            let support = [middle.saturating_sub(1), middle, middle + 1, (middle + 2).min(last)];
            let support = support.map(|index| points[index]);
            let mut from = support[1];
            for piece in 1..=PIECES {
                let to = catmull_rom(&support, piece as f64 / PIECES as f64);
                self.segment(from, to, reach);
                from = to;
            }
        }
    }

    /// Updates the pixels within `reach` of a straight piece.
    fn segment(&mut self, from: Point, to: Point, reach: f64) {
        let [columns, rows] = [0, 1].map(|axis| span(from[axis], to[axis], reach));
        for row in rows {
            for column in columns.clone() {
                let distance = squared_distance([column as f64, row as f64], from, to);
                let nearest = &mut self.0[row * SIDE + column];
                *nearest = nearest.min(distance);
            }
        }
    }

    /// Ink fades over one pixel at the edge of the pen.
    fn ink(&self, reach: f64) -> [u8; SIDE * SIDE] {
        self.0.map(|squared| ((reach - squared.sqrt()).clamp(0.0, 1.0) * 255.0).round() as u8)
    }
}

/// The pixels of one axis within `reach` of the interval between two coordinates.
fn span(from: f64, to: f64, reach: f64) -> Range<usize> {
    let first = (from.min(to) - reach).ceil().max(0.0);
    let end = (from.max(to) + reach).floor() + 1.0;
    first as usize..end.clamp(0.0, SIDE as f64) as usize
}

/// Squared distance of a pixel to the straight piece between two points.
fn squared_distance(pixel: Point, from: Point, to: Point) -> f64 {
    let along = [to[0] - from[0], to[1] - from[1]];
    let offset = [pixel[0] - from[0], pixel[1] - from[1]];
    let length = along[0] * along[0] + along[1] * along[1];
    let share = if length > 0.0 {
        ((offset[0] * along[0] + offset[1] * along[1]) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let [x, y] = [offset[0] - share * along[0], offset[1] - share * along[1]];
    x * x + y * y
}

/// The curve between the middle two of four points, at `t` from 0 to 1.
fn catmull_rom(points: &[Point; 4], t: f64) -> Point {
    [0, 1].map(|axis| {
        let [before, from, to, after] = points.map(|point| point[axis]);
        let cubic = 3.0 * (from - to) + after - before;
        let square = 2.0 * before - 5.0 * from + 4.0 * to - after;
        from + 0.5 * t * (to - before + t * (square + t * cubic))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::files::sha256;
    use crate::data::{PixelSlice, Pixels};

    #[test]
    fn a_glyph_does_not_depend_on_how_many_are_drawn() {
        let few = images(3, Purpose::TrainingGlyph, 7);
        let many = images(3, Purpose::TrainingGlyph, 40);
        assert_eq!(few.pixels, many.first(few.len()).pixels);
        assert_eq!(few.image(6), PixelSlice::Bytes(&glyph(3, Purpose::TrainingGlyph, 6)));
    }

    /// The undeformed glyph of a class.
    fn prototype(class: usize) -> [u8; SIDE * SIDE] {
        let pen = Pen::of(&[0.0; 7]);
        let mut canvas = Raster::blank();
        for stroke in SKELETONS[class] {
            let points: Vec<Point> = stroke.iter().map(|&point| pen.map(point)).collect();
            canvas.trace(&points, pen.reach);
        }
        canvas.ink(pen.reach)
    }

    #[test]
    fn a_glyph_without_deformation_is_upright_and_in_the_middle() {
        // The plus: its strokes cross in the centre, and it is its own mirror image.
        let plus = prototype(4);
        for row in 0..SIDE {
            for column in 0..SIDE {
                let pixel = |row: usize, column: usize| plus[row * SIDE + column];
                assert_eq!(pixel(row, column), pixel(SIDE - 1 - row, column));
                assert_eq!(pixel(row, column), pixel(row, SIDE - 1 - column));
            }
        }
        let deformation = deformation(3, Purpose::TestGlyph, 8);
        let most = [TANGENT, SHEAR, SCALE, SCALE, SHIFT, SHIFT, PEN];
        assert!(deformation.iter().zip(most).all(|(value, most)| *value != 0.0 && value.abs() <= most));
    }

    #[test]
    fn seeds_and_splits_differ() {
        let base = glyph(0, Purpose::TrainingGlyph, 0);
        assert_ne!(base, glyph(1, Purpose::TrainingGlyph, 0));
        assert_ne!(base, glyph(0, Purpose::TestGlyph, 0));
        assert_ne!(base, glyph(0, Purpose::TrainingGlyph, 10));
    }

    /// Results are compared across machines and versions, so a change of pixels must be noticed. Raise [`VERSION`] if it
    /// is intended.
    #[test]
    fn the_pixels_are_pinned() {
        let Pixels::Bytes(pixels) = images(DEFAULT_SEED, Purpose::TrainingGlyph, 100).pixels else {
            panic!("glyphs are bytes")
        };
        assert_eq!(
            (VERSION, sha256(&pixels).as_str()),
            (1, "628aaa5a16bf757263d52afdd1c3e8568546f1846fc1e84cdd1713519cec5d9d")
        );
    }

    #[test]
    fn every_glyph_has_ink_and_paper() {
        let images = images(5, Purpose::TestGlyph, 2_000);
        for (index, pixels) in images.iter().enumerate() {
            let ink = pixels.numbers().into_iter().filter(|&pixel| pixel > 127.0).count();
            assert!((15..400).contains(&ink), "{ink} dark pixels in example {index}");
        }
    }

    #[test]
    fn classes_take_turns() {
        let labels = images(0, Purpose::TestGlyph, 23).labels;
        assert_eq!((labels[0], labels[9], labels[10], labels[22]), (0, 9, 0, 2));
    }

    /// A horizontal pen of half-width 1 through the centres of a row: full ink there, half
    /// of it one pixel off, none two pixels off.
    #[test]
    fn ink_fades_with_the_distance_to_the_pen() {
        let mut canvas = Raster::blank();
        canvas.trace(&[[4.0, 10.0], [20.0, 10.0]], 1.5);
        let ink = canvas.ink(1.5);
        let column = |row: usize| ink[row * SIDE + 12];
        assert_eq!([8, 9, 10, 11, 12].map(column), [0, 128, 255, 128, 0]);
    }

    #[test]
    fn strokes_beyond_the_canvas_are_cut() {
        let mut canvas = Raster::blank();
        canvas.trace(&[[-30.0, -30.0], [-20.0, 60.0], [60.0, 60.0]], 2.0);
        assert_eq!(canvas.ink(2.0), [0; SIDE * SIDE]);
    }

    #[test]
    fn absurd_counts_are_refused() {
        let config: Config = toml::from_str("train = 1000000000000000000").unwrap();
        assert_eq!(Recipe::of(&config).unwrap_err().key, "data.train");
    }
}
