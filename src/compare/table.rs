//! The table: its rows and columns, as CSV, for polars and for people.

use std::collections::HashMap;

use polars::prelude::*;

use super::cells::{CellRow, ComparedSweep};
use super::columns::{Order, SWEEP};
use super::{Error, Filter, frame, notes, settings};
use crate::analysis::{self, SettingColumns, TableView, of_planned, spread};
use crate::value::Value;
use crate::{store, threads};

/// Heads of the columns behind the settings.
const MEASURED: [&str; 6] =
    ["parameters", "10¹² FLOP", "time / s", "n", "validation error / %", "test error / %"];

/// Positions in it of sizes, from the least important one, and of the number of trials.
const SIZES: [usize; 3] = [1, 2, 0];
const COUNT: usize = 3;

/// The first cells of a selection from several sweeps, in order.
#[derive(Debug)]
pub struct CellTable {
    /// Facts about the whole selection that a reader must know.
    pub notes: Vec<String>,
    /// Number of cells of the whole selection.
    pub selected: usize,
    rows: Vec<CellRow>,
    /// Paths of the settings that differ between the rows.
    settings: Vec<String>,
    /// Settings that all rows have alike.
    equal: Vec<(String, Value)>,
    /// The rows with all digits: sweep, settings that differ, measurements.
    pub frame: DataFrame,
}

impl CellTable {
    /// The first `limit` cells of `sweeps` that satisfy every one of `filters`.
    ///
    /// # Errors
    /// A merged table is missing or malformed; a filter or the order has an unknown column.
    pub fn of(
        sweeps: &[ComparedSweep<'_>],
        filters: &[Filter],
        order: &Order,
        limit: Option<usize>,
    ) -> Result<Self, Error> {
        threads::check_polars().map_err(analysis::Error::from)?;
        let mut all = Vec::new();
        for sweep in sweeps {
            all.extend(CellRow::of(*sweep)?);
        }
        let selection = frame::select(&frame::of_cells(&all)?, filters, order)?;
        let rows: Vec<CellRow> =
            frame::positions(&selection)?.into_iter().map(|at| all[at].clone()).collect();
        let (notes, selected) = (notes::of(&rows), rows.len());
        let height = limit.map_or(selected, |limit| limit.min(selected));
        Self::of_rows(rows[..height].to_vec(), &selection.head(Some(height)), notes, selected)
    }

    fn of_rows(
        rows: Vec<CellRow>,
        frame: &DataFrame,
        notes: Vec<String>,
        selected: usize,
    ) -> Result<Self, Error> {
        let known: Vec<_> = rows.iter().map(|row| &row.settings).collect();
        let paths = settings::without_repetition(settings::paths(known.iter().copied()), &known);
        let (mut settings, mut equal) = (Vec::new(), Vec::new());
        for path in paths {
            if !frame::is_constant(frame, &path)? {
                settings.push(path);
            } else if let Some(value) = rows.first().and_then(|row| row.setting(&path)).cloned() {
                equal.push((path, value));
            }
        }
        let measured = frame::measured(&rows);
        let names = [SWEEP].into_iter().chain(settings.iter().map(String::as_str));
        let names = names.chain(measured.iter().map(|column| column.name().as_str()));
        let frame = frame.select(names)?;
        Ok(Self { notes, selected, rows, settings, equal, frame })
    }

    /// The table as CSV, with all digits.
    ///
    /// # Errors
    /// A row cannot be written.
    pub fn csv(&self) -> Result<Vec<u8>, Error> {
        let header: Vec<_> = self.frame.get_column_names().into_iter().map(ToString::to_string).collect();
        let mut lines = vec![Vec::with_capacity(header.len()); self.frame.height()];
        for column in self.frame.columns() {
            for (at, line) in lines.iter_mut().enumerate() {
                line.push(text(&column.get(at)?));
            }
        }
        store::table(&header, &lines).map_err(Error::Csv)
    }

    /// The table, rounded, with every column.
    #[must_use]
    pub fn view(&self) -> TableView {
        let values: Vec<Vec<Value>> = self.rows.iter().map(|row| self.values(row)).collect();
        let settings = SettingColumns::of(&self.settings, values.iter());
        let cells = |(row, values): (&CellRow, &Vec<Value>)| {
            [vec![row.sweep.clone()], settings.of_row(values), measured(row)].concat()
        };
        TableView {
            name: "cells",
            caption: self.caption(),
            head: [vec![SWEEP.to_owned()], settings.heads.clone(), MEASURED.map(str::to_owned).to_vec()]
                .concat(),
            texts: 1 + settings.heads.len(),
            rows: self.rows.iter().zip(&values).map(cells).collect(),
            file: None,
        }
    }

    /// The heads of a view of the table, from the one that a narrow terminal loses first: sizes, settings from the one
    /// that distinguishes the fewest rows, and the number of trials.
    #[must_use]
    pub fn dispensable<'v>(&self, view: &'v TableView) -> Vec<&'v str> {
        let distinguished = |column: &usize| {
            let mut counts: HashMap<&str, usize> = HashMap::new();
            for row in &view.rows {
                *counts.entry(&row[*column]).or_default() += 1;
            }
            view.rows.len() - counts.into_values().max().unwrap_or_default()
        };
        let mut settings: Vec<usize> = (1..view.texts).rev().collect();
        settings.sort_by_key(distinguished);
        let sizes = SIZES.map(|at| view.texts + at);
        let order = sizes.into_iter().chain(settings).chain([view.texts + COUNT]);
        order.map(|column| view.head[column].as_str()).collect()
    }

    /// The content, the method and the settings that all rows have alike.
    fn caption(&self) -> String {
        let equal: Vec<_> = self.equal.iter().map(|(path, value)| format!("{path} = {value}")).collect();
        let equal = if equal.is_empty() {
            String::new()
        } else {
            format!(" The same in every row: {}.", equal.join(", "))
        };
        format!(
            "Each row is a cell: the trials that differ only in their seed. Errors are in percent, mean ± sample standard \
             deviation over the n complete trials; n/m means that n of m planned trials are complete. FLOP and time, \
             in seconds, are those of the training of one trial.{equal}"
        )
    }

    fn values(&self, row: &CellRow) -> Vec<Value> {
        let value = |path: &String| Value::parse(row.setting(path).map_or("", Value::short));
        self.settings.iter().map(value).collect()
    }
}

impl CellRow {
    /// The value of a setting.
    #[must_use]
    pub fn setting(&self, path: &str) -> Option<&Value> {
        self.settings.iter().find(|(known, _)| known == path).map(|(_, value)| value)
    }
}

fn measured(row: &CellRow) -> Vec<String> {
    let summary = &row.summary;
    let rounded = |number: Option<f64>, digits: usize| {
        number.map_or_else(|| "–".to_owned(), |it| format!("{it:.digits$}"))
    };
    vec![
        summary.parameters.to_string(),
        rounded(row.training_flops.map(|flops| flops as f64 / 1e12), 2),
        rounded(row.seconds, 0),
        of_planned(summary.n, summary.incomplete),
        spread(summary.valid_error),
        spread(summary.test_error),
    ]
}

/// A field of a CSV file.
fn text(value: &AnyValue<'_>) -> String {
    match (value, value.get_str()) {
        (_, Some(text)) => text.to_owned(),
        (AnyValue::Null, _) => String::new(),
        (AnyValue::Float64(number), _) => Value::from(*number).to_string(),
        (other, _) => other.to_string(),
    }
}
