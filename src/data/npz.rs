//! Data sets that NumPy wrote: an `.npz` file with the arrays `x_train`, `y_train`, `x_test` and `y_test`, or a folder with
//! four `.npy` files of these names.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::array::{Body, Fault, MAX_BYTES, Number, Origin, malformed};
use super::assembly::{ImageArray, LabelArray, PartArrays, assemble};
use super::expected;
use super::files::{self, Hashing};
use super::npy::{Header, TEXT_AT};
use super::{Dataset, Error};

/// The files of the four arrays: images and labels of training, then of test.
pub const ARRAYS: [&str; 4] = ["x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy"];

/// Reads an `.npz` file. Unless `keep` is set, no pixel is kept.
///
/// # Errors
/// Names the array, and the position in it, that is missing, malformed or inconsistent with another one.
pub fn load_file(path: &Path, keep: bool) -> Result<Dataset, Error> {
    let file = File::open(path).map_err(Error::open(path))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| archive_error(path, error))?;
    if archive.has_duplicate_names() {
        let reason = "it has two arrays of one name".to_owned();
        return Err(Error::Archive { path: path.to_owned(), reason });
    }
    let mut names: Vec<_> =
        archive.file_names_raw().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    names.sort_unstable();
    let mut open = |name: &'static str, read: &mut dyn FnMut(&mut dyn Read) -> Result<(), Error>| {
        let mut array = archive.by_name(name).map_err(|error| match error {
            ZipError::FileNotFound => Error::NoArray { name, path: path.to_owned(), found: names.join(", ") },
            error => archive_error(&path.join(name), error),
        })?;
        read(&mut array)
    };
    read(files::stem(path), path, &mut open, keep)
}

/// As [`load_file`], for a folder of `.npy` files.
///
/// # Errors
/// As [`load_file`].
pub fn load_folder(folder: &Path, keep: bool) -> Result<Dataset, Error> {
    let mut open = |name: &'static str, read: &mut dyn FnMut(&mut dyn Read) -> Result<(), Error>| {
        let path = folder.join(name);
        if !path.is_file() {
            let found = String::new();
            return Err(Error::NoArray { name, path: folder.to_owned(), found });
        }
        let file = File::open(&path).map_err(Error::read(&path))?;
        read(&mut BufReader::new(file))
    };
    read(files::stem(folder), folder, &mut open, keep)
}

/// True for a folder that has one of the arrays.
#[must_use]
pub fn is_at(folder: &Path) -> bool {
    ARRAYS.iter().any(|name| folder.join(name).is_file())
}

fn archive_error(path: &Path, error: ZipError) -> Error {
    match error {
        ZipError::Io(source) => Error::Read { path: path.to_owned(), source },
        other => Error::Archive { path: path.to_owned(), reason: other.to_string() },
    }
}

/// Opens an array by its name, and calls a function with its content.
type Open<'o> =
    dyn FnMut(&'static str, &mut dyn FnMut(&mut dyn Read) -> Result<(), Error>) -> Result<(), Error> + 'o;

fn read(name: String, place: &Path, open: &mut Open<'_>, keep: bool) -> Result<Dataset, Error> {
    let [x_train, y_train, x_test, y_test] = ARRAYS;
    let mut part = |x, y| {
        let images = array(place, open, x, |reader| images(reader, x, keep))?;
        let (origin, (layout, count, pixels)) = images;
        let (labels_origin, labels) = array(place, open, y, |reader| labels(reader, y, count))?;
        let images = ImageArray { origin, count, layout, pixels };
        Ok::<_, Error>(PartArrays { images, labels: LabelArray { origin: labels_origin, labels } })
    };
    let (train, test) = (part(x_train, y_train)?, part(x_test, y_test)?);
    assemble(name, train, test)
}

/// Reads one array, and hashes it.
fn array<T>(
    place: &Path,
    open: &mut Open<'_>,
    name: &'static str,
    read: impl Fn(&mut dyn Read) -> Result<(Body, T), Fault>,
) -> Result<(Origin, T), Error> {
    let path = place.join(name);
    let mut found = None;
    open(name, &mut |content| {
        let mut reader = Hashing::new(content);
        let (body, value) = read(&mut reader).map_err(|fault| fault.at(&path))?;
        let (count_at, dimensions_at) = (TEXT_AT, TEXT_AT);
        let (name, checksum) = (name.to_owned(), reader.finish());
        found = Some((Origin { path: path.clone(), name, checksum, count_at, dimensions_at, body }, value));
        Ok(())
    })?;
    Ok(found.expect("an array that was opened is read"))
}

type Pixels = (super::Layout, u64, super::Pixels);

fn images(mut reader: &mut dyn Read, name: &str, keep: bool) -> Result<(Body, Pixels), Fault> {
    let header = Header::read(&mut reader)?;
    let variable = name.trim_end_matches(".npy");
    let (number, order) = expected::pixels(&header, variable).or_else(|reason| malformed(TEXT_AT, reason))?;
    let layout = expected::layout(&header.shape, variable).or_else(|reason| malformed(TEXT_AT, reason))?;
    let (examples, inputs) = (header.shape[0], layout.inputs() as u64);
    let body = Body { number, order, start: header.bytes, count: counted(examples, inputs, number)? };
    let pixels = body.pixels(reader, inputs, keep)?;
    Ok((body, (layout, examples, pixels)))
}

fn labels(
    mut reader: &mut dyn Read,
    name: &str,
    images: u64,
) -> Result<(Body, super::labels::Labels), Fault> {
    let header = Header::read(&mut reader)?;
    let variable = name.trim_end_matches(".npy");
    let (number, order) =
        expected::labels(&header, variable, images).or_else(|reason| malformed(TEXT_AT, reason))?;
    let body = Body { number, order, start: header.bytes, count: counted(images, 1, number)? };
    let labels = body.labels(reader, 1)?;
    Ok((body, labels))
}

/// The numbers of an array of so many examples.
fn counted(examples: u64, inputs: u64, number: Number) -> Result<u64, Fault> {
    let count = examples.checked_mul(inputs);
    match count.filter(|count| *count <= MAX_BYTES / number.size() as u64) {
        Some(count) => Ok(count),
        None => malformed(
            TEXT_AT,
            format!("{examples} examples of {inputs} numbers, more than {MAX_BYTES} bytes"),
        ),
    }
}

#[cfg(test)]
mod tests;
