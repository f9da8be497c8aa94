//! Preprocessing of pixels to the model's input x `[batch, m]`.
//!
//! Every pixel has an affine map, x = scale · pixel + offset. By default an image is centred and scaled to unit ℓ2 norm, so
//! that one `sparsity` suits all images: then the map is that of the image, computed from exact integer sums. Standardised
//! pixels have one map for each position, from the training images.

use serde::{Deserialize, Serialize};

use super::Images;
use crate::simd::dispatch;

/// Scaling of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Every image has unit ℓ2 norm.
    #[default]
    UnitNorm,
    /// Every pixel has unit variance over the training images without the validation images.
    Standard,
    /// Pixels are between 0 and 1.
    None,
}

/// Preprocessing of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preprocessing {
    /// Subtract the mean of the image, or, with [`Scale::Standard`], that of the pixel over the training images.
    pub centre: bool,
    /// Scaling after that.
    pub scale: Scale,
}

impl Preprocessing {
    /// Zero mean, then unit ℓ2 norm; an image of one grey becomes zeros.
    pub const CENTRED: Self = Self { centre: true, scale: Scale::UnitNorm };
    /// Unit ℓ2 norm without centring, the default for a decoder that is non-negative; a black image stays zeros.
    pub const UNCENTRED: Self = Self { centre: false, scale: Scale::UnitNorm };
}

/// Preprocessing, with what it has learnt from training images.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    preprocessing: Preprocessing,
    /// The map of each pixel; empty where every image has its own.
    pixels: Vec<Map>,
}

impl Fitted {
    /// Learns from the training images at some indices.
    #[must_use]
    pub fn to(preprocessing: Preprocessing, images: &Images, indices: &[u32]) -> Self {
        let Preprocessing { centre, scale } = preprocessing;
        let pixels = if scale == Scale::Standard { standard(images, indices, centre) } else { Vec::new() };
        Self { preprocessing, pixels }
    }

    /// The maps of the images of a set.
    #[must_use]
    pub fn normaliser(&self, images: &Images) -> Normaliser {
        let Preprocessing { centre, scale } = self.preprocessing;
        match scale {
            Scale::Standard => Normaliser::ByPixel(self.pixels.clone()),
            Scale::UnitNorm => {
                Normaliser::ByImage(images.iter().map(|pixels| Map::unit_norm(pixels, centre)).collect())
            }
            Scale::None => {
                Normaliser::ByImage(images.iter().map(|pixels| Map::plain(pixels, centre)).collect())
            }
        }
    }
}

/// The affine maps of a set of images.
#[derive(Debug, Clone, PartialEq)]
pub enum Normaliser {
    /// One for each image.
    ByImage(Vec<Map>),
    /// One for each pixel.
    ByPixel(Vec<Map>),
}

/// An affine map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Map {
    scale: f32,
    offset: f32,
}

impl Normaliser {
    /// Writes the preprocessed pixels of image `index`.
    ///
    /// `images` is the set of [`Fitted::normaliser`]; `out` holds `images.inputs` numbers.
    pub fn write(&self, images: &Images, index: usize, out: &mut [f32]) {
        let pixels = images.image(index);
        match self {
            Self::ByImage(maps) => {
                let Map { scale, offset } = maps[index];
                dispatch!({
                    for (value, &pixel) in out.iter_mut().zip(pixels) {
                        *value = f32::from(pixel) * scale + offset;
                    }
                });
            }
            Self::ByPixel(maps) => {
                dispatch!({
                    for ((value, &pixel), &Map { scale, offset }) in out.iter_mut().zip(pixels).zip(maps) {
                        *value = f32::from(pixel) * scale + offset;
                    }
                });
            }
        }
    }
}

impl Map {
    /// No contrast, no input.
    const ZERO: Self = Self { scale: 0.0, offset: 0.0 };

    /// The map x = (pixel − mean)·scale.
    fn of(mean: f64, scale: f64) -> Self {
        Self { scale: scale as f32, offset: (-mean * scale) as f32 }
    }

    /// The squared norm of the centred image is (nQ − S²)/n for n pixels of sum S and sum of squares Q.
    /// Integers represent it exactly: an image has at most 2²⁰ pixels.
    fn unit_norm(pixels: &[u8], centre: bool) -> Self {
        let (count, sum, squares) = (pixels.len() as u64, sum(pixels), squares(pixels));
        let (mean, squared_norm) = if centre {
            (sum as f64 / count as f64, (count * squares - sum * sum) as f64 / count as f64)
        } else {
            (0.0, squares as f64)
        };
        if squared_norm == 0.0 { Self::ZERO } else { Self::of(mean, 1.0 / squared_norm.sqrt()) }
    }

    fn plain(pixels: &[u8], centre: bool) -> Self {
        let mean = if centre { sum(pixels) as f64 / pixels.len() as f64 } else { 0.0 };
        Self::of(mean, 1.0 / f64::from(u8::MAX))
    }
}

