//! Parquet: a file for each table, its columns typed.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::prelude::*;

use super::Error;
use crate::store::{self, Store, Table};

/// The types of the columns that every sweep has. Those of axes are what their values are.
const TYPES: [(DataType, &[&str]); 5] = [
    (
        DataType::UInt64,
        &[
            "index",
            "steps",
            "hidden",
            "seed",
            "parameters",
            "training_flops",
            "best_epoch",
            "test_images",
            "phase",
            "epoch",
            "image",
            "numerics",
            "cores",
            "threads",
        ],
    ),
    (DataType::UInt8, &["label", "predicted"]),
    (
        DataType::Float64,
        &[
            "sparsity",
            "discriminative_weight",
            "valid_error",
            "test_error",
            "rate",
            "train_loss",
            "train_reconstruction",
            "train_sparsity",
            "train_class_loss",
            "train_error",
            "valid_reconstruction",
            "valid_sparsity",
            "valid_class_loss",
            "active_fraction",
            "live_fraction",
            "seconds",
        ],
    ),
    (DataType::Boolean, &["dirty"]),
    (
        DataType::String,
        &[
            "trial", "family", "status", "version", "commit", "rustc", "lockfile", "binary", "data", "cpu",
            "system", "started",
        ],
    ),
];

/// Writes every table that is there; returns how many there are.
pub(super) fn export(store: &Store, out: &Path) -> Result<usize, Error> {
    let mut written = 0;
    for path in tables(store) {
        let mut frame = read(&path)?;
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes).finish(&mut frame).map_err(|error| Error::malformed(&path, &error))?;
        let name = Path::new(path.file_name().unwrap_or_default()).with_extension("parquet");
        store::place(&out.join(name), &bytes)?;
        written += 1;
    }
    Ok(written)
}

/// The tables of the sweep: `trials.csv`, and the others where they are.
fn tables(store: &Store) -> Vec<PathBuf> {
    let others = [store.plan_csv()].into_iter().chain(Table::ALL.map(|table| store.table(table)));
    let trials = store.trials_csv();
    others.filter(|path| *path == trials || path.exists()).collect()
}

fn read(path: &Path) -> Result<DataFrame, Error> {
    let text = fs::read(path).map_err(|source| Error::Table { path: path.to_owned(), source })?;
    let header = csv::Reader::from_reader(text.as_slice()).headers().cloned();
    let header = header.map_err(|error| Error::malformed(path, &error))?;
    let types =
        TYPES.into_iter().flat_map(|(kind, names)| names.iter().map(move |name| (*name, kind.clone())));
    let known = types.filter(|(name, _)| header.iter().any(|column| column == *name));
    let schema: Schema = known.map(|(name, kind)| Field::new(name.into(), kind)).collect();
    CsvReadOptions::default()
        .with_infer_schema_length(None)
        .with_schema_overwrite(Some(Arc::new(schema)))
        .into_reader_with_file_handle(Cursor::new(text))
        .finish()
        .map_err(|error| Error::malformed(path, &error))
}
