//! Undisturbed sweeps.

use std::fs;

use serde_json::Value;

use crate::cluster::{Cluster, MOST_TASKS, wait_for};
use crate::lab::{LONG, Lab, SMALL, ended};

#[test]
fn a_smoke_sweep_equals_that_of_the_local_engine() {
    let Some(cluster) = Cluster::shared() else { return };
    let lab = Lab::new(Some(&cluster), &SMALL);
    let packed = ["--pack", "3", "--set", "slurm.cpus=2"];
    let dry = lab.submit(&[&packed[..], &["--dry-run"]].concat()).expect(0);
    let followed = ended(lab.follow(&packed)).expect(0);
    assert!(
        followed.out.contains("12 of 12 trials complete; results in results/smoke\n"),
        "{}",
        followed.out
    );
    assert!(followed.err.contains("12/12 trials, 0 tasks running"), "{}", followed.err);
    lab.assert_same_as_local();

    let submission = lab.root().join("slurm/1");
    for script in ["array-0.sh", "analysis.sh"] {
        let text = fs::read_to_string(submission.join(script)).unwrap();
        assert!(dry.out.contains(&text), "a dry run prints the scripts that are submitted");
    }
    let program = fs::read_dir(lab.root().join("slurm/bin")).unwrap().next().unwrap().unwrap().path();
    let script = fs::read_to_string(submission.join("array-0.sh")).unwrap();
    assert!(
        script.contains(&format!("program={}\n", program.display())),
        "the arrays run a copy of their own"
    );
    let analysis = || fs::read_to_string(submission.join("analysis.log")).unwrap_or_default();
    wait_for("the analysis", || analysis().contains("Does every family train from spec to report?"));

    let status = lab.drsae("status", &[]).expect(0);
    assert!(status.out.contains("12 complete"), "{}", status.out);
    let again = lab.submit(&[]).expect(0);
    assert!(again.err.contains("no trial is missing or queued"), "{}", again.err);
    assert_eq!(again.jobs(), [] as [&str; 0]);
}

#[test]
fn a_plan_larger_than_an_array_gets_several_and_queued_trials_are_not_submitted_again() {
    let Some(cluster) = Cluster::shared() else { return };
    let lab = Lab::new(Some(&cluster), &SMALL);
    // Nothing begins until the first array is released.
    let held = ["--pack", "1", "--set", "slurm.directives=[\"--hold\"]"];
    let submitted = lab.submit(&held).expect(0);
    let jobs = submitted.jobs();
    assert_eq!(jobs.len(), 12_usize.div_ceil(MOST_TASKS) + 1, "{}", submitted.out);

    let again = lab.submit(&held).expect(0);
    assert_eq!(again.jobs(), [] as [&str; 0]);
    assert!(again.err.contains("smoke: 0 of 12 trials to submit, 12 already queued"), "{}", again.err);
    let status = lab.drsae("status", &[]).expect(1).out;
    let message = format!("12 tasks held (12 JobHeldUser): `scontrol release {}`", jobs[..3].join(" "));
    assert!(status.contains(&message), "{status}");
    assert!(!status.contains("runs pending trials"), "all of it is queued: {status}");
    let status: Value = serde_json::from_str(&lab.drsae("status", &["--json"]).out).unwrap();
    assert_eq!(status["slurm"]["counts"]["held"], 12);

    for job in &jobs {
        cluster.ask("scontrol", &["release", job]);
    }
    let followed = ended(lab.follow(&[])).expect(0);
    assert!(followed.out.contains("12 of 12 trials complete"), "{}", followed.out);
    lab.assert_same_as_local();
}

#[test]
fn a_task_is_requeued_at_its_time_limit_and_continues() {
    let Some(cluster) = Cluster::shared() else { return };
    let lab = Lab::new(Some(&cluster), &LONG);
    let submitted = lab.submit(&["--pack", "6", "--set", "slurm.cpus=2"]).expect(0);
    let job = &submitted.jobs()[0];
    let task = lab.begun(&cluster, job);
    let status = lab.drsae("status", &[]).expect(1).out;
    assert!(status.contains(&format!("1 task running on {}", task.node)), "{status}");
    // The signal that Slurm sends a minute before the time limit.
    cluster.ask("scancel", &["--batch", "--signal=USR1", &task.name]);
    wait_for("the end of the first run", || lab.logs().contains("the time is over: queued again"));
    let followed = ended(lab.follow(&[])).expect(0);
    assert_eq!(followed.jobs(), [] as [&str; 0], "it is queued, and not missing");
    let logs = lab.logs();
    assert!(logs.contains("start 2") && logs.contains("goes on after epoch"), "{logs}");
    lab.assert_same_as_local();
}
