//! Colours, marks and lines that are distinguishable without colour vision and in grey print.
//!
//! The colours are those of Okabe and Ito, *Color universal design* (2008), without the
//! yellow, which is invisible on white paper. A series is distinguished by its mark and its line as
//! well, never by colour alone.

/// A colour of a figure, by its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Texts and axes.
    Ink,
    /// Secondary texts and marks.
    Faint,
    /// Lines behind the data.
    Grid,
    /// Areas behind the data.
    Band,
    /// The paper.
    Paper,
    /// The colour of a series by its position, modulo the number of colours.
    Series(usize),
}

const SERIES: [&str; 6] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];

/// Lengths of dashes and gaps, pixels; none is a whole line.
const DASHES: [&[f64]; 4] = [&[], &[7.0, 3.0], &[7.0, 2.0, 2.0, 2.0], &[2.0, 2.0]];

/// The form of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkShape {
    Circle,
    Square,
    Triangle,
    Diamond,
    Descending,
}

const SHAPES: [MarkShape; 5] =
    [MarkShape::Circle, MarkShape::Square, MarkShape::Triangle, MarkShape::Diamond, MarkShape::Descending];

impl Colour {
    /// As it is printed.
    pub const fn hex(self) -> &'static str {
        match self {
            Self::Ink => "#1B1B1B",
            Self::Faint => "#5E5E5E",
            Self::Grid => "#DEDEDE",
            Self::Band => "#EFEFEF",
            Self::Paper => "#FFFFFF",
            Self::Series(at) => SERIES[at % SERIES.len()],
        }
    }

    /// Every colour, with the name of the variable that the page gives it by.
    pub fn all() -> impl Iterator<Item = (Self, String)> {
        let named = [
            (Self::Ink, "ink"),
            (Self::Faint, "faint"),
            (Self::Grid, "grid"),
            (Self::Band, "band"),
            (Self::Paper, "paper"),
        ];
        let series = (0..SERIES.len()).map(|at| (Self::Series(at), format!("series-{at}")));
        named.into_iter().map(|(colour, name)| (colour, name.to_owned())).chain(series)
    }

    /// Dashes and gaps of lines in this colour, pixels.
    pub fn dashes(self) -> &'static [f64] {
        match self {
            Self::Series(at) => DASHES[at % SERIES.len() % DASHES.len()],
            _ => &[],
        }
    }
}

/// Colour and mark of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Its colour, and with it its line.
    pub colour: Colour,
    /// Its mark.
    pub shape: MarkShape,
}

impl Look {
    /// The look of the series at `at`; the first thirty differ.
    pub const fn of(at: usize) -> Self {
        Self { colour: Colour::Series(at), shape: SHAPES[at % SHAPES.len()] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_differ_in_more_than_colour() {
        for at in 0..4 {
            for other in 0..at {
                let (a, b) = (Look::of(at), Look::of(other));
                assert!(a.shape != b.shape && a.colour.dashes() != b.colour.dashes(), "{at} and {other}");
            }
        }
        let looks: Vec<_> = (0..30).map(|at| (at % SERIES.len(), Look::of(at).shape)).collect();
        assert!((0..30).all(|at| !looks[..at].contains(&looks[at])));
    }

    /// Relative luminance, WCAG 2.2.
    fn luminance(colour: Colour) -> f64 {
        let linear = |at: usize| {
            let share = f64::from(u8::from_str_radix(&colour.hex()[at..at + 2], 16).unwrap()) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(1) + 0.7152 * linear(3) + 0.0722 * linear(5)
    }

    #[test]
    fn texts_are_readable_on_paper() {
        for colour in [Colour::Ink, Colour::Faint] {
            let contrast = 1.05 / (luminance(colour) + 0.05);
            assert!(contrast > 4.5, "{colour:?}: {contrast}");
        }
    }
}
