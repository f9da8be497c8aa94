//! The genuine MNIST digits.
//!
//! The four files are checked against the SHA-256 of their decompressed content, so that every trial is trained on the
//! same bytes. A test compares the images with those that the `mnist` crate reads from the same files.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::fetch::Downloader;
use super::files::{TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS};
pub use super::known::Known;
use super::{Dataset, Error, Images, Part, Shape, idx};

/// Height and width of a digit in pixels.
const SIDE: usize = 28;

/// The shape of the digits.
pub const SHAPE: Shape = Shape { inputs: SIDE * SIDE, classes: 10, train: 60_000, test: 10_000 };

/// MNIST's four files.
pub const FILES: [Known; 4] = [
    Known {
        name: TRAIN_IMAGES,
        length: 47_040_016,
        sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    },
    Known {
        name: TRAIN_LABELS,
        length: 60_008,
        sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    },
    Known {
        name: TEST_IMAGES,
        length: 7_840_016,
        sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    },
    Known {
        name: TEST_LABELS,
        length: 10_008,
        sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
];

/// The folder of MNIST's files: `data_dir`, else the one that `DRSAE_DATA_DIR` names, else
/// `drsae/mnist` in the user's cache.
///
/// # Errors
/// The user has no cache folder.
pub fn folder(data_dir: Option<&Path>) -> Result<PathBuf, Error> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    choose(data_dir, variable).ok_or(Error::NoFolder)
}

fn choose(data_dir: Option<&Path>, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let named = || variable("DRSAE_DATA_DIR").map(PathBuf::from);
    let cache = || {
        let xdg = variable("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let cache = xdg.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cache")))?;
        Some(cache.join("drsae").join("mnist"))
    };
    data_dir.map(Path::to_owned).or_else(named).or_else(cache)
}

/// Reads a part of the digits from `folder`; downloads missing files of it.
///
/// # Errors
/// Names the file that is not genuine, or could neither be read nor downloaded.
pub fn load(folder: &Path, part: Part) -> Result<Dataset, Error> {
    let downloader = Downloader::public();
    // The content was checked against its SHA-256, so the header need not be parsed.
    let body = |file: Known, header: usize| {
        let mut content = file.read(&downloader.ensure(file, folder)?)?;
        Ok::<_, Error>(content.split_off(header))
    };
    let images = |images: Known, labels: Known| {
        let pixels = body(images, idx::header_length::<3>())?;
        Ok::<_, Error>(Images {
            inputs: SHAPE.inputs,
            pixels,
            labels: body(labels, idx::header_length::<1>())?,
        })
    };
    let [train_images, train_labels, test_images, test_labels] = FILES;
    Ok(Dataset {
        name: "mnist".to_owned(),
        rows: SIDE,
        columns: SIDE,
        classes: SHAPE.classes,
        train: images(train_images, train_labels)?,
        test: match part {
            Part::All => images(test_images, test_labels)?,
            Part::Training => Images { inputs: SHAPE.inputs, pixels: Vec::new(), labels: Vec::new() },
        },
        checksums: checksums(),
    })
}

/// SHA-256 of the four files' decompressed content, by name.
#[must_use]
pub fn checksums() -> BTreeMap<String, String> {
    FILES.map(|file| (file.name.to_owned(), file.sha256.to_owned())).into()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The folder of the genuine files, if this machine has them.
    fn genuine() -> Option<PathBuf> {
        let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/mnist");
        let named = env::var_os("DRSAE_DATA_DIR").filter(|value| !value.is_empty());
        let folder = named.map_or_else(beside, PathBuf::from);
        let complete = FILES.iter().all(|file| file.locate(&folder).is_some());
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
        for file in FILES {
            let content = file.read(&file.locate(&folder).unwrap()).unwrap();
            fs::write(unpacked.path().join(file.name), content).unwrap();
        }
        let expected = mnist::MnistBuilder::new().base_path(unpacked.path().to_str().unwrap()).finalize();
        assert!(data.train.pixels == expected.trn_img && data.train.labels == expected.trn_lbl);
        assert!(data.test.pixels == expected.tst_img && data.test.labels == expected.tst_lbl);
        assert_eq!((data.train.len(), data.test.len()), (60_000, 10_000));
        assert_eq!((data.train.image(0).len(), data.test.pixels.len()), (784, 7_840_000));
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
        let error = FILES[3].read(&path).unwrap_err().to_string();
        assert!(error.contains(FILES[3].sha256), "{error}");
        assert!(error.contains(&crate::data::files::sha256(&content)), "{error}");
        assert!(error.contains(&path.display().to_string()), "{error}");
    }

    #[test]
    fn a_damaged_archive_is_refused_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("{TEST_LABELS}.gz"));
        fs::write(&path, b"<html>not found</html>").unwrap();
        let error = FILES[3].read(&path).unwrap_err().to_string();
        assert!(error.contains("drsae data fetch"), "{error}");
    }

    #[test]
    fn no_more_is_read_than_the_genuine_length() {
        let endless = std::io::repeat(0);
        assert_eq!(crate::data::files::read_bounded(endless, 100).unwrap().len(), 101);
    }

    #[test]
    fn the_folder_is_the_first_that_is_named() {
        let places = |known: &[(&str, &str)], data_dir: Option<&str>| {
            let known: BTreeMap<_, _> = known.iter().map(|&(k, v)| (k, OsString::from(v))).collect();
            choose(data_dir.map(Path::new), |name| known.get(name).cloned())
        };
        let all = [("DRSAE_DATA_DIR", "named"), ("XDG_CACHE_HOME", "/cache"), ("HOME", "/home/me")];
        assert_eq!(places(&all, Some("given")), Some("given".into()));
        assert_eq!(places(&all, None), Some("named".into()));
        assert_eq!(places(&all[1..], None), Some("/cache/drsae/mnist".into()));
        assert_eq!(places(&all[2..], None), Some("/home/me/.cache/drsae/mnist".into()));
        assert_eq!(places(&[], None), None);
    }
}
