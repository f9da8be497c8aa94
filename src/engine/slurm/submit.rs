//! Submitting: the files that the jobs need, then the jobs, each recorded as soon as the
//! cluster has taken it. Where the submitter dies in between, the next one finds the job by
//! its name.

use std::collections::BTreeSet;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::cluster::{Cluster, Error};
use super::script::{Analysis, Array, Scripts};
use crate::plan::{Indices, Trial};
use crate::store::{Program, Record, Store, Submission, Submissions};
use crate::text::hex;

/// What is to be submitted.
#[derive(Debug)]
pub struct Order<'a> {
    /// What the scripts have in common.
    pub scripts: Scripts<'a>,
    /// The sweep as TOML.
    pub spec: &'a str,
    /// The results folder, from the root of the file system on.
    pub root: &'a Path,
    /// The pinned program.
    pub program: &'a Program,
    /// Its numerics version.
    pub numerics: u32,
    /// The trials of the tasks of each array.
    pub arrays: &'a [Vec<Vec<&'a Trial>>],
    /// Jobs of earlier submissions for whose end the analysis waits as well.
    pub earlier: &'a BTreeSet<u64>,
}

/// The scripts of a submission.
#[derive(Debug)]
pub struct Draft {
    /// The scripts of the arrays.
    pub arrays: Vec<String>,
    /// The script of the analysis.
    pub analysis: String,
}

impl Order<'_> {
    /// The scripts of the submission of this number.
    #[must_use]
    pub fn draft(&self, number: usize, record: &Record) -> Draft {
        let path = Submissions::within(self.root).folder(number);
        let submission = Submission { number, path, record: record.clone() };
        let array = |(at, tasks): (usize, &Vec<_>)| {
            self.scripts.array(&Array {
                name: &record.arrays[at].name,
                tasks: tasks.len(),
                spec: &submission.spec(),
                list: &submission.tasks(at),
                logs: &submission.logs(at),
            })
        };
        let arrays = self.arrays.iter().enumerate().map(array).collect();
        let analysis = self.scripts.analysis(&Analysis {
            name: &record.analysis.name,
            spec: &self.root.join("sweep.toml"),
            log: &submission.analysis_log(),
        });
        Draft { arrays, analysis }
    }

    /// The record of a submission of this number before anything is submitted.
    #[must_use]
    pub fn record(&self, number: usize) -> Record {
        // Jobs of a sweep of the same name in another folder have other names.
        let folder = hex(&Sha256::digest(self.root.as_os_str().as_encoded_bytes()));
        let name = |part: &str| format!("drsae-{}-{}-{number}-{part}", self.scripts.sweep, &folder[..8]);
        let arrays = (0..self.arrays.len()).map(|array| name(&array.to_string())).collect();
        Record::new(self.program.clone(), self.numerics, arrays, name("analysis"))
    }

    /// Submits the arrays and the analysis. Where the arrays have a limit on the tasks that run at
    /// once, each waits for the one before, since Slurm counts within one array.
    ///
    /// # Errors
    /// The disk or the cluster refuses; `submitted` has heard of what was submitted by then.
    pub fn submit(
        &self,
        store: &Store,
        cluster: &dyn Cluster,
        submitted: &mut dyn FnMut(&Submission),
    ) -> Result<Submission, Error> {
        let submissions = store.submissions();
        let mut submission = self.prepare(&submissions)?;
        for array in 0..self.arrays.len() {
            let limited = self.scripts.settings.parallel.is_some();
            let before = array.checked_sub(1).filter(|_| limited);
            let before = before.and_then(|before| submission.record.arrays[before].job);
            let job = match cluster.submit(&submission.script(array), before.as_slice()) {
                Ok(job) => job,
                Err(error) if array == 0 => {
                    submission.remove()?;
                    return Err(error);
                }
                Err(error) => return Err(error),
            };
            submission.record.arrays[array].job = Some(job);
            submission.save()?;
            submitted(&submission);
        }
        let own = submission.record.arrays.iter().filter_map(|array| array.job);
        submission.record.after = own.chain(self.earlier.iter().copied()).collect();
        let job = cluster.submit(&submission.analysis_script(), &submission.record.after)?;
        submission.record.analysis.job = Some(job);
        submission.save()?;
        Ok(submission)
    }

    /// Writes all that the jobs need, the record last.
    fn prepare(&self, submissions: &Submissions) -> Result<Submission, Error> {
        let number = submissions.next()?;
        let submission = submissions.create(number, self.record(number))?;
        let draft = self.draft(number, &submission.record);
        Submission::write(&submission.spec(), self.spec)?;
        for (at, (script, tasks)) in draft.arrays.iter().zip(self.arrays).enumerate() {
            Submission::write(&submission.tasks(at), &list(tasks))?;
            Submission::write(&submission.script(at), script)?;
        }
        Submission::write(&submission.analysis_script(), &draft.analysis)?;
        submission.save()?;
        Ok(submission)
    }
}

/// The file of an array's tasks: a line a task, its trials by position and by id.
fn list(tasks: &[Vec<&Trial>]) -> String {
    let line = |trials: &Vec<&Trial>| {
        let indices = Indices::new(trials.iter().map(|trial| trial.index).collect());
        let ids: Vec<_> = trials.iter().map(|trial| trial.id.as_str()).collect();
        format!("{indices} {}\n", ids.join(" "))
    };
    tasks.iter().map(line).collect()
}
