//! Corruptions of test images that training never saw.
//!
//! A corruption acts on pixels, before the preprocessing, which then sees the corrupted image. Its random choices are a
//! function of the corruption and of the image's index alone: every network gets the same corrupted images.

use std::fmt;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use super::layout::Plane;
use super::{Images, Layout, PixelSlice, Pixels};
use crate::rng::{self, Purpose};

/// A corruption and its level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Corruption {
    /// Each pixel is set to 0 with this probability.
    Masking(f64),
    /// Normal noise of this standard deviation is added, as a share of the greatest byte, or in the unit of pixels that are
    /// floats. Bytes are rounded and stay between 0 and 255.
    Noise(f64),
    /// Convolution with a Gaussian of this standard deviation, pixels; the border is repeated outwards.
    Blur(f64),
    /// A square of this side, pixels, is set to 0, wherever it fits into the image with equal probability.
    Occlusion(usize),
    /// The image is moved by this distance, pixels, in one of the eight directions along rows, columns and diagonals, by
    /// as much along both in the latter. Pixels from outside are 0.
    Shift(usize),
}

impl Corruption {
    /// Its name in specs and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Masking(_) => "masking",
            Self::Noise(_) => "noise",
            Self::Blur(_) => "blur",
            Self::Occlusion(_) => "occlusion",
            Self::Shift(_) => "shift",
        }
    }

    /// Its level: a share, or pixels.
    #[must_use]
    pub const fn level(self) -> f64 {
        match self {
            Self::Masking(level) | Self::Noise(level) | Self::Blur(level) => level,
            Self::Occlusion(pixels) | Self::Shift(pixels) => pixels as f64,
        }
    }

    /// Returns true if it can be applied to images of this layout: an occlusion leaves something of the image, and only
    /// images have neighbouring pixels.
    #[must_use]
    pub fn suits(self, layout: Layout) -> bool {
        match (self, layout.plane()) {
            (Self::Masking(_) | Self::Noise(_), _) => true,
            (Self::Blur(_), plane) => plane.is_some(),
            (Self::Occlusion(side), Some(Plane { rows, columns, .. })) => side < rows.min(columns),
            (Self::Shift(distance), Some(Plane { rows, columns, .. })) => distance < rows.min(columns),
            (Self::Occlusion(_) | Self::Shift(_), None) => false,
        }
    }

    /// The images, corrupted.
    ///
    /// # Panics
    /// The corruption does not [suit](Self::suits) the layout.
    #[must_use]
    pub fn apply(self, images: &Images, layout: Layout) -> Images {
        let pixels = match &images.pixels {
            Pixels::Bytes(_) => {
                let byte = |number: f32| number.round().clamp(0.0, 255.0) as u8;
                let corrupted = self.corrupted(images, layout, 255.0);
                Pixels::Bytes(corrupted.into_iter().flatten().map(byte).collect())
            }
            Pixels::Floats(_) => Pixels::Floats(self.corrupted(images, layout, 1.0).concat()),
        };
        Images { pixels, labels: images.labels.clone(), ..*images }
    }

    /// The numbers of each image; `unit` is that of the noise.
    fn corrupted(self, images: &Images, layout: Layout, unit: f32) -> Vec<Vec<f32>> {
        let image = |index: usize| {
            let random = rng::stream(self.stream(), Purpose::Condition, index as u64);
            self.image(images.image(index), layout, unit, random)
        };
        (0..images.len()).into_par_iter().map(image).collect()
    }

    /// The seed of its streams: another one for each kind, so that levels of one kind share their random numbers.
    const fn stream(self) -> u64 {
        match self {
            Self::Masking(_) => 1,
            Self::Noise(_) => 2,
            Self::Blur(_) => 3,
            Self::Occlusion(_) => 4,
            Self::Shift(_) => 5,
        }
    }

    fn image(self, pixels: PixelSlice<'_>, layout: Layout, unit: f32, mut random: ChaCha8Rng) -> Vec<f32> {
        let mut pixels = pixels.numbers();
        let plane = || layout.plane().expect("the corruption suits the layout");
        match self {
            Self::Masking(share) => {
                for pixel in pixels.iter_mut().filter(|_| random.random::<f64>() < share) {
                    *pixel = 0.0;
                }
            }
            Self::Noise(deviation) => {
                let normal = |random: &mut ChaCha8Rng| -> f32 { StandardNormal.sample(random) };
                for pixel in &mut pixels {
                    *pixel += deviation as f32 * unit * normal(&mut random);
                }
            }
            Self::Blur(deviation) => pixels = blurred(&pixels, plane(), deviation),
            Self::Occlusion(side) => occlude(&mut pixels, plane(), side, &mut random),
            Self::Shift(distance) => {
                let (down, right) = DIRECTIONS[random.random_range(0..DIRECTIONS.len())];
                let distance = distance.cast_signed();
                pixels = shifted(&pixels, plane(), (down * distance, right * distance));
            }
        }
        pixels
    }
}

