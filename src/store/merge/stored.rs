//! The merged tables of a results folder, read as the lines of each trial: the results of trials whose folders are
//! not kept.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;

use super::listed::{Listed, Origin};
use super::{Table, TrialLines};
use crate::hash::sha256;
use crate::store::{EpochRow, Error, MistakeRow, ProvenanceRow, Status, Store, TrialRow, TrialTable, tables};

/// Advice for a table that cannot be read.
const RESTORE: &str = "restore it, or move it away to merge only the trials' folders";

/// The merged tables other than `trials.csv`, by trial.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTables {
    epochs: Vec<u8>,
    curves: HashMap<String, Range<usize>>,
    mistakes: HashMap<String, Vec<MistakeRow>>,
    provenance: HashMap<String, ProvenanceRow>,
}

impl StoredTables {
    /// Reads the other tables of the `trials.csv` with the rows `trials`.
    ///
    /// # Errors
    /// A table is missing or not as a merge writes it, or I/O fails.
    pub fn read(store: &Store, trials: &TrialTable) -> Result<Self, Error> {
        let listed = Listed::read(store)?;
        listed.expect(store, Table::Trials, &trials.checksum)?;
        let read = |table| {
            let text = text(store, table)?;
            let sum = sha256(&text);
            listed.expect(store, table, &sum)?;
            Ok((text, sum))
        };
        let (epochs, _) = read(Table::Epochs)?;
        let (mistakes, sum) = read(Table::Mistakes)?;
        let mistakes = tables::parse_rows(&store.table(Table::Mistakes), &mistakes)?;
        let path = store.table(Table::Provenance);
        let provenance: Vec<ProvenanceRow> = tables::parse_rows(&path, &read(Table::Provenance)?.0)?;
        let origin = listed.origin(Table::Mistakes, &sum);
        let names = names(&path, origin, trials, &provenance)?;
        Ok(Self {
            curves: curves(&store.table(Table::Epochs), &epochs)?,
            epochs,
            mistakes: by_trial(&store.table(Table::Mistakes), mistakes, &names, origin)?,
            provenance: provenance.into_iter().map(|row| (row.trial.clone(), row)).collect(),
        })
    }

    /// The lines of a trial's learning curve, byte for byte.
    #[must_use]
    pub fn curve(&self, id: &str) -> &[u8] {
        self.curves.get(id).map_or(&[], |lines| &self.epochs[lines.clone()])
    }

    /// The test images that a complete trial misclassifies, under the index of the stored plan.
    #[must_use]
    pub fn mistakes(&self, id: &str) -> &[MistakeRow] {
        self.mistakes.get(id).map_or(&[], Vec::as_slice)
    }

    /// The provenance of a complete trial, under the index of the stored plan.
    #[must_use]
    pub fn provenance(&self, id: &str) -> Option<&ProvenanceRow> {
        self.provenance.get(id)
    }

    /// The text of `epochs.csv`.
    pub(super) fn epochs(&self) -> &[u8] {
        &self.epochs
    }

    /// The texts of `mistakes.csv` and `provenance.csv` under the indices of `trials`, in their order.
    pub(super) fn under(&self, store: &Store, trials: &TrialTable) -> Result<[Vec<u8>; 2], Error> {
        let mistakes = |trial: &TrialRow| {
            let index = trial.index;
            self.mistakes(&trial.trial).iter().map(move |row| MistakeRow { index, ..*row })
        };
        let provenance = |trial: &TrialRow| {
            let row = self.provenance(&trial.trial)?.clone();
            Some(ProvenanceRow { index: trial.index, ..row })
        };
        let mistakes: Vec<_> = trials.rows().iter().flat_map(mistakes).collect();
        let provenance: Vec<_> = trials.rows().iter().filter_map(provenance).collect();
        Ok([
            tables::text(&mistakes).map_err(Error::write(&store.table(Table::Mistakes)))?,
            tables::text(&provenance).map_err(Error::write(&store.table(Table::Provenance)))?,
        ])
    }

