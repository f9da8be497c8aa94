//! The cells that two sweeps have in common.

use crate::analysis::{Sheet, difference, spread};
use crate::report::facets::with_value;
use crate::report::material::{Cell, Material};
use crate::stats::{CONFIDENCE, Spread, Welch, mean};

/// Every pair of cells that are the same network and agree on all axes that both sweeps
/// have, with their test errors; `None` where there is no such pair.
pub fn sheet(one: &Material, other: &Material) -> Option<Sheet> {
    let shared: Vec<(usize, usize)> = (0..one.axes.len())
        .filter_map(|at| {
            let column = &one.axes[at].column;
            Some((at, other.axes.iter().position(|axis| axis.column == *column)?))
        })
        .collect();
    let pairs = one.cells.iter().flat_map(|left| other.cells.iter().map(move |right| (left, right)));
    let rows: Vec<_> = pairs
        .filter(|(left, right)| is_same(left, right, &shared))
        .map(|(left, right)| row(one, other, left, right))
        .collect();
    let (a, b) = (&one.name, &other.name);
    let sheet = Sheet {
        name: "common cells",
        caption: format!(
            "Cells of {a} and of {b} that are the same network and agree on every axis that both sweeps have: \
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
    (!sheet.rows.is_empty()).then(|| without(without(sheet, 2), 1))
}

/// The sheet without the text column at `at`, where that is empty.
fn without(mut sheet: Sheet, at: usize) -> Sheet {
    if sheet.rows.iter().all(|row| row[at].is_empty()) {
        sheet.head.remove(at);
        sheet.texts -= 1;
        sheet.rows.iter_mut().for_each(|row| drop(row.remove(at)));
    }
    sheet
}

fn is_same(left: &Cell, right: &Cell, shared: &[(usize, usize)]) -> bool {
    let network = |cell: &Cell| (cell.family.clone(), cell.steps, cell.hidden, cell.parameters);
    network(left) == network(right) && shared.iter().all(|&(a, b)| left.values[a] == right.values[b])
}

fn row(one: &Material, other: &Material, left: &Cell, right: &Cell) -> Vec<String> {
    let (a, b) = (left.test_errors(), right.test_errors());
    let interval = Welch::of(&a, &b, CONFIDENCE).map(|welch| welch.interval);
    let apart = mean(&a).zip(mean(&b)).map(|(a, b)| b - a);
    vec![
        left.family.clone(),
        own(one, other, left),
        own(other, one, right),
        left.steps.to_string(),
        left.hidden.to_string(),
        spread(Spread::of(&a)),
        spread(Spread::of(&b)),
        difference(apart, interval),
    ]
}

/// Values of the axes that only the cell's own sweep has.
fn own(material: &Material, other: &Material, cell: &Cell) -> String {
    let axes = material.axes.iter().zip(&cell.values);
    let own = axes.filter(|(axis, _)| other.axes.iter().all(|theirs| theirs.column != axis.column));
    let told = own.map(|(axis, value)| with_value(&axis.column, value));
    told.collect::<Vec<_>>().join(", ")
}
