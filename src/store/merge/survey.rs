//! The source of each planned trial's row, a folder or a stored row, and the merged tables.

use std::io::{self, Write};
use std::path::PathBuf;

use rayon::prelude::*;

use super::stored::StoredTables;
use super::sums::Sums;
use super::{Merged, Table, TrialLines, folder};
use crate::store::{
    EpochRow, Error, MistakeRow, Outcome, ProvenanceRow, Sealed, Status, Store, TrialRow, TrialTable, tables,
};

/// Number of trials that are in memory together.
pub(super) const TOGETHER: usize = 64;

/// The trials of a plan with their results, ready to merge.
pub struct Survey<'a> {
    store: &'a Store,
    stored: TrialTable,
    /// In plan order.
    trials: Vec<Surveyed<'a>>,
}

/// A planned trial and the result in its folder; `None` if it is pending.
struct Surveyed<'a> {
    planned: &'a TrialRow,
    result: Result<Option<Sealed>, Error>,
}

/// A planned trial and the lines that its intact folder adds to the tables.
struct Read<'a> {
    planned: &'a TrialRow,
    found: Result<Option<(Outcome, TrialLines)>, Error>,
}

/// The merged tables as texts.
#[derive(Debug, Default)]
pub struct MergedTexts([Vec<u8>; 4]);

impl MergedTexts {
    /// The text of a table.
    #[must_use]
    pub fn of(&self, table: Table) -> &[u8] {
        &self.0[table as usize]
    }

    /// The text of `SHA256SUMS` with these further files, each with its name.
    #[must_use]
    pub fn sums(&self, files: &[(&str, Vec<u8>)]) -> String {
        let mut sums = Sums::default();
        for (name, text) in files {
            sums.insert(name, text);
        }
        for table in Table::ALL {
            sums.insert(table.file(), self.of(table));
        }
        sums.text()
    }
}

impl Store {
    /// Reads the results of the planned trials; the `stored` row is used if a trial's folder has no result.
    ///
    /// # Errors
    /// An id is not a plain folder name, or I/O fails.
    pub fn survey<'a>(&'a self, planned: &'a [TrialRow], stored: TrialTable) -> Result<Survey<'a>, Error> {
        let begun = self.ended()?;
        let read = |planned: &'a TrialRow| {
            let folder = self.trial(&planned.trial)?;
            let result = if begun.contains(&planned.trial) { folder.sealed() } else { Ok(None) };
            Ok(Surveyed { planned, result })
        };
        let trials: Result<Vec<_>, Error> = planned.par_iter().map(read).collect();
        let mut trials = trials?;
        trials.sort_by_key(|trial| trial.planned.index);
        Ok(Survey { store: self, stored, trials })
    }
}

impl Survey<'_> {
    /// The texts of the tables, as [`Store::merge`] writes them.
    ///
    /// # Errors
    /// A stored table that is needed for a trial's row is missing or was changed.
    pub fn texts(self) -> Result<(Merged, MergedTexts), Error> {
        let mut texts = MergedTexts::default();
        let [trials, epochs, mistakes, provenance] = &mut texts.0;
        let merged = self.write([trials, epochs, mistakes, provenance])?;
        Ok((merged, texts))
    }

    /// The stored `trials.csv`.
    pub(super) fn stored(&self) -> &TrialTable {
        &self.stored
    }

    /// True if a planned trial has no complete folder, so that its stored row may be needed.
    pub(super) fn needs_stored(&self) -> bool {
        let is_complete = |sealed: &Sealed| sealed.outcome.status == Status::Complete;
        self.trials.iter().any(|trial| !matches!(&trial.result, Ok(Some(sealed)) if is_complete(sealed)))
    }

    /// The outcome of a merge that would change nothing: no folder has a result, and the
    /// stored rows are those of the plan.
    pub(super) fn standing(&self) -> Option<Merged> {
        let (rows, mut merged) = (self.stored.rows(), Merged::default());
        let stands = |(trial, row): (&Surveyed<'_>, &TrialRow)| {
            matches!(trial.result, Ok(None)) && trial.planned.with_outcome_of(row) == *row
        };
        let are_planned = rows.len() == self.trials.len() && self.trials.iter().zip(rows).all(stands);
        if rows.is_empty() || !are_planned || !is_settled(&self.stored, self.store) {
            return None;
        }
        for row in rows {
            merged.count(row.status, row.status != Status::Pending);
        }
        Some(merged)
    }

    /// Writes the tables, in the order of [`Table::ALL`].
    pub(super) fn write(self, tables: [&mut dyn Write; 4]) -> Result<Merged, Error> {
        let Self { store, stored, trials } = self;
        let paths = Table::ALL.map(|table| store.table(table));
        let mut out = Out { tables, paths };
        out.put(Table::Trials, TrialRow::header(trials.first().map(|trial| trial.planned)))?;
        out.put(Table::Epochs, tables::text::<EpochRow>(&[]))?;
        out.put(Table::Mistakes, tables::text::<MistakeRow>(&[]))?;
        out.put(Table::Provenance, tables::text::<ProvenanceRow>(&[]))?;
        let mut chooser = Chooser { store, stored: &stored, tables: None, merged: Merged::default() };
        let mut trials = trials.into_iter();
        loop {
            let together: Vec<_> = trials.by_ref().take(TOGETHER).collect();
            if together.is_empty() {
                return Ok(chooser.merged);
            }
            let read: Vec<_> = together.into_par_iter().map(|trial| trial.read(store)).collect();
            for Read { planned, found } in read {
                let (row, lines) = chooser.choose(planned, found)?;
                out.put(Table::Trials, row.line())?;
                out.put(Table::Epochs, Ok(lines.epochs))?;
                out.put(Table::Mistakes, Ok(lines.mistakes))?;
                out.put(Table::Provenance, Ok(lines.provenance))?;
            }
        }
    }
}

