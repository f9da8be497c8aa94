//! The difference of each cell from its reference: every seed, mean and interval. The first rows are each challenger's
//! average over all cells.

use super::{Figure, seed_entries, seeds};
use crate::analysis::{self, Compared, Difference, GridRow};
use crate::report::Error;
use crate::report::chart::{ChartRow, Drawn, LegendEntry, Look, Panel, RowChart, Scale, Weight};
use crate::report::data::ReportData;
use crate::report::facets::{Facets, Series, with_value};
use crate::stats::Interval;
use crate::value::Value;

/// Pixels from the middle of a row up to its interval, and down to its seeds.
const INTERVAL: f64 = -2.0;
const SEEDS: f64 = 5.0;

/// The difference of one challenger, in a cell or over all cells.
struct Against {
    group: String,
    series: Series,
    /// Of each seed that has one.
    seeds: Vec<f64>,
    mean: Option<f64>,
    interval: Option<Interval>,
    text: String,
}

/// The figure; `None` if nothing is compared.
pub fn figure(data: &ReportData<'_>) -> Result<Option<Figure>, Error> {
    let Some(compared) = &data.analysis.compared else { return Ok(None) };
    let series = Facets::of(data, None).series;
    let mut all = Vec::new();
    if compared.grid.iter().any(|row| row.cells > 1) {
        all.extend(of_grid(&compared.grid, &series));
    }
    all.extend(of_cells(data, compared, &series));
    let values: Vec<f64> = all.iter().flat_map(Against::extent).collect();
    if values.is_empty() {
        return Ok(None);
    }
    let margin = compared.contrast.margin.map(|margin| (-margin, margin));
    let ends = margin.into_iter().flat_map(|(low, high)| [low, high]);
    let rows = RowChart {
        lines: all.iter().map(Against::row).collect(),
        scale: Scale::even(values.into_iter().chain([0.0]).chain(ends)),
        scale_name: "difference in test error (percentage points)".to_owned(),
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
fn of_grid<'g>(grid: &'g [GridRow], series: &'g [Series]) -> impl Iterator<Item = Against> {
    grid.iter().map(|row| {
        let (mean, interval) = (row.test.map(|test| test.mean), row.test.and_then(|test| test.interval));
        Against {
            group: "average of all cells".to_owned(),
            series: side(series, &row.challenger),
            seeds: row.differences.iter().copied().flatten().collect(),
            mean,
            interval,
            text: analysis::difference(mean, interval),
        }
    })
}

/// The rows of every cell, grouped by the other settings.
fn of_cells(data: &ReportData<'_>, compared: &Compared, series: &[Series]) -> Vec<Against> {
    let against = |row: &analysis::ComparisonRow| Against {
        group: group(data, &compared.contrast.axes, &row.values),
        series: side(series, &row.challenger),
        seeds: row.differences.iter().copied().flatten().collect(),
        mean: row.test.map(|test| test.mean()),
        interval: row.test.and_then(|test| test.interval()),
        text: analysis::compared(row.test),
    };
    let mut rows: Vec<_> = compared.comparison.iter().map(against).collect();
    let mut groups: Vec<String> = Vec::new();
    for row in &rows {
        if !groups.contains(&row.group) {
            groups.push(row.group.clone());
        }
    }
    rows.sort_by_key(|row| groups.iter().position(|group| *group == row.group));
    rows
}

/// Values of the dimensions that are not compared.
fn group(data: &ReportData<'_>, axes: &[String], values: &[Value]) -> String {
    let values = axes.iter().zip(values);
    let named = values.filter(|(column, _)| data.dimensions.iter().any(|axis| axis.column == **column));
    named.map(|(column, value)| with_value(column, value)).collect::<Vec<_>>().join(", ")
}

/// The series of a side of the comparison, so that it looks the same in every figure.
fn side(series: &[Series], key: &str) -> Series {
    let known = series.iter().find(|series| series.key == key).cloned();
    known.unwrap_or_else(|| Series { key: key.to_owned(), name: key.to_owned(), look: Look::of(0) })
}

impl Against {
    /// Values that the scale must hold.
    fn extent(&self) -> impl Iterator<Item = f64> {
        let ends = self.interval.into_iter().flat_map(|interval| [interval.low, interval.high]);
        self.seeds.iter().copied().chain(self.mean).chain(ends)
    }

    fn row(&self) -> ChartRow {
        ChartRow { group: self.group.clone(), label: self.series.name.clone(), text: self.text.clone() }
    }

    fn paint(&self, panel: &Panel<'_, '_>, y: f64) -> Drawn {
        let look = self.series.look;
        if self.seeds.len() > 1 {
            self.seeds.iter().try_for_each(|&seed| panel.mark((seed, y + SEEDS), 0.0, look, Weight::Seed))?;
        }
        if let Some(interval) = self.interval {
            panel.level(interval, y + INTERVAL, look)?;
        }
        let mut mean = self.mean.into_iter();
        mean.try_for_each(|mean| panel.mark((mean, y + INTERVAL), 0.0, look, Weight::Mean))
    }
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

fn caption(compared: &Compared, reference: &str, all: &[Against]) -> String {
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
