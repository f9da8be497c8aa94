//! Output of the commands, and the tables as `docs/FORMAT.md` describes them.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use predicates::prelude::*;

use crate::lab::{Lab, SPEC, output_of};

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_watched_sweep_is_told_in_lines_until_it_has_ended() {
    let lab = Lab::new(SPEC);
    lab.drsae("trial", &["--index", "0"]).success();
    let mut watcher = lab.std_command();
    watcher.args(["status", "spec.toml", "--watch", "--interval", "0.05", "--html", "live/page.html"]);
    let watcher = watcher.stdout(Stdio::piped()).spawn().unwrap();
    lab.drsae("sweep", &[]).success();
    let ended = watcher.wait_with_output().unwrap();
    let text = String::from_utf8(ended.stdout).unwrap();
    assert!(ended.status.success(), "{text}");
    for line in text.lines() {
        let (time, rest) = line.split_once(' ').unwrap();
        assert!(time.len() == 20 && time.ends_with('Z') && rest.starts_with("tiny: 4 trials: "), "{line}");
    }
    assert!(text.ends_with("tiny: 4 trials: 4 complete\n"), "{text}");
    let page = lab.read("live/page.html");
    assert!(page.contains("The sweep has ended.") && !page.contains("http-equiv=\"refresh\""), "{page}");
    for interval in ["0", "-1", "abc", "nan"] {
        let refused = lab.drsae("status", &["--watch", &format!("--interval={interval}")]).code(2);
        refused.stderr(predicate::str::contains("write a number of seconds above 0, such as 5"));
    }
}

#[test]
fn plan_and_status_answer_in_json() {
    let lab = Lab::new(SPEC);
    let plan = json(&output_of(&lab.drsae("plan", &["--json"]).success()).0);
    assert!(!lab.path("results").exists());
    let trials = plan["trials"].as_array().unwrap();
    assert_eq!(trials.len(), 4);
    for (index, trial) in trials.iter().enumerate() {
        assert_eq!(trial["index"], index);
        assert!(trial["seconds"].as_f64().unwrap() > 0.0 && trial["bytes"].as_u64().unwrap() > 0, "{trial}");
    }

    lab.drsae("trial", &["--index", "0"]).success();
    let status = json(&output_of(&lab.drsae("status", &["--json"]).code(1)).0);
    assert_eq!(status["counts"], serde_json::json!({ "complete": 1, "pending": 3 }));
    lab.drsae("sweep", &[]).success();
    let status = json(&output_of(&lab.drsae("status", &["--json"]).success()).0);
    assert_eq!(
        status,
        serde_json::json!({
            "planned": 4, "counts": { "complete": 4 }, "running": [], "troubles": [], "stale": [], "rerun": null,
        })
    );

    let planned: Vec<_> = trials.iter().map(|trial| trial["id"].as_str().unwrap()).collect();
    assert_eq!(lab.column("tiny", "trial"), planned);
    let parameters: Vec<_> = trials.iter().map(|trial| trial["parameters"].to_string()).collect();
    assert_eq!(lab.column("tiny", "parameters"), parameters);
}

#[test]
fn a_kept_network_makes_the_error_that_was_recorded() {
    let lab = Lab::new(SPEC);
    lab.drsae("sweep", &[]).success();
    let trials = lab.column("tiny", "trial").into_iter().zip(lab.column("tiny", "test_error"));
    for (trial, recorded) in trials {
        let file = lab.path(format!("results/tiny/trials/{trial}/model.safetensors"));
        let file = file.to_str().unwrap();
        let found = json(&output_of(&lab.command().args(["eval", file, "--json"]).assert().success()).0);
        assert_eq!(found["test_error"].as_f64(), recorded.parse().ok());
        assert_eq!(found["test_count"], 80);
        let (text, _) =
            output_of(&lab.command().args(["eval", file, "--data", "strokes"]).assert().success());
        assert!(text.contains(" of 5000 test images wrong"), "{text}");
        let (_, log) = output_of(&lab.command().args(["eval", file, "--data", "nowhere"]).assert().code(2));
        assert!(
            log.contains(
                "--data nowhere: neither `mnist`, `fashion-mnist`, `kmnist`, `qmnist`, `strokes` nor a folder"
            ),
            "{log}"
        );
    }
    let (_, log) =
        output_of(&lab.command().args(["eval", lab.path("spec.toml").to_str().unwrap()]).assert().code(2));
    assert!(log.contains("is not a checkpoint of drsae"), "{log}");
}

