//! A panel: a frame with two scales, and values drawn in it.

use super::canvas::{Anchor, Canvas, Drawn, Font, Point, Rect};
use super::palette::{Colour, Look};
use super::scale::Scale;
use crate::stats::Interval;

/// Visual weight of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// One seed.
    Seed,
    /// A mean over seeds.
    Mean,
}

impl Weight {
    /// Width in pixels and opacity of a line.
    pub const fn of_line(self) -> (f64, f64) {
        match self {
            Self::Seed => (0.8, 0.4),
            Self::Mean => (1.6, 1.0),
        }
    }
}

/// A frame with two scales.
pub struct Panel<'s> {
    pub canvas: &'s Canvas,
    pub frame: Rect,
    pub x: &'s Scale,
    pub y: &'s Scale,
}

impl Panel<'_> {
    /// Point of a value on the canvas.
    pub fn place(&self, (x, y): (f64, f64)) -> Point {
        let Rect { left, width, height, .. } = self.frame;
        (left + width * self.x.at(x), self.frame.bottom() - height * self.y.at(y))
    }

    /// Lines at the ticks of both scales, and the frame's lower side.
    pub fn rules(&self) -> Drawn {
        let Rect { left, top, .. } = self.frame;
        let (right, bottom) = (self.frame.right(), self.frame.bottom());
        for (value, _) in &self.x.ticks {
            let x = left + self.frame.width * self.x.at(*value);
            self.canvas.line(&[(x, top), (x, bottom)], Colour::Grid, 0.7, 1.0)?;
        }
        for (value, _) in &self.y.ticks {
            let y = bottom - self.frame.height * self.y.at(*value);
            self.canvas.line(&[(left, y), (right, y)], Colour::Grid, 0.7, 1.0)?;
        }
        self.canvas.line(&[(left, bottom), (right, bottom)], Colour::Ink, 1.0, 1.0)?;
        self.x.broken().map_or(Ok(()), |at| self.break_at((left + self.frame.width * at, bottom), (1.0, 0.0)))
    }

    /// The frame's left side.
    pub fn side(&self) -> Drawn {
        let Rect { left, top, .. } = self.frame;
        let bottom = self.frame.bottom();
        self.canvas.line(&[(left, top), (left, bottom)], Colour::Ink, 1.0, 1.0)?;
        self.y
            .broken()
            .map_or(Ok(()), |at| self.break_at((left, bottom - self.frame.height * at), (0.0, 1.0)))
    }

    /// A break of an axis that runs along (`x`, `y`): a gap between two oblique strokes.
    fn break_at(&self, at: Point, (x, y): (f64, f64)) -> Drawn {
        const GAP: f64 = 2.0;
        const STROKE: f64 = 4.0;
        let along = |by: f64| (at.0 + by * x, at.1 + by * y);
        self.canvas.line(&[along(-GAP), along(GAP)], Colour::Paper, 2.0, 1.0)?;
        [-GAP, GAP].into_iter().try_for_each(|by| {
            let (left, top) = along(by);
            let ends = [
                (left - STROKE * (y + 0.4 * x), top + STROKE * (x + 0.4 * y)),
                (left + STROKE * (y + 0.4 * x), top - STROKE * (x + 0.4 * y)),
            ];
            self.canvas.line(&ends, Colour::Ink, 1.0, 1.0)
        })
    }

    /// An upright line through the panel at a value.
    pub fn divide(&self, x: f64) -> Drawn {
        let x = self.frame.left + self.frame.width * self.x.at(x);
        let ends = [(x, self.frame.top), (x, self.frame.bottom())];
        self.canvas.line(&ends, Colour::Faint, 1.6, 1.0)
    }

    /// Labels of the lower scale, except those that would touch their neighbour.
    pub fn labels_below(&self) -> Drawn {
        let mut free = f64::NEG_INFINITY;
        for (value, label) in &self.x.ticks {
            let x = self.frame.left + self.frame.width * self.x.at(*value);
            let half = 0.5 * Font::TICK.width(label);
            if x - half > free {
                self.canvas.text((x, self.frame.bottom() + 12.0), label, Font::TICK, Anchor::Middle)?;
                free = x + half + 3.0;
            }
        }
        Ok(())
    }

    /// Labels of the left scale.
    pub fn labels_left(&self) -> Drawn {
        for (value, label) in &self.y.ticks {
            let y = self.frame.bottom() - self.frame.height * self.y.at(*value);
            self.canvas.text((self.frame.left - 6.0, y), label, Font::TICK, Anchor::End)?;
        }
        Ok(())
    }

    /// A mark, `dodge` pixels to the right of its value.
    pub fn mark(&self, value: (f64, f64), dodge: f64, look: Look, weight: Weight) -> Drawn {
        let (x, y) = self.place(value);
        match weight {
            Weight::Seed => self.canvas.mark((x + dodge, y), look, 2.2, 0.6),
            Weight::Mean => {
                let halo = Look { colour: Colour::Paper, ..look };
                self.canvas.mark((x + dodge, y), halo, 5.2, 1.0)?;
                self.canvas.mark((x + dodge, y), look, 4.0, 1.0)
            }
        }
    }

    /// A line through values.
    pub fn line(&self, values: &[(f64, f64)], dodge: f64, look: Look, weight: Weight) -> Drawn {
        self.line_in(look.colour, values, dodge, weight)
    }

    /// A line through values that belongs to no series.
    pub fn line_in(&self, colour: Colour, values: &[(f64, f64)], dodge: f64, weight: Weight) -> Drawn {
        let points: Vec<_> = values.iter().map(|&value| self.place(value)).collect();
        let points: Vec<_> = points.into_iter().map(|(x, y)| (x + dodge, y)).collect();
        let (width, opacity) = weight.of_line();
        self.canvas.line(&points, colour, width, opacity)
    }

    /// An upright interval at `x`, `dodge` pixels to its right.
    pub fn upright(&self, x: f64, interval: Interval, dodge: f64, look: Look) -> Drawn {
        let (low, high) = (self.place((x, interval.low)), self.place((x, interval.high)));
        self.canvas.whisker((low.0 + dodge, low.1), (high.0 + dodge, high.1), true, look.colour)
    }

    /// A level interval at `y`.
    pub fn level(&self, interval: Interval, y: f64, look: Look) -> Drawn {
        self.canvas.whisker(self.place((interval.low, y)), self.place((interval.high, y)), false, look.colour)
    }
}
