//! Errors of measurements.

use crate::model::Model;

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
    #[error("line {line} of {table}: {reason}; remove the file and measure every network again")]
    Table {
        /// Name of the file.
        table: &'static str,
        /// Line, from 1.
        line: u64,
        /// The fault.
        reason: String,
    },
    /// A table is not a CSV file.
    #[error("cannot read {table}; remove the file and measure every network again")]
    Csv {
        /// Name of the file.
        table: &'static str,
        /// Its cause.
        source: csv::Error,
    },
    /// Memory is exhausted.
    #[error("cannot write a table")]
    Write(#[from] csv::Error),
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
