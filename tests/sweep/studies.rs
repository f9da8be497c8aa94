//! Studies: search, freeze, confirm, unseal.

use std::fs;
use std::time::Duration;

use drsae::store::{Outcome, Status, Store};
use predicates::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::lab::{Files, Lab};

/// Two families, four drawn configurations in two rungs, and one beyond.
const STUDY: &str = r#"name = "tiny"
question = "Which family is better?"
seeds = 2

[data]
source = "strokes"
train = 240
validation = 60
test = 80

[model]
steps = 2
hidden = 8

[training]
batch = 20
phases = [{ epochs = 1, rate = 3e-3 }, { epochs = 4, rate = 3e-3, discriminative = true }]

[sweep.grid]
"model.family" = ["drsae", "untied"]

[search]
method = "halving"
configurations = 4
rungs = [2, 3]
reduction = 2
seeds = 2
widen = 1

[search.space]
"training.phases.*.rate" = { log = [1e-3, 1e-2] }
"objective.sparsity" = [0.002, 0.005, 0.01]

[compare]
reference = { "model.family" = "drsae" }
match = "parameters"

[conditions]
masking = [0.3]
shift = [1, 2]
iterations = 3
"#;

/// The files of a study that must not depend on when and how it ran.
fn lasting(lab: &Lab, name: &str) -> Files {
    let mut files = lab.lasting(name);
    // A date, the digest of a wall-clock, what is drawn over it, and what killed writers left.
    let clocks = ["ledger.csv", "state.safetensors", "report.html", "error_by_seconds.svg", ".unfinished"];
    files.retain(|path, _| !clocks.iter().any(|clock| path.ends_with(clock)));
    files
}

fn assert_same(found: &Files, expected: &Files) {
    let more =
        |a: &Files, b: &Files| a.keys().filter(|path| !b.contains_key(*path)).cloned().collect::<Vec<_>>();
    assert_eq!((more(found, expected), more(expected, found)), (Vec::new(), Vec::new()));
    for (path, bytes) in found {
        assert!(*bytes == expected[path], "{path} differs");
    }
}

#[test]
fn a_study_ends_with_a_confirmatory_verdict_and_searches_every_group_alike() {
    let lab = Lab::new(STUDY);
    let out = lab.drsae("study", &["--jobs", "2"]).success();
    let out = String::from_utf8(out.get_output().stdout.clone()).unwrap();
    let standing = predicate::str::is_match(
        "confirmatory: plan [0-9a-f]{12} was frozen on .*Z, before its test images were read on .*Z",
    );
    assert!(standing.unwrap().eval(&out), "{out}");
    assert!(lab.read("results/tiny/analysis/report.html").contains("confirmatory: plan "));

    let table = lab.read("results/tiny/search/analysis/search.csv");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let field = |row: &csv::StringRecord, name: &str| {
        row[header.iter().position(|column| column == name).unwrap()].to_owned()
    };
    // Four at the first rung, two at the second, one at the last, and one beyond.
    let stages = ["rung 1", "rung 2", "rung 3", "widening 1"];
    for group in ["drsae", "untied"] {
        let own: Vec<_> = rows.iter().filter(|row| field(row, "group") == group).collect();
        let count = |stage: &str| own.iter().filter(|row| field(row, "stage") == stage).count();
        assert_eq!(stages.map(count), [4, 2, 1, 1], "{table}");
        assert_eq!(own.iter().filter(|row| field(row, "chosen") == "true").count(), 1, "{table}");
        let last = own.last().unwrap();
        // Two seeds of 4 × 2 epochs, 2 × 1 more, 1 × 2 more, and 5 of the one beyond.
        assert_eq!(
            (field(last, "spent_configurations"), field(last, "spent_epochs")),
            ("5".into(), "34".into())
        );
        assert_eq!(field(last, "spent_images"), (34 * 180).to_string());
    }
    let frozen = lab.read("results/tiny/frozen.toml");
    assert!(frozen.contains("tuned = [\"training.phases.*.rate\", \"objective.sparsity\"]"), "{frozen}");
    assert!(frozen.contains("model.family = untied against model.family = drsae"), "{frozen}");
    assert_eq!(frozen, lab.read("results/tiny/sweep.toml"), "the plan is the spec of the confirmation");
    let figure = lab.read("results/tiny/search/analysis/search.svg");
    assert!(["drsae", "untied", "the choice"].iter().all(|text| figure.contains(text)), "{figure}");
    lab.drsae("verify", &[]).success();
    lab.drsae_in(".", &["verify", "results/tiny/search"]).success();

    // Without the trials' folders, as in committed results, the merged tables decide the same and nothing trains.
    lab.remove("results/tiny/search/trials");
    lab.remove("results/tiny/search/analysis");
    lab.drsae("search", &[]).success();
    assert_eq!(lab.read("results/tiny/search/analysis/search.csv"), table);
    assert!(!lab.path("results/tiny/search/trials").exists());

    // The plan was frozen from this table.
    lab.write("results/tiny/search/analysis/search.csv", table.replacen("rung 1", "rung 2", 1));
    let changed = "search.csv is not the table that the plan was frozen from";
    lab.drsae("verify", &[]).code(1).stdout(predicate::str::contains(changed));
}

