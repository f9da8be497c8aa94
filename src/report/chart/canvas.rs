//! A canvas to draw on: lines, marks, areas and texts at places in pixels.

use std::cell::RefCell;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::finish::{About, UNIT, finish};
use super::palette::{Colour, Look, MarkShape};
use super::picture::Picture;
use crate::report::Error;
use crate::text::printable;

/// The backend divides sizes of texts by this.
const BACKEND_TEXT: f64 = 1.24;
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
    pub const TICK: Self = Self { size: 11.0, colour: Colour::Faint, bold: false };
    pub const LABEL: Self = Self { size: 12.0, colour: Colour::Ink, bold: false };
    pub const HEADING: Self = Self { size: 12.0, colour: Colour::Ink, bold: true };

    /// Approximate width of a text, pixels; the reader's font is unknown.
    pub fn width(self, text: &str) -> f64 {
        0.54 * self.size * text.chars().count() as f64
    }
}

/// A canvas that is being drawn on.
pub struct Canvas<'a> {
    root: DrawingArea<SVGBackend<'a>, Shift>,
    /// Elements of pictures, which lie above all that is drawn.
    pictures: RefCell<String>,
}

/// Draws a figure of this many pixels and returns it as SVG.
pub fn draw(
    (width, height): (f64, f64),
    about: &About<'_>,
    paint: impl FnOnce(&Canvas<'_>) -> Drawn,
) -> Result<String, Error> {
    let mut text = String::new();
    let pictures = {
        let root = SVGBackend::with_string(&mut text, (units(width) as u32, units(height) as u32));
        let canvas = Canvas { root: root.into_drawing_area(), pictures: RefCell::default() };
        canvas.root.fill(&Colour::Paper.rgb())?;
        paint(&canvas)?;
        canvas.root.present()?;
        canvas.pictures.into_inner()
    };
    if !pictures.is_empty()
        && let Some(end) = text.rfind("</svg>")
    {
        text.insert_str(end, &pictures);
    }
    Ok(finish(&text, (width, height), about))
}

impl Canvas<'_> {
    /// A line through `points`, in the dashes of its colour.
    pub fn line(&self, points: &[Point], colour: Colour, width: f64, opacity: f64) -> Drawn {
        let points: Vec<_> = points.iter().map(|&point| place(point)).collect();
        let style =
            ShapeStyle { color: colour.rgb().mix(opacity), filled: false, stroke_width: units(width) as u32 };
        Ok(self.root.draw(&PathElement::new(points, style))?)
    }

    /// A mark of `radius` pixels.
    pub fn mark(&self, at: Point, look: Look, radius: f64, opacity: f64) -> Drawn {
        let style = look.colour.rgb().mix(opacity).filled();
        let corners: &[Point] = match look.shape {
            MarkShape::Circle => {
                return Ok(self.root.draw(&Circle::new(place(at), units(radius) as u32, style))?);
            }
            MarkShape::Square => &SQUARE,
            MarkShape::Triangle => &TRIANGLE,
            MarkShape::Diamond => &DIAMOND,
            MarkShape::Descending => &DESCENDING,
        };
        let corner = |&(x, y): &Point| place((at.0 + radius * x, at.1 + radius * y));
        Ok(self.root.draw(&Polygon::new(corners.iter().map(corner).collect::<Vec<_>>(), style))?)
    }

    /// A filled area.
    pub fn area(&self, rect: Rect, colour: Colour, opacity: f64) -> Drawn {
        let corners = [place((rect.left, rect.top)), place((rect.right(), rect.bottom()))];
        Ok(self.root.draw(&Rectangle::new(corners, colour.rgb().mix(opacity).filled()))?)
    }

    /// A picture, its pixels as squares with sharp edges.
    pub fn picture(&self, rect: Rect, picture: &Picture) -> Drawn {
        let data = BASE64_STANDARD.encode(picture.png()?);
        let [x, y, width, height] = [rect.left, rect.top, rect.width, rect.height].map(units);
        let element = format!(
            "<image x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" preserveAspectRatio=\"none\" \
             style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{data}\"/>\n"
        );
        self.pictures.borrow_mut().push_str(&element);
        Ok(())
    }

    /// A line of text.
    pub fn text(&self, at: Point, text: &str, font: Font, anchor: Anchor) -> Drawn {
        let horizontal = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle | Anchor::Upwards => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let turned = if anchor == Anchor::Upwards { FontTransform::Rotate270 } else { FontTransform::None };
        let weight = if font.bold { FontStyle::Bold } else { FontStyle::Normal };
        let desc = FontDesc::new(FontFamily::SansSerif, font.size * UNIT * BACKEND_TEXT, weight);
        let colour = font.colour.rgb();
        let style =
            TextStyle::from(desc.transform(turned)).color(&colour).pos(Pos::new(horizontal, VPos::Center));
        Ok(self.root.draw(&Text::new(printable(text), place(at), style))?)
    }
}

fn units(pixels: f64) -> f64 {
    (pixels * UNIT).round()
}

fn place((x, y): Point) -> (i32, i32) {
    (units(x) as i32, units(y) as i32)
}
