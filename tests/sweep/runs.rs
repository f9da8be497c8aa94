//! Running, repeating, extending and repairing a sweep.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::lab::{Files, Lab, SPEC, output_of, without_concerns};

/// The files of both that are not the same; none is missing.
fn differences<'a>(left: &'a Files, right: &Files) -> Vec<&'a str> {
    assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>());
    left.iter().filter(|(path, bytes)| right[*path] != **bytes).map(|(path, _)| path.as_str()).collect()
}

/// A lab in which the sweep of `spec` has run.
fn swept(spec: &str) -> Lab {
    let lab = Lab::new(spec);
    lab.drsae("sweep", &[]).success();
    lab
}

const NONE: [&str; 0] = [];

#[test]
fn the_number_of_jobs_changes_no_byte() {
    let one = Lab::new(SPEC);
    one.drsae("sweep", &["--jobs", "1"]).success();
    let two = Lab::new(SPEC);
    two.drsae("sweep", &["--jobs", "2"]).success();

    let files = one.lasting("tiny");
    assert_eq!(differences(&files, &two.lasting("tiny")), NONE);
    for name in ["config.toml", "epochs.csv", "predictions.csv", "model.safetensors"] {
        let mut found: Vec<_> =
            files.iter().filter(|(path, _)| path.ends_with(&format!("/{name}"))).collect();
        assert_eq!(found.len(), 4, "{name}");
        found.sort_by_key(|(_, bytes)| *bytes);
        found.dedup_by_key(|(_, bytes)| *bytes);
        assert_eq!(found.len(), 4, "no two trials have the same {name}");
    }
    for name in [
        "sweep.toml",
        "plan.csv",
        "trials.csv",
        "epochs.csv",
        "mistakes.csv",
        "analysis/summary.csv",
        "analysis/comparison.csv",
        "analysis/grid.csv",
        "analysis/tables.md",
    ] {
        assert!(files[name].len() > 50, "{name}");
    }
}

#[test]
fn a_finished_sweep_is_left_as_it_is() {
    let lab = swept(SPEC);
    let before = lab.files("tiny");
    let (out, log) = output_of(&lab.drsae("sweep", &[]).success());
    assert_eq!(differences(&before, &lab.files("tiny")), NONE);
    assert!(out.contains("4 of 4 trials complete; results in results/tiny"), "{out}");
    assert_eq!(without_concerns(&log), "");
}

#[test]
fn a_trial_without_its_marker_alone_runs_again_to_the_same_bytes() {
    let lab = swept(SPEC);
    let lasting = lab.lasting("tiny");
    let broken = lab.column("tiny", "trial").remove(2);
    let root = lab.path("results/tiny/trials").join(&broken);
    // As a kill in the first epoch leaves it.
    for file in ["result.json", "predictions.csv", "model.safetensors", "timing.csv"] {
        fs::remove_file(root.join(file)).unwrap();
    }
    fs::write(root.join("epochs.csv"), "trial,ph").unwrap();
    fs::write(root.join(".drsae-0123456789abcdef.unfinished"), "half").unwrap();
    lab.mark("tiny");

    let (_, log) = output_of(&lab.drsae("sweep", &[]).success());
    assert!(log.contains("1 of 4 trials to run, 1 in parallel"), "{log}");
    assert_eq!(differences(&lasting, &lab.lasting("tiny")), NONE);
    assert_eq!(lab.ran_since_mark("tiny"), [broken]);
}

#[test]
fn what_killed_writers_left_an_hour_ago_is_removed_from_the_tables_and_the_analysis() {
    let lab = swept(SPEC);
    lab.drsae("report", &[]).success();
    let before = lab.files("tiny");
    let left = |folder: &str, digit: char, hours: u64| {
        let path = format!("results/tiny/{folder}.drsae-000000000000000{digit}.unfinished");
        lab.write(&path, "half");
        let file = fs::File::options().write(true).open(lab.path(&path)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_hours(hours)).unwrap();
        path
    };
    let old = ["", "analysis/", "analysis/figures/"].map(|folder| left(folder, '1', 2));
    let young = left("analysis/", '2', 0);
    lab.drsae("sweep", &[]).success();
    assert!(old.iter().all(|path| !lab.path(path).exists()));
    assert!(lab.path(&young).exists(), "its writer may live");
    fs::remove_file(lab.path(&young)).unwrap();
    assert!(lab.files("tiny").keys().eq(before.keys()));
}

#[test]
fn more_seeds_keep_the_finished_trials() {
    let lab = swept(SPEC);
    let before = lab.files("tiny");
    let rows = lab.read("results/tiny/trials.csv");

    let (_, log) = output_of(&lab.drsae("sweep", &["--set", "seeds=3"]).success());
    assert!(log.contains("2 of 6 trials to run"), "{log}");
    let after = lab.files("tiny");
    for (path, bytes) in before.iter().filter(|(path, _)| path.starts_with("trials/")) {
        assert!(&after[path] == bytes, "{path}");
    }
    assert!(lab.read("results/tiny/trials.csv").starts_with(&rows));
    assert_eq!(lab.column("tiny", "seed"), ["1", "1", "2", "2", "3", "3"]);
    assert_eq!(lab.column("tiny", "status"), ["complete"; 6]);

    // Fewer again: the plan shrinks, the trials stay.
    lab.drsae("sweep", &[]).success();
    assert_eq!(lab.read("results/tiny/trials.csv"), rows);
    assert_eq!(fs::read_dir(lab.path("results/tiny/trials")).unwrap().count(), 6);
}

