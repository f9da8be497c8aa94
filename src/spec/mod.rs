//! The TOML spec of a sweep, checked on loading into a [`Sweep`] that cannot be invalid.
//!
//! A spec's tables `[data]`, `[model]`, `[objective]` and `[training]` are one complete
//! trial. `[sweep]` varies it: an axis is a dotted path into those tables with a list of
//! values, lists inside the path by index (`training.phases.1.rate`), or by `*` for all of their
//! elements.
//!
//! | table | meaning |
//! |---|---|
//! | `[sweep.grid]` | every value of each axis meets every value of the others |
//! | `[sweep.zip]`, `[[sweep.zip]]` | the axes of one table move together; `label`: a text for each of the cells, which is then the one axis of the table |
//! | `[[sweep.exclude]]` | leaves out the cells that have all of its values |
//! | `[compare]` | `reference`: the axis value that the others are compared with; `match = "parameters"`: the others' width is chosen for the same number of parameters; `margin`: percentage points of test error below which a difference is none that matters; `tuned`: axes whose values were chosen for each cell, and need not be the same on both sides |
//! | `[[compare.effects]]` | the mean error of the cells `plus` less that of as many cells `minus`, by the values of the axes `by` |
//! | `[search]` | the settings of each group of cells are searched by validation error before the cells are trained with other seeds |
//! | `[conditions]` | corruptions of the test images, and iterations beyond T, under which `drsae unseal` tests every network as well |
//! | `[frozen]` | the origin of a plan that `drsae freeze` wrote |
//! | `[[published]]` | a figure of others to stand beside those measured: `system`, its test `error` in percent, and its `source` |
//!
//! In these four tables `model.steps` and `"model.steps"` are the same axis. An override
//! `path=value` replaces one setting of the spec, or with `*` that of every element of a list,
//! before anything is checked; everything after `sweep.grid.` (`sweep.zip.`, `sweep.zip.0.`,
//! `sweep.exclude.0.`, `compare.reference.`) is the path of one axis, quoted or not. Its value
//! is TOML, or a bare word.
//!
//! `test = "sealed"` keeps the test images unread until all trials are complete or have diverged; it is the default of a
//! spec with `[search]`.
//!
//! `[slurm]` is how the sweep runs on a cluster, and no part of its results: see [`crate::slurm::Settings`].

mod axes;
mod cells;
mod compare;
mod conditions;
mod config;
mod document;
mod effects;
mod error;
mod expand;
mod labels;
mod load;
mod location;
mod overrides;
mod path;
mod read;
mod read_search;
mod schema;
mod search;
mod seeds;
mod site;
mod sweep;
mod symbol;
mod wire;
mod write;

pub use self::conditions::Conditions;
pub use self::config::{CellConfig, ConfigError, TrialConfig};
pub use self::error::{Error, Hint, Place, Problem};
pub use self::labels::LABEL;
pub use self::load::SWEEP_FOLDERS;
pub(crate) use self::schema::hint;
pub use self::search::{Choice, Dimension, Method, Range, Search, Values};
pub use self::site::slurm_settings;
pub use self::sweep::{
    Axis, Cell, Compare, Effect, Frozen, Matching, Published, Sweep, TestSet, label, text,
};
pub use self::symbol::{cell_name, is_name, symbol_beside, trial_name};

#[cfg(test)]
pub(crate) mod tests;
