//! Errors of a comparison of sweeps.

use std::path::PathBuf;

use polars::error::PolarsError;

use super::FilterError;
use crate::spec::Hint;
use crate::text::shown;
use crate::{analysis, store};

/// Sweeps that cannot be compared as asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A condition that cannot be evaluated.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// A column to sort by that no row has.
    #[error("--sort {path}: there is no column `{path}`; {hint}")]
    Column {
        /// The column.
        path: String,
        /// The nearest one.
        hint: Hint,
    },
    /// Tables that do not belong to the spec beside them.
    #[error(
        "{} has the cell {cell}, which {} does not plan: run `drsae analyze {}` to merge again",
        shown(path),
        shown(spec),
        shown(folder)
    )]
    Unplanned {
        /// `trials.csv`.
        path: PathBuf,
        /// The values of its axes.
        cell: String,
        /// `sweep.toml`.
        spec: PathBuf,
        /// The results folder.
        folder: PathBuf,
    },
    /// A config that cannot be written as TOML.
    #[error("cannot list the settings of {sweep}")]
    Settings {
        /// The sweep.
        sweep: String,
        /// The cause.
        source: toml::ser::Error,
    },
    /// A table that could not be built.
    #[error("cannot build the table")]
    Polars(#[from] PolarsError),
    /// A CSV table that could not be built.
    #[error("cannot build the table")]
    Csv(#[source] std::io::Error),
    /// Merged tables that cannot be analysed.
    #[error(transparent)]
    Analysis(#[from] analysis::Error),
    /// A merged table that cannot be read.
    #[error(transparent)]
    Store(#[from] store::Error),
}
