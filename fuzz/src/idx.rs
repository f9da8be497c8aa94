//! An IDX file, plain or compressed, in the place of each of a data set's four.

use std::error::Error;
use std::fs;
use std::path::Path;

use drsae::data::{Dataset, Shape, idx};

/// Three training and two test images of 2×2 pixels in three classes.
const GENUINE: [(&str, &[u8]); 4] = [
    ("train-images-idx3-ubyte", b"\0\0\x08\x03\0\0\0\x03\0\0\0\x02\0\0\0\x02abcdefghijkl"),
    ("train-labels-idx1-ubyte", b"\0\0\x08\x01\0\0\0\x03\x02\0\x01"),
    ("t10k-images-idx3-ubyte", b"\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x02abcdefgh"),
    ("t10k-labels-idx1-ubyte", b"\0\0\x08\x01\0\0\0\x02\x01\x02"),
];

/// Reads the four data sets in which one file is the input.
pub fn run(input: &[u8]) -> bool {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let put = |name: &str, content: &[u8]| fs::write(folder.path().join(name), content).expect("room for it");
    for (name, content) in GENUINE {
        put(name, content);
    }
    let ending = if input.starts_with(b"\x1f\x8b") { ".gz" } else { "" };
    let mut is_accepted = false;
    for (name, content) in GENUINE {
        fs::remove_file(folder.path().join(name)).expect("it was written");
        let replaced = format!("{name}{ending}");
        put(&replaced, input);
        is_accepted |= read(folder.path());
        fs::remove_file(folder.path().join(&replaced)).expect("it was written");
        put(name, content);
    }
    is_accepted
}

fn read(folder: &Path) -> bool {
    let facts = idx::facts(folder);
    let data = idx::load(folder);
    let is_accepted = data.is_ok();
    match data {
        Ok(data) => {
            check(&data);
            let (inputs, classes) = (data.train.inputs, data.classes);
            let shape = Shape { inputs, classes, train: data.train.len(), test: data.test.len() };
            assert_eq!(facts.ok(), Some((shape, data.checksums)));
        }
        Err(error) => names_a_file(&error),
    }
    is_accepted
}

fn check(data: &Dataset) {
    for images in [&data.train, &data.test] {
        assert_eq!(images.inputs, data.rows * data.columns);
        assert_eq!(images.pixels.len(), images.len() * images.inputs);
        assert!(images.labels.iter().all(|&label| usize::from(label) < data.classes));
    }
}

fn names_a_file(error: &dyn Error) {
    let text = error.to_string();
    assert!(GENUINE.iter().any(|(name, _)| text.contains(name)), "{text}");
}
