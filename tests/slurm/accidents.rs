//! Sweeps with failures of nodes, tasks and the controller: no result is lost or computed twice.

use std::fs;

use crate::cluster::{Cluster, wait_for};
use crate::lab::{LONG, Lab, ended};

/// All trials in tasks of two, which run on different nodes.
const SPREAD: [&str; 4] = ["--pack", "2", "--set", "slurm.cpus=2"];

#[test]
fn a_node_that_dies_loses_nothing() {
    let Some(cluster) = Cluster::alone() else { return };
    let lab = Lab::new(Some(&cluster), &LONG);
    let job = lab.submit(&SPREAD).expect(0).jobs().remove(0);
    let lost = lab.begun(&cluster, &job);
    // Lest it ends before its node does.
    lost.signal("STOP");
    cluster.kill_node(&lost.node, true);
    let followed = ended(lab.follow(&[])).expect(0);
    cluster.start_node(&lost.node);
    assert!(followed.out.contains("6 of 6 trials complete"), "{}", followed.out);
    assert_eq!(followed.jobs(), [] as [&str; 0], "Slurm queued its tasks again");
    let logs = lab.logs();
    assert!(logs.contains("start 2") && logs.contains("goes on after epoch"), "{logs}");
    lab.assert_same_as_local();
}

/// Slurm loses sight of a node, whose task runs on, and starts the task a second time elsewhere.
#[test]
fn two_copies_of_a_trial_at_once_are_one() {
    let Some(cluster) = Cluster::alone() else { return };
    let lab = Lab::new(Some(&cluster), &LONG);
    let job = lab.submit(&["--pack", "6", "--set", "slurm.cpus=2"]).expect(0).jobs().remove(0);
    let first = lab.begun(&cluster, &job);
    // Lest it ends before Slurm misses its node.
    first.signal("STOP");
    cluster.kill_node(&first.node, false);
    wait_for("the second copy", || cluster.programs_of(&first.name).len() > first.programs.len());
    let before = lab.provenance();
    first.signal("CONT");
    let followed = ended(lab.follow(&[])).expect(0);
    cluster.start_node(&first.node);
    assert!(followed.out.contains("6 of 6 trials complete"), "{}", followed.out);
    let after = lab.provenance();
    assert!(before.iter().all(|(path, bytes)| after[path] == *bytes), "what was complete was not run again");
    assert!(lab.logs().contains("run by another process"), "{}", lab.logs());
    lab.assert_same_as_local();
}

#[test]
fn a_killed_task_is_reported_and_only_it_is_submitted_again() {
    let Some(cluster) = Cluster::shared() else { return };
    let lab = Lab::new(Some(&cluster), &LONG);
    let child = lab.follow(&SPREAD);
    wait_for("a submission", || lab.root().join("slurm/1/record.json").exists());
    let record = || fs::read_to_string(lab.root().join("slurm/1/record.json")).unwrap();
    wait_for("its jobs", || !record().contains("null"));
    let record: serde_json::Value = serde_json::from_str(&record()).unwrap();
    let job = record["arrays"][0]["job"].to_string();
    let task = lab.begun(&cluster, &job);
    task.signal("KILL");
    let followed = ended(child).expect(1);
    let message = format!("{} ended without ", task.name);
    assert!(followed.err.contains(&message) && followed.err.contains("; the end of "), "{}", followed.err);
    assert!(
        followed.out.contains("4 of 6 trials complete") && followed.out.contains("2 pending"),
        "{}",
        followed.out
    );
    assert!(followed.out.contains("--engine slurm` runs pending trials"), "{}", followed.out);
    let status = lab.drsae("status", &[]).expect(1).out;
    assert!(status.contains("1 task ended and left 2 trials without a result"), "{status}");
    assert!(status.contains(&message), "{status}");

    let again = ended(lab.follow(&[])).expect(0);
    assert!(again.err.contains("smoke: 2 of 6 trials to submit, 0 already queued"), "{}", again.err);
    lab.assert_same_as_local();
}

#[test]
fn a_cancelled_sweep_continues_when_it_is_submitted_again() {
    let Some(cluster) = Cluster::shared() else { return };
    let lab = Lab::new(Some(&cluster), &LONG);
    let jobs = lab.submit(&SPREAD).expect(0).jobs();
    lab.begun(&cluster, &jobs[0]);
    cluster.ask("scancel", &jobs.iter().map(String::as_str).collect::<Vec<_>>());
    // At once, while Slurm still clears the tasks away.
    let again = ended(lab.follow(&SPREAD)).expect(0);
    assert!(!again.err.contains("0 of 6 trials to submit"), "{}", again.err);
    assert!(again.out.contains("6 of 6 trials complete"), "{}", again.out);
    assert!(lab.logs().contains("goes on after epoch"), "{}", lab.logs());
    lab.assert_same_as_local();
}

#[test]
fn a_controller_that_is_down_is_reported_and_waited_for() {
    let Some(cluster) = Cluster::alone() else { return };
    let lab = Lab::new(Some(&cluster), &LONG);
    let jobs = lab.submit(&SPREAD).expect(0).jobs();
    lab.begun(&cluster, &jobs[0]);
    cluster.stop_controller();
    let refused = lab.submit(&SPREAD).expect(2);
    assert!(
        refused.err.contains("the controller cannot be reached: run the same command again"),
        "{}",
        refused.err
    );
    let status = lab.drsae("status", &[]).expect(1).out;
    assert!(status.contains("cannot query the queue: "), "{status}");
    cluster.start_controller();
    let followed = ended(lab.follow(&[])).expect(0);
    assert_eq!(followed.jobs(), [] as [&str; 0], "the controller knows its jobs again");
    assert!(followed.out.contains("6 of 6 trials complete"), "{}", followed.out);
    lab.assert_same_as_local();
}
