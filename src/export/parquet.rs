//! Parquet: a file for each table, its columns typed.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::prelude::*;

use super::Error;
use crate::store::{self, Store, Table, read_file};
use crate::threads;

/// The types of the columns that every sweep has. Those of axes are what their values are.
const TYPES: [(DataType, &[&str]); 4] = [
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
            "label",
            "predicted",
            "numerics",
            "cores",
            "threads",
        ],
    ),
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
            "device", "system", "started",
        ],
    ),
];

/// Writes every table that is there; returns how many there are.
pub(super) fn export(store: &Store, out: &Path) -> Result<usize, Error> {
    threads::check_polars()?;
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
    let text = read_file(path).map_err(|source| Error::Table { path: path.to_owned(), source })?;
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const TRIALS: &str = "\
trial,index,seed,status,test_error,training.batch,model.family
drsae-1,0,18446744073709551615,complete,1.25,10,drsae
mlp-1,1,2,pending,,20,mlp
";

    #[test]
    fn what_is_written_is_read_back_with_its_types() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("tiny"), "name = \"tiny\"\n").unwrap();
        fs::write(store.trials_csv(), TRIALS).unwrap();
        fs::write(store.mistakes_csv(), "index,image,label,predicted\n").unwrap();
        let out = folder.path().join("out");
        assert_eq!(export(&store, &out).unwrap(), 2);

        let read = |name| ParquetReader::new(fs::File::open(out.join(name)).unwrap()).finish().unwrap();
        let trials = read("trials.parquet");
        assert!(trials.equals_missing(&super::read(&store.trials_csv()).unwrap()));
        let kinds = [
            DataType::String,
            DataType::UInt64,
            DataType::UInt64,
            DataType::String,
            DataType::Float64,
            DataType::Int64,
            DataType::String,
        ];
        assert_eq!(trials.dtypes(), kinds);
        assert_eq!(trials.column("seed").unwrap().u64().unwrap().get(0), Some(u64::MAX));
        assert_eq!(trials.column("test_error").unwrap().null_count(), 1);
        assert_eq!(read("mistakes.parquet").shape(), (0, 4));
    }

    #[test]
    fn a_sweep_that_was_not_merged_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("tiny"), "name = \"tiny\"\n").unwrap();
        let error = export(&store, folder.path()).unwrap_err();
        assert!(error.to_string().contains("drsae analyze"), "{error}");
    }
}
