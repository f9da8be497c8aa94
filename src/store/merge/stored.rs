//! The merged tables as they stand in a results folder: what is known of trials whose own
//! folders are not kept.

mod lines;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use csv::StringRecord;

pub use self::lines::StoredTables;
use super::{PlannedTrial, Sums, Table, checksum};
use crate::store::{Error, Status, Store};

/// What to do with a table that cannot be read.
const RESTORE: &str = "restore it, or move it away to merge the trials' folders alone";

/// Columns of `trials.csv` that every version wrote; all others but `test_images` are axes.
const FIXED: [&str; 13] = [
    "trial",
    "index",
    "family",
    "steps",
    "hidden",
    "sparsity",
    "discriminative_weight",
    "seed",
    "parameters",
    "status",
    "best_epoch",
    "valid_error",
    "test_error",
];

/// Column that the first versions did not write.
const IMAGES: &str = "test_images";

/// A row of `trials.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTrial {
    /// What the plan said of the trial.
    pub planned: PlannedTrial,
    /// What became of it.
    pub status: Status,
    /// Epoch, from 1, whose weights were kept.
    pub best_epoch: Option<usize>,
    /// Validation error at `best_epoch`, percent.
    pub valid_error: Option<f64>,
    /// Test error of the kept weights, percent.
    pub test_error: Option<f64>,
    /// Test images.
    pub test_images: Option<usize>,
}

/// The rows of `trials.csv`, in the order of the file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StoredTrials {
    rows: Vec<StoredTrial>,
    by_id: HashMap<String, usize>,
    /// SHA-256 of the file.
    sum: String,
}

impl StoredTrials {
    /// All rows.
    #[must_use]
    pub fn rows(&self) -> &[StoredTrial] {
        &self.rows
    }

    /// The row of a trial.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&StoredTrial> {
        self.by_id.get(id).map(|&at| &self.rows[at])
    }

    /// The row of a trial that has ended.
    #[must_use]
    pub fn ended(&self, id: &str) -> Option<&StoredTrial> {
        self.get(id).filter(|row| row.status != Status::Pending)
    }

    /// The row of a trial that is complete.
    #[must_use]
    pub fn complete(&self, id: &str) -> Option<&StoredTrial> {
        self.get(id).filter(|row| row.status == Status::Complete)
    }

    /// Whether the file is the one that a merge reached its end with, as far as that is known.
    pub(super) fn is_settled(&self, store: &Store) -> bool {
        let is_listed = |sums: Sums| sums.get(Table::Trials.file()) == Some(self.sum.as_str());
        matches!(store.announced_sums(), Ok(None))
            && store.sums().is_ok_and(|sums| sums.is_none_or(is_listed))
    }

    fn read(path: &Path, text: &[u8]) -> Result<Self, Error> {
        let mut reader = csv::Reader::from_reader(text);
        let header = reader.headers().map_err(|error| malformed(path, &error.to_string()))?.clone();
        let columns = Columns::of(path, &header)?;
        let mut stored = Self { sum: checksum(text), ..Self::default() };
        for record in reader.records() {
            let record = record.map_err(|error| malformed(path, &error.to_string()))?;
            let row = columns.trial(&record).map_err(|problem| malformed(path, &at(&record, &problem)))?;
            match stored.by_id.entry(row.planned.id.clone()) {
                Entry::Vacant(place) => place.insert(stored.rows.len()),
                Entry::Occupied(_) => {
                    let problem = format!("{} comes twice", row.planned.id);
                    return Err(malformed(path, &at(&record, &problem)));
                }
            };
            stored.rows.push(row);
        }
        Ok(stored)
    }
}

impl Store {
    /// The rows of `trials.csv` as it stands; none where there is no such file.
    ///
    /// # Errors
    /// The file is not as a merge writes it, or the disk refuses.
    pub fn stored_trials(&self) -> Result<StoredTrials, Error> {
        let path = self.table(Table::Trials);
        self.read(&path)?.map_or_else(|| Ok(StoredTrials::default()), |text| StoredTrials::read(&path, &text))
    }
}

