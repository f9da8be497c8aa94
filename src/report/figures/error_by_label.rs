//! Error of each labelled cell: every seed, mean and interval, a row for each cell in the order of the spec.

use super::seed_row::SeedRow;
use super::test_error::ShownError;
use super::{Figure, seed_entries, seeds};
use crate::analysis::{self, CellTrials};
use crate::report::Error;
use crate::report::chart::{Look, RowChart};
use crate::report::data::ReportData;
use crate::report::facets::{columns, with_value};
use crate::spec::LABEL;
use crate::stats::{CONFIDENCE, Interval, Spread, t_interval};

/// The figure; `None` if cells have no labels or none is complete.
pub fn figure(data: &ReportData<'_>) -> Result<Option<Figure>, Error> {
    let Some(label) = data.dimensions.iter().position(|axis| axis.column == LABEL) else { return Ok(None) };
    let error = ShownError::of(data);
    let all = SeedRow::grouped(data.cells().iter().map(|cell| row(data, label, cell, &error)).collect());
    let values: Vec<f64> = all.iter().flat_map(SeedRow::extent).collect();
    if values.is_empty() {
        return Ok(None);
    }
    let several = all.iter().any(|row| row.interval.is_some());
    let rows = RowChart {
        lines: all.iter().map(SeedRow::row).collect(),
        scale: (error.quantity.scale)(values),
        scale_name: error.quantity.name.to_owned(),
        band: None,
        legend: RowChart::legend(several.then(seed_entries).into_iter().flatten().collect()),
    };
    let marks = if several {
        format!(
            "Small marks are single seeds, large marks the mean over {}, bars Student's 95 % intervals of the mean.",
            seeds(all.iter().map(|row| row.seeds.len()))
        )
    } else {
        "Each mark is one trial, of one seed, without an interval.".to_owned()
    };
    let caption = format!(
        "{} of the kept weights, percent; on the right mean ± sample standard deviation. {marks}",
        error.name
    );
    let title = format!("{} by {LABEL}", error.name);
    let figure = Figure::draw("test_error_by_label", title, caption, rows.size(), |canvas| {
        rows.draw(canvas, |panel, at, y| all[at].paint(panel, y))
    });
    figure.map(Some)
}

fn row(data: &ReportData<'_>, label: usize, cell: &CellTrials, error: &ShownError) -> SeedRow {
    let complete = cell.trials.iter().filter(|trial| trial.is_complete());
    let seeds: Vec<_> =
        complete.filter_map(|trial| Some((trial.seed, (error.quantity.of)(trial)?))).collect();
    let values: Vec<f64> = seeds.iter().map(|seed| seed.1).collect();
    let spread = Spread::of(&values);
    let others = data.dimensions.iter().filter(|axis| axis.column != LABEL);
    let group: Vec<_> =
        others.map(|axis| with_value(&axis.column, columns(&data.dimensions), axis.value(cell))).collect();
    SeedRow {
        group: group.join(", "),
        label: data.dimensions[label].value(cell).to_string(),
        look: Look::of(0),
        mean: spread.map(|spread| spread.mean),
        interval: t_interval(&values, CONFIDENCE).map(Interval::not_negative),
        quantity: error.quantity.name,
        text: analysis::spread(spread),
        seeds,
    }
}
