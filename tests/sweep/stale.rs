//! Results of another numerics version, of other data, of another device and of another plan:
//! distinguished, kept, and never mixed with those of the plan.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use drsae::NUMERICS_VERSION;
use drsae::device::Kind;
use drsae::plan::id_of_version;
use drsae::spec::TrialConfig;
use drsae::store::{Store, Sums};
use serde_json::{Value, json};

use crate::lab::{Lab, SPEC, output_of};

/// A version of the numerics that no program has.
const OLD: u32 = 0;

/// Makes the sweep one that a program with the version [`OLD`] has run.
fn age(lab: &Lab) {
    forge(lab, OLD, Kind::Cpu);
}

/// Makes the sweep one that a program with this version has run on this device.
fn forge(lab: &Lab, numerics: u32, device: Kind) {
    let trials = lab.path("results/tiny/trials");
    let mut tables = ["plan.csv", "trials.csv", "epochs.csv", "provenance.csv"].map(|name| {
        let path = lab.path("results/tiny").join(name);
        (fs::read_to_string(&path).unwrap(), path)
    });
    for id in lab.column("tiny", "trial") {
        let folder = trials.join(&id);
        let config: TrialConfig =
            toml::from_str(&fs::read_to_string(folder.join("config.toml")).unwrap()).unwrap();
        let mut provenance: Value =
            serde_json::from_slice(&fs::read(folder.join("provenance.json")).unwrap()).unwrap();
        let data: BTreeMap<String, String> = serde_json::from_value(provenance["data"].clone()).unwrap();
        assert_eq!(id_of_version(&config, &data, NUMERICS_VERSION, Kind::Cpu), id);
        provenance["numerics"] = numerics.into();
        provenance["device"] = device.name().into();
        fs::write(folder.join("provenance.json"), provenance.to_string()).unwrap();
        let other = id_of_version(&config, &data, numerics, device);
        let epochs = folder.join("epochs.csv");
        fs::write(&epochs, fs::read_to_string(&epochs).unwrap().replace(&id, &other)).unwrap();
        fs::rename(folder, trials.join(&other)).unwrap();
        let store = Store::at(&lab.path("results/tiny")).unwrap();
        let folder = store.trial(&other).unwrap();
        folder.seal(&folder.outcome().unwrap().unwrap()).unwrap();
        for (text, _) in &mut tables {
            *text = text.replace(&id, &other);
        }
    }
    let mut sums = Sums::default();
    sums.insert("mistakes.csv", &fs::read(lab.path("results/tiny/mistakes.csv")).unwrap());
    for (text, path) in tables {
        sums.insert(path.file_name().unwrap().to_str().unwrap(), text.as_bytes());
        fs::write(path, text).unwrap();
    }
    lab.write("results/tiny/SHA256SUMS", sums.text());
}

fn json_of(lab: &Lab, command: &str, more: &[&str], code: i32) -> Value {
    serde_json::from_str(&output_of(&lab.drsae(command, &[more, &["--json"]].concat()).code(code)).0).unwrap()
}

