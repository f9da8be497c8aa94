//! The tables for a terminal.

use super::views::{self, TableView};
use super::{COMPARISON, Compared, EFFECTS, Summary};
use crate::text::printable;
use crate::text::table::{Space, TextTable};
use crate::text::wrap;

/// Columns of the cells that a narrow terminal loses first, in this order.
const SUMMARY_ORDER: [&str; 5] = ["image SE", "parameters", "hidden", "n", "valid error"];
/// The same of the comparison.
const COMPARISON_ORDER: [&str; 8] = [
    "p (sign flip)",
    "parameters (reference)",
    "p (t)",
    "95 % over seeds and images",
    "p (equivalence, Holm)",
    "p (Holm)",
    "n",
    "Δ valid",
];

/// A table of any view, with its whole heads. A narrow terminal loses the columns `dispensable` first; `source` names the
/// file or the command that shows all of it.
#[must_use]
pub fn table(view: &TableView, dispensable: &[&str], source: &str, space: Space) -> String {
    Columns::of(view, ToOwned::to_owned).text("", dispensable, source, space)
}

/// The cells, every cell against its reference, and the verdict; `folder` is that of the files of the analysis.
pub(super) fn analysis(cells: &Summary, compared: Option<&Compared>, space: Space, folder: &str) -> String {
    let source = |file: &str| format!("{folder}/{file}");
    let summary = summary(cells, &source(super::SUMMARY), space);
    let Some(compared) = compared else { return summary };
    let table = comparison(compared, &source(COMPARISON), space);
    let unmatched = match &compared.contrast.unmatched[..] {
        [] => String::new(),
        cells => {
            wrapped(&format!("No reference has the other values of: {}", printable(&cells.join("; "))), space)
        }
    };
    let effects = effects(compared, &source(EFFECTS), space);
    let verdict = wrapped(&printable(&compared.verdict), space);
    format!("{summary}\n{table}{unmatched}{effects}\n{verdict}")
}

fn summary(cells: &Summary, source: &str, space: Space) -> String {
    let (error, of) = if cells.is_sealed() { ("valid", false) } else { ("test", true) };
    let seed = |at: usize| {
        let error = |row: &super::SummaryRow| {
            let errors = row.errors[at]?;
            if of { errors.test } else { errors.valid }
        };
        cells.rows.iter().map(|row| error(row).map(|error| format!("{error:.2}"))).collect()
    };
    let columns = Columns::of(&views::summary(cells), brief).by_seed(error, &cells.seeds, seed);
    let title = "Errors in percent, mean ± standard deviation over n seeds";
    columns.text(title, &SUMMARY_ORDER, source, space)
}

fn comparison(compared: &Compared, source: &str, space: Space) -> String {
    let Compared { contrast, comparison, .. } = compared;
    let seed = |at: usize| {
        comparison
            .iter()
            .map(|row| row.differences[at].map(|difference| format!("{difference:+.2}")))
            .collect()
    };
    let columns = Columns::of(&views::comparison(compared), brief).by_seed("Δ test", &contrast.seeds, seed);
    let reference = contrast.reference_label();
    let reference = printable(&reference);
    let title = format!(
        "Difference in error from {reference}, percentage points, paired by seed (+ where {reference} is better)"
    );
    columns.text(&title, &COMPARISON_ORDER, source, space)
}

/// The effects, after an empty line; empty if the spec names none.
fn effects(compared: &Compared, source: &str, space: Space) -> String {
    let Some(view) = views::effects(compared) else { return String::new() };
    let title = "Effects on the error, percentage points, paired by seed (+ where `plus` has more)";
    format!("\n{}", Columns::of(&view, brief).text(title, &COMPARISON_ORDER, source, space))
}

/// A column head without its unit, which the title names.
fn brief(head: &str) -> String {
    let name = head.split(" / ").next().unwrap_or(head);
    name.replace("hidden units", "hidden").replace("validation", "valid")
}

/// The text in lines that fit.
fn wrapped(text: &str, space: Space) -> String {
    wrap::lines(text, space.columns.unwrap_or(wrap::READABLE).min(wrap::READABLE)).join("\n") + "\n"
}

/// The columns of a view, with what only wide terminals show.
struct Columns {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    texts: usize,
    additional: usize,
}

impl Columns {
    fn of(view: &TableView, head: fn(&str) -> String) -> Self {
        let cells = |row: &Vec<String>| row.iter().map(|cell| printable(cell).into_owned()).collect();
        Self {
            head: view.head.iter().map(|name| printable(&head(name)).into_owned()).collect(),
            rows: view.rows.iter().map(cells).collect(),
            texts: view.texts,
            additional: 0,
        }
    }

    /// Adds a column for each seed, unless there is one seed.
    fn by_seed(mut self, name: &str, seeds: &[u64], cells: impl Fn(usize) -> Vec<Option<String>>) -> Self {
        for (at, seed) in seeds.iter().enumerate().filter(|_| seeds.len() > 1) {
            self.head.push(format!("{name}, seed {seed}"));
            for (row, cell) in self.rows.iter_mut().zip(cells(at)) {
                row.push(cell.unwrap_or_else(super::words::absent));
            }
            self.additional += 1;
        }
        self
    }

    /// The table, with the heads of the columns that it loses first, and what shows all of it.
    fn text(&self, title: &str, dispensable: &[&str], source: &str, space: Space) -> String {
        let Self { head, rows, texts, additional } = self;
        let table = TextTable {
            title,
            dispensable,
            additional: *additional,
            source,
            ..TextTable::new(head, rows, *texts)
        };
        table.lines(space).join("\n") + "\n"
    }
}
