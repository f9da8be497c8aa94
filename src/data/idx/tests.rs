use std::fs;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

fn file(dimensions: &[u32], body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dimensions.len() as u8];
    bytes.extend(dimensions.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(body);
    bytes
}

/// Three training and two test images of 2×2 pixels in three classes.
pub(in crate::data) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let pixels: Vec<u8> = (0..12).collect();
    fs::write(folder.path().join(TRAIN_IMAGES), file(&[3, 2, 2], &pixels)).unwrap();
    fs::write(folder.path().join(TRAIN_LABELS), file(&[3], &[2, 0, 1])).unwrap();
    fs::write(folder.path().join(TEST_IMAGES), file(&[2, 2, 2], &pixels[..8])).unwrap();
    fs::write(folder.path().join(TEST_LABELS), file(&[2], &[1, 2])).unwrap();
    folder
}

fn compress(folder: &Path, name: &str) {
    let content = fs::read(folder.join(name)).unwrap();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&content).unwrap();
    fs::write(folder.join(format!("{name}.gz")), encoder.finish().unwrap()).unwrap();
    fs::remove_file(folder.join(name)).unwrap();
}

fn read<const D: usize>(reader: impl Read) -> Result<([u32; D], Vec<u8>), Fault> {
    let mut body = Vec::new();
    Ok((copy(reader, &mut body)?, body))
}

/// The error after one file is overwritten.
fn error_with(name: &str, content: &[u8]) -> String {
    let folder = folder();
    fs::write(folder.path().join(name), content).unwrap();
    let error = load(folder.path()).unwrap_err().to_string();
    error.replace(&folder.path().display().to_string(), "DIR")
}

#[test]
fn a_folder_is_read_plain_and_compressed() {
    let folder = folder();
    let plain = load(folder.path()).unwrap();
    assert_eq!((plain.rows, plain.columns, plain.classes), (2, 2, 3));
    assert_eq!(plain.train.image(1), [4, 5, 6, 7]);
    assert_eq!(plain.train.labels, [2, 0, 1]);
    assert_eq!(plain.test.len(), 2);

    compress(folder.path(), TRAIN_IMAGES);
    compress(folder.path(), TEST_LABELS);
    assert_eq!(load(folder.path()).unwrap(), plain);
    let shape = Shape { inputs: 4, classes: 3, train: 3, test: 2 };
    assert_eq!(facts(folder.path()).unwrap(), (shape, plain.checksums));
}

#[test]
fn checksums_are_those_of_the_content() {
    let folder = folder();
    let expected = files::sha256(&file(&[2], &[1, 2]));
    assert_eq!(load(folder.path()).unwrap().checksums[TEST_LABELS], expected);
}

#[test]
fn errors_name_the_file_and_the_position() {
    insta::assert_snapshot!(error_with(TRAIN_IMAGES, &file(&[3, 2, 2], &[0; 11])), @"DIR/train-images-idx3-ubyte, byte 27: the file ends after 11 of the 12 bytes that its header announces");
    insta::assert_snapshot!(error_with(TRAIN_IMAGES, &file(&[3, 2, 2], &[0; 13])), @"DIR/train-images-idx3-ubyte, byte 28: the file continues after the last byte that its header announces");
    insta::assert_snapshot!(error_with(TRAIN_IMAGES, b"\0\0\x08\x01\0\0\0\x01\0"), @"DIR/train-images-idx3-ubyte, byte 0: magic number [00, 00, 08, 01], expected [00, 00, 08, 03]");
    insta::assert_snapshot!(error_with(TRAIN_IMAGES, b"\0\0\x08\x03\0\0"), @"DIR/train-images-idx3-ubyte, byte 4: the file ends within its header");
    insta::assert_snapshot!(error_with(TRAIN_LABELS, &file(&[2], &[0, 1])), @"DIR/train-labels-idx1-ubyte, byte 4: 2 labels for 3 images");
    insta::assert_snapshot!(error_with(TRAIN_LABELS, &file(&[3], &[0; 3])), @"DIR/train-labels-idx1-ubyte, byte 8: every training label is 0: at least two classes are needed");
    insta::assert_snapshot!(error_with(TEST_LABELS, &file(&[2], &[0, 3])), @"DIR/t10k-labels-idx1-ubyte, byte 9: label 3 does not occur in training, which has labels below 3");
    insta::assert_snapshot!(error_with(TEST_IMAGES, &file(&[2, 1, 4], &[0; 8])), @"DIR/t10k-images-idx3-ubyte, byte 8: test images are 1×4 pixels, training images 2×2");
}

#[test]
fn missing_files_are_named() {
    let folder = folder();
    fs::remove_file(folder.path().join(TEST_IMAGES)).unwrap();
    let error = load(folder.path()).unwrap_err();
    assert!(matches!(error, Error::Missing { name: TEST_IMAGES, .. }), "{error}");
}

/// The reader never ends, so only the check of the header can stop it.
#[test]
fn absurd_headers_are_refused_before_the_body_is_read() {
    for dimensions in [[u32::MAX, 28, 28], [u32::MAX, 1, 1], [1, u32::MAX, 1], [3, 0, 2], [0, 2, 2]] {
        let reader = io::Cursor::new(file(&dimensions, &[])).chain(io::repeat(0));
        let fault = read::<3>(reader).unwrap_err();
        assert!(matches!(fault, Fault::Malformed { position: 4..16, .. }), "{dimensions:?}: {fault:?}");
    }
}

#[test]
fn truncated_gzip_is_an_error_with_its_path() {
    let folder = folder();
    compress(folder.path(), TRAIN_IMAGES);
    let path = folder.path().join(format!("{TRAIN_IMAGES}.gz"));
    let content = fs::read(&path).unwrap();
    fs::write(&path, &content[..content.len() - 9]).unwrap();
    let error = load(folder.path()).unwrap_err();
    assert!(matches!(&error, Error::Read { path: named, .. } if *named == path), "{error}");
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(bytes: Vec<u8>) {
        let _ = read::<3>(bytes.as_slice());
        let _ = read::<1>(bytes.as_slice());
    }

    #[test]
    fn arbitrary_dimensions_do_not_panic(dimensions: [u32; 3], body: Vec<u8>) {
        let _ = read::<3>(file(&dimensions, &body).as_slice());
    }

    #[test]
    fn what_is_written_is_read((dimensions, body) in (1_u32..5, 1_u32..6, 1_u32..6).prop_flat_map(|(n, h, w)| {
        (Just([n, h, w]), prop::collection::vec(any::<u8>(), (n * h * w) as usize))
    })) {
        let found = read::<3>(file(&dimensions, &body).as_slice()).unwrap();
        prop_assert_eq!(found, (dimensions, body));
    }
}
