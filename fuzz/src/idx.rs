//! An IDX file, plain or compressed, in the place of each of a data set's four.

use std::fs;

use drsae::data::{Config, Source};

use super::dataset;

/// Three training and two test images of 2×2 pixels in three classes.
const GENUINE: [(&str, &[u8]); 4] = [
    ("train-images-idx3-ubyte", b"\0\0\x08\x03\0\0\0\x03\0\0\0\x02\0\0\0\x02abcdefghijkl"),
    ("train-labels-idx1-ubyte", b"\0\0\x08\x01\0\0\0\x03\x02\0\x01"),
    ("t10k-images-idx3-ubyte", b"\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x02abcdefgh"),
    ("t10k-labels-idx1-ubyte", b"\0\0\x08\x01\0\0\0\x02\x01\x02"),
];

/// Reads the four data sets in which one file is the input, and those of which both files of images are.
pub fn run(input: &[u8]) -> bool {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = Config {
        source: Source::Idx,
        folder: Some(folder.path().to_owned()),
        validation: 0,
        ..Config::default()
    };
    let ending = if input.starts_with(b"\x1f\x8b") { ".gz" } else { "" };
    let mut is_accepted = false;
    for replaced in [&[0][..], &[1], &[2], &[3], &[0, 2]] {
        for (at, (name, content)) in GENUINE.into_iter().enumerate() {
            let _ = fs::remove_file(folder.path().join(name));
            let _ = fs::remove_file(folder.path().join(format!("{name}.gz")));
            let is_input = replaced.contains(&at);
            // Labels for as many test images.
            let content = if replaced.len() == 2 && at == 3 { GENUINE[1].1 } else { content };
            let (ending, content) = if is_input { (ending, input) } else { ("", content) };
            fs::write(folder.path().join(format!("{name}{ending}")), content).expect("room for it");
        }
        is_accepted |= dataset::read(&config, &GENUINE.map(|(name, _)| name));
    }
    is_accepted
}
