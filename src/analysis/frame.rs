//! Tables in and out of CSV.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::*;

use super::Error;
use crate::threads;

/// Columns of the merged tables that are numbers; axes stay text, so that they compare and print
/// as they were written.
const NUMBERS: [(&str, DataType); 9] = [
    ("index", DataType::UInt64),
    ("steps", DataType::UInt64),
    ("hidden", DataType::UInt64),
    ("seed", DataType::UInt64),
    ("parameters", DataType::UInt64),
    ("valid_error", DataType::Float64),
    ("test_error", DataType::Float64),
    ("test_images", DataType::UInt64),
    ("image", DataType::UInt64),
];

/// The table of a CSV text, which `path` names in errors; empty fields of text columns are empty
/// text, those of numbers null.
pub(super) fn read(path: &Path, text: Vec<u8>) -> Result<DataFrame, Error> {
    threads::check_polars()?;
    let numbers = Schema::from_iter(NUMBERS.map(|(name, kind)| Field::new(name.into(), kind)));
    let read = || {
        CsvReadOptions::default()
            .with_infer_schema_length(Some(0))
            .with_schema_overwrite(Some(Arc::new(numbers)))
            .map_parse_options(|options| options.with_missing_is_null(false))
            .into_reader_with_file_handle(Cursor::new(text))
            .finish()
    };
    read().map_err(|source| Error::Trials { path: path.to_owned(), source })
}

/// A table that is written: its columns and the units of those that have one.
#[derive(Debug)]
pub(super) struct Table {
    /// Version of the file. It rises when a column changes its meaning or its unit, or goes; a
    /// new column alone leaves it.
    pub version: u32,
    columns: Vec<Column>,
    /// Name of a column, and its unit.
    pub units: Vec<(String, &'static str)>,
}

impl Table {
    /// The text of the file; null is an empty field.
    pub fn csv(self) -> Result<Vec<u8>, Error> {
        let height = self.columns.first().map_or(0, Column::len);
        let mut frame = DataFrame::new(height, self.columns)?;
        let mut text = Vec::new();
        CsvWriter::new(&mut text).finish(&mut frame)?;
        Ok(text)
    }
}

/// Unit of a column of errors.
pub(super) const PERCENT: &str = "%";
/// Unit of a column of differences between errors.
pub(super) const POINTS: &str = "percentage points";

/// Unit of a column of probabilities.
pub(super) const SHARE: &str = "0 to 1";

/// Makes a table of `rows`, column by column.
pub(super) struct Columns<'r, R> {
    rows: &'r [R],
    made: Vec<Column>,
    units: Vec<(String, &'static str)>,
}

impl<'r, R> Columns<'r, R> {
    pub fn of(rows: &'r [R]) -> Self {
        Self { rows, made: Vec::new(), units: Vec::new() }
    }

    /// A text column for each of `names`; `texts` gives a row's, in the same order.
    pub fn texts(mut self, names: &[String], texts: impl Fn(&R) -> &[String]) -> Self {
        for (at, name) in names.iter().enumerate() {
            self = self.plain(name, |row| texts(row)[at].clone());
        }
        self
    }

    /// A column without unit.
    pub fn plain<T>(mut self, name: &str, value: impl Fn(&R) -> T) -> Self
    where
        Series: NamedFrom<Vec<T>, [T]>,
    {
        let values: Vec<T> = self.rows.iter().map(value).collect();
        self.made.push(Series::new(name.into(), values).into());
        self
    }

    /// A column of measurements in a unit.
    pub fn in_unit(mut self, unit: &'static str, name: &str, value: impl Fn(&R) -> Option<f64>) -> Self {
        self.units.push((name.to_owned(), unit));
        self.plain(name, value)
    }

    /// What `more` adds.
    pub fn with(self, more: impl FnOnce(Self) -> Self) -> Self {
        more(self)
    }

    /// The table, in this version of its file.
    pub fn table(self, version: u32) -> Table {
        let Self { made, units, .. } = self;
        Table { version, columns: made, units }
    }
}
