use std::fs;
use std::io::{Cursor, Write};

use npyz::WriterBuilder;
use tempfile::TempDir;
use zip::unstable::write::FileOptionsExt;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;
use crate::data::{Layout, PixelSlice};

type Array = (&'static str, Vec<u8>);

/// An array by its type, order of axes, shape and bytes.
fn npy(descr: &str, fortran: bool, shape: &str, body: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    text(&format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"), body)
}

fn text(header: &str, body: &[u8]) -> Vec<u8> {
    let header = format!("{header:117}\n");
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(body);
    bytes
}

/// Three training and two test images of 2×2 pixels in three classes.
fn arrays() -> Vec<Array> {
    let pixels: Vec<u8> = (0..12).collect();
    let labels = |labels: &[i64]| labels.iter().flat_map(|label| label.to_le_bytes()).collect::<Vec<_>>();
    vec![
        ("x_train.npy", npy("'|u1'", false, "(3, 2, 2)", &pixels)),
        ("y_train.npy", npy("'<i8'", false, "(3,)", &labels(&[2, 0, 1]))),
        ("x_test.npy", npy("'|u1'", false, "(2, 2, 2)", &pixels[..8])),
        ("y_test.npy", npy("'<i8'", false, "(2,)", &labels(&[1, 2]))),
    ]
}

fn with(name: &'static str, array: &[u8]) -> Vec<Array> {
    let replaced = |(other, old)| if other == name { (other, array.to_vec()) } else { (other, old) };
    arrays().into_iter().map(replaced).collect()
}

fn zipped(arrays: &[Array], options: SimpleFileOptions) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, array) in arrays {
        archive.start_file(*name, options).unwrap();
        archive.write_all(array).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn stored() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
}

fn deflated() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
}

fn put(content: &[u8]) -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("digits.npz");
    fs::write(&path, content).unwrap();
    (folder, path)
}

fn read(content: &[u8]) -> Result<Dataset, String> {
    let (folder, path) = put(content);
    let place = format!("{}/", folder.path().display());
    let loaded = load_file(&path, true).map_err(|error| crate::text::chain(&error).replace(&place, ""));
    let scanned = load_file(&path, false).map_err(|error| crate::text::chain(&error).replace(&place, ""));
    assert_eq!(scanned.map(|data| data.checksums), loaded.clone().map(|data| data.checksums));
    loaded
}

/// The error of a data set in which one array is another, without the file's name.
fn error_with(name: &'static str, array: impl AsRef<[u8]>) -> String {
    let error = read(&zipped(&with(name, array.as_ref()), stored())).unwrap_err();
    error.strip_prefix("digits.npz/").unwrap_or(&error).to_owned()
}

fn x_train(descr: &str, shape: &str, bytes: usize) -> String {
    error_with("x_train.npy", npy(descr, false, shape, &vec![0; bytes]))
}

fn y_train(descr: &str, shape: &str, bytes: usize) -> String {
    error_with("y_train.npy", npy(descr, false, shape, &vec![0; bytes]))
}

#[test]
fn a_file_that_is_not_there_is_refused_by_its_setting() {
    let refused = load_file(Path::new("absent/digits.npz"), true).unwrap_err();
    insta::assert_snapshot!(refused, @"there is no file absent/digits.npz: change `data.file`; docs/DATA.md says how to write it");
}