/// Gives a trial that has ended another status.
fn end_otherwise(lab: &Lab, id: &str, status: Status) {
    let folder = Store::at(&lab.path("results/tiny")).unwrap().trial(id).unwrap();
    let parameters = folder.outcome().unwrap().unwrap().parameters;
    folder.seal(&Outcome::incomplete(status, "ended by hand".to_owned(), parameters, 1.0)).unwrap();
}

#[test]
fn a_diverged_trial_leaves_its_pair_out_and_the_study_goes_on() {
    let lab = Lab::new(STUDY);
    lab.drsae("search", &[]).success();
    lab.drsae("freeze", &[]).success();
    lab.drsae("sweep", &[]).success();
    let untied = lab.column("tiny", "trial")[1].clone();
    for table in ["trials.csv", "epochs.csv", "mistakes.csv", "provenance.csv", "SHA256SUMS"] {
        fs::remove_file(lab.path("results/tiny").join(table)).unwrap();
    }
    end_otherwise(&lab, &untied, Status::Failed);
    lab.drsae("unseal", &[])
        .code(2)
        .stderr(predicate::str::contains("3 of 4 trials are complete, and the test images stay sealed"))
        .stderr(predicate::str::contains("`drsae sweep spec.toml --retry failed` trains the others"));
    let ledger = || lab.read("results/tiny/ledger.csv").lines().count();
    assert_eq!(ledger(), 2, "nothing was read");

    end_otherwise(&lab, &untied, Status::Diverged);
    let out = lab.drsae("study", &[]).code(1);
    let out = String::from_utf8(out.get_output().stdout.clone()).unwrap();
    assert!(out.contains("3 of 4 trials complete") && out.contains("confirmatory: plan "), "{out}");
    assert_eq!(ledger(), 3);
    assert_eq!(lab.column("tiny", "status"), ["complete", "diverged", "complete", "complete"]);
    let is_tested: Vec<_> = lab.column("tiny", "test_error").iter().map(|error| !error.is_empty()).collect();
    assert_eq!(is_tested, [true, false, true, true]);
    let comparison = lab.read("results/tiny/analysis/comparison.csv");
    let mut reader = csv::Reader::from_reader(comparison.as_bytes());
    let header = reader.headers().unwrap().clone();
    let row = reader.records().next().unwrap().unwrap();
    let field = |name: &str| row[header.iter().position(|column| column == name).unwrap()].to_owned();
    assert_eq!([field("n"), field("missing")], ["1", "1"], "{comparison}");
    assert!(lab.path("results/tiny/analysis/report.html").exists());
}

#[test]
fn a_plan_that_would_lose_stored_results_is_not_frozen() {
    let lab = Lab::new(STUDY);
    lab.drsae("study", &[]).success();
    lab.remove("results/tiny/trials");
    let kept = lab.files("tiny");
    let lost = "holds 2 results whose trials have no folder and are not in this plan";
    lab.drsae("freeze", &["--set", "seeds=1"]).code(2).stderr(predicate::str::contains(lost));
    assert_same(&lab.files("tiny"), &kept);
    lab.drsae("study", &["--set", "seeds=1"]).code(2).stderr(predicate::str::contains(lost));
    assert_eq!(lab.read("results/tiny/sweep.toml").as_bytes(), kept["sweep.toml"]);
}

