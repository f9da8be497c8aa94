//! `comparison.csv`: every cell against its reference, paired by seed.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;

use super::cells::Cell;
use super::{Error, frame};
use crate::stats::{CONFIDENCE, Paired};
use crate::store::axis_column;

/// Every cell that is not the reference, against the reference cell that has the same
/// values on the axes which are not compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Columns of `trials.csv` that hold the axes which are not compared.
    pub axes: Vec<String>,
    /// The reference: its value on each compared axis.
    pub reference: String,
    /// All seeds of the plan, in order.
    pub seeds: Vec<u64>,
    /// One for each cell that is not the reference, in plan order.
    pub rows: Vec<ComparisonRow>,
    /// Cells that have no reference with the same values on the other axes, and so no row.
    pub unmatched: Vec<String>,
}

/// One cell against its reference.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparisonRow {
    /// Value of each axis that is not compared.
    pub values: Vec<String>,
    /// The cell's value on each compared axis.
    pub challenger: String,
    /// Trainable numbers of the reference.
    pub parameters_reference: u64,
    /// Trainable numbers of the cell.
    pub parameters_challenger: u64,
    /// Test error of the cell less that of the reference, percentage points, by the
    /// comparison's seeds; absent where either trial is not complete.
    pub differences: Vec<Option<f64>>,
    /// Planned seeds without a difference.
    pub missing: usize,
    /// The differences together; positive where the reference is better.
    pub paired: Option<Paired>,
}

impl Comparison {
    pub(super) fn of(
        cells: &[Cell],
        axes: &[String],
        reference: &BTreeMap<String, String>,
    ) -> Result<Self, Error> {
        let sides = Sides::of(cells, axes, reference)?;
        let (references, challengers): (Vec<_>, Vec<_>) =
            cells.iter().partition(|cell| sides.is_reference(cell));
        let by_others: BTreeMap<_, _> = references.iter().map(|cell| (sides.others(cell), *cell)).collect();
        let seeds: BTreeSet<u64> = cells.iter().flat_map(|cell| cell.trials.keys().copied()).collect();
        let mut comparison = Self {
            axes: sides.others.iter().map(|&at| axis_column(&axes[at]).to_owned()).collect(),
            reference: references.first().map_or_else(String::new, |cell| sides.compared(cell)),
            seeds: seeds.into_iter().collect(),
            rows: Vec::new(),
            unmatched: Vec::new(),
        };
        for cell in challengers {
            let others = sides.others(cell);
            match by_others.get(&others) {
                None => comparison.unmatched.push(cell.values.join(", ")),
                Some(reference) => {
                    let row =
                        ComparisonRow::of(others, sides.compared(cell), reference, cell, &comparison.seeds);
                    comparison.rows.push(row);
                }
            }
        }
        Ok(comparison)
    }

    pub(super) fn frame(&self) -> Result<DataFrame, Error> {
        let rows = &self.rows;
        let interval = |row: &ComparisonRow| row.paired.and_then(|paired| paired.interval);
        let mut columns = frame::text_columns(&self.axes, rows, |row| &row.values);
        columns.extend([
            frame::column("reference", rows, |_| self.reference.clone()),
            frame::column("challenger", rows, |row| row.challenger.clone()),
            frame::column("parameters_reference", rows, |row| row.parameters_reference),
            frame::column("parameters_challenger", rows, |row| row.parameters_challenger),
            frame::column("n", rows, |row| row.paired.map_or(0, |paired| paired.n as u64)),
            frame::column("missing", rows, |row| row.missing as u64),
            frame::column("mean_difference", rows, |row| row.paired.map(|paired| paired.mean)),
            frame::column("sd", rows, |row| row.paired.and_then(|paired| paired.sd)),
            frame::column("low_95", rows, |row| interval(row).map(|interval| interval.low)),
            frame::column("high_95", rows, |row| interval(row).map(|interval| interval.high)),
        ]);
        columns.extend(self.seeds.iter().enumerate().map(|(at, seed)| {
            frame::column(&format!("difference_seed_{seed}"), rows, |row| row.differences[at])
        }));
        Ok(DataFrame::new(rows.len(), columns)?)
    }
}

impl ComparisonRow {
    fn of(values: Vec<String>, challenger: String, reference: &Cell, cell: &Cell, seeds: &[u64]) -> Self {
        let error = |cell: &Cell, seed| cell.trials.get(seed).copied().flatten().map(|errors| errors.test);
        let difference = |seed| Some(error(cell, seed)? - error(reference, seed)?);
        let differences: Vec<_> = seeds.iter().map(difference).collect();
        let paired: Vec<f64> = differences.iter().copied().flatten().collect();
        Self {
            values,
            challenger,
            parameters_reference: reference.parameters,
            parameters_challenger: cell.parameters,
            missing: seeds.len() - paired.len(),
            differences,
            paired: Paired::of(&paired, CONFIDENCE),
        }
    }
}

/// Which of a cell's values are compared, and which must be the same on both sides.
struct Sides {
    /// Position of each compared axis, with the reference's value.
    compared: Vec<(usize, String)>,
    /// Positions of the other axes.
    others: Vec<usize>,
}

impl Sides {
    fn of(cells: &[Cell], axes: &[String], reference: &BTreeMap<String, String>) -> Result<Self, Error> {
        for (key, value) in reference {
            let at = axes.iter().position(|axis| axis == key);
            let values: BTreeSet<_> =
                at.into_iter().flat_map(|at| cells.iter().map(move |cell| cell.values[at].clone())).collect();
            if !values.iter().any(|known| same(known, value)) {
                let values = values.into_iter().collect();
                return Err(Error::Reference { key: key.clone(), value: value.clone(), values });
            }
        }
        let value = |at: usize| reference.get(&axes[at]).map(|value| (at, value.clone()));
        let others = (0..axes.len()).filter(|&at| !reference.contains_key(&axes[at])).collect();
        Ok(Self { compared: (0..axes.len()).filter_map(value).collect(), others })
    }

    fn is_reference(&self, cell: &Cell) -> bool {
        self.compared.iter().all(|(at, value)| same(&cell.values[*at], value))
    }

    fn compared(&self, cell: &Cell) -> String {
        let values: Vec<_> = self.compared.iter().map(|(at, _)| cell.values[*at].as_str()).collect();
        values.join(" / ")
    }

    fn others(&self, cell: &Cell) -> Vec<String> {
        self.others.iter().map(|&at| cell.values[at].clone()).collect()
    }
}

/// Whether two texts name one value: `1` and `1.0` do.
fn same(left: &str, right: &str) -> bool {
    match (left.parse::<f64>(), right.parse::<f64>()) {
        #[expect(clippy::float_cmp, reason = "two spellings of one number, not two measurements")]
        (Ok(left), Ok(right)) => left == right,
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_same_however_they_are_spelt() {
        assert!(same("1", "1.0") && same("0.001", "1e-3") && same("drsae", "drsae"));
        assert!(!same("1", "2") && !same("untied", "untied-recurrent"));
    }
}
