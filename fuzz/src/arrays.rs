//! Arrays of NumPy: a `.npz` archive, or a `.npy` array in the place of each of a data set's four.

use std::fs;
use std::path::PathBuf;

use drsae::data::{Config, Source};

use super::dataset;

/// Three training and two test images of 2×2 pixels in three classes.
const GENUINE: [(&str, &str, &[u8]); 4] = [
    ("x_train.npy", "(3, 2, 2)", b"abcdefghijkl"),
    ("y_train.npy", "(3,)", b"\x02\0\x01"),
    ("x_test.npy", "(2, 2, 2)", b"abcdefgh"),
    ("y_test.npy", "(2,)", b"\x01\x02"),
];

/// Reads the input as an archive if it is one, else the data sets in which one array is the input, and that of which both
/// arrays of images are.
pub fn run(input: &[u8]) -> bool {
    let folder = tempfile::tempdir().expect("a temporary folder");
    if input.starts_with(b"PK") {
        let file = folder.path().join("input.npz");
        fs::write(&file, input).expect("room for it");
        return dataset::read(&config(None, Some(file)), &["input.npz"]);
    }
    let config = config(Some(folder.path().to_owned()), None);
    let mut is_accepted = false;
    for replaced in [&[0][..], &[1], &[2], &[3], &[0, 2]] {
        for (at, (name, shape, body)) in GENUINE.into_iter().enumerate() {
            // Labels for as many test images.
            let (shape, body) =
                if replaced.len() == 2 && at == 3 { (GENUINE[1].1, GENUINE[1].2) } else { (shape, body) };
            let content = if replaced.contains(&at) { input.to_vec() } else { npy(shape, body) };
            fs::write(folder.path().join(name), content).expect("room for it");
        }
        is_accepted |= dataset::read(&config, &GENUINE.map(|(name, ..)| name));
    }
    is_accepted
}

fn config(folder: Option<PathBuf>, file: Option<PathBuf>) -> Config {
    Config { source: Source::Npz, folder, file, validation: 0, ..Config::default() }
}

/// An array of bytes.
fn npy(shape: &str, body: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}");
    let header = format!("{header:117}\n");
    [b"\x93NUMPY\x01\0\x76\0", header.as_bytes(), body].concat()
}
