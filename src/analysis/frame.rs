//! Tables in and out of CSV.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::*;

use super::Error;

/// Columns of `trials.csv` that are numbers; axes stay text, so that they compare and print
/// as they were written.
const NUMBERS: [(&str, DataType); 6] = [
    ("steps", DataType::UInt64),
    ("hidden", DataType::UInt64),
    ("seed", DataType::UInt64),
    ("parameters", DataType::UInt64),
    ("valid_error", DataType::Float64),
    ("test_error", DataType::Float64),
];

/// The table of a CSV text, which `path` names in errors; empty fields of text columns are empty text, those of numbers null.
pub(super) fn read(path: &Path, text: Vec<u8>) -> Result<DataFrame, Error> {
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

/// The text of a table; null is an empty field.
pub(super) fn csv(mut frame: DataFrame) -> Result<Vec<u8>, Error> {
    let mut text = Vec::new();
    CsvWriter::new(&mut text).finish(&mut frame)?;
    Ok(text)
}

/// A text column for each of `names`; `texts` gives a row's, in the same order.
pub(super) fn text_columns<R>(names: &[String], rows: &[R], texts: impl Fn(&R) -> &[String]) -> Vec<Column> {
    let text = |at: usize| column(&names[at], rows, |row| texts(row)[at].clone());
    (0..names.len()).map(text).collect()
}

/// A column of what `value` finds in each row.
pub(super) fn column<R, T>(name: &str, rows: &[R], value: impl Fn(&R) -> T) -> Column
where
    Series: NamedFrom<Vec<T>, [T]>,
{
    Series::new(name.into(), rows.iter().map(value).collect::<Vec<_>>()).into()
}