#[test]
fn an_archive_and_a_folder_are_the_same_data() {
    let data = read(&zipped(&arrays(), stored())).unwrap();
    assert_eq!((data.name.as_str(), data.layout, data.classes), ("digits.npz", Layout::square(2), 3));
    assert_eq!(data.train.image(1), PixelSlice::Bytes(&[4, 5, 6, 7]));
    assert_eq!((data.train.labels.as_slice(), data.test.labels.as_slice()), (&[2, 0, 1][..], &[1, 2][..]));
    let names: Vec<_> = data.checksums.keys().map(String::as_str).collect();
    assert_eq!(names, ["x_test.npy", "x_train.npy", "y_test.npy", "y_train.npy"]);
    assert_eq!(data.checksums["x_test.npy"], files::sha256(&arrays()[2].1));
    assert_eq!(read(&zipped(&arrays(), deflated())).unwrap(), data);

    let folder = tempfile::tempdir().unwrap();
    assert!(!is_at(folder.path()));
    for (name, array) in arrays() {
        fs::write(folder.path().join(name), array).unwrap();
    }
    assert!(is_at(folder.path()));
    let plain = load_folder(folder.path(), true).unwrap();
    assert_eq!(Dataset { name: data.name.clone(), ..plain }, data);
}

/// Arrays of every type, written by npyz, which knows NumPy's headers.
#[test]
fn layouts_and_types_are_those_of_the_arrays() {
    fn array<T: npyz::AutoSerialize + npyz::Serialize + Copy>(shape: &[u64], values: &[T]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let options = npyz::WriteOptions::new().default_dtype().shape(shape).writer(&mut bytes);
        let mut writer = options.begin_nd().unwrap();
        writer.extend(values.iter().copied()).unwrap();
        writer.finish().unwrap();
        bytes
    }
    let data = |x: [Vec<u8>; 2], y: [Vec<u8>; 2]| {
        let ([x_train, x_test], [y_train, y_test]) = (x, y);
        let arrays = [
            ("x_train.npy", x_train),
            ("y_train.npy", y_train),
            ("x_test.npy", x_test),
            ("y_test.npy", y_test),
        ];
        read(&zipped(&arrays, deflated())).unwrap()
    };
    let floats: Vec<f64> = (0..12).map(|index| 0.1 * f64::from(index)).collect();
    let colour = data(
        [array(&[2, 1, 2, 3], &floats), array(&[1, 1, 2, 3], &[0.5_f32; 6])],
        [array(&[2, 1], &[9_u16, 4]), array(&[1], &[4_i8])],
    );
    assert_eq!(colour.layout, Layout::Colour { rows: 1, columns: 2 });
    assert_eq!(colour.train.image(1), PixelSlice::Floats(&[0.6, 0.7, 0.8, 0.9, 1.0, 1.1]));
    assert_eq!((colour.labels.as_slice(), colour.train.labels.as_slice()), (&[4, 9][..], &[1, 0][..]));
    assert_eq!(colour.checksums["labels"], "4, 9");
    let features = data(
        [array(&[2, 6], &floats), array(&[1, 6], &floats[..6])],
        [array(&[2], &[0_u64, 1]), array(&[1], &[1_i32])],
    );
    assert_eq!((features.layout, features.checksums.len()), (Layout::Features(6), 4));
    let grey = data(
        [array(&[2, 3, 2, 1], &[7_u8; 12]), array(&[1, 3, 2], &[7_u8; 6])],
        [array(&[2], &[0_u32, 1]), array(&[1], &[0_i16])],
    );
    assert_eq!(grey.layout, Layout::Grey { rows: 3, columns: 2 });
}

