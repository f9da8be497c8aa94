//! Results of which only the tables are kept, as in a clone of the repository: no command and no interruption loses a
//! stored row.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::lab::{Files, Lab, SPEC, output_of, without_concerns};

/// The tables that repeat to the byte.
const LASTING: [&str; 3] = ["trials.csv", "epochs.csv", "mistakes.csv"];

/// A sweep of which the trials' folders are not kept.
fn kept(spec: &str) -> Lab {
    let lab = Lab::new(spec);
    lab.drsae("sweep", &[]).success();
    lab.drsae("report", &[]).success();
    fs::remove_dir_all(lab.path("results/tiny/trials")).unwrap();
    lab
}

/// A file, once it has this text.
fn wait_for(lab: &Lab, file: &str, text: &str) {
    for _ in 0..5000 {
        if fs::read_to_string(lab.path(file)).is_ok_and(|there| there.contains(text)) {
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
    panic!("{file} never had {text}");
}

/// The files of the lab except the trials.
fn tables(lab: &Lab) -> Files {
    let mut files = lab.files("tiny");
    files.retain(|path, _| !path.starts_with("trials/"));
    files
}

/// Trials of a tenth of a second each, so that there is something to interrupt.
fn long() -> String {
    SPEC.replace("train = 240", "train = 1600")
        .replace("hidden = 8", "hidden = 24")
        .replace("epochs = 1, rate = 3e-3, discriminative", "epochs = 4, rate = 3e-3, discriminative")
}

#[test]
fn no_stored_row_is_lost_wherever_a_sweep_is_interrupted_and_whatever_is_run_then() {
    let lab = kept(&long());
    let before = tables(&lab);
    let ids = lab.column("tiny", "trial");
    let mut interrupted = 0;
    for milliseconds in [0, 25, 60, 150, 300, 500] {
        for signal in ["-INT", "-KILL"] {
            let mut sweep = lab.std_command();
            sweep.args(["sweep", "spec.toml", "--jobs", "1"]).stdout(Stdio::null()).stderr(Stdio::null());
            let mut sweep = sweep.spawn().unwrap();
            thread::sleep(Duration::from_millis(milliseconds));
            Command::new("kill").args([signal, &sweep.id().to_string()]).status().unwrap();
            interrupted += usize::from(!sweep.wait().unwrap().success());
            for (command, more) in [
                ("status", &[][..]),
                ("verify", &[]),
                ("analyze", &[]),
                ("report", &[]),
                ("export", &["--format", "tensorboard"]),
            ] {
                let ended = lab.drsae(command, more);
                let (out, log) = output_of(&ended);
                let code = ended.get_output().status.code();
                // `drsae verify` reports it before tables are written again.
                assert!(code == Some(0) || (command == "verify" && code == Some(1)), "{command}: {out}{log}");
                let after = tables(&lab);
                for name in LASTING {
                    assert!(
                        after[name] == before[name],
                        "{name}: {command} after {signal} at {milliseconds} ms"
                    );
                }
                assert!(after["analysis/summary.csv"] == before["analysis/summary.csv"]);
                let provenance = String::from_utf8(after["provenance.csv"].clone()).unwrap();
                let rows: Vec<_> =
                    provenance.lines().skip(1).map(|row| row.split(',').nth(1).unwrap()).collect();
                assert_eq!(rows, ids, "{command} after {signal} at {milliseconds} ms");
            }
            lab.drsae("verify", &[]).success();
            // A sweep that was killed at once has begun none.
            let _ = fs::remove_dir_all(lab.path("results/tiny/trials"));
            lab.drsae("verify", &[]).success();
        }
    }
    assert!(interrupted > 6, "only {interrupted} sweeps were interrupted");
}

#[test]
fn stored_results_are_reported_and_computed_again() {
    let lab = kept(SPEC);
    let before = tables(&lab);
    let (out, _) = output_of(&lab.drsae("status", &[]).success());
    assert!(
        out.contains("     4 stored\n") && out.contains("`drsae sweep spec.toml` computes them again"),
        "{out}"
    );
    let (out, _) = output_of(&lab.drsae("status", &["--json"]).success());
    let status: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(status["counts"], serde_json::json!({ "stored": 4 }));

    lab.drsae("trial", &["--index", "2"]).success();
    let (out, _) = output_of(&lab.drsae("status", &[]).success());
    assert!(out.contains("     1 complete\n     3 stored\n"), "{out}");
    let (out, log) = output_of(&lab.drsae("sweep", &[]).success());
    let message = "tiny: 3 of 4 planned trials have stored results in results/tiny/trials.csv but no folder: they are \
                computed again, and the stored results are kept until then\n";
    assert!(log.contains(message), "{log}");
    assert!(out.ends_with("4 of 4 trials complete; results in results/tiny\n"), "{out}");
    let after = tables(&lab);
    assert!(LASTING.iter().all(|name| after[*name] == before[*name]));
    let (_, log) = output_of(&lab.drsae("sweep", &[]).success());
    assert_eq!(without_concerns(&log), "");
}

#[test]
fn a_sweep_that_is_extended_keeps_its_stored_rows_from_the_first_moment() {
    let lab = kept(&long());
    let rows = lab.read("results/tiny/trials.csv");
    let wider = ["--set", "seeds=3"];
    let mut sweep = lab.std_command();
    sweep.args(["sweep", "spec.toml", "--jobs", "1"]).args(wider).stdout(Stdio::null()).stderr(Stdio::null());
    let mut sweep = sweep.spawn().unwrap();
    wait_for(&lab, "results/tiny/plan.csv", "-s3-");
    sweep.kill().unwrap();
    sweep.wait().unwrap();
    lab.drsae("analyze", &wider).success();
    assert!(lab.read("results/tiny/trials.csv").starts_with(&rows));
    assert_eq!(
        lab.column("tiny", "status"),
        ["complete", "complete", "complete", "complete", "pending", "pending"]
    );
    let (out, _) = output_of(&lab.drsae("status", &wider).code(1));
    assert!(out.contains("     2 pending\n     4 stored\n"), "{out}");
    lab.drsae("verify", &wider).success();
    lab.drsae("sweep", &wider).success();
    assert!(lab.read("results/tiny/trials.csv").starts_with(&rows));
    assert_eq!(lab.column("tiny", "status"), ["complete"; 6]);
}

/// A kill between the two files leaves the new spec and the old plan.
#[test]
fn a_spec_that_was_extended_before_its_plan_is_not_answered_from_the_old_tables() {
    let lab = kept(SPEC);
    let before = tables(&lab);
    let rows = lab.read("results/tiny/trials.csv");
    let resolved = lab.read("results/tiny/sweep.toml");
    lab.write("results/tiny/sweep.toml", resolved.replace("seeds = 2", "seeds = 3"));
    for (command, spec, more) in [
        ("export", "results/tiny", &["--format", "tensorboard"][..]),
        ("analyze", "spec.toml", &["--set", "seeds=3"]),
    ] {
        lab.drsae_in(".", &[&[command, spec], more].concat()).success();
        assert!(lab.read("results/tiny/trials.csv").starts_with(&rows), "{command}");
        assert_eq!(lab.column("tiny", "status").len(), 6, "{command}");
        for (path, bytes) in before.iter().filter(|(path, _)| !path.ends_with("sweep.toml")) {
            lab.write(&format!("results/tiny/{path}"), bytes);
        }
    }
}

#[test]
fn a_trial_that_fails_where_its_row_is_complete_is_reported_and_changes_no_table() {
    let lab = kept(SPEC);
    let before = tables(&lab);
    let (out, _) = output_of(&lab.drsae("sweep", &["--timeout", "0s"]).success());
    let id = &lab.column("tiny", "trial")[3];
    assert!(
        out.contains("4 of 4 trials complete; results in results/tiny\n4 taken from the stored tables"),
        "{out}"
    );
    assert!(
        out.lines().any(|line| line.contains(" timed-out: ") && line.ends_with(&format!("(trials/{id})"))),
        "{out}"
    );
    assert!(tables(&lab) == before);
    let (out, _) = output_of(&lab.drsae("status", &[]).code(1));
    assert!(out.contains("     4 timed-out\n"), "{out}");
}

#[test]
fn a_plan_that_lacks_stored_trials_is_refused_by_every_command_and_nothing_is_written() {
    let lab = kept(SPEC);
    let before = tables(&lab);
    let fewer = ["--set", "seeds=1"];
    for (command, more) in [("sweep", &[][..]), ("trial", &["--index", "0"]), ("sweep", &["--dry-run"])] {
        let (out, log) = output_of(&lab.drsae(command, &[more, &fewer].concat()).code(2));
        let message = "error: results/tiny/trials.csv holds 2 results whose trials have no folder and are not in this \
                    plan, and which would be lost: give the spec as the `sweep.toml` in the folder has it";
        assert!(
            log.starts_with(message) && log.contains("--results") && out.is_empty(),
            "{command}: {out}{log}"
        );
    }
    for (command, more) in [("analyze", &[][..]), ("report", &[]), ("export", &["--format", "tensorboard"])] {
        let (out, log) = output_of(&lab.drsae(command, &[more, &fewer].concat()).code(2));
        assert!(log.contains("\n-seeds = 2\n+seeds = 1\n") && out.is_empty(), "{command}: {out}{log}");
        let other = ["--set", "sweep.grid.model.steps=[1, 2]"];
        let (_, log) = output_of(&lab.drsae(command, &[more, &other].concat()).code(2));
        assert!(log.contains("holds the merged tables of other trials (-)"), "{command}: {log}");
    }
    assert!(tables(&lab) == before);
    // Settings of the analysis are not part of the plan.
    lab.drsae("analyze", &["--set", "question=Why?", "--set", "compare.margin=0.5"]).success();
}

#[test]
fn a_foreign_spec_is_refused_by_every_command_with_the_difference() {
    let lab = kept(SPEC);
    for has_trials in [false, true] {
        if has_trials {
            lab.drsae("trial", &["--index", "1"]).success();
        }
        let before = lab.files("tiny");
        let foreign = ["--set", "training.phases.0.rate=1e-2"];
        for (command, more) in [
            ("analyze", &[][..]),
            ("report", &[]),
            ("status", &[]),
            ("export", &["--format", "tensorboard"]),
            ("sweep", &[]),
            ("sweep", &["--dry-run"]),
            ("trial", &["--index", "0"]),
            ("trial", &["--index", "0", "--pending"]),
        ] {
            let (out, log) = output_of(&lab.drsae(command, &[more, &foreign].concat()).code(2));
            assert!(log.contains("results/tiny holds the results of another sweep (-)"), "{command}: {log}");
            assert!(
                log.contains("\n-rate = 0.003\n+rate = 0.01\n") && out.is_empty(),
                "{command}: {out}{log}"
            );
        }
        let (out, _) = output_of(&lab.drsae("verify", &foreign).code(1));
        assert!(out.contains("wrong results/tiny/sweep.toml differs"), "{out}");
        assert!(lab.files("tiny") == before);
    }
}

#[test]
fn two_different_specs_that_begin_together_in_one_folder_are_one_accepted_and_one_refused() {
    for round in 0..12 {
        let lab = Lab::new(SPEC);
        lab.write("other.toml", SPEC.replace("hidden = 8", "hidden = 9"));
        let start = |spec: &str| {
            let mut command = lab.std_command();
            command.args(["trial", spec, "--index", "0"]).stdout(Stdio::null()).stderr(Stdio::piped());
            command.spawn().unwrap()
        };
        let running = ["spec.toml", "other.toml"].map(start);
        let ended = running.map(|child| child.wait_with_output().unwrap());
        let mut codes = ended.each_ref().map(|output| output.status.code());
        codes.sort();
        assert_eq!(codes, [Some(0), Some(2)], "round {round}: {ended:?}");
        let winner = usize::from(ended[1].status.success());
        let log = String::from_utf8_lossy(&ended[1 - winner].stderr);
        assert!(log.contains("holds the results of another sweep"), "{log}");
        let hidden = ["hidden = 8\n", "hidden = 9\n"][winner];
        assert!(lab.read("results/tiny/sweep.toml").contains(hidden), "round {round}");
        assert_eq!(fs::read_dir(lab.path("results/tiny/trials")).unwrap().count(), 1);
    }
}

#[test]
fn a_damaged_trial_is_named_and_keeps_its_stored_row_and_the_others_are_merged() {
    let lab = Lab::new(SPEC);
    lab.drsae("sweep", &[]).success();
    let whole = lab.lasting("tiny");
    let ids = lab.column("tiny", "trial");
    let result = |id: &str| lab.path(format!("results/tiny/trials/{id}/result.json"));
    // The results of two trials are exchanged, and a digit of the curve of a third.
    let (one, other) = (fs::read(result(&ids[0])).unwrap(), fs::read(result(&ids[1])).unwrap());
    fs::write(result(&ids[0]), other).unwrap();
    fs::write(result(&ids[1]), one).unwrap();
    let curve = lab.path(format!("results/tiny/trials/{}/epochs.csv", ids[2]));
    let text = fs::read_to_string(&curve).unwrap();
    fs::write(&curve, text.replacen("0.003", "0.004", 1)).unwrap();
    for stored in [true, false] {
        if !stored {
            fs::remove_file(lab.path("results/tiny/trials.csv")).unwrap();
        }
        for (command, more) in
            [("sweep", &[][..]), ("analyze", &[]), ("report", &[]), ("export", &["--format", "tensorboard"])]
        {
            let (_, log) = output_of(&lab.drsae(command, more).code(1));
            for (id, name) in ids.iter().zip(["config.toml", "config.toml", "epochs.csv"]) {
                let message = format!("results/tiny/trials/{id}/{name}: it was changed");
                assert!(
                    log.contains(&message) && log.contains("remove the trial's folder to run it again"),
                    "{log}"
                );
            }
            let status = if stored { ["complete"; 4] } else { ["pending", "pending", "pending", "complete"] };
            assert_eq!(lab.column("tiny", "status"), status, "{command}");
        }
        if stored {
            for name in LASTING {
                assert!(lab.lasting("tiny")[name] == whole[name], "{name}");
            }
        }
    }
    for id in &ids[..3] {
        fs::remove_dir_all(lab.path(format!("results/tiny/trials/{id}"))).unwrap();
    }
    lab.drsae("sweep", &[]).success();
    for name in LASTING {
        assert!(lab.lasting("tiny")[name] == whole[name], "{name}");
    }
}

#[test]
fn stored_tables_that_were_edited_or_lost_are_used_by_no_command_and_nothing_is_written() {
    let lab = kept(SPEC);
    let path = lab.path("results/tiny/trials.csv");
    let whole = fs::read_to_string(&path).unwrap();
    let refused = |text: &str| {
        let before = lab.files("tiny");
        for (command, more) in [
            ("status", &[][..]),
            ("analyze", &[]),
            ("report", &[]),
            ("export", &["--format", "tensorboard"]),
            ("sweep", &[]),
        ] {
            let (out, log) = output_of(&lab.drsae(command, more).code(2));
            assert!(
                log.contains("trials.csv") && log.contains(text) && out.is_empty(),
                "{command}: {out}{log}"
            );
        }
        assert!(lab.files("tiny") == before);
    };
    fs::write(&path, whole.replacen("complete", "diverged", 1)).unwrap();
    refused("it was changed after it was merged");
    let (_, log) = output_of(&lab.drsae_in(".", &["compare", "results/tiny"]).code(2));
    assert!(log.contains("it was changed after it was merged"), "{log}");
    fs::remove_file(&path).unwrap();
    refused("it is missing, though SHA256SUMS lists it");
    fs::write(&path, whole).unwrap();
    lab.drsae("analyze", &[]).success();
    fs::remove_file(lab.path("results/tiny/sweep.toml")).unwrap();
    let (_, log) = output_of(&lab.drsae("analyze", &[]).code(2));
    assert!(
        log.contains("sweep.toml: it is missing, and nothing else says which trials the tables hold"),
        "{log}"
    );
}