/// The images of a plan are counted, not read.
#[test]
fn a_plan_needs_no_images_and_no_timing() {
    let lab = Lab::new(&SPEC.replace("\"strokes\"", "\"mnist\""));
    let plan = json(&output_of(&lab.drsae("plan", &["--json", "--no-timing"]).success()).0);
    assert!(plan.get("seconds").is_none() && plan["trials"][0].get("seconds").is_none(), "{plan}");
    assert!(plan["bytes"].as_u64() > Some(320 * 784), "{plan}");
    let timed = json(&output_of(&lab.drsae("plan", &["--json"]).success()).0);
    assert!(timed["seconds"].as_f64() > Some(0.0), "{timed}");
    assert!(!lab.path("results").exists());
}

#[test]
fn a_dry_run_lists_what_would_run_and_writes_nothing() {
    let lab = Lab::new(SPEC);
    let (out, log) = output_of(&lab.drsae("sweep", &["--dry-run", "--jobs", "2"]).success());
    assert_eq!(log, "4 of 4 trials would run, 2 in parallel\n");
    assert!(!lab.path("results").exists());

    lab.drsae("trial", &["--index", "1"]).success();
    let before = lab.files("tiny");
    let (rest, _) = output_of(&lab.drsae("sweep", &["--dry-run"]).success());
    let all: Vec<&str> = out.lines().collect();
    assert_eq!(rest.lines().collect::<Vec<_>>(), [all[0], all[2], all[3]]);
    assert!(lab.files("tiny") == before);
}

#[test]
fn trials_on_another_device_are_other_trials_and_run_one_at_a_time() {
    let lab = Lab::new(SPEC);
    let planned = |device: &str| output_of(&lab.drsae("sweep", &["--dry-run", "--device", device]).success());
    let (here, _) = planned("cpu");
    assert_eq!(here, output_of(&lab.drsae("sweep", &["--dry-run"]).success()).0);
    let (there, log) = planned("cuda");
    assert_eq!(log, "4 of 4 trials would run, 1 in parallel\n");
    for (here, there) in here.lines().zip(there.lines()) {
        let slug = |id: &str| id.rsplit_once('-').unwrap().0.to_owned();
        assert!(here != there && slug(here) == slug(there), "{here} {there}");
    }

    lab.drsae("sweep", &[]).success();
    let status = |device: &str, code| {
        json(&output_of(&lab.drsae("status", &["--json", "--device", device]).code(code)).0)["counts"].clone()
    };
    assert_eq!(status("cpu", 0), serde_json::json!({ "complete": 4 }));
    assert_eq!(status("metal", 1), serde_json::json!({ "pending": 4 }));
}

#[test]
fn the_tables_are_printed_without_escape_codes_into_a_pipe() {
    let lab = Lab::new(SPEC);
    let (out, log) = output_of(&lab.drsae("sweep", &[]).success());
    assert!(out.starts_with("Which family is better?\n"), "{out}");
    assert!(out.ends_with("4 of 4 trials complete; results in results/tiny\n"), "{out}");
    assert!(!out.contains('\x1b') && !log.contains('\x1b'), "{out}{log}");
    assert_eq!(log.lines().filter(|line| line.contains("test error")).count(), 4, "{log}");

    let before = lab.files("tiny");
    let (again, _) = output_of(&lab.drsae("analyze", &[]).success());
    assert_eq!(out.strip_suffix("4 of 4 trials complete; results in results/tiny\n").unwrap(), again);
    assert!(lab.files("tiny") == before);
}

