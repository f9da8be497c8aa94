//! Published sets whose digests are those of compressed files: downloaded, verified and read as IDX files.

use std::path::Path;

use super::fetch::Downloader;
use super::idx::{self, IdxFile};
use super::known::{Known, KnownSet};
use super::{Dataset, Error};

/// Reads a set from `folder`; downloads missing files. Unless `keep` is set, no pixel is kept.
///
/// # Errors
/// Names the file that is not genuine, or could neither be read nor downloaded.
pub fn load(set: &KnownSet, folder: &Path, keep: bool) -> Result<Dataset, Error> {
    load_by(&Downloader::of(set), set, folder, keep)
}

/// As [`load`], with a downloader.
pub(super) fn load_by(
    downloader: &Downloader,
    set: &KnownSet,
    folder: &Path,
    keep: bool,
) -> Result<Dataset, Error> {
    let genuine = |file: Known| {
        let path = downloader.ensure(file, folder)?;
        file.verify(&path)?;
        Ok::<_, Error>(IdxFile { name: file.name, path })
    };
    let [train_images, train_labels, test_images, test_labels] = set.files;
    let files =
        [genuine(train_images)?, genuine(train_labels)?, genuine(test_images)?, genuine(test_labels)?];
    idx::read(set.name.to_owned(), &files, set.columns, keep)
}
