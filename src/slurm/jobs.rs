//! The jobs of a sweep: its submissions joined with Slurm's queue.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::cluster::{Cluster, SlurmCommands};
use super::error::Error;
use super::queue::{JobState, QueueEntry};
use super::submissions::{Record, RecordedJob, Submission, Submissions};
use crate::store::Store;

/// All jobs of a sweep.
#[derive(Debug, Default)]
pub struct Jobs {
    /// The submissions in their order, with the job numbers that the queue knows.
    pub submissions: Vec<Submission>,
    /// Every task in the order of submission.
    pub tasks: Vec<ArrayTask>,
    /// The analysis jobs that are in the queue, with the numbers of their submissions.
    pub analyses: Vec<(usize, QueueEntry)>,
}

/// One task of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrayTask {
    /// The array's job; absent if its submitter died and the queue does not know it.
    pub job: Option<u64>,
    /// Position in the array.
    pub index: usize,
    /// Ids of its trials.
    pub trials: Vec<String>,
    /// Its log, which exists if the task has run.
    pub log: Option<PathBuf>,
    /// Its entry in the queue; absent after Slurm has purged it.
    pub entry: Option<QueueEntry>,
}

/// A task that ended, and the ids of its trials without a result.
pub type LostTask<'j> = (&'j ArrayTask, Vec<&'j str>);

impl ArrayTask {
    /// State of the task.
    #[must_use]
    pub fn state(&self) -> JobState {
        self.entry.as_ref().map_or(JobState::Ended, |entry| entry.state)
    }

    /// The name that Slurm gives the task, such as `12_3`.
    #[must_use]
    pub fn name(&self) -> String {
        self.job.map_or_else(|| "never submitted".to_owned(), |job| format!("{job}_{}", self.index))
    }

    /// The last lines of the log; `None` if it cannot be read.
    #[must_use]
    pub fn log_tail(&self) -> Option<Vec<String>> {
        tail(self.log.as_deref()?)
    }
}

impl Jobs {
    /// The jobs of a sweep; `None` if it was never submitted.
    ///
    /// # Errors
    /// A record cannot be read, or Slurm does not answer.
    pub fn find(store: &Store) -> Result<Option<Self>, Error> {
        let submissions = Submissions::of(store);
        if submissions.list()?.is_empty() {
            return Ok(None);
        }
        Self::query(&submissions, &SlurmCommands::find()?).map(Some)
    }

    /// Reads the submissions and queries the queue for their jobs.
    ///
    /// # Errors
    /// A record cannot be read, or the cluster does not answer.
    pub fn query(submissions: &Submissions, cluster: &dyn Cluster) -> Result<Self, Error> {
        let submissions = submissions.list()?;
        if submissions.is_empty() {
            return Ok(Self::default());
        }
        let queue = cluster.queue(&names(&submissions))?;
        let trials = |submission: &Submission| {
            (0..submission.record.arrays.len()).map(|array| submission.trials(array)).collect()
        };
        let lists: Result<Vec<Vec<_>>, _> = submissions.iter().map(trials).collect();
        Ok(Self::join(submissions, lists?, queue))
    }

    /// Records the numbers of jobs that only the queue knew.
    ///
    /// # Errors
    /// I/O fails.
    pub fn record_found(&self, submissions: &Submissions) -> Result<(), Error> {
        let recorded = submissions.list()?;
        let mut found = self.submissions.iter().filter(|submission| !recorded.contains(submission));
        Ok(found.try_for_each(Submission::save)?)
    }

    /// Joins the submissions, the trials of each task of their arrays, and the queue.
    fn join(
        mut submissions: Vec<Submission>,
        trials: Vec<Vec<Vec<Vec<String>>>>,
        queue: Vec<QueueEntry>,
    ) -> Self {
        let mut by_name: HashMap<String, Vec<QueueEntry>> = HashMap::new();
        for entry in queue {
            by_name.entry(entry.name.clone()).or_default().push(entry);
        }
        let (mut tasks, mut analyses) = (Vec::new(), Vec::new());
        for (submission, trials) in submissions.iter_mut().zip(trials) {
            for (array, trials) in trials.into_iter().enumerate() {
                let mut entries = take_entries(&mut submission.record.arrays[array], &mut by_name);
                let job = submission.record.arrays[array].job;
                tasks.extend(trials.into_iter().enumerate().map(|(index, trials)| ArrayTask {
                    job,
                    index,
                    trials,
                    log: job.map(|job| submission.log(array, job, index)),
                    entry: entries.remove(&Some(index)),
                }));
            }
            let entries = take_entries(&mut submission.record.analysis, &mut by_name);
            analyses.extend(entries.into_values().map(|entry| (submission.number, entry)));
        }
        Self { submissions, tasks, analyses }
    }

