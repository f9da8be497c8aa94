//! Verification of a results folder.
//!
//! Everything in the folder follows from the spec, the data and the trials' files, so
//! everything can be checked: the files against the checksums that their trial left, the
//! results against the networks that are kept beside them, the merged tables against the
//! trials, and the trials, when asked, against another training to the same bits.
//!
//! An [`Audit`] reads the folder and writes nothing there.

mod analysis;
mod compare;
mod complete;
mod contents;
mod difference;
mod finding;
mod network;
mod page;
mod replay;
mod stale;
mod stored;
mod strangers;
mod sums;
mod tables;
mod trial;

pub use finding::{AuditReport, Checked, Finding, Severity};
pub use replay::{Error, Replay};

use std::path::Path;

use rayon::prelude::*;

use crate::engine::{Control, DatasetCache, Observer};
use crate::plan::{Plan, Trial};
use crate::spec::Sweep;
use crate::store::{self, Status, Store, TrialRow};
use crate::text::chain;

/// A results folder and its expected content.
#[derive(Debug, Clone, Copy)]
pub struct AuditedFolder<'a> {
    /// The folder.
    pub store: &'a Store,
    /// The sweep that is asked for.
    pub sweep: &'a Sweep,
    /// Its trials.
    pub plan: &'a Plan,
    /// The rows of the planned trials in `trials.csv`, in plan order.
    pub planned: &'a [TrialRow],
    /// The command line that runs what the plan lacks.
    pub rerun: &'a str,
}

/// An examination of one results folder.
pub struct Audit<'a> {
    subject: AuditedFolder<'a>,
    /// The images, where trials are there to be checked with them.
    datasets: Option<DatasetCache>,
    /// True if the folder's plan has the trials under the ids of another version or of
    /// other data.
    stale: bool,
    report: AuditReport,
}

impl<'a> Audit<'a> {
    /// Checks the spec and the plan that the folder holds, and loads the data of the trials
    /// that are complete; `data_dir` is the folder of MNIST's files.
    #[must_use]
    pub fn begin(subject: AuditedFolder<'a>, data_dir: Option<&Path>) -> Self {
        let mut report = AuditReport::default();
        let stale = stale::plan(subject);
        tables::spec(subject, stale.as_deref(), &mut report);
        strangers::check(subject, &mut report);
        let complete = complete(subject).into_iter().map(|trial| &trial.config.data);
        let datasets = match DatasetCache::load(complete, data_dir) {
            Ok(datasets) => {
                report.checked.datasets = datasets.count();
                Some(datasets)
            }
            Err(error) => {
                let problem = format!("cannot be loaded: {}", chain(&error));
                report.wrong("data", problem, "put the data in order, or name their folder with --data-dir");
                None
            }
        };
        Self { subject, datasets, stale: stale.is_some(), report }
    }

    /// Checks the folder of every trial of the plan, side by side, and names those that are
    /// of no trial of it; `checked` is called after each.
    pub fn check_trials(&mut self, checked: &(dyn Fn() + Sync)) {
        let Self { subject, datasets, report, .. } = self;
        stale::strays(*subject, report);
        let inspect = |trial: &Trial| {
            let dataset = datasets.as_ref().and_then(|datasets| datasets.find(&trial.config.data));
            let found = trial::inspect(subject.store, trial, dataset);
            checked();
            found
        };
        let found: Vec<AuditReport> = subject.plan.trials.par_iter().map(inspect).collect();
        for found in found {
            report.append(found);
        }
    }

    /// Checks the merged tables and their analysis: against the trials, or where their
    /// folders are not kept, against their checksums, the plan and each other; those of a stale
    /// plan without it. Then the figures and the page.
    pub fn check_tables(&mut self) {
        let Self { subject, stale, report, .. } = self;
        let analysis = match (stored::are_kept(*subject), *stale) {
            (true, true) => {
                sums::of_tables(*subject, report);
                stale::tables(*subject, report)
            }
            (true, false) => {
                sums::of_tables(*subject, report);
                stored::check(*subject, report)
            }
            (false, _) => tables::merged(*subject, report),
        };
        page::check(*subject, analysis, report);
    }

    /// Trains the trials again, in a temporary folder, `jobs` side by side, and compares
    /// what comes out to the byte.
    ///
    /// # Errors
    /// The temporary folder cannot be used, or the threads cannot be started.
    pub fn replay(
        &mut self,
        chosen: &[&Trial],
        control: &Control,
        jobs: usize,
        observer: &dyn Observer,
    ) -> Result<(), Error> {
        let Some(datasets) = &self.datasets else { return Ok(()) };
        replay::run(self.subject, chosen, datasets, control, jobs, observer, &mut self.report)
    }

    /// The trials that `replay` asks for, of those that are complete.
    ///
    /// # Errors
    /// It names a trial that is not complete.
    pub fn choose(&self, replay: &Replay) -> Result<Vec<&'a Trial>, Error> {
        replay::choose(replay, &complete(self.subject))
    }

    /// Ends the audit and returns its report.
    #[must_use]
    pub fn conclude(self) -> AuditReport {
        self.report
    }
}

/// The problem of a file that the store cannot read: reads on after its path.
fn problem(error: &store::Error) -> String {
    match error {
        store::Error::Malformed { reason, .. } => format!("cannot be used: {reason}"),
        store::Error::Read { source, .. } => format!("cannot be read: {source}"),
        other => chain(other),
    }
}

/// The planned trials whose folder says that they are complete.
fn complete(subject: AuditedFolder<'_>) -> Vec<&Trial> {
    let status = |trial: &Trial| subject.store.status(&trial.id).unwrap_or(Status::Pending);
    subject.plan.trials.iter().filter(|trial| status(trial) == Status::Complete).collect()
}
