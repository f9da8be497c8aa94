//! The genuine MNIST digits.
//!
//! The four files are checked against the SHA-256 of their decompressed content, so that every trial is trained on the
//! same bytes. A test compares the images with those that the `mnist` crate reads from the same files.

use std::collections::BTreeMap;
use std::path::Path;

use super::fetch::Downloader;
use super::known::{Known, MNIST};
use super::{Dataset, Error, Images, Layout, Part, Pixels, Shape, idx};

/// Height and width of a digit in pixels.
const SIDE: usize = 28;

/// The shape of the digits.
pub const SHAPE: Shape = Shape { inputs: SIDE * SIDE, classes: 10, train: 60_000, test: 10_000 };

/// The shape of an image.
pub(super) const LAYOUT: Layout = Layout::square(SIDE);

/// Reads a part of the digits from `folder`; downloads missing files of it.
///
/// # Errors
/// Names the file that is not genuine, or could neither be read nor downloaded.
pub fn load(folder: &Path, part: Part) -> Result<Dataset, Error> {
    let downloader = Downloader::of(&MNIST);
    // The content was checked against its SHA-256, so the header need not be parsed.
    let body = |file: Known, header: usize| {
        let mut content = file.read(&downloader.ensure(file, folder)?)?;
        Ok::<_, Error>(content.split_off(header))
    };
    let images = |images: Known, labels: Known| {
        let pixels = body(images, idx::header_length::<3>())?.into();
        Ok::<_, Error>(Images {
            inputs: SHAPE.inputs,
            pixels,
            labels: body(labels, idx::header_length::<1>())?,
        })
    };
    let [train_images, train_labels, test_images, test_labels] = MNIST.files;
    Ok(Dataset {
        name: MNIST.name.to_owned(),
        layout: LAYOUT,
        classes: SHAPE.classes,
        labels: (0..).take(SHAPE.classes).collect(),
        train: images(train_images, train_labels)?,
        test: match part {
            Part::All => images(test_images, test_labels)?,
            Part::Training => {
                Images { inputs: SHAPE.inputs, pixels: Pixels::Bytes(Vec::new()), labels: Vec::new() }
            }
        },
        checksums: checksums(),
    })
}

/// SHA-256 of the four files' decompressed content, by name.
#[must_use]
pub fn checksums() -> BTreeMap<String, String> {
    MNIST.files.map(|file| (file.name.to_owned(), file.digest.digits().to_owned())).into()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::{env, fs};

    use super::*;
    use crate::data::files::TEST_LABELS;

    /// The folder of the genuine files, if this machine has them.
    fn genuine() -> Option<PathBuf> {
        let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/mnist");
        let named = env::var_os("DRSAE_DATA_DIR").filter(|value| !value.is_empty());
        let folder = named.map_or_else(beside, PathBuf::from);
        let complete = MNIST.files.iter().all(|file| file.locate(&folder).is_some());
        if !complete {
            eprintln!("skipped: {} has no MNIST; set DRSAE_DATA_DIR", folder.display());
        }
        complete.then_some(folder)
    }

    #[test]
    fn the_genuine_digits_are_those_that_the_mnist_package_reads() {
        let Some(folder) = genuine() else { return };
        let data = load(&folder, Part::All).unwrap();
        let unpacked = tempfile::tempdir().unwrap();
        for file in MNIST.files {
            let content = file.read(&file.locate(&folder).unwrap()).unwrap();
            fs::write(unpacked.path().join(file.name), content).unwrap();
        }
        let expected = mnist::MnistBuilder::new().base_path(unpacked.path().to_str().unwrap()).finalize();
        assert!(data.train.pixels == expected.trn_img.into() && data.train.labels == expected.trn_lbl);
        assert!(data.test.pixels == expected.tst_img.into() && data.test.labels == expected.tst_lbl);
        assert_eq!((data.train.len(), data.test.len()), (60_000, 10_000));
        assert_eq!((data.train.inputs, data.test.pixels.len()), (784, 7_840_000));
        assert_eq!(data.train.labels[..5], [5, 0, 4, 1, 9]);
        assert_eq!(data.test.labels[..5], [7, 2, 1, 0, 4]);
        let mut counts = [0; 10];
        data.train.labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
        assert_eq!(counts, [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    }

    #[test]
    fn a_changed_file_is_refused_with_both_checksums() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(TEST_LABELS);
        let mut content = vec![0; 10_008];
        content[..8].copy_from_slice(b"\0\0\x08\x01\0\0\x27\x10");
        fs::write(&path, &content).unwrap();
        let error = MNIST.files[3].read(&path).unwrap_err().to_string();
        assert!(error.contains(MNIST.files[3].digest.digits()), "{error}");
        assert!(error.contains(&crate::data::files::sha256(&content)), "{error}");
        assert!(error.contains(&path.display().to_string()), "{error}");
    }

    #[test]
    fn a_damaged_archive_is_refused_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("{TEST_LABELS}.gz"));
        fs::write(&path, b"<html>not found</html>").unwrap();
        let error = MNIST.files[3].read(&path).unwrap_err().to_string();
        assert!(error.contains("drsae data fetch"), "{error}");
    }

    #[test]
    fn no_more_is_read_than_the_genuine_length() {
        let endless = std::io::repeat(0);
        assert_eq!(crate::data::files::read_bounded(endless, 100).unwrap().len(), 101);
    }
}