    /// Tasks in this state.
    pub fn in_state(&self, state: JobState) -> impl Iterator<Item = &ArrayTask> + Clone {
        self.tasks.iter().filter(move |task| task.state() == state)
    }

    /// Tasks that Slurm may still run.
    pub fn active(&self) -> impl Iterator<Item = &ArrayTask> {
        self.tasks.iter().filter(|task| task.state().is_active())
    }

    /// Ids of the trials of the active tasks.
    #[must_use]
    pub fn active_trials(&self) -> HashSet<&str> {
        self.active().flat_map(|task| task.trials.iter().map(String::as_str)).collect()
    }

    /// Numbers of the arrays' jobs that Slurm may still run.
    #[must_use]
    pub fn active_jobs(&self) -> BTreeSet<u64> {
        self.active().filter_map(|task| task.job).collect()
    }

    /// Returns true if a queued analysis waits for all these jobs.
    #[must_use]
    pub fn has_analysis_after(&self, jobs: &BTreeSet<u64>) -> bool {
        let waits = |(number, entry): &(usize, QueueEntry)| {
            let submission = self.submissions.iter().find(|submission| submission.number == *number);
            let after = submission.map(|submission| &submission.record.after);
            matches!(entry.state, JobState::Queued | JobState::Held)
                && after.is_some_and(|after| jobs.iter().all(|job| after.contains(job)))
        };
        self.analyses.iter().any(waits)
    }

    /// The record of the last submission with an active task.
    #[must_use]
    pub fn last_active(&self) -> Option<&Record> {
        let active = self.active_jobs();
        let is_active = |job: &RecordedJob| job.job.is_some_and(|job| active.contains(&job));
        let records = self.submissions.iter().map(|submission| &submission.record);
        records.rev().find(|record| record.arrays.iter().any(is_active))
    }

    /// Tasks that ended and left trials of `pending` without a result.
    #[must_use]
    pub fn lost<'j>(&'j self, pending: &[&'j str]) -> Vec<LostTask<'j>> {
        let last = self.last_tasks();
        let mut lost: BTreeMap<_, LostTask> = BTreeMap::new();
        for id in pending {
            if let Some(task) = last.get(id).filter(|task| !task.state().is_active()) {
                lost.entry((task.job, task.index)).or_insert_with(|| (task, Vec::new())).1.push(id);
            }
        }
        lost.into_values().collect()
    }

    /// The last task of each trial that had one, by the trial's id.
    fn last_tasks(&self) -> HashMap<&str, &ArrayTask> {
        let pairs = self.tasks.iter().flat_map(|task| task.trials.iter().map(move |id| (id.as_str(), task)));
        pairs.collect()
    }
}

/// Names of all jobs that were or may have been submitted.
fn names(submissions: &[Submission]) -> Vec<&str> {
    let records = submissions.iter().map(|submission| &submission.record);
    records
        .flat_map(|record| record.arrays.iter().chain([&record.analysis]))
        .map(|job| job.name.as_str())
        .collect()
}

/// Takes the queue's entries of a job's tasks. A job whose number was not recorded, because its
/// submitter died, is found by its name.
fn take_entries(
    job: &mut RecordedJob,
    by_name: &mut HashMap<String, Vec<QueueEntry>>,
) -> HashMap<Option<usize>, QueueEntry> {
    let entries = by_name.remove(&job.name).unwrap_or_default();
    job.job = job.job.or_else(|| entries.iter().map(|entry| entry.job).max());
    let own = entries.into_iter().filter(|entry| Some(entry.job) == job.job);
    own.map(|entry| (entry.task, entry)).collect()
}

/// The last lines of a regular file; `None` if it cannot be read, or is a link to another place.
fn tail(path: &Path) -> Option<Vec<String>> {
    const LINES: usize = 5;
    const BYTES: u64 = 4096;

    let length = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file)?.len();
    let mut file = File::open(path).ok()?;
    file.seek(SeekFrom::Start(length.saturating_sub(BYTES))).ok()?;
    let mut bytes = Vec::new();
    file.take(BYTES).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<_> = text.lines().map(str::to_owned).collect();
    Some(lines[lines.len().saturating_sub(LINES)..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slurm::Program;

    fn submission(number: usize, arrays: &[Option<u64>], after: &[u64]) -> Submission {
        let names = (0..arrays.len()).map(|array| format!("s-{number}-{array}")).collect();
        let mut record = Record::new(Program::of(&[number as u8]), names, format!("s-{number}-analysis"));
        for (array, job) in record.arrays.iter_mut().zip(arrays) {
            array.job = *job;
        }
        record.after = after.to_vec();
        Submission { number, path: format!("/r/slurm/{number}").into(), record }
    }

    fn entry(name: &str, job: u64, task: Option<usize>, state: JobState) -> QueueEntry {
        QueueEntry {
            job,
            task,
            name: name.to_owned(),
            state,
            nodes: String::new(),
            reason: "None".to_owned(),
        }
    }

    fn ids(ids: &[&[&str]]) -> Vec<Vec<String>> {
        ids.iter().map(|ids| ids.iter().map(ToString::to_string).collect()).collect()
    }

    #[cfg(unix)]
    #[test]
    fn links_and_fifos_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("log"), "one\ntwo\n").unwrap();
        std::os::unix::fs::symlink(path("log"), path("link")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(path("tasks-0.txt")).status().unwrap().success());
        assert_eq!(tail(&path("log")).unwrap(), ["one", "two"]);
        assert_eq!(tail(&path("link")), None);
        let submission = Submission { path: folder.path().to_owned(), ..submission(1, &[None], &[]) };
        assert!(submission.trials(0).unwrap_err().to_string().contains("tasks-0.txt"));
    }

