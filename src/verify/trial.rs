//! The folder of one trial, file by file.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{AuditReport, contents, network, problem};
use crate::data::Dataset;
use crate::engine::Conditions;
use crate::plan::Trial;
use crate::spec::TestSet;
use crate::store::{self, EpochRow, Outcome, Seal, Sealed, Status, Store, TimingRow, TrialFolder, file};
use crate::text::chain;

/// Notes a file that a killed writer left.
pub(super) fn leftover(path: &Path, report: &mut AuditReport) {
    report.note(path, "was left by a killed process", "remove it when no sweep runs");
}

/// The sorted names in a folder; empty if there is no folder.
pub(super) fn names(folder: &Path, report: &mut AuditReport) -> Vec<String> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
        entries => entries.and_then(Iterator::collect::<Result<Vec<_>, _>>),
    };
    match entries {
        Ok(entries) => {
            let name = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
            let mut names: Vec<_> = entries.iter().map(name).collect();
            names.sort_unstable();
            names
        }
        Err(error) => {
            report.wrong(folder, format!("cannot be read: {error}"), "fix the I/O error");
            Vec::new()
        }
    }
}

/// Checks the folder of `trial`, with the network on the test images, and under the sweep's conditions, if there are
/// any.
pub(super) fn inspect(
    store: &Store,
    trial: &Trial,
    test: TestSet,
    images: Option<(&Dataset, &Conditions<'_>)>,
) -> AuditReport {
    let mut report = AuditReport::default();
    let folders = store.trial(&trial.id).and_then(|folder| Ok((folder, store.unsealed(&trial.id)?)));
    match folders {
        Ok((folder, unsealed)) => {
            Inspection { trial, test, folder: folder.clone(), report: &mut report }
                .run(images.map(|(dataset, _)| dataset));
            if test == TestSet::Sealed && unsealed.path().exists() {
                let mut inspection =
                    Inspection { trial, test: TestSet::Open, folder: unsealed, report: &mut report };
                inspection.unsealed(&folder, images);
            }
        }
        Err(error) => report.wrong(store.trials(), chain(&error), "give the trial another id"),
    }
    report
}

struct Inspection<'a> {
    trial: &'a Trial,
    /// Sealed where the folder must not have a test error.
    test: TestSet,
    folder: TrialFolder,
    report: &'a mut AuditReport,
}

