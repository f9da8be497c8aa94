//! Rows of `trials.csv`: the plan and the outcome of each trial.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{PlanRow, Row, Table, header_of, lines, parse_rows, table};
use crate::hash::sha256;
use crate::store::{Error, Outcome, Status, Store, checked_name};
use crate::value::Value;

/// One trial in `trials.csv`: the plan, then the outcome.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TrialRow {
    /// Id of the trial.
    pub trial: String,
    /// Position in the plan.
    pub index: usize,
    /// Family of the network.
    pub family: String,
    /// Iterations T.
    pub steps: usize,
    /// Hidden units n of the network; matching may have chosen them.
    pub hidden: usize,
    /// λ.
    pub sparsity: f64,
    /// γ.
    pub discriminative_weight: f64,
    /// Seed.
    pub seed: u64,
    /// Parameters of the network.
    pub parameters: usize,
    /// Status.
    #[serde(serialize_with = "write_status", deserialize_with = "read_status")]
    pub status: Status,
    /// Epoch, from 1, whose weights were kept.
    pub best_epoch: Option<usize>,
    /// Validation error at `best_epoch`, percent.
    pub valid_error: Option<f64>,
    /// Test error of the kept weights, percent.
    pub test_error: Option<f64>,
    /// Test images.
    pub test_images: Option<usize>,
    /// Value of every other swept axis, by dotted path; the same paths in every row.
    #[serde(skip)]
    pub axes: Vec<(Arc<str>, Value)>,
}

impl Row for TrialRow {
    const ADDED: &'static [&'static str] = &["test_images"];

    fn take_others<'t>(&mut self, others: impl Iterator<Item = (&'t Arc<str>, &'t str)>) {
        self.axes = others.map(|(axis, value)| (Arc::clone(axis), Value::parse(value))).collect();
    }
}

impl TrialRow {
    /// The row with the outcome of the trial.
    pub(in crate::store) fn with_outcome(&self, outcome: &Outcome) -> Self {
        Self {
            status: outcome.status,
            best_epoch: outcome.best_epoch,
            valid_error: outcome.valid_error,
            test_error: outcome.test_error,
            test_images: outcome.test_count.filter(|_| outcome.status == Status::Complete),
            ..self.clone()
        }
    }

    /// The planned row with the outcome of `other`.
    #[must_use]
    pub fn with_outcome_of(&self, other: &Self) -> Self {
        let Self { status, best_epoch, valid_error, test_error, test_images, .. } = *other;
        Self { status, best_epoch, valid_error, test_error, test_images, ..self.clone() }
    }

    /// True if the trial is complete.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.status == Status::Complete
    }

    /// The value in a column of the plan.
    #[must_use]
    pub fn value(&self, column: &str) -> Option<Value> {
        Some(match column {
            "family" => Value::parse(&self.family),
            "steps" => self.steps.into(),
            "hidden" => self.hidden.into(),
            "sparsity" => self.sparsity.into(),
            "discriminative_weight" => self.discriminative_weight.into(),
            "parameters" => self.parameters.into(),
            axis => self.axes.iter().find(|(name, _)| **name == *axis)?.1.clone(),
        })
    }

    /// The line of the row.
    pub(in crate::store) fn line(&self) -> io::Result<Vec<u8>> {
        lines(&[(self, self.axes.iter().map(|(_, value)| value).collect::<Vec<_>>())])
    }

    /// The text of a `trials.csv` of these rows.
    ///
    /// # Errors
    /// A row cannot be written as CSV.
    pub fn csv<'r>(rows: impl IntoIterator<Item = &'r Self>) -> io::Result<Vec<u8>> {
        let mut rows = rows.into_iter().peekable();
        let mut text = Self::header(rows.peek().copied())?;
        rows.try_for_each(|row| row.line().map(|line| text.extend(line)))?;
        Ok(text)
    }

    /// The header of the `trials.csv` that holds the row.
    pub(in crate::store) fn header(first: Option<&Self>) -> io::Result<Vec<u8>> {
        let mut header = header_of::<Self>()?;
        header.extend(first.iter().flat_map(|row| &row.axes).map(|(axis, _)| axis.to_string()));
        table::<[&str; 0]>(&header, &[])
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn write_status<S: Serializer>(status: &Status, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(status.name())
}

fn read_status<'de, D: Deserializer<'de>>(input: D) -> Result<Status, D::Error> {
    let name = String::deserialize(input)?;
    let status = Status::ALL.into_iter().find(|status| status.name() == name);
    status.ok_or_else(|| de::Error::custom(format!("there is no status `{}`", name.escape_debug())))
}

/// The column of `trials.csv` that holds an axis: four axes have short names, every other column is
/// named as its axis. The axis `model.hidden` is the requested width; the column `hidden` is the
/// width of the network.
#[must_use]
pub fn axis_column(axis: &str) -> &str {
    match axis {
        "model.family" => "family",
        "model.steps" => "steps",
        "objective.sparsity" => "sparsity",
        "objective.discriminative_weight" => "discriminative_weight",
        other => other,
    }
}

/// The rows of `trials.csv`, in the order of the file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrialTable {
    /// The file.
    pub path: PathBuf,
    rows: Vec<TrialRow>,
    by_id: HashMap<String, usize>,
    /// SHA-256 of the file.
    pub(in crate::store) checksum: String,
}

