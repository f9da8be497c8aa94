//! Pixels of images, as bytes or as floats.

/// The pixels of a set of images: `[count, inputs]`, row-major.
#[derive(Debug, Clone, PartialEq)]
pub enum Pixels {
    /// From 0, black, to 255, white.
    Bytes(Vec<u8>),
    /// In any unit, all finite.
    Floats(Vec<f32>),
}

/// Pixels of one or more images of a set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PixelSlice<'a> {
    /// As [`Pixels::Bytes`].
    Bytes(&'a [u8]),
    /// As [`Pixels::Floats`].
    Floats(&'a [f32]),
}

impl Pixels {
    /// Number of pixels.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Bytes(pixels) => pixels.len(),
            Self::Floats(pixels) => pixels.len(),
        }
    }

    /// Returns true if there is no pixel.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `count` pixels from `start`.
    #[must_use]
    pub fn slice(&self, start: usize, count: usize) -> PixelSlice<'_> {
        match self {
            Self::Bytes(pixels) => PixelSlice::Bytes(&pixels[start..][..count]),
            Self::Floats(pixels) => PixelSlice::Floats(&pixels[start..][..count]),
        }
    }

    /// Keeps the first `count` pixels.
    pub(super) fn truncate(&mut self, count: usize) {
        match self {
            Self::Bytes(pixels) => pixels.truncate(count),
            Self::Floats(pixels) => pixels.truncate(count),
        }
    }

    /// NumPy's name of the type.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Bytes(_) => "uint8",
            Self::Floats(_) => "float32",
        }
    }
}

impl From<Vec<u8>> for Pixels {
    fn from(pixels: Vec<u8>) -> Self {
        Self::Bytes(pixels)
    }
}

impl FromIterator<u8> for Pixels {
    fn from_iter<I: IntoIterator<Item = u8>>(pixels: I) -> Self {
        Self::Bytes(pixels.into_iter().collect())
    }
}

impl PixelSlice<'_> {
    /// The same pixels, owned.
    #[must_use]
    pub fn to_pixels(self) -> Pixels {
        match self {
            Self::Bytes(pixels) => Pixels::Bytes(pixels.to_vec()),
            Self::Floats(pixels) => Pixels::Floats(pixels.to_vec()),
        }
    }

    /// The pixels as numbers.
    #[must_use]
    pub fn numbers(self) -> Vec<f32> {
        match self {
            Self::Bytes(pixels) => pixels.iter().map(|&pixel| f32::from(pixel)).collect(),
            Self::Floats(pixels) => pixels.to_vec(),
        }
    }
}
