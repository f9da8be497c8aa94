//! The parts of an SVG: its head with an accessible title, its numbers and texts, and the theme of a page.

use std::fmt::Write as _;

use super::palette::Colour;
use crate::text::printable_lines;

/// Units of the drawing in a pixel, so that whole numbers suffice.
const UNIT: f64 = 10.0;

/// The opening of a figure, with its size in pixels and its accessible title and description.
pub(super) fn head((width, height): (f64, f64), title: &str, description: &str) -> String {
    let (title, description) = (escape(title), escape(description));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {} {}\" role=\"img\" font-family=\"sans-serif\">\n<title>{title}</title>\n<desc>{description}</desc>\n",
        units(width),
        units(height)
    )
}

/// Pixels in whole units.
pub(super) fn units(pixels: f64) -> i64 {
    (pixels * UNIT).round() as i64
}

/// The attribute of an element that is not opaque.
pub(super) fn opacity(alpha: f64) -> String {
    if alpha < 1.0 { format!(" opacity=\"{alpha}\"") } else { String::new() }
}

/// A text without markup and control characters.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in printable_lines(text).chars() {
        match character {
            '<' | '>' | '&' => write!(out, "&#{};", u32::from(character)).unwrap_or_default(),
            other => out.push(other),
        }
    }
    out
}

/// Rules of a dark page's style: each colour of a figure becomes the page's, a variable of the style.
pub fn dark_rules() -> String {
    let rule = |(colour, name): (Colour, String)| {
        let hex = colour.hex();
        format!(
            "  [fill=\"{hex}\"] {{ fill: var(--{name}); }}\n  [stroke=\"{hex}\"] {{ stroke: var(--{name}); }}\n"
        )
    };
    format!(
        "@media screen and (prefers-color-scheme: dark) {{\n{}}}\n",
        Colour::all().map(rule).collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::super::{Anchor, Canvas, Font, Look, draw};
    use super::*;

    #[test]
    fn no_control_character_makes_a_figure_unreadable() {
        let text = |canvas: &Canvas| canvas.text((1.0, 2.0), "c\u{9b}\nd", Font::LABEL, Anchor::Start);
        let figure = draw((20.0, 10.0), "a\u{1b}[2J", "b\u{202e}", text).unwrap();
        for shown in [r"<title>a\u001b[2J</title>", r"<desc>b\u202e</desc>", r"c\u009b\nd"] {
            assert!(figure.contains(shown), "{figure}");
        }
    }

    #[test]
    fn a_figure_is_named_dashed_and_themed() {
        let figure = draw((20.0, 10.0), "a < b", "two & three", |canvas| {
            canvas.line(&[(0.0, 0.5), (10.04, 10.0), (9.0, 10.0)], Colour::Series(1), 1.5, 1.0)?;
            canvas.titled("seed 1\n5 > 4", || {
                canvas.mark((5.0, 5.0), Look::of(0), 2.0, 0.5)?;
                canvas.whisker((2.0, 2.0), (8.0, 2.0), false, Colour::Series(1))
            })?;
            canvas.line(&[], Colour::Ink, 1.0, 1.0)?;
            canvas.mark((5.0, 5.0), Look::of(1), 1.0, 1.0)?;
            canvas.text((1.0, 2.0), "x < y", Font::LABEL, Anchor::Upwards)
        });
        let figure = figure.unwrap();
        insta::assert_snapshot!(figure, @r##"
        <svg xmlns="http://www.w3.org/2000/svg" width="20" height="10" viewBox="0 0 200 100" role="img" font-family="sans-serif">
        <title>a &#60; b</title>
        <desc>two &#38; three</desc>
        <rect x="0" y="0" width="200" height="100" fill="#FFFFFF"/>
        <path fill="none" stroke="#D55E00" stroke-dasharray="70 30" stroke-width="15" d="m0 5 100 95-10 0"/>
        <g><title>seed 1
        5 &#62; 4</title><circle cx="50" cy="50" r="20" fill="#0072B2" opacity="0.5"/>
        <path fill="none" stroke="#D55E00" stroke-width="14" d="M20 20L80 20M20 -10L20 50M80 -10L80 50"/>
        </g>
        <path fill="#D55E00" d="m41 41 18 0 0 18-18 0z"/>
        <text x="10" y="20" dy="0.5ex" text-anchor="middle" transform="rotate(270 10 20)" font-size="130" fill="#1B1B1B">x &#60; y</text>
        </svg>
        "##);
        let dark = dark_rules();
        for colour in figure.split(['"']).filter(|text| text.starts_with('#')) {
            assert!(dark.contains(&format!("[fill=\"{colour}\"]")), "{colour}: {dark}");
        }
        assert!(dark.contains("[stroke=\"#D55E00\"] { stroke: var(--series-1); }"), "{dark}");
    }
}
