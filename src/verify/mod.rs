//! Verification of a results folder.
//!
//! Everything in the folder follows from the spec, the data and the trials' files, so everything can be checked: the
//! files against the checksums in `result.json`, the results against the stored networks, the merged tables against
//! the trials and, on request, the trials against a repeated training with the same bits.
//!
//! An [`Audit`] reads the folder and writes nothing there.

mod analysis;
mod compare;
mod complete;
mod contents;
mod difference;
mod distance;
mod finding;
mod frozen;
mod network;
mod page;
mod replay;
mod stale;
mod stored;
mod strangers;
mod sums;
mod tables;
mod trial;

pub use distance::Distance;
pub use finding::{AuditReport, Checked, Finding, Severity};
pub use replay::{Error, Replay};

use std::path::Path;

use rayon::prelude::*;

use crate::data::Part;
use crate::engine::{Conditions, Control, DatasetCache, Observer};
use crate::plan::{Plan, Trial};
use crate::spec::{Sweep, TestSet};
use crate::store::{self, Status, Store, TrialRow};
use crate::text::chain;
use crate::train::Gradient;

/// A results folder and its expected content.
#[derive(Debug, Clone, Copy)]
pub struct AuditedFolder<'a> {
    /// The folder.
    pub store: &'a Store,
    /// The requested sweep.
    pub sweep: &'a Sweep,
    /// Its trials.
    pub plan: &'a Plan,
    /// The rows of the planned trials in `trials.csv`, in plan order.
    pub planned: &'a [TrialRow],
    /// The command line that runs the missing trials of the plan.
    pub rerun: &'a str,
}

/// An examination of one results folder.
pub struct Audit<'a> {
    subject: AuditedFolder<'a>,
    /// The images, if there are trials to check with them.
    datasets: Option<DatasetCache>,
    /// True if the stored plan has the trials under the ids of another numerics version or other data.
    stale: bool,
    report: AuditReport,
}

impl<'a> Audit<'a> {
    /// Checks the spec and the plan that the folder holds, and the search of a study, and loads the data of the trials
    /// that are complete; `data_dir` is the folder of MNIST's files.
    #[must_use]
    pub fn begin(subject: AuditedFolder<'a>, data_dir: Option<&Path>) -> Self {
        let mut report = AuditReport::default();
        let stale = stale::plan(subject);
        tables::spec(subject, stale.as_deref(), &mut report);
        frozen::check(subject, &mut report);
        strangers::check(subject, &mut report);
        let complete = complete(subject).into_iter().map(|trial| &trial.config.data);
        let datasets = match DatasetCache::load(complete, data_dir, subject.part()) {
            Ok(datasets) => {
                report.checked.datasets = datasets.all().count();
                Some(datasets)
            }
            Err(error) => {
                let problem = format!("cannot be loaded: {}", chain(&error));
                report.wrong("data", problem, "fix the data, or name their folder with --data-dir");
                None
            }
        };
        Self { subject, datasets, stale: stale.is_some(), report }
    }

    /// Checks the folder of every planned trial in parallel, and reports folders that are not in the plan; `checked` is
    /// called after each trial.
    pub fn check_trials(&mut self, checked: &(dyn Fn() + Sync)) {
        let Self { subject, datasets, report, .. } = self;
        stale::strays(*subject, report);
        let conditions =
            datasets.as_ref().map(|datasets| Conditions::of(&subject.sweep.conditions, datasets));
        let inspect = |trial: &Trial| {
            let dataset = datasets.as_ref().and_then(|datasets| datasets.find(&trial.config.data));
            let found =
                trial::inspect(subject.store, trial, subject.sweep.test, dataset.zip(conditions.as_ref()));
            checked();
            found
        };
        let found: Vec<AuditReport> = subject.plan.trials.par_iter().map(inspect).collect();
        for found in found {
            report.append(found);
        }
    }

    /// Checks the merged tables and their analysis against the trials. If the trials' folders are not kept, checks them
    /// against their checksums, the plan and each other; tables of a stale plan are checked without the plan. Then
    /// checks the figures and the page.
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

    /// Trains the trials again, in a temporary folder, `jobs` in parallel, and compares their files byte for byte; with
    /// the operations of `gradient`, if that is given, reports the distance of their results instead.
    ///
    /// # Errors
    /// The temporary folder cannot be used, or the threads cannot be started.
    pub fn replay(
        &mut self,
        chosen: &[&Trial],
        gradient: Option<Gradient>,
        control: &Control,
        jobs: usize,
        observer: &dyn Observer,
    ) -> Result<(), Error> {
        let Some(datasets) = &self.datasets else { return Ok(()) };
        replay::run(self.subject, (chosen, gradient), datasets, control, jobs, observer, &mut self.report)
    }

    /// The complete trials that `replay` selects.
    ///
    /// # Errors
    /// `replay` names a trial that is not complete.
    pub fn choose(&self, replay: &Replay) -> Result<Vec<&'a Trial>, Error> {
        replay::choose(replay, &complete(self.subject))
    }

    /// Ends the audit and returns its report.
    #[must_use]
    pub fn conclude(self) -> AuditReport {
        self.report
    }
}

impl AuditedFolder<'_> {
    /// The images that the checks of networks need: sealed test images are not read.
    fn part(&self) -> Part {
        let is_sealed = self.sweep.test == TestSet::Sealed && !self.store.is_unsealed();
        if is_sealed { Part::Training } else { Part::All }
    }
}

/// The problem of a file that the store cannot read, as a fragment that follows its path.
fn problem(error: &store::Error) -> String {
    match error {
        store::Error::Malformed { reason, .. } => format!("cannot be used: {reason}"),
        store::Error::Read { source, .. } => format!("cannot be read: {source}"),
        other => chain(other),
    }
}

/// The planned trials that are complete by their folders.
fn complete(subject: AuditedFolder<'_>) -> Vec<&Trial> {
    let status = |trial: &Trial| subject.store.status(&trial.id).unwrap_or(Status::Pending);
    subject.plan.trials.iter().filter(|trial| status(trial) == Status::Complete).collect()
}
