//! Execution of pending trials on this machine.

mod conditions;
mod dataset_cache;
mod error;
mod failure;
mod journal;
pub mod local;
mod observer;
mod pending;
mod pilot;
mod rows;
pub mod stale;
#[cfg(test)]
mod tests;
mod training;
mod trial;
mod unseal;

pub use conditions::{Conditions, planned_conditions};
pub use dataset_cache::DatasetCache;
pub use error::Error;
pub use failure::Failure;
pub use journal::epoch_row;
pub use observer::{Control, Ending, Observer};
pub use pending::{Counted, Pending, pending, pending_among, tidy};
pub use pilot::{Pilot, memory};
pub use rows::planned;
pub use training::{Session, Trained, Training, predictions};
pub use unseal::{UnsealError, unseal};
