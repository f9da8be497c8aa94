//! Files with known content.

use std::path::{Path, PathBuf};

use super::{Error, files};

/// A file with known content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Name without `.gz`.
    pub name: &'static str,
    /// Length of the decompressed content in bytes.
    pub length: u64,
    /// SHA-256 of the decompressed content, in lowercase hexadecimal digits.
    pub sha256: &'static str,
}

impl Known {
    /// The path of the file in `folder`, plain or `.gz`, if it exists.
    #[must_use]
    pub fn locate(&self, folder: &Path) -> Option<PathBuf> {
        files::locate(folder, self.name)
    }

    /// The decompressed content of a file, after a check of its SHA-256.
    ///
    /// # Errors
    /// The file cannot be read or has other content.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>, Error> {
        let content = files::read_bounded(files::open(path)?, self.length).map_err(Error::unpack(path))?;
        let actual = files::sha256(&content);
        if actual != self.sha256 {
            return Err(Error::Checksum { path: path.to_owned(), expected: self.sha256, actual });
        }
        Ok(content)
    }
}
