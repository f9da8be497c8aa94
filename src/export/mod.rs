//! A sweep's results in the formats of other tools.
//!
//! Everything is made from the merged tables, so results that were committed without their
//! trials' folders can be exported too, and the same tables give the same bytes.

#[cfg(feature = "parquet")]
mod parquet;
mod tensorboard;

use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::store::{self, Store, read_file};
use crate::text::shown;
use crate::threads;

/// A format that results can be exported to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A Parquet file for each table.
    Parquet,
    /// A TensorBoard run for each trial.
    Tensorboard,
}

/// What keeps results from being exported.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Threads that could not be started.
    #[error("cannot build tables; POLARS_MAX_THREADS=1 does with one thread")]
    Threads(#[from] threads::TooFewThreads),
    /// A table that is not there or cannot be read.
    #[error("cannot read {}: run `drsae analyze`, which merges it from the trials", shown(path))]
    Table {
        /// The table.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A table that is not what its name says.
    #[error("cannot use {}: {reason}", shown(path))]
    Malformed {
        /// The table.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A format that this program was built without.
    #[error(
        "this drsae was built without Parquet: build it with the feature, \
         `cargo install --path . --features parquet`, or read the CSV tables as they are"
    )]
    Feature,
    /// A file that cannot be written.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Error {
    fn malformed(path: &Path, reason: &dyn ToString) -> Self {
        Self::Malformed { path: path.to_owned(), reason: reason.to_string() }
    }
}

/// Writes the results of `store` into the folder `out`, replacing files of the same name,
/// and returns how many it wrote.
///
/// # Errors
/// A table is missing or malformed, the format was left out of this build, or the disk
/// refuses.
pub fn export(store: &Store, format: Format, out: &Path) -> Result<usize, Error> {
    match format {
        Format::Tensorboard => tensorboard::export(store, out),
        #[cfg(feature = "parquet")]
        Format::Parquet => parquet::export(store, out),
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => Err(Error::Feature),
    }
}

/// The rows of a table by their columns' names.
fn rows<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, Error> {
    let text = read_file(path).map_err(|source| Error::Table { path: path.to_owned(), source })?;
    let rows: Result<_, _> = csv::Reader::from_reader(text.as_slice()).into_deserialize().collect();
    rows.map_err(|error: csv::Error| Error::malformed(path, &error))
}
