//! `drsae compare`: its numbers against the merged tables, its conditions, and what it leaves alone.

use std::collections::BTreeMap;
use std::fs;

use crate::commands::documented;
use crate::lab::{Lab, SPEC, output_of, without_concerns};

/// A row of a CSV table, by column.
type Row = BTreeMap<String, String>;

fn rows(text: &str) -> Vec<Row> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.unwrap()).collect()
}

/// `tiny` over two families, `steps` over iterations with another batch, and `whole` without validation images.
fn three() -> Lab {
    let lab = Lab::new(SPEC);
    lab.drsae("sweep", &[]).success();
    let base = SPEC.split("[sweep.grid]").next().unwrap();
    let other =
        |name: &str, more: &str| base.replace("name = \"tiny\"", &format!("name = \"{name}\"")) + more;
    let steps =
        other("steps", "[sweep.grid]\n\"model.steps\" = [1, 2, 3]\n").replace("batch = 20", "batch = 30");
    let whole = other("whole", "[sweep.grid]\n\"model.family\" = [\"drsae\"]\n");
    lab.write("steps.toml", steps);
    lab.write("whole.toml", whole.replace("validation = 60", "validation = 0"));
    lab.drsae_in(".", &["sweep", "steps.toml"]).success();
    lab.drsae_in(".", &["sweep", "whole.toml"]).success();
    lab
}

fn compare(lab: &Lab, more: &[&str]) -> (String, String) {
    output_of(&lab.drsae_in(".", &[&["compare"], more].concat()).success())
}

fn csv_of(lab: &Lab, more: &[&str]) -> Vec<Row> {
    rows(&compare(lab, &[&["results", "--format", "csv"], more].concat()).0)
}

fn refusal(lab: &Lab, more: &[&str]) -> String {
    output_of(&lab.drsae_in(".", &[&["compare"], more].concat()).code(2)).1
}

/// Mean and sample standard deviation.
fn spread(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (values.len() as f64 - 1.0)).sqrt())
}

#[test]
fn its_numbers_are_those_of_the_merged_tables() {
    let lab = three();
    let found = csv_of(&lab, &[]);
    assert_eq!(found.len(), 6);
    let table = |sweep: &str, name: &str| rows(&lab.read(format!("results/{sweep}/{name}.csv")));
    for row in &found {
        let sweep = &row["sweep"];
        let trials = table(sweep, "trials");
        let of_cell: Vec<&Row> = trials
            .iter()
            .filter(|trial| {
                (&trial["family"], &trial["steps"]) == (&row["model.family"], &row["model.steps"])
            })
            .collect();
        assert_eq!(of_cell.len(), 2, "{row:?}");
        let numbers = |column: &str| -> Vec<f64> {
            of_cell.iter().filter_map(|trial| trial[column].parse().ok()).collect()
        };
        for column in ["valid_error", "test_error"] {
            let values = numbers(column);
            if values.is_empty() {
                assert_eq!((sweep.as_str(), column, row[column].as_str()), ("whole", "valid_error", ""));
                continue;
            }
            let (mean, sd) = spread(&values);
            let read = |column: &str| row[column].parse::<f64>().unwrap();
            let apart = (read(column) - mean).abs() + (read(&format!("{column}_sd")) - sd).abs();
            assert!(apart < 1e-12, "{column}: {row:?}");
        }
        assert_eq!((row["n"].as_str(), row["planned"].as_str()), ("2", "2"));
        assert_eq!(row["parameters"], of_cell[0]["parameters"]);
        assert_eq!(row["trial"], of_cell[0]["trial"]);
        let own = |table: &[Row], column: &str| -> Vec<f64> {
            let is_own = |row: &&Row| of_cell.iter().any(|trial| trial["trial"] == row["trial"]);
            table.iter().filter(is_own).map(|row| row[column].parse().unwrap()).collect()
        };
        let (seconds, _) = spread(&own(&table(sweep, "provenance"), "seconds"));
        assert!((row["seconds"].parse::<f64>().unwrap() - seconds).abs() < 1e-9);
        assert_eq!(
            row["training_flops"].parse::<f64>().unwrap(),
            own(&table(sweep, "plan"), "training_flops")[0]
        );
    }
    let errors: Vec<f64> = found.iter().filter_map(|row| row["valid_error"].parse().ok()).collect();
    assert!(errors.len() == 5 && errors.is_sorted(), "{errors:?}");
    assert_eq!(found[5]["sweep"], "whole");
}