impl Store {
    /// Whether `trials.csv`, where there is one, has so many trials, and those of `plan.csv`.
    ///
    /// # Errors
    /// A table is not as written, or the disk refuses.
    pub fn tables_hold_plan(&self, trials: usize) -> Result<bool, Error> {
        let stored = self.stored_trials()?;
        if stored.rows.is_empty() || stored.rows.len() != trials {
            return Ok(stored.rows.is_empty());
        }
        let path = self.plan_csv();
        let Some(text) = self.read(&path)? else { return Ok(true) };
        let mut reader = csv::Reader::from_reader(text.as_slice());
        let wrong = |error: csv::Error| malformed(&path, &error.to_string());
        let at = reader.headers().map_err(wrong)?.iter().position(|column| column == "trial");
        let ids: Vec<_> = reader.records().collect::<Result<_, _>>().map_err(wrong)?;
        let ids =
            ids.iter().map(|record: &StringRecord| at.and_then(|at| record.get(at)).unwrap_or_default());
        Ok(ids.eq(stored.rows.iter().map(|row| row.planned.id.as_str())))
    }
}

/// Where the columns of a `trials.csv` are.
struct Columns {
    fixed: HashMap<&'static str, usize>,
    images: Option<usize>,
    axes: Vec<(usize, String)>,
}

impl Columns {
    fn of(path: &Path, header: &StringRecord) -> Result<Self, Error> {
        let find = |name: &str| header.iter().position(|column| column == name);
        let column = |name: &'static str| {
            find(name)
                .map(|at| (name, at))
                .ok_or_else(|| malformed(path, &format!("line 1: it has no column `{name}`")))
        };
        let known = |name: &str| FIXED.contains(&name) || name == IMAGES;
        let axes = header.iter().enumerate().filter(|(_, name)| !known(name));
        Ok(Self {
            fixed: FIXED.into_iter().map(column).collect::<Result<_, _>>()?,
            images: find(IMAGES),
            axes: axes.map(|(at, name)| (at, name.to_owned())).collect(),
        })
    }

    fn trial(&self, record: &StringRecord) -> Result<StoredTrial, String> {
        let text = |name: &str| record.get(self.fixed[name]).unwrap_or_default();
        let status = text("status");
        let status = Status::ALL
            .into_iter()
            .find(|known| known.name() == status)
            .ok_or_else(|| format!("there is no status `{status}`"))?;
        let images = self.images.and_then(|at| record.get(at)).unwrap_or_default();
        let planned = PlannedTrial {
            id: text("trial").to_owned(),
            index: number("index", text("index"))?,
            family: text("family").to_owned(),
            steps: number("steps", text("steps"))?,
            hidden: number("hidden", text("hidden"))?,
            sparsity: number("sparsity", text("sparsity"))?,
            discriminative_weight: number("discriminative_weight", text("discriminative_weight"))?,
            seed: number("seed", text("seed"))?,
            parameters: number("parameters", text("parameters"))?,
            axes: self
                .axes
                .iter()
                .map(|(at, axis)| (axis.clone(), record.get(*at).unwrap_or_default().to_owned()))
                .collect(),
        };
        Ok(StoredTrial {
            planned,
            status,
            best_epoch: optional("best_epoch", text("best_epoch"))?,
            valid_error: optional("valid_error", text("valid_error"))?,
            test_error: optional("test_error", text("test_error"))?,
            test_images: optional(IMAGES, images)?,
        })
    }
}

fn number<T: FromStr>(column: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{column}` is `{}`, which is no such number", text.escape_debug()))
}

/// An empty field is an absent number.
fn optional<T: FromStr>(column: &str, text: &str) -> Result<Option<T>, String> {
    if text.is_empty() { Ok(None) } else { number(column, text).map(Some) }
}

fn at(record: &StringRecord, problem: &str) -> String {
    let line = record.position().map_or(0, csv::Position::line);
    format!("line {line}: {problem}")
}

fn malformed(path: &Path, problem: &str) -> Error {
    Error::Malformed { path: PathBuf::from(path), reason: format!("{problem}; {RESTORE}") }
}
