//! Errors of data sets.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::Invalid;
use crate::memory::Shortage;
use crate::text::{printable, shown};

/// An error of reading a data set.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting of the `[data]` table that the source cannot satisfy.
    #[error(transparent)]
    Setting(#[from] Invalid),
    /// The images do not fit into memory.
    #[error("the images do not fit into memory")]
    Memory(#[from] Shortage),
    /// The environment names a proxy that downloads cannot use.
    #[error(transparent)]
    Proxy(#[from] Unusable),
    /// The operating system refused to read a file.
    #[error("cannot read {}", shown(path))]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A file violates its format.
    #[error("{}, byte {position}: {reason}", shown(path))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Offset in the decompressed content.
        position: u64,
        /// The values found and expected.
        reason: String,
    },
    /// A file of MNIST has other content than the published one.
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
    /// A file of MNIST is not a complete gzip file.
    #[error("{} cannot be decompressed; delete it and run `drsae data fetch`", shown(path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The error of the decompressor.
        source: io::Error,
    },
    /// A file of `data.folder` is missing.
    #[error(
        "{} has neither {name} nor {name}.gz: put the four IDX files there or change `data.folder`",
        shown(folder)
    )]
    Missing {
        /// The file's name without `.gz`.
        name: &'static str,
        /// The folder that was searched.
        folder: PathBuf,
    },
    /// A file of MNIST is missing and could not be downloaded.
    #[error(
        "{name} is not in {folder} and could not be downloaded:\n{attempts}put MNIST's four IDX files \
         (plain or .gz) into that folder, name the folder that has them with --data-dir or \
         DRSAE_DATA_DIR, or set `data.source = \"strokes\"`, which needs no download",
        folder = shown(folder)
    )]
    Unavailable {
        /// The file's name without `.gz`.
        name: &'static str,
        /// The folder that was searched, which is also the target of the download.
        folder: PathBuf,
        /// The mirrors that were tried, in order.
        attempts: FailedDownloads,
    },
    /// No folder for MNIST's files is known.
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

    /// As [`Error::read`], for a file of MNIST, which can be downloaded again if it is damaged.
    pub(super) fn unpack(path: &Path) -> impl FnOnce(io::Error) -> Self {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        move |source| match source.kind() {
            InvalidData | InvalidInput | UnexpectedEof => Self::Damaged { path: path.to_owned(), source },
            _ => Self::Read { path: path.to_owned(), source },
        }
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
    /// The proxy that cannot be used, without any password.
    pub reason: String,
}

/// Downloads that failed, in the order in which they were tried.
#[derive(Debug, Default)]
pub struct FailedDownloads(pub Vec<FailedDownload>);

/// A download that failed.
#[derive(Debug)]
pub struct FailedDownload {
    /// Address of the file.
    pub url: String,
    /// Reason of the failure.
    pub reason: String,
}

impl fmt::Display for FailedDownloads {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for FailedDownload { url, reason } in &self.0 {
            writeln!(out, "  {}: {}", printable(url), printable(reason))?;
        }
        Ok(())
    }
}
