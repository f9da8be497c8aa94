//! What keeps a network from being measured.

/// A measurement that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not a recurrent auto-encoder.
    #[error(
        "the network is `{family}` with T = {steps}, and what is measured is the recursion of `drsae` with \
         T of 2 or more"
    )]
    Subject {
        /// Its family.
        family: &'static str,
        /// Its iterations.
        steps: usize,
    },
    /// A table that was not written by this program.
    #[error("line {line} of {table}: {reason}; remove the file and measure every network again")]
    Table {
        /// Name of the file.
        table: &'static str,
        /// Line, from 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// A table that is no CSV.
    #[error("cannot read {table}; remove the file and measure every network again")]
    Csv {
        /// Name of the file.
        table: &'static str,
        /// Why.
        source: csv::Error,
    },
    /// A table that memory does not hold.
    #[error("cannot write a table")]
    Write(#[from] csv::Error),
    /// A tensor operation failed.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}