/// The sweeps of this repository, of several hundred cells.
#[test]
fn every_cell_of_the_stored_results_is_a_row_of_every_format() {
    let lab = Lab::new(SPEC);
    let stored = concat!(env!("CARGO_MANIFEST_DIR"), "/results");
    let (text, log) = compare(&lab, &[stored, "--format", "csv"]);
    let cells: usize = rows(&text).len();
    assert!(cells > 400, "{cells}");
    assert!(log.contains(&format!(" of {cells} cells have trials that another sweep has as well")), "{log}");
    let (out, _) = compare(&lab, &[stored]);
    assert!(out.starts_with(&format!("{cells} cells of ")), "{out}");
    assert_eq!(out.lines().filter(|line| line.contains(" ± ") && !line.contains("Each row")).count(), {
        let has_spread = |row: &&Row| !row["valid_error_sd"].is_empty() || !row["test_error_sd"].is_empty();
        rows(&text).iter().filter(has_spread).count()
    });
    compare(&lab, &[stored, "--output", "cells.html"]);
    assert_eq!(lab.read("cells.html").matches("<tr>").count(), 1 + cells);
    let depth = rows(&fs::read_to_string(format!("{stored}/depth/analysis/summary.csv")).unwrap());
    for row in depth {
        let has = |found: &&Row| {
            let same = |ours: &str, theirs: &str| found[ours] == row[theirs];
            found["sweep"] == "depth" && same("model.family", "family") && same("model.steps", "steps")
        };
        let all = rows(&text);
        let found: Vec<_> = all.iter().filter(has).collect();
        assert_eq!(found.len(), 1, "{row:?}");
        for column in ["valid_error", "test_error"] {
            assert_eq!(found[0][column], row[&format!("{column}_mean")]);
            assert_eq!(found[0][&format!("{column}_sd")], row[&format!("{column}_sd")]);
        }
        assert_eq!((&found[0]["model.hidden"], &found[0]["n"]), (&row["hidden"], &row["n"]));
    }
}

#[test]
fn settings_that_differ_are_columns_and_the_others_are_in_the_caption() {
    let lab = three();
    let (text, _) = compare(&lab, &["results", "--format", "csv"]);
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let settings = ["data.validation", "model.family", "model.steps", "model.hidden", "training.batch"];
    assert_eq!(header[1..=settings.len()], settings);
    let fixed: Vec<String> =
        header.iter().filter(|name| !settings.contains(name)).map(ToString::to_string).collect();
    assert_eq!(fixed, documented("## The table of `drsae compare`"));

    let (out, log) = compare(&lab, &["results"]);
    assert!(out.starts_with("6 cells of 3 sweeps, the least validation error first\n"), "{out}");
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in [
        "objective.sparsity = 0.005",
        "training.phases.*.rate = 0.003",
        "training.phases.1.discriminative = true",
        "1 of 6 cells has no validation error",
    ] {
        assert!(words.contains(text), "{text}: {out}");
    }
    assert!(!words.contains("training.phases.0.rate"), "{out}");
    assert_eq!(log, "");
    // Fewer rows have more in common.
    let (out, _) = compare(&lab, &["tiny"]);
    assert!(out.contains("training.batch = 20") && out.contains("model.steps = 2"), "{out}");
}

#[test]
fn conditions_order_and_limit_select_rows() {
    let lab = three();
    let column = |more: &[&str], column: &str| -> Vec<String> {
        csv_of(&lab, more).into_iter().map(|row| row[column].clone()).collect()
    };
    let mut steps = column(&["--where", "model.steps >= 2", "--where", "sweep=steps"], "model.steps");
    steps.sort();
    assert_eq!(steps, ["2", "3"]);
    assert_eq!(column(&["--where", "model.family != drsae"], "sweep"), ["tiny"]);
    assert_eq!(column(&["--where", "training.phases.*.rate = 3e-3"], "n").len(), 6);
    assert_eq!(column(&["--where", "valid_error < 101", "--where", "data.validation = 0"], "n").len(), 0);
    let parameters = column(&["--sort", "training_flops", "--reverse", "--limit", "3"], "training_flops");
    let parameters: Vec<u64> = parameters.iter().map(|number| number.parse().unwrap()).collect();
    assert!(parameters.len() == 3 && parameters.iter().rev().is_sorted(), "{parameters:?}");
    let (out, _) = compare(&lab, &["results", "--limit", "2"]);
    assert!(out.ends_with("The first 2 of 6 rows; --limit 0 shows all.\n"), "{out}");
    let (out, log) = compare(&lab, &["results", "--where", "model.steps > 9"]);
    assert_eq!((out.lines().count(), log.as_str()), (1, "note: no cell satisfies every condition\n"));
}

