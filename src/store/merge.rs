//! The merged tables: all trials of a plan in one file each.
//!
//! `trials.csv`, `epochs.csv` and `mistakes.csv` depend on the plan and on the trials'
//! deterministic files alone, so a sweep that is repeated, resumed or run in another order
//! merges to the same bytes. `provenance.csv` says what they were computed with, and in
//! what time. The trials are read side by side and a few at a time, so that memory does not
//! grow with the plan.
//!
//! What stands is never replaced by less: a trial whose folder is absent, or not what it
//! wrote, keeps the row that the tables have of it.

mod shares;
mod stored;
mod sums;
mod survey;
#[cfg(test)]
mod tests;
mod turn;

use std::collections::{BTreeMap, HashSet};
use std::io::Write;
use std::path::PathBuf;

use serde::Serialize;

pub use self::stored::{StoredTables, StoredTrial, StoredTrials};
use self::sums::Summing;
pub use self::sums::{NEW_SUMS, SUMS, Sums, checksum};
pub use self::survey::{Survey, Texts};
use super::{Error, Outcome, Status, Store, atomic};

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
    /// Trials of which the stored row was kept, for there is no better folder.
    pub stored: usize,
    /// Folders that are not what their trial wrote, one error each. Their trials count as
    /// pending, or as what the stored row says.
    pub damaged: Vec<Error>,
}

impl Merged {
    fn count(&mut self, status: Status, is_stored: bool) {
        *self.counts.entry(status).or_default() += 1;
        self.stored += usize::from(is_stored);
    }
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

/// What a result or a stored row says of a trial, for `trials.csv`.
#[derive(Debug, Clone, Copy, Default)]
struct Ending {
    best_epoch: Option<usize>,
    valid_error: Option<f64>,
    test_error: Option<f64>,
    test_images: Option<usize>,
}

impl Ending {
    fn of(outcome: &Outcome) -> Self {
        Self {
            best_epoch: outcome.best_epoch,
            valid_error: outcome.valid_error,
            test_error: outcome.test_error,
            test_images: outcome.test_count.filter(|_| outcome.status == Status::Complete),
        }
    }

    fn stored(row: &StoredTrial) -> Self {
        let StoredTrial { best_epoch, valid_error, test_error, test_images, .. } = *row;
        Self { best_epoch, valid_error, test_error, test_images }
    }
}

impl<'a> TrialRow<'a> {
    fn new(planned: &'a PlannedTrial, status: Status, ending: Ending) -> Self {
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
            status: status.name(),
            best_epoch: ending.best_epoch,
            valid_error: ending.valid_error,
            test_error: ending.test_error,
            test_images: ending.test_images,
        }
    }
}

/// What a trial adds to the tables beside `trials.csv`: whole lines.
#[derive(Debug, Default)]
struct Share {
    epochs: Vec<u8>,
    mistakes: Vec<u8>,
    provenance: Vec<u8>,
}

impl Store {
    /// Writes the merged tables of the planned trials, in plan order, and their checksums; where
    /// nothing would change for want of trials' folders, nothing.
    ///
    /// # Errors
    /// As [`expect_planned`](Self::expect_planned), [`survey`](Self::survey) and
    /// [`Survey::texts`]; the disk refuses. No table is written then.
    pub fn merge(&self, planned: &[PlannedTrial]) -> Result<Merged, Error> {
        let _turn = turn::take(self.io(), &self.root);
        let stored = self.stored_trials()?;
        self.refuse_loss(planned, &stored)?;
        let survey = self.survey(planned, stored)?;
        match survey.standing() {
            Some(merged) => Ok(merged),
            None => self.write_tables(survey),
        }
    }

    /// Refuses a plan that lacks trials of which there is nothing but a row in the merged
    /// tables: [`merge`](Self::merge) would drop them.
    ///
    /// # Errors
    /// There are such rows, the table cannot be read, or the disk refuses.
    pub fn expect_planned(&self, planned: &[PlannedTrial]) -> Result<(), Error> {
        self.refuse_loss(planned, &self.stored_trials()?)
    }

    fn refuse_loss(&self, planned: &[PlannedTrial], stored: &StoredTrials) -> Result<(), Error> {
        let planned: HashSet<&str> = planned.iter().map(|trial| trial.id.as_str()).collect();
        let has_folder = |id: &str| self.status(id).is_ok_and(|status| status != Status::Pending);
        let lost = stored.rows().iter().filter(|row| {
            let id = row.planned.id.as_str();
            row.status != Status::Pending && !planned.contains(id) && !has_folder(id)
        });
        match lost.count() {
            0 => Ok(()),
            count => Err(Error::Unplanned { path: self.table(Table::Trials), count }),
        }
    }

    /// Writes all tables side by side, each beside the one that it replaces, and only then puts
    /// them in place: `trials.csv` first and the checksums last.
    fn write_tables(&self, survey: Survey<'_>) -> Result<Merged, Error> {
        let [trials, epochs, mistakes, provenance] = Table::ALL.map(|table| self.table(table));
        let (io, mut done) = (self.io(), None);
        atomic::write_with(io, &provenance, |provenance| {
            atomic::write_with(io, &mistakes, |mistakes| {
                atomic::write_with(io, &epochs, |epochs| {
                    atomic::write_with(io, &trials, |trials| {
                        done = Some(self.fill(survey, [trials, epochs, mistakes, provenance])?);
                        Ok(())
                    })
                })
            })
        })?;
        let (merged, sums) = done.unwrap_or_default();
        self.write_sums(&sums)?;
        Ok(merged)
    }

    /// Writes the tables beside those in place, and announces their checksums.
    fn fill(&self, survey: Survey<'_>, tables: [&mut dyn Write; 4]) -> Result<(Merged, Sums), Error> {
        let mut tables = tables.map(Summing::new);
        let merged = survey.write(tables.each_mut().map(|table| table as &mut dyn Write))?;
        let [trials, epochs, mistakes, provenance] = tables.map(Summing::finish);
        let sums = self.announce_sums([
            (Table::Trials, trials),
            (Table::Epochs, epochs),
            (Table::Mistakes, mistakes),
            (Table::Provenance, provenance),
        ])?;
        Ok((merged, sums))
    }

    /// Where a merged table lies.
    #[must_use]
    pub fn table(&self, table: Table) -> PathBuf {
        self.root.join(table.file())
    }
}
