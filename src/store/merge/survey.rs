//! What there is of each planned trial, folder or stored row, and the tables that it makes.

use std::io::{self, Write};
use std::path::PathBuf;

use rayon::prelude::*;

use super::stored::{StoredTables, StoredTrial, StoredTrials};
use super::sums::Sums;
use super::{Ending, Merged, PlannedTrial, Share, Table, TrialRow, shares};
use crate::store::{EpochRow, Error, MistakeRow, Outcome, ProvenanceRow, Sealed, Status, Store, rows};

/// Trials that are in memory together.
pub(super) const TOGETHER: usize = 64;

/// The trials of a plan with what there is of them, ready to be merged.
pub struct Survey<'a> {
    store: &'a Store,
    stored: StoredTrials,
    /// In plan order.
    trials: Vec<Surveyed<'a>>,
}

/// A planned trial and the result in its folder; none where it is pending.
struct Surveyed<'a> {
    planned: &'a PlannedTrial,
    result: Result<Option<Sealed>, Error>,
}

/// A planned trial and what a whole folder of an ended trial adds to the tables.
struct Read<'a> {
    planned: &'a PlannedTrial,
    found: Result<Option<(Outcome, Share)>, Error>,
}

/// The merged tables as texts.
#[derive(Debug, Default)]
pub struct Texts([Vec<u8>; 4]);

impl Texts {
    /// The text of a table.
    #[must_use]
    pub fn of(&self, table: Table) -> &[u8] {
        &self.0[table as usize]
    }

    /// The text of `SHA256SUMS`, beside this `plan.csv`.
    #[must_use]
    pub fn sums(&self, plan: &[u8]) -> String {
        let mut sums = Sums::default();
        sums.insert("plan.csv", plan);
        for table in Table::ALL {
            sums.insert(table.file(), self.of(table));
        }
        sums.text()
    }
}

impl Store {
    /// The text of `trials.csv` of a plan of which nothing has run.
    ///
    /// # Errors
    /// It cannot be put together.
    pub fn bare_trials(&self, planned: &[PlannedTrial]) -> Result<Vec<u8>, Error> {
        let pending = |planned| Surveyed { planned, result: Ok(None) };
        let trials = planned.iter().map(pending).collect();
        let (_, texts) = Survey { store: self, stored: StoredTrials::default(), trials }.texts()?;
        Ok(texts.of(Table::Trials).to_vec())
    }

    /// Reads the results of the planned trials, which `stored` rows stand in for where a trial's
    /// folder has none.
    ///
    /// # Errors
    /// An id is no plain folder name, or the disk refuses.
    pub fn survey<'a>(
        &'a self,
        planned: &'a [PlannedTrial],
        stored: StoredTrials,
    ) -> Result<Survey<'a>, Error> {
        let begun = self.ended()?;
        let read = |planned: &'a PlannedTrial| {
            let folder = self.trial(&planned.id)?;
            let result = if begun.contains(&planned.id) { folder.sealed() } else { Ok(None) };
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
    /// A stored table that a trial's row is to be taken from is missing or not as written.
    pub fn texts(self) -> Result<(Merged, Texts), Error> {
        let mut texts = Texts::default();
        let [trials, epochs, mistakes, provenance] = &mut texts.0;
        let merged = self.write([trials, epochs, mistakes, provenance])?;
        Ok((merged, texts))
    }

    /// What a merge would find, where all of it stands already: no folder has a result, and the
    /// stored rows are those of the plan.
    pub(super) fn standing(&self) -> Option<Merged> {
        let (rows, mut merged) = (self.stored.rows(), Merged::default());
        let stands = |(trial, row): (&Surveyed<'_>, &StoredTrial)| {
            matches!(trial.result, Ok(None)) && *trial.planned == row.planned
        };
        let are_planned = rows.len() == self.trials.len() && self.trials.iter().zip(rows).all(stands);
        if rows.is_empty() || !are_planned || !self.stored.is_settled(self.store) {
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
        out.put(Table::Trials, header(&trials))?;
        out.put(Table::Epochs, rows::text::<EpochRow>(&[]))?;
        out.put(Table::Mistakes, rows::text::<MistakeRow>(&[]))?;
        out.put(Table::Provenance, rows::text::<ProvenanceRow>(&[]))?;
        let mut chooser = Chooser { store, stored: &stored, tables: None, merged: Merged::default() };
        let mut trials = trials.into_iter();
        loop {
            let together: Vec<_> = trials.by_ref().take(TOGETHER).collect();
            if together.is_empty() {
                return Ok(chooser.merged);
            }
            let read: Vec<_> = together.into_par_iter().map(|trial| trial.read(store)).collect();
            for Read { planned, found } in read {
                let (row, share) = chooser.choose(planned, found)?;
                let axes: Vec<&str> = planned.axes.iter().map(|(_, value)| value.as_str()).collect();
                out.put(Table::Trials, rows::lines(&[(row, axes)]))?;
                out.put(Table::Epochs, Ok(share.epochs))?;
                out.put(Table::Mistakes, Ok(share.mistakes))?;
                out.put(Table::Provenance, Ok(share.provenance))?;
            }
        }
    }
}