/// The maps that give every pixel unit variance over the images at some indices, and with `centre` zero mean. A pixel that
/// never changes becomes zero.
fn standard(images: &Images, indices: &[u32], centre: bool) -> Vec<Map> {
    let mut sums = vec![(0u64, 0u64); images.inputs];
    for &index in indices {
        for ((sum, squares), &pixel) in sums.iter_mut().zip(images.image(index as usize)) {
            *sum += u64::from(pixel);
            *squares += u64::from(pixel).pow(2);
        }
    }
    let count = indices.len() as u64;
    let map = |(sum, squares): (u64, u64)| {
        // n²·variance, exact for up to 2²⁴ images.
        let variance = (count * squares - sum * sum) as f64 / (count as f64 * count as f64);
        let mean = if centre { sum as f64 / count as f64 } else { 0.0 };
        if variance == 0.0 { Map::ZERO } else { Map::of(mean, 1.0 / variance.sqrt()) }
    };
    sums.into_iter().map(map).collect()
}

fn sum(pixels: &[u8]) -> u64 {
    pixels.iter().map(|&pixel| u64::from(pixel)).sum()
}

fn squares(pixels: &[u8]) -> u64 {
    pixels.iter().map(|&pixel| u64::from(pixel).pow(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(preprocessing: Preprocessing, pixels: &[u8]) -> Vec<f32> {
        let images = Images { inputs: pixels.len(), pixels: pixels.to_vec(), labels: vec![0] };
        let mut out = vec![f32::NAN; pixels.len()];
        Fitted::to(preprocessing, &images, &[0]).normaliser(&images).write(&images, 0, &mut out);
        out
    }

    fn assert_close(actual: &[f32], expected: &[f32]) {
        assert_eq!(actual.len(), expected.len());
        for (a, e) in actual.iter().zip(expected) {
            assert!((a - e).abs() < 1e-6, "{actual:?} is not {expected:?}");
        }
    }

    #[test]
    fn centred_images_match_their_closed_form() {
        // Mean 4, deviations -3 -1 1 3, norm sqrt 20.
        let norm = 20_f32.sqrt();
        let expected = [-3.0, -1.0, 1.0, 3.0].map(|deviation: f32| deviation / norm);
        assert_close(&written(Preprocessing::CENTRED, &[1, 3, 5, 7]), &expected);
    }

    #[test]
    fn uncentred_images_match_their_closed_form() {
        assert_close(&written(Preprocessing::UNCENTRED, &[0, 3, 4]), &[0.0, 0.6, 0.8]);
    }

    #[test]
    fn large_images_have_zero_mean_and_unit_norm() {
        let pixels: Vec<u8> = (0..784_u32).map(|index| (index * index % 251) as u8).collect();
        let x = written(Preprocessing::CENTRED, &pixels);
        let mean = x.iter().map(|&v| f64::from(v)).sum::<f64>() / 784.0;
        let norm = x.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
        assert!(mean.abs() < 1e-7 && (norm - 1.0).abs() < 1e-6, "mean {mean}, norm {norm}");
    }

    #[test]
    fn images_without_contrast_become_zeros() {
        assert_eq!(written(Preprocessing::CENTRED, &[200; 9]), [0.0; 9]);
        assert_eq!(written(Preprocessing::UNCENTRED, &[0; 9]), [0.0; 9]);
    }

    #[test]
    fn every_image_has_its_own_map() {
        let images = Images { inputs: 2, pixels: vec![3, 4, 0, 9], labels: vec![0, 0] };
        let normaliser = Fitted::to(Preprocessing::UNCENTRED, &images, &[0, 1]).normaliser(&images);
        let mut out = [0.0; 2];
        normaliser.write(&images, 1, &mut out);
        assert_close(&out, &[0.0, 1.0]);
    }

    #[test]
    fn plain_pixels_are_between_zero_and_one() {
        let plain = |centre| Preprocessing { centre, scale: Scale::None };
        assert_close(&written(plain(false), &[0, 51, 255]), &[0.0, 0.2, 1.0]);
        assert_close(&written(plain(true), &[0, 51, 255]), &[-0.4, -0.2, 0.6]);
    }

    #[test]
    fn standard_pixels_have_unit_variance_over_the_training_images_alone() {
        // Over the first three: means 2 and 7, variances 8/3 and 0. The fourth is held out.
        let images = Images { inputs: 2, pixels: vec![0, 7, 2, 7, 4, 7, 200, 9], labels: vec![0; 4] };
        let deviation = (8.0_f32 / 3.0).sqrt();
        for (centre, mean) in [(true, 2.0), (false, 0.0)] {
            let fitted = Fitted::to(Preprocessing { centre, scale: Scale::Standard }, &images, &[0, 1, 2]);
            for (index, pixel) in [0.0, 2.0, 4.0, 200.0].into_iter().enumerate() {
                let mut out = [f32::NAN; 2];
                fitted.normaliser(&images).write(&images, index, &mut out);
                assert!((out[0] - (pixel - mean) / deviation).abs() < 1e-4 && out[1] == 0.0, "{out:?}");
            }
        }
    }
}
