//! A canvas to draw on: lines, marks, areas and texts at places in pixels.

use std::cell::RefCell;
use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::palette::{Colour, Look, MarkShape};
use super::picture::Picture;
use super::svg::{escape, head, opacity, units};
use crate::report::Error;
use crate::text::printable;

/// Regular polygons and the like, as points on a circle of radius 1; y runs down.
const SQUARE: [Point; 4] = [(-0.86, -0.86), (0.86, -0.86), (0.86, 0.86), (-0.86, 0.86)];
const TRIANGLE: [Point; 3] = [(0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)];
const DIAMOND: [Point; 4] = [(0.0, -1.3), (1.1, 0.0), (0.0, 1.3), (-1.1, 0.0)];
const DESCENDING: [Point; 3] = [(0.0, 1.2), (1.1, -0.8), (-1.1, -0.8)];

/// A place on the canvas, pixels from its upper left.
pub type Point = (f64, f64);
/// Result of drawing.
pub type Drawn = Result<(), Error>;

/// An area of the canvas, pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    pub fn right(self) -> f64 {
        self.left + self.width
    }

    pub fn bottom(self) -> f64 {
        self.top + self.height
    }
}

/// Position of a text relative to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// To the right of it, centred on its height.
    Start,
    /// Centred on it.
    Middle,
    /// To the left of it, centred on its height.
    End,
    /// Centred on it, and turned to run upwards.
    Upwards,
}

/// Size, colour and weight of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Font {
    /// Size, pixels.
    pub size: f64,
    pub colour: Colour,
    pub bold: bool,
}

impl Font {
    pub const TICK: Self = Self { size: 12.0, colour: Colour::Faint, bold: false };
    pub const LABEL: Self = Self { size: 13.0, colour: Colour::Ink, bold: false };
    pub const HEADING: Self = Self { size: 13.0, colour: Colour::Ink, bold: true };

    /// Approximate width of a text, pixels; the reader's font is unknown.
    pub fn width(self, text: &str) -> f64 {
        0.54 * self.size * text.chars().count() as f64
    }
}

/// A canvas that is being drawn on.
pub struct Canvas {
    /// The elements, one on a line.
    elements: RefCell<String>,
}

/// Draws a figure of this many pixels, with an accessible title and description, and returns it as SVG.
pub fn draw(
    (width, height): (f64, f64),
    title: &str,
    description: &str,
    paint: impl FnOnce(&Canvas) -> Drawn,
) -> Result<String, Error> {
    let canvas = Canvas { elements: RefCell::new(head((width, height), title, description)) };
    canvas.area(Rect { left: 0.0, top: 0.0, width, height }, Colour::Paper, 1.0)?;
    paint(&canvas)?;
    Ok(canvas.elements.into_inner() + "</svg>\n")
}

impl Canvas {
    /// A line through `points`. Opaque ones have the dashes of their colour: many thin dashes are hard to follow.
    pub fn line(&self, points: &[Point], colour: Colour, width: f64, alpha: f64) -> Drawn {
        if points.is_empty() {
            return Ok(());
        }
        let lengths: Vec<_> = colour.dashes().iter().map(|&pixels| units(pixels).to_string()).collect();
        let dashes = if lengths.is_empty() || alpha < 1.0 {
            String::new()
        } else {
            format!(" stroke-dasharray=\"{}\"", lengths.join(" "))
        };
        self.element(format_args!(
            "<path fill=\"none\" stroke=\"{}\"{dashes} stroke-width=\"{}\"{} d=\"{}\"/>\n",
            colour.hex(),
            units(width),
            opacity(alpha),
            path(points)
        ))
    }

    /// An interval with strokes across its two ends, without dashes; it is level if not `upright`.
    pub fn whisker(&self, from: Point, to: Point, upright: bool, colour: Colour) -> Drawn {
        const LINE: f64 = 1.4;
        const END: f64 = 3.0;
        let (x, y) = if upright { (END, 0.0) } else { (0.0, END) };
        let stroke = |from: Point, to: Point| {
            format!("M{} {}L{} {}", units(from.0), units(from.1), units(to.0), units(to.1))
        };
        let end = |at: Point| stroke((at.0 - x, at.1 - y), (at.0 + x, at.1 + y));
        let d = [stroke(from, to), end(from), end(to)].concat();
        let (colour, width) = (colour.hex(), units(LINE));
        self.element(format_args!(
            "<path fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" d=\"{d}\"/>\n"
        ))
    }