#[test]
fn a_sweep_has_one_place_however_it_is_named_and_shared_trials_are_noted() {
    let lab = three();
    let by_name = compare(&lab, &["tiny"]);
    for way in ["spec.toml", "results/tiny", "results/tiny/sweep.toml"] {
        assert_eq!(compare(&lab, &[way, "tiny"]), by_name, "{way}");
    }
    // Another sweep over the same networks.
    let again = SPEC.replace("name = \"tiny\"", "name = \"again\"").replace(", \"untied\"", "");
    lab.write("again.toml", again);
    lab.drsae_in(".", &["sweep", "again.toml"]).success();
    let (text, log) = compare(&lab, &["tiny", "again", "--format", "csv"]);
    assert!(log.starts_with("note: 2 of 3 cells have trials that another sweep has as well"), "{log}");
    let mut shared: Vec<_> = rows(&text).into_iter().map(|row| row["trial"].clone()).collect();
    shared.sort();
    shared.dedup();
    assert_eq!(shared.len(), 2);
    // Two folders of one name are told apart.
    lab.drsae_in(".", &["sweep", "again.toml", "--results", "other"]).success();
    let (text, _) = compare(&lab, &["again", "other/again", "--format", "csv"]);
    let names: Vec<_> = rows(&text).into_iter().map(|row| row["sweep"].clone()).collect();
    assert_eq!(names, ["results/again", "other/again"]);
}

#[test]
fn a_running_sweep_is_shown_as_far_as_it_is_merged_and_nothing_is_written() {
    let lab = three();
    lab.write("half.toml", SPEC.replace("name = \"tiny\"", "name = \"half\""));
    lab.drsae_in(".", &["trial", "half.toml", "--index", "0"]).success();
    let before = (lab.files("half"), lab.files("tiny"));
    let ended = lab.drsae_in(".", &["compare", "results", "--format", "csv"]).code(1);
    let (out, log) = output_of(&ended);
    let advice = "warning: results/half has no merged tables and is left out; `drsae analyze results/half` merges the trials \
                  that have ended\n";
    assert!(log.starts_with(advice), "{log}");
    assert!(!out.contains("\nhalf,"), "{out}");
    assert_eq!((lab.files("half"), lab.files("tiny")), before);
    assert!(!fs::exists(lab.path("results/index.html")).unwrap());

    lab.drsae_in(".", &["analyze", "half.toml"]).success();
    lab.drsae_in(".", &["trial", "half.toml", "--index", "1"]).success();
    let (out, log) = compare(&lab, &["half", "--format", "csv"]);
    let found: Vec<_> =
        rows(&out).into_iter().map(|row| (row["n"].clone(), row["planned"].clone())).collect();
    assert_eq!(found, [("1", "2"), ("0", "2")].map(|(n, all)| (n.to_owned(), all.to_owned())));
    assert_eq!(
        without_concerns(&log),
        "note: 1 trial of results/half ended after its tables were merged; `drsae analyze results/half` merges again\n\
         note: 1 of 2 cells has no complete trial.\n"
    );
}

#[test]
fn sealed_test_images_leave_the_test_error_empty() {
    let lab = Lab::new(&SPEC.replacen("seeds = 2\n", "seeds = 2\ntest = \"sealed\"\n", 1));
    lab.drsae("sweep", &[]).success();
    for row in csv_of(&lab, &[]) {
        assert!(
            row["test_error"].is_empty() && row["test_error_sd"].is_empty() && !row["valid_error"].is_empty()
        );
    }
    assert!(csv_of(&lab, &["--where", "test_error < 100"]).is_empty());
}