/// The reasons that `drsae status` reports, each with the number of its trials.
fn whys(lab: &Lab, more: &[&str], code: i32) -> BTreeMap<String, usize> {
    let mut whys = BTreeMap::new();
    for stale in json_of(lab, "status", more, code)["stale"].as_array().unwrap() {
        *whys.entry(stale["why"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    whys
}

fn problems(verdict: &Value, severity: &str) -> Vec<(String, String)> {
    let findings = verdict["findings"].as_array().unwrap().iter();
    let text = |finding: &Value, field: &str| finding[field].as_str().unwrap().to_owned();
    findings
        .filter(|finding| finding["severity"] == severity)
        .map(|finding| (text(finding, "path"), text(finding, "problem") + "; " + &text(finding, "advice")))
        .collect()
}

#[test]
fn results_of_another_numerics_version_are_listed_with_the_command_that_reruns_them() {
    let lab = Lab::new(SPEC);
    lab.drsae("sweep", &[]).success();
    let whole = lab.lasting("tiny");
    age(&lab);

    let reason = format!("of numerics version {OLD}, this program has {NUMERICS_VERSION}");
    let (out, _) = output_of(&lab.drsae("status", &[]).code(1));
    assert!(out.contains(&format!("     4 pending\n     4 stale: {reason}\n")), "{out}");
    assert!(out.ends_with("`drsae sweep spec.toml` runs pending trials\n"), "{out}");
    let status = json_of(&lab, "status", &["--set", "question=why"], 1);
    assert_eq!(status["counts"], json!({ "pending": 4 }));
    assert_eq!(status["stale"].as_array().unwrap().len(), 4);
    assert_eq!(status["stale"][0]["why"], "numerics");
    assert_eq!(status["stale"][0]["message"], reason);
    assert_eq!(status["rerun"], "drsae sweep spec.toml --set question=why");

    let noted = problems(&json_of(&lab, "verify", &[], 1), "note");
    assert_eq!(noted.iter().filter(|(_, problem)| problem.contains(&reason)).count(), 4, "{noted:?}");

    let old = lab.files("tiny");
    let (out, log) = output_of(&lab.drsae("sweep", &[]).success());
    assert!(log.contains(&format!("ignoring 4 stale results in results/tiny/trials: {reason}\n")), "{log}");
    assert!(log.contains("4 of 4 trials to run") && out.contains("4 of 4 trials complete"), "{out}{log}");
    let now = lab.lasting("tiny");
    assert!(whole.iter().all(|(path, bytes)| now[path] == *bytes));
    let kept = old.iter().filter(|(path, _)| path.starts_with("trials/"));
    assert!(kept.clone().count() > 20 && kept.clone().all(|(path, bytes)| lab.files("tiny")[path] == *bytes));
    assert_eq!(json_of(&lab, "status", &[], 0)["rerun"], Value::Null);
}

#[test]
fn committed_results_of_another_numerics_version_are_recognised() {
    let lab = Lab::new(SPEC);
    lab.drsae("sweep", &[]).success();
    age(&lab);
    fs::remove_dir_all(lab.path("results/tiny/trials")).unwrap();
    let verdict = json_of(&lab, "verify", &[], 1);
    assert_eq!(
        problems(&verdict, "wrong"),
        [(
            "results/tiny/plan.csv".to_owned(),
            format!(
                "is stale: it lists results of numerics version {OLD}, this program has {NUMERICS_VERSION}; \
                 `drsae sweep spec.toml` computes them again, in another folder with --results where the trials' \
                 folders are not kept; to check these, use the drsae and the `--device` that made them"
            )
        )]
    );

    // The analysis is checked against them all the same.
    lab.write("results/tiny/analysis/summary.csv", "model.family,n\n");
    assert_eq!(problems(&json_of(&lab, "verify", &[], 1), "wrong").len(), 2);

    // Nothing else is left of them, so they are not computed again in their place.
    let before = lab.files("tiny");
    let (_, log) = output_of(&lab.drsae("sweep", &[]).code(2));
    assert!(
        log.contains("trials.csv holds 4 results whose trials have no folder and are not in this plan"),
        "{log}"
    );
    assert!(lab.files("tiny") == before);

    // One different id is damage, and reported as such.
    for table in ["trials.csv", "SHA256SUMS"] {
        fs::remove_file(lab.path(format!("results/tiny/{table}"))).unwrap();
    }
    lab.drsae("sweep", &[]).success();
    let plan = lab.read("results/tiny/plan.csv");
    let id = &lab.column("tiny", "trial")[1];
    lab.write("results/tiny/plan.csv", plan.replace(id, "untied-t2-n8-s1-000000000000"));
    let wrong = problems(&json_of(&lab, "verify", &[], 1), "wrong");
    assert!(wrong.iter().all(|(_, problem)| !problem.contains("stale")), "{wrong:?}");
}

/// Writes MNIST's four files with this number of images of 4 × 4 pixels.
fn write_images(lab: &Lab, shade: u8) {
    for (split, count) in [("train", 80_u8), ("t10k", 20)] {
        let images = [0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 4, 0, 0, 0, 4].into_iter();
        let pixels = (0..u16::from(count) * 16).map(|at| (at % 251) as u8 ^ shade);
        lab.write(&format!("glyphs/{split}-images-idx3-ubyte"), images.chain(pixels).collect::<Vec<_>>());
        let labels = [0, 0, 8, 1, 0, 0, 0, count].into_iter().chain((0..count).map(|at| at % 10));
        lab.write(&format!("glyphs/{split}-labels-idx1-ubyte"), labels.collect::<Vec<_>>());
    }
}

#[test]
fn results_of_other_data_are_reported_from_those_of_another_plan() {
    let spec = SPEC
        .replace("\"strokes\"", "\"idx\"\nfolder = \"glyphs\"")
        .replace("train = 240\nvalidation = 60\ntest = 80", "validation = 20");
    let lab = Lab::new(&spec);
    write_images(&lab, 0);
    lab.drsae("sweep", &["--set", "seeds=3"]).success();
    assert_eq!(whys(&lab, &[], 0), BTreeMap::from([("not-planned".to_owned(), 2)]));
    let (out, _) = output_of(&lab.drsae("status", &[]).success());
    assert!(out.contains("     2 stale: not in the plan, for the spec was shrunk or changed\n"), "{out}");

    // The same data at another place are the same data.
    fs::rename(lab.path("glyphs"), lab.path("moved")).unwrap();
    let moved = ["--set", "data.folder=moved"];
    assert_eq!(whys(&lab, &moved, 0), BTreeMap::from([("not-planned".to_owned(), 2)]));
    fs::rename(lab.path("moved"), lab.path("glyphs")).unwrap();

    write_images(&lab, 1);
    assert_eq!(whys(&lab, &["--set", "seeds=3"], 1), BTreeMap::from([("data".to_owned(), 6)]));
    let (out, _) = output_of(&lab.drsae("status", &[]).code(1));
    assert!(out.contains("     4 pending\n     6 stale: of other data than there are now\n"), "{out}");
    let (_, log) = output_of(&lab.drsae("sweep", &[]).success());
    assert!(
        log.contains("6 stale results in results/tiny/trials: of other data than there are now\n"),
        "{log}"
    );
}

#[test]
fn kept_tables_are_read_and_their_plan_is_held_against_a_spec_without_the_data() {
    let spec = SPEC
        .replace("\"strokes\"", "\"idx\"\nfolder = \"glyphs\"")
        .replace("train = 240\nvalidation = 60\ntest = 80", "validation = 20");
    let lab = Lab::new(&spec);
    write_images(&lab, 0);
    lab.drsae("sweep", &[]).success();
    fs::remove_dir_all(lab.path("results/tiny/trials")).unwrap();
    fs::remove_dir_all(lab.path("glyphs")).unwrap();
    for command in ["analyze", "report"] {
        lab.drsae(command, &[]).success();
        let (_, log) = output_of(&lab.drsae(command, &["--set", "seeds=1"]).code(2));
        assert!(log.contains("\n-seeds = 2\n+seeds = 1\n"), "{log}");
        let (_, log) = output_of(&lab.drsae(command, &["--set", "model.steps=3"]).code(2));
        assert!(log.contains("\n-steps = 2\n+steps = 3\n"), "{log}");
    }
}

#[test]
fn results_of_another_device_are_listed_with_the_commands_of_both() {
    let lab = Lab::new(SPEC);
    lab.drsae("sweep", &[]).success();
    let reason = |device: &str| format!("trained on {device}, for a plan with `--device {device}`");

    let there = ["--device", "cuda"];
    assert_eq!(whys(&lab, &there, 1), BTreeMap::from([("device".to_owned(), 4)]));
    let (out, _) = output_of(&lab.drsae("status", &there).code(1));
    assert!(out.contains(&format!("     4 pending\n     4 stale: {}\n", reason("cpu"))), "{out}");
    assert!(out.ends_with("`drsae sweep spec.toml --device cuda` runs pending trials\n"), "{out}");
    let verdict = json_of(&lab, "verify", &there, 1);
    let message = |severity| problems(&verdict, severity).into_iter().map(|(_, problem)| problem);
    assert_eq!(message("note").filter(|problem| problem.contains(&reason("cpu"))).count(), 4, "{verdict}");
    let expected = format!(
        "is stale: it lists results {}; `drsae sweep spec.toml --device cuda` computes them again, in another \
         folder with --results where the trials' folders are not kept; to check these, use the drsae and the \
         `--device` that made them",
        reason("cpu")
    );
    assert!(message("wrong").any(|problem| problem == expected), "{verdict}");

    forge(&lab, NUMERICS_VERSION, Kind::Cuda);
    assert_eq!(whys(&lab, &there, 0), BTreeMap::new());
    let (out, log) = output_of(&lab.drsae("sweep", &[]).success());
    assert!(
        log.contains(&format!("ignoring 4 stale results in results/tiny/trials: {}\n", reason("cuda"))),
        "{log}"
    );
    assert!(log.contains("4 of 4 trials to run") && out.contains("4 of 4 trials complete"), "{out}{log}");
    lab.drsae("analyze", &there).success();
    assert_eq!(lab.column("tiny", "trial").len(), 4);
    assert!(lab.read("results/tiny/provenance.csv").contains(",cuda,"));
    lab.drsae("report", &there).success();
    let page = lab.read("results/tiny/analysis/report.html");
    let commands = page.matches("sweep.toml --device cuda").count();
    assert!(commands > 3 && commands == page.matches("sweep.toml").count(), "{commands} name the device");
}

#[test]
fn a_result_of_unknown_origin_is_reported_as_such() {
    let lab = Lab::new(SPEC);
    lab.drsae("sweep", &[]).success();
    let trials = lab.path("results/tiny/trials");
    let mut ids = lab.column("tiny", "trial").into_iter();
    let mut renamed = |to: &str| fs::rename(trials.join(ids.next().unwrap()), trials.join(to)).unwrap();
    renamed("a-copy");
    renamed("b-torn");
    renamed("c-unfinished");
    fs::write(trials.join("b-torn/config.toml"), "seed = ").unwrap();
    fs::remove_file(trials.join("c-unfinished/result.json")).unwrap();
    // The merged tables have all four, so nothing is missing.
    let status = json_of(&lab, "status", &[], 0);
    assert_eq!(status["counts"], json!({ "complete": 1, "stored": 3 }));
    let stale = &status["stale"];
    let message = |at: usize| stale[at]["message"].as_str().unwrap();
    assert_eq!(stale.as_array().unwrap().len(), 2, "{stale}");
    assert_eq!(message(0), "of unknown origin: its folder has not the name that its files give");
    assert!(message(1).starts_with("of unknown origin: its config.toml cannot be read: "), "{stale}");
    assert!(Path::new(&trials.join("a-copy")).exists());
}
