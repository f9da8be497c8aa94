//! The merged tables that an analysis reads.

use std::io::ErrorKind;
use std::path::PathBuf;

use super::Error;
use crate::store::{Store, read_file};

/// The text of a merged table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file, for errors.
    pub path: PathBuf,
    /// Its content.
    pub text: Vec<u8>,
}

/// The merged tables that an analysis is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// `trials.csv`.
    pub trials: Source,
    /// `mistakes.csv`; results that earlier versions merged have none.
    pub mistakes: Option<Source>,
}

impl Sources {
    /// The merged tables of a results folder.
    ///
    /// # Errors
    /// `trials.csv` is absent, or the disk refuses.
    pub fn read(store: &Store) -> Result<Self, Error> {
        let path = store.trials_csv();
        let text =
            read_file(&path).map_err(|source| Error::Trials { path: path.clone(), source: source.into() })?;
        Ok(Self { trials: Source { path, text }, mistakes: Self::mistakes(store)? })
    }

    /// The merged mistakes of a results folder, where it has them.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn mistakes(store: &Store) -> Result<Option<Source>, Error> {
        let path = store.mistakes_csv();
        match read_file(&path) {
            Ok(text) => Ok(Some(Source { path, text })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Unreadable { path, source }),
        }
    }
}
