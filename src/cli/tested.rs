//! The tested results of a sealed sweep, which count without the folders of their trials.

use anyhow::Result;

use super::results;
use super::spec_args::SpecArgs;
use crate::spec::{Sweep, TestSet};
use crate::store::{Event, Status, Store, TrialTable};
use crate::study::plan_hash;

/// The merged rows of the trials that are tested or have diverged, once the ledger has the reading of the test images for
/// this plan; `None` before, and of a sweep that is not sealed. To train such a trial again would end in a reading that no
/// ledger records, and on another type of CPU in other errors.
pub fn rows(spec: &SpecArgs, sweep: &Sweep) -> Result<Option<TrialTable>> {
    match results::find(spec, sweep)? {
        Some(store) if sweep.test == TestSet::Sealed && is_read(sweep, &store)? => {
            let mut table = store.trial_table()?;
            table.retain(|row| row.test_error.is_some() || row.status == Status::Diverged);
            Ok(Some(table))
        }
        _ => Ok(None),
    }
}

/// True if the ledger has the reading of the test images for this plan.
pub fn is_read(sweep: &Sweep, store: &Store) -> Result<bool> {
    let own = plan_hash(sweep)?;
    Ok(store.ledger()?.iter().any(|row| row.event == Event::Unsealed && row.plan == own))
}
