//! Files on disk, plain or compressed with gzip.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::Error;
use crate::hash::hex;

/// The four files of a data set, as MNIST names them.
pub(super) const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
/// See [`TRAIN_IMAGES`].
pub(super) const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";
/// See [`TRAIN_IMAGES`].
pub(super) const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
/// See [`TRAIN_IMAGES`].
pub(super) const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";

/// The file `name` or `name.gz` of a folder, the plain one first.
pub(super) fn locate(folder: &Path, name: &str) -> Option<PathBuf> {
    [folder.join(name), folder.join(format!("{name}.gz"))].into_iter().find(|path| path.is_file())
}

/// Opens a file for its decompressed content.
pub(super) fn open(path: &Path) -> Result<Box<dyn Read>, Error> {
    let file = BufReader::new(File::open(path).map_err(Error::read(path))?);
    Ok(if path.extension().is_some_and(|extension| extension == "gz") {
        Box::new(MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    })
}

/// The last part of a path, as a name for messages.
pub(super) fn stem(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Reads to the end of `reader`, but at most one byte beyond `length`, which is enough to detect content that is too
/// long without decompressing all of it.
pub(super) fn read_bounded(reader: impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    reader.take(length + 1).read_to_end(&mut content)?;
    Ok(content)
}

/// SHA-256 in lowercase hexadecimal digits.
pub(super) fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// A reader that computes the SHA-256 of its input.
pub(super) struct Hashing<R> {
    inner: R,
    digest: Sha256,
}

impl<R: Read> Hashing<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, digest: Sha256::new() }
    }

    /// SHA-256 of the input so far, in lowercase hexadecimal digits.
    pub(super) fn finish(self) -> String {
        hex(&self.digest.finalize())
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.digest.update(&buffer[..count]);
        Ok(count)
    }
}