impl fmt::Display for Corruption {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.name(), self.level())
    }
}

/// Steps of the eight directions, down and to the right.
const DIRECTIONS: [(isize, isize); 8] =
    [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)];

/// Convolution along the rows, then along the columns.
fn blurred(pixels: &[f32], plane: Plane, deviation: f64) -> Vec<f32> {
    // Beyond four standard deviations a Gaussian has less than 10⁻⁴ of its mass.
    let reach = (4.0 * deviation).ceil() as isize;
    let weights: Vec<f64> =
        (-reach..=reach).map(|at| (-0.5 * (at as f64 / deviation).powi(2)).exp()).collect();
    let mass: f64 = weights.iter().sum();
    let pass = |pixels: &[f32], (down, right): (isize, isize)| {
        plane.map(|row, column, channel| {
            let near = |at: isize| {
                let row = row.saturating_add_signed(at * down).min(plane.rows - 1);
                let column = column.saturating_add_signed(at * right).min(plane.columns - 1);
                f64::from(pixels[plane.index(row, column, channel)])
            };
            let sum: f64 = (-reach..=reach).zip(&weights).map(|(at, weight)| weight * near(at)).sum();
            (sum / mass) as f32
        })
    };
    pass(&pass(pixels, (0, 1)), (1, 0))
}

fn occlude(pixels: &mut [f32], plane: Plane, side: usize, random: &mut ChaCha8Rng) {
    let top = random.random_range(0..=plane.rows - side);
    let left = random.random_range(0..=plane.columns - side);
    for row in top..top + side {
        pixels[plane.index(row, left, 0)..plane.index(row, left + side, 0)].fill(0.0);
    }
}

