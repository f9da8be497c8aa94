//! The difference of each cell from its reference: every seed, mean and interval. The first rows are each challenger's
//! average over all cells.

use super::seed_row::SeedRow;
use super::{Figure, seed_entries, seeds};
use crate::analysis::{self, Compared, Difference};
use crate::report::Error;
use crate::report::chart::{LegendEntry, Look, RowChart, Scale};
use crate::report::data::ReportData;
use crate::report::facets::{Facets, Series, columns, with_value};
use crate::value::Value;

const QUANTITY: &str = "difference in test error (percentage points)";

/// The figure; `None` if nothing is compared.
pub fn figure(data: &ReportData<'_>) -> Result<Option<Figure>, Error> {
    let Some(compared) = &data.analysis.compared else { return Ok(None) };
    let series = Facets::of(data, None).series;
    let mut all = Vec::new();
    if compared.grid.iter().any(|row| row.cells > 1) {
        all.extend(of_grid(compared, &series));
    }
    all.extend(of_cells(data, compared, &series));
    let values: Vec<f64> = all.iter().flat_map(SeedRow::extent).collect();
    if values.is_empty() {
        return Ok(None);
    }
    let margin = compared.contrast.margin.map(|margin| (-margin, margin));
    let ends = margin.into_iter().flat_map(|(low, high)| [low, high]);
    let rows = RowChart {
        lines: all.iter().map(SeedRow::row).collect(),
        scale: Scale::even(values.into_iter().chain([0.0]).chain(ends)),
        scale_name: QUANTITY.to_owned(),
        band: margin,
        legend: RowChart::legend(entries(compared)),
    };
    let reference = side(&series, &compared.contrast.reference).name;
    let title = format!("Difference in test error from {reference}");
    let caption = caption(compared, &reference, &all);
    let figure = Figure::draw("paired_differences", title, caption, rows.size(), |canvas| {
        rows.draw(canvas, |panel, at, y| all[at].paint(panel, y))
    });
    figure.map(Some)
}

/// Each challenger's average over all cells.
fn of_grid(compared: &Compared, series: &[Series]) -> impl Iterator<Item = SeedRow> {
    compared.grid.iter().map(|row| {
        let (mean, interval) = (row.test.map(|test| test.mean), row.test.and_then(|test| test.interval));
        let Series { name, look, .. } = side(series, &row.challenger);
        SeedRow {
            group: "average of all cells".to_owned(),
            label: name,
            look,
            quantity: QUANTITY,
            seeds: SeedRow::by_seed(&compared.contrast.seeds, &row.differences),
            mean,
            interval,
            text: analysis::difference(mean, interval),
        }
    })
}

/// The rows of every cell, grouped by the other settings.
fn of_cells(data: &ReportData<'_>, compared: &Compared, series: &[Series]) -> Vec<SeedRow> {
    let against = |row: &analysis::ComparisonRow| {
        let Series { name, look, .. } = side(series, &row.challenger);
        SeedRow {
            group: group(data, &compared.contrast.axes, &row.values),
            label: name,
            look,
            quantity: QUANTITY,
            seeds: SeedRow::by_seed(&compared.contrast.seeds, &row.differences),
            mean: row.test.map(|test| test.mean()),
            interval: row.test.and_then(|test| test.interval()),
            text: analysis::compared(row.test),
        }
    };
    SeedRow::grouped(compared.comparison.iter().map(against).collect())
}

/// Values of the dimensions that are not compared.
fn group(data: &ReportData<'_>, axes: &[String], values: &[Value]) -> String {
    let values = axes.iter().zip(values);
    let named = values.filter(|(column, _)| data.dimensions.iter().any(|axis| axis.column == **column));
    let value = |(column, value): (&String, &Value)| with_value(column, columns(&data.dimensions), value);
    named.map(value).collect::<Vec<_>>().join(", ")
}

/// The series of a side of the comparison, so that it looks the same in every figure.
fn side(series: &[Series], key: &str) -> Series {
    let known = series.iter().find(|series| series.key == key).cloned();
    known.unwrap_or_else(|| Series { key: key.to_owned(), name: key.to_owned(), look: Look::of(0) })
}

fn entries(compared: &Compared) -> Vec<LegendEntry> {
    let mut entries = Vec::new();
    if compared.comparison.iter().any(|row| row.test.is_some_and(|test| test.interval().is_some())) {
        entries.extend(seed_entries());
    }
    entries.extend(
        compared.contrast.margin.map(|margin| LegendEntry::Band(format!("within ±{margin}, the margin"))),
    );
    entries
}

fn caption(compared: &Compared, reference: &str, all: &[SeedRow]) -> String {
    let marks = if all.iter().any(|against| against.interval.is_some()) {
        format!(
            "Small marks are single seeds, large marks the mean over {}, bars the 95 % interval of the mean by \
             Student's t for paired differences.",
            seeds(all.iter().map(|against| against.seeds.len()))
        )
    } else {
        "Each mark is one seed, without an interval.".to_owned()
    };
    let is_welch = |row: &analysis::ComparisonRow| matches!(row.test, Some(Difference::Welch(_)));
    let welch = if compared.comparison.iter().any(is_welch) {
        " Rows marked W have no pairs and use Welch's t for the difference of means."
    } else {
        ""
    };
    format!(
        "Test error minus that of the reference {reference} with the same seed and other settings, percentage points. \
         Right of 0 the reference is better. {marks}{welch}"
    )
}
