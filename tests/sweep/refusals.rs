//! Refusals: exit code 2, a message with the remedy, and no change on disk.

use predicates::prelude::*;

use crate::lab::{Lab, SPEC, output_of};

/// The error for a spec that the program refuses without writing anything.
fn refusal(spec: &str, more: &[&str]) -> String {
    let lab = Lab::new(spec);
    let mut texts = ["sweep", "plan", "status"].map(|command| {
        let (out, log) = output_of(&lab.drsae(command, more).code(2));
        assert_eq!(out, "", "{command}");
        assert!(!lab.path("results").exists(), "{command}");
        log
    });
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
    std::mem::take(&mut texts[0])
}

fn changed(from: &str, to: &str) -> String {
    assert!(SPEC.contains(from));
    refusal(&SPEC.replacen(from, to, 1), &[])
}

#[test]
fn a_wrong_spec_is_refused_with_its_line_before_anything_is_written() {
    let refused = [
        changed("steps = 2", "stpes = 2"),
        changed("steps = 2", "steps = 0"),
        changed("steps = 2", "steps = \"two\""),
        changed("[\"drsae\", \"untied\"]", "[]"),
        changed("[\"drsae\", \"untied\"]", "[\"drsae\", \"untide\"]"),
        changed("hidden = 8", "hidden = 0"),
        changed("rate = 3e-3 }", "rate = -1 }"),
        changed("validation = 60", "validation = 240"),
        refusal(SPEC, &["--set", "model.stpes=3"]),
    ];
    let expected = [
        "spec.toml:12:1: unknown key `model.stpes`; did you mean `model.steps`?",
        "spec.toml:12:1: `model.steps` must be between 1 and 1000, not 0",
        "spec.toml:12:1: `model.steps` must be a whole number, zero or more, not \"two\"",
        "spec.toml:20:1: axis `model.family` has no values; list at least one, or remove the axis",
        "spec.toml:20:28: unknown value \"untide\" for `model.family`; did you mean `untied`?",
        "spec.toml:13:1: `model.hidden` must be between 1 and 1000000, not 0",
        "spec.toml:17:25: `training.phases.0.rate` must be positive, not -1",
        "spec.toml:8:1: `data.validation` must leave training images: it is 240 of 240",
        "--set model.stpes=3: unknown key `model.stpes`; did you mean `model.steps`?",
    ];
    assert_eq!(refused, expected.map(|text| format!("error: {text}\n")));
}

