//! Preprocessing of pixels to the model's input x `[batch, m]`.
//!
//! Every pixel has an affine map, x = scale · pixel + offset. By default an image is centred and scaled to unit ℓ2 norm, so
//! that one `sparsity` suits all images: then the map is that of the image. Standardised pixels have one map for each
//! position, from the training images. Sums of bytes are exact integers; floats are summed as `f64`, in the order of
//! their indices.

use serde::{Deserialize, Serialize};

use super::{Images, PixelSlice, Pixels};
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
    /// Bytes are between 0 and 1, floats as they are.
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
        match images.image(index) {
            PixelSlice::Bytes(pixels) => self.map(pixels, index, out),
            PixelSlice::Floats(pixels) => self.map(pixels, index, out),
        }
    }

    fn map<P: Into<f32> + Copy>(&self, pixels: &[P], index: usize, out: &mut [f32]) {
        match self {
            Self::ByImage(maps) => {
                let Map { scale, offset } = maps[index];
                dispatch!({
                    for (value, &pixel) in out.iter_mut().zip(pixels) {
                        *value = pixel.into() * scale + offset;
                    }
                });
            }
            Self::ByPixel(maps) => {
                dispatch!({
                    for ((value, &pixel), &Map { scale, offset }) in out.iter_mut().zip(pixels).zip(maps) {
                        *value = pixel.into() * scale + offset;
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

    /// The map x = (pixel − mean)/deviation. A deviation too small for floats is none.
    fn of_floats(mean: f64, deviation: f64) -> Self {
        let map = Self::of(mean, 1.0 / deviation);
        if map.scale.is_finite() && map.offset.is_finite() { map } else { Self::ZERO }
    }

    fn unit_norm(pixels: PixelSlice<'_>, centre: bool) -> Self {
        match pixels {
            PixelSlice::Bytes(pixels) => Self::unit_norm_of_bytes(pixels, centre),
            PixelSlice::Floats(pixels) => {
                let mean = if centre { mean(pixels) } else { 0.0 };
                let is_constant = centre && pixels.iter().all(|&pixel| pixel == pixels[0]);
                let squared = |&pixel: &f32| (f64::from(pixel) - mean).powi(2);
                let squared_norm: f64 = pixels.iter().map(squared).sum();
                if is_constant { Self::ZERO } else { Self::of_floats(mean, squared_norm.sqrt()) }
            }
        }
    }

    /// The squared norm of the centred image is (nQ − S²)/n for n pixels of sum S and sum of squares Q.
    /// Integers represent it exactly: an image has at most 2²⁰ pixels.
    fn unit_norm_of_bytes(pixels: &[u8], centre: bool) -> Self {
        let (count, sum, squares) = (pixels.len() as u64, sum(pixels), squares(pixels));
        let (mean, squared_norm) = if centre {
            (sum as f64 / count as f64, (count * squares - sum * sum) as f64 / count as f64)
        } else {
            (0.0, squares as f64)
        };
        if squared_norm == 0.0 { Self::ZERO } else { Self::of(mean, 1.0 / squared_norm.sqrt()) }
    }

    fn plain(pixels: PixelSlice<'_>, centre: bool) -> Self {
        match pixels {
            PixelSlice::Bytes(pixels) => {
                let mean = if centre { sum(pixels) as f64 / pixels.len() as f64 } else { 0.0 };
                Self::of(mean, 1.0 / f64::from(u8::MAX))
            }
            PixelSlice::Floats(pixels) => Self::of(if centre { mean(pixels) } else { 0.0 }, 1.0),
        }
    }
}

/// The maps that give every pixel unit variance over the images at some indices, and with `centre` zero mean. A pixel that
/// never changes becomes zero.
fn standard(images: &Images, indices: &[u32], centre: bool) -> Vec<Map> {
    let row = |&index: &u32| index as usize * images.inputs..(index as usize + 1) * images.inputs;
    match &images.pixels {
        Pixels::Bytes(pixels) => {
            standard_bytes(indices.iter().map(|index| &pixels[row(index)]), images.inputs, centre)
        }
        Pixels::Floats(pixels) => {
            standard_floats(indices.iter().map(|index| &pixels[row(index)]), images.inputs, centre)
        }
    }
}

fn standard_bytes<'p>(
    images: impl ExactSizeIterator<Item = &'p [u8]>,
    inputs: usize,
    centre: bool,
) -> Vec<Map> {
    let count = images.len() as u64;
    let mut sums = vec![(0u64, 0u64); inputs];
    for image in images {
        for ((sum, squares), &pixel) in sums.iter_mut().zip(image) {
            *sum += u64::from(pixel);
            *squares += u64::from(pixel).pow(2);
        }
    }
    let map = |(sum, squares): (u64, u64)| {
        // n²·variance, exact for up to 2²⁴ images.
        let variance = (count * squares - sum * sum) as f64 / (count as f64 * count as f64);
        let mean = if centre { sum as f64 / count as f64 } else { 0.0 };
        if variance == 0.0 { Map::ZERO } else { Map::of(mean, 1.0 / variance.sqrt()) }
    };
    sums.into_iter().map(map).collect()
}

/// Two passes: the means, then the deviations from them.
fn standard_floats<'p>(
    images: impl ExactSizeIterator<Item = &'p [f32]> + Clone,
    inputs: usize,
    centre: bool,
) -> Vec<Map> {
    let count = images.len() as f64;
    let mut means = vec![0.0; inputs];
    for image in images.clone() {
        means.iter_mut().zip(image).for_each(|(sum, &pixel)| *sum += f64::from(pixel));
    }
    for mean in &mut means {
        *mean /= count;
    }
    let mut squares = vec![0.0; inputs];
    let (mut least, mut most) = (vec![f32::INFINITY; inputs], vec![f32::NEG_INFINITY; inputs]);
    for image in images {
        for (at, &pixel) in image.iter().enumerate() {
            squares[at] += (f64::from(pixel) - means[at]).powi(2);
            (least[at], most[at]) = (least[at].min(pixel), most[at].max(pixel));
        }
    }
    let map = |at: usize| {
        // The mean of equal numbers may differ from them in the last bit.
        let deviation = if least[at] == most[at] { 0.0 } else { (squares[at] / count).sqrt() };
        Map::of_floats(if centre { means[at] } else { 0.0 }, deviation)
    };
    (0..inputs).map(map).collect()
}

fn sum(pixels: &[u8]) -> u64 {
    pixels.iter().map(|&pixel| u64::from(pixel)).sum()
}

fn squares(pixels: &[u8]) -> u64 {
    pixels.iter().map(|&pixel| u64::from(pixel).pow(2)).sum()
}

fn mean(pixels: &[f32]) -> f64 {
    pixels.iter().map(|&pixel| f64::from(pixel)).sum::<f64>() / pixels.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(preprocessing: Preprocessing, pixels: &[u8]) -> Vec<f32> {
        let images = Images { inputs: pixels.len(), pixels: pixels.to_vec().into(), labels: vec![0] };
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
        let images = Images { inputs: 2, pixels: vec![3, 4, 0, 9].into(), labels: vec![0, 0] };
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
        let images = Images { inputs: 2, pixels: vec![0, 7, 2, 7, 4, 7, 200, 9].into(), labels: vec![0; 4] };
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

    /// Floats that are bytes give the numbers of the bytes, but for `scale = "none"`, whose unit is 255.
    #[test]
    fn floats_agree_with_the_bytes_that_they_are() {
        let bytes: Vec<u8> = (0..60_u32).map(|index| (index * index % 251) as u8).collect();
        let floats = Pixels::Floats(bytes.iter().map(|&byte| f32::from(byte)).collect());
        let bytes = Images { inputs: 12, pixels: bytes.into(), labels: vec![0; 5] };
        let floats = Images { pixels: floats, ..bytes.clone() };
        for scale in [Scale::UnitNorm, Scale::Standard, Scale::None] {
            for centre in [true, false] {
                let written = |images: &Images| {
                    let mut out = [f32::NAN; 12];
                    let fitted = Fitted::to(Preprocessing { centre, scale }, images, &[0, 2, 3, 4]);
                    fitted.normaliser(images).write(images, 3, &mut out);
                    out
                };
                let unit = if scale == Scale::None { 255.0 } else { 1.0 };
                assert_close(&written(&floats).map(|x| x / unit), &written(&bytes));
            }
        }
    }

    #[test]
    fn floats_without_contrast_become_zeros_and_plain_floats_stay() {
        let images =
            |pixels: Vec<f32>| Images { inputs: 3, pixels: Pixels::Floats(pixels), labels: vec![0, 0] };
        let written = |preprocessing, images: &Images| {
            let mut out = [f32::NAN; 3];
            Fitted::to(preprocessing, images, &[0, 1]).normaliser(images).write(images, 0, &mut out);
            out
        };
        // 0.1 is no binary fraction: its mean over three pixels is not exact.
        let grey = images(vec![0.1; 6]);
        let tiny = images(vec![1e-44, 0.0, 0.0, 0.0, 0.0, 0.0]);
        for scale in [Scale::UnitNorm, Scale::Standard] {
            assert_eq!(written(Preprocessing { centre: true, scale }, &grey), [0.0; 3]);
            assert_eq!(written(Preprocessing { centre: true, scale }, &tiny), [0.0; 3]);
        }
        let plain = Preprocessing { centre: false, scale: Scale::None };
        let any = images(vec![-3.5, 0.1, 7e20, 0.0, 0.0, 0.0]);
        assert_eq!(written(plain, &any), [-3.5, 0.1, 7e20]);
    }
}
