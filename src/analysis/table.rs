//! The tables that an analysis writes as CSV.

use super::Error;
use crate::store;
use crate::value::Value;

/// A CSV table: its fields, and the units of the columns that have one.
#[derive(Debug)]
pub(super) struct CsvTable {
    /// Version of the file. It rises when a column is removed or changes its meaning or unit, not when one is added.
    pub version: u32,
    /// Name of a column, and its unit.
    pub units: Vec<(String, &'static str)>,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl CsvTable {
    /// Tables with the same columns below each other, with further columns `names` before them; `None` for no tables.
    pub fn stacked(names: &[&str], tables: Vec<(Vec<String>, Self)>) -> Option<Self> {
        let mut tables = tables.into_iter();
        let prefixed = |key: &[String], rows: Vec<Vec<String>>| -> Vec<_> {
            rows.into_iter().map(|row| key.iter().cloned().chain(row).collect()).collect()
        };
        let (key, Self { version, units, header, rows }) = tables.next()?;
        let header = names.iter().map(|&name| name.to_owned()).chain(header).collect();
        let mut stacked = Self { version, units, header, rows: prefixed(&key, rows) };
        stacked.rows.extend(tables.flat_map(|(key, table)| prefixed(&key, table.rows)));
        Some(stacked)
    }

    /// The text of the file.
    pub fn csv(&self) -> Result<Vec<u8>, Error> {
        store::table(&self.header, &self.rows).map_err(Error::Table)
    }
}

/// Unit of a column of errors.
pub(super) const PERCENT: &str = "%";
/// Unit of a column of differences between errors.
pub(super) const POINTS: &str = "percentage points";
/// Unit of a column of probabilities.
pub(super) const SHARE: &str = "0 to 1";

/// A value in a field of a table; `None` is an empty field.
pub(super) trait Field {
    /// The text of the field.
    fn text(self) -> String;
}

impl Field for String {
    fn text(self) -> String {
        self
    }
}

impl Field for &str {
    fn text(self) -> String {
        self.to_owned()
    }
}

impl Field for usize {
    fn text(self) -> String {
        self.to_string()
    }
}

impl Field for u64 {
    fn text(self) -> String {
        self.to_string()
    }
}

impl Field for f64 {
    /// The shortest text that reads back as the same number.
    fn text(self) -> String {
        Value::from(self).to_string()
    }
}

impl<F: Field> Field for Option<F> {
    fn text(self) -> String {
        self.map(F::text).unwrap_or_default()
    }
}

/// Builds a table from `rows`, column by column.
pub(super) struct CsvColumns<'r, R> {
    rows: &'r [R],
    table: CsvTable,
}

impl<'r, R> CsvColumns<'r, R> {
    /// A table of this version of its file, without columns.
    pub fn of(rows: &'r [R], version: u32) -> Self {
        let fields = rows.iter().map(|_| Vec::new()).collect();
        Self { rows, table: CsvTable { version, units: Vec::new(), header: Vec::new(), rows: fields } }
    }

    /// Adds a column for each of `axes`; `values` gives a row's values, in the same order.
    pub fn axes(mut self, axes: &[String], values: impl Fn(&R) -> &[Value]) -> Self {
        for (at, name) in axes.iter().enumerate() {
            self = self.plain(name, |row| values(row)[at].as_str().to_owned());
        }
        self
    }

    /// Adds a column without unit.
    pub fn plain<F: Field>(mut self, name: &str, value: impl Fn(&'r R) -> F) -> Self {
        self.table.header.push(name.to_owned());
        for (row, fields) in self.rows.iter().zip(&mut self.table.rows) {
            fields.push(value(row).text());
        }
        self
    }

    /// Adds a column of measurements in a unit.
    pub fn in_unit(mut self, unit: &'static str, name: &str, value: impl Fn(&R) -> Option<f64>) -> Self {
        self.table.units.push((name.to_owned(), unit));
        self.plain(name, value)
    }

    /// Adds the columns of `more`.
    pub fn with(self, more: impl FnOnce(Self) -> Self) -> Self {
        more(self)
    }

    /// The table.
    pub fn table(self) -> CsvTable {
        self.table
    }
}
