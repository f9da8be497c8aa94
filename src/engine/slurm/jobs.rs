//! A sweep's submissions held against the queue: which task has which trials, and what Slurm
//! makes of it. Pure but for [`Jobs::look`], which asks the disk and the cluster.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

use super::cluster::{Cluster, Error};
use super::queue::{Queued, State};
use crate::store::{Record, Submission, Submissions, Submitted};

/// All jobs of a sweep.
#[derive(Debug, Default)]
pub struct Jobs {
    /// The submissions, the first one first, with the job numbers that the queue knows.
    pub submissions: Vec<Submission>,
    /// Every task, in the order in which they were submitted.
    pub tasks: Vec<Task>,
    /// The jobs that merge and analyse which Slurm still knows, by submission.
    pub analyses: Vec<(usize, Queued)>,
}

/// One task of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The array's job; absent where its submitter died and the queue does not know it.
    pub job: Option<u64>,
    /// Its position in the array.
    pub index: usize,
    /// Ids of its trials.
    pub trials: Vec<String>,
    /// What it said, where it ever ran.
    pub log: Option<PathBuf>,
    /// What Slurm says of it; nothing once it has ended long ago.
    pub queued: Option<Queued>,
}

impl Task {
    /// What Slurm does with it.
    #[must_use]
    pub fn state(&self) -> State {
        self.queued.as_ref().map_or(State::Ended, |queued| queued.state)
    }

    /// The name that Slurm gives it.
    #[must_use]
    pub fn name(&self) -> String {
        self.job.map_or_else(|| "never submitted".to_owned(), |job| format!("{job}_{}", self.index))
    }
}

impl Jobs {
    /// Reads the submissions and asks the cluster what became of their jobs.
    ///
    /// # Errors
    /// A record cannot be read, or the cluster cannot be asked.
    pub fn look(submissions: &Submissions, cluster: &dyn Cluster) -> Result<Self, Error> {
        let submissions = submissions.list()?;
        if submissions.is_empty() {
            return Ok(Self::default());
        }
        let queue = cluster.queued(&names(&submissions))?;
        let trials = |submission: &Submission| {
            (0..submission.record.arrays.len()).map(|array| submission.trials(array)).collect()
        };
        let lists: Result<Vec<Vec<_>>, _> = submissions.iter().map(trials).collect();
        Ok(Self::of(submissions, lists?, queue))
    }

    /// Records the numbers of jobs that only the queue knew.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn remember(&self, submissions: &Submissions) -> Result<(), Error> {
        let recorded = submissions.list()?;
        let mut found = self.submissions.iter().filter(|submission| !recorded.contains(submission));
        Ok(found.try_for_each(Submission::save)?)
    }

    /// Joins submissions, the trials of the tasks of each array of each, and the queue.
    #[must_use]
    pub fn of(
        mut submissions: Vec<Submission>,
        trials: Vec<Vec<Vec<Vec<String>>>>,
        queue: Vec<Queued>,
    ) -> Self {
        let mut known: HashMap<String, Vec<Queued>> = HashMap::new();
        for queued in queue {
            known.entry(queued.name.clone()).or_default().push(queued);
        }
        let (mut tasks, mut analyses) = (Vec::new(), Vec::new());
        for (submission, trials) in submissions.iter_mut().zip(trials) {
            for (array, trials) in trials.into_iter().enumerate() {
                let mut found = adopt(&mut submission.record.arrays[array], &mut known);
                let job = submission.record.arrays[array].job;
                tasks.extend(trials.into_iter().enumerate().map(|(index, trials)| Task {
                    job,
                    index,
                    trials,
                    log: job.map(|job| submission.log(array, job, index)),
                    queued: found.remove(&Some(index)),
                }));
            }
            let found = adopt(&mut submission.record.analysis, &mut known);
            analyses.extend(found.into_values().map(|queued| (submission.number, queued)));
        }
        Self { submissions, tasks, analyses }
    }

    /// Tasks that Slurm may still run.
    pub fn alive(&self) -> impl Iterator<Item = &Task> {
        self.tasks.iter().filter(|task| task.state().is_alive())
    }

    /// Ids of the trials that tasks which Slurm may still run will run.
    #[must_use]
    pub fn covered(&self) -> HashSet<&str> {
        self.alive().flat_map(|task| task.trials.iter().map(String::as_str)).collect()
    }

    /// Whether a task is just being cleared away, and what follows is not known yet.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.tasks.iter().any(|task| task.state() == State::Ending)
    }

    /// Numbers of the arrays' jobs that Slurm may still run.
    #[must_use]
    pub fn alive_jobs(&self) -> BTreeSet<u64> {
        self.alive().filter_map(|task| task.job).collect()
    }

    /// Whether an analysis is queued that waits for all these jobs.
    #[must_use]
    pub fn is_analysed_after(&self, jobs: &BTreeSet<u64>) -> bool {
        let waits = |(number, queued): &(usize, Queued)| {
            let submission = self.submissions.iter().find(|submission| submission.number == *number);
            let after = submission.map(|submission| &submission.record.after);
            matches!(queued.state, State::Waiting | State::Held)
                && after.is_some_and(|after| jobs.iter().all(|job| after.contains(job)))
        };
        self.analyses.iter().any(waits)
    }

    /// The record of the last submission of which Slurm may still run a task.
    #[must_use]
    pub fn last_alive(&self) -> Option<&Record> {
        let alive = self.alive_jobs();
        let is_alive = |job: &Submitted| job.job.is_some_and(|job| alive.contains(&job));
        let records = self.submissions.iter().map(|submission| &submission.record);
        records.rev().find(|record| record.arrays.iter().any(is_alive))
    }

    /// The last task of each trial that had one, by the trial's id.
    #[must_use]
    pub fn last_tasks(&self) -> HashMap<&str, &Task> {
        let pairs = self.tasks.iter().flat_map(|task| task.trials.iter().map(move |id| (id.as_str(), task)));
        pairs.collect()
    }
}

