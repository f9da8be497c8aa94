//! A failure of one trial does not affect the others.

use std::collections::BTreeMap;
use std::sync::Mutex;

use drsae::data;
use drsae::device::Kind;
use drsae::engine::{self, Control, Counted, DatasetCache, Ending, Observer, local};
use drsae::plan::{Plan, Trial};
use drsae::spec::Sweep;
use drsae::store::{Status, Store, file};
use drsae::train::Epoch;

const SPEC: &str = r#"
name = "isolated"
seeds = 2
[data]
source = "strokes"
train = 200
validation = 50
test = 50
[model]
steps = 2
hidden = 8
[training]
phases = [{ epochs = 1, rate = 1e-3, discriminative = true }]
[sweep.grid]
"model.family" = ["drsae", "untied"]
"#;

/// Panics in the middle of the trial of that index, and keeps how each trial ended.
#[derive(Default)]
struct Fault {
    panics: Option<usize>,
    endings: Mutex<BTreeMap<usize, Ending>>,
}

impl Observer for Fault {
    fn started(&self, _: &Trial) {}
    fn advanced(&self, trial: &Trial, _: usize) {
        assert!(self.panics != Some(trial.index), "a fault in trial {}", trial.index);
    }
    fn epoch(&self, _: &Trial, _: &Epoch) {}
    fn noticed(&self, _: &Trial, _: &str) {}
    fn waiting(&self, _: usize) {}
    fn finished(&self, trial: &Trial, ending: &Ending) {
        self.endings.lock().unwrap().insert(trial.index, ending.clone());
    }
}

/// Runs the sweep; gives each trial's status and `failure.txt`.
fn run(spec: &str, fault: &Fault, control: &Control, jobs: usize) -> Vec<(Status, String)> {
    let sweep = Sweep::parse(spec, "isolated.toml", &[]).unwrap();
    let plan = Plan::of(&sweep, Kind::Cpu, |config: &data::Config| data::facts(config, None)).unwrap();
    let results = tempfile::tempdir().unwrap();
    let store = Store::open(&results.path().join(&sweep.name), &sweep.to_toml().unwrap()).unwrap();
    let pending = engine::pending(&plan.trials, &store, Counted::default()).unwrap();
    let datasets =
        DatasetCache::load(plan.trials.iter().map(|trial| &trial.config.data), None, drsae::data::Part::All)
            .unwrap();
    local::run(&pending, &store, &datasets, control, jobs, fault).unwrap();
    let state = |trial: &Trial| {
        let folder = store.trial(&trial.id).unwrap();
        let failure = std::fs::read_to_string(folder.path().join(file::FAILURE)).unwrap_or_default();
        (folder.status().unwrap(), failure)
    };
    plan.trials.iter().map(state).collect()
}

#[test]
fn a_panic_fails_its_own_trial_alone() {
    let fault = Fault { panics: Some(1), ..Fault::default() };
    let states = run(SPEC, &fault, &Control::default(), 2);
    assert_eq!(states[1], (Status::Failed, "panicked: a fault in trial 1\n".to_owned()));
    for index in [0, 2, 3] {
        assert_eq!(states[index], (Status::Complete, String::new()));
    }
    let endings = fault.endings.into_inner().unwrap();
    assert!(
        matches!(&endings[&1], Ending::Incomplete { status: Status::Failed, reason } if reason.contains("a fault"))
    );
}

#[test]
fn a_network_that_does_not_fit_leaves_its_own_trial_pending() {
    let spec = SPEC.replace(
        "[sweep.grid]",
        "[sweep.zip]\n\"model.hidden\" = [8, 1_000_000]\n\"model.steps\" = [2, 1000]\n[sweep.grid]",
    );
    let fault = Fault::default();
    let states = run(&spec, &fault, &Control::default(), 2);
    let endings = fault.endings.lock().unwrap();
    let refused = |ending: &Ending| matches!(ending, Ending::Incomplete { status: Status::Pending, reason } if reason.contains("MiB of memory"));
    assert!(endings.values().any(refused), "{endings:?}");
    assert!(states.iter().all(|(status, _)| *status != Status::Failed), "{states:?}");
    assert_eq!(states.iter().filter(|(status, _)| *status == Status::Complete).count(), 4, "{states:?}");
}

#[test]
fn the_first_failure_ends_the_sweep_where_that_is_asked_for() {
    let fault = Fault { panics: Some(0), ..Fault::default() };
    let control = Control { fail_fast: true, ..Control::default() };
    let states = run(SPEC, &fault, &control, 1);
    let statuses: Vec<_> = states.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [Status::Failed, Status::Pending, Status::Pending, Status::Pending]);
}

#[test]
fn a_trial_that_takes_too_long_is_timed_out() {
    let control = Control { timeout: Some(std::time::Duration::ZERO), ..Control::default() };
    let states = run(SPEC, &Fault::default(), &control, 2);
    for (status, failure) in states {
        assert_eq!(status, Status::TimedOut);
        assert_eq!(failure, "it took longer than 0ns\n");
    }
}