#[test]
fn a_plan_that_is_tested_after_a_part_of_it_is_exploratory() {
    let lab = Lab::new(STUDY);
    lab.drsae("search", &[]).success();
    lab.drsae("freeze", &[]).success();
    lab.drsae("sweep", &[]).success();
    lab.drsae_in(".", &["unseal", "results/tiny/sweep.toml", "--set", "seeds=1"]).success();
    let reason = "exploratory: the test images were read on ";
    lab.drsae("unseal", &[]).success().stdout(predicate::str::contains(reason));
}

#[test]
fn a_page_of_two_sweeps_counts_the_readings_of_the_same_test_images() {
    let lab = Lab::new(STUDY);
    lab.drsae("study", &[]).success();
    lab.write("open.toml", crate::lab::SPEC.replace("\"tiny\"", "\"open\""));
    lab.drsae_in(".", &["sweep", "open.toml"]).success();
    lab.drsae("report", &["open.toml", "--out", "page.html"]).success();
    let page = lab.read("page.html");
    assert!(
        page.contains("open: 4 trials as they ended, from ") && page.contains("tiny: 4 trials on "),
        "{page}"
    );
    // Other images.
    lab.drsae_in(".", &["sweep", "open.toml", "--set", "name=others", "--set", "data.glyph_seed=5"])
        .success();
    lab.drsae("report", &["results/others", "--out", "page.html"]).success();
    assert!(!lab.read("page.html").contains("read by other sweeps"));
}

