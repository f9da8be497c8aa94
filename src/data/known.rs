//! Published data sets, by name: their files, their digests, and their folder on this machine.
//!
//! The digests of MNIST's files are those of their decompressed content. The publishers of the others, and torchvision,
//! give the MD5 of the compressed files, which are therefore kept as they are. The content's SHA-256 is computed when the
//! files are read.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use md5::{Digest as _, Md5};

use super::Error;
use super::files::{self, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS};
use crate::hash::hex;

/// A published data set of 28×28 grey images in 10 classes.
#[derive(Debug, PartialEq, Eq)]
pub struct KnownSet {
    /// Name in specs.
    pub name: &'static str,
    /// Addresses to which a file's name is appended, in the order in which they are tried.
    pub mirrors: &'static [&'static str],
    /// Images and labels of training, then of test.
    pub files: [Known; 4],
    /// Numbers of a label, of which the first is the class.
    pub(super) columns: u32,
}

/// A file with known content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Name of its data set.
    pub set: &'static str,
    /// Name without `.gz`.
    pub name: &'static str,
    /// Length of the decompressed content in bytes.
    pub length: u64,
    /// The published digest.
    pub digest: Digest,
}

/// A published digest, in lowercase hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256 of the decompressed content.
    Content(&'static str),
    /// MD5 of the compressed file.
    Archive(&'static str),
}

impl Digest {
    /// The digits.
    #[must_use]
    pub const fn digits(self) -> &'static str {
        match self {
            Self::Content(digits) | Self::Archive(digits) => digits,
        }
    }

    /// The digest's name in errors.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Content(_) => "the SHA-256 of its decompressed content",
            Self::Archive(_) => "its MD5",
        }
    }
}

const fn content(name: &'static str, length: u64, sha256: &'static str) -> Known {
    Known { set: "mnist", name, length, digest: Digest::Content(sha256) }
}

const fn archive(set: &'static str, name: &'static str, length: u64, md5: &'static str) -> Known {
    Known { set, name, length, digest: Digest::Archive(md5) }
}

/// Bytes of so many images and of their labels.
const IMAGES_60000: u64 = 47_040_016;
const IMAGES_10000: u64 = 7_840_016;
const LABELS_60000: u64 = 60_008;
const LABELS_10000: u64 = 10_008;

