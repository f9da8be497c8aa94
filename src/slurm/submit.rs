//! One submission: writes the files that its jobs need, then submits the jobs and records each as soon as
//! the cluster has accepted it. If the submitter dies in between, the next one finds the job by its name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::cluster::Cluster;
use super::error::Error;
use super::program::Program;
use super::script::Scripts;
use super::submissions::{Record, Submission, Submissions};
use crate::hash::sha256;
use crate::plan::{Indices, Trial};

/// A submission before it is written.
#[derive(Debug)]
pub struct NewSubmission<'a> {
    /// Parameters of the scripts.
    pub scripts: Scripts,
    /// The sweep as TOML.
    pub spec: String,
    /// Absolute path of the results folder.
    pub root: &'a Path,
    /// The pinned program.
    pub program: Program,
    /// The trials of each task of each array.
    pub arrays: Vec<Vec<Vec<&'a Trial>>>,
    /// Jobs of earlier submissions that the analysis waits for as well.
    pub earlier: BTreeSet<u64>,
}

impl NewSubmission<'_> {
    /// The submission of this number, with jobs that are not submitted.
    #[must_use]
    pub fn unsubmitted(&self, number: usize) -> Submission {
        // Jobs of a sweep with the same name in another folder must have other names.
        let folder = &sha256(self.root.as_os_str().as_encoded_bytes())[..8];
        let sweep = self.scripts.sweep.replace('/', "-");
        let name = |part: &str| format!("drsae-{sweep}-{folder}-{number}-{part}");
        let arrays = (0..self.arrays.len()).map(|array| name(&array.to_string())).collect();
        let record = Record::new(self.program.clone(), arrays, name("analysis"));
        Submissions::within(self.root).submission(number, record)
    }

    /// The scripts of the jobs with their paths, that of the analysis last.
    pub fn scripts(&self, submission: &Submission) -> Vec<(PathBuf, String)> {
        let arrays = self.arrays.iter().enumerate();
        let arrays = arrays.map(|(array, tasks)| {
            (submission.script(array), self.scripts.array(submission, array, tasks.len()))
        });
        let analysis = self.scripts.analysis(submission, &self.root.join("sweep.toml"));
        arrays.chain([(submission.analysis_script(), analysis)]).collect()
    }

    /// Submits the arrays and the analysis; `submitted` is called after each with its number, its name and the
    /// number of its tasks. If the settings limit the tasks that run at once, each array waits for the one
    /// before, since Slurm counts within one array.
    ///
    /// # Errors
    /// The disk or the cluster refuses. The jobs that were submitted by then are recorded.
    pub fn submit(
        &self,
        submissions: &Submissions,
        cluster: &dyn Cluster,
        submitted: &mut dyn FnMut(u64, &str, Option<usize>),
    ) -> Result<Submission, Error> {
        let mut submission = self.write(submissions)?;
        let is_limited = self.scripts.settings.parallel.is_some();
        for (array, tasks) in self.arrays.iter().enumerate() {
            let before = array.checked_sub(1).filter(|_| is_limited);
            let before = before.and_then(|before| submission.record.arrays[before].job);
            let job = cluster.submit(&submission.script(array), before.as_slice());
            if job.is_err() && array == 0 {
                submission.remove()?;
            }
            let job = job?;
            submission.record.arrays[array].job = Some(job);
            submission.save()?;
            submitted(job, &submission.record.arrays[array].name, Some(tasks.len()));
        }
        let own = submission.record.arrays.iter().filter_map(|array| array.job);
        submission.record.after = own.chain(self.earlier.iter().copied()).collect();
        let job = cluster.submit(&submission.analysis_script(), &submission.record.after)?;
        submission.record.analysis.job = Some(job);
        submission.save()?;
        submitted(job, &submission.record.analysis.name, None);
        Ok(submission)
    }

    /// Writes all files that the jobs need, the record last.
    fn write(&self, submissions: &Submissions) -> Result<Submission, Error> {
        let number = submissions.next_number()?;
        let submission = submissions.create(number, self.unsubmitted(number).record)?;
        Submission::write(&submission.spec(), &self.spec)?;
        for (array, tasks) in self.arrays.iter().enumerate() {
            Submission::write(&submission.tasks(array), &task_list(tasks))?;
        }
        for (path, script) in self.scripts(&submission) {
            Submission::write(&path, &script)?;
        }
        submission.save()?;
        Ok(submission)
    }
}

/// Text of the list of an array's tasks: a line for each task, with the plan indices and the ids of its trials.
fn task_list(tasks: &[Vec<&Trial>]) -> String {
    let line = |trials: &Vec<&Trial>| {
        let indices = Indices::new(trials.iter().map(|trial| trial.index).collect());
        let ids: Vec<_> = trials.iter().map(|trial| trial.id.as_str()).collect();
        format!("{indices} {}\n", ids.join(" "))
    };
    tasks.iter().map(line).collect()
}
