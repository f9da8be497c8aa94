//! The tables as they are printed: rounded, with units in their heads, and captions that
//! state n, the method and how networks were selected.

mod conditions;
mod effects;
pub(super) mod latex;
pub(super) mod markdown;
mod published;

use serde::Serialize;

pub(super) use self::effects::view as effects;

use super::settings::SettingColumns;
use super::{
    Analysis, COMPARISON, Compared, ComparisonRow, Difference, GRID, GridRow, SUMMARY, Summary, SummaryRow,
    Tests, compared, words,
};
use crate::stats::{Crossed, Estimate, Paired, least_sign_flip};

/// The selection of networks, stated in every caption.
fn selection(is_sealed: bool) -> String {
    let test = if is_sealed { "are sealed" } else { "were read once, with the kept weights" };
    format!(
        "Each trial keeps the weights with the lowest validation error, or the last ones if no images are held out; the \
         test images {test}."
    )
}

const IMAGE_ERROR: &str = " The image SE is the standard error, from the number of test images, of one network whose \
                           error is the mean.";

/// A table for a page or a paper. All texts are plain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableView {
    /// Its name, which no other view has.
    pub name: &'static str,
    /// Caption: the content and the method.
    pub caption: String,
    /// Head of each column, with its unit.
    pub head: Vec<String>,
    /// Number of columns, from the first, that hold text; the others hold numbers.
    pub texts: usize,
    /// Its rows, as long as the head.
    pub rows: Vec<Vec<String>>,
    /// The file of `analysis/` that holds all its digits, if there is one.
    pub file: Option<&'static str>,
}

impl TableView {
    /// The name, capitalised.
    #[must_use]
    pub fn title(&self) -> String {
        let mut letters = self.name.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
    }
}

/// The views of an analysis, in the order of a page.
pub(super) fn of(analysis: &Analysis) -> Vec<TableView> {
    let mut views = vec![summary(&analysis.summary)];
    views.extend(published::view(&analysis.summary, &analysis.published));
    if let Some(compared) = &analysis.compared {
        views.extend(effects(compared));
        views.extend([grid(compared), comparison(compared)]);
    }
    views.extend(conditions::view(&analysis.conditions));
    views
}

/// The view of the cells.
pub(super) fn summary(summary: &Summary) -> TableView {
    let settings = SettingColumns::of(&summary.axes, summary.rows.iter().map(|row| &row.values));
    let images = summary.rows.iter().any(|row| row.image_error.is_some());
    let mut measured = vec!["hidden units", "parameters", "n", "validation error / %", "test error / %"];
    measured.extend(images.then_some("image SE / %"));
    let cells = |row: &SummaryRow| {
        let mut cells = settings.of_row(&row.values);
        cells.extend([
            row.hidden.to_string(),
            row.parameters.to_string(),
            words::of_planned(row.n, row.incomplete),
            words::spread(row.valid_error),
            words::spread(row.test_error),
        ]);
        cells.extend(images.then(|| words::estimate(row.image_error, None)));
        cells
    };
    TableView {
        name: "summary",
        caption: format!(
            "Errors of each cell: mean ± sample standard deviation over n seeds{}; n/m means that n of m planned \
             trials are complete. {}{}",
            seeds(&summary.seeds),
            selection(summary.is_sealed()),
            if images { IMAGE_ERROR } else { "" }
        ),
        head: head(&settings, &measured),
        texts: settings.heads.len(),
        rows: summary.rows.iter().map(cells).collect(),
        file: Some(SUMMARY),
    }
}

/// The view of every cell against its reference.
pub(super) fn comparison(Compared { contrast, comparison, .. }: &Compared) -> TableView {
    let settings = SettingColumns::of(&contrast.axes, comparison.iter().map(|row| &row.values));
    let mut measured = vec!["challenger"];
    measured.extend(&DIFFERENCE[..3]);
    measured.push("parameters (reference)");
    measured.extend(&DIFFERENCE[3..]);
    measured.extend(contrast.margin.map(|_| EQUIVALENCE));
    let is_crossed = comparison.iter().any(|row| row.crossed.is_some());
    measured.extend(is_crossed.then_some(CROSSED));
    let cells = |row: &ComparisonRow| {
        let mut cells = settings.of_row(&row.values);
        cells.extend([
            row.challenger.clone(),
            words::of_planned(row.differences.len() - row.missing, row.missing),
            paired(row.valid),
            compared(row.test),
            format!("{} ({})", row.parameters_challenger, row.parameters_reference),
        ]);
        cells.extend(tests(&row.tests, contrast.margin));
        cells.extend(is_crossed.then(|| crossed(row.crossed)));
        cells
    };
    let reference = contrast.reference_label();
    TableView {
        name: "comparison",
        caption: format!(
            "Each cell compared with {reference} at the same other settings: difference in error, challenger − \
             {reference}, in percentage points (pp), positive if {reference} is better; mean over the n seeds{} for \
             which both trials are complete, and 95 % interval of Student's t for paired differences{}.{} {} {}",
            seeds(&contrast.seeds),
            if comparison.iter().any(is_welch) {
                "; rows marked W have no pairs and use Welch's t"
            } else {
                ""
            },
            words::implied(&contrast.implied),
            of_tests(comparison.len(), contrast.seeds.len(), contrast.margin),
            selection(comparison.iter().all(|row| row.test.is_none() && row.valid.is_some()))
        ),
        head: head(&settings, &measured),
        texts: settings.heads.len() + 1,
        rows: comparison.iter().map(cells).collect(),
        file: Some(COMPARISON),
    }
}

