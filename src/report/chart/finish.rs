//! Post-processing of the backend's SVG: accessible title, dashes, and the theme of a page.

use std::fmt::Write as _;

use plotters::style::RGBColor;

use super::palette::Colour;
use crate::text::printable_lines;

/// Units of the drawing in a pixel: the backend places whole units only.
pub const UNIT: f64 = 10.0;
/// Attribute that the backend writes for opaque elements, where it is the default.
const OPAQUE: &str = " opacity=\"1\"";

/// Accessible title and description of a figure.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// Title.
    pub title: &'a str,
    /// Description.
    pub description: &'a str,
}

/// Names the figure, gives its size in pixels, and its lines the dashes of their colour.
pub(super) fn finish(drawn: &str, (width, height): (f64, f64), about: &About<'_>) -> String {
    let (title, description) = (escape(about.title), escape(about.description));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {} {}\" role=\"img\">\n<title>{title}</title>\n<desc>{description}</desc>\n",
        width * UNIT,
        height * UNIT
    );
    let dashes: Vec<_> = Colour::all().filter_map(|(colour, _)| dashes(colour)).collect();
    for line in drawn.lines().skip(1) {
        // Thin lines stay solid: many thin dashes are hard to follow.
        let dashable = line.starts_with("<polyline") && line.contains(OPAQUE);
        let dashed = dashes.iter().find(|(stroke, _)| dashable && line.contains(stroke));
        let line = line.replace(OPAQUE, "").replace(" \"/>", "\"/>");
        let line = match dashed {
            Some((stroke, dashed)) => line.replacen(stroke, dashed, 1),
            None => line,
        };
        out.push_str(&rounded_font_size(line));
        out.push('\n');
    }
    out
}

/// The line with a whole number as size of its text; the backend divides it, with digits of rounding.
fn rounded_font_size(line: String) -> String {
    const ATTRIBUTE: &str = "font-size=\"";
    let parts = line.split_once(ATTRIBUTE).and_then(|(before, rest)| {
        let (size, after) = rest.split_once('"')?;
        Some((before, size.parse::<f64>().ok()?, after))
    });
    match parts {
        Some((before, size, after)) => format!("{before}{ATTRIBUTE}{}\"{after}", size.round()),
        None => line,
    }
}

/// A figure whose colours are the page's: variables of its style canvas.
pub fn on_page(figure: &str) -> String {
    Colour::all().fold(figure.to_owned(), |text, (colour, name)| {
        text.replace(&format!("\"{}\"", hex(colour.rgb())), &format!("\"var(--{name})\""))
    })
}

/// The backend's attribute for a stroke of this colour, and the same with dashes.
fn dashes(colour: Colour) -> Option<(String, String)> {
    let stroke = format!("stroke=\"{}\"", hex(colour.rgb()));
    let lengths: Vec<_> = colour.dashes().iter().map(|pixels| (pixels * UNIT as u32).to_string()).collect();
    let dashed = format!("{stroke} stroke-dasharray=\"{}\"", lengths.join(" "));
    (!lengths.is_empty()).then_some((stroke, dashed))
}

/// As the backend writes a colour.
fn hex(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in printable_lines(text).chars() {
        match character {
            '<' | '>' | '&' => write!(out, "&#{};", u32::from(character)).unwrap_or_default(),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{Anchor, Font, Look, draw};
    use super::*;

    #[test]
    fn no_control_character_makes_a_figure_unreadable() {
        let about = About { title: "a\u{1b}[2J", description: "b\u{202e}" };
        let text = |canvas: &super::super::Canvas<'_>| {
            canvas.text((1.0, 2.0), "c\u{9b}\nd", Font::LABEL, Anchor::Start)
        };
        let figure = draw((20.0, 10.0), &about, text).unwrap();
        for shown in [r"<title>a\u001b[2J</title>", r"<desc>b\u202e</desc>", r"c\u009b\nd"] {
            assert!(figure.contains(shown), "{figure}");
        }
    }

    #[test]
    fn a_figure_is_named_dashed_and_themed() {
        let about = About { title: "a < b", description: "two & three" };
        let figure = draw((20.0, 10.0), &about, |canvas| {
            canvas.line(&[(0.0, 0.5), (10.04, 10.0)], Colour::Series(1), 1.5, 1.0)?;
            canvas.mark((5.0, 5.0), Look::of(0), 2.0, 0.5)?;
            canvas.text((1.0, 2.0), "x < y", Font::LABEL, Anchor::Start)
        });
        let figure = figure.unwrap();
        insta::assert_snapshot!(figure, @r##"
        <svg xmlns="http://www.w3.org/2000/svg" width="20" height="10" viewBox="0 0 200 100" role="img">
        <title>a &#60; b</title>
        <desc>two &#38; three</desc>
        <rect x="0" y="0" width="200" height="100" fill="#FFFFFF" stroke="none"/>
        <polyline fill="none" stroke="#D55E00" stroke-dasharray="70 30" stroke-width="15" points="0,5 100,100"/>
        <circle cx="50" cy="50" r="20" opacity="0.5" fill="#0072B2" stroke="none" stroke-width="1"/>
        <text x="10" y="20" dy="0.5ex" text-anchor="start" font-family="sans-serif" font-size="120" fill="#1B1B1B">
        x &lt; y
        </text>
        </svg>
        "##);
        let themed = on_page(&figure);
        assert!(themed.contains("stroke=\"var(--series-1)\" stroke-dasharray=\"70 30\""), "{themed}");
        assert!(!themed.contains("\"#"), "{themed}");
    }
}
