//! Names of columns, and the order of the rows.

use polars::prelude::*;

use crate::spec::{self, Hint};

/// Column with the position of the cell among the rows, which no output has.
pub const ROW: &str = "row";
/// Column with the name of the sweep.
pub const SWEEP: &str = "sweep";
/// Column with the mean validation error.
pub const VALID: &str = "valid_error";

/// The order of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The column that they are sorted by; rows without a value come last.
    pub path: String,
    /// True if the greatest value comes first.
    pub is_reversed: bool,
}

impl Default for Order {
    /// The least validation error first.
    fn default() -> Self {
        Self { path: VALID.to_owned(), is_reversed: false }
    }
}

/// The column that an unknown path probably means: one that the spec reader suggests for it, or else the one with
/// the nearest name; all columns if none is near.
pub fn hint(path: &str, frame: &DataFrame) -> Hint {
    let parts: Vec<String> = path.split('.').map(str::to_owned).collect();
    let names = || frame.get_column_names().into_iter().map(PlSmallStr::as_str).filter(|name| *name != ROW);
    match spec::hint(&parts) {
        Hint::DidYouMean(key) if names().any(|name| name == key) => Hint::DidYouMean(key),
        _ => Hint::new(path, names()),
    }
}
