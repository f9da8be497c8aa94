//! What can be wrong with data.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::Invalid;
use crate::memory::Shortage;
use crate::text::{printable, shown};

/// Why a data set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting of the `[data]` table asks for what the source does not have.
    #[error(transparent)]
    Setting(#[from] Invalid),
    /// The images do not fit into memory.
    #[error("the images do not fit into memory")]
    Memory(#[from] Shortage),
    /// A proxy that the environment names and downloads cannot use.
    #[error(transparent)]
    Proxy(#[from] Unusable),
    /// The operating system refused to read a file.
    #[error("cannot read {}", shown(path))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The operating system refused to write a file or to make a folder.
    #[error("cannot write {}", shown(path))]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what its format asks for.
    #[error("{}, byte {position}: {reason}", shown(path))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Offset in the decompressed content.
        position: u64,
        /// What was found and what would be right.
        reason: String,
    },
    /// A file of MNIST has other content than the genuine one.
    #[error(
        "{} is not the genuine file: the SHA-256 of its decompressed content is {actual}, \
         expected {expected}; delete it and run `drsae data fetch`",
        shown(path)
    )]
    Checksum {
        /// The file.
        path: PathBuf,
        /// SHA-256 of the genuine file's decompressed content.
        expected: &'static str,
        /// SHA-256 of what was found.
        actual: String,
    },
    /// A file of MNIST is not a whole gzip file.
    #[error("{} cannot be decompressed; delete it and run `drsae data fetch`", shown(path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the decompressor said.
        source: io::Error,
    },
    /// A file of `data.folder` is not there.
    #[error(
        "{} has neither {name} nor {name}.gz: put the four IDX files there or change `data.folder`",
        shown(folder)
    )]
    Missing {
        /// The file's name without `.gz`.
        name: &'static str,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// A file of MNIST is not there and could not be downloaded.
    #[error(
        "{name} is not in {folder} and could not be downloaded:\n{attempts}put MNIST's four IDX files \
         (plain or .gz) into that folder, name the folder that has them with --data-dir or \
         DRSAE_DATA_DIR, or set `data.source = \"strokes\"`, which needs no download",
        folder = shown(folder)
    )]
    Unavailable {
        /// The file's name without `.gz`.
        name: &'static str,
        /// Where it was looked for and would have been written.
        folder: PathBuf,
        /// The places that were tried, in order.
        attempts: Attempts,
    },
    /// Nothing says where MNIST's files are or could be put.
    #[error(
        "no folder for MNIST's files: neither XDG_CACHE_HOME nor HOME is set; name one with \
         --data-dir or DRSAE_DATA_DIR"
    )]
    NoFolder,
}

impl Error {
    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read { path: path.to_owned(), source }
    }

    /// As [`Error::read`], for a file of MNIST, whose damage has a remedy.
    pub(super) fn unpack(path: &Path) -> impl FnOnce(io::Error) -> Self {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        move |source| match source.kind() {
            InvalidData | InvalidInput | UnexpectedEof => Self::Damaged { path: path.to_owned(), source },
            _ => Self::Read { path: path.to_owned(), source },
        }
    }

    pub(super) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Write { path: path.to_owned(), source }
    }
}

/// A variable that names a proxy which downloads cannot use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{variable} names a proxy, and downloads cannot use {reason}: name an http or https proxy in HTTPS_PROXY, or \
     unset {variable}"
)]
pub struct Unusable {
    /// The variable.
    pub variable: &'static str,
    /// What cannot be used, without any password.
    pub reason: String,
}

/// Downloads that failed, in the order in which they were tried.
#[derive(Debug, Default)]
pub struct Attempts(pub Vec<Attempt>);

/// A download that failed.
#[derive(Debug)]
pub struct Attempt {
    /// Address of the file.
    pub url: String,
    /// Why nothing came of it.
    pub reason: String,
}

impl fmt::Display for Attempts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Attempt { url, reason } in &self.0 {
            writeln!(out, "  {}: {}", printable(url), printable(reason))?;
        }
        Ok(())
    }
}
