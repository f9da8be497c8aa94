//! Submission to a simulated cluster.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;

use super::script::Scripts;
use super::submit::NewSubmission;
use super::*;
use crate::plan::Trial;
use crate::store::Store;

/// Accepts `capacity` jobs, numbered from 100, and refuses all others.
struct Fake {
    capacity: usize,
    accepted: RefCell<Vec<(String, Vec<u64>)>>,
}

impl Fake {
    fn new(capacity: usize) -> Self {
        Self { capacity, accepted: RefCell::default() }
    }

    /// Names of the submitted scripts, each with the jobs that it waits for.
    fn submitted(&self) -> Vec<String> {
        self.accepted.borrow().iter().map(|(script, after)| format!("{script} {after:?}")).collect()
    }
}

impl Cluster for Fake {
    fn submit(&self, script: &Path, after: &[u64]) -> Result<u64, Error> {
        let mut accepted = self.accepted.borrow_mut();
        if accepted.len() == self.capacity {
            return Err(Error::Refused { program: "sbatch", message: "full".to_owned() });
        }
        assert!(script.exists(), "the script is there before it is submitted");
        accepted.push((script.file_name().unwrap().to_string_lossy().into_owned(), after.to_vec()));
        Ok(99 + accepted.len() as u64)
    }

    fn queue(&self, names: &[&str]) -> Result<Vec<QueueEntry>, Error> {
        let waiting = |(at, name): (usize, &&str)| QueueEntry {
            job: 100 + at as u64,
            task: (!name.ends_with("analysis")).then_some(0),
            name: (*name).to_owned(),
            state: JobState::Queued,
            nodes: String::new(),
            reason: "Priority".to_owned(),
        };
        Ok(names.iter().enumerate().take(self.accepted.borrow().len()).map(waiting).collect())
    }

    fn max_tasks(&self) -> Result<usize, Error> {
        Ok(1001)
    }
}

struct Lab {
    _results: tempfile::TempDir,
    store: Store,
    trials: Vec<Trial>,
}

impl Lab {
    fn new() -> Self {
        let results = tempfile::tempdir().unwrap();
        let store = Store::open(&results.path().join("small"), "name = \"small\"\n").unwrap();
        std::fs::create_dir(store.root().join("slurm")).unwrap();
        let trials = crate::plan::tests::trials("[sweep.grid]\nmodel.steps = [2, 3, 4]\n");
        Self { _results: results, store, trials }
    }

    fn submissions(&self) -> Submissions {
        Submissions::of(&self.store)
    }

    /// Submits each trial as an array of one task.
    fn submit(&self, cluster: &Fake, settings: &Settings, earlier: &[u64]) -> Result<usize, Error> {
        let arrays: Vec<_> = self.trials.iter().map(|trial| vec![vec![trial]]).collect();
        let scripts = Scripts {
            settings: settings.clone(),
            sweep: "small".to_owned(),
            working_dir: "/".into(),
            program: "/program".into(),
            sha256: "0123456789abcdef".to_owned(),
            sweep_args: Vec::new(),
            trial_args: Vec::new(),
            jobs: 1,
        };
        let new = NewSubmission {
            scripts,
            spec: "name = \"small\"\n".to_owned(),
            root: self.store.root(),
            program: Program::of(b"abc"),
            arrays,
            earlier: earlier.iter().copied().collect::<BTreeSet<_>>(),
        };
        let mut reported = 0;
        new.submit(&self.submissions(), cluster, &mut |_, _, _| reported += 1)?;
        Ok(reported)
    }
}

#[test]
fn the_analysis_waits_for_all_arrays() {
    let (lab, cluster) = (Lab::new(), Fake::new(9));
    assert_eq!(lab.submit(&cluster, &Settings::default(), &[7]).unwrap(), 4);
    let expected = ["array-0.sh []", "array-1.sh []", "array-2.sh []", "analysis.sh [100, 101, 102, 7]"];
    assert_eq!(cluster.submitted(), expected);
    let [submission] = &lab.submissions().list().unwrap()[..] else { panic!("one submission") };
    assert_eq!(submission.record.analysis.job, Some(103));
    assert_eq!(submission.trials(1).unwrap(), [vec![lab.trials[1].id.clone()]]);
    let list = std::fs::read_to_string(submission.tasks(1)).unwrap();
    assert_eq!(list, format!("1 {}\n", lab.trials[1].id));
}

/// Slurm's own limit counts within one array.
#[test]
fn arrays_with_a_limit_run_one_after_another() {
    let (lab, cluster) = (Lab::new(), Fake::new(9));
    lab.submit(&cluster, &Settings { parallel: Some(2), ..Settings::default() }, &[]).unwrap();
    let expected = ["array-0.sh []", "array-1.sh [100]", "array-2.sh [101]", "analysis.sh [100, 101, 102]"];
    assert_eq!(cluster.submitted(), expected);
}

#[test]
fn jobs_accepted_before_a_refusal_are_recorded() {
    let (lab, cluster) = (Lab::new(), Fake::new(2));
    assert!(lab.submit(&cluster, &Settings::default(), &[]).is_err());
    let jobs = Jobs::query(&lab.submissions(), &cluster).unwrap();
    let covered: Vec<_> =
        lab.trials.iter().map(|trial| jobs.active_trials().contains(trial.id.as_str())).collect();
    assert_eq!(covered, [true, true, false]);
    assert!(!jobs.has_analysis_after(&jobs.active_jobs()), "an analysis is still to be submitted");
}

#[test]
fn a_refusal_of_the_first_array_leaves_nothing() {
    let (lab, cluster) = (Lab::new(), Fake::new(0));
    let error = lab.submit(&cluster, &Settings::default(), &[]).unwrap_err();
    assert_eq!(error.to_string(), "`sbatch` failed: full");
    assert_eq!(lab.submissions().next_number().unwrap(), 1);
}

/// The submitter died between the cluster's answer and its record.
#[test]
fn an_unrecorded_job_is_found_by_its_name() {
    let (lab, cluster) = (Lab::new(), Fake::new(9));
    lab.submit(&cluster, &Settings::default(), &[]).unwrap();
    let mut submission = lab.submissions().list().unwrap().remove(0);
    submission.record.arrays[2].job = None;
    submission.save().unwrap();
    let jobs = Jobs::query(&lab.submissions(), &cluster).unwrap();
    assert_eq!(jobs.submissions[0].record.arrays[2].job, Some(102));
    assert_eq!(jobs.active_trials().len(), 3);
}
