//! Errors of the engine.

use crate::store;

/// An error that stops the engine. The trials stay pending; the same command continues.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The worker threads could not be started.
    #[error("failed to start {jobs} worker threads")]
    Threads {
        /// Number of threads requested.
        jobs: usize,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The results folder cannot be used.
    #[error("the sweep stopped, for its results folder cannot be used")]
    Store(#[source] store::Error),
}