#[test]
fn what_cannot_be_shown_is_refused_with_its_place() {
    let lab = three();
    let answers: [(&[&str], &str); 9] = [
        (
            &["--where", "steps > 2"],
            "--where 'steps > 2': character 1: there is no column `steps`; did you mean `model.steps`?",
        ),
        (
            &["--where", "model.steps => 2"],
            "--where 'model.steps => 2': character 13: `=>` is no comparison; did you mean `>=`?",
        ),
        (
            &["--where", "test_eror<1"],
            "--where 'test_eror<1': character 1: there is no column `test_eror`; did you mean `test_error`?",
        ),
        (
            &["--where", "model.family < b"],
            "--where 'model.family < b': character 16: `model.family` holds texts, which have no order; write = or !=",
        ),
        (&["--sort", "secnds"], "--sort secnds: there is no column `secnds`; did you mean `seconds`?"),
        (
            &["--output", "cells.xlsx"],
            "--output: no format has the ending .xlsx: write .txt, .csv, .parquet, .html, or name a format with --format",
        ),
        (&["--format", "html"], "this format is written into a file: name it with --output FILE"),
        (
            &["tyni"],
            "there is no sweep tyni: none is at tyni, tyni.toml, experiments/tyni.toml or results/tyni/sweep.toml",
        ),
        (
            &["results/tiny/analysis"],
            "there are no results of a sweep in results/tiny/analysis or below that can be read",
        ),
    ];
    for (more, answer) in answers {
        assert_eq!(refusal(&lab, &[&["results"], more].concat()), format!("error: {answer}\n"));
    }
    assert!(!lab.path("cells.xlsx").exists());
    let log = refusal(&lab, &["results", "--sort", "nosuch"]);
    let columns =
        "error: --sort nosuch: there is no column `nosuch`; possible here: `sweep`, `data.source`, ";
    assert!(log.starts_with(columns) && log.contains("`seconds`"), "{log}");
    // A sweep that cannot be read does not hide the others.
    let spec = lab.read("results/tiny/sweep.toml");
    lab.write("results/tiny/sweep.toml", spec.replace("[model]", "[modle]"));
    let (out, log) = output_of(&lab.drsae_in(".", &["compare", "results"]).code(1));
    assert!(out.starts_with("4 cells of 2 sweeps"), "{out}");
    assert!(log.starts_with("warning: results/tiny is left out: ") && log.contains("`modle`"), "{log}");
    assert!(refusal(&lab, &["tiny"]).contains("`modle`"));
    // Tables of another plan than the spec's.
    lab.write("results/tiny/sweep.toml", spec.replace("[\"drsae\", \"untied\"]", "[\"drsae\", \"mlp\"]"));
    let log = refusal(&lab, &["tiny"]);
    let text = "results/tiny/trials.csv has the cell untied, which results/tiny/sweep.toml does not plan: run `drsae analyze \
                results/tiny` to merge again\n";
    assert_eq!(log, format!("error: {text}"));
    // Results without their spec.
    fs::remove_file(lab.path("results/tiny/sweep.toml")).unwrap();
    let advice = "results/tiny has results, but no sweep.toml: restore it";
    let (_, log) = output_of(&lab.drsae_in(".", &["compare", "results"]).code(1));
    assert!(log.starts_with(&format!("warning: results/tiny is left out: {advice}\n")), "{log}");
    assert_eq!(refusal(&lab, &["results/tiny"]), format!("error: {advice}, or name the original spec\n"));
}

#[test]
fn the_page_loads_nothing_and_can_be_sorted() {
    let lab = three();
    let (out, _) = compare(&lab, &["results", "--output", "pages/cells.html"]);
    assert_eq!(out, "pages/cells.html\n");
    compare(&lab, &["results", "--output", "cells.TXT"]);
    assert!(lab.read("cells.TXT").starts_with("6 cells of 3 sweeps"));
    let page = lab.read("pages/cells.html");
    assert!(page.contains("<section class=\"table\" id=\"compare\">") && page.contains("aria-sort"));
    assert_eq!(page.matches("<tr>").count(), 1 + 6);
    for loaded in ["src=", "http://", "https://", "@import"] {
        assert!(!page.contains(loaded), "{loaded}");
    }
}

#[cfg(not(feature = "parquet"))]
#[test]
fn parquet_without_its_feature_is_refused_with_the_way_to_build_it() {
    let lab = three();
    let log = refusal(&lab, &["results", "--output", "cells.parquet"]);
    assert!(log.contains("--features parquet") && !lab.path("cells.parquet").exists(), "{log}");
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_holds_the_same_columns_and_numbers_with_their_types() {
    use polars::prelude::{AnyValue, DataType};
    use polars_io::SerReader;
    use polars_io::parquet::read::ParquetReader;

    let lab = three();
    compare(&lab, &["results", "--output", "cells.parquet"]);
    let frame = ParquetReader::new(fs::File::open(lab.path("cells.parquet")).unwrap()).finish().unwrap();
    let expected = csv_of(&lab, &[]);
    assert_eq!(frame.height(), expected.len());
    let kind = |name: &str| frame.column(name).unwrap().dtype().clone();
    assert_eq!(kind("model.steps"), DataType::Int64);
    assert_eq!(kind("training_flops"), DataType::UInt64);
    for (at, row) in expected.iter().enumerate() {
        assert_eq!(frame.width(), row.len());
        for (name, text) in row {
            let found = frame.column(name).unwrap().get(at).unwrap();
            match (&found, found.get_str()) {
                (AnyValue::Null, _) => assert_eq!(text, "", "{name}"),
                (_, Some(found)) => assert_eq!(text, found, "{name}"),
                (number, None) => assert_eq!(text.parse().ok(), number.extract::<f64>(), "{name}"),
            }
        }
    }
}
