//! The lines that one trial's folder adds to each merged table.

use std::io::{self, ErrorKind};

use super::TrialLines;
use crate::hash::sha256;
use crate::provenance::{self, Provenance};
use crate::store::{
    EpochRow, Error, MistakeRow, PredictionRow, ProvenanceRow, Seal, Sealed, Status, TrialFolder, file,
    tables,
};

const AGAIN: &str = "restore it, or remove the trial's folder to run it again";

/// Reads the files that the tables are merged from, and checks each against its checksum in `result.json`. The test
/// of a trial whose test images were sealed has a folder and a result of its own.
///
/// # Errors
/// A file is missing, was added or changed after the trial ended, or its content belongs to another trial or
/// version.
pub(super) fn read(
    index: usize,
    sealed: &Sealed,
    folder: &TrialFolder,
    tested: Option<(&TrialFolder, &Sealed)>,
) -> Result<TrialLines, Error> {
    let trial = TrialReader { index, sealed, folder };
    if sealed.seal == Seal::Broken {
        return Err(
            trial.malformed(file::RESULT, "it was changed after it was written: its digest does not match")
        );
    }
    trial.file(file::CONFIG)?;
    let epochs = trial.epochs()?;
    if sealed.outcome.status != Status::Complete {
        return Ok(TrialLines { epochs, ..TrialLines::default() });
    }
    let mistakes = match tested {
        Some((folder, sealed)) => TrialReader { index, sealed, folder }.mistakes()?,
        None if sealed.outcome.test_error.is_none() => Vec::new(),
        None => trial.mistakes()?,
    };
    Ok(TrialLines { epochs, mistakes, provenance: trial.provenance()? })
}

struct TrialReader<'t> {
    index: usize,
    sealed: &'t Sealed,
    folder: &'t TrialFolder,
}

impl TrialReader<'_> {
    /// The rows of the learning curve that a merged table keeps, byte for byte; empty if the trial has no curve.
    fn epochs(&self) -> Result<Vec<u8>, Error> {
        let Some(mut epochs) = self.file(file::EPOCHS)? else { return Ok(Vec::new()) };
        let header = tables::text::<EpochRow>(&[]).map_err(Error::read(self.folder.path()))?;
        if !epochs.starts_with(&header) {
            return Err(self.malformed(file::EPOCHS, "its columns are those of another version"));
        }
        epochs.drain(..header.len());
        let own = format!("{},", self.folder.id());
        let mut lines = epochs.split_inclusive(|&byte| byte == b'\n');
        match lines.position(|line| !line.starts_with(own.as_bytes()) || !line.ends_with(b"\n")) {
            None => Ok(kept(&header, &epochs)),
            Some(at) => {
                Err(self.malformed(file::EPOCHS, &format!("its line {} is no row of the trial", at + 2)))
            }
        }
    }

    /// The test images that a complete trial misclassifies.
    fn mistakes(&self) -> Result<Vec<u8>, Error> {
        let name = file::PREDICTIONS;
        let (images, mistakes) = misclassified(&self.own(name)?, self.index)
            .map_err(|error| self.malformed(name, &error.to_string()))?;
        if let Some(count) = self.sealed.outcome.test_count.filter(|count| *count != images) {
            let problem = format!("it has {images} images, but the trial's result counts {count}");
            return Err(self.malformed(name, &problem));
        }
        tables::lines(&mistakes).map_err(Error::read(&self.folder.path().join(name)))
    }

    /// The provenance of a complete trial.
    fn provenance(&self) -> Result<Vec<u8>, Error> {
        let name = file::PROVENANCE;
        let facts: Provenance = serde_json::from_slice(&self.own(name)?)
            .map_err(|error| self.malformed(name, &error.to_string()))?;
        if facts.format != provenance::FORMAT {
            let (format, known) = (facts.format, provenance::FORMAT);
            let problem = format!("it has format {format}, this version reads {known}; update drsae");
            return Err(self.malformed(name, &problem));
        }
        let row = ProvenanceRow::new(self.index, self.folder.id(), facts, self.sealed.outcome.seconds);
        tables::lines(&[row]).map_err(Error::read(&self.folder.path().join(name)))
    }

    /// A file that every complete trial has.
    fn own(&self, name: &str) -> Result<Vec<u8>, Error> {
        let missing = || self.malformed(name, "it is missing, though the trial is complete");
        self.file(name)?.ok_or_else(missing)
    }

    /// The content of a file of the ended trial; `None` if the trial has no file of this name.
    fn file(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let text = self.folder.read(name)?;
        match (&text, self.sealed.files.get(name)) {
            (None, Some(_)) => Err(self.malformed(name, "it is missing, though the trial's result lists it")),
            (Some(_), None) if self.sealed.seal == Seal::Whole => Err(self
                .malformed(name, "it was added after the trial ended: the trial's result does not list it")),
            (Some(text), Some(listed)) if sha256(text) != *listed => {
                Err(self.malformed(name, "it was changed: its SHA-256 is not the one in result.json"))
            }
            _ => Ok(text),
        }
    }

    fn malformed(&self, name: &str, problem: &str) -> Error {
        let path = self.folder.path().join(name);
        Error::Malformed { path, reason: format!("{problem}; {AGAIN}") }
    }
}

