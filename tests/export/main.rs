//! `drsae export` and the tables, read by the tools that they are written for.
//!
//! Python is that of `DRSAE_PYTHON`, which must have the packages `tensorboard`, `polars`,
//! `pandas`, `numpy` and `safetensors`; without the variable it is `python3`, and tests that lack a package print this and are
//! skipped. `.ci/run` sets the variable.

mod python;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use self::python::{Python, json};

/// Named as the main job is, whose results docs/INTEROP.md reads.
const SPEC: &str = r#"
name = "smoke"
seeds = 2

[data]
source = "strokes"
train = 60
validation = 20
test = 30

[model]
steps = 2
hidden = 6

[training]
batch = 10
phases = [{ epochs = 1, rate = 1e-3 }, { epochs = 2, rate = 1e-3, discriminative = true }]

[sweep.grid]
"model.family" = ["drsae", "mlp"]
"objective.sparsity" = [0.005]
"training.batch" = [10, 12]
"#;

/// A folder with a sweep that has run.
fn swept() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("spec.toml"), SPEC).unwrap();
    let output = drsae(folder.path(), &["sweep", "spec.toml"]);
    assert!(output.status.success(), "{output:?}");
    folder
}

fn drsae(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_drsae")).args(arguments).current_dir(folder).output().unwrap()
}

fn export(folder: &Path, format: &str) -> Output {
    drsae(folder, &["export", "spec.toml", "--format", format])
}

/// The rows of a merged table, by column; `root` is the sweep's folder.
fn table(root: &Path, name: &str) -> Vec<BTreeMap<String, String>> {
    let reader = csv::Reader::from_path(root.join(format!("{name}.csv"))).unwrap();
    reader.into_deserialize().map(Result::unwrap).collect()
}

fn results(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("results/smoke")
}

/// The points of a scalar as TensorBoard reads them: wall time, step and value.
fn points(run: &Value, tag: &str) -> Vec<(f64, u64, f32)> {
    let points = run["scalars"][tag].as_array();
    let point = |point: &Value| {
        let number = |at: usize| point[at].as_f64().unwrap();
        (number(0), point[1].as_u64().unwrap(), number(2) as f32)
    };
    points.map_or_else(Vec::new, |points| points.iter().map(point).collect())
}

#[test]
fn tensorboard_reads_every_epoch_of_every_trial() {
    let Some(python) = Python::with(&["tensorboard"]) else { return };
    let folder = swept();
    let output = export(folder.path(), "tensorboard");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "8 runs in exports/smoke/tensorboard\n",
        "{output:?}"
    );
    let runs = json(&python.run(folder.path(), "read_events.py", &["exports/smoke/tensorboard"]));

    let (trials, epochs) = (table(&results(&folder), "trials"), table(&results(&folder), "epochs"));
    assert_eq!(runs.as_object().unwrap().len(), trials.len());
    let columns =
        [("train/loss", "train_loss"), ("valid/error", "valid_error"), ("train/error", "train_error")];
    for trial in &trials {
        let run = &runs[&trial["trial"]];
        let curve = epochs.iter().filter(|row| row["trial"] == trial["trial"]);
        for (tag, column) in columns {
            let point = |row: &BTreeMap<String, String>| {
                let epoch: u64 = row["epoch"].parse().unwrap();
                Some((epoch as f64, epoch, row[column].parse().ok()?))
            };
            let expected: Vec<_> = curve.clone().filter_map(point).collect();
            assert!(expected.len() >= 2);
            assert_eq!(points(run, tag), expected, "{tag}");
        }
        let best = trial["best_epoch"].parse().unwrap();
        let kept = [(best as f64, best, trial["test_error"].parse().unwrap())];
        assert_eq!(points(run, "kept/test_error"), kept);
        let settings = &run["hparams"];
        assert_eq!(settings["family"], trial["family"].as_str());
        assert_eq!(settings["training.batch"], trial["training.batch"].parse::<f64>().unwrap());
        assert_eq!((&run["status"], &settings["seed"]), (&Value::from(1), &Value::Null));
    }
    let groups: std::collections::BTreeSet<_> =
        trials.iter().map(|trial| runs[&trial["trial"]]["group"].as_str().unwrap()).collect();
    assert_eq!(groups.len(), 4, "a group is a cell: {groups:?}");
}

#[test]
fn equal_results_export_to_equal_bytes_without_their_trials() {
    let folder = swept();
    let file = |id: &str| {
        let run = folder.path().join("exports/smoke/tensorboard").join(id);
        fs::read(run.join("events.out.tfevents.0.drsae")).unwrap()
    };
    assert!(export(folder.path(), "tensorboard").status.success());
    let ids: Vec<_> = table(&results(&folder), "trials").iter().map(|row| row["trial"].clone()).collect();
    let first: Vec<_> = ids.iter().map(|id| file(id)).collect();
    fs::remove_dir_all(results(&folder).join("trials")).unwrap();
    fs::remove_dir_all(folder.path().join("exports")).unwrap();
    assert!(export(folder.path(), "tensorboard").status.success());
    assert_eq!(ids.iter().map(|id| file(id)).collect::<Vec<_>>(), first);
}

#[cfg(not(feature = "parquet"))]
#[test]
fn a_format_that_was_left_out_names_its_feature() {
    let folder = swept();
    let output = export(folder.path(), "parquet");
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(message.contains("--features parquet"), "{message}");
    assert!(!folder.path().join("exports").exists());
}

