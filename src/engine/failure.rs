//! Why a trial did not complete.

use crate::{store, train};

/// Why a trial did not complete.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Training(#[from] train::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("failed to read or write the network")]
    Network(#[from] candle_core::Error),
    #[error("failed to write the config")]
    Config(#[from] toml::ser::Error),
    #[error("the trial is no longer claimed by this process")]
    Lost,
    #[error("panicked: {0}")]
    Panic(String),
}