/// Returns true if `trials.csv` is the one of the last merge that ended, as far as that is known.
fn is_settled(table: &TrialTable, store: &Store) -> bool {
    let is_listed = |sums: Sums| sums.get(Table::Trials.file()) == Some(table.checksum.as_str());
    matches!(store.has_unfinished_merge(), Ok(false))
        && store.sums().is_ok_and(|sums| sums.is_none_or(is_listed))
}

/// The outputs of a merge.
struct Out<'o> {
    tables: [&'o mut dyn Write; 4],
    paths: [PathBuf; 4],
}

impl Out<'_> {
    fn put(&mut self, table: Table, text: io::Result<Vec<u8>>) -> Result<(), Error> {
        let at = table as usize;
        text.and_then(|text| self.tables[at].write_all(&text)).map_err(Error::write(&self.paths[at]))
    }
}

impl<'a> Surveyed<'a> {
    /// Reads the files of an ended trial and checks them against its result.
    fn read(self, store: &Store) -> Read<'a> {
        let planned = self.planned;
        let lines = |sealed: Sealed| {
            let tested = store.tested(&planned.trial, &sealed.outcome)?;
            let tested = tested.as_ref().map(|(folder, sealed)| (folder, sealed));
            let lines = folder::read(planned.index, &sealed, &store.trial(&planned.trial)?, tested)?;
            Ok((tested.map_or(sealed.outcome, |(_, tested)| tested.outcome.clone()), lines))
        };
        Read { planned, found: self.result.and_then(|sealed| sealed.map(lines).transpose()) }
    }
}

/// Chooses between a trial's folder and its stored row.
struct Chooser<'s> {
    store: &'s Store,
    stored: &'s TrialTable,
    /// The other merged tables, read when the first of their rows is needed.
    tables: Option<StoredTables>,
    merged: Merged,
}

impl Chooser<'_> {
    /// The order of preference: a complete folder, a complete row, a folder with another status, any other row.
    fn choose(
        &mut self,
        planned: &TrialRow,
        found: Result<Option<(Outcome, TrialLines)>, Error>,
    ) -> Result<(TrialRow, TrialLines), Error> {
        let folder = match found {
            Ok(folder) => folder,
            // The folder may be readable next time; until then the tables must keep the row.
            Err(error) if error.is_of_the_disk() => return Err(error),
            Err(error) => {
                self.merged.damaged.push(error);
                None
            }
        };
        let stored = match &folder {
            Some((outcome, _)) if outcome.status == Status::Complete => {
                // The folder of its test may be gone.
                let is_untested = outcome.test_error.is_none();
                self.stored.complete(&planned.trial).filter(|row| is_untested && row.test_error.is_some())
            }
            Some(_) => self.stored.complete(&planned.trial),
            None => self.stored.ended(&planned.trial),
        };
        let (row, lines) = match (stored, folder) {
            (Some(stored), _) => {
                let store = self.store;
                let lines = self.tables()?.lines(store, stored, planned.index)?;
                (planned.with_outcome_of(stored), lines)
            }
            (None, Some((outcome, lines))) => (planned.with_outcome(&outcome), lines),
            (None, None) => (planned.clone(), TrialLines::default()),
        };
        self.merged.count(row.status, stored.is_some());
        Ok((row, lines))
    }

    fn tables(&mut self) -> Result<&StoredTables, Error> {
        match &mut self.tables {
            Some(tables) => Ok(tables),
            unread => Ok(unread.insert(StoredTables::read(self.store, self.stored)?)),
        }
    }
}
