//! The merged tables: all trials of a plan in one file each.
//!
//! `trials.csv`, `epochs.csv` and `mistakes.csv` depend on the plan and on the trials'
//! deterministic files alone, so a sweep that is repeated, resumed or run in another order
//! merges to the same bytes. `provenance.csv` says what they were computed with, and in
//! what time. The trials are read side by side and a few at a time, so that memory does not
//! grow with the plan.

mod shares;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use rayon::prelude::*;
use serde::Serialize;

use super::{EpochRow, Error, MistakeRow, Outcome, ProvenanceRow, Status, Store, TrialFolder, atomic, rows};

/// Trials that are in memory together.
const TOGETHER: usize = 64;

/// A table that is merged from the trials' files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// What became of every trial of the plan.
    Trials,
    /// The learning curves.
    Epochs,
    /// The test images that complete trials misclassify.
    Mistakes,
    /// What complete trials were computed with.
    Provenance,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 4] = [Self::Trials, Self::Epochs, Self::Mistakes, Self::Provenance];

    /// The file's name.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Self::Trials => "trials.csv",
            Self::Epochs => "epochs.csv",
            Self::Mistakes => "mistakes.csv",
            Self::Provenance => "provenance.csv",
        }
    }
}

/// What a plan says of one trial.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedTrial {
    /// Position in the plan.
    pub index: usize,
    /// Id of the trial.
    pub id: String,
    /// Family of the network.
    pub family: String,
    /// Iterations T.
    pub steps: usize,
    /// Hidden units n that the network has (matching may have chosen them).
    pub hidden: usize,
    /// λ.
    pub sparsity: f64,
    /// γ.
    pub discriminative_weight: f64,
    /// Seed.
    pub seed: u64,
    /// Trainable numbers of the network.
    pub parameters: usize,
    /// Value of every other swept axis, by dotted path; the same paths in every trial.
    pub axes: Vec<(String, String)>,
}

/// What a merge found.
#[derive(Debug, Default)]
pub struct Merged {
    /// Trials of the plan by status.
    pub counts: BTreeMap<Status, usize>,
    /// Results that could not be read; their trials count as pending.
    pub unreadable: Vec<Error>,
}

/// The column of `trials.csv` that holds an axis: four have short names, every other is
/// called as the axis is. `model.hidden` is the width asked for; the column `hidden` is the
/// width that the network has.
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

#[derive(Serialize, Default)]
struct TrialRow<'a> {
    trial: &'a str,
    index: usize,
    family: &'a str,
    steps: usize,
    hidden: usize,
    sparsity: f64,
    discriminative_weight: f64,
    seed: u64,
    parameters: usize,
    status: &'a str,
    best_epoch: Option<usize>,
    valid_error: Option<f64>,
    test_error: Option<f64>,
    test_images: Option<usize>,
}

impl<'a> TrialRow<'a> {
    fn new(trial: &'a Surveyed<'_>) -> Self {
        let Surveyed { planned, outcome } = trial;
        let outcome = outcome.as_ref();
        Self {
            trial: &planned.id,
            index: planned.index,
            family: &planned.family,
            steps: planned.steps,
            hidden: planned.hidden,
            sparsity: planned.sparsity,
            discriminative_weight: planned.discriminative_weight,
            seed: planned.seed,
            parameters: planned.parameters,
            status: trial.status().name(),
            best_epoch: outcome.and_then(|outcome| outcome.best_epoch),
            valid_error: outcome.and_then(|outcome| outcome.valid_error),
            test_error: outcome.and_then(|outcome| outcome.test_error),
            test_images: trial.complete().and_then(|outcome| outcome.test_count),
        }
    }
}

impl Store {
    /// Writes the merged tables of the planned trials, in plan order.
    ///
    /// # Errors
    /// As [`survey`](Self::survey) and [`Survey::text`].
    pub fn merge(&self, planned: &[PlannedTrial]) -> Result<Merged, Error> {
        let survey = self.survey(planned)?;
        for table in Table::ALL {
            atomic::write_with(self.io(), &self.table(table), |out| survey.write(table, out))?;
        }
        Ok(survey.merged)
    }

