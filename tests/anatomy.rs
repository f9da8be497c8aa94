//! `drsae inspect` on networks that are trained for it in seconds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const SPEC: &str = r#"name = "tiny"
seeds = 2

[data]
source = "strokes"
centre = false
train = 400
validation = 100
test = 120

[model]
hidden = 14
steps = 3

[training]
batch = 20
phases = [{ epochs = 1, rate = 3e-3 }]

[sweep.grid]
"training.phases" = [
    [{ epochs = 1, rate = 3e-3 }],
    [{ epochs = 1, rate = 3e-3 }, { epochs = 3, rate = 3e-3, discriminative = true }],
]
"#;

const JUDGE: &str = r#"name = "judge"
seeds = 1

[data]
source = "strokes"
train = 400
validation = 100
test = 120

[model]
family = "mlp"
hidden = 10
steps = 1

[training]
batch = 20
phases = [{ epochs = 2, rate = 3e-3, discriminative = true }]
"#;

/// A folder with trained networks.
struct Lab {
    folder: TempDir,
}

impl Lab {
    fn new() -> Self {
        let lab = Self { folder: tempfile::tempdir().unwrap() };
        for (name, spec) in [("tiny.toml", SPEC), ("judge.toml", JUDGE)] {
            fs::write(lab.path(name), spec).unwrap();
            assert!(lab.drsae(&["sweep", name]).status.success());
        }
        lab
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    fn drsae(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_drsae"));
        command.current_dir(self.folder.path()).args(arguments).output().unwrap()
    }

    /// Networks of a sweep that were trained to classify, or not, by seed.
    fn networks(&self, sweep: &str, discriminative: bool) -> Vec<String> {
        let trials = fs::read_dir(self.path(&format!("results/{sweep}/trials"))).unwrap();
        let mut files: Vec<PathBuf> = trials.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let is_asked = |folder: &PathBuf| {
            let config = fs::read_to_string(folder.join("config.toml")).unwrap();
            config.contains("discriminative = true") == discriminative
        };
        let asked = files.iter().filter(|folder| is_asked(folder));
        asked.map(|folder| folder.join("model.safetensors").display().to_string()).collect()
    }

    fn anatomy(&self, name: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        files(&self.path(&format!("results/anatomy/{name}")))
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let below = files(&path).into_iter();
            let name = PathBuf::from(path.file_name().unwrap());
            found.extend(below.map(|(file, bytes)| (name.join(file), bytes)));
        } else {
            found.insert(PathBuf::from(path.file_name().unwrap()), fs::read(&path).unwrap());
        }
    }
    found
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn networks_are_measured_with_their_controls_and_one_again_gives_the_same_bytes() {
    let lab = Lab::new();
    let networks = lab.networks("tiny", true);
    let judge = lab.networks("judge", true).remove(0);
    let run = |arguments: &[&str]| {
        let output = lab.drsae(&[&["inspect"], arguments].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        output
    };
    let output = run(&[&networks[0], &networks[1], "--judge", &judge]);
    assert_eq!(text(&output.stderr), "", "controls are found in neighbouring folders");
    assert!(text(&output.stdout).contains("1. Units differentiate"), "{}", text(&output.stdout));
    let all = lab.anatomy("strokes-t3-n14");
    let claims = text(&all[Path::new("claims.csv")]);
    for claim in 1..=9 {
        assert!(
            claims.lines().any(|line| line.starts_with(&format!("{claim},"))),
            "claim {claim} in {claims}"
        );
    }
    let units = text(&all[Path::new("units.csv")]);
    assert_eq!(units.lines().count(), 1 + 2 * 14);
    let measures = text(&all[Path::new("measures.csv")]);
    for stage in ["1,trained,", "1,after phase 1,", "2,untrained,"] {
        assert!(measures.contains(stage), "{stage}");
    }
    let charts = ["units", "angles", "activity", "classes_on_the_way", "v_diagram"];
    let images =
        ["columns", "prototypes", "evolution", "recurrent", "assembly", "progressive", "steps", "cards"];
    for figure in charts.into_iter().chain(images) {
        assert!(all.contains_key(&PathBuf::from(format!("figures/{figure}.svg"))), "{figure}");
    }
    assert!(text(&all[Path::new("anatomy.html")]).contains("<image "));

    // The first network again, from elsewhere and without its control: the tables hold the rest.
    fs::copy(&networks[0], lab.path("one.safetensors")).unwrap();
    run(&["one.safetensors", "--judge", &judge, "--merge"]);
    assert_eq!(lab.anatomy("strokes-t3-n14"), all);

    // Claims from the tables alone.
    run(&["--name", "strokes-t3-n14", "--merge"]);
    assert_eq!(text(&lab.anatomy("strokes-t3-n14")[Path::new("claims.csv")]), claims);
}

#[test]
fn networks_that_cannot_be_inspected_are_refused_with_a_reason() {
    let lab = Lab::new();
    let trained = lab.networks("tiny", true);
    let judge = lab.networks("judge", true).remove(0);
    let before = lab.networks("tiny", false);
    for (arguments, reason) in [
        (vec![], "name a checkpoint"),
        (vec!["--merge", "--name", "none"], "cannot read"),
        (vec![judge.as_str()], "is `mlp` with T = 1"),
        (vec![trained[0].as_str(), trained[0].as_str()], "a second network of seed 1"),
        (vec![trained[0].as_str(), before[1].as_str()], "in more than the seed"),
        (vec![trained[0].as_str(), "--judge", before[0].as_str()], "trained without the class term"),
        (vec!["tiny.toml"], "is not a checkpoint of drsae"),
    ] {
        let output = lab.drsae(&[vec!["inspect"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{reason}");
        assert!(text(&output.stderr).contains(reason), "{}", text(&output.stderr));
    }
    // A network without a control is measured, with a message about the missing control.
    fs::copy(&trained[0], lab.path("alone.safetensors")).unwrap();
    let output = lab.drsae(&["inspect", "alone.safetensors", "--name", "alone"]);
    assert!(output.status.success());
    assert!(text(&output.stderr).contains("that control is missing"), "{}", text(&output.stderr));
    assert!(!text(&lab.anatomy("alone")[Path::new("claims.csv")]).lines().any(|line| line.starts_with("6,")));
}
