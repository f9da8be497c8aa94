//! A study: the settings of each group of cells are searched by validation error, the choice is frozen with
//! the contrasts to be tested, and the frozen cells are trained with other seeds before any test image is read.
//!
//! ```text
//! spec ─► Search: stages of trials ─► search.csv ─► freeze ─► frozen.toml (a spec) ─► ledger.csv
//! ```
//!
//! All of it is pure: a stage and a choice are functions of the spec and of the validation errors on disk, in plan
//! order, so that no number of jobs, kill or restart changes a byte of them.

mod budget;
mod cells;
mod choice;
mod contrast;
mod error;
mod forecast;
mod freeze;
mod group;
mod power;
mod search;
mod space;
mod standing;
mod table;

pub use error::Error;
pub use forecast::{PlannedStage, forecast};
pub use freeze::{FrozenPlan, best_toml, freeze};
pub use power::SearchSpread;
pub use search::{Search, Stage};
pub use standing::{Standing, plan_hash};
pub use table::SearchRow;

/// Name of the folder of the search within that of the study.
pub const SEARCH_FOLDER: &str = "search";

/// Table of all configurations, in the search's folder of the analysis.
pub const SEARCH_TABLE: &str = "search.csv";

/// Its figure, in the same folder.
pub const SEARCH_FIGURE: &str = "search.svg";

/// The chosen settings, in the same folder.
pub const BEST: &str = "best.toml";