fn header(trials: &[Surveyed<'_>]) -> io::Result<Vec<u8>> {
    let axes = trials.first().map_or(&[][..], |trial| &trial.planned.axes);
    let mut header = rows::header::<TrialRow<'_>>()?;
    header.extend(axes.iter().map(|(axis, _)| axis.clone()));
    rows::table::<[&str; 0]>(&header, &[])
}

/// Where the tables go.
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
    /// Reads the files of an ended trial and holds them against its result.
    fn read(self, store: &Store) -> Read<'a> {
        let planned = self.planned;
        let share = |sealed: Sealed| {
            let share = shares::read(planned.index, &sealed, &store.trial(&planned.id)?)?;
            Ok((sealed.outcome, share))
        };
        Read { planned, found: self.result.and_then(|sealed| sealed.map(share).transpose()) }
    }
}

/// Chooses between a trial's folder and its stored row.
struct Chooser<'s> {
    store: &'s Store,
    stored: &'s StoredTrials,
    /// The tables beside `trials.csv`, read when the first row of them is needed.
    tables: Option<StoredTables>,
    merged: Merged,
}

impl Chooser<'_> {
    /// A complete folder comes before a complete row, that before any other ending in a folder,
    /// and that before any other row.
    fn choose<'p>(
        &mut self,
        planned: &'p PlannedTrial,
        found: Result<Option<(Outcome, Share)>, Error>,
    ) -> Result<(TrialRow<'p>, Share), Error> {
        let folder = match found {
            Ok(folder) => folder,
            // Another time it may be read: what stands must not be replaced by less meanwhile.
            Err(error) if error.is_of_the_disk() => return Err(error),
            Err(error) => {
                self.merged.damaged.push(error);
                None
            }
        };
        let is_complete = |outcome: &Outcome| outcome.status == Status::Complete;
        let row = match &folder {
            Some((outcome, _)) if is_complete(outcome) => None,
            Some(_) => self.stored.complete(&planned.id),
            None => self.stored.ended(&planned.id),
        };
        if let Some(row) = row {
            self.merged.count(row.status, true);
            let store = self.store;
            let share = self.tables()?.share(store, row, planned.index)?;
            return Ok((TrialRow::new(planned, row.status, Ending::stored(row)), share));
        }
        let (status, ending, share) = match folder {
            Some((outcome, share)) => (outcome.status, Ending::of(&outcome), share),
            None => (Status::Pending, Ending::default(), Share::default()),
        };
        self.merged.count(status, false);
        Ok((TrialRow::new(planned, status, ending), share))
    }

    fn tables(&mut self) -> Result<&StoredTables, Error> {
        match &mut self.tables {
            Some(tables) => Ok(tables),
            unread => Ok(unread.insert(StoredTables::read(self.store, self.stored)?)),
        }
    }
}
