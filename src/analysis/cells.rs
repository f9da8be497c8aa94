//! Cells: trials that differ in nothing but their seed.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::*;

use super::{Error, frame};
use crate::store::{Status, axis_column};

/// Columns that every trial has, and that are the same in all trials of a cell.
const NETWORK: [&str; 4] = ["family", "steps", "hidden", "parameters"];

/// Errors of a complete trial, percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Errors {
    pub valid: Option<f64>,
    pub test: f64,
}

/// Trials that differ in nothing but their seed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cell {
    /// Value of each axis, in the order of the design.
    pub values: Vec<String>,
    pub family: String,
    pub steps: u64,
    pub hidden: u64,
    pub parameters: u64,
    /// By seed; absent where the trial is not complete.
    pub trials: BTreeMap<u64, Option<Errors>>,
}

/// The cells of the text of `trials.csv`, in plan order.
pub(super) fn read(path: &Path, trials: Vec<u8>, axes: &[String]) -> Result<Vec<Cell>, Error> {
    let table = frame::read(path, trials)?;
    let axes: Vec<_> = axes.iter().map(|axis| axis_column(axis)).collect();
    let needed = [&NETWORK[..], &["seed", "status", "valid_error", "test_error"], &axes].concat();
    if let Some(column) = needed.iter().find(|name| table.get_column_index(name).is_none()) {
        return Err(Error::Column { path: path.to_owned(), column: (*column).to_owned() });
    }
    if table.height() == 0 {
        return Ok(Vec::new());
    }
    let reader = Reader { path, axes: &axes, table: &table };
    let mut keys = axes.clone();
    keys.extend(NETWORK.iter().filter(|name| !axes.contains(name)));
    let groups = table.group_by_stable(keys)?.into_groups();
    let cells: Vec<Cell> = groups.iter().map(|group| reader.cell(&rows(&group))).collect::<Result<_, _>>()?;
    // A plan gives every cell every seed. Without that, a table of pairs could be the square of this one.
    match cells.iter().find(|cell| !cell.trials.keys().eq(cells[0].trials.keys())) {
        Some(cell) => Err(Error::Seeds { path: path.to_owned(), cell: cell.values.join(", ") }),
        None => Ok(cells),
    }
}

/// Rows of a group.
fn rows(group: &GroupsIndicator<'_>) -> Vec<usize> {
    match group {
        GroupsIndicator::Idx((_, rows)) => rows.iter().map(|row| *row as usize).collect(),
        GroupsIndicator::Slice([first, count]) => (*first as usize..(first + count) as usize).collect(),
    }
}

struct Reader<'a> {
    path: &'a Path,
    axes: &'a [&'a str],
    table: &'a DataFrame,
}

impl Reader<'_> {
    fn cell(&self, rows: &[usize]) -> Result<Cell, Error> {
        let first = rows[0];
        let values: Result<_, _> = self.axes.iter().map(|axis| self.text(axis, first)).collect();
        let mut cell = Cell {
            values: values?,
            family: self.text("family", first)?,
            steps: self.count("steps", first)?,
            hidden: self.count("hidden", first)?,
            parameters: self.count("parameters", first)?,
            trials: BTreeMap::new(),
        };
        for &row in rows {
            let seed = self.count("seed", row)?;
            if cell.trials.insert(seed, self.errors(row)?).is_some() {
                let cell = cell.values.join(", ");
                return Err(Error::Repeated { path: self.path.to_owned(), seed, cell });
            }
        }
        Ok(cell)
    }

    fn errors(&self, row: usize) -> Result<Option<Errors>, Error> {
        let complete = self.text("status", row)? == Status::Complete.name();
        let test = self.table.column("test_error")?.f64()?.get(row);
        let valid = self.table.column("valid_error")?.f64()?.get(row);
        Ok(test.filter(|_| complete).map(|test| Errors { valid, test }))
    }

    fn text(&self, name: &str, row: usize) -> Result<String, Error> {
        Ok(self.table.column(name)?.get(row)?.str_value().into_owned())
    }

    fn count(&self, name: &str, row: usize) -> Result<u64, Error> {
        let count = self.table.column(name)?.u64()?.get(row);
        count.ok_or_else(|| Error::Empty {
            path: self.path.to_owned(),
            column: name.to_owned(),
            row: row + 1,
        })
    }
}
