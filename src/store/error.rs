//! Errors of reading and writing a results folder.

use std::io;
use std::path::{Path, PathBuf};

use crate::text::{printable, shown};

/// A results folder that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// I/O failed while writing.
    #[error("cannot write {}", shown(path))]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// I/O failed while reading.
    #[error("cannot read {}", shown(path))]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file with invalid content.
    #[error("cannot use {}: {}", shown(path), printable(reason))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The problem, and the remedy.
        reason: String,
    },
    /// A trial or sweep name that is not a plain folder name.
    #[error(
        "the name {name:?} cannot name a folder: use 1 to 200 letters, digits, `-`, `_` and `.`, \
         not beginning or ending with `.`, and no device of Windows such as `con`"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// The folder belongs to another sweep.
    #[error(
        "{} holds the results of another sweep (-) than the one asked for (+):\n\n{diff}\n\
         give this one another `name`, or another folder with --results",
        shown(path)
    )]
    OtherSweep {
        /// The results folder.
        path: PathBuf,
        /// Line diff of the two `sweep.toml`.
        diff: String,
    },
    /// Merged tables without trials' folders, which can only be analysed with a spec of the same trials.
    #[error(
        "{} holds the merged tables of other trials (-) than those asked for (+), and no trial's folder:\n\n{diff}\n\
         give the `sweep.toml` of the folder, or compute what is missing with `drsae sweep`", path.display()
    )]
    OtherPlan {
        /// The results folder.
        path: PathBuf,
        /// Line diff of the two `sweep.toml`.
        diff: String,
    },
    /// Stored results that a merge would drop.
    #[error(
        "{} holds {count} results whose trials have no folder and are not in this plan, and which would be lost: \
         give the spec as the `sweep.toml` in the folder has it, extend it instead of shrinking it, or name \
         another folder with --results", path.display()
    )]
    Unplanned {
        /// The merged table.
        path: PathBuf,
        /// Rows that would be lost.
        count: usize,
    },
    /// A folder that was removed after the sweep began.
    #[error("{} was removed or renamed while the sweep ran", shown(path))]
    Vanished {
        /// The topmost folder that is no longer there.
        path: PathBuf,
    },
    /// A sweep that has not run yet.
    #[error(
        "no results in {}: run `drsae sweep` on the spec first, or name the folder with --results",
        shown(path)
    )]
    Absent {
        /// The folder that was searched.
        path: PathBuf,
    },
}

impl Error {
    /// Returns true for an I/O error, which may be transient, and false if a file is invalid.
    #[must_use]
    pub fn is_of_the_disk(&self) -> bool {
        let of_the_file = |source: &io::Error| {
            matches!(
                source.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::InvalidInput | io::ErrorKind::FileTooLarge
            )
        };
        match self {
            Self::Read { source, .. } | Self::Write { source, .. } => !of_the_file(source),
            _ => false,
        }
    }

    /// Returns true if a file or folder was not there, which another process may have removed.
    pub(super) fn is_absence(&self) -> bool {
        match self {
            Self::Read { source, .. } | Self::Write { source, .. } => {
                source.kind() == io::ErrorKind::NotFound
            }
            Self::Vanished { .. } => true,
            _ => false,
        }
    }

    /// Adds the path to an error of writing it.
    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |source| Self::Write { path: path.to_owned(), source }
    }

    /// Adds the path to an error of reading it.
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |source| Self::Read { path: path.to_owned(), source }
    }
}