    #[test]
    fn trials_of_active_tasks_are_active() {
        let submissions = vec![submission(1, &[Some(10)], &[10]), submission(2, &[Some(20)], &[10, 20])];
        let trials = vec![vec![ids(&[&["a", "b"], &["c"], &["d"]])], vec![ids(&[&["b"]])]];
        let queue = vec![
            entry("s-1-0", 10, Some(0), JobState::Ended),
            entry("s-1-0", 10, Some(1), JobState::Held),
            entry("s-2-0", 20, Some(0), JobState::Running),
            entry("s-2-analysis", 21, None, JobState::Queued),
            entry("another", 22, Some(0), JobState::Running),
        ];
        let jobs = Jobs::join(submissions, trials, queue);
        assert_eq!(jobs.active_trials(), HashSet::from(["b", "c"]), "Slurm has purged the task of d");
        assert_eq!(jobs.active_jobs(), BTreeSet::from([10, 20]));
        assert!(jobs.has_analysis_after(&BTreeSet::from([10, 20])));
        assert!(!jobs.has_analysis_after(&BTreeSet::from([10, 30])));
        assert!(jobs.last_active().unwrap().runs(&Program::of(&[2])));
        let last = jobs.last_tasks();
        assert_eq!((last["a"].name(), last["b"].name()), ("10_0".to_owned(), "20_0".to_owned()));
        assert_eq!(last["d"].log.as_deref(), Some("/r/slurm/1/logs-0/10_2.log".as_ref()));
    }

    #[test]
    fn a_job_without_a_recorded_number_is_found_by_its_name() {
        let trials = || vec![vec![ids(&[&["a"]])]];
        let there = vec![entry("s-1-0", 10, Some(0), JobState::Queued)];
        let jobs = Jobs::join(vec![submission(1, &[None], &[])], trials(), there);
        assert_eq!(jobs.submissions[0].record.arrays[0].job, Some(10));
        assert_eq!(jobs.active_trials(), HashSet::from(["a"]));

        let jobs = Jobs::join(vec![submission(1, &[None], &[])], trials(), Vec::new());
        assert!(jobs.active_trials().is_empty());
        assert_eq!(jobs.tasks[0].name(), "never submitted");
    }

    #[test]
    fn a_job_of_the_same_name_and_another_number_is_ignored() {
        let queue = vec![entry("s-1-0", 11, Some(0), JobState::Running)];
        let jobs = Jobs::join(vec![submission(1, &[Some(10)], &[10])], vec![vec![ids(&[&["a"]])]], queue);
        assert!(jobs.active_trials().is_empty());
    }
}
