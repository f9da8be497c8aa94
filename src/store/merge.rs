//! The merged tables: all trials of a plan in one file each.
//!
//! `trials.csv`, `epochs.csv` and `mistakes.csv` depend only on the plan and the trials' deterministic files. So a sweep
//! that is repeated, resumed or run in another order merges to the same bytes. `provenance.csv` has the
//! provenance and the wall-clock time. The trials are read in parallel and a few at a time, so that memory does not
//! grow with the plan.
//!
//! Merging never loses results: a trial whose folder is absent or damaged keeps its row in the stored tables.

mod folder;
mod listed;
mod stored;
mod sums;
mod survey;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::io::Write;

pub use self::stored::StoredTables;
use self::sums::Summing;
pub use self::sums::{NEW_SUMS, SUMS, Sums};
pub use self::survey::{MergedTexts, Survey};
use super::{Error, Status, Store, Table, TrialRow, TrialTable, atomic};
use crate::hash::sha256;

/// The outcome of a merge.
#[derive(Debug, Default)]
pub struct Merged {
    /// Trials of the plan by status.
    pub counts: BTreeMap<Status, usize>,
    /// Trials that keep their stored row, because they have no better folder.
    pub stored: usize,
    /// Damaged folders, one error each. Their trials count as pending, or have the status of their stored row.
    pub damaged: Vec<Error>,
}

impl Merged {
    fn count(&mut self, status: Status, is_stored: bool) {
        *self.counts.entry(status).or_default() += 1;
        self.stored += usize::from(is_stored);
    }
}

/// Lines of one trial in the merged tables other than `trials.csv`.
#[derive(Debug, Default)]
struct TrialLines {
    epochs: Vec<u8>,
    mistakes: Vec<u8>,
    provenance: Vec<u8>,
}

impl Store {
    /// Writes the merged tables of the planned trials, in plan order, and their checksums. Writes nothing if there are
    /// no trials' folders and the tables already hold the plan.
    ///
    /// # Errors
    /// As [`expect_planned`](Self::expect_planned), [`survey`](Self::survey) and
    /// [`Survey::texts`]; I/O fails. No table is written then, but those that an unfinished merge left may have been
    /// brought under one plan.
    pub fn merge(&self, planned: &[TrialRow]) -> Result<Merged, Error> {
        let _lock = self.lock();
        let stored = self.trial_table_as_is()?;
        self.refuse_loss(planned, &stored)?;
        let survey = self.survey(planned, stored)?;
        if let Some(merged) = survey.standing() {
            return Ok(merged);
        }
        if survey.needs_stored() {
            self.settle(survey.stored())?;
        }
        self.write_tables(survey)
    }

    /// Brings the tables that an unfinished merge left under one plan, that of `trials.csv`, and under one list: the
    /// announcement of the next merge replaces the one that they are held against. Tables that cannot be read stay as
    /// they are.
    fn settle(&self, trials: &TrialTable) -> Result<(), Error> {
        if trials.rows().is_empty() {
            return Ok(());
        }
        let read = || self.has_unfinished_merge()?.then(|| StoredTables::read(self, trials)).transpose();
        let tables = match read() {
            Err(error) if !error.is_of_the_disk() => None,
            tables => tables?,
        };
        let Some(tables) = tables else { return Ok(()) };
        let [mistakes, provenance] = tables.under(self, trials)?;
        // At every moment each table is in one of the two lists, and `mistakes.csv` in that of its indices.
        let sums = self.announce_sums([
            (Table::Trials, trials.checksum.clone()),
            (Table::Epochs, sha256(tables.epochs())),
            (Table::Mistakes, sha256(&mistakes)),
            (Table::Provenance, sha256(&provenance)),
        ])?;
        atomic::write(self.io(), &self.table(Table::Mistakes), &mistakes)?;
        atomic::write(self.io(), &self.table(Table::Provenance), &provenance)?;
        self.list_sums(&sums)
    }

    /// Refuses a plan that lacks trials that only have a row in the merged tables: [`merge`](Self::merge) would drop
    /// them.
    ///
    /// # Errors
    /// There are such rows, the table cannot be read, or I/O fails.
    pub fn expect_planned(&self, planned: &[TrialRow]) -> Result<(), Error> {
        self.refuse_loss(planned, &self.trial_table_as_is()?)
    }

    fn refuse_loss(&self, planned: &[TrialRow], stored: &TrialTable) -> Result<(), Error> {
        let planned: HashSet<&str> = planned.iter().map(|trial| trial.trial.as_str()).collect();
        // As in a merge, a complete row gives way to a complete folder alone.
        let is_kept = |row: &TrialRow| match self.status(&row.trial) {
            Ok(Status::Complete) => true,
            Ok(status) => status != Status::Pending && !row.is_complete(),
            Err(_) => false,
        };
        let lost = stored.rows().iter().filter(|row| {
            row.status != Status::Pending && !planned.contains(row.trial.as_str()) && !is_kept(row)
        });
        match lost.count() {
            0 => Ok(()),
            count => Err(Error::Unplanned { path: self.table(Table::Trials), count }),
        }
    }

    /// Writes all tables to temporary files, and then renames them into place: `trials.csv` first and the checksums
    /// last.
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

    /// Writes the tables to temporary files, and announces their checksums.
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
}
