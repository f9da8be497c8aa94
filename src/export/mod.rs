//! A sweep's results in the formats of other tools.
//!
//! Exports read only the merged tables, so committed results without trials' folders can be exported too, and equal
//! tables give equal bytes.

#[cfg(feature = "parquet")]
mod parquet;
mod tensorboard;

use std::path::{Path, PathBuf};

use polars::prelude::DataFrame;

use crate::store::{self, Store, TrialTable};
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

/// Errors of an export.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The threads of polars could not be started.
    #[error("cannot build tables; POLARS_MAX_THREADS=1 does with two threads")]
    Threads(#[from] threads::TooFewThreads),
    /// A table that is missing.
    #[error("{} is missing: run `drsae analyze`, which merges it from the trials", shown(path))]
    NotMerged {
        /// The table.
        path: PathBuf,
    },
    /// A table that cannot be converted.
    #[cfg(feature = "parquet")]
    #[error("cannot convert {}", shown(path))]
    Table {
        /// The table.
        path: PathBuf,
        /// The cause.
        source: polars::error::PolarsError,
    },
    /// A format that is not compiled into this program.
    #[error(
        "this drsae was built without Parquet: build it with the feature, \
         `cargo install --path . --features parquet`, or read the CSV tables as they are"
    )]
    Feature,
    /// A table that cannot be read, or a file that cannot be written.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Writes the results of `store` into the folder `out`, replaces files of the same name, and returns the number of
/// files or runs.
///
/// # Errors
/// A table is missing or malformed, the format is not compiled in, or I/O fails.
pub fn export(store: &Store, format: Format, out: &Path) -> Result<usize, Error> {
    match format {
        Format::Tensorboard => tensorboard::export(store, out),
        #[cfg(feature = "parquet")]
        Format::Parquet => parquet::export(store, out),
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => Err(Error::Feature),
    }
}

/// Writes a data frame as a Parquet file.
///
/// # Errors
/// The format is not compiled in, or I/O fails.
#[cfg_attr(not(feature = "parquet"), expect(unused_variables, reason = "the format is not compiled in"))]
pub fn write_parquet(frame: DataFrame, path: &Path) -> Result<(), Error> {
    #[cfg(feature = "parquet")]
    return parquet::write_frame(frame, path);
    #[cfg(not(feature = "parquet"))]
    Err(Error::Feature)
}

/// The rows of `trials.csv`, which every merge writes.
fn trials(store: &Store) -> Result<TrialTable, Error> {
    let trials = store.trial_table()?;
    if !trials.path.exists() {
        return Err(Error::NotMerged { path: trials.path });
    }
    Ok(trials)
}
