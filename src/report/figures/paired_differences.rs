//! Each cell against its reference: the difference of every seed, their mean and interval.

use super::{Figure, seeds};
use crate::analysis::{Comparison, ComparisonRow};
use crate::report::Error;
use crate::report::chart::{
    Anchor, Colour, Drawn, Entry, Font, Legend, Look, Panel, Rect, Scale, Sheet, Weight,
};
use crate::report::facets::{Facets, Series, with_value};
use crate::report::material::Material;
use crate::report::words;

const WIDTH: f64 = 720.0;
/// Height of a row, and of the heading of a group of rows.
const ROW: f64 = 22.0;
/// Where the values begin and end.
const LEFT: f64 = 170.0;
const RIGHT: f64 = 545.0;
const BELOW: f64 = 46.0;

/// The figure; `None` where nothing is compared.
pub fn figure(material: &Material) -> Result<Option<Figure>, Error> {
    let Some(comparison) = &material.analysis.comparison else { return Ok(None) };
    let values: Vec<f64> = comparison.rows.iter().flat_map(extent).collect();
    if values.is_empty() {
        return Ok(None);
    }
    let chart = Chart::of(material, comparison, Scale::even(values.into_iter().chain([0.0])));
    let caption = format!(
        "Test error less that of the reference {} with the same seed, percentage points: right of 0 the \
         reference is better. Small marks are single seeds ({}), large ones their mean, bars Student's 95 % \
         interval of that mean.",
        comparison.reference,
        seeds(comparison.rows.iter().map(|row| row.paired.map_or(0, |paired| paired.n)))
    );
    let title = format!("Difference in test error from {}", comparison.reference);
    Figure::draw("paired_differences", title, caption, chart.size(), |sheet| chart.draw(sheet)).map(Some)
}

/// Values that the scale must hold.
fn extent(row: &ComparisonRow) -> impl Iterator<Item = f64> {
    let interval = row.paired.and_then(|paired| paired.interval);
    let ends = interval.into_iter().flat_map(|interval| [interval.low, interval.high]);
    row.differences.iter().copied().flatten().chain(ends)
}

/// One line of the figure.
enum Line<'c> {
    /// Values of the axes that are not compared, above the rows that have them.
    Heading(String),
    Row(&'c ComparisonRow, Series),
}

struct Chart<'c> {
    lines: Vec<Line<'c>>,
    scale: Scale,
    legend: Legend,
}

impl<'c> Chart<'c> {
    fn of(material: &Material, comparison: &'c Comparison, scale: Scale) -> Self {
        let series = Facets::of(material, None).series;
        let mut lines = Vec::new();
        let mut above = None;
        for row in &comparison.rows {
            let heading = heading(material, comparison, row);
            if !heading.is_empty() && above.as_ref() != Some(&heading) {
                lines.push(Line::Heading(heading.clone()));
                above = Some(heading);
            }
            lines.push(Line::Row(row, challenger(&series, row)));
        }
        let entries = ["one seed", "mean, 95 % interval"].map(str::to_owned);
        let [seed, interval] = entries;
        Self { lines, scale, legend: Legend::new(vec![Entry::Seed(seed), Entry::Interval(interval)], WIDTH) }
    }

    fn frame(&self) -> Rect {
        let (top, height) = (self.legend.height() + 8.0, ROW * self.lines.len() as f64);
        Rect { left: LEFT, top, width: RIGHT - LEFT, height }
    }

    fn size(&self) -> (f64, f64) {
        (WIDTH, self.frame().bottom() + BELOW)
    }

    fn draw(&self, sheet: &Sheet<'_>) -> Drawn {
        let frame = self.frame();
        let downwards = Scale::bare(frame.height, 0.0);
        let panel = Panel { sheet, frame, x: &self.scale, y: &downwards };
        self.legend.draw(sheet, LEFT, 2.0)?;
        panel.rules()?;
        panel.labels_below()?;
        sheet.line(&[panel.place((0.0, 0.0)), panel.place((0.0, frame.height))], Colour::Faint, 1.4, 1.0)?;
        for (line, at) in self.lines.iter().zip(0_u32..) {
            let y = ROW * (f64::from(at) + 0.5);
            match line {
                Line::Heading(text) => {
                    sheet.text((12.0, frame.top + y), text, Font::HEADING, Anchor::Start)?;
                }
                Line::Row(row, series) => draw_row(&panel, row, series, y)?,
            }
        }
        let name = "difference in test error (percentage points)";
        sheet.text((f64::midpoint(LEFT, RIGHT), frame.bottom() + 32.0), name, Font::LABEL, Anchor::Middle)
    }
}

fn draw_row(panel: &Panel<'_, '_>, row: &ComparisonRow, series: &Series, y: f64) -> Drawn {
    let middle = panel.frame.top + y;
    panel.sheet.text((LEFT - 10.0, middle), &series.name, Font::LABEL, Anchor::End)?;
    let Some(paired) = row.paired else { return Ok(()) };
    if paired.n > 1 {
        let mut seeds = row.differences.iter().copied().flatten();
        seeds.try_for_each(|difference| panel.mark((difference, y + 5.0), 0.0, series.look, Weight::Seed))?;
    }
    if let Some(interval) = paired.interval {
        panel.level(interval, y - 2.0, series.look)?;
    }
    panel.mark((paired.mean, y - 2.0), 0.0, series.look, Weight::Mean)?;
    panel.sheet.text((WIDTH - 12.0, middle), &words::difference(paired), Font::LABEL, Anchor::End)
}

/// Values of the axes that are not compared, of those alone that tell cells apart.
fn heading(material: &Material, comparison: &Comparison, row: &ComparisonRow) -> String {
    let values = comparison.axes.iter().zip(&row.values);
    let told = values.filter(|(column, _)| material.axes.iter().any(|axis| axis.column == **column));
    told.map(|(column, value)| with_value(column, value)).collect::<Vec<_>>().join(", ")
}

fn challenger(series: &[Series], row: &ComparisonRow) -> Series {
    let known = series.iter().find(|series| series.key == row.challenger).cloned();
    known.unwrap_or_else(|| Series { key: row.challenger.clone(), name: row.challenger.clone(), look: Look::of(0) })
}
