//! What can be wrong with the material of a report.

use std::path::PathBuf;

use plotters::drawing::DrawingAreaErrorKind;

use crate::text::shown;
use crate::{analysis, store};

/// A report that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A merged table that cannot be read.
    #[error("cannot read {}: run `drsae sweep` on the spec to write it", shown(path))]
    Table {
        /// The file.
        path: PathBuf,
        /// Why.
        source: csv::Error,
    },
    /// A merged table without a column.
    #[error("{} has no column `{column}`: run `drsae sweep` on the spec to write it again", shown(path))]
    Column {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
    },
    /// A field that is not what its column holds.
    #[error(
        "{} has `{text}` as `{column}` of {trial}: run `drsae sweep` on the spec to write it again",
        shown(path)
    )]
    Field {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// Id of the trial.
        trial: String,
        /// What the field holds.
        text: String,
    },
    /// Tables that could not be computed.
    #[error(transparent)]
    Analysis(#[from] analysis::Error),
    /// A figure that could not be drawn.
    #[error("cannot draw a figure")]
    Draw(#[from] DrawingAreaErrorKind<std::io::Error>),
    /// A picture that could not be encoded.
    #[error("cannot encode a picture")]
    Picture(#[from] png::EncodingError),
    /// A page that could not be filled in.
    #[error("cannot fill in the page")]
    Page(#[from] minijinja::Error),
    /// A file that could not be written.
    #[error(transparent)]
    Store(#[from] store::Error),
}
