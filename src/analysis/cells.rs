//! Cells: trials that differ in nothing but their seed.

use std::collections::{BTreeMap, BTreeSet};

use std::path::Path;

use polars::prelude::*;

use super::{Error, Source, frame};
use crate::store::{Status, axis_column};

/// Columns that every trial has, and that are the same in all trials of a cell.
const NETWORK: [&str; 4] = ["family", "steps", "hidden", "parameters"];

/// Errors of a complete trial, percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Errors {
    /// Of the validation images, at the kept epoch; absent where none are held out.
    pub valid: Option<f64>,
    /// Of the test images.
    pub test: f64,
}

/// One planned trial.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Trial {
    /// Position in the plan.
    pub index: u64,
    pub status: Status,
    /// Absent where the trial is not complete.
    pub errors: Option<Errors>,
    /// Test images; absent where the trial is not complete, and in tables of earlier versions.
    pub images: Option<u64>,
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
    /// By seed.
    pub trials: BTreeMap<u64, Trial>,
}

impl Cell {
    /// The errors of the trial with a seed, where it is complete.
    pub fn errors(&self, seed: u64) -> Option<Errors> {
        self.trials.get(&seed)?.errors
    }

    /// Test errors of the complete trials, by seed.
    pub fn test_errors(&self) -> Vec<f64> {
        self.trials.values().filter_map(|trial| Some(trial.errors?.test)).collect()
    }
}

/// All seeds of the cells, in order.
pub(super) fn seeds(cells: &[Cell]) -> Vec<u64> {
    let seeds: BTreeSet<u64> = cells.iter().flat_map(|cell| cell.trials.keys().copied()).collect();
    seeds.into_iter().collect()
}

/// The cells of the text of `trials.csv`, in plan order.
pub(super) fn read(source: Source, axes: &[String]) -> Result<Vec<Cell>, Error> {
    let Source { path, text } = source;
    let table = frame::read(&path, text)?;
    let axes: Vec<_> = axes.iter().map(|axis| axis_column(axis)).collect();
    let needed = [&NETWORK[..], &["index", "seed", "status", "valid_error", "test_error"], &axes].concat();
    if let Some(column) = needed.iter().find(|name| table.get_column_index(name).is_none()) {
        return Err(Error::Column { path, column: (*column).to_owned() });
    }
    if table.height() == 0 {
        return Ok(Vec::new());
    }
    let reader = Reader { path: &path, axes: &axes, table: &table };
    let mut keys = axes.clone();
    keys.extend(NETWORK.iter().filter(|name| !axes.contains(name)));
    let groups = table.group_by_stable(keys)?.into_groups();
    let cells: Vec<Cell> = groups.iter().map(|group| reader.cell(&rows(&group))).collect::<Result<_, _>>()?;
    // A plan gives every cell every seed. Without that, a table of pairs could be the square of this one.
    match cells.iter().find(|cell| !cell.trials.keys().eq(cells[0].trials.keys())) {
        Some(cell) => Err(Error::Seeds { path, cell: cell.values.join(", ") }),
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
            if cell.trials.insert(seed, self.trial(row)?).is_some() {
                let cell = cell.values.join(", ");
                return Err(Error::Repeated { path: self.path.to_owned(), seed, cell });
            }
        }
        Ok(cell)
    }

    fn trial(&self, row: usize) -> Result<Trial, Error> {
        let name = self.text("status", row)?;
        let status = Status::ALL
            .into_iter()
            .find(|status| status.name() == name)
            .ok_or_else(|| Error::Status { path: self.path.to_owned(), row: row + 1, status: name })?;
        let test = self.table.column("test_error")?.f64()?.get(row);
        let valid = self.table.column("valid_error")?.f64()?.get(row);
        let images = match self.table.column("test_images") {
            Ok(column) => column.u64()?.get(row),
            Err(_) => None,
        };
        let errors = test.filter(|_| status == Status::Complete).map(|test| Errors { valid, test });
        Ok(Trial { index: self.count("index", row)?, status, errors, images })
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