/// More lines than a pipe holds, of which the reader takes one.
#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let lab = Lab::new(SPEC);
    for arguments in [&["plan"][..], &["plan", "--json"], &["sweep", "--dry-run"]] {
        let mut command = lab.std_command();
        command.arg(arguments[0]).arg("spec.toml").args(&arguments[1..]).args(["--set", "seeds=3000"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "{arguments:?}");
        let mut log = String::new();
        child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert!(child.wait().unwrap().success(), "{arguments:?}: {log}");
        assert!(!log.contains("error") && !log.contains("panic"), "{arguments:?}: {log}");
    }
}

/// The subcommands that a help text lists.
fn subcommands(help: &str) -> Vec<String> {
    let listed = help.split_once("\nCommands:\n").map_or("", |(_, after)| after);
    let lines = listed.lines().take_while(|line| !line.is_empty());
    let names =
        lines.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

fn help(lab: &Lab, path: &[String]) -> String {
    output_of(&lab.command().args(path).arg("--help").assert().success()).0
}

/// Every command by the words that call it, the program itself by none.
pub fn commands(lab: &Lab) -> Vec<Vec<String>> {
    let mut paths = vec![Vec::new()];
    let mut next = 0;
    while let Some(path) = paths.get(next).cloned() {
        let inner = subcommands(&help(lab, &path));
        paths.extend(inner.into_iter().map(|name| [path.clone(), vec![name]].concat()));
        next += 1;
    }
    paths
}

#[test]
fn every_command_has_examples_of_itself() {
    let lab = Lab::new(SPEC);
    let mut seen = 0;
    for path in commands(&lab) {
        let text = help(&lab, &path);
        if subcommands(&text).is_empty() || path.is_empty() {
            seen += 1;
            let example = format!("\n  drsae {}", path.join(" "));
            let (_, examples) = text.split_once("\nExamples:").unwrap_or_else(|| panic!("{path:?} has none"));
            assert!(examples.contains(&example), "{path:?}: {examples}");
        }
    }
    assert!(seen >= 9, "{seen} commands");
}

/// Paragraphs are written in lines that a narrow terminal would break once more.
#[test]
fn help_is_broken_at_the_width_of_the_terminal_alone() {
    const COLUMNS: usize = 80;
    let lab = Lab::new(SPEC);
    let is_prose = |line: &str| !line.is_empty() && !line.starts_with(' ');
    for path in commands(&lab) {
        let mut command = lab.command();
        command.args(&path).arg("--help").env("COLUMNS", COLUMNS.to_string());
        let (text, _) = output_of(&command.assert().success());
        let lines: Vec<&str> = text.lines().skip_while(|line| *line != "Examples:").collect();
        for pair in lines.windows(2).filter(|pair| pair.iter().all(|line| is_prose(line))) {
            let next = pair[1].split(' ').next().map_or(0, |word| word.chars().count());
            let is_full = pair[0].chars().count() + 1 + next > COLUMNS;
            assert!(is_full || pair[0].ends_with('.'), "{path:?}: {pair:?}");
        }
    }
}

/// The columns that a section of `docs/FORMAT.md` lists.
pub fn documented(section: &str) -> Vec<String> {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/FORMAT.md")).unwrap();
    let (_, after) = text.split_once(&format!("\n{section}\n")).unwrap();
    let rows = after.lines().take_while(|line| !line.starts_with('#')).filter(|line| line.starts_with("| `"));
    rows.map(|row| row.split('`').nth(1).unwrap().to_owned()).collect()
}

#[test]
fn tables_have_the_columns_of_their_description() {
    let lab = Lab::new(SPEC);
    lab.drsae("sweep", &[]).success();
    let trial = format!("trials/{}", lab.column("tiny", "trial")[0]);
    let header = |path: &str| lab.read(format!("results/tiny/{path}")).lines().next().unwrap().to_owned();
    let trials = header("trials.csv");
    assert_eq!(
        trials,
        "trial,index,family,steps,hidden,sparsity,discriminative_weight,seed,parameters,status,best_epoch,\
         valid_error,test_error,test_images"
    );
    assert_eq!(trials, documented("## trials.csv").join(","));
    assert_eq!(header("epochs.csv"), documented("### epochs.csv").join(","));
    for file in ["mistakes.csv", "provenance.csv"] {
        assert_eq!(header(file), documented(&format!("## {file}")).join(","), "{file}");
    }
    for file in ["epochs.csv", "timing.csv", "predictions.csv"] {
        assert_eq!(
            header(&format!("{trial}/{file}")),
            documented(&format!("### {file}")).join(","),
            "{file}"
        );
    }
    for file in ["result.json", "provenance.json"] {
        let record = json(&lab.read(format!("results/tiny/{trial}/{file}")));
        let mut fields: Vec<_> = record.as_object().unwrap().keys().cloned().collect();
        let mut expected = documented(&format!("### {file}"));
        fields.sort();
        expected.sort();
        assert_eq!(fields, expected, "{file}");
    }
}

#[test]
fn another_axis_has_a_column_of_its_own() {
    let lab = Lab::new(&SPEC.replace("[compare]", "\"training.batch\" = [20, 30]\n\n[compare]"));
    lab.drsae("sweep", &["--set", "seeds=1"]).success();
    assert_eq!(lab.column("tiny", "training.batch"), ["20", "30", "20", "30"]);
    assert_eq!(lab.column("tiny", "family"), ["drsae", "drsae", "untied", "untied"]);
}

#[test]
fn several_trials_run_in_parallel_and_complete_ones_can_be_skipped() {
    let lab = Lab::new(SPEC);
    lab.drsae("trial", &["--index", "0-1", "--jobs", "2"]).success();
    let plan = json(&output_of(&lab.drsae("plan", &["--no-timing", "--json"])).0);
    let id = |trial: &serde_json::Value| trial["id"].as_str().unwrap().to_owned();
    let ids: Vec<_> = plan["trials"].as_array().unwrap().iter().map(id).collect();
    lab.mark("tiny");
    let expect = ids[..3].join(" ");
    lab.drsae("trial", &["--index", "0-2", "--pending", "--expect", &expect]).success();
    assert_eq!(lab.ran_since_mark("tiny"), [ids[2].clone()]);
    lab.drsae("trial", &["--index", "1"]).success();
    let mut ran = [ids[1].clone(), ids[2].clone()];
    ran.sort();
    assert_eq!(lab.ran_since_mark("tiny"), ran, "without --pending it is run again");

    let (_, log) = output_of(&lab.drsae("trial", &["--index", "3", "--expect", &ids[2]]).code(2));
    let expected =
        format!("error: trial 3 has the id {} here, expected {}: the data in `data.folder`", ids[3], ids[2]);
    assert!(log.starts_with(&expected), "{log}");
    let (_, log) = output_of(&lab.drsae("trial", &["--index", "2-1"]).code(2));
    assert!(log.contains("expected positions such as `17` or `0-3,7`, not \"2-1\""), "{log}");
    let (_, log) = output_of(&lab.drsae("trial", &["--index", "2", "--retry", "failed"]).code(2));
    assert!(log.contains("`--retry` requires `--pending`"), "{log}");
}

#[test]
fn a_part_of_a_sweep_is_run_by_conditions_and_merged_with_the_rest() {
    let lab = Lab::new(SPEC);
    let conditions = ["--where", "model.family = untied", "--where", "seed != 2"];
    lab.drsae("trial", &[&conditions[..], &["--jobs", "2"]].concat()).success();
    let part = lab.ran_since_mark("tiny");
    assert_eq!(part.len(), 1);
    lab.mark("tiny");
    lab.drsae("sweep", &[]).success();
    assert_eq!(lab.ran_since_mark("tiny").len(), 3);
    let columns = ["trial", "family", "seed"].map(|name| lab.column("tiny", name));
    let at = columns[0].iter().position(|id| *id == part[0]).unwrap();
    assert_eq!((columns[1][at].as_str(), columns[2][at].as_str()), ("untied", "1"));

    let refused = |arguments: &[&str]| output_of(&lab.drsae("trial", arguments).code(2)).1;
    assert!(refused(&["--where", "model.familly = untied"]).contains("did you mean `model.family`?"));
    assert!(refused(&["--where", "seed > 9"]).contains("no trial satisfies every condition"));
    assert!(refused(&[]).contains("--index"));
}
