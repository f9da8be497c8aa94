//! The IDX format, and data sets in four IDX files.
//!
//! An IDX file of bytes is: two zeros, the type 8 (unsigned byte), the number of dimensions,
//! each dimension as a big-endian `u32`, then the bytes, the last dimension fastest. Files of images have three
//! dimensions, files of labels one. Files are not trusted: the sizes in the header are checked before memory is
//! allocated for them.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::files::{self, Hashing, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS};
use super::{Dataset, Error, Images, Shape};

/// Maximum size of a file, in bytes of pixels or labels.
const MAX_BYTES: u64 = 1 << 31;
/// Maximum height and width of an image, in pixels.
const MAX_SIDE: u32 = 1 << 10;

/// Reads the four files of a folder, each plain or `.gz`.
///
/// # Errors
/// Names the file, and the position in it, that is missing, malformed or inconsistent with another one.
pub fn load(folder: &Path) -> Result<Dataset, Error> {
    read_folder(folder, true)
}

/// Shape and checksums of a folder's images. The files are read once, and no pixel is kept.
///
/// # Errors
/// As [`load`].
pub fn facts(folder: &Path) -> Result<(Shape, BTreeMap<String, String>), Error> {
    let data = read_folder(folder, false)?;
    Ok((data.shape(), data.checksums))
}

fn read_folder(folder: &Path, pixels: bool) -> Result<Dataset, Error> {
    let train = Part::read(folder, TRAIN_IMAGES, TRAIN_LABELS, pixels)?;
    let test = Part::read(folder, TEST_IMAGES, TEST_LABELS, pixels)?;
    let [_, rows, columns] = train.dimensions;
    if test.dimensions[1..] != train.dimensions[1..] {
        let reason = format!(
            "test images are {}×{} pixels, training images {rows}×{columns}",
            test.dimensions[1], test.dimensions[2]
        );
        return Err(Error::Malformed { path: test.images_path, position: 8, reason });
    }
    let classes = classes(&train.labels_path, &train.images.labels)?;
    if let Some(index) = test.images.labels.iter().position(|&label| usize::from(label) >= classes) {
        let label = test.images.labels[index];
        let reason = format!("label {label} does not occur in training, which has labels below {classes}");
        return Err(Error::Malformed { path: test.labels_path, position: 8 + index as u64, reason });
    }
    Ok(Dataset {
        name: name(folder),
        rows: rows as usize,
        columns: columns as usize,
        classes,
        checksums: train.checksums.into_iter().chain(test.checksums).collect(),
        train: train.images,
        test: test.images,
    })
}

fn find(folder: &Path, name: &'static str) -> Result<PathBuf, Error> {
    files::locate(folder, name).ok_or_else(|| Error::Missing { name, folder: folder.to_owned() })
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned()
}

fn classes(path: &Path, labels: &[u8]) -> Result<usize, Error> {
    let classes = labels.iter().max().map_or(0, |&largest| usize::from(largest) + 1);
    if classes < 2 {
        let reason = "every training label is 0: at least two classes are needed".to_owned();
        return Err(Error::Malformed { path: path.to_owned(), position: 8, reason });
    }
    Ok(classes)
}

/// A file of images with its file of labels.
struct Part {
    images_path: PathBuf,
    labels_path: PathBuf,
    dimensions: [u32; 3],
    images: Images,
    checksums: [(String, String); 2],
}

impl Part {
    fn read(
        folder: &Path,
        images: &'static str,
        labels: &'static str,
        keep_pixels: bool,
    ) -> Result<Self, Error> {
        let (images_path, labels_path) = (find(folder, images)?, find(folder, labels)?);
        let mut pixels = Vec::new();
        let (dimensions, images_sum) = if keep_pixels {
            hashed(&images_path, &mut pixels)?
        } else {
            hashed(&images_path, &mut io::sink())?
        };
        let mut label_bytes = Vec::new();
        let ([count], labels_sum) = hashed(&labels_path, &mut label_bytes)?;
        if count != dimensions[0] {
            let reason = format!("{count} labels for {} images", dimensions[0]);
            return Err(Error::Malformed { path: labels_path, position: 4, reason });
        }
        let inputs = dimensions[1] as usize * dimensions[2] as usize;
        Ok(Self {
            images_path,
            labels_path,
            dimensions,
            images: Images { inputs, pixels, labels: label_bytes },
            checksums: [(images.to_owned(), images_sum), (labels.to_owned(), labels_sum)],
        })
    }
}

/// Copies a file's body; returns its dimensions, and the SHA-256 of the file.
fn hashed<const D: usize>(path: &Path, body: &mut impl Write) -> Result<([u32; D], String), Error> {
    let mut reader = Hashing::new(files::open(path)?);
    let dimensions = copy(&mut reader, body).map_err(|fault| fault.at(path))?;
    Ok((dimensions, reader.finish()))
}

/// A fault of a file whose path is not known yet.
#[derive(Debug)]
enum Fault {
    Io(io::Error),
    Malformed { position: u64, reason: String },
}

impl Fault {
    fn at(self, path: &Path) -> Error {
        let path = path.to_owned();
        match self {
            Self::Io(source) => Error::Read { path, source },
            Self::Malformed { position, reason } => Error::Malformed { path, position, reason },
        }
    }
}

fn malformed<T>(position: u64, reason: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Malformed { position, reason: reason.into() })
}

/// Copies a file's body, whose length must match the header.
fn copy<const D: usize>(mut reader: impl Read, body: &mut impl Write) -> Result<[u32; D], Fault> {
    let dimensions = header(&mut reader)?;
    let expected = dimensions.iter().map(|&size| u64::from(size)).product();
    let found = io::copy(&mut reader.by_ref().take(expected), body).map_err(Fault::Io)?;
    let start = header_length::<D>() as u64;
    if found < expected {
        return malformed(
            start + found,
            format!("the file ends after {found} of the {expected} bytes that its header announces"),
        );
    }
    if io::copy(&mut reader.take(1), &mut io::sink()).map_err(Fault::Io)? > 0 {
        return malformed(start + found, "the file continues after the last byte that its header announces");
    }
    Ok(dimensions)
}

/// Reads and bounds the dimensions.
fn header<const D: usize>(mut reader: impl Read) -> Result<[u32; D], Fault> {
    let magic = [0, 0, 8, D as u8];
    let found: [u8; 4] = word(&mut reader, 0)?;
    if found != magic {
        return malformed(0, format!("magic number {found:02x?}, expected {magic:02x?}"));
    }
    let mut dimensions = [0; D];
    for (axis, size) in dimensions.iter_mut().enumerate() {
        let position = 4 + 4 * axis as u64;
        *size = u32::from_be_bytes(word(&mut reader, position)?);
        if *size == 0 || (axis > 0 && *size > MAX_SIDE) {
            return malformed(position, format!("a dimension of {size}; images have 1 to {MAX_SIDE} a side"));
        }
    }
    let bytes: u64 = dimensions.iter().map(|&size| u64::from(size)).product();
    if bytes > MAX_BYTES {
        return malformed(4, format!("{bytes} bytes announced, more than {MAX_BYTES}"));
    }
    Ok(dimensions)
}

/// Bytes of the header of a file with `D` dimensions.
pub(super) const fn header_length<const D: usize>() -> usize {
    4 + 4 * D
}

fn word(reader: &mut impl Read, position: u64) -> Result<[u8; 4], Fault> {
    let mut bytes = [0; 4];
    match reader.read_exact(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            malformed(position, "the file ends within its header")
        }
        Err(error) => Err(Fault::Io(error)),
    }
}

#[cfg(test)]
pub(super) mod tests;
