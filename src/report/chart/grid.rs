//! A grid of panels with common scales.

use super::canvas::{Anchor, Canvas, Drawn, Font, Rect};
use super::legend::Legend;
use super::panel::Panel;
use super::scale::Scale;

/// Width of all panels and their labels, pixels.
const WIDTH: f64 = 720.0;
/// Space left of the panels, for labels and the name of the scale.
const LEFT: f64 = 62.0;
/// Space below the panels, for the same.
const BELOW: f64 = 44.0;
const RIGHT: f64 = 14.0;
/// Space between panels, across, and down for a heading of one line.
const GAP: (f64, f64) = (16.0, 28.0);
/// Height of each further line of a heading.
const LINE: f64 = 15.0;

/// Most pixels between neighbouring series that share a place.
const DODGE: f64 = 12.0;

/// Width of each of so many panels beside each other.
fn width(columns: usize) -> f64 {
    let columns = columns as f64;
    ((WIDTH - LEFT - RIGHT - GAP.0 * (columns - 1.0)) / columns).floor()
}

/// Panels with common scales, row by row.
pub struct PanelGrid {
    /// Headings of the panels; empty for a single panel.
    pub headings: Vec<String>,
    pub x: Scale,
    pub y: Scale,
    /// Titles of the scales, with units.
    pub x_name: String,
    pub y_name: String,
    pub legend: Legend,
}

impl PanelGrid {
    /// The legend of these `entries`, as wide as the panels.
    pub fn legend(entries: Vec<super::LegendEntry>) -> Legend {
        Legend::new(entries, WIDTH - LEFT)
    }

    /// Panels beside each other: four of many, or three if their headings would meet and then do not.
    fn columns(&self) -> usize {
        let widest = self.headings.iter().map(|heading| Font::HEADING.width(heading)).fold(0.0, f64::max);
        let fit = |columns| widest <= width(columns) + GAP.0;
        match self.headings.len() {
            0 | 1 => 1,
            2 | 4 => 2,
            3 | 5 | 6 | 9 => 3,
            _ if fit(3) && !fit(4) => 3,
            _ => 4,
        }
    }

    fn rows(&self) -> usize {
        self.headings.len().max(1).div_ceil(self.columns())
    }

    /// Size of a panel.
    fn panel(&self) -> (f64, f64) {
        let height = match self.columns() {
            1 => 330.0,
            2 => 230.0,
            3 => 180.0,
            _ => 150.0,
        };
        (width(self.columns()), height)
    }

    /// Pixels between neighbours when `count` series share each tick.
    pub fn step(&self, count: usize) -> f64 {
        let mut places: Vec<f64> = self.x.ticks.iter().map(|(value, _)| self.x.at(*value)).collect();
        places.sort_by(f64::total_cmp);
        let gaps = places.windows(2).map(|pair| (pair[1] - pair[0]) * self.panel().0);
        gaps.fold(DODGE, |step, gap| step.min(0.8 * gap / count as f64))
    }

    /// The lines of a heading, which breaks between values to be as wide as its panel.
    fn lines(&self, heading: &str) -> Vec<String> {
        let room = self.panel().0 + GAP.0;
        let mut lines: Vec<String> = Vec::new();
        for value in heading.split(", ") {
            match lines.last().map(|line| format!("{line}, {value}")) {
                Some(longer) if Font::HEADING.width(&longer) <= room => {
                    lines.pop();
                    lines.push(longer);
                }
                _ => lines.push(value.to_owned()),
            }
        }
        lines
    }

    /// Space above a row of panels, for their headings.
    fn above(&self) -> f64 {
        let lines = self.headings.iter().map(|heading| self.lines(heading).len()).max();
        lines.map_or(10.0, |lines| GAP.1 + LINE * (lines - 1) as f64)
    }

    fn top(&self) -> f64 {
        self.legend.height() + self.above()
    }

    /// Size of the figure, pixels.
    pub fn size(&self) -> (f64, f64) {
        let rows = self.rows() as f64;
        (WIDTH, self.top() + rows * self.panel().1 + (rows - 1.0) * self.above() + BELOW)
    }

    /// Draws scales, headings and legend, and calls `paint` with each panel and its number.
    pub fn draw(&self, canvas: &Canvas, paint: impl Fn(&Panel<'_>, usize) -> Drawn) -> Drawn {
        let (width, height) = self.panel();
        let count = self.headings.len().max(1);
        self.legend.draw(canvas, LEFT, 2.0)?;
        for at in 0..count {
            let (row, column) = (at / self.columns(), at % self.columns());
            let left = LEFT + column as f64 * (width + GAP.0);
            let top = self.top() + row as f64 * (height + self.above());
            let frame = Rect { left, top, width, height };
            let panel = Panel { canvas, frame, x: &self.x, y: &self.y };
            panel.rules()?;
            panel.side()?;
            if column == 0 {
                panel.labels_left()?;
            }
            if at + self.columns() >= count {
                panel.labels_below()?;
            }
            if let Some(heading) = self.headings.get(at) {
                for (line, up) in self.lines(heading).iter().rev().zip(0_u32..) {
                    let place = (left + 0.5 * width, top - 10.0 - LINE * f64::from(up));
                    canvas.text(place, line, Font::HEADING, Anchor::Middle)?;
                }
            }
            paint(&panel, at)?;
        }
        self.name_scales(canvas)
    }

    fn name_scales(&self, canvas: &Canvas) -> Drawn {
        let (width, height) = self.size();
        let middle = f64::midpoint(self.top(), height - BELOW);
        canvas.text((16.0, middle), &self.y_name, Font::LABEL, Anchor::Upwards)?;
        let middle = f64::midpoint(LEFT, width - RIGHT);
        canvas.text((middle, height - 12.0), &self.x_name, Font::LABEL, Anchor::Middle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_break_between_values_and_are_as_wide_as_their_panels() {
        let heading = "masking = 0.3, classifier = 10, λ = 0.005, γ = 1, T = 11, n = 77";
        let grid = PanelGrid {
            headings: vec![heading.to_owned(); 12],
            x: Scale::even([0.0, 1.0]),
            y: Scale::even([0.0, 1.0]),
            x_name: String::new(),
            y_name: String::new(),
            legend: PanelGrid::legend(Vec::new()),
        };
        let lines = grid.lines(heading);
        assert_eq!(lines, ["masking = 0.3", "classifier = 10", "λ = 0.005, γ = 1", "T = 11, n = 77"]);
        let widest = lines.iter().map(|line| Font::HEADING.width(line)).fold(0.0, f64::max);
        assert!(widest <= grid.panel().0 + GAP.0, "{widest}");
        assert_eq!(grid.size().1, 3.0 * (150.0 + GAP.1 + 3.0 * LINE) + BELOW);
    }
}
