use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;
use crate::data::{Config, Facts, PixelSlice, Pixels, Source, facts};

fn file_of(code: u8, dimensions: &[u32], body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, code, dimensions.len() as u8];
    bytes.extend(dimensions.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(body);
    bytes
}

fn file(dimensions: &[u32], body: &[u8]) -> Vec<u8> {
    file_of(8, dimensions, body)
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

/// Dimensions and pixels of a file of images, or of labels as images of one row.
fn read<const D: usize>(mut reader: impl Read) -> Result<([u32; D], Pixels), Fault> {
    let header = Header::<D>::read(&mut reader, "images", &[Number::U8, Number::F32, Number::F64])?;
    Ok((header.dimensions, header.body().pixels(reader, 1, true)?))
}

/// The error after some files are overwritten.
fn error_with(files: &[(&str, Vec<u8>)]) -> String {
    let folder = folder();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let error = load(folder.path(), true).unwrap_err().to_string();
    assert_eq!(load(folder.path(), false).unwrap_err().to_string(), error);
    error.replace(&folder.path().display().to_string(), "DIR")
}

#[test]
fn a_folder_is_read_plain_and_compressed() {
    let folder = folder();
    let plain = load(folder.path(), true).unwrap();
    assert_eq!((plain.layout, plain.classes), (Layout::square(2), 3));
    assert_eq!(plain.train.image(1), PixelSlice::Bytes(&[4, 5, 6, 7]));
    assert_eq!((plain.train.labels.as_slice(), plain.labels.as_slice()), (&[2, 0, 1][..], &[0, 1, 2][..]));
    assert_eq!((plain.test.len(), plain.checksums.len()), (2, 4));

    compress(folder.path(), TRAIN_IMAGES);
    compress(folder.path(), TEST_LABELS);
    assert_eq!(load(folder.path(), true).unwrap(), plain);
    let folder = Some(folder.path().to_owned());
    let config = Config { source: Source::Idx, folder, validation: 0, ..Config::default() };
    let Facts { shape, layout, checksums } = facts(&config, None).unwrap();
    assert_eq!((shape, layout, checksums), (plain.shape(), plain.layout, plain.checksums));
}

#[test]
fn checksums_are_those_of_the_content() {
    let folder = folder();
    let expected = files::sha256(&file(&[2], &[1, 2]));
    assert_eq!(load(folder.path(), true).unwrap().checksums[TEST_LABELS], expected);
}

#[test]
fn floats_and_integers_are_read_big_endian() {
    let folder = folder();
    let doubles: Vec<u8> = (0..12).flat_map(|index| (0.1 * f64::from(index)).to_be_bytes()).collect();
    let singles: Vec<u8> = (0..8_u8).flat_map(|index| (-f32::from(index)).to_be_bytes()).collect();
    let labels: Vec<u8> = [70_000_i32, -1, 5].into_iter().flat_map(i32::to_be_bytes).collect();
    let put = |name: &str, content: Vec<u8>| fs::write(folder.path().join(name), content).unwrap();
    put(TRAIN_IMAGES, file_of(0x0e, &[3, 2, 2], &doubles));
    put(TEST_IMAGES, file_of(0x0d, &[2, 2, 2], &singles));
    put(TRAIN_LABELS, file_of(0x0c, &[3], &labels));
    put(TEST_LABELS, file_of(0x0b, &[2], &[0, 5, 0xff, 0xff]));
    let data = load(folder.path(), true).unwrap();
    assert_eq!(data.train.image(1), PixelSlice::Floats(&[0.4, 0.5, 0.6, 0.7]));
    assert_eq!(data.test.image(0), PixelSlice::Floats(&[0.0, -1.0, -2.0, -3.0]));
    assert_eq!((data.labels.as_slice(), data.classes), (&[-1, 5, 70_000][..], 3));
    assert_eq!((data.train.labels, data.test.labels), (vec![2, 0, 1], vec![1, 0]));
    assert_eq!(data.checksums["labels"], "-1, 5, 70000");
    put(TEST_LABELS, file_of(9, &[2], &[5, 0xff]));
    assert_eq!(load(folder.path(), true).unwrap().test.labels, [1, 0]);
}

#[test]
fn errors_name_the_file_and_the_position() {
    let one = |name, content: &[u8]| error_with(&[(name, content.to_vec())]);
    insta::assert_snapshot!(one(TRAIN_IMAGES, &file(&[3, 2, 2], &[0; 11])), @"DIR/train-images-idx3-ubyte, byte 27: the file ends after 11 of the 12 bytes that its header announces");
    insta::assert_snapshot!(one(TRAIN_IMAGES, &file(&[3, 2, 2], &[0; 13])), @"DIR/train-images-idx3-ubyte, byte 28: the file continues after the last byte that its header announces");
    insta::assert_snapshot!(one(TRAIN_IMAGES, b"\0\0\x08\x01\0\0\0\x01\0"), @"DIR/train-images-idx3-ubyte, byte 0: magic number [00, 00, 08, 01], expected [00, 00, TYPE, 03] for images, with the type 08 or 0d or 0e");
    insta::assert_snapshot!(one(TRAIN_LABELS, b"\0\0\x0d\x01\0\0\0\x01\0\0\0\0"), @"DIR/train-labels-idx1-ubyte, byte 0: magic number [00, 00, 0d, 01], expected [00, 00, TYPE, 01] for labels, with the type 08 or 09 or 0b or 0c");
    insta::assert_snapshot!(one(TRAIN_IMAGES, b"\0\0\x08\x03\0\0"), @"DIR/train-images-idx3-ubyte, byte 4: the file ends within its header");
    insta::assert_snapshot!(one(TRAIN_LABELS, &file(&[2], &[0, 1])), @"DIR/train-labels-idx1-ubyte, byte 4: 2 labels for 3 images");
    insta::assert_snapshot!(one(TRAIN_LABELS, &file(&[3], &[7; 3])), @"DIR/train-labels-idx1-ubyte, byte 8: every training label is 7: at least two classes are needed");
    insta::assert_snapshot!(one(TEST_LABELS, &file(&[2], &[0, 3])), @"DIR/t10k-labels-idx1-ubyte, byte 9: label 3 does not occur in training, which has 0, 1, 2");
    insta::assert_snapshot!(one(TEST_IMAGES, &file(&[2, 1, 4], &[0; 8])), @"DIR/t10k-images-idx3-ubyte, byte 8: the test set has images of 1 × 4 pixels, the training set images of 2 × 2 pixels");
    let floats = |last: f32| {
        let body = [[0; 28].as_slice(), &last.to_be_bytes()].concat();
        file_of(0x0d, &[2, 2, 2], &body)
    };
    insta::assert_snapshot!(one(TEST_IMAGES, &floats(1.0)), @"DIR/t10k-images-idx3-ubyte, byte 8: the test set has numbers of type float32, the training set uint8");
    insta::assert_snapshot!(one(TEST_IMAGES, &floats(f32::NAN)), @"DIR/t10k-images-idx3-ubyte, byte 44: number 3 of example 1 is NaN as float32: every number must be finite");
    let labels: Vec<u8> = (0..300_i16).flat_map(i16::to_be_bytes).collect();
    let many =
        [(TRAIN_IMAGES, file(&[300, 1, 1], &[0; 300])), (TRAIN_LABELS, file_of(0x0b, &[300], &labels))];
    insta::assert_snapshot!(error_with(&many), @"DIR/train-labels-idx1-ubyte, byte 520: label 256 is one more than 256 different ones");
    let huge = file_of(0x0e, &[2, 2, 2], &[[0; 56].as_slice(), &1e300_f64.to_be_bytes()].concat());
    insta::assert_snapshot!(one(TEST_IMAGES, &huge), @"DIR/t10k-images-idx3-ubyte, byte 72: number 3 of example 1 is inf as float32: every number must be finite");
}

#[test]
fn missing_files_are_named() {
    let folder = folder();
    fs::remove_file(folder.path().join(TEST_IMAGES)).unwrap();
    let error = load(folder.path(), true).unwrap_err();
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
    let reader = io::Cursor::new(file_of(0x0e, &[1 << 10, 1 << 10, 1 << 9], &[])).chain(io::repeat(0));
    let fault = read::<3>(reader).unwrap_err();
    assert!(matches!(fault, Fault::Malformed { position: 4, .. }), "{fault:?}");
}

#[test]
fn truncated_gzip_is_an_error_with_its_path() {
    let folder = folder();
    compress(folder.path(), TRAIN_IMAGES);
    let path = folder.path().join(format!("{TRAIN_IMAGES}.gz"));
    let content = fs::read(&path).unwrap();
    fs::write(&path, &content[..content.len() - 9]).unwrap();
    let error = load(folder.path(), true).unwrap_err();
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
        prop_assert_eq!(found, (dimensions, Pixels::Bytes(body)));
    }

    /// Numbers of several blocks.
    #[test]
    fn floats_are_read_as_they_were_written(values in prop::collection::vec(-1e30_f32..1e30, 1..40_000)) {
        let body: Vec<u8> = values.iter().flat_map(|value| value.to_be_bytes()).collect();
        let found = read::<3>(file_of(0x0d, &[values.len() as u32, 1, 1], &body).as_slice()).unwrap();
        prop_assert_eq!(found.1, Pixels::Floats(values));
    }
}
