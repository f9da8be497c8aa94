//! The end of `drsae sweep`: merge, compare, and report what is not complete.

use std::collections::HashSet;
use std::io::Write;
use std::process::ExitCode;

use anyhow::{Error, Result, anyhow};

use super::results::warn_of_damage;
use super::terminal::{output, print_message};
use super::{analyze, tested};
use crate::engine::{self, Pending, planned, stale};
use crate::plan::{Plan, Trial};
use crate::spec::{Sweep, TestSet};
use crate::store::{Merged, Status, Store, Table, TrialTable};
use crate::text::{chain, printable, shown};

/// Publishes results of killed processes, and removes their other files of trials that have ended.
pub fn tidy(plan: &Plan, store: &Store) {
    if let Err(error) = engine::tidy(&plan.trials, store) {
        print_message(format_args!(
            "warning: cannot remove the files of killed processes: {}",
            printable(&chain(&error))
        ));
    }
}

/// A run of a sweep into its results folder.
pub struct SweepRun<'a> {
    pub sweep: &'a Sweep,
    pub plan: &'a Plan,
    pub store: &'a Store,
    /// The command line that continues the sweep.
    pub command: &'a str,
    /// Merged rows that count without a trial's folder.
    pub stored: Option<&'a TrialTable>,
}

impl SweepRun<'_> {
    /// Prints the number of results on disk that are not in the plan.
    pub fn print_stale(&self) -> Result<()> {
        for (why, count) in stale::counts(&stale::find(self.plan, self.store)?) {
            print_message(format_args!(
                "{}: ignoring {count} stale results in {}: {}",
                self.plan.name,
                shown(&self.store.trials()),
                printable(&why.to_string())
            ));
        }
        Ok(())
    }

    /// Prints the number of pending trials that are computed again although the tables have their results.
    pub fn print_stored(&self, pending: &[Pending]) -> Result<()> {
        let stored = self.store.trial_table()?;
        let pending = pending.iter().map(|pending| pending.trial);
        let ended = pending.filter(|trial| stored.ended(&trial.id).is_some());
        let count = ended.filter(|trial| self.status(trial) == Status::Pending).count();
        if count > 0 {
            print_message(format_args!(
                "{}: {count} of {} planned trials have stored results in {} but no folder: they are computed \
                 again, and the stored results are kept until then",
                self.plan.name,
                self.plan.trials.len(),
                shown(&self.store.table(Table::Trials))
            ));
        }
        Ok(())
    }

    /// Merges the results, once the trials have ended; returns whether the files of one are damaged as well.
    pub fn merge(&self) -> Result<(Merged, bool)> {
        let Self { plan, store, .. } = *self;
        if let Some(vanished) = store.vanished() {
            return Err(vanished.into());
        }
        tidy(plan, store);
        let merged = store.merge(&planned(plan))?;
        let is_damaged = warn_of_damage(&merged);
        Ok((merged, is_damaged))
    }

    /// Merges and analyses the results, once the trials of `ran` have ended.
    pub fn finish(&self, ran: &[Pending]) -> Result<ExitCode> {
        let Self { sweep, store, .. } = *self;
        let (merged, is_damaged) = self.merge()?;
        let mut out = output();
        if complete(&merged) > 0 {
            analyze::write_and_print(sweep, store, &mut out)?;
        }
        self.warn_of_vanished(ran)?;
        let is_complete = self.conclude(&merged, &mut out)?;
        Ok(ExitCode::from(u8::from(is_damaged || !is_complete)))
    }

    /// Warns of trials that were complete when the sweep began and whose folders were removed since. For the
    /// trials that it ran, `progress` has printed the warning.
    fn warn_of_vanished(&self, ran: &[Pending]) -> Result<()> {
        let ran: HashSet<usize> = ran.iter().map(|pending| pending.trial.index).collect();
        let is_stored = |trial: &Trial| self.stored.is_some_and(|stored| stored.get(&trial.id).is_some());
        let has_ended = |trial: &&Trial| !ran.contains(&trial.index) && !is_stored(trial);
        for trial in self.plan.trials.iter().filter(has_ended) {
            if let Some(vanished) = self.store.trial(&trial.id)?.vanished() {
                print_message(format_args!("warning: {}", printable(&vanished.to_string())));
            }
        }
        Ok(())
    }

    /// Merges the results; returns whether every planned trial is decided, and prints which are not.
    pub fn decide(&self) -> Result<bool> {
        let (merged, is_damaged) = self.merge()?;
        let decided = merged.counts.iter().filter(|(status, _)| status.is_decided());
        let is_decided = decided.map(|(_, count)| count).sum::<usize>() == self.plan.trials.len();
        if !is_decided || is_damaged {
            self.conclude(&merged, &mut output())?;
        }
        Ok(is_decided && !is_damaged)
    }

    /// True if the test of a sealed sweep is all that its plan lacks.
    pub fn awaits_test(&self) -> Result<bool> {
        let Self { sweep, plan, store, .. } = *self;
        Ok(sweep.test == TestSet::Sealed
            && !tested::is_read(sweep, store)?
            && plan.trials.iter().all(|trial| self.status(trial).is_decided()))
    }

    /// Prints the number of complete trials and why the others are not; returns whether all are complete.
    pub fn conclude(&self, merged: &Merged, out: &mut dyn Write) -> Result<bool> {
        let (planned, complete) = (self.plan.trials.len(), complete(merged));
        writeln!(out, "{complete} of {planned} trials complete; results in {}", shown(self.store.root()))?;
        if complete == planned && merged.stored == 0 {
            return Ok(true);
        }
        for (status, count) in merged.counts.iter().filter(|(status, _)| **status != Status::Complete) {
            writeln!(out, "{count} {status}")?;
        }
        if merged.stored > 0 {
            writeln!(out, "{} taken from the stored tables, without a complete folder", merged.stored)?;
        }
        for trial in &self.plan.trials {
            if let Ok(Some(outcome)) = self.store.trial(&trial.id)?.outcome()
                && let Some(message) = &outcome.message
            {
                let (name, id) = (&trial.name, &trial.id);
                writeln!(out, "  {name} {}: {} (trials/{id})", outcome.status, printable(message))?;
            }
        }
        if complete < planned {
            let command = self.command;
            writeln!(
                out,
                "`{command}` runs pending trials; add `--retry failed`, `--retry timed-out` or `--retry diverged` \
                 for the others"
            )?;
        }
        Ok(complete == planned)
    }

    /// `error`, or the error that the results folder was removed.
    pub fn explain(&self, error: Error) -> Error {
        let Some(vanished) = self.store.vanished() else { return error };
        let complete = self.plan.trials.iter().filter(|trial| self.status(trial) == Status::Complete).count();
        anyhow!(
            "{vanished}: {complete} of {} trials are complete on disk; `{}` creates the folder again and computes \
             the others",
            self.plan.trials.len(),
            self.command
        )
    }

    fn status(&self, trial: &Trial) -> Status {
        self.store.status(&trial.id).unwrap_or(Status::Pending)
    }
}

fn complete(merged: &Merged) -> usize {
    merged.counts.get(&Status::Complete).copied().unwrap_or(0)
}