    /// A mark of `radius` pixels.
    pub fn mark(&self, at: Point, look: Look, radius: f64, alpha: f64) -> Drawn {
        let corners: &[Point] = match look.shape {
            MarkShape::Circle => {
                return self.element(format_args!(
                    "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{}\"{}/>\n",
                    units(at.0),
                    units(at.1),
                    units(radius),
                    look.colour.hex(),
                    opacity(alpha)
                ));
            }
            MarkShape::Square => &SQUARE,
            MarkShape::Triangle => &TRIANGLE,
            MarkShape::Diamond => &DIAMOND,
            MarkShape::Descending => &DESCENDING,
        };
        let corners: Vec<_> = corners.iter().map(|(x, y)| (at.0 + radius * x, at.1 + radius * y)).collect();
        let (colour, path) = (look.colour.hex(), path(&corners));
        self.element(format_args!("<path fill=\"{colour}\"{} d=\"{path}z\"/>\n", opacity(alpha)))
    }

    /// A filled area.
    pub fn area(&self, rect: Rect, colour: Colour, alpha: f64) -> Drawn {
        let (place, colour) = (placed(rect), colour.hex());
        self.element(format_args!("<rect {place} fill=\"{colour}\"{}/>\n", opacity(alpha)))
    }

    /// A picture, its pixels as squares with sharp edges.
    pub fn picture(&self, rect: Rect, picture: &Picture) -> Drawn {
        let (place, data) = (placed(rect), BASE64_STANDARD.encode(picture.png()?));
        self.element(format_args!(
            "<image {place} preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" \
             href=\"data:image/png;base64,{data}\"/>\n"
        ))
    }

    /// A line of text.
    pub fn text(&self, at: Point, text: &str, font: Font, anchor: Anchor) -> Drawn {
        let (x, y) = (units(at.0), units(at.1));
        let anchored = match anchor {
            Anchor::Start => String::new(),
            Anchor::Middle => " text-anchor=\"middle\"".to_owned(),
            Anchor::End => " text-anchor=\"end\"".to_owned(),
            Anchor::Upwards => format!(" text-anchor=\"middle\" transform=\"rotate(270 {x} {y})\""),
        };
        let weight = if font.bold { " font-weight=\"bold\"" } else { "" };
        self.element(format_args!(
            "<text x=\"{x}\" y=\"{y}\" dy=\"0.5ex\"{anchored} font-size=\"{}\"{weight} fill=\"{}\">{}</text>\n",
            units(font.size),
            font.colour.hex(),
            escape(&printable(text))
        ))
    }

    /// Marks that say `text` when a reader points at them; its lines are separate facts.
    pub fn titled(&self, text: &str, paint: impl FnOnce() -> Drawn) -> Drawn {
        self.element(format_args!("<g><title>{}</title>", escape(text)))?;
        paint()?;
        self.element(format_args!("</g>\n"))
    }

    fn element(&self, element: fmt::Arguments<'_>) -> Drawn {
        Ok(self.elements.borrow_mut().write_fmt(element)?)
    }
}

/// A path through points: the first place, then distances.
fn path(points: &[Point]) -> String {
    let places = || points.iter().map(|&(x, y)| (units(x), units(y)));
    let steps = places().zip(places().skip(1)).map(|(from, to)| (to.0 - from.0, to.1 - from.1));
    let numbers = places().take(1).chain(steps).map(|(x, y)| format!("{x} {y}"));
    // A minus sign separates as well as a space.
    format!("m{}", numbers.collect::<Vec<_>>().join(" ").replace(" -", "-"))
}

fn placed(rect: Rect) -> String {
    let (left, top) = (units(rect.left), units(rect.top));
    let (width, height) = (units(rect.right()) - left, units(rect.bottom()) - top);
    format!("x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\"")
}
