//! What one trial adds to each merged table.

use std::io::{self, ErrorKind};
use std::path::Path;

use super::Surveyed;
use crate::provenance::{self, Provenance};
use crate::store::rows::{self, EpochRow, MistakeRow, PredictionRow, ProvenanceRow};
use crate::store::{Error, TrialFolder, file};

const AGAIN: &str = "restore it, or remove the trial's folder to run it again";

/// The rows of the trial's learning curve, byte for byte. A trial without any has none.
pub(super) fn epochs(_: &Surveyed<'_>, folder: &TrialFolder) -> Result<Vec<u8>, Error> {
    let path = folder.path().join(file::EPOCHS);
    let Some(mut epochs) = folder.read(file::EPOCHS)? else { return Ok(Vec::new()) };
    let header = rows::text::<EpochRow>(&[]).map_err(Error::read(&path))?;
    if !epochs.starts_with(&header) {
        let reason = "its columns are those of another version; remove the trial's folder to run it again";
        return Err(malformed(&path, reason.to_owned()));
    }
    epochs.drain(..header.len());
    Ok(epochs)
}

/// The test images that a complete trial misclassifies.
pub(super) fn mistakes(trial: &Surveyed<'_>, folder: &TrialFolder) -> Result<Vec<u8>, Error> {
    let Some(outcome) = trial.complete() else { return Ok(Vec::new()) };
    let path = folder.path().join(file::PREDICTIONS);
    let index = trial.planned.index;
    let (images, mistakes) =
        misclassified(&read(folder, file::PREDICTIONS)?, index).map_err(|error| malformed(&path, format!("{error}; {AGAIN}")))?;
    if let Some(count) = outcome.test_count.filter(|count| *count != images) {
        let reason = format!("it has {images} images, the trial's result counts {count}; {AGAIN}");
        return Err(malformed(&path, reason));
    }
    rows::lines(&mistakes).map_err(Error::read(&path))
}

/// How many predictions a text has, and those that are wrong.
fn misclassified(predictions: &[u8], index: usize) -> csv::Result<(usize, Vec<MistakeRow>)> {
    let mut reader = csv::Reader::from_reader(predictions);
    let header = reader.byte_headers()?.clone();
    let mut record = csv::ByteRecord::new();
    let (mut images, mut mistakes) = (0, Vec::new());
    while reader.read_byte_record(&mut record)? {
        // Nearly all are right, and to take every row apart takes longer than to read it.
        if record.get(1) != record.get(2) {
            let PredictionRow { index: image, label, prediction } = record.deserialize(Some(&header))?;
            if image != images {
                let reason = format!("image {image} stands where {images} should");
                return Err(io::Error::new(ErrorKind::InvalidData, reason).into());
            }
            mistakes.push(MistakeRow { index, image, label, predicted: prediction });
        }
        images += 1;
    }
    Ok((images, mistakes))
}

/// What a complete trial was computed with, and how long it took.
pub(super) fn provenance(trial: &Surveyed<'_>, folder: &TrialFolder) -> Result<Vec<u8>, Error> {
    let Some(outcome) = trial.complete() else { return Ok(Vec::new()) };
    let path = folder.path().join(file::PROVENANCE);
    let facts: Provenance = serde_json::from_slice(&read(folder, file::PROVENANCE)?)
        .map_err(|error| malformed(&path, format!("{error}; {AGAIN}")))?;
    if facts.format != provenance::FORMAT {
        let (format, known) = (facts.format, provenance::FORMAT);
        return Err(malformed(
            &path,
            format!("it has format {format}, this version reads {known}; update drsae"),
        ));
    }
    let row = ProvenanceRow::new(trial.planned.index, folder.id(), facts, outcome.seconds);
    rows::lines(&[row]).map_err(Error::read(&path))
}

/// A file that every complete trial has.
fn read(folder: &TrialFolder, name: &str) -> Result<Vec<u8>, Error> {
    let missing = || format!("it is missing, though the trial is complete; {AGAIN}");
    folder.read(name)?.ok_or_else(|| malformed(&folder.path().join(name), missing()))
}

fn malformed(path: &Path, reason: String) -> Error {
    Error::Malformed { path: path.to_owned(), reason }
}