    /// The lines of a trial in the tables of a plan in which the trial has this index.
    pub(super) fn lines(&self, store: &Store, row: &TrialRow, index: usize) -> Result<TrialLines, Error> {
        let id = &row.trial;
        let epochs = self.curve(id).to_vec();
        if row.status != Status::Complete {
            return Ok(TrialLines { epochs, ..TrialLines::default() });
        }
        let mistakes: Vec<_> = self.mistakes(id).iter().map(|row| MistakeRow { index, ..*row }).collect();
        let path = store.table(Table::Provenance);
        let missing = || malformed(&path, &format!("it has no row of {id}, which is complete"));
        let provenance = ProvenanceRow { index, ..self.provenance(id).ok_or_else(missing)?.clone() };
        Ok(TrialLines {
            epochs,
            mistakes: tables::lines(&mistakes).map_err(Error::read(&store.table(Table::Mistakes)))?,
            provenance: tables::lines(&[provenance]).map_err(Error::read(&path))?,
        })
    }
}

fn text(store: &Store, table: Table) -> Result<Vec<u8>, Error> {
    let path = store.table(table);
    let missing = || malformed(&path, "it is missing, though trials.csv holds trials without a folder");
    store.read(&path)?.ok_or_else(missing)
}

/// The range of the lines of each trial.
fn curves(path: &Path, text: &[u8]) -> Result<HashMap<String, Range<usize>>, Error> {
    let header = tables::text::<EpochRow>(&[]).map_err(Error::read(path))?;
    if !text.starts_with(&header) || !text.ends_with(b"\n") {
        return Err(malformed(path, "its columns are those of another version, or its end is missing"));
    }
    let mut curves: HashMap<String, Range<usize>> = HashMap::new();
    let mut start = header.len();
    for (at, line) in text[start..].split_inclusive(|&byte| byte == b'\n').enumerate() {
        let wrong = |problem: &str| malformed(path, &format!("line {}: {problem}", at + 2));
        let id = line.split(|&byte| byte == b',').next().unwrap_or_default();
        let id = std::str::from_utf8(id).map_err(|_| wrong("it is not UTF-8"))?;
        let end = start + line.len();
        match curves.get_mut(id) {
            Some(lines) if lines.end == start => lines.end = end,
            Some(_) => return Err(wrong(&format!("the rows of {id} are not contiguous"))),
            None => {
                curves.insert(id.to_owned(), start..end);
            }
        }
        start = end;
    }
    Ok(curves)
}

/// The trials by their index in `mistakes.csv`.
///
/// A merge that was killed between two tables leaves `trials.csv` with the indices of the new plan. `provenance.csv` then
/// has those of the old plan, unless it was renamed into place too.
fn names<'t>(
    path: &Path,
    mistakes: Option<Origin>,
    trials: &'t TrialTable,
    provenance: &'t [ProvenanceRow],
) -> Result<BTreeMap<usize, &'t str>, Error> {
    let differs = |row: &&ProvenanceRow| trials.get(&row.trial).is_some_and(|trial| trial.index != row.index);
    let planned = trials.rows().iter().map(|row| (row.index, row.trial.as_str()));
    match (provenance.iter().find(differs), mistakes) {
        (None, _) | (Some(_), Some(Origin::New)) => Ok(planned.collect()),
        (Some(_), Some(Origin::Old)) => {
            Ok(provenance.iter().map(|row| (row.index, row.trial.as_str())).collect())
        }
        (Some(row), None) => {
            Err(malformed(path, &format!("{} has another index than in trials.csv", row.trial)))
        }
    }
}

/// The mistakes of each trial. A table that a merge wrote may have more trials than the provenance of another merge that
/// did not end: these have folders, and no stored row of theirs can be used.
fn by_trial(
    path: &Path,
    mistakes: Vec<MistakeRow>,
    names: &BTreeMap<usize, &str>,
    origin: Option<Origin>,
) -> Result<HashMap<String, Vec<MistakeRow>>, Error> {
    let mut by_trial: HashMap<String, Vec<MistakeRow>> = HashMap::new();
    for (at, row) in mistakes.into_iter().enumerate() {
        match names.get(&row.index) {
            Some(id) => by_trial.entry((*id).to_owned()).or_default().push(row),
            None if origin.is_some() => {}
            None => {
                let problem = format!("line {}: there is no trial with the index {}", at + 2, row.index);
                return Err(malformed(path, &problem));
            }
        }
    }
    Ok(by_trial)
}

fn malformed(path: &Path, problem: &str) -> Error {
    Error::Malformed { path: path.to_owned(), reason: format!("{problem}; {RESTORE}") }
}
