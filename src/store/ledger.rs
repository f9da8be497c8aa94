//! `ledger.csv`: when plans were frozen, and when test images were read.
//!
//! Rows are added and never changed. The file has dates, so it differs between repetitions.

use serde::{Deserialize, Serialize};

use super::{Error, Row, Store, atomic, csv};

/// Name of the file.
const FILE: &str = "ledger.csv";

/// An event of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The plan was frozen.
    #[default]
    Frozen,
    /// The networks of the plan were tested.
    Unsealed,
}

/// One event, in `ledger.csv`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LedgerRow {
    /// The event.
    pub event: Event,
    /// Its time, RFC 3339, UTC.
    pub date: String,
    /// SHA-256 of the plan: of `frozen.toml`, or of the `sweep.toml` of a sweep without a search.
    pub plan: String,
    /// Checksums of the data: `name=checksum`, joined by `; `.
    pub data: String,
    /// Trials of the plan.
    pub trials: usize,
    /// Commit that the program was built from.
    pub commit: Option<String>,
}

impl Row for LedgerRow {}

impl Store {
    /// The rows of `ledger.csv`, in the order in which they were added; none where there is no such file.
    ///
    /// # Errors
    /// The file is malformed, or I/O fails.
    pub fn ledger(&self) -> Result<Vec<LedgerRow>, Error> {
        Ok(self.rows(&self.root().join(FILE))?.unwrap_or_default())
    }

    /// Adds a row to `ledger.csv` unless the last row of its event is of the same plan.
    ///
    /// # Errors
    /// The file is malformed, or I/O fails.
    pub fn record_event(&self, row: LedgerRow) -> Result<(), Error> {
        let _lock = self.lock();
        let mut rows = self.ledger()?;
        let is_same = |known: &LedgerRow| (known.event, &known.plan) == (row.event, &row.plan);
        if rows.iter().rev().find(|known| known.event == row.event).is_some_and(is_same) {
            return Ok(());
        }
        rows.push(row);
        atomic::write(self.io(), &self.root().join(FILE), &csv(&rows)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_added_once_and_kept() {
        let results = tempfile::tempdir().unwrap();
        let store = Store::open(&results.path().join("study"), "name = \"study\"\n").unwrap();
        let row = |event, plan: &str, date: &str| LedgerRow {
            event,
            date: date.to_owned(),
            plan: plan.to_owned(),
            data: "strokes=version 1".to_owned(),
            trials: 4,
            commit: None,
        };
        store.record_event(row(Event::Frozen, "aa", "2026-01-01T00:00:00Z")).unwrap();
        // Again after a kill: the first date stays.
        store.record_event(row(Event::Frozen, "aa", "2026-01-02T00:00:00Z")).unwrap();
        store.record_event(row(Event::Unsealed, "aa", "2026-01-03T00:00:00Z")).unwrap();
        store.record_event(row(Event::Frozen, "bb", "2026-01-04T00:00:00Z")).unwrap();
        insta::assert_snapshot!(std::fs::read_to_string(store.root().join("ledger.csv")).unwrap(), @r"
        event,date,plan,data,trials,commit
        frozen,2026-01-01T00:00:00Z,aa,strokes=version 1,4,
        unsealed,2026-01-03T00:00:00Z,aa,strokes=version 1,4,
        frozen,2026-01-04T00:00:00Z,bb,strokes=version 1,4,
        ");
        assert_eq!(store.ledger().unwrap().len(), 3);
    }
}