#[test]
fn wrong_images_are_refused_with_the_line_that_mends_them() {
    insta::assert_snapshot!(x_train("'|u1'", "(60000, 3, 32, 32)", 0), @"x_train.npy, byte 10: colour images [60000, 3, 32, 32]; expected [60000, 32, 32, 3]: write x_train.transpose(0, 2, 3, 1)");
    insta::assert_snapshot!(x_train("'|u1'", "(5, 1, 28, 28)", 0), @"x_train.npy, byte 10: grey images [5, 1, 28, 28]; expected [5, 28, 28]: write x_train[:, 0]");
    insta::assert_snapshot!(x_train("'|u1'", "(5, 28, 28, 4)", 0), @"x_train.npy, byte 10: images of four channels [5, 28, 28, 4]; expected [5, 28, 28, 3]: write x_train[..., :3]");
    insta::assert_snapshot!(x_train("'|u1'", "(5, 2, 28, 28)", 0), @"x_train.npy, byte 10: examples [5, 2, 28, 28]; expected [N, features], [N, height, width] or [N, height, width, 3]: write x_train.reshape(len(x_train), -1) for plain features");
    insta::assert_snapshot!(x_train("'|u1'", "(5, 2, 2, 2, 2)", 0), @"x_train.npy, byte 10: examples [5, 2, 2, 2, 2]; expected [N, features], [N, height, width] or [N, height, width, 3]: write x_train.reshape(len(x_train), -1) for plain features");
    insta::assert_snapshot!(x_train("'|u1'", "(5,)", 5), @"x_train.npy, byte 10: one number an example [5]; expected [5, 1]: write x_train[:, None]");
    insta::assert_snapshot!(x_train("'|u1'", "()", 1), @"x_train.npy, byte 10: a single number; expected [N, features], [N, height, width] or [N, height, width, 3]");
    insta::assert_snapshot!(x_train("'|u1'", "(0, 4)", 0), @"x_train.npy, byte 10: no examples [0, 4]; expected [N, features], [N, height, width] or [N, height, width, 3]");
    insta::assert_snapshot!(x_train("'|u1'", "(5, 0, 4)", 0), @"x_train.npy, byte 10: examples [5, 0, 4]; expected 1 to 1048576 numbers in each");
    insta::assert_snapshot!(x_train("'|u1'", "(5, 2000, 1000)", 0), @"x_train.npy, byte 10: examples [5, 2000, 1000]; expected 1 to 1048576 numbers in each");
    insta::assert_snapshot!(x_train("'<i8'", "(3, 2, 2)", 96), @"x_train.npy, byte 10: int64 ('<i8'); expected uint8, float32 or float64: write x_train.astype(np.uint8) if all are from 0 to 255, else x_train.astype(np.float32)");
    insta::assert_snapshot!(x_train("'<f2'", "(3, 2, 2)", 24), @"x_train.npy, byte 10: float16 ('<f2'); expected uint8, float32 or float64: write x_train.astype(np.float32)");
    insta::assert_snapshot!(x_train("'|b1'", "(3, 2, 2)", 12), @"x_train.npy, byte 10: bool ('|b1'); expected uint8, float32 or float64: write x_train.astype(np.float32)");
    insta::assert_snapshot!(x_train("'<c8'", "(3, 2, 2)", 96), @"x_train.npy, byte 10: complex64 ('<c8'); expected uint8, float32 or float64: write x_train.astype(np.float32)");
    insta::assert_snapshot!(x_train("'|O'", "(3,)", 96), @"x_train.npy, byte 10: Python objects ('|O'); expected uint8, float32 or float64: write np.stack(x_train).astype(np.float32)");
    insta::assert_snapshot!(x_train("'>f4'", "(3, 2, 2)", 48), @"x_train.npy, byte 10: float32 ('>f4'); expected little-endian numbers: write x_train.astype('<f4')");
    insta::assert_snapshot!(x_train("[('a', '<f4')]", "(3,)", 12), @"x_train.npy, byte 10: a structured array; expected uint8, float32 or float64: write x_train.astype(np.float32)");
    let fortran = npy("'|u1'", true, "(3, 2, 2)", &[0; 12]);
    insta::assert_snapshot!(error_with("x_train.npy", fortran), @"x_train.npy, byte 10: Fortran order; expected C order: write np.ascontiguousarray(x_train)");
    let nan = npy("'<f4'", false, "(3, 2, 2)", &[[0; 44].as_slice(), &f32::INFINITY.to_le_bytes()].concat());
    insta::assert_snapshot!(error_with("x_train.npy", nan), @"x_train.npy, byte 172: number 3 of example 2 is inf as float32: every number must be finite");
    let floats = npy("'<f4'", false, "(2, 2, 2)", &[0; 32]);
    insta::assert_snapshot!(error_with("x_test.npy", floats), @"x_test.npy, byte 10: the test set has numbers of type float32, the training set uint8");
    let others = npy("'|u1'", false, "(2, 4)", &[0; 8]);
    insta::assert_snapshot!(error_with("x_test.npy", others), @"x_test.npy, byte 10: the test set has examples of 4 features, the training set images of 2 × 2 pixels");
}