/// Of a curve with validated epochs these and the last, whose rows are those that figures and tables show; else all rows. So
/// a sweep with long phases and a sparse `training.validate_every` has a short table.
fn kept(header: &[u8], curve: &[u8]) -> Vec<u8> {
    fn cells(line: &[u8]) -> impl Iterator<Item = &[u8]> {
        line.trim_ascii_end().split(|&byte| byte == b',')
    }
    let of_validation = cells(header).position(|name| name == b"valid_reconstruction");
    let is_validated =
        |row: &[u8]| of_validation.and_then(|at| cells(row).nth(at)).is_some_and(|cell| !cell.is_empty());
    let rows: Vec<_> = curve.split_inclusive(|&byte| byte == b'\n').collect();
    if !rows.iter().any(|row| is_validated(row)) {
        return curve.to_vec();
    }
    let is_last = |at: usize| at + 1 == rows.len();
    let kept = rows.iter().enumerate().filter(|&(at, row)| is_validated(row) || is_last(at));
    kept.flat_map(|(_, row)| row.iter().copied()).collect()
}

/// Counts the predictions of a text, and returns those that are wrong.
fn misclassified(predictions: &[u8], index: usize) -> csv::Result<(usize, Vec<MistakeRow>)> {
    let mut reader = csv::Reader::from_reader(predictions);
    let header = reader.byte_headers()?.clone();
    let mut record = csv::ByteRecord::new();
    let (mut images, mut mistakes) = (0, Vec::new());
    while reader.read_byte_record(&mut record)? {
        // Nearly all predictions are correct, and parsing a row takes longer than reading it.
        if record.get(1) != record.get(2) {
            let PredictionRow { index: image, label, prediction } = record.deserialize(Some(&header))?;
            if image != images {
                let reason = format!("image {image} is in the place of image {images}");
                return Err(io::Error::new(ErrorKind::InvalidData, reason).into());
            }
            mistakes.push(MistakeRow { index, image, label, predicted: prediction });
        }
        images += 1;
    }
    Ok((images, mistakes))
}

#[cfg(test)]
mod tests {
    use super::kept;

    #[test]
    fn of_a_curve_with_validated_epochs_these_and_the_last_are_kept() {
        let header = b"trial,epoch,valid_reconstruction\n";
        let sparse = b"a,1,\na,2,0.5\na,3,\na,4,0.4\na,5,\na,6,\n";
        assert_eq!(kept(header, sparse), b"a,2,0.5\na,4,0.4\na,6,\n");
        let without = b"a,1,\na,2,\n";
        assert_eq!(kept(header, without), without);
    }
}