impl TrialTable {
    /// Reads the text of `trials.csv`; `path` names it in errors.
    ///
    /// # Errors
    /// As [`parse_rows`]; a trial has two rows, or an id that names no folder.
    pub fn parse(path: PathBuf, text: &[u8]) -> Result<Self, Error> {
        let rows: Vec<TrialRow> = parse_rows(&path, text)?;
        let mut by_id = HashMap::with_capacity(rows.len());
        for (at, row) in rows.iter().enumerate() {
            if checked_name(&row.trial).is_err() {
                let reason = format!("row {}: {:?} is no id of a trial", at + 1, row.trial);
                return Err(Error::Malformed { path, reason });
            }
            match by_id.entry(row.trial.clone()) {
                Entry::Vacant(place) => place.insert(at),
                Entry::Occupied(_) => {
                    let reason = format!("row {}: {} comes twice", at + 1, row.trial);
                    return Err(Error::Malformed { path, reason });
                }
            };
        }
        Ok(Self { path, rows, by_id, checksum: sha256(text) })
    }

    /// Removes the rows that `keep` does not accept.
    pub fn retain(&mut self, keep: impl FnMut(&TrialRow) -> bool) {
        self.rows.retain(keep);
        self.by_id = self.rows.iter().enumerate().map(|(at, row)| (row.trial.clone(), at)).collect();
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> &[TrialRow] {
        &self.rows
    }

    /// The row of a trial.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&TrialRow> {
        self.by_id.get(id).map(|&at| &self.rows[at])
    }

    /// The row of a trial that has ended.
    #[must_use]
    pub fn ended(&self, id: &str) -> Option<&TrialRow> {
        self.get(id).filter(|row| row.status != Status::Pending)
    }

    /// The row of a trial that is complete.
    #[must_use]
    pub fn complete(&self, id: &str) -> Option<&TrialRow> {
        self.get(id).filter(|row| row.is_complete())
    }
}

impl Store {
    /// The rows of `trials.csv`; none if there is no such file.
    ///
    /// # Errors
    /// The file is not the one that was merged, or is malformed; I/O fails.
    pub fn trial_table(&self) -> Result<TrialTable, Error> {
        self.parsed_trials(self.merged_text(Table::Trials)?)
    }

    /// As [`trial_table`](Self::trial_table), of a file that may have been edited: a merge writes it again from the
    /// trials' folders.
    ///
    /// # Errors
    /// The file is malformed, or I/O fails.
    pub fn trial_table_as_is(&self) -> Result<TrialTable, Error> {
        self.parsed_trials(self.read(&self.table(Table::Trials))?)
    }

    fn parsed_trials(&self, text: Option<Vec<u8>>) -> Result<TrialTable, Error> {
        let path = self.table(Table::Trials);
        match text {
            Some(text) => TrialTable::parse(path, &text).map_err(Error::with_advice),
            None => Ok(TrialTable { path, ..TrialTable::default() }),
        }
    }

    /// Returns true if `trials.csv` is absent or empty, or if it has `trials` rows with the ids of `plan.csv`.
    ///
    /// # Errors
    /// A table is malformed, or I/O fails.
    pub fn tables_hold_plan(&self, trials: usize) -> Result<bool, Error> {
        let table = self.trial_table_as_is()?;
        if table.rows.is_empty() || table.rows.len() != trials {
            return Ok(table.rows.is_empty());
        }
        let Some(plan) = self.rows::<PlanRow>(&self.plan_csv())? else { return Ok(true) };
        Ok(plan.iter().map(|row| &row.trial).eq(table.rows.iter().map(|row| &row.trial)))
    }
}