#[test]
fn a_study_ends_in_the_same_bytes_with_any_number_of_jobs_and_after_kills() {
    let lab = Lab::new(STUDY);
    lab.drsae("study", &["--jobs", "2"]).success();
    let expected = lasting(&lab, "tiny");
    lab.remove("results");
    lab.drsae("study", &["--jobs", "1"]).success();
    assert_same(&lasting(&lab, "tiny"), &expected);

    lab.remove("results");
    let mut random = ChaCha8Rng::seed_from_u64(17);
    for _ in 0..20 {
        let mut child = lab.std_command();
        child.args(["study", "spec.toml", "--jobs", "2"]);
        child.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut child = child.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(random.random_range(20..700)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    lab.drsae("study", &["--jobs", "2"]).success();
    assert_same(&lasting(&lab, "tiny"), &expected);
    let ledger = lab.read("results/tiny/ledger.csv");
    assert_eq!(ledger.lines().count(), 3, "one freeze and one reading:\n{ledger}");
}

/// `trials.csv` is renamed into place before the other tables, and alone decides the search.
#[test]
fn a_search_that_was_killed_while_its_tables_were_renamed_merges_them_again() {
    let lab = Lab::new(STUDY);
    lab.drsae("search", &[]).success();
    let folder = lab.path("results/tiny/search");
    let whole = lasting(&lab, "tiny");
    fs::rename(folder.join("SHA256SUMS"), folder.join("SHA256SUMS.new")).unwrap();
    let epochs = lab.read("results/tiny/search/epochs.csv");
    fs::write(folder.join("epochs.csv"), epochs.lines().next().unwrap().to_owned() + "\n").unwrap();
    lab.drsae("search", &[]).success();
    assert_same(&lasting(&lab, "tiny"), &whole);
}

/// The last trial of a search is published before its lease is removed.
#[test]
fn a_search_removes_what_a_process_left_that_was_killed_after_its_last_trial() {
    let lab = Lab::new(STUDY);
    lab.drsae("search", &[]).success();
    let whole = lasting(&lab, "tiny");
    let last = fs::read_dir(lab.path("results/tiny/search/trials")).unwrap().last().unwrap().unwrap();
    let running = lab.path("results/tiny/search/running").join(last.file_name());
    fs::create_dir_all(&running).unwrap();
    fs::write(running.join("lease-1.released"), "").unwrap();
    lab.drsae("search", &[]).success();
    assert!(!lab.path("results/tiny/search/running").exists());
    assert_same(&lasting(&lab, "tiny"), &whole);
}

/// Merged results are all that a search needs of its trials.
#[test]
fn a_search_goes_on_from_stored_tables_without_folders() {
    let lab = Lab::new(STUDY);
    let is_trial = |path: &str| path.starts_with("search/trials/");
    let found = || lasting(&lab, "tiny").into_iter().partition::<Files, _>(|(path, _)| is_trial(path));
    lab.drsae("search", &[]).success();
    let (_, whole) = found();
    lab.remove("results");

    lab.drsae("search", &["--set", "search.widen=0"]).success();
    let (before, _) = found();
    lab.remove("results/tiny/search/trials");
    let searched = lab.drsae("search", &[]).success();
    let log = String::from_utf8(searched.get_output().stderr.clone()).unwrap();
    assert!(log.contains("stage 4 of 4 (widening 1)") && !log.contains("stage 3"), "{log}");
    assert!(!log.contains("computed again"), "{log}");
    let (after, tables) = found();
    // One further configuration for each of two families, with two seeds.
    let ended = |files: &Files| {
        files.keys().filter(|path| path.ends_with("/model.safetensors")).cloned().collect::<Vec<_>>()
    };
    assert_eq!(ended(&after).len(), 4, "{log}");
    assert!(after.keys().all(|path| !before.contains_key(path)), "{log}");
    assert_same(&tables, &whole);
}

/// A clone of the repository has tables alone: a second reading of its test images would be in no ledger.
#[test]
fn a_tested_network_is_neither_trained_nor_tested_again_for_want_of_its_folder() {
    let lab = Lab::new(STUDY);
    lab.drsae("study", &[]).success();
    let ledger = lab.read("results/tiny/ledger.csv");
    let first = fs::read_dir(lab.path("results/tiny/trials")).unwrap().next().unwrap().unwrap().path();
    for folder in ["unsealed", "search/trials"] {
        lab.remove(&format!("results/tiny/{folder}"));
    }
    let stays = |command: &str, more: &[&str]| {
        let ended = lab.drsae(command, more).success().stdout(predicate::str::contains("confirmatory: plan"));
        let log = String::from_utf8(ended.get_output().stderr.clone()).unwrap();
        assert!(!log.contains("trials to run") && !log.contains("was removed"), "{log}");
        assert_eq!(lab.read("results/tiny/ledger.csv"), ledger);
        log
    };
    // Of one trial the folder is left.
    let kept = first.with_file_name("../kept");
    fs::rename(&first, &kept).unwrap();
    lab.remove("results/tiny/trials");
    fs::create_dir_all(lab.path("results/tiny/trials/other")).unwrap();
    fs::rename(&kept, &first).unwrap();
    let log = stays("study", &[]);
    assert!(
        log.contains("1 networks are tested") && log.contains("`--results DIR` repeats the study"),
        "{log}"
    );
    for folder in ["trials", "unsealed"] {
        lab.remove(&format!("results/tiny/{folder}"));
    }
    let tables = lasting(&lab, "tiny");
    for command in ["unseal", "study", "sweep", "unseal"] {
        let log = stays(command, &[]);
        assert!(!log.contains("are tested"), "{log}");
        assert_same(&lasting(&lab, "tiny"), &tables);
    }
    lab.drsae("verify", &[]).success();
    let status = lab.drsae("status", &[]).success();
    let status = String::from_utf8(status.get_output().stdout.clone()).unwrap();
    assert!(status.contains("4 stored") && !status.contains("computes them again"), "{status}");
    // A part of the plan is refused, and another plan is trained and read on its own.
    lab.drsae("unseal", &["--set", "seeds=1"]).code(2);
    assert_same(&lasting(&lab, "tiny"), &tables);
    let other = lab.drsae("study", &["--set", "conditions.masking=[0.3, 0.6]"]).success();
    let log = String::from_utf8(other.get_output().stderr.clone()).unwrap();
    assert!(log.contains("4 networks are tested"), "{log}");
    assert_eq!(lab.read("results/tiny/ledger.csv").lines().count(), 5);
}

/// Of a search with an earlier rung, all trials but those of that rung are there.
#[test]
fn a_search_with_an_earlier_rung_keeps_the_later_ones_in_its_tables() {
    let lab = Lab::new(STUDY);
    lab.drsae("search", &[]).success();
    let whole = lasting(&lab, "tiny");
    lab.remove("results");
    lab.drsae("search", &["--set", "search.rungs=[3]"]).success();
    lab.drsae("search", &[]).success();
    let found = lasting(&lab, "tiny");
    for (path, bytes) in whole.iter().filter(|(path, _)| !path.starts_with("search/trials/")) {
        assert!(found[path] == *bytes, "{path} differs");
    }
}

#[test]
fn a_plan_is_frozen_where_nothing_else_of_its_confirmation_is_left() {
    let lab = Lab::new(STUDY);
    lab.drsae("search", &[]).success();
    lab.drsae("freeze", &[]).success();
    lab.remove("results/tiny/trials");
    fs::remove_file(lab.path("results/tiny/sweep.toml")).unwrap();
    lab.drsae("sweep", &[]).success();
    lab.drsae("unseal", &[]).success().stdout(predicate::str::contains("confirmatory: plan"));
}

#[test]
fn steps_by_hand_are_the_study() {
    let lab = Lab::new(STUDY);
    lab.drsae("study", &[]).success();
    let expected = lasting(&lab, "tiny");
    lab.remove("results");
    let chosen =
        lab.drsae("search", &[]).success().stdout(predicate::str::contains("The choice of each group"));
    let printed = String::from_utf8(chosen.get_output().stdout.clone()).unwrap();
    assert!(lab.read("results/tiny/search/analysis/best.toml").contains("[sweep.zip]"));
    for family in ["drsae", "untied"] {
        assert!(printed.lines().any(|line| line.starts_with(family)), "{printed}");
    }
    lab.drsae("freeze", &[]).success();
    let sealed = lab.drsae("sweep", &[]).success();
    let sealed = sealed.stderr(predicate::str::contains("`drsae unseal spec.toml` tests their networks"));
    let sealed = String::from_utf8(sealed.get_output().stdout.clone()).unwrap();
    assert!(sealed.contains("the test images are sealed") && sealed.contains("sealed: plan"), "{sealed}");
    assert!(lab.column("tiny", "test_error").iter().all(String::is_empty));
    assert!(lab.column("tiny", "valid_error").iter().all(|error| !error.is_empty()));
    assert!(!lab.read("results/tiny/mistakes.csv").lines().any(|line| !line.starts_with("index")));
    lab.drsae("verify", &[]).success();
    lab.drsae("report", &[]).success();
    lab.drsae("unseal", &[]).success().stdout(predicate::str::contains("confirmatory: plan"));
    lab.drsae("verify", &[]).success();
    lab.drsae("report", &[]).success();
    assert_same(&lasting(&lab, "tiny"), &expected);
}

#[test]
fn unsealed_tables_are_those_of_an_open_sweep() {
    let lab = Lab::new(crate::lab::SPEC);
    lab.drsae("sweep", &[]).success();
    let tables = ["trials.csv", "epochs.csv", "mistakes.csv", "analysis/comparison.csv"];
    let open = tables.map(|table| lab.read(format!("results/tiny/{table}")));
    lab.remove("results");
    let sealed = lab.drsae("sweep", &["--set", "test=sealed"]).success();
    sealed.stdout(predicate::str::contains("sealed: no test image was read, and no plan is frozen"));
    lab.drsae("unseal", &["--set", "test=sealed"]).success();
    assert_eq!(tables.map(|table| lab.read(format!("results/tiny/{table}"))), open);
    // The tables keep what the folder of the tests no longer has.
    lab.remove("results/tiny/unsealed");
    lab.drsae("analyze", &["--set", "test=sealed"]).success();
    assert_eq!(tables.map(|table| lab.read(format!("results/tiny/{table}"))), open);
}

/// The test images as they are are the condition of T iterations.
#[test]
fn networks_are_tested_under_conditions_when_they_are_unsealed() {
    let lab = Lab::new(STUDY);
    lab.drsae("study", &[]).success();
    let read = |path: &str| lab.read(format!("results/tiny/{path}"));
    let rows: Vec<Vec<String>> = read("conditions.csv")
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(str::to_owned).collect())
        .collect();
    let of = |family: &str, seed: u64| {
        let own = rows.iter().filter(|row| {
            row[0].starts_with(&format!("{family}-")) && row[0].contains(&format!("-s{seed}-"))
        });
        own.map(|row| format!("{} {}", row[1], row[2])).collect::<Vec<_>>()
    };
    // Two iterations, which share all parameters in one family alone.
    let corrupted = ["masking 0.3", "shift 1.0", "shift 2.0"];
    let iterations: Vec<_> = (1..=6).map(|t| format!("iterations {t}.0")).collect();
    assert_eq!(of("drsae", 1), [&corrupted.map(str::to_owned)[..], &iterations].concat());
    assert_eq!(of("untied", 2), [&corrupted.map(str::to_owned)[..], &iterations[..2]].concat());
    let mut reader = csv::Reader::from_reader(read("trials.csv").into_bytes().leak() as &[u8]);
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|column| column == name).unwrap();
    for trial in reader.records().map(Result::unwrap) {
        let at_end =
            rows.iter().find(|row| row[0] == trial[0] && row[1] == "iterations" && row[2] == "2.0").unwrap();
        let error: f64 = trial[column("test_error")].parse().unwrap();
        assert_eq!(100.0 * at_end[3].parse::<f64>().unwrap() / 80.0, error);
    }
    assert!(read("SHA256SUMS").contains("  conditions.csv\n"));
    for table in ["conditions.csv", "condition_grid.csv"] {
        assert!(read(&format!("analysis/{table}")).contains("masking,0.3,"));
    }
    for figure in ["masking", "shift", "iterations"] {
        assert!(read(&format!("analysis/figures/condition_{figure}.svg")).starts_with("<svg"));
    }
    lab.drsae("verify", &[]).success();

    // The merged table keeps what the folders no longer have, and a change of it shows.
    let analysed = read("analysis/conditions.csv");
    let kept = read("conditions.csv");
    for gone in ["trials", "unsealed"] {
        lab.remove(&format!("results/tiny/{gone}"));
    }
    lab.drsae("analyze", &[]).success();
    assert_eq!(read("analysis/conditions.csv"), analysed);
    lab.drsae("verify", &[]).success();
    lab.write("results/tiny/conditions.csv", kept.replacen("masking,0.3,", "masking,0.3,1", 1));
    lab.drsae("verify", &[]).code(1).stdout(predicate::str::contains("conditions.csv"));
}

