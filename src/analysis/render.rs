//! The tables for a terminal.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle, presets};

use super::{Comparison, ComparisonRow, Summary, SummaryRow};
use crate::stats::{Paired, Spread};

/// Lines above, below and under the headings; none between rows.
const STYLE: TableStyle = presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none());

/// What each cell reached.
pub(super) fn summary(summary: &Summary, width: u16) -> String {
    let mut header = headings(&summary.axes);
    header.extend(["hidden", "parameters", "n", "test error", "valid error"].map(str::to_owned));
    let cells = |row: &SummaryRow| {
        let mut cells = row.values.clone();
        cells.extend([
            row.hidden.to_string(),
            row.parameters.to_string(),
            of_planned(row.n, row.incomplete),
            spread(row.test_error),
            spread(row.valid_error),
        ]);
        cells
    };
    let table = table(&header, summary.axes.len(), summary.rows.iter().map(cells), width);
    format!("Errors in percent, mean ± standard deviation over n seeds\n{table}\n")
}

/// Every cell against its reference.
pub(super) fn comparison(comparison: &Comparison, width: u16) -> String {
    let mut header = headings(&comparison.axes);
    header.extend(["challenger", "parameters (ref.)", "n", "difference [95 %]"].map(str::to_owned));
    let cells = |row: &ComparisonRow| {
        let mut cells = row.values.clone();
        cells.extend([
            row.challenger.clone(),
            format!("{} ({})", row.parameters_challenger, row.parameters_reference),
            of_planned(row.paired.map_or(0, |paired| paired.n), row.missing),
            difference(row.paired),
        ]);
        cells
    };
    let table = table(&header, comparison.axes.len() + 1, comparison.rows.iter().map(cells), width);
    let unmatched = match &comparison.unmatched[..] {
        [] => String::new(),
        cells => format!("No reference has the other values of: {}\n", cells.join("; ")),
    };
    let reference = &comparison.reference;
    format!(
        "Difference in test error from {reference}, percentage points, paired by seed\n\
         (+ where {reference} is better)\n{table}\n{unmatched}"
    )
}

/// A table whose first `texts` columns are text and whose others are numbers.
fn table(header: &[String], texts: usize, rows: impl Iterator<Item = Vec<String>>, width: u16) -> String {
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .set_header(header)
        .add_rows(rows);
    for column in table.column_iter_mut().skip(texts) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// The last part of each dotted name; the whole of it where that would be ambiguous, as for
/// `model.hidden`: the width asked for need not be the network's.
fn headings(axes: &[String]) -> Vec<String> {
    let last = |axis: &str| axis.rsplit('.').next().unwrap_or(axis).to_owned();
    let unique =
        |name: &String| name != "hidden" && axes.iter().filter(|axis| last(axis) == *name).count() == 1;
    axes.iter().map(|axis| Some(last(axis)).filter(unique).unwrap_or_else(|| axis.clone())).collect()
}

/// `5`, or `4/5` where one is missing.
fn of_planned(n: usize, missing: usize) -> String {
    if missing == 0 { n.to_string() } else { format!("{n}/{}", n + missing) }
}

fn spread(spread: Option<Spread>) -> String {
    match spread {
        None => "–".to_owned(),
        Some(Spread { mean, sd: None }) => format!("{mean:.2}"),
        Some(Spread { mean, sd: Some(sd) }) => format!("{mean:.2} ± {sd:.2}"),
    }
}

fn difference(paired: Option<Paired>) -> String {
    match paired {
        None => "–".to_owned(),
        Some(Paired { mean, interval: None, .. }) => format!("{mean:+.2}"),
        Some(Paired { mean, interval: Some(interval), .. }) => {
            format!("{mean:+.2} [{:.2}, {:.2}]", interval.low, interval.high)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_short_and_distinct() {
        let axes = ["steps", "data.train", "model.hidden"].map(str::to_owned);
        assert_eq!(headings(&axes), ["steps", "train", "model.hidden"]);
        let alike = ["model.bounds.encoder", "training.multipliers.encoder"].map(str::to_owned);
        assert_eq!(headings(&alike), alike);
    }
}