fn grid(Compared { contrast, grid, .. }: &Compared) -> TableView {
    let mut head = vec!["challenger", "cells", "of these identical"];
    head.extend(DIFFERENCE);
    head.extend(contrast.margin.map(|_| EQUIVALENCE));
    head.extend(["IQM challenger / %", "IQM reference / %", "P(improvement)"]);
    let figure = |estimate: Option<Estimate>| {
        words::estimate(estimate.map(|figure| figure.value), estimate.and_then(|figure| figure.interval))
    };
    let cells = |row: &GridRow| {
        let mut cells = vec![
            row.challenger.clone(),
            row.cells.to_string(),
            row.identical.to_string(),
            words::of_planned(row.differences.len() - row.missing, row.missing),
            paired(row.valid),
            paired(row.test),
        ];
        cells.extend(tests(&row.tests, contrast.margin));
        let figures = [row.iqm_challenger, row.iqm_reference, row.probability_of_improvement];
        cells.extend(figures.map(figure));
        cells
    };
    let reference = contrast.reference_label();
    TableView {
        name: "grid",
        caption: format!(
            "Each challenger compared with {reference} over all cells: difference in error, challenger − {reference}, \
             in percentage points (pp), positive if {reference} is better; averaged over the cells within each seed, \
             then over n seeds{}, with the 95 % interval of Student's t. Identical cells have exactly the errors of \
             {reference}; the averages include them.{} {} Secondary figures: the interquartile mean of the test errors \
             (IQM), and the probability that a trial of the challenger has less test error than one of {reference} in \
             the same cell, with 95 % percentile intervals of a stratified bootstrap. {}",
            seeds(&contrast.seeds),
            words::implied(&contrast.implied),
            of_tests(grid.len(), contrast.seeds.len(), contrast.margin),
            selection(grid.iter().all(|row| row.test.is_none() && row.valid.is_some()))
        ),
        head: head.into_iter().map(str::to_owned).collect(),
        texts: 1,
        rows: grid.iter().map(cells).collect(),
        file: Some(GRID),
    }
}

/// Heads of the columns of a difference.
const DIFFERENCE: [&str; 6] =
    ["n", "Δ validation / pp [95 %]", "Δ test / pp [95 %]", "p (t)", "p (Holm)", "p (sign flip)"];
const EQUIVALENCE: &str = "p (equivalence, Holm)";
const CROSSED: &str = "95 % over seeds and images / pp";

fn head(settings: &SettingColumns, more: &[&str]) -> Vec<String> {
    let mut head = settings.heads.clone();
    head.extend(more.iter().map(|&name| name.to_owned()));
    head
}

fn tests(tests: &Tests, margin: Option<f64>) -> Vec<String> {
    let mut found = vec![tests.p, tests.p_holm, tests.p_sign_flip];
    found.extend(margin.map(|_| tests.p_equivalence_holm));
    found.into_iter().map(words::probability).collect()
}

fn paired(paired: Option<Paired>) -> String {
    words::difference(paired.map(|paired| paired.mean), paired.and_then(|paired| paired.interval))
}

/// The interval of a difference over other seeds and other test images.
fn crossed(crossed: Option<Crossed>) -> String {
    let interval = crossed.map(|crossed| crossed.interval);
    interval.map_or_else(String::new, |it| format!("[{:.2}, {:.2}]", 100.0 * it.low, 100.0 * it.high))
}

fn is_welch(row: &ComparisonRow) -> bool {
    matches!(row.test, Some(Difference::Welch(_)))
}

/// ` (1, 2, 3)`; empty if there are many.
fn seeds(seeds: &[u64]) -> String {
    if seeds.len() > 12 {
        return String::new();
    }
    let seeds: Vec<_> = seeds.iter().map(ToString::to_string).collect();
    format!(" ({})", seeds.join(", "))
}

/// Describes the columns of p.
fn of_tests(rows: usize, seeds: usize, margin: Option<f64>) -> String {
    let equivalence = margin.map_or_else(String::new, |margin| {
        format!(
            " p (equivalence, Holm) is that of two one-sided t tests against a difference of {margin} pp or more, with \
             the same adjustment."
        )
    });
    format!(
        "p (t) is that of the same t test, p (Holm) is adjusted for the {} of the table, and p (sign flip) is exact and \
         at least {} with {}.{equivalence}",
        words::count(rows, "row"),
        least_sign_flip(seeds),
        words::count(seeds, "seed")
    )
}
