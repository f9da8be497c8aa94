//! Errors of planning.

use crate::Invalid;

/// A sweep that cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data of a cell cannot be described.
    #[error("cannot learn what the data of the cell {cell} are")]
    Data {
        /// The first cell with these data.
        cell: String,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The reference cell of a matched width is excluded.
    #[error(
        "the cell {cell} has no reference: `compare.match` needs the cell {reference}, \
         which is excluded or not in the sweep; exclude both or none"
    )]
    NoReference {
        /// The cell whose width is to be chosen.
        cell: String,
        /// The missing cell.
        reference: String,
    },
    /// No width has the reference's number of parameters.
    #[error(
        "impossible width: the cell {cell} cannot have about the {budget} {quantity} of its \
         reference; exclude it, or give the reference other sizes"
    )]
    ImpossibleWidth {
        /// The cell whose width is to be chosen.
        cell: String,
        /// Parameters or operations of the reference.
        budget: u64,
        /// The name of this quantity.
        quantity: &'static str,
    },
    /// A condition that the images of a cell cannot have.
    #[error(transparent)]
    Condition(Invalid),
    /// A network that this program cannot make.
    #[error(transparent)]
    Network(#[from] Invalid),
    /// Two cells are the same trial after widths are matched.
    #[error("duplicate trial {id}: the cells {first} and {second} train the same network; remove one")]
    Duplicate {
        /// The common id.
        id: String,
        /// The earlier cell.
        first: String,
        /// The later cell.
        second: String,
    },
}

impl Error {
    /// Dotted path of the setting that the error is about.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Data { .. } => "data",
            Self::NoReference { .. } | Self::ImpossibleWidth { .. } => "compare.match",
            Self::Duplicate { .. } => "sweep",
            Self::Condition(_) => "conditions",
            Self::Network(_) => "model",
        }
    }
}