#[cfg(feature = "parquet")]
#[test]
fn polars_reads_the_tables_with_types() {
    let Some(python) = Python::with(&["polars"]) else { return };
    let folder = swept();
    let output = export(folder.path(), "parquet");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "5 tables in exports/smoke/parquet\n", "{output:?}");
    let tables = json(&python.run(folder.path(), "read_parquet.py", &["exports/smoke/parquet"]));
    for name in ["plan", "trials", "epochs", "mistakes", "provenance"] {
        let (read, written) = (tables[name]["rows"].as_array().unwrap(), table(&results(&folder), name));
        assert_eq!(read.len(), written.len(), "{name}");
        for (read, written) in read.iter().zip(&written) {
            for (column, text) in written {
                let same = match &read[column] {
                    Value::Null => text.is_empty(),
                    Value::String(read) => read == text,
                    Value::Bool(read) => read.to_string() == *text,
                    number => number.as_f64() == text.parse().ok(),
                };
                assert!(same, "{name}: `{column}` is {}, not {text}", read[column]);
            }
        }
    }
    let kind = |table: &str, column: &str| tables[table]["types"][column].as_str().unwrap().to_owned();
    assert_eq!(kind("trials", "training.batch"), "Int64");
    assert_eq!(kind("trials", "seed"), "UInt64");
    assert_eq!(kind("trials", "test_error"), "Float64");
    assert_eq!(kind("epochs", "train_error"), "Float64");
    assert_eq!(kind("mistakes", "predicted"), "Int64");
    assert_eq!(kind("provenance", "dirty"), "Boolean");
    assert_eq!(kind("provenance", "lockfile"), "String");
}

/// Runs every block of Python in docs/INTEROP.md.
#[test]
fn the_python_of_the_documentation_runs() {
    let Some(python) = Python::with(&["pandas", "polars", "safetensors"]) else { return };
    let folder = swept();
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/INTEROP.md")).unwrap();
    let mut blocks = 0;
    for block in text.split("```python\n").skip(1) {
        let (code, _) = block.split_once("```").unwrap();
        if code.contains(".parquet") {
            if cfg!(not(feature = "parquet")) {
                continue;
            }
            assert!(export(folder.path(), "parquet").status.success());
        }
        let printed = python.run_code(folder.path(), code);
        assert!(!printed.trim().is_empty(), "{code} prints nothing");
        blocks += 1;
    }
    assert!(blocks >= 3, "{blocks} blocks");
}

/// The module is read from the source tree; `.ci/run` installs it as a wheel.
#[test]
fn the_frames_of_the_python_module_are_the_csv() {
    let Some(python) = Python::with(&["polars", "pandas", "safetensors"]) else { return };
    let folder = swept();
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
    let found = json(&python.run(folder.path(), "module.py", &[module.to_str().unwrap()]));
    assert!(found["compared"].as_u64().unwrap() > 1000, "{found}");
    assert_eq!(found["decoder"], serde_json::json!([784, 6]));
    assert_eq!((&found["hidden"], &found["name"]), (&Value::from(6), &Value::from("smoke")));
    assert!(found["refusal"].as_str().unwrap().contains("no results folder"), "{found}");
}

/// Every family, and what changes the inputs or the scores.
const NETWORKS: &str = r#"
name = "networks"
seeds = 1

[data]
source = "npz"
file = "bytes.npz"
validation = 20

[model]
steps = 3
hidden = 8

[training]
batch = 10
phases = [{ epochs = 4, rate = 1e-2, discriminative = true }]

[sweep.grid]
"model.family" = ["drsae", "untied", "untied-recurrent", "untied-encoder", "mlp", "residual-mlp"]

[sweep.zip]
"data.scale" = ["unit-norm", "none", "none"]
"model.decoder_nonnegative" = [false, true, false]
"model.classifier_bias" = [false, true, false]
"#;

/// The forward pass in NumPy and that of the program agree on every image.
#[test]
fn the_networks_of_the_python_module_are_those_of_the_program() {
    let Some(python) = Python::with(&["numpy", "safetensors"]) else { return };
    let folder = tempfile::tempdir().unwrap();
    python.run(folder.path(), "network.py", &["write"]);
    fs::write(folder.path().join("networks.toml"), NETWORKS).unwrap();
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
    let variants = [
        ("own", "bytes.npz", ""),
        ("first", "doubles.npz", "model.input=first"),
        ("uncentred", "bytes.npz", "data.centre=false"),
        ("shared", "doubles.npz", "model.tie.threshold=true"),
    ];
    for (name, data, setting) in variants {
        let file = format!("data.file={data}");
        let settings = ["--set", &file, "--set", setting];
        let settings = if setting.is_empty() { &settings[..2] } else { &settings };
        let arguments = [&["sweep", "networks.toml", "--results", name], settings].concat();
        let output = drsae(folder.path(), &arguments);
        assert!(output.status.success(), "{output:?}");
        let root = format!("{name}/networks");
        let arguments = ["evaluate", module.to_str().unwrap(), data, &root];
        let found = json(&python.run(folder.path(), "network.py", &arguments));
        let trials = found.as_object().unwrap();
        assert_eq!(trials.len(), 18);
        for (trial, found) in trials {
            let weights = format!("{root}/trials/{trial}/model.safetensors");
            let output = drsae(folder.path(), &["eval", &weights, "--data", data, "--json"]);
            let expected = json(std::str::from_utf8(&output.stdout).unwrap());
            for measure in ["test_errors", "reconstruction", "class", "active_fraction"] {
                let [found, expected] = [found, &expected].map(|of| of[measure].as_f64().unwrap());
                let is_close = (found - expected).abs() <= 1e-5 * expected.abs();
                assert!(is_close, "{trial}: {measure} {found}, not {expected}");
            }
        }
    }
}
