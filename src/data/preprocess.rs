//! Preprocessing of pixels to the model's input x `[batch, m]`.
//!
//! An image is scaled to unit ℓ2 norm, so that one `sparsity` suits all images; by default its mean is subtracted
//! first. Together this is the affine map x = scale · pixel + offset, whose two numbers are computed once per image from
//! exact integer sums.

use super::Images;
use crate::simd::dispatch;

/// Preprocessing of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preprocessing {
    /// Zero mean, then unit l2 norm; an image of one grey becomes zeros.
    Centred,
    /// Unit l2 norm without centring, for a decoder that is non-negative; a black image
    /// stays zeros.
    NonNegative,
}

/// The affine map of every image of a set.
#[derive(Debug, Clone, PartialEq)]
pub struct Normaliser {
    maps: Vec<Map>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Map {
    scale: f32,
    offset: f32,
}

impl Normaliser {
    /// Computes the map of every image of a set.
    #[must_use]
    pub fn new(preprocessing: Preprocessing, images: &Images) -> Self {
        Self { maps: images.iter().map(|pixels| Map::of(preprocessing, pixels)).collect() }
    }

    /// Writes the preprocessed pixels of image `index`.
    ///
    /// `images` is the set of [`Normaliser::new`]; `out` holds `images.inputs` numbers.
    pub fn write(&self, images: &Images, index: usize, out: &mut [f32]) {
        let Map { scale, offset } = self.maps[index];
        let pixels = images.image(index);
        dispatch!({
            for (value, &pixel) in out.iter_mut().zip(pixels) {
                *value = f32::from(pixel) * scale + offset;
            }
        });
    }
}

impl Map {
    /// The squared norm of the centred image is (nQ − S²)/n for n pixels of sum S and sum of squares Q.
    /// Integers represent it exactly: an image has at most 2²⁰ pixels.
    fn of(preprocessing: Preprocessing, pixels: &[u8]) -> Self {
        let count = pixels.len() as u64;
        let squares: u64 = pixels.iter().map(|&pixel| u64::from(pixel).pow(2)).sum();
        let (mean, squared_norm) = match preprocessing {
            Preprocessing::Centred => {
                let sum: u64 = pixels.iter().map(|&pixel| u64::from(pixel)).sum();
                (sum as f64 / count as f64, (count * squares - sum * sum) as f64 / count as f64)
            }
            Preprocessing::NonNegative => (0.0, squares as f64),
        };
        if squared_norm == 0.0 {
            return Self { scale: 0.0, offset: 0.0 };
        }
        let scale = 1.0 / squared_norm.sqrt();
        Self { scale: scale as f32, offset: (-mean * scale) as f32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(preprocessing: Preprocessing, pixels: &[u8]) -> Vec<f32> {
        let images = Images { inputs: pixels.len(), pixels: pixels.to_vec(), labels: vec![0] };
        let mut out = vec![f32::NAN; pixels.len()];
        Normaliser::new(preprocessing, &images).write(&images, 0, &mut out);
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
        assert_close(&written(Preprocessing::Centred, &[1, 3, 5, 7]), &expected);
    }

    #[test]
    fn uncentred_images_match_their_closed_form() {
        assert_close(&written(Preprocessing::NonNegative, &[0, 3, 4]), &[0.0, 0.6, 0.8]);
    }

    #[test]
    fn large_images_have_zero_mean_and_unit_norm() {
        let pixels: Vec<u8> = (0..784_u32).map(|index| (index * index % 251) as u8).collect();
        let x = written(Preprocessing::Centred, &pixels);
        let mean = x.iter().map(|&v| f64::from(v)).sum::<f64>() / 784.0;
        let norm = x.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
        assert!(mean.abs() < 1e-7 && (norm - 1.0).abs() < 1e-6, "mean {mean}, norm {norm}");
    }

    #[test]
    fn images_without_contrast_become_zeros() {
        assert_eq!(written(Preprocessing::Centred, &[200; 9]), [0.0; 9]);
        assert_eq!(written(Preprocessing::NonNegative, &[0; 9]), [0.0; 9]);
    }

    #[test]
    fn every_image_has_its_own_map() {
        let images = Images { inputs: 2, pixels: vec![3, 4, 0, 9], labels: vec![0, 0] };
        let normaliser = Normaliser::new(Preprocessing::NonNegative, &images);
        let mut out = [0.0; 2];
        normaliser.write(&images, 1, &mut out);
        assert_close(&out, &[0.0, 1.0]);
    }
}
