//! A merged table, field by field.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use csv::StringRecord;

use super::{Cell, Trial};
use crate::report::Error;
use crate::store::{EpochRow, read_file};

/// A CSV file.
pub struct Table {
    path: PathBuf,
    columns: HashMap<String, usize>,
    records: Vec<StringRecord>,
}

/// One row of a table.
#[derive(Clone, Copy)]
pub struct Row<'t> {
    table: &'t Table,
    fields: &'t StringRecord,
}

impl Table {
    /// Reads a file; `None` where there is none.
    pub fn read(path: &Path) -> Result<Option<Self>, Error> {
        match read_file(path) {
            Ok(text) => Self::of(path, &text).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::Table { path: path.to_owned(), source: error.into() }),
        }
    }

    /// The table of a text; `path` names it in errors.
    pub fn of(path: &Path, text: &[u8]) -> Result<Self, Error> {
        let failed = |source| Error::Table { path: path.to_owned(), source };
        let mut reader = csv::Reader::from_reader(text);
        let header = reader.headers().map_err(failed)?;
        let columns = header.iter().zip(0..).map(|(name, at)| (name.to_owned(), at)).collect();
        let records = reader.records().collect::<Result<_, _>>().map_err(failed)?;
        Ok(Self { path: path.to_owned(), columns, records })
    }

    pub fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }

    /// A column from top to bottom; nothing where it is not there.
    pub fn texts(&self, column: &str) -> Vec<String> {
        self.rows().filter_map(|row| row.text(column).ok()).map(str::to_owned).collect()
    }

    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.records.iter().map(|fields| Row { table: self, fields })
    }
}

impl<'t> Row<'t> {
    /// A field.
    pub fn text(self, column: &str) -> Result<&'t str, Error> {
        let at = self.table.columns.get(column).and_then(|&at| self.fields.get(at));
        at.ok_or_else(|| Error::Column { path: self.table.path.clone(), column: column.to_owned() })
    }

    /// A field as a number; `None` where it is empty.
    pub fn number<T: FromStr>(self, column: &str) -> Result<Option<T>, Error> {
        let text = self.text(column)?;
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| self.wrong(column, text))
    }

    fn count(self, column: &str) -> Result<u64, Error> {
        self.number(column)?.ok_or_else(|| self.wrong(column, ""))
    }

    fn wrong(self, column: &str, text: &str) -> Error {
        Error::Field {
            path: self.table.path.clone(),
            column: column.to_owned(),
            trial: self.text("trial").unwrap_or_default().to_owned(),
            text: text.to_owned(),
        }
    }

    /// The cell of a row of `trials.csv`, whose axes are these `columns`.
    pub fn cell(self, columns: &[&str]) -> Result<Cell, Error> {
        let value = |column: &&str| self.text(column).map(str::to_owned);
        Ok(Cell {
            values: columns.iter().map(value).collect::<Result<_, _>>()?,
            family: self.text("family")?.to_owned(),
            steps: self.count("steps")?,
            hidden: self.count("hidden")?,
            parameters: self.count("parameters")?,
            trials: Vec::new(),
        })
    }

    /// The trial of a row of `trials.csv`, with its curve.
    pub fn trial(self, curves: &mut HashMap<String, Vec<EpochRow>>) -> Result<Trial, Error> {
        let id = self.text("trial")?;
        Ok(Trial {
            id: id.to_owned(),
            seed: self.count("seed")?,
            status: self.text("status")?.to_owned(),
            best_epoch: self.number("best_epoch")?,
            test_error: self.number("test_error")?,
            flops: None,
            seconds: None,
            curve: curves.remove(id).unwrap_or_default(),
        })
    }
}
