//! `summary.csv`: what each cell reached.

use polars::prelude::*;

use super::cells::{Cell, Errors};
use super::{Error, frame};
use crate::stats::Spread;
use crate::store::axis_column;

/// What the trials of each cell reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Columns of `trials.csv` that hold the axes.
    pub axes: Vec<String>,
    /// One for each cell, in plan order.
    pub rows: Vec<SummaryRow>,
}

/// What the trials of one cell reached. Errors are in percent.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryRow {
    /// Value of each axis.
    pub values: Vec<String>,
    /// Family of the network.
    pub family: String,
    /// Iterations T.
    pub steps: u64,
    /// Hidden units n that the network has.
    pub hidden: u64,
    /// Trainable numbers.
    pub parameters: u64,
    /// Complete trials.
    pub n: usize,
    /// Planned trials that are not complete.
    pub incomplete: usize,
    /// Test error over the complete trials.
    pub test_error: Option<Spread>,
    /// Validation error at the kept epoch over the complete trials.
    pub valid_error: Option<Spread>,
}

impl Summary {
    pub(super) fn of(cells: &[Cell], axes: &[String]) -> Self {
        let axes = axes.iter().map(|axis| axis_column(axis).to_owned()).collect();
        Self { axes, rows: cells.iter().map(SummaryRow::of).collect() }
    }

    pub(super) fn frame(&self) -> Result<DataFrame, Error> {
        let rows = &self.rows;
        let mean = |spread: Option<Spread>| spread.map(|spread| spread.mean);
        let sd = |spread: Option<Spread>| spread.and_then(|spread| spread.sd);
        let network = [
            frame::column("family", rows, |row| row.family.clone()),
            frame::column("steps", rows, |row| row.steps),
            frame::column("hidden", rows, |row| row.hidden),
        ];
        let measured = [
            frame::column("parameters", rows, |row| row.parameters),
            frame::column("n", rows, |row| row.n as u64),
            frame::column("incomplete", rows, |row| row.incomplete as u64),
            frame::column("test_error_mean", rows, |row| mean(row.test_error)),
            frame::column("test_error_sd", rows, |row| sd(row.test_error)),
            frame::column("valid_error_mean", rows, |row| mean(row.valid_error)),
            frame::column("valid_error_sd", rows, |row| sd(row.valid_error)),
        ];
        let mut columns = frame::text_columns(&self.axes, rows, |row| &row.values);
        let unswept = |column: &Column| !self.axes.iter().any(|axis| axis == column.name().as_str());
        columns.extend(network.into_iter().filter(unswept));
        columns.extend(measured);
        Ok(DataFrame::new(rows.len(), columns)?)
    }
}

impl SummaryRow {
    fn of(cell: &Cell) -> Self {
        let complete: Vec<Errors> = cell.trials.values().copied().flatten().collect();
        let test: Vec<_> = complete.iter().map(|errors| errors.test).collect();
        let valid: Vec<_> = complete.iter().filter_map(|errors| errors.valid).collect();
        Self {
            values: cell.values.clone(),
            family: cell.family.clone(),
            steps: cell.steps,
            hidden: cell.hidden,
            parameters: cell.parameters,
            n: complete.len(),
            incomplete: cell.trials.len() - complete.len(),
            test_error: Spread::of(&test),
            valid_error: Spread::of(&valid),
        }
    }
}
