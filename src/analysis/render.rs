//! The tables for a terminal.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle, presets};

use super::views::{self, TableView};
use super::{Compared, Summary};
use crate::text::printable;

/// Lines above, below and under the headings; none between rows.
const STYLE: TableStyle = presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none());

/// Number columns of the summary and of the comparison that fit a terminal.
const SUMMARY_NUMBERS: usize = 5;
const COMPARISON_NUMBERS: usize = 3;

/// The cells, every cell against its reference, and the verdict.
pub(super) fn analysis(cells: &Summary, compared: Option<&Compared>, width: u16) -> String {
    let summary = table(&views::summary(cells), SUMMARY_NUMBERS, width);
    let summary = format!("Errors in percent, mean ± standard deviation over n seeds\n{summary}\n");
    let Some(compared) = compared else { return summary };
    let table = table(&views::comparison(compared), COMPARISON_NUMBERS, width);
    let unmatched = match &compared.contrast.unmatched[..] {
        [] => String::new(),
        cells => format!("No reference has the other values of: {}\n", printable(&cells.join("; "))),
    };
    let reference = compared.contrast.reference_label();
    let reference = printable(&reference);
    let verdict = wrapped(&printable(&compared.verdict), usize::from(width));
    format!(
        "{summary}\nDifference in error from {reference}, percentage points, paired by seed\n\
         (+ where {reference} is better)\n{table}\n{unmatched}\n{verdict}"
    )
}

/// The text columns and the first number columns of a view.
fn table(view: &TableView, numbers: usize, width: u16) -> String {
    let columns = view.texts + numbers;
    let shown = |row: &[String]| -> Vec<_> {
        row[..columns].iter().map(|cell| printable(cell).into_owned()).collect()
    };
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .set_header(view.head[..columns].iter().map(|head| brief(head)))
        .add_rows(view.rows.iter().map(|row| shown(row)));
    for column in table.column_iter_mut().skip(view.texts) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// A column head without its unit, which the title names.
fn brief(head: &str) -> String {
    let name = head.split(" / ").next().unwrap_or(head);
    printable(name).replace("hidden units", "hidden").replace("validation", "valid")
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