fn shifted(pixels: &[f32], plane: Plane, (down, right): (isize, isize)) -> Vec<f32> {
    plane.map(|row, column, channel| {
        let from = (row.checked_add_signed(-down), column.checked_add_signed(-right));
        match from {
            (Some(row), Some(column)) if row < plane.rows && column < plane.columns => {
                pixels[plane.index(row, column, channel)]
            }
            _ => 0.0,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: Layout = Layout::Grey { rows: 9, columns: 12 };

    /// Images of 9 × 12 bytes, none of them 0.
    fn images(count: usize) -> Images {
        let inputs = LAYOUT.inputs();
        let pixels = (0..count * inputs).map(|at| (at * at % 200) as u8 + 20).collect();
        Images { inputs, pixels, labels: (0..count).map(|at| (at % 10) as u8).collect() }
    }

    fn numbers(images: &Images, index: usize) -> Vec<f32> {
        images.image(index).numbers()
    }

    const ALL: [Corruption; 5] = [
        Corruption::Masking(0.3),
        Corruption::Noise(0.2),
        Corruption::Blur(1.2),
        Corruption::Occlusion(4),
        Corruption::Shift(2),
    ];

    #[test]
    fn images_are_corrupted_alike_whenever_and_among_however_many() {
        let (few, many) = (images(3), images(40));
        for corruption in ALL {
            let corrupted = corruption.apply(&many, LAYOUT);
            assert_eq!(corruption.apply(&few, LAYOUT), corrupted.first(3), "{corruption}");
            assert_ne!(corrupted.pixels, many.pixels, "{corruption}");
            assert_eq!(corrupted.labels, many.labels);
        }
    }

    #[test]
    fn masking_and_noise_have_their_share_and_their_deviation() {
        let images = images(100);
        let count = images.pixels.len() as f64;
        let masked = Corruption::Masking(0.3).apply(&images, LAYOUT);
        let zeros = masked.iter().flat_map(PixelSlice::numbers).filter(|&pixel| pixel == 0.0).count() as f64;
        assert!((zeros - 0.3 * count).abs() < 5.0 * (0.21 * count).sqrt(), "{zeros} of {count}");

        // Far from black and white, where bytes are cut.
        let grey = Images { pixels: vec![128; images.pixels.len()].into(), ..images };
        let noisy = Corruption::Noise(0.1).apply(&grey, LAYOUT);
        let squares: f64 =
            noisy.iter().flat_map(PixelSlice::numbers).map(|pixel| f64::from(pixel - 128.0).powi(2)).sum();
        let deviation = (squares / count).sqrt();
        assert!((deviation / 25.5 - 1.0).abs() < 5.0 / (2.0 * count).sqrt(), "{deviation}");
    }

    #[test]
    fn floats_are_corrupted_in_their_own_unit_and_not_cut() {
        let floats = Images { inputs: 108, pixels: Pixels::Floats(vec![0.0; 10_800]), labels: vec![0; 100] };
        let noisy = Corruption::Noise(0.5).apply(&floats, LAYOUT);
        let squares: f64 =
            noisy.iter().flat_map(PixelSlice::numbers).map(|pixel| f64::from(pixel).powi(2)).sum();
        assert!(((squares / 10_800.0).sqrt() / 0.5 - 1.0).abs() < 0.04);
    }

    /// The blur of a point is the product of two Gaussians, and that of a plain image is itself.
    #[test]
    fn blur_is_a_gaussian_that_keeps_the_mean() {
        let layout = Layout::square(21);
        let mut point = vec![0.0; 441];
        point[10 * 21 + 10] = 1.0;
        let pixels = [point, vec![0.75; 441]].concat();
        let images = Images { inputs: 441, pixels: Pixels::Floats(pixels), labels: vec![0, 0] };
        let blurred = Corruption::Blur(1.5).apply(&images, layout);
        let point = numbers(&blurred, 0);
        let at = |row: usize, column: usize| f64::from(point[row * 21 + column]);
        for (row, column) in [(10, 11), (12, 10), (8, 13)] {
            let squared = (row as f64 - 10.0).powi(2) + (column as f64 - 10.0).powi(2);
            let expected = (-squared / (2.0 * 1.5 * 1.5)).exp();
            assert!((at(row, column) / at(10, 10) - expected).abs() < 1e-6);
        }
        assert!((point.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!(numbers(&blurred, 1).iter().all(|pixel| (pixel - 0.75).abs() < 1e-6));
    }

    #[test]
    fn an_occlusion_is_a_square_in_the_image() {
        let (images, mut corners) = (images(200), std::collections::HashSet::new());
        let occluded = Corruption::Occlusion(4).apply(&images, LAYOUT);
        for index in 0..200 {
            let (before, after) = (numbers(&images, index), numbers(&occluded, index));
            let zeros: Vec<_> = (0..108).filter(|&at| after[at] == 0.0).collect();
            let (top, left) = (zeros[0] / 12, zeros[0] % 12);
            let square = (top..top + 4).flat_map(|row| (left..left + 4).map(move |column| row * 12 + column));
            assert_eq!(zeros, square.collect::<Vec<_>>());
            assert!((0..108).all(|at| after[at] == 0.0 || after[at] == before[at]));
            corners.insert((top, left));
        }
        assert!(corners.len() > 40, "{} of the 54 places", corners.len());
    }

    #[test]
    fn a_shift_moves_every_pixel_in_one_of_eight_directions() {
        let (images, mut found) = (images(100), std::collections::HashSet::new());
        let shifted = Corruption::Shift(2).apply(&images, LAYOUT);
        for index in 0..100 {
            let (before, after) = (numbers(&images, index), numbers(&shifted, index));
            let fits = |&(down, right): &(isize, isize)| {
                (0..108_isize).all(|at| {
                    let (row, column) = (at / 12 - 2 * down, at % 12 - 2 * right);
                    let inside = (0..9).contains(&row) && (0..12).contains(&column);
                    after[at as usize] == if inside { before[(row * 12 + column) as usize] } else { 0.0 }
                })
            };
            let directions: Vec<_> = DIRECTIONS.iter().filter(|&direction| fits(direction)).collect();
            assert_eq!(directions.len(), 1);
            found.insert(directions[0]);
        }
        assert_eq!(found.len(), 8);
    }

    #[test]
    fn colours_are_moved_together() {
        let layout = Layout::Colour { rows: 2, columns: 2 };
        let pixels = vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        let images = Images { inputs: 12, pixels: pixels.into(), labels: vec![0] };
        let shifted = numbers(&Corruption::Shift(1).apply(&images, layout), 0);
        let kept: Vec<f32> = shifted.into_iter().filter(|&pixel| pixel > 0.0).collect();
        assert!(kept.len() == 3 || kept.len() == 6, "{kept:?}");
        assert!(kept.chunks(3).all(|colour| colour[1] == colour[0] + 1.0 && colour[2] == colour[0] + 2.0));
    }

    #[test]
    fn features_have_no_neighbours_and_an_occlusion_fits() {
        let features = Layout::Features(108);
        assert_eq!(ALL.map(|corruption| corruption.suits(features)), [true, true, false, false, false]);
        assert_eq!(ALL.map(|corruption| corruption.suits(LAYOUT)), [true; 5]);
        assert!(!Corruption::Occlusion(9).suits(LAYOUT) && !Corruption::Shift(9).suits(LAYOUT));
    }
}