/// MNIST's digits.
pub static MNIST: KnownSet = KnownSet {
    name: "mnist",
    mirrors: &[
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
    ],
    files: [
        content(
            TRAIN_IMAGES,
            IMAGES_60000,
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        content(
            TRAIN_LABELS,
            LABELS_60000,
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        content(
            TEST_IMAGES,
            IMAGES_10000,
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        content(
            TEST_LABELS,
            LABELS_10000,
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ],
    columns: 1,
};

/// Articles of clothing: <https://github.com/zalandoresearch/fashion-mnist>.
pub static FASHION_MNIST: KnownSet = KnownSet {
    name: "fashion-mnist",
    mirrors: &[
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ],
    files: [
        archive("fashion-mnist", TRAIN_IMAGES, IMAGES_60000, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        archive("fashion-mnist", TRAIN_LABELS, LABELS_60000, "25c81989df183df01b3e8a0aad5dffbe"),
        archive("fashion-mnist", TEST_IMAGES, IMAGES_10000, "bef4ecab320f06d8554ea6380940ec79"),
        archive("fashion-mnist", TEST_LABELS, LABELS_10000, "bb300cfdad3c16e7a12a480ee83cd310"),
    ],
    columns: 1,
};

/// Cursive Japanese characters: <https://github.com/rois-codh/kmnist>.
pub static KMNIST: KnownSet = KnownSet {
    name: "kmnist",
    mirrors: &["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"],
    files: [
        archive("kmnist", TRAIN_IMAGES, IMAGES_60000, "bdb82020997e1d708af4cf47b453dcf7"),
        archive("kmnist", TRAIN_LABELS, LABELS_60000, "e144d726b3acfaa3e44228e80efcd344"),
        archive("kmnist", TEST_IMAGES, IMAGES_10000, "5c965bf0a639b31b8f53240b1b52f4d7"),
        archive("kmnist", TEST_LABELS, LABELS_10000, "7320c461ea6c1c855c0b718fb2a4b134"),
    ],
    columns: 1,
};

/// MNIST's digits with all 60,000 test images: <https://github.com/facebookresearch/qmnist>.
pub static QMNIST: KnownSet = KnownSet {
    name: "qmnist",
    mirrors: &["https://raw.githubusercontent.com/facebookresearch/qmnist/master/"],
    files: [
        archive("qmnist", "qmnist-train-images-idx3-ubyte", IMAGES_60000, "ed72d4157d28c017586c42bc6afe6370"),
        archive("qmnist", "qmnist-train-labels-idx2-int", 1_920_012, "0058f8dd561b90ffdd0f734c6a30e5e4"),
        archive("qmnist", "qmnist-test-images-idx3-ubyte", IMAGES_60000, "1394631089c404de565df7b7aeaf9412"),
        archive("qmnist", "qmnist-test-labels-idx2-int", 1_920_012, "5b5b05890a5e13444e108efe57b788aa"),
    ],
    columns: 8,
};

/// Every set.
pub static ALL: [&KnownSet; 4] = [&MNIST, &FASHION_MNIST, &KMNIST, &QMNIST];

impl KnownSet {
    /// The set of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|set| set.name == name)
    }

    /// The folder of the files: for MNIST `data_dir`, else the folder that `DRSAE_DATA_DIR` names; for another set the
    /// folder of its name in there. Without either, the folder of the set's name in `drsae` in the user's cache.
    ///
    /// # Errors
    /// The user has no cache folder.
    pub fn folder(&self, data_dir: Option<&Path>) -> Result<PathBuf, Error> {
        let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        self.choose_folder(data_dir, variable).ok_or(Error::NoFolder { set: self.name })
    }

    /// The `data_dir` that gives the same folder on another machine.
    ///
    /// # Errors
    /// As [`KnownSet::folder`].
    pub fn data_dir(&self, data_dir: Option<&Path>) -> Result<PathBuf, Error> {
        let folder = self.folder(data_dir)?;
        Ok(if *self == MNIST { folder } else { folder.parent().map_or_else(PathBuf::new, Path::to_owned) })
    }

    fn choose_folder(
        &self,
        data_dir: Option<&Path>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Option<PathBuf> {
        let named = data_dir.map(Path::to_owned).or_else(|| variable("DRSAE_DATA_DIR").map(PathBuf::from));
        if let Some(folder) = named {
            return Some(if *self == MNIST { folder } else { folder.join(self.name) });
        }
        let xdg = variable("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let cache = xdg.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cache")))?;
        Some(cache.join("drsae").join(self.name))
    }
}

impl Known {
    /// The path of the file in `folder`, `.gz` or, if its digest is that of the content, plain, if it exists.
    #[must_use]
    pub fn locate(&self, folder: &Path) -> Option<PathBuf> {
        match self.digest {
            Digest::Content(_) => files::locate(folder, self.name),
            Digest::Archive(_) => Some(self.archive_in(folder)).filter(|path| path.is_file()),
        }
    }

    /// The path of the compressed file in `folder`.
    #[must_use]
    pub fn archive_in(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.gz", self.name))
    }

    /// Checks the digest of a file.
    ///
    /// # Errors
    /// The file cannot be read or has other content.
    pub fn verify(&self, path: &Path) -> Result<(), Error> {
        match self.digest {
            Digest::Content(_) => self.read(path).map(drop),
            Digest::Archive(_) => {
                let archive = fs::read(path).map_err(Error::read(path))?;
                self.expect(path, hex(&Md5::digest(archive)))
            }
        }
    }

    /// The decompressed content of a file, after a check of its SHA-256.
    ///
    /// # Errors
    /// The file cannot be read or has other content.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>, Error> {
        let content = files::read_bounded(files::open(path)?, self.length);
        let content = content.map_err(|error| Error::unpack(self.set, path, error))?;
        self.expect(path, files::sha256(&content))?;
        Ok(content)
    }

    fn expect(&self, path: &Path, actual: String) -> Result<(), Error> {
        if actual == self.digest.digits() {
            return Ok(());
        }
        let (digest, expected) = (self.digest.name(), self.digest.digits());
        Err(Error::Checksum { path: path.to_owned(), set: self.set, digest, expected, actual })
    }
}

#[cfg(test)]
mod tests;