#[test]
fn a_width_that_no_network_has_is_refused() {
    let text = changed("steps = 2\nhidden = 8", "steps = 11\nhidden = 1");
    let expected = "error: spec.toml:24:1: impossible width: the cell `model.family` = untied cannot have about the 1580 parameters";
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn a_spec_that_is_not_there_is_named() {
    let lab = Lab::new(SPEC);
    let ended = lab.command().args(["sweep", "missing.toml"]).assert().code(2);
    ended.stderr("error: there is no spec missing.toml\n");
    lab.write("experiments/tiny.toml", SPEC);
    let ended = lab.command().args(["plan", "experiment/tiny.toml"]).assert().code(2);
    ended.stderr("error: there is no spec experiment/tiny.toml; did you mean experiments/tiny.toml?\n");
}

#[test]
fn another_sweep_of_the_same_name_is_refused_with_the_difference() {
    let lab = Lab::new(SPEC);
    lab.drsae("sweep", &[]).success();
    let before = lab.files("tiny");
    lab.write("spec.toml", SPEC.replace("hidden = 8", "hidden = 9"));
    for (command, more) in [("sweep", &[][..]), ("trial", &["--index", "0"])] {
        let (_, log) = output_of(&lab.drsae(command, more).code(2));
        assert!(log.contains("results/tiny holds the results of another sweep"), "{log}");
        assert!(log.contains("\n-hidden = 8\n+hidden = 9\n") && log.contains("--results"), "{log}");
        assert!(lab.files("tiny") == before);
    }
    lab.drsae("sweep", &["--results", "elsewhere"]).success();
    assert!(lab.files("tiny") == before);
}

#[test]
fn a_trial_beyond_the_plan_is_refused() {
    let lab = Lab::new(SPEC);
    let (_, log) = output_of(&lab.drsae("trial", &["--index", "4"]).code(2));
    assert_eq!(log, "error: there is no trial 4: the plan's last is 3\n");
    assert!(!lab.path("results").exists());
}

#[test]
fn status_and_analysis_of_a_sweep_that_never_ran_name_the_command() {
    let lab = Lab::new(SPEC);
    for command in ["status", "analyze"] {
        let ended = lab.drsae(command, &[]).code(2);
        ended.stderr(predicate::str::contains("no results in results/tiny: run `drsae sweep`"));
    }
    assert!(!lab.path("results").exists());
}

fn digits() -> String {
    SPEC.replace("\"strokes\"", "\"mnist\"")
}

#[test]
fn missing_digits_that_no_mirror_gives_are_reported_with_the_ways_out() {
    let lab = Lab::new(&digits());
    for (command, more) in [("sweep", &[][..]), ("trial", &["--index", "0"])] {
        let (_, log) = output_of(&lab.drsae(command, more).code(2));
        let start = "error: train-images-idx3-ubyte is not in data and could not be downloaded:\n  https://";
        assert!(log.starts_with(start), "{log}");
        for remedy in ["--data-dir", "DRSAE_DATA_DIR", "data.source = \"strokes\""] {
            assert!(log.contains(remedy), "{log}");
        }
    }
    assert!(!lab.path("results").exists());
}

#[test]
fn digits_that_are_not_genuine_are_reported_by_file_and_checksum() {
    let lab = Lab::new(&digits());
    lab.write("data/train-images-idx3-ubyte", "");
    // The SHA-256 of nothing, and that of the genuine images.
    let (_, log) = output_of(&lab.drsae("sweep", &[]).code(2));
    assert_eq!(
        log,
        "error: data/train-images-idx3-ubyte is not the genuine file: the SHA-256 of its decompressed content \
         is e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, expected \
         ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db; delete it and run \
         `drsae data fetch mnist`\n"
    );
}

#[test]
fn digits_that_cannot_be_decompressed_are_reported() {
    let lab = Lab::new(&digits());
    lab.write("data/train-images-idx3-ubyte.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03half");
    let (_, log) = output_of(&lab.drsae("sweep", &[]).code(2));
    let expected = "error: data/train-images-idx3-ubyte.gz cannot be decompressed; delete it and run \
         `drsae data fetch mnist`";
    assert!(log.starts_with(expected), "{log}");
}

#[test]
fn a_folder_of_images_that_is_not_there_is_reported_at_the_data() {
    let text =
        changed("source = \"strokes\"\ntrain = 240", "source = \"idx\"\nfolder = \"absent\"\ntrain = 240");
    assert!(text.starts_with("error: spec.toml:5:2: cannot learn what the data"), "{text}");
    assert!(text.contains("absent"), "{text}");
}

#[test]
fn a_device_that_the_program_was_not_built_for_is_refused_before_anything_is_written() {
    for (device, built) in [("cuda", cfg!(feature = "cuda")), ("metal", cfg!(feature = "metal"))] {
        if built {
            continue;
        }
        let lab = Lab::new(SPEC);
        for (command, more) in [("sweep", &[][..]), ("plan", &[]), ("trial", &["--index", "0"])] {
            let (out, log) = output_of(&lab.drsae(command, &[more, &["--device", device]].concat()).code(2));
            let expected = format!(
                "error: this program was built without {device}: build it with `cargo build --release \
                 --features {device}`, or leave `--device` out to train on the CPU\n"
            );
            assert_eq!((out.as_str(), log), ("", expected), "{command}");
        }
        assert!(!lab.path("results").exists());
    }
}