#[test]
fn wrong_labels_are_refused_with_the_line_that_mends_them() {
    insta::assert_snapshot!(y_train("'<f8'", "(3,)", 24), @"y_train.npy, byte 10: float64 ('<f8'); expected integers: write y_train.astype(np.int64)");
    insta::assert_snapshot!(y_train("'<U3'", "(3,)", 36), @"y_train.npy, byte 10: texts ('<U3'); expected integers: write np.unique(y_train, return_inverse=True)[1], with training and test labels in one array");
    insta::assert_snapshot!(y_train("'>i4'", "(3,)", 12), @"y_train.npy, byte 10: int32 ('>i4'); expected little-endian numbers: write y_train.astype('<i8')");
    insta::assert_snapshot!(y_train("'<i8'", "(3, 10)", 240), @"y_train.npy, byte 10: labels [3, 10]; expected [3]: write y_train.argmax(axis=1) if a 1 marks the class");
    insta::assert_snapshot!(y_train("'<i8'", "(3, 1, 1)", 24), @"y_train.npy, byte 10: labels [3, 1, 1]; expected [3]");
    insta::assert_snapshot!(y_train("'<i8'", "(4,)", 32), @"y_train.npy, byte 10: 4 labels for 3 images");
    insta::assert_snapshot!(y_train("'<i8'", "(3,)", 24), @"y_train.npy, byte 128: every training label is 0: at least two classes are needed");
    let absent = npy("'|u1'", false, "(2,)", &[1, 3]);
    insta::assert_snapshot!(error_with("y_test.npy", absent), @"y_test.npy, byte 129: label 3 does not occur in training, which has 0, 1, 2");
    let large = npy("'<u8'", false, "(3,)", &[0xff; 24]);
    insta::assert_snapshot!(error_with("y_train.npy", large), @"y_train.npy, byte 128: 18446744073709551615 is too large for a label");
}

#[test]
fn files_that_are_cut_or_lie_are_refused() {
    insta::assert_snapshot!(x_train("'|u1'", "(3, 2, 2)", 11), @"x_train.npy, byte 139: the file ends after 11 of the 12 bytes that its header announces");
    insta::assert_snapshot!(x_train("'|u1'", "(3, 2, 2)", 13), @"x_train.npy, byte 140: the file continues after the last byte that its header announces");
    insta::assert_snapshot!(x_train("'|u1'", "(2000000000, 2, 2)", 12), @"x_train.npy, byte 10: 2000000000 examples of 4 numbers, more than 2147483648 bytes");
    insta::assert_snapshot!(x_train("'|u1'", "(4294967296, 4294967296)", 12), @"x_train.npy, byte 10: a header with more than 19 digits, or not decimal ones");
    insta::assert_snapshot!(x_train("'|u1'", "(3, 0xffffffff)", 12), @"x_train.npy, byte 10: a header with more than 19 digits, or not decimal ones");
    insta::assert_snapshot!(error_with("x_train.npy", b"\x80\x04pickle of an object"), @"x_train.npy, byte 0: this is no NumPy array: write it by np.save or np.savez");
    insta::assert_snapshot!(error_with("x_train.npy", b"\x93NUMPY\x01\0"), @"x_train.npy, byte 8: the file ends within its header");
    insta::assert_snapshot!(error_with("x_train.npy", b"\x93NUM"), @"x_train.npy, byte 0: the file ends within its header");
    insta::assert_snapshot!(error_with("x_train.npy", b"\x93NUMPY\x02\0\xff\xff\xff\xff"), @"x_train.npy, byte 8: a header of 4294967295 bytes, more than 4096");
    for header in
        ["{'descr': '|u1', 'shape': (3, 2, 2)}", "[", "{'descr': '|u1', 'fortran_order': False, 'shape': 3}"]
    {
        let error = error_with("x_train.npy", text(header, &[0; 12]));
        assert!(error.starts_with("x_train.npy, byte 10: a header without sense: "), "{error}");
    }
    let nested = text(&format!("{{'descr': {}", "(".repeat(3900)), &[]);
    assert!(error_with("x_train.npy", nested).contains("a header without sense"));
}

