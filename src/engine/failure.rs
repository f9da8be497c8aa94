//! Why a run of a trial did not end with a complete trial.

use crate::{store, train};

/// Why a run of a trial did not end with a complete trial.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The training itself.
    #[error(transparent)]
    Training(#[from] train::Error),
    /// The results folder: no fault of the trial.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The network's weights as bytes.
    #[error("failed to read or write the network")]
    Network(#[from] candle_core::Error),
    /// The config as TOML.
    #[error("failed to write the config")]
    Config(#[from] toml::ser::Error),
    /// Another process took the trial over.
    #[error("the trial was taken over by another process")]
    Lost,
    /// A fault of the program.
    #[error("panicked: {0}")]
    Panic(String),
}
