//! Numbers as pixels: images, columns of matrices, and matrices.
//!
//! Zero is white; positive numbers are orange and negative ones blue, of equal darkness, which colour-blind readers can
//! distinguish.

use std::borrow::Cow;

use crate::report::Error;

/// The ends of the colours, red, green and blue.
const POSITIVE: [f64; 3] = [127.0, 59.0, 8.0];
const NEGATIVE: [f64; 3] = [5.0, 60.0, 120.0];
const WHITE: f64 = 255.0;
/// Colours on either side of zero.
const SHADES: i32 = 24;

/// A picture whose pixels are shades of two colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    /// Index of each pixel's colour, row by row.
    pixels: Vec<u8>,
}

impl Picture {
    /// Numbers in rows of `width`, those of ±`scale` and beyond in full colour.
    pub fn of(numbers: &[f64], width: usize, scale: f64) -> Self {
        let shade = |number: &f64| {
            let share = if scale > 0.0 { (number / scale).clamp(-1.0, 1.0) } else { 0.0 };
            (SHADES + (share * f64::from(SHADES)).round() as i32) as u8
        };
        Self { width, height: numbers.len() / width.max(1), pixels: numbers.iter().map(shade).collect() }
    }

    /// The picture as a PNG file.
    pub fn png(&self) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(Cow::Owned(palette()));
        encoder.set_compression(png::Compression::High);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(out)
    }
}

/// Red, green and blue of every shade, the most negative first.
fn palette() -> Vec<u8> {
    let colour = |shade: i32| {
        let end = if shade < 0 { NEGATIVE } else { POSITIVE };
        let share = f64::from(shade.abs()) / f64::from(SHADES);
        end.map(|value| (WHITE + share * (value - WHITE)).round() as u8)
    };
    (-SHADES..=SHADES).flat_map(colour).collect()
}

/// Images in rows of `across`, each scaled to its own largest number, with a gap of one white pixel; missing images at the
/// end are white.
pub fn tiles(images: &[Vec<f64>], (rows, columns): (usize, usize), across: usize) -> Picture {
    let down = images.len().div_ceil(across);
    let (width, height) = (across * (columns + 1) - 1, (down * (rows + 1)).saturating_sub(1));
    let mut numbers = vec![0.0; width * height];
    for (at, image) in images.iter().enumerate() {
        let (top, left) = (at / across * (rows + 1), at % across * (columns + 1));
        let most = image.iter().fold(0.0, |most: f64, number| most.max(number.abs()));
        for (row, line) in image.chunks_exact(columns).enumerate() {
            let place = &mut numbers[(top + row) * width + left..][..columns];
            for (out, number) in place.iter_mut().zip(line) {
                *out = if most > 0.0 { number / most } else { 0.0 };
            }
        }
    }
    Picture::of(&numbers, width, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_comes_back_from_its_png() {
        let picture = Picture::of(&[0.0, 2.0, -1.0, 0.5, -0.5, 0.25], 3, 1.0);
        let decoder = png::Decoder::new(std::io::Cursor::new(picture.png().unwrap()));
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (3, 2));
        assert_eq!(pixels[..info.buffer_size()], [24, 48, 0, 36, 12, 30]);
        let colours = reader.info().palette.clone().unwrap();
        assert_eq!(colours[24 * 3..25 * 3], [255, 255, 255]);
    }

    #[test]
    fn tiles_keep_their_places_and_have_scales_of_their_own() {
        let images = vec![vec![1.0, 0.0], vec![0.0, -10.0], vec![2.0, 4.0]];
        let picture = tiles(&images, (1, 2), 2);
        assert_eq!((picture.width, picture.height), (5, 3));
        assert_eq!(picture.pixels, [48, 24, 24, 24, 0, 24, 24, 24, 24, 24, 36, 48, 24, 24, 24]);
    }
}