impl Inspection<'_> {
    fn run(mut self, dataset: Option<&Dataset>) {
        let names = names(self.folder.path(), self.report);
        match self.folder.sealed() {
            Err(error) => {
                let again = self.again();
                self.report.wrong(self.path(file::RESULT), problem(&error), again);
                self.bystanders(&names, None);
            }
            Ok(None) => self.unended(&names),
            Ok(Some(sealed)) => {
                self.report.checked.trials += 1;
                self.bystanders(&names, Some(&sealed));
                if self.is_whole(&sealed) {
                    self.ended(&sealed, dataset);
                }
            }
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn wrong(&mut self, name: &str, problem: impl Into<String>) {
        let again = self.again();
        self.report.wrong(self.path(name), problem, again);
    }

    fn again(&self) -> String {
        format!("restore it, or compute the trial again with `drsae trial --index {}`", self.trial.index)
    }

    /// A trial without a result: it runs or was interrupted, unless it has files that only ended trials have.
    fn unended(&mut self, names: &[String]) {
        let has = |name: &str| names.iter().any(|known| known == name);
        if !has(file::STATE) && (has(file::MODEL) || has(file::PREDICTIONS)) {
            self.wrong(file::RESULT, "is missing, although the trial has the files of an ended trial");
        }
        self.bystanders(names, None);
    }

    /// Checks the files that the result does not list.
    fn bystanders(&mut self, names: &[String], sealed: Option<&Sealed>) {
        let others = [file::PREDICTIONS, file::FAILURE];
        let known = |name: &str| file::COMPLETE.contains(&name) || others.contains(&name);
        for name in names {
            let path = self.path(name);
            match name.as_str() {
                file::RESULT => {}
                // Of a trial that paused.
                file::STATE if sealed.is_some_and(|it| it.files.contains_key(file::STATE)) => {}
                file::STATE => {
                    let problem = "is the state of an interrupted or running trial";
                    self.report.note(path, problem, "run `drsae sweep` to continue the trial");
                }
                name if store::is_unfinished(name.as_ref()) => leftover(&path, self.report),
                name if !known(name) => {
                    self.report.wrong(path, "is not a file of a trial", "move it out of the results");
                }
                name if sealed.is_some_and(|it| it.seal == Seal::Whole && !it.files.contains_key(name)) => {
                    self.wrong(name, "was added after the trial ended: its result does not list it");
                }
                _ => {}
            }
        }
    }

    /// Checks the digest of `result.json`; returns true if the other files can be checked against it.
    fn is_whole(&mut self, sealed: &Sealed) -> bool {
        match sealed.seal {
            Seal::Whole => return true,
            Seal::Absent => self.wrong(
                file::RESULT,
                "has no digest, so changes of it or the trial's files cannot be detected",
            ),
            Seal::Broken => {
                self.wrong(file::RESULT, "was changed after it was written: its digest does not match");
            }
        }
        false
    }

    fn ended(&mut self, sealed: &Sealed, dataset: Option<&Dataset>) {
        let outcome = &sealed.outcome;
        if let Err(problem) = contents::result(outcome, self.trial, self.test) {
            self.wrong(file::RESULT, problem);
        }
        let mut whole = true;
        for (name, checksum) in &sealed.files {
            whole &= self.check_file(name, checksum);
        }
        if outcome.status != Status::Complete {
            return;
        }
        let predictions = (self.test == TestSet::Open).then_some(file::PREDICTIONS);
        let needed = file::COMPLETE.into_iter().chain(predictions);
        for name in needed.filter(|name| !sealed.files.contains_key(*name)) {
            whole = false;
            self.wrong(file::RESULT, format!("does not list {name}, which a complete trial has"));
        }
        if whole {
            self.complete(outcome, dataset);
        }
    }

    /// Checks the test of a trial that was trained while its test images were sealed.
    fn unsealed(&mut self, trained: &TrialFolder, images: Option<(&Dataset, &Conditions<'_>)>) {
        let again = "remove it, and let `drsae unseal` test the network again";
        let problems = match self.folder.sealed() {
            Err(error) => vec![(file::RESULT, problem(&error))],
            Ok(None) => vec![(file::RESULT, "is missing: the test was interrupted".to_owned())],
            Ok(Some(sealed)) => {
                if self.is_whole(&sealed) && sealed.files.iter().all(|(name, sum)| self.check_file(name, sum))
                {
                    let result = contents::result(&sealed.outcome, self.trial, TestSet::Open);
                    let mut found: Vec<_> = result.err().map(|it| (file::RESULT, it)).into_iter().collect();
                    if let Some((dataset, conditions)) = images {
                        let tested = (&self.folder, &sealed.outcome);
                        found.extend(network::faults(self.trial, trained, Some(tested), dataset));
                        found.extend(network::condition_fault(self.trial, trained, &self.folder, conditions));
                    }
                    found
                } else {
                    Vec::new()
                }
            }
        };
        for (name, problem) in problems {
            self.report.wrong(self.path(name), problem, again);
        }
    }

    fn check_file(&mut self, name: &str, checksum: &str) -> bool {
        self.report.checked.files += 1;
        let problem = match self.folder.checksum(name) {
            Ok(Some(actual)) if actual == checksum => return true,
            Ok(Some(actual)) => format!("was changed: its SHA-256 is {actual}, not {checksum}"),
            Ok(None) => "is missing".to_owned(),
            Err(error) => problem(&error),
        };
        self.wrong(name, problem);
        false
    }

    /// Checks the content of a complete trial whose files match their checksums.
    fn complete(&mut self, outcome: &Outcome, dataset: Option<&Dataset>) {
        let epochs = self.trial.config.training.epochs();
        let curve = self.folder.read_rows::<EpochRow>().map_err(|error| problem(&error));
        let curve = curve.and_then(|rows| {
            let whose = rows.iter().find(|row| row.trial != self.trial.id);
            match whose {
                Some(row) => Err(format!("has rows of {}", row.trial)),
                None => contents::curve(&rows, epochs, outcome.best_epoch, outcome.valid_error),
            }
        });
        if let Err(problem) = curve {
            self.wrong(file::EPOCHS, problem);
        }
        let timing = self.folder.read_rows::<TimingRow>().map_err(|error| problem(&error));
        match timing {
            Ok(rows) if rows.iter().map(|row| row.epoch).eq(1..=epochs) => {}
            Ok(_) => self.wrong(file::TIMING, format!("does not have the epochs 1 to {epochs}")),
            Err(problem) => self.wrong(file::TIMING, problem),
        }
        if let Some(dataset) = dataset {
            self.report.checked.networks += 1;
            let tested = (self.test == TestSet::Open).then_some((&self.folder, outcome));
            for (name, problem) in network::faults(self.trial, &self.folder, tested, dataset) {
                self.wrong(name, problem);
            }
        }
    }
}
