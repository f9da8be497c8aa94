//! The merged tables, held against the checksums that the merges have listed.

use super::{SUMS, Sums, Table};
use crate::hash::sha256;
use crate::store::tables::{Row, parse_rows};
use crate::store::{Error, Store};

/// The checksums of the last merge that ended, and of a merge that did not.
pub(super) struct Listed {
    old: Option<Sums>,
    new: Option<Sums>,
}

/// The merge that wrote a table.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin {
    /// The last merge that ended.
    Old,
    /// A merge that did not end.
    New,
}

impl Listed {
    pub(super) fn read(store: &Store) -> Result<Self, Error> {
        Ok(Self { old: store.sums()?, new: store.announced_sums()? })
    }

    /// Refuses a table with this checksum if no merge wrote it. Without a list of a merge that ended, as earlier versions
    /// left none, any table is taken as it is.
    pub(super) fn expect(&self, store: &Store, table: Table, sum: &str) -> Result<(), Error> {
        if self.old.is_none() || self.origin(table, sum).is_some() {
            return Ok(());
        }
        let reason = format!(
            "it was changed after it was merged, for {SUMS} lists another checksum; restore both, merge the trials' \
             folders again by `drsae analyze`, or remove {SUMS} to take the table as it is"
        );
        Err(Error::Malformed { path: store.table(table), reason })
    }

    /// The merge that wrote a table, if a list has its checksum.
    pub(super) fn origin(&self, table: Table, sum: &str) -> Option<Origin> {
        let lists = |sums: &Option<Sums>| sums.as_ref().is_some_and(|it| it.get(table.file()) == Some(sum));
        let new = lists(&self.new).then_some(Origin::New);
        new.or(lists(&self.old).then_some(Origin::Old))
    }

    /// Refuses that `trials.csv` is missing if a merge wrote it and no trial's folder is left to merge it from.
    fn expect_none(&self, store: &Store, table: Table) -> Result<(), Error> {
        let is_listed = self.old.as_ref().is_some_and(|sums| sums.get(table.file()).is_some());
        if table != Table::Trials || !is_listed || !store.ended()?.is_empty() {
            return Ok(());
        }
        let reason = format!(
            "it is missing, though {SUMS} lists it; restore it, or remove {SUMS} to compute its trials again"
        );
        Err(Error::Malformed { path: store.table(table), reason })
    }
}

impl Store {
    /// The rows of a merged table other than `trials.csv`; `None` if there is no such table.
    ///
    /// # Errors
    /// The table is not the one that was merged, or is malformed; I/O fails.
    pub fn merged_rows<R: Row>(&self, table: Table) -> Result<Option<Vec<R>>, Error> {
        let Some(text) = self.merged_text(table)? else { return Ok(None) };
        parse_rows(&self.table(table), &text).map(Some).map_err(Error::with_advice)
    }

    /// The text of a table, which must be the one that was merged; `None` if there is none.
    pub(in crate::store) fn merged_text(&self, table: Table) -> Result<Option<Vec<u8>>, Error> {
        let read = || {
            let text = self.read(&self.table(table))?;
            let listed = Listed::read(self)?;
            match &text {
                Some(text) => listed.expect(self, table, &sha256(text))?,
                None => listed.expect_none(self, table)?,
            }
            Ok(text)
        };
        // A merge that ends after the first read of the table and before that of the list makes them disagree once.
        read().or_else(|_| read())
    }
}
