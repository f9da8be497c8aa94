//! Rows under headings with a horizontal scale, one row per cell.

use super::canvas::{Anchor, Canvas, Drawn, Font, Rect};
use super::legend::Legend;
use super::palette::Colour;
use super::panel::Panel;
use super::scale::Scale;

const WIDTH: f64 = 720.0;
/// Height of a line.
const LINE: f64 = 22.0;
/// Ends of the scale; longer labels move the left one.
const LEFT: f64 = 170.0;
const RIGHT: f64 = 545.0;
const BELOW: f64 = 46.0;
/// Space between a label and the scale.
const BESIDE: f64 = 10.0;

/// One row.
pub struct ChartRow {
    /// Heading of the row and its neighbours; drawn if it is not empty and differs from that of the row above.
    pub group: String,
    /// Label, on the left.
    pub label: String,
    /// Numbers, on the right.
    pub text: String,
}

/// Rows under headings.
pub struct RowChart {
    pub lines: Vec<ChartRow>,
    pub scale: Scale,
    /// Title of the scale, with its unit.
    pub scale_name: String,
    /// Range of equivalence, drawn as a band.
    pub band: Option<(f64, f64)>,
    pub legend: Legend,
}

impl RowChart {
    /// The legend of these `entries`, as wide as the rows.
    pub fn legend(entries: Vec<super::LegendEntry>) -> Legend {
        Legend::new(entries, WIDTH - LEFT)
    }

    /// Size of the figure, pixels.
    pub fn size(&self) -> (f64, f64) {
        (WIDTH, self.frame().bottom() + BELOW)
    }

    /// Draws scale, headings, labels and legend, and calls `paint` with each row's number
    /// and its place on a scale that runs down in pixels.
    pub fn draw(&self, canvas: &Canvas, paint: impl Fn(&Panel<'_>, usize, f64) -> Drawn) -> Drawn {
        let frame = self.frame();
        let downwards = Scale::bare(frame.height, 0.0);
        let panel = Panel { canvas, frame, x: &self.scale, y: &downwards };
        self.legend.draw(canvas, LEFT, 2.0)?;
        self.draw_band(&panel)?;
        panel.rules()?;
        panel.labels_below()?;
        if (0.0..=1.0).contains(&self.scale.at(0.0)) {
            let ends = [panel.place((0.0, 0.0)), panel.place((0.0, frame.height))];
            canvas.line(&ends, Colour::Faint, 1.4, 1.0)?;
        }
        let mut y = 0.5 * LINE;
        for (at, row) in self.lines.iter().enumerate() {
            if self.has_heading(at) {
                canvas.text((12.0, frame.top + y), &row.group, Font::HEADING, Anchor::Start)?;
                y += LINE;
            }
            canvas.text((frame.left - BESIDE, frame.top + y), &row.label, Font::LABEL, Anchor::End)?;
            canvas.text((WIDTH - 12.0, frame.top + y), &row.text, Font::LABEL, Anchor::End)?;
            paint(&panel, at, y)?;
            y += LINE;
        }
        let middle = (f64::midpoint(frame.left, RIGHT), frame.bottom() + 32.0);
        canvas.text(middle, &self.scale_name, Font::LABEL, Anchor::Middle)
    }

    fn draw_band(&self, panel: &Panel<'_>) -> Drawn {
        let Some((low, high)) = self.band else { return Ok(()) };
        let (left, top) = panel.place((low, 0.0));
        let width = panel.place((high, 0.0)).0 - left;
        panel.canvas.area(Rect { left, top, width, height: panel.frame.height }, Colour::Band, 1.0)
    }

    fn frame(&self) -> Rect {
        let headings = (0..self.lines.len()).filter(|&at| self.has_heading(at)).count();
        let height = LINE * (self.lines.len() + headings) as f64;
        let left = self.left();
        Rect { left, top: self.legend.height() + 8.0, width: RIGHT - left, height }
    }

    /// The left end of the scale, beside the longest label.
    fn left(&self) -> f64 {
        let widths = self.lines.iter().map(|row| Font::LABEL.width(&row.label) + BESIDE);
        widths.fold(LEFT, f64::max)
    }

    fn has_heading(&self, at: usize) -> bool {
        let group = &self.lines[at].group;
        !group.is_empty() && (at == 0 || self.lines[at - 1].group != *group)
    }
}