/// Names of all jobs that were submitted, or may have been.
fn names(submissions: &[Submission]) -> Vec<&str> {
    let records = submissions.iter().map(|submission| &submission.record);
    records
        .flat_map(|record| record.arrays.iter().chain([&record.analysis]))
        .map(|job| job.name.as_str())
        .collect()
}

/// What the queue says of a job's tasks. A job whose number was never recorded, since its
/// submitter died, is known by its name.
fn adopt(job: &mut Submitted, known: &mut HashMap<String, Vec<Queued>>) -> HashMap<Option<usize>, Queued> {
    let found = known.remove(&job.name).unwrap_or_default();
    job.job = job.job.or_else(|| found.iter().map(|queued| queued.job).max());
    let ours = found.into_iter().filter(|queued| Some(queued.job) == job.job);
    ours.map(|queued| (queued.task, queued)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Program;

    fn submission(number: usize, arrays: &[Option<u64>], after: &[u64]) -> Submission {
        let names = (0..arrays.len()).map(|array| format!("s-{number}-{array}")).collect();
        let mut record = Record::new(Program::of(&[number as u8]), 1, names, format!("s-{number}-analysis"));
        for (array, job) in record.arrays.iter_mut().zip(arrays) {
            array.job = *job;
        }
        record.after = after.to_vec();
        Submission { number, path: format!("/r/slurm/{number}").into(), record }
    }

    fn queued(name: &str, job: u64, task: Option<usize>, state: State) -> Queued {
        Queued { job, task, name: name.to_owned(), state, nodes: String::new(), reason: "None".to_owned() }
    }

    fn ids(ids: &[&[&str]]) -> Vec<Vec<String>> {
        ids.iter().map(|ids| ids.iter().map(ToString::to_string).collect()).collect()
    }

    #[test]
    fn trials_are_covered_by_tasks_that_may_still_run() {
        let submissions = vec![submission(1, &[Some(10)], &[10]), submission(2, &[Some(20)], &[10, 20])];
        let trials = vec![vec![ids(&[&["a", "b"], &["c"], &["d"]])], vec![ids(&[&["b"]])]];
        let queue = vec![
            queued("s-1-0", 10, Some(0), State::Ended),
            queued("s-1-0", 10, Some(1), State::Held),
            queued("s-2-0", 20, Some(0), State::Running),
            queued("s-2-analysis", 21, None, State::Waiting),
            queued("another", 22, Some(0), State::Running),
        ];
        let jobs = Jobs::of(submissions, trials, queue);
        assert_eq!(jobs.covered(), HashSet::from(["b", "c"]), "d is of a task that Slurm has forgotten");
        assert_eq!(jobs.alive_jobs(), BTreeSet::from([10, 20]));
        assert!(jobs.is_analysed_after(&BTreeSet::from([10, 20])));
        assert!(!jobs.is_analysed_after(&BTreeSet::from([10, 30])));
        assert!(jobs.last_alive().unwrap().runs(&Program::of(&[2])));
        let last = jobs.last_tasks();
        assert_eq!((last["a"].name(), last["b"].name()), ("10_0".to_owned(), "20_0".to_owned()));
        assert_eq!(last["d"].log.as_deref(), Some("/r/slurm/1/logs-0/10_2.log".as_ref()));
    }

    #[test]
    fn a_job_whose_number_was_not_recorded_is_known_by_its_name() {
        let trials = || vec![vec![ids(&[&["a"]])]];
        let there = vec![queued("s-1-0", 10, Some(0), State::Waiting)];
        let jobs = Jobs::of(vec![submission(1, &[None], &[])], trials(), there);
        assert_eq!(jobs.submissions[0].record.arrays[0].job, Some(10));
        assert_eq!(jobs.covered(), HashSet::from(["a"]));

        let jobs = Jobs::of(vec![submission(1, &[None], &[])], trials(), Vec::new());
        assert!(jobs.covered().is_empty());
        assert_eq!(jobs.tasks[0].name(), "never submitted");
    }

    #[test]
    fn a_job_of_the_same_name_and_another_number_is_not_ours() {
        let queue = vec![queued("s-1-0", 11, Some(0), State::Running)];
        let jobs = Jobs::of(vec![submission(1, &[Some(10)], &[10])], vec![vec![ids(&[&["a"]])]], queue);
        assert!(jobs.covered().is_empty());
    }
}
