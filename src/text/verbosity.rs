//! The amount of messages that the program prints.

use std::sync::OnceLock;

/// The amount of messages on standard error, set once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verbosity {
    /// Errors alone.
    Quiet,
    /// Progress, warnings and notes as well.
    #[default]
    Normal,
    /// Every epoch and every file that is written as well.
    Verbose,
}

static VERBOSITY: OnceLock<Verbosity> = OnceLock::new();

impl Verbosity {
    /// Makes this the verbosity of the process; the first call decides.
    pub fn apply(self) {
        let _ = VERBOSITY.set(self);
    }

    /// The verbosity of the process.
    #[must_use]
    pub fn current() -> Self {
        VERBOSITY.get().copied().unwrap_or_default()
    }
}
