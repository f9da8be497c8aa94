//! Each cell against its reference: the difference of every seed, their mean and interval.

use super::{Figure, seeds};
use crate::analysis::{Comparison, ComparisonRow};
use crate::report::chart::{Drawn, Entry, Look, Panel, Row, Rows, Scale, Weight};
use crate::report::facets::{Facets, Series, with_value};
use crate::report::material::Material;
use crate::report::{Error, words};

/// Pixels from the middle of a row to its interval and up, and to its seeds and down.
const INTERVAL: f64 = -2.0;
const SEEDS: f64 = 5.0;

/// The figure; `None` where nothing is compared.
pub fn figure(material: &Material) -> Result<Option<Figure>, Error> {
    let Some(comparison) = &material.analysis.comparison else { return Ok(None) };
    let values: Vec<f64> = comparison.rows.iter().flat_map(extent).collect();
    if values.is_empty() {
        return Ok(None);
    }
    let series = Facets::of(material, None).series;
    let series: Vec<_> = comparison.rows.iter().map(|row| challenger(&series, row)).collect();
    let row = |(row, series): (&ComparisonRow, &Series)| Row {
        group: group(material, comparison, row),
        label: series.name.clone(),
        text: row.paired.map(words::difference).unwrap_or_default(),
    };
    let rows = Rows {
        rows: comparison.rows.iter().zip(&series).map(row).collect(),
        scale: Scale::even(values.into_iter().chain([0.0])),
        scale_name: "difference in test error (percentage points)".to_owned(),
        band: None,
        legend: Rows::legend(entries()),
    };
    let title = format!("Difference in test error from {}", comparison.reference);
    let figure = Figure::draw("paired_differences", title, caption(comparison), rows.size(), |sheet| {
        rows.draw(sheet, |panel, at, y| paint(panel, &comparison.rows[at], series[at].look, y))
    });
    figure.map(Some)
}

/// Values that the scale must hold.
fn extent(row: &ComparisonRow) -> impl Iterator<Item = f64> {
    let interval = row.paired.and_then(|paired| paired.interval);
    let ends = interval.into_iter().flat_map(|interval| [interval.low, interval.high]);
    row.differences.iter().copied().flatten().chain(ends)
}

/// Values of the axes that are not compared, of those alone that tell cells apart.
fn group(material: &Material, comparison: &Comparison, row: &ComparisonRow) -> String {
    let values = comparison.axes.iter().zip(&row.values);
    let told = values.filter(|(column, _)| material.axes.iter().any(|axis| axis.column == **column));
    told.map(|(column, value)| with_value(column, value)).collect::<Vec<_>>().join(", ")
}

/// The series of a row's challenger, so that it looks the same in every figure.
fn challenger(series: &[Series], row: &ComparisonRow) -> Series {
    let known = series.iter().find(|series| series.key == row.challenger).cloned();
    let (key, name) = (row.challenger.clone(), row.challenger.clone());
    known.unwrap_or_else(|| Series { key, name, look: Look::of(0) })
}

fn paint(panel: &Panel<'_, '_>, row: &ComparisonRow, look: Look, y: f64) -> Drawn {
    let Some(paired) = row.paired else { return Ok(()) };
    if paired.n > 1 {
        let mut seeds = row.differences.iter().copied().flatten();
        seeds.try_for_each(|seed| panel.mark((seed, y + SEEDS), 0.0, look, Weight::Seed))?;
    }
    if let Some(interval) = paired.interval {
        panel.level(interval, y + INTERVAL, look)?;
    }
    panel.mark((paired.mean, y + INTERVAL), 0.0, look, Weight::Mean)
}

fn entries() -> Vec<Entry> {
    vec![Entry::Seed("one seed".to_owned()), Entry::Interval("mean, 95 % interval".to_owned())]
}

fn caption(comparison: &Comparison) -> String {
    format!(
        "Test error less that of the reference {} with the same seed, percentage points: right of 0 the \
         reference is better. Small marks are single seeds ({}), large ones their mean, bars Student's 95 % \
         interval of that mean.",
        comparison.reference,
        seeds(comparison.rows.iter().map(|row| row.paired.map_or(0, |paired| paired.n)))
    )
}
