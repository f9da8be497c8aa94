//! The names of a figure's series, in rows above its panels.

use super::canvas::{Anchor, Canvas, Drawn, Font};
use super::palette::{Colour, Look};
use super::panel::Weight;

/// Height of a row, pixels.
const ROW: f64 = 20.0;
/// Width of a sample of line and mark.
const SAMPLE: f64 = 30.0;
/// Space between entries.
const SPACE: f64 = 16.0;

/// An entry of a legend.
#[derive(Debug, Clone, PartialEq)]
pub enum LegendEntry {
    /// A series with its name.
    Series(Look, String),
    /// A line.
    Line(Colour, Weight, String),
    /// A small mark for one seed.
    Seed(String),
    /// A mean with its interval.
    Interval(String),
    /// An area.
    Band(String),
}

impl LegendEntry {
    fn name(&self) -> &str {
        match self {
            Self::Series(_, name)
            | Self::Line(_, _, name)
            | Self::Seed(name)
            | Self::Interval(name)
            | Self::Band(name) => name,
        }
    }

    fn width(&self) -> f64 {
        SAMPLE + Font::LABEL.width(self.name()) + SPACE
    }
}

/// Entries, laid out in rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Legend {
    rows: Vec<Vec<LegendEntry>>,
}

impl Legend {
    /// Lays out the entries in rows of `width` pixels.
    pub fn new(entries: Vec<LegendEntry>, width: f64) -> Self {
        let mut rows: Vec<Vec<LegendEntry>> = Vec::new();
        let mut left = 0.0;
        for entry in entries {
            match rows.last_mut() {
                Some(row) if entry.width() <= left => {
                    left -= entry.width();
                    row.push(entry);
                }
                _ => {
                    left = width - entry.width();
                    rows.push(vec![entry]);
                }
            }
        }
        Self { rows }
    }

    /// Pixels that it takes.
    pub fn height(&self) -> f64 {
        if self.rows.is_empty() { 0.0 } else { ROW * self.rows.len() as f64 + 6.0 }
    }

    /// Draws it with its upper left at (`left`, `top`).
    pub fn draw(&self, canvas: &Canvas, left: f64, top: f64) -> Drawn {
        for (row, at) in self.rows.iter().zip(0_u32..) {
            let (mut x, y) = (left, top + ROW * (f64::from(at) + 0.5));
            for entry in row {
                entry.sample(canvas, x, y)?;
                canvas.text((x + SAMPLE, y), entry.name(), Font::LABEL, Anchor::Start)?;
                x += entry.width();
            }
        }
        Ok(())
    }
}

impl LegendEntry {
    fn sample(&self, canvas: &Canvas, x: f64, y: f64) -> Drawn {
        let centre = (x + 0.4 * SAMPLE, y);
        match self {
            Self::Series(look, _) => {
                canvas.line(&[(x, y), (x + 0.8 * SAMPLE, y)], look.colour, 1.6, 1.0)?;
                canvas.mark(centre, *look, 4.0, 1.0)
            }
            Self::Line(colour, weight, _) => {
                let (width, opacity) = weight.of_line();
                canvas.line(&[(x, y), (x + 0.8 * SAMPLE, y)], *colour, width, opacity)
            }
            Self::Seed(_) => {
                let look = Look { colour: Colour::Faint, ..Look::of(0) };
                [-6.0, 0.0, 6.0]
                    .into_iter()
                    .try_for_each(|dx| canvas.mark((centre.0 + dx, y + 0.3 * dx), look, 2.2, 0.6))
            }
            Self::Interval(_) => {
                let look = Look { colour: Colour::Faint, ..Look::of(0) };
                canvas.whisker((centre.0, y - 7.0), (centre.0, y + 7.0), true, Colour::Faint)?;
                canvas.mark(centre, look, 4.0, 1.0)
            }
            Self::Band(_) => {
                let rect = super::Rect { left: x, top: y - 6.0, width: 0.8 * SAMPLE, height: 12.0 };
                canvas.area(rect, Colour::Band, 1.0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_run_on_in_the_next_row() {
        let entry = || LegendEntry::Seed("0123456789".to_owned());
        let two = 2.0 * entry().width() + 1.0;
        let legend = Legend::new(vec![entry(), entry(), entry()], two);
        assert_eq!(legend.rows.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(Legend::new(Vec::new(), two).height(), 0.0);
    }
}