    /// Reads what became of the planned trials.
    ///
    /// # Errors
    /// An id is no plain folder name.
    pub fn survey<'a>(&'a self, planned: &'a [PlannedTrial]) -> Result<Survey<'a>, Error> {
        let read = |planned: &'a PlannedTrial| Ok((planned, self.trial(&planned.id)?.outcome()));
        let read: Result<Vec<_>, Error> = planned.par_iter().map(read).collect();
        let mut survey = Survey { store: self, trials: Vec::new(), merged: Merged::default() };
        for (planned, outcome) in read? {
            let outcome = outcome.unwrap_or_else(|error| {
                survey.merged.unreadable.push(error);
                None
            });
            let trial = Surveyed { planned, outcome };
            *survey.merged.counts.entry(trial.status()).or_default() += 1;
            survey.trials.push(trial);
        }
        survey.trials.sort_by_key(|trial| trial.planned.index);
        Ok(survey)
    }

    /// Where a merged table lies.
    #[must_use]
    pub fn table(&self, table: Table) -> PathBuf {
        self.root.join(table.file())
    }
}

/// The trials of a plan with what became of them, ready to be merged.
pub struct Survey<'a> {
    store: &'a Store,
    /// In plan order.
    trials: Vec<Surveyed<'a>>,
    /// What was found.
    pub merged: Merged,
}

/// A planned trial and its result; none where it is pending.
struct Surveyed<'a> {
    planned: &'a PlannedTrial,
    outcome: Option<Outcome>,
}

/// What a trial adds to a table: whole lines.
type Share = fn(&Surveyed<'_>, &TrialFolder) -> Result<Vec<u8>, Error>;

impl Surveyed<'_> {
    fn status(&self) -> Status {
        self.outcome.as_ref().map_or(Status::Pending, |outcome| outcome.status)
    }

    /// The result of a complete trial.
    fn complete(&self) -> Option<&Outcome> {
        self.outcome.as_ref().filter(|outcome| outcome.status == Status::Complete)
    }
}

impl Survey<'_> {
    /// The text of a table, as [`Store::merge`] writes it.
    ///
    /// # Errors
    /// A trial's learning curve was written by another version, a complete trial lacks a
    /// file or has one that is not as written, or the disk refuses.
    pub fn text(&self, table: Table) -> Result<Vec<u8>, Error> {
        let mut text = Vec::new();
        self.write(table, &mut text)?;
        Ok(text)
    }

    fn write(&self, table: Table, out: &mut dyn Write) -> Result<(), Error> {
        match table {
            Table::Trials => self.write_trials(out),
            Table::Epochs => self.write_shares::<EpochRow>(table, shares::epochs, out),
            Table::Mistakes => self.write_shares::<MistakeRow>(table, shares::mistakes, out),
            Table::Provenance => self.write_shares::<ProvenanceRow>(table, shares::provenance, out),
        }
    }

    fn write_trials(&self, out: &mut dyn Write) -> Result<(), Error> {
        let path = self.store.table(Table::Trials);
        let axes = self.trials.first().map_or(&[][..], |trial| &trial.planned.axes);
        let mut header = rows::header::<TrialRow<'_>>().map_err(Error::write(&path))?;
        header.extend(axes.iter().map(|(axis, _)| axis.clone()));
        let values =
            |trial: &Surveyed<'_>| trial.planned.axes.iter().map(|(_, value)| value.clone()).collect();
        let table: Vec<(_, Vec<_>)> =
            self.trials.iter().map(|trial| (TrialRow::new(trial), values(trial))).collect();
        let text = rows::table(&header, &table).map_err(Error::write(&path))?;
        out.write_all(&text).map_err(Error::write(&path))
    }

    /// Writes the header of `T`, and after it the trials' shares in plan order.
    fn write_shares<T: Serialize + Default>(
        &self,
        table: Table,
        share: Share,
        out: &mut dyn Write,
    ) -> Result<(), Error> {
        let path = self.store.table(table);
        let header = rows::text::<T>(&[]).map_err(Error::write(&path))?;
        out.write_all(&header).map_err(Error::write(&path))?;
        for trials in self.trials.chunks(TOGETHER) {
            let read = |trial: &Surveyed<'_>| share(trial, &self.store.trial(&trial.planned.id)?);
            let shares: Vec<_> = trials.par_iter().map(read).collect();
            for share in shares {
                out.write_all(&share?).map_err(Error::write(&path))?;
            }
        }
        Ok(())
    }
}
