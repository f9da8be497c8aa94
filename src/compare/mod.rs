//! One table of the cells of any number of sweeps, from their merged tables.
//!
//! A row is a cell: the trials that differ only in their seed. Its columns are the settings that differ between the
//! rows, then sizes, errors and times. `docs/FORMAT.md` describes them.
//!
//! ```text
//! cells (with settings) ─► frame ─► filter, order ─► table
//! ```

mod cells;
mod columns;
mod error;
mod filter;
mod frame;
mod notes;
mod rows;
mod settings;
mod table;

pub use cells::{CellRow, ComparedSweep};
pub use columns::Order;
pub use error::Error;
pub use filter::{Filter, FilterError, Operator};
pub use rows::rows_where;
pub use table::CellTable;
