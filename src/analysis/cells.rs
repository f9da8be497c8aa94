//! Axes and cells. A cell is the set of trials that differ only in their seed.

use std::collections::HashSet;
use std::path::Path;

use indexmap::IndexSet;
use polars::prelude::DataFrame;

use super::errors::Errors;
use super::{Error, frame};
use crate::store::{TrialRow, axis_column};
use crate::value::Value;

/// A swept setting.
#[derive(Debug, Clone, PartialEq)]
pub struct AxisColumn {
    /// Dotted path of the setting.
    pub path: String,
    /// Column of `trials.csv`.
    pub column: String,
    /// Its values, in plan order.
    pub values: Vec<Value>,
}

/// Trials that differ in nothing but their seed.
#[derive(Debug, Clone, PartialEq)]
pub struct CellTrials {
    /// Value on each axis.
    pub values: Vec<Value>,
    /// The trials, by seed; at least one.
    pub trials: Vec<TrialRow>,
}

impl CellTrials {
    /// The network of the cell: the row of the first seed.
    #[must_use]
    pub fn network(&self) -> &TrialRow {
        &self.trials[0]
    }

    /// Test errors of the complete trials, by seed.
    #[must_use]
    pub fn test_errors(&self) -> Vec<f64> {
        self.trials.iter().filter_map(|trial| Errors::of(trial)?.test).collect()
    }

    /// Number of complete trials.
    pub(super) fn complete(&self) -> usize {
        self.trials.iter().filter(|trial| trial.is_complete()).count()
    }

    /// The cell's values as text, for messages.
    pub(crate) fn label(&self) -> String {
        self.values.iter().map(Value::as_str).collect::<Vec<_>>().join(", ")
    }
}

/// The trials of a sweep, grouped into cells.
pub(super) struct GroupedTrials {
    pub axes: Vec<AxisColumn>,
    /// In plan order.
    pub cells: Vec<CellTrials>,
    /// All seeds of the plan, in order.
    pub seeds: Vec<u64>,
    /// One row a trial: the cell, the code of the value on each axis, seed and errors.
    pub trials: DataFrame,
}

impl GroupedTrials {
    /// True if a trial is tested. The test images of the others may be sealed still, where a kill ended the test.
    pub fn is_tested(&self) -> bool {
        self.cells.iter().any(|cell| !cell.test_errors().is_empty())
    }

    /// Groups the rows of `trials.csv`, which `path` names in errors, by their values on the axes.
    pub fn of(path: &Path, rows: &[TrialRow], axes: &[String]) -> Result<Self, Error> {
        let mut axes: Vec<AxisColumn> = axes.iter().map(|axis| AxisColumn::new(axis)).collect();
        let codes: Vec<Vec<u32>> =
            axes.iter_mut().map(|axis| axis.read(path, rows)).collect::<Result<_, _>>()?;
        let trials = frame::of_trials(rows, codes)?;
        let groups = frame::cells(&trials, axes.len())?;
        let cells: Vec<CellTrials> = groups.iter().map(|group| CellTrials::of(&axes, rows, group)).collect();
        refuse_repeated(path, &cells)?;
        let seeds: Vec<u64> = cells.first().map(|cell| cell.seeds().collect()).unwrap_or_default();
        // A plan has every seed in every cell. Without this check, joining pairs could square the number of rows.
        if let Some(cell) = cells.iter().find(|cell| !cell.seeds().eq(seeds.iter().copied())) {
            return Err(Error::Seeds { path: path.to_owned(), cell: cell.label() });
        }
        let trials = frame::with_cells(trials, &groups)?;
        Ok(Self { axes, cells, seeds, trials })
    }
}

/// Rejects two trials with the same values and seed, and two networks with the same values.
fn refuse_repeated(path: &Path, cells: &[CellTrials]) -> Result<(), Error> {
    let mut known = HashSet::new();
    for cell in cells {
        let twice = cell.trials.array_windows().find(|[one, other]| one.seed == other.seed);
        let seed = twice.map(|[trial, _]| trial.seed);
        let again = (!known.insert(&cell.values)).then(|| cell.network().seed);
        if let Some(seed) = seed.or(again) {
            return Err(Error::Repeated { path: path.to_owned(), seed, cell: cell.label() });
        }
    }
    Ok(())
}

impl AxisColumn {
    fn new(path: &str) -> Self {
        Self { path: path.to_owned(), column: axis_column(path).to_owned(), values: Vec::new() }
    }

    /// Reads the values of the axis and returns the position of each row's value among them.
    fn read(&mut self, path: &Path, rows: &[TrialRow]) -> Result<Vec<u32>, Error> {
        let absent = || Error::Column { path: path.to_owned(), column: self.column.clone() };
        let mut known = IndexSet::new();
        let mut codes = Vec::with_capacity(rows.len());
        for row in rows {
            let value = row.value(&self.column).ok_or_else(absent)?;
            codes.push(known.insert_full(value).0 as u32);
        }
        self.values = known.into_iter().collect();
        Ok(codes)
    }
}

impl CellTrials {
    fn of(axes: &[AxisColumn], rows: &[TrialRow], positions: &[u32]) -> Self {
        let mut trials: Vec<TrialRow> = positions.iter().map(|&at| rows[at as usize].clone()).collect();
        trials.sort_by_key(|trial| trial.seed);
        let values = axes.iter().filter_map(|axis| trials[0].value(&axis.column)).collect();
        Self { values, trials }
    }

    fn seeds(&self) -> impl Iterator<Item = u64> {
        self.trials.iter().map(|trial| trial.seed)
    }
}