#[test]
fn a_test_that_was_changed_under_a_condition_is_found_and_repeated() {
    let lab = Lab::new(STUDY);
    lab.drsae("study", &[]).success();
    let expected = lasting(&lab, "tiny");
    let folder = fs::read_dir(lab.path("results/tiny/unsealed")).unwrap().next().unwrap().unwrap().path();
    fs::write(folder.join("conditions.csv"), "trial,condition,level,mistakes\n").unwrap();
    lab.drsae("verify", &[]).code(1).stdout(predicate::str::contains("was changed: its SHA-256 is"));
    lab.drsae("unseal", &[]).success();
    assert_same(&lasting(&lab, "tiny"), &expected);
    assert_eq!(lab.read("results/tiny/ledger.csv").lines().count(), 3, "it is the same reading");
}

#[test]
fn what_would_break_the_seal_is_refused() {
    let lab = Lab::new(STUDY);
    let refused = |command: &str, more: &[&str], text: &str| {
        lab.drsae(command, more).code(2).stderr(predicate::str::contains(text));
    };
    refused("sweep", &[], "is a study whose plan is not frozen: `drsae study spec.toml`");
    refused("freeze", &[], "tiny is not searched yet: `drsae search spec.toml` does that");
    lab.drsae("search", &[]).success();
    lab.drsae("freeze", &[]).success();
    refused("unseal", &[], "0 of 4 trials are complete, and the test images stay sealed");

    let frozen = lab.read("results/tiny/frozen.toml");
    lab.write("results/tiny/frozen.toml", frozen.replace("seeds = 2", "seeds = 3"));
    refused("sweep", &[], "frozen.toml was edited: its SHA-256 is");
    refused("unseal", &[], "frozen.toml was edited");
    lab.write("results/tiny/frozen.toml", &frozen);

    // A contrast that comes after the fact, and seeds that the search has seen.
    refused("sweep", &["--set", "compare.margin=0.5"], "the spec was changed after its plan was frozen");
    let family = "sweep.grid.model.family=[\"drsae\", \"untied\", \"mlp\"]";
    refused("sweep", &["--set", family], "the spec was changed after its plan was frozen");
    refused("search", &["--set", "search.seeds=[2, 3]"], "shares the seed 2 with `seeds`");
    refused("search", &["--set", "test=open"], "`test` must be \"sealed\" in a spec with `[search]`");

    lab.drsae("sweep", &[]).success();
    lab.drsae("unseal", &[]).success();
    // Another plan after the test images were read is exploratory, and the first stays in the ledger.
    let more = ["--set", "seeds=[1, 2, 3]"];
    lab.drsae("freeze", &more).success();
    lab.drsae("sweep", &more).success();
    lab.drsae("unseal", &more)
        .success()
        .stdout(predicate::str::contains("exploratory: the plan was frozen on "));
    assert_eq!(lab.read("results/tiny/ledger.csv").lines().count(), 5);
}

