//! The cells that two sweeps have in common.

use crate::analysis::{CellTrials, TableView, difference, spread};
use crate::report::data::{FacetAxis, ReportData};
use crate::report::facets::{columns, with_value};
use crate::stats::{CONFIDENCE, Spread, Welch, mean};

/// Every pair of cells that are the same network and agree on all axes that both sweeps
/// have, with their test errors; `None` if there is no such pair.
pub fn view(one: &ReportData<'_>, other: &ReportData<'_>) -> Option<TableView> {
    let shared: Vec<(usize, usize)> = (0..one.dimensions.len())
        .filter_map(|at| {
            let column = &one.dimensions[at].column;
            let theirs = other.dimensions.iter().find(|axis| axis.column == *column)?;
            Some((one.dimensions[at].axis, theirs.axis))
        })
        .collect();
    let pairs = one.cells().iter().flat_map(|left| other.cells().iter().map(move |right| (left, right)));
    let rows: Vec<_> = pairs
        .filter(|(left, right)| is_same(left, right, &shared))
        .map(|(left, right)| row(one, other, left, right))
        .collect();
    let (a, b) = (&one.name, &other.name);
    let view = TableView {
        name: "common cells",
        caption: format!(
            "Cells of {a} and {b} that have the same network and agree on every common axis of the two sweeps: \
             test error, mean ± sample standard deviation, and the difference of the means, {b} − {a}, in \
             percentage points (pp) with Welch's 95 % interval."
        ),
        head: vec![
            "family".to_owned(),
            format!("only in {a}"),
            format!("only in {b}"),
            "T".to_owned(),
            "hidden units".to_owned(),
            format!("{a} / %"),
            format!("{b} / %"),
            "Δ test / pp [95 %]".to_owned(),
        ],
        texts: 3,
        rows,
        file: None,
    };
    (!view.rows.is_empty()).then(|| without(without(view, 2), 1))
}

/// The view without the text column at `at`, if that is empty.
fn without(mut view: TableView, at: usize) -> TableView {
    if view.rows.iter().all(|row| row[at].is_empty()) {
        view.head.remove(at);
        view.texts -= 1;
        view.rows.iter_mut().for_each(|row| drop(row.remove(at)));
    }
    view
}

fn is_same(left: &CellTrials, right: &CellTrials, shared: &[(usize, usize)]) -> bool {
    let (a, b) = (left.network(), right.network());
    let is_same =
        (&a.family, a.steps, a.hidden, a.parameters) == (&b.family, b.steps, b.hidden, b.parameters);
    is_same && shared.iter().all(|&(a, b)| left.values[a] == right.values[b])
}

fn row(one: &ReportData<'_>, other: &ReportData<'_>, left: &CellTrials, right: &CellTrials) -> Vec<String> {
    let (a, b) = (left.test_errors(), right.test_errors());
    let interval = Welch::of(&a, &b, CONFIDENCE).map(|welch| welch.interval);
    let difference_of_means = mean(&a).zip(mean(&b)).map(|(a, b)| b - a);
    vec![
        left.network().family.clone(),
        own(one, other, left),
        own(other, one, right),
        left.network().steps.to_string(),
        left.network().hidden.to_string(),
        spread(Spread::of(&a)),
        spread(Spread::of(&b)),
        difference(difference_of_means, interval),
    ]
}

/// Values of the axes that exist only in the cell's own sweep.
fn own(data: &ReportData<'_>, other: &ReportData<'_>, cell: &CellTrials) -> String {
    let is_own = |axis: &&FacetAxis| other.dimensions.iter().all(|theirs| theirs.column != axis.column);
    let own = data.dimensions.iter().filter(is_own);
    let value = |axis: &FacetAxis| with_value(&axis.column, columns(&data.dimensions), axis.value(cell));
    own.map(value).collect::<Vec<_>>().join(", ")
}
