//! The tables for a terminal.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle, presets};

use super::settings::Settings;
use super::{Compared, Comparison, ComparisonRow, Summary, SummaryRow, words};
use crate::text::printable;

/// Lines above, below and under the headings; none between rows.
const STYLE: TableStyle = presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none());

/// What each cell reached, every cell against its reference, and what that shows.
pub(super) fn analysis(cells: &Summary, compared: Option<&Compared>, width: u16) -> String {
    let summary = summary(cells, width);
    match compared {
        None => summary,
        Some(compared) => {
            let comparison = comparison(&compared.comparison, width);
            let verdict = wrapped(&printable(&compared.verdict.to_string()), usize::from(width));
            format!("{summary}\n{comparison}\n{verdict}")
        }
    }
}

fn summary(summary: &Summary, width: u16) -> String {
    let settings = Settings::of(&summary.axes, summary.rows.iter().map(|row| &row.values));
    let mut header = settings.heads.clone();
    header.extend(["hidden", "parameters", "n", "test error", "valid error"].map(str::to_owned));
    let cells = |row: &SummaryRow| {
        let mut cells = settings.of_row(&row.values);
        cells.extend([
            row.hidden.to_string(),
            row.parameters.to_string(),
            words::of_planned(row.n, row.incomplete),
            words::spread(row.test_error),
            words::spread(row.valid_error),
        ]);
        cells
    };
    let table = table(&header, settings.heads.len(), summary.rows.iter().map(cells), width);
    format!("Errors in percent, mean ± standard deviation over n seeds\n{table}\n")
}

fn comparison(comparison: &Comparison, width: u16) -> String {
    let settings = Settings::of(&comparison.axes, comparison.rows.iter().map(|row| &row.values));
    let mut header = settings.heads.clone();
    header.extend(["challenger", "parameters (ref.)", "n", "difference [95 %]"].map(str::to_owned));
    let cells = |row: &ComparisonRow| {
        let mut cells = settings.of_row(&row.values);
        cells.extend([
            row.challenger.clone(),
            format!("{} ({})", row.parameters_challenger, row.parameters_reference),
            words::of_planned(row.differences.len() - row.missing, row.missing),
            words::compared(row.test),
        ]);
        cells
    };
    let table = table(&header, settings.heads.len() + 1, comparison.rows.iter().map(cells), width);
    let unmatched = match &comparison.unmatched[..] {
        [] => String::new(),
        cells => format!("No reference has the other values of: {}\n", printable(&cells.join("; "))),
    };
    let reference = words::label(&comparison.compared, &comparison.reference);
    let reference = printable(&reference);
    format!(
        "Difference in test error from {reference}, percentage points, paired by seed\n\
         (+ where {reference} is better)\n{table}\n{unmatched}"
    )
}

/// A table whose first `texts` columns are text and whose others are numbers.
fn table(header: &[String], texts: usize, rows: impl Iterator<Item = Vec<String>>, width: u16) -> String {
    let shown = |row: &[String]| row.iter().map(|cell| printable(cell).into_owned()).collect::<Vec<_>>();
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .set_header(shown(header))
        .add_rows(rows.map(|row| shown(&row)));
    for column in table.column_iter_mut().skip(texts) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// The text in lines of at most `width` characters, broken between words.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let line = lines
            .last_mut()
            .filter(|line| line.is_empty() || line.chars().count() + 1 + word.chars().count() <= width);
        match line {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => line.extend([" ", word]),
            None => lines.push(word.to_owned()),
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_broken_between_words() {
        assert_eq!(wrapped("one two three", 7), "one two\nthree\n");
        assert_eq!(wrapped("indivisible ± a b", 3), "indivisible\n± a\nb\n");
    }
}