#[test]
fn a_sweep_that_is_open_cannot_be_unsealed() {
    let lab = Lab::new(crate::lab::SPEC);
    lab.drsae("sweep", &[]).success().stdout(predicate::str::contains("exploratory: no plan was frozen"));
    lab.drsae("unseal", &[]).code(2).stderr(predicate::str::contains("tiny is not sealed"));
    lab.drsae("study", &[]).code(2).stderr(predicate::str::contains("has no `[search]`"));
    // Nor can it be sealed afterwards.
    lab.drsae("sweep", &["--set", "test=sealed"]).code(2).stderr(predicate::str::contains("another sweep"));
}

#[test]
fn a_trial_goes_on_from_the_pause_of_another_to_the_same_bits() {
    let lab = Lab::new(crate::lab::SPEC);
    let whole = ["--set", "training.phases.1.epochs=4"];
    lab.drsae("sweep", &whole).success();
    let expected = lab.read("results/tiny/epochs.csv");
    let errors = lab.column("tiny", "test_error");
    lab.remove("results");
    let staged = [&whole[..], &["--set", "sweep.grid.training.stop_after=[3, 5]"]].concat();
    let log = lab.drsae("sweep", &[&staged[..], &["--jobs", "1"]].concat()).success();
    let log = String::from_utf8(log.get_output().stderr.clone()).unwrap();
    assert_eq!(log.matches("goes on after epoch 3").count(), 4, "{log}");
    let rows = lab.read("results/tiny/epochs.csv");
    let without_id = |line: &str| line.split_once(',').unwrap().1.to_owned();
    let mut found: Vec<_> = rows.lines().skip(1).map(without_id).collect();
    let mut wanted: Vec<_> = expected.lines().skip(1).map(without_id).collect();
    // The first three epochs are there twice: of the trial that paused, and of the one that went on.
    wanted.extend(wanted.clone().into_iter().filter(|line| "123".contains(line.split(',').nth(1).unwrap())));
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
    let staged_errors = lab.column("tiny", "test_error");
    let last: Vec<_> = staged_errors.iter().skip(1).step_by(2).cloned().collect();
    assert_eq!(last, errors);
    lab.drsae("verify", &staged).success();
}

#[test]
fn test_images_are_not_read_before_the_study_is_unsealed() {
    let Some(data) = crate::lab::mnist() else { return };
    let lab = Lab::new(&STUDY.replace("\"strokes\"", "\"mnist\""));
    lab.copy_mnist(&data, "data");
    let test = ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];
    for name in test {
        for name in [name.to_owned(), format!("{name}.gz")] {
            let path = lab.path("data").join(name);
            if path.exists() {
                std::fs::write(path, b"unreadable").unwrap();
            }
        }
    }
    lab.drsae("search", &[]).success();
    lab.drsae("freeze", &[]).success();
    lab.drsae("sweep", &[]).success();
    lab.drsae("verify", &[]).success();
    lab.drsae("report", &[]).success();
    lab.drsae("unseal", &[]).code(2).stderr(predicate::str::contains("t10k-images"));
    lab.copy_mnist(&data, "data");
    lab.drsae("unseal", &[]).success().stdout(predicate::str::contains("confirmatory"));
}
