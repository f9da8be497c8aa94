//! Errors of measurements.

use std::io;

use crate::model::Model;
use crate::store;

/// An error of measuring a network, or of reading or writing a table.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The network is not a recurrent auto-encoder.
    #[error(
        "the network is `{family}` with T = {steps}: only networks whose iterations share E, S and b and read the \
         input, such as `drsae`, with T of 2 or more can be inspected"
    )]
    Subject {
        /// Its family.
        family: &'static str,
        /// Its iterations.
        steps: usize,
    },
    /// A table has other columns, or a field that cannot be parsed.
    #[error("{0}; remove the file and measure every network again")]
    Table(store::Error),
    /// Memory is exhausted.
    #[error("cannot write a table")]
    Write(#[from] io::Error),
    /// A tensor operation failed.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

impl Error {
    /// The refusal of a network.
    pub(super) fn of(model: &Model) -> Self {
        let config = model.config();
        Self::Subject { family: config.family.name(), steps: config.steps }
    }
}
