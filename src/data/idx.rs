//! The IDX format, and data sets in four IDX files.
//!
//! An IDX file is: two zeros, the type of its numbers, the number of dimensions, each dimension as a big-endian `u32`, then
//! the numbers, big-endian, the last dimension fastest. Files of images have three dimensions and bytes or floats, files of
//! labels one dimension and integers. Files are not trusted: the sizes in the header are checked, and memory grows with
//! what the file has.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::array::{Body, ByteOrder, Fault, MAX_BYTES, Number, Origin, malformed};
use super::assembly::{ImageArray, LabelArray, PartArrays, assemble};
use super::files::{self, Hashing, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS};
use super::{Dataset, Error, Layout};

/// Maximum height and width of an image, in pixels.
const MAX_SIDE: u32 = 1 << 10;

/// Reads the four files of a folder, each plain or `.gz`. Unless `keep` is set, no pixel is kept.
///
/// # Errors
/// Names the file, and the position in it, that is missing, malformed or inconsistent with another one.
pub fn load(folder: &Path, keep: bool) -> Result<Dataset, Error> {
    let find = |name: &'static str| {
        let path = files::locate(folder, name);
        let path = path.ok_or_else(|| Error::Missing { name, folder: folder.to_owned() })?;
        Ok::<_, Error>(IdxFile { name, path })
    };
    let files = [find(TRAIN_IMAGES)?, find(TRAIN_LABELS)?, find(TEST_IMAGES)?, find(TEST_LABELS)?];
    read(files::stem(folder), &files, 1, keep)
}

/// A file of a data set.
pub(super) struct IdxFile {
    /// Name in the data set.
    pub name: &'static str,
    pub path: PathBuf,
}

/// Reads images and labels of training, then of test; a label has a row of `columns` numbers, of which the first
/// counts.
pub(super) fn read(name: String, files: &[IdxFile; 4], columns: u32, keep: bool) -> Result<Dataset, Error> {
    let part = |images: &IdxFile, labels: &IdxFile| {
        let images = read_images(images, keep)?;
        Ok::<_, Error>(PartArrays { labels: read_labels(labels, columns, images.count)?, images })
    };
    let [train_images, train_labels, test_images, test_labels] = files;
    assemble(name, part(train_images, train_labels)?, part(test_images, test_labels)?)
}

fn read_images(file: &IdxFile, keep: bool) -> Result<ImageArray, Error> {
    let mut reader = Hashing::new(files::open(&file.path)?);
    let mut images = || {
        let header = Header::<3>::read(&mut reader, "images", &[Number::U8, Number::F32, Number::F64])?;
        let [count, rows, columns] = header.dimensions.map(u64::from);
        let pixels = header.body().pixels(&mut reader, rows * columns, keep)?;
        let layout = Layout::Grey { rows: rows as usize, columns: columns as usize };
        Ok((header.body(), count, layout, pixels))
    };
    let (body, count, layout, pixels) = images().map_err(|fault: Fault| fault.at(&file.path))?;
    Ok(ImageArray { origin: file.origin(reader, body), count, layout, pixels })
}

fn read_labels(file: &IdxFile, columns: u32, images: u64) -> Result<LabelArray, Error> {
    let mut reader = Hashing::new(files::open(&file.path)?);
    let mut labels = || {
        let integers = [Number::U8, Number::I8, Number::I16, Number::I32];
        let header = if columns == 1 {
            Header::<1>::read(&mut reader, "labels", &integers)?.pair()
        } else {
            Header::<2>::read(&mut reader, "labels", &integers)?
        };
        let [count, found] = header.dimensions;
        if u64::from(count) != images {
            return malformed(4, format!("{count} labels for {images} images"));
        }
        if found != columns {
            return malformed(8, format!("{found} numbers a label, expected {columns}"));
        }
        Ok((header.body(), header.body().labels(&mut reader, columns.into())?))
    };
    let (body, labels) = labels().map_err(|fault| fault.at(&file.path))?;
    Ok(LabelArray { origin: file.origin(reader, body), labels })
}

impl IdxFile {
    /// The file's origin, once it was read.
    fn origin<R: Read>(&self, reader: Hashing<R>, body: Body) -> Origin {
        Origin {
            path: self.path.clone(),
            name: self.name.to_owned(),
            checksum: reader.finish(),
            count_at: 4,
            dimensions_at: 8,
            body,
        }
    }
}

/// The header of a file with `D` dimensions.
#[derive(Debug, Clone, Copy)]
struct Header<const D: usize> {
    number: Number,
    dimensions: [u32; D],
    bytes: u64,
}

/// The types of numbers by their code.
const NUMBERS: [(u8, Number); 6] = [
    (0x08, Number::U8),
    (0x09, Number::I8),
    (0x0b, Number::I16),
    (0x0c, Number::I32),
    (0x0d, Number::F32),
    (0x0e, Number::F64),
];

impl<const D: usize> Header<D> {
    /// Reads and bounds the type and the dimensions.
    fn read(mut reader: impl Read, content: &str, allowed: &[Number]) -> Result<Self, Fault> {
        let magic: [u8; 4] = word(&mut reader, 0)?;
        let number = NUMBERS.into_iter().find(|(code, _)| magic == [0, 0, *code, D as u8]);
        let Some((_, number)) = number.filter(|(_, number)| allowed.contains(number)) else {
            let codes = NUMBERS.into_iter().filter(|(_, number)| allowed.contains(number));
            let codes: Vec<_> = codes.map(|(code, _)| format!("{code:02x}")).collect();
            return malformed(
                0,
                format!(
                    "magic number {magic:02x?}, expected [00, 00, TYPE, {D:02x}] for {content}, with the type {}",
                    codes.join(" or ")
                ),
            );
        };
        let mut dimensions = [0; D];
        for (axis, size) in dimensions.iter_mut().enumerate() {
            let position = 4 + 4 * axis as u64;
            *size = u32::from_be_bytes(word(&mut reader, position)?);
            if *size == 0 || (axis > 0 && *size > MAX_SIDE) {
                return malformed(
                    position,
                    format!("a dimension of {size}; images have 1 to {MAX_SIDE} a side"),
                );
            }
        }
        let bytes = dimensions.iter().map(|&size| u64::from(size)).product::<u64>() * number.size() as u64;
        if bytes > MAX_BYTES {
            return malformed(4, format!("{bytes} bytes announced, more than {MAX_BYTES}"));
        }
        Ok(Self { number, dimensions, bytes: header_length::<D>() as u64 })
    }

    fn body(&self) -> Body {
        let count = self.dimensions.iter().map(|&size| u64::from(size)).product();
        Body { number: self.number, order: ByteOrder::Big, start: self.bytes, count }
    }
}

impl Header<1> {
    /// The same numbers in rows of one.
    fn pair(self) -> Header<2> {
        Header { number: self.number, dimensions: [self.dimensions[0], 1], bytes: self.bytes }
    }
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
