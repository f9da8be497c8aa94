//! Submitting to a cluster that is made up.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::plan::Trial;
use crate::spec::Slurm;
use crate::store::{Program, Store};

/// Takes so many jobs, numbered from 100, and refuses all others.
struct Fake {
    room: usize,
    taken: RefCell<Vec<(String, Vec<u64>)>>,
}

impl Fake {
    fn new(room: usize) -> Self {
        Self { room, taken: RefCell::default() }
    }

    /// Names of the scripts that were submitted, and the jobs for which each waits.
    fn told(&self) -> Vec<String> {
        self.taken.borrow().iter().map(|(script, after)| format!("{script} {after:?}")).collect()
    }
}

impl Cluster for Fake {
    fn submit(&self, script: &Path, after: &[u64]) -> Result<u64, Error> {
        let mut taken = self.taken.borrow_mut();
        if taken.len() == self.room {
            return Err(Error::Refused { program: "sbatch", told: "full".to_owned() });
        }
        assert!(script.exists(), "the script is there before it is submitted");
        taken.push((script.file_name().unwrap().to_string_lossy().into_owned(), after.to_vec()));
        Ok(99 + taken.len() as u64)
    }

    fn queued(&self, names: &[&str]) -> Result<Vec<Queued>, Error> {
        let waiting = |(at, name): (usize, &&str)| Queued {
            job: 100 + at as u64,
            task: (!name.ends_with("analysis")).then_some(0),
            name: (*name).to_owned(),
            state: State::Waiting,
            nodes: String::new(),
            reason: "Priority".to_owned(),
        };
        Ok(names.iter().enumerate().take(self.taken.borrow().len()).map(waiting).collect())
    }

    fn most_tasks(&self) -> Result<usize, Error> {
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

    /// Submits each trial as a task and an array of its own.
    fn submit(&self, cluster: &Fake, settings: &Slurm, earlier: &[u64]) -> Result<usize, Error> {
        let arrays: Vec<_> = self.trials.iter().map(|trial| vec![vec![trial]]).collect();
        let scripts = Scripts {
            settings,
            sweep: "small",
            folder: Path::new("/"),
            program: Path::new("/program"),
            sha256: "0123456789abcdef",
            options: &[],
            trial_options: &[],
            jobs: 1,
        };
        let order = Order {
            scripts,
            spec: "name = \"small\"\n",
            root: self.store.root(),
            program: &Program::of(b"abc"),
            numerics: 1,
            arrays: &arrays,
            earlier: &earlier.iter().copied().collect::<BTreeSet<_>>(),
        };
        let mut heard = 0;
        order.submit(&self.store, cluster, &mut |_| heard += 1)?;
        Ok(heard)
    }
}

#[test]
fn the_analysis_waits_for_all_arrays() {
    let (lab, cluster) = (Lab::new(), Fake::new(9));
    assert_eq!(lab.submit(&cluster, &Slurm::default(), &[7]).unwrap(), 3);
    let expected = ["array-0.sh []", "array-1.sh []", "array-2.sh []", "analysis.sh [100, 101, 102, 7]"];
    assert_eq!(cluster.told(), expected);
    let [submission] = &lab.store.submissions().list().unwrap()[..] else { panic!("one submission") };
    assert_eq!(submission.record.analysis.job, Some(103));
    assert_eq!(submission.trials(1).unwrap(), [vec![lab.trials[1].id.clone()]]);
    let list = std::fs::read_to_string(submission.tasks(1)).unwrap();
    assert_eq!(list, format!("1 {}\n", lab.trials[1].id));
}

/// Slurm's own limit counts within one array.
#[test]
fn arrays_with_a_limit_run_one_after_another() {
    let (lab, cluster) = (Lab::new(), Fake::new(9));
    lab.submit(&cluster, &Slurm { parallel: Some(2), ..Slurm::default() }, &[]).unwrap();
    let expected = ["array-0.sh []", "array-1.sh [100]", "array-2.sh [101]", "analysis.sh [100, 101, 102]"];
    assert_eq!(cluster.told(), expected);
}

#[test]
fn what_was_taken_before_a_refusal_is_known_afterwards() {
    let (lab, cluster) = (Lab::new(), Fake::new(2));
    assert!(lab.submit(&cluster, &Slurm::default(), &[]).is_err());
    let jobs = Jobs::look(&lab.store.submissions(), &cluster).unwrap();
    let covered: Vec<_> = lab.trials.iter().map(|trial| jobs.covered().contains(trial.id.as_str())).collect();
    assert_eq!(covered, [true, true, false]);
    assert!(!jobs.is_analysed_after(&jobs.alive_jobs()), "an analysis is still to be submitted");
}

#[test]
fn a_refusal_of_the_first_array_leaves_nothing() {
    let (lab, cluster) = (Lab::new(), Fake::new(0));
    let error = lab.submit(&cluster, &Slurm::default(), &[]).unwrap_err();
    assert_eq!(error.to_string(), "`sbatch` failed: full");
    assert_eq!(lab.store.submissions().next().unwrap(), 1);
}

/// The submitter died between the cluster's answer and its record.
#[test]
fn a_job_that_was_not_recorded_is_found_by_its_name() {
    let (lab, cluster) = (Lab::new(), Fake::new(9));
    lab.submit(&cluster, &Slurm::default(), &[]).unwrap();
    let mut submission = lab.store.submissions().list().unwrap().remove(0);
    submission.record.arrays[2].job = None;
    submission.save().unwrap();
    let jobs = Jobs::look(&lab.store.submissions(), &cluster).unwrap();
    assert_eq!(jobs.submissions[0].record.arrays[2].job, Some(102));
    assert_eq!(jobs.covered().len(), 3);
}
