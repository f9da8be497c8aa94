//! The trials of a sweep in order, each with a stable id. Pure: the caller describes the data.
//!
//! Seeds vary slowest: the first pass over the plan trains every cell once, so that after k of n passes every
//! comparison has k pairs, and more seeds keep the indices of the earlier trials.

mod error;
mod id;
mod indices;
mod matching;
mod names;
mod planner;
#[cfg(test)]
pub(crate) mod tests;
mod trials;

pub use error::Error;
pub use id::{id, id_of_version};
pub use indices::Indices;
pub use matching::references;
pub use trials::{Paused, Plan, Trial};
