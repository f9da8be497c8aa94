//! Typed rows of CSV files: the one reader and writer of every table.
//!
//! Floats are written as the shortest text that reads back as the same number, absent
//! values as empty fields, so equal rows are equal bytes.

use std::io;
use std::path::Path;
use std::sync::Arc;

use csv::{ErrorKind, Position, StringRecord, WriterBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::Error;

/// A row of a CSV file, whose fields are the columns in their order.
pub trait Row: Serialize + DeserializeOwned + Default {
    /// Columns that earlier versions did not write.
    const ADDED: &'static [&'static str] = &[];

    /// Stores the fields that are not columns of the type.
    fn take_others<'t>(&mut self, _others: impl Iterator<Item = (&'t Arc<str>, &'t str)>) {}
}

/// Reads the rows of the table `text`; `path` names it in errors.
///
/// # Errors
/// A column is missing or a row is malformed; the error names line and column.
pub fn parse_rows<R: Row>(path: &Path, text: &[u8]) -> Result<Vec<R>, Error> {
    let malformed = |reason| Error::Malformed { path: path.to_owned(), reason };
    let unreadable = |error: csv::Error| malformed(error.to_string());
    let mut reader = csv::Reader::from_reader(text);
    let header = reader.headers().map_err(unreadable)?.clone();
    let columns = header_of::<R>().map_err(|error| malformed(error.to_string()))?;
    let has = |name: &str| header.iter().any(|column| column == name);
    if let Some(missing) = columns.iter().find(|name| !has(name) && !R::ADDED.contains(&name.as_str())) {
        return Err(malformed(format!("line 1: it has no column `{missing}`")));
    }
    let is_other = |(_, name): &(usize, &str)| !columns.iter().any(|column| column == name);
    // The rows share the names, so that a long name is in memory once.
    let others: Vec<(usize, Arc<str>)> =
        header.iter().enumerate().filter(is_other).map(|(at, name)| (at, name.into())).collect();
    let (mut rows, mut record) = (Vec::new(), StringRecord::new());
    while reader.read_record(&mut record).map_err(unreadable)? {
        let row = record.deserialize::<R>(Some(&header));
        let mut row = row.map_err(|error| malformed(located(&header, &record, &error)))?;
        row.take_others(others.iter().map(|(at, name)| (name, &record[*at])));
        rows.push(row);
    }
    Ok(rows)
}

/// Line, column and text of the field that an error is about.
fn located(header: &StringRecord, record: &StringRecord, error: &csv::Error) -> String {
    let line = record.position().map_or(0, Position::line);
    let ErrorKind::Deserialize { err, .. } = error.kind() else { return error.to_string() };
    match err.field().map(|at| at as usize) {
        Some(at) if at < header.len() => {
            format!("line {line}: `{}` is `{}`: {}", &header[at], record[at].escape_debug(), err.kind())
        }
        _ => format!("line {line}: {}", err.kind()),
    }
}

/// Column names of a type of row.
///
/// # Errors
/// A row cannot be written as CSV.
pub fn header_of<R: Serialize + Default>() -> io::Result<Vec<String>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.serialize(R::default())?;
    let text = bytes(writer)?;
    let mut reader = csv::Reader::from_reader(text.as_slice());
    Ok(reader.headers()?.iter().map(str::to_owned).collect())
}

/// The text of a table, with its header.
///
/// # Errors
/// A row cannot be written as CSV.
pub fn csv<R: Serialize + Default>(rows: &[R]) -> Result<Vec<u8>, Error> {
    text(rows).map_err(|error| Error::Malformed { path: "a table".into(), reason: error.to_string() })
}

/// The text of a CSV file of `rows`; of its header alone where there are none.
pub(in crate::store) fn text<R: Serialize + Default>(rows: &[R]) -> io::Result<Vec<u8>> {
    table(&header_of::<R>()?, rows)
}

/// The lines of `rows` in a CSV file that has its header already.
pub(in crate::store) fn lines<R: Serialize>(rows: &[R]) -> io::Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    rows.iter().try_for_each(|row| writer.serialize(row))?;
    bytes(writer)
}

/// The text of a CSV file of `rows`, each as many fields as `header` has.
///
/// # Errors
/// A row has another number of fields.
pub fn table<R: Serialize>(header: &[String], rows: &[R]) -> io::Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    writer.write_record(header)?;
    for row in rows {
        writer.serialize(row)?;
    }
    bytes(writer)
}

fn bytes(writer: csv::Writer<Vec<u8>>) -> io::Result<Vec<u8>> {
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}