/// One cell of two has a rate at which the first update leaves the range of the numbers.
const DIVERGING: &str = r#"name = "hot"
seeds = 2

[data]
train = 240
validation = 60
test = 80

[model]
steps = 2
hidden = 8

[training]
batch = 20
phases = [{ epochs = 1, rate = 1e-3, optimizer = "sgd", discriminative = true }]

[sweep.grid]
"training.phases.0.rate" = [1e-3, 1e30]
"#;

#[test]
fn a_diverged_trial_is_reported_and_the_others_end() {
    const STATUS: [&str; 4] = ["complete", "diverged", "complete", "diverged"];
    let lab = Lab::new(DIVERGING);
    let (out, log) = output_of(&lab.drsae("sweep", &[]).code(1));
    let trials = lab.column("hot", "trial");
    assert_eq!(lab.column("hot", "status"), STATUS);
    assert!(
        lab.column("hot", "test_error").iter().zip(STATUS).all(|(e, s)| e.is_empty() == (s == "diverged"))
    );
    assert!(out.contains("2 of 4 trials complete") && out.contains("2 diverged"), "{out}");
    assert!(out.contains("--retry diverged"), "{out}");
    for seed in [1, 2] {
        assert!(log.contains(&format!("seed {seed}: diverged: the loss became ")), "{log}");
    }
    for (trial, status) in trials.iter().zip(STATUS) {
        let failure = lab.path(format!("results/hot/trials/{trial}/failure.txt"));
        assert_eq!(failure.exists(), status == "diverged", "{trial}");
        let mut lines = out.lines().filter(|line| line.contains(" diverged: the loss became "));
        assert_eq!(
            lines.any(|line| line.ends_with(&format!("(trials/{trial})"))),
            status == "diverged",
            "{out}"
        );
        if status == "diverged" {
            let reason = fs::read_to_string(failure).unwrap();
            assert!(reason.starts_with("the loss became ") && reason.contains(" in epoch 1"), "{reason}");
        }
    }

    let (out, _) = output_of(&lab.drsae("status", &[]).code(1));
    assert!(out.contains("     2 complete\n     2 diverged\n"), "{out}");
    let (start, end) = ("  rate=1e30 seed 1 diverged: the loss became ", format!("(trials/{})", trials[1]));
    assert!(out.lines().any(|line| line.starts_with(start) && line.ends_with(&end)), "{out}");
    let (out, _) = output_of(&lab.drsae("status", &["--json"]).code(1));
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["planned"], 4);
    assert_eq!(answer["counts"], serde_json::json!({ "complete": 2, "diverged": 2 }));
    assert_eq!(answer["troubles"][1]["trial"], trials[3].as_str());
}

#[test]
fn a_diverged_trial_runs_again_only_when_it_is_asked_for() {
    let lab = Lab::new(DIVERGING);
    lab.drsae("sweep", &[]).code(1);
    lab.mark("hot");
    lab.drsae("analyze", &[]).success();
    let (before, lasting) = (lab.files("hot"), lab.lasting("hot"));

    let (_, log) = output_of(&lab.drsae("sweep", &["--retry", "failed"]).code(1));
    assert_eq!(without_concerns(&log), "");
    assert_eq!(differences(&before, &lab.files("hot")), NONE);

    let (_, log) = output_of(&lab.drsae("sweep", &["--retry", "diverged"]).code(1));
    assert!(log.contains("2 of 4 trials to run"), "{log}");
    assert_eq!(differences(&lasting, &lab.lasting("hot")), NONE);
    let trials = lab.column("hot", "trial");
    let mut diverged = [trials[1].clone(), trials[3].clone()];
    diverged.sort();
    assert_eq!(lab.ran_since_mark("hot"), diverged);
}

#[test]
fn a_single_trial_has_the_bytes_of_the_sweeps() {
    let whole = swept(SPEC);
    let trial = format!("trials/{}/", whole.column("tiny", "trial")[3]);
    let of_trial = |lab: &Lab| {
        let mut files = lab.lasting("tiny");
        files.retain(|path, _| path.starts_with(&trial));
        files
    };
    let expected = of_trial(&whole);
    assert_eq!(expected.len(), 4);

    let single = Lab::new(SPEC);
    single.drsae("trial", &["--index", "3"]).success();
    assert_eq!(differences(&expected, &of_trial(&single)), NONE);
    whole.drsae("trial", &["--index", "3"]).success();
    assert_eq!(differences(&expected, &of_trial(&whole)), NONE);

    let (_, log) = output_of(&single.drsae("sweep", &[]).success());
    assert!(log.contains("3 of 4 trials to run"), "{log}");
    assert_eq!(differences(&whole.lasting("tiny"), &single.lasting("tiny")), NONE);
}
