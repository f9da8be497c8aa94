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
    /// `data.file` names no file.
    #[error("there is no file {}: change `data.file`; docs/DATA.md says how to write it", shown(path))]
    NoFile {
        /// The file.
        path: PathBuf,
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
    /// A file of a known set has other content than the published one.
    #[error(
        "{} is not the genuine file: {digest} is {actual}, expected {expected}; delete it and run `drsae data fetch \
         {set}`",
        shown(path)
    )]
    Checksum {
        /// The file.
        path: PathBuf,
        /// Its set.
        set: &'static str,
        /// The digest that is published.
        digest: &'static str,
        /// That of the genuine file.
        expected: &'static str,
        /// That of what was found.
        actual: String,
    },
    /// A file of a known set is not a complete gzip file.
    #[error("{} cannot be decompressed; delete it and run `drsae data fetch {set}`", shown(path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Its set.
        set: &'static str,
        /// The error of the decompressor.
        source: io::Error,
    },
    /// A file is no archive of arrays.
    #[error(
        "{} cannot be read as an archive: {reason}; write `data.file` by np.savez_compressed",
        shown(path)
    )]
    Archive {
        /// The file, or an array in it.
        path: PathBuf,
        /// The error.
        reason: String,
    },
    /// An array is missing.
    #[error(
        "{} has no {name}{}; the arrays are x_train, y_train, x_test and y_test, which \
         np.savez_compressed(\"digits.npz\", x_train=x_train, …) writes into one file",
        shown(path),
        if found.is_empty() { String::new() } else { format!(", only {}", printable(found)) }
    )]
    NoArray {
        /// Name of the array's file.
        name: &'static str,
        /// The archive or the folder.
        path: PathBuf,
        /// The arrays of the archive; empty for a folder.
        found: String,
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
    /// A file of a known set is missing and could not be downloaded.
    #[error(
        "{name} is not in {folder} and could not be downloaded:\n{attempts}put the four files of {set} into \
         that folder, name another one with --data-dir or DRSAE_DATA_DIR, or set \
         `data.source = \"strokes\"`, which needs no download",
        folder = shown(folder)
    )]
    Unavailable {
        /// The file's name without `.gz`.
        name: &'static str,
        /// Its set.
        set: &'static str,
        /// The folder that was searched, which is also the target of the download.
        folder: PathBuf,
        /// The mirrors that were tried, in order.
        attempts: FailedDownloads,
    },
    /// No folder for the files of a known set is known.
    #[error(
        "no folder for the files of {set}: neither XDG_CACHE_HOME nor HOME is set; name one with --data-dir or \
         DRSAE_DATA_DIR"
    )]
    NoFolder {
        /// The set.
        set: &'static str,
    },
    /// The files were changed between planning and loading.
    #[error(
        "the images of {} changed since the plan was made: restore them, or run the command again",
        printable(name)
    )]
    Changed {
        /// Name of the data set.
        name: String,
    },
}

impl Error {
    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read { path: path.to_owned(), source }
    }

    /// An error of opening `data.file`.
    pub(super) fn open(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::NotFound => Self::NoFile { path: path.to_owned() },
            _ => Self::read(path)(source),
        }
    }

    /// An error of reading a file of a known set, which can be downloaded again if it is damaged.
    pub(super) fn unpack(set: &'static str, path: &Path, source: io::Error) -> Self {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        let path = path.to_owned();
        match source.kind() {
            InvalidData | InvalidInput | UnexpectedEof => Self::Damaged { path, set, source },
            _ => Self::Read { path, source },
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
