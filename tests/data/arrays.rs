//! Files of data sets, written by the tests.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub fn idx(dimensions: &[u32], body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dimensions.len() as u8];
    bytes.extend(dimensions.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(body);
    bytes
}

/// An array of NumPy's type `descr`.
pub fn npy(descr: &str, shape: &[usize], body: &[u8]) -> Vec<u8> {
    let sizes: Vec<_> = shape.iter().map(|size| format!("{size},")).collect();
    let sizes = sizes.join(" ");
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sizes}), }}");
    let header = format!("{header:117}\n");
    [b"\x93NUMPY\x01\0\x76\0", header.as_bytes(), body].concat()
}

/// Writes arrays into one file.
pub fn npz(path: &Path, arrays: &[(&str, Vec<u8>)]) {
    let mut archive = ZipWriter::new(File::create(path).unwrap());
    for (name, array) in arrays {
        archive.start_file(format!("{name}.npy"), SimpleFileOptions::default()).unwrap();
        archive.write_all(array).unwrap();
    }
    archive.finish().unwrap();
}

/// Four training images of 2 × 3 pixels with the labels 0, 2, 2 and 3, and one test image.
pub fn small_idx(folder: &Path) {
    let pixels: Vec<u8> = (0..24).map(|pixel| 10 * pixel).collect();
    let write = |name: &str, bytes: Vec<u8>| fs::write(folder.join(name), bytes).unwrap();
    write("train-images-idx3-ubyte", idx(&[4, 2, 3], &pixels));
    write("train-labels-idx1-ubyte", idx(&[4], &[0, 2, 2, 3]));
    write("t10k-images-idx3-ubyte", idx(&[1, 2, 3], &pixels[..6]));
    write("t10k-labels-idx1-ubyte", idx(&[1], &[2]));
}

/// The number of examples of [`bars`], for training and for test.
pub const BARS: [usize; 2] = [120, 30];

/// Grey images of 4 × 4 pixels with one bright row, whose number from 1 to 4 is the label, as `float32`: training, then
/// test.
pub fn bars(path: &Path) {
    let arrays = BARS.map(|count| {
        let pixel = |at: usize| if at % 16 / 4 == at / 16 % 4 { 0.9_f32 } else { 0.01 * (at % 7) as f32 };
        let pixels: Vec<u8> = (0..16 * count).flat_map(|at| pixel(at).to_le_bytes()).collect();
        let labels: Vec<u8> = (0..count).map(|index| 1 + (index % 4) as u8).collect();
        (npy("<f4", &[count, 4, 4], &pixels), npy("|u1", &[count], &labels))
    });
    let [(x_train, y_train), (x_test, y_test)] = arrays;
    npz(path, &[("x_train", x_train), ("y_train", y_train), ("x_test", x_test), ("y_test", y_test)]);
}

/// A small spec of one trial on a source.
pub fn spec(name: &str, data: &str) -> String {
    format!(
        "name = \"{name}\"\nseeds = 1\n[data]\n{data}\n[model]\nsteps = 2\nhidden = 20\n[training]\nbatch = 10\n\
         phases = [{{ epochs = 2, rate = 3e-3 }}, {{ epochs = 10, rate = 3e-3, discriminative = true }}]\n"
    )
}