#[test]
fn archives_that_cannot_be_read_are_refused() {
    let archive = zipped(&arrays(), deflated());
    let cut = read(&archive[..archive.len() / 2]).unwrap_err();
    assert!(cut.starts_with("digits.npz cannot be read as an archive: "), "{cut}");
    assert!(read(b"").unwrap_err().starts_with("digits.npz cannot be read as an archive: "));
    assert!(read(b"\x93NUMPY").unwrap_err().starts_with("digits.npz cannot be read as an archive: "));

    let some = zipped(&arrays()[1..], stored());
    insta::assert_snapshot!(read(&some).unwrap_err(), @r#"digits.npz has no x_train.npy, only x_test.npy, y_test.npy, y_train.npy; the arrays are x_train, y_train, x_test and y_test, which np.savez_compressed("digits.npz", x_train=x_train, …) writes into one file"#);

    // The checksum of a stored array is at a known place: after its header of 30 bytes and its name.
    let mut changed = zipped(&arrays(), stored());
    let at = changed.windows(12).position(|bytes| bytes == (0..12).collect::<Vec<u8>>()).unwrap();
    changed[at] ^= 1;
    insta::assert_snapshot!(read(&changed).unwrap_err(), @"cannot read digits.npz/x_train.npy: Invalid checksum");

    let encrypted = zipped(&arrays(), stored().with_deprecated_encryption(b"secret").unwrap());
    let error = read(&encrypted).unwrap_err();
    assert!(
        error.starts_with("digits.npz/x_train.npy cannot be read as an archive: ")
            && error.contains("Password required"),
        "{error}"
    );

    // Method 12 is bzip2; the method is at byte 8 of a local header, and at byte 10 of the directory's.
    let mut other = zipped(&arrays(), stored());
    for (signature, method_at) in [(b"PK\x03\x04", 8), (b"PK\x01\x02", 10)] {
        let starts: Vec<_> = (0..other.len() - 4).filter(|&at| other[at..at + 4] == signature[..]).collect();
        for at in starts {
            other[at + method_at] = 12;
        }
    }
    let error = read(&other).unwrap_err();
    assert!(error.contains("compression method"), "{error}");
}

#[test]
fn a_folder_without_an_array_names_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x_train.npy"), &arrays()[0].1).unwrap();
    let error = load_folder(folder.path(), true).unwrap_err().to_string();
    assert!(error.contains("has no y_train.npy;"), "{error}");
    fs::write(folder.path().join("y_train.npy"), "labels").unwrap();
    let error = load_folder(folder.path(), true).unwrap_err().to_string();
    assert!(error.contains("y_train.npy, byte 0: the file ends within its header"), "{error}");
}

/// A small file whose arrays unpack to more than their headers say.
#[test]
fn a_bomb_is_not_unpacked() {
    let bomb = npy("'|u1'", false, "(3, 2, 2)", &vec![0; 64 << 20]);
    let archive = zipped(&with("x_train.npy", &bomb), deflated());
    assert!(archive.len() < 1 << 20);
    let error = read(&archive).unwrap_err();
    assert!(error.contains("byte 140: the file continues after the last byte"), "{error}");
}
