//! Errors of a run of a trial.

use crate::{store, train};

/// An error that ends a run of a trial.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Training failed.
    #[error(transparent)]
    Training(#[from] train::Error),
    /// The results folder cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The weights cannot be written.
    #[error("failed to read or write the network")]
    Network(#[from] candle_core::Error),
    /// The config cannot be written.
    #[error("failed to write the config")]
    Config(#[from] toml::ser::Error),
    /// Another process took the trial over.
    #[error("the trial was taken over by another process")]
    Lost,
    /// A panic.
    #[error("panicked: {0}")]
    Panic(String),
}
