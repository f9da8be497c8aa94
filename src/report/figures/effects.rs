//! The effects of several cells: every seed, mean and interval.

use super::seed_row::SeedRow;
use super::{Figure, seed_entries, seeds};
use crate::analysis::{self, Compared, EffectRow};
use crate::report::Error;
use crate::report::chart::{LegendEntry, Look, RowChart, Scale};
use crate::report::data::ReportData;
use crate::report::facets::with_value;

/// Name of the quantity, with its unit.
const QUANTITY: &str = "effect on the test error (percentage points)";

/// The figure; `None` if the spec names no effect, or no test error is known.
pub fn figure(data: &ReportData<'_>) -> Result<Option<Figure>, Error> {
    let Some(compared) = &data.analysis.compared else { return Ok(None) };
    let rows: Vec<_> = compared.effects.rows.iter().map(|row| seed_row(compared, row)).collect();
    let values: Vec<f64> = rows.iter().flat_map(SeedRow::extent).collect();
    if values.is_empty() {
        return Ok(None);
    }
    let margin = compared.contrast.margin.map(|margin| (-margin, margin));
    let ends = margin.into_iter().flat_map(|(low, high)| [low, high]);
    let mut legend = seed_entries().to_vec();
    legend.extend(compared.contrast.margin.map(|it| LegendEntry::Band(format!("within ±{it}, the margin"))));
    let chart = RowChart {
        lines: rows.iter().map(SeedRow::row).collect(),
        scale: Scale::even(values.into_iter().chain([0.0]).chain(ends)),
        scale_name: QUANTITY.to_owned(),
        band: margin,
        legend: RowChart::legend(legend),
    };
    let caption = format!(
        "Mean test error of some cells less that of others with the same seed, percentage points; right of 0 it rises. \
         Small marks are single seeds, large marks the mean over {}, bars the 95 % interval of the mean by Student's t.",
        seeds(rows.iter().map(|row| row.seeds.len()))
    );
    let figure = Figure::draw("effects", "Effects on the test error", caption, chart.size(), |canvas| {
        chart.draw(canvas, |panel, at, y| rows[at].paint(panel, y))
    });
    figure.map(Some)
}

fn seed_row(compared: &Compared, row: &EffectRow) -> SeedRow {
    let axes = &compared.effects.axes;
    let all = || axes.iter().map(String::as_str);
    let named = axes.iter().zip(&row.values);
    let named = named.filter_map(|(column, value)| Some(with_value(column, all(), value.as_ref()?)));
    let label = named.collect::<Vec<_>>().join(", ");
    let (mean, interval) = (row.test.map(|test| test.mean), row.test.and_then(|test| test.interval));
    SeedRow {
        group: row.name.clone(),
        label: if label.is_empty() { "average".to_owned() } else { label },
        look: Look::of(0),
        quantity: QUANTITY,
        seeds: SeedRow::by_seed(&compared.contrast.seeds, &row.differences),
        mean,
        interval,
        text: analysis::difference(mean, interval),
    }
}
