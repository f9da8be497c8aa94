//! The shape of an example.

use std::fmt;

/// The shape of an example, whose numbers are in row-major order, the channels of a pixel fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Numbers without an order in space.
    Features(usize),
    /// A grey image.
    Grey {
        /// Height in pixels.
        rows: usize,
        /// Width in pixels.
        columns: usize,
    },
    /// An image of three channels: red, green, blue.
    Colour {
        /// Height in pixels.
        rows: usize,
        /// Width in pixels.
        columns: usize,
    },
}

/// Numbers of a colour pixel.
const CHANNELS: usize = 3;

impl Layout {
    /// A square grey image.
    #[must_use]
    pub const fn square(side: usize) -> Self {
        Self::Grey { rows: side, columns: side }
    }

    /// Numbers of an example m.
    #[must_use]
    pub const fn inputs(self) -> usize {
        match self {
            Self::Features(count) => count,
            Self::Grey { rows, columns } => rows * columns,
            Self::Colour { rows, columns } => rows * columns * CHANNELS,
        }
    }

    /// Rows and columns of an image; `None` for features.
    pub(super) const fn plane(self) -> Option<Plane> {
        match self {
            Self::Features(_) => None,
            Self::Grey { rows, columns } => Some(Plane { rows, columns, channels: 1 }),
            Self::Colour { rows, columns } => Some(Plane { rows, columns, channels: CHANNELS }),
        }
    }

    /// The dimensions of an example, as NumPy has them.
    #[must_use]
    pub fn dimensions(self) -> Vec<usize> {
        match self {
            Self::Features(count) => vec![count],
            Self::Grey { rows, columns } => vec![rows, columns],
            Self::Colour { rows, columns } => vec![rows, columns, CHANNELS],
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Features(count) => write!(out, "examples of {count} features"),
            Self::Grey { rows, columns } => write!(out, "images of {rows} × {columns} pixels"),
            Self::Colour { rows, columns } => write!(out, "colour images of {rows} × {columns} pixels"),
        }
    }
}

/// Rows and columns of an image, each pixel of which has one or more channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plane {
    pub rows: usize,
    pub columns: usize,
    pub channels: usize,
}

impl Plane {
    /// Position of a number in the example.
    pub const fn index(self, row: usize, column: usize, channel: usize) -> usize {
        (row * self.columns + column) * self.channels + channel
    }

    /// The image of the numbers that `of` gives for a row, a column and a channel.
    pub fn map(self, of: impl Fn(usize, usize, usize) -> f32) -> Vec<f32> {
        let Self { rows, columns, channels } = self;
        let row = |row| {
            (0..columns).flat_map(move |column| (0..channels).map(move |channel| (row, column, channel)))
        };
        (0..rows).flat_map(row).map(|(row, column, channel)| of(row, column, channel)).collect()
    }
}

/// The luma of each pixel of a colour image, Y = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).
#[must_use]
pub fn luminance(channels: &[f32]) -> Vec<f32> {
    let (pixels, _) = channels.as_chunks::<CHANNELS>();
    pixels.iter().map(|[red, green, blue]| 0.299 * red + 0.587 * green + 0.114 * blue).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_has_its_own_luminance_and_green_is_the_brightest_channel() {
        let luma = luminance(&[80.0, 80.0, 80.0, 255.0, 0.0, 0.0, 0.0, 255.0, 0.0, 0.0, 0.0, 255.0]);
        for (found, expected) in luma.iter().zip([80.0, 76.245, 149.685, 29.07]) {
            assert!((found - expected).abs() < 1e-3, "{luma:?}");
        }
    }

    #[test]
    fn the_dimensions_have_the_numbers_of_an_example() {
        let layouts = [
            Layout::Features(5),
            Layout::Grey { rows: 2, columns: 3 },
            Layout::Colour { rows: 4, columns: 2 },
        ];
        for layout in layouts {
            assert_eq!(layout.dimensions().iter().product::<usize>(), layout.inputs());
        }
        assert_eq!(layouts.map(Layout::inputs), [5, 6, 24]);
    }
}
