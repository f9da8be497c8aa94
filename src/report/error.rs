//! Errors of a report.

use crate::{analysis, store, study};

/// A report that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Tables that could not be computed.
    #[error(transparent)]
    Analysis(#[from] analysis::Error),
    /// A figure that could not be drawn.
    #[error("cannot draw a figure")]
    Draw(#[from] std::fmt::Error),
    /// A picture that could not be encoded.
    #[error("cannot encode a picture")]
    Picture(#[from] png::EncodingError),
    /// A page that could not be filled in.
    #[error("cannot fill in the page")]
    Page(#[from] minijinja::Error),
    /// A ledger that could not be read.
    #[error(transparent)]
    Study(#[from] study::Error),
    /// A merged table that could not be read.
    #[error(transparent)]
    Store(#[from] store::Error),
}
