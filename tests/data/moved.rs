//! Data beside its spec: both move, and nothing is trained again.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use super::arrays::{self, spec};
use super::{drsae, succeed};

/// The results of all trials in a folder with the times of their last change, sorted.
fn results(folder: &Path) -> Vec<(String, SystemTime)> {
    let trials = fs::read_dir(folder.join("trials")).unwrap().map(|trial| trial.unwrap().path());
    let mut found: Vec<_> = trials
        .map(|trial| {
            let changed = fs::metadata(trial.join("result.json")).unwrap().modified().unwrap();
            (trial.file_name().unwrap().to_str().unwrap().to_owned(), changed)
        })
        .collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

/// A folder with data and a spec beside it, and another place for both.
fn places(text: &str) -> (tempfile::TempDir, [std::path::PathBuf; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let places = ["here", "there/deeper"].map(|place| folder.path().join(place));
    fs::create_dir_all(&places[0]).unwrap();
    fs::create_dir_all(folder.path().join("there")).unwrap();
    arrays::bars(&places[0].join("bars.npz"));
    fs::write(places[0].join("bars.toml"), text).unwrap();
    (folder, places)
}

const DATA: &str = "source = \"npz\"\nfile = \"./bars.npz\"\nvalidation = 20";

#[test]
fn a_sweep_that_moved_with_its_data_keeps_its_trials() {
    let (folder, [here, there]) = places(&spec("bars", DATA));
    let root = folder.path().join("results");
    let run = |place: &Path, command: &str| {
        let file = place.join("bars.toml");
        succeed(&[command, file.to_str().unwrap(), "--results", root.to_str().unwrap()])
    };
    run(&here, "sweep");
    let stored = || fs::read_to_string(root.join("bars/sweep.toml")).unwrap();
    assert!(stored().contains(&format!("file = \"{}/bars.npz\"", here.display())), "{}", stored());
    let before = results(&root.join("bars"));
    fs::rename(&here, &there).unwrap();
    run(&there, "sweep");
    assert_eq!(results(&root.join("bars")), before);
    assert!(stored().contains(&format!("file = \"{}/bars.npz\"", there.display())), "{}", stored());
    run(&there, "verify");
    // The stored spec has the present place, so it is a spec of its own.
    let bars = root.join("bars");
    succeed(&["plan", bars.to_str().unwrap()]);
    // In a repository that has the data beside the results, the place is relative.
    let relative = stored().replace(there.to_str().unwrap(), "../../there/deeper");
    fs::write(bars.join("sweep.toml"), &relative).unwrap();
    succeed(&["verify", bars.to_str().unwrap()]);
    fs::write(bars.join("sweep.toml"), relative.replace("validation = 20", "validation = 10")).unwrap();
    let (code, found, error) =
        drsae(&["verify", there.join("bars.toml").to_str().unwrap(), "--results", root.to_str().unwrap()]);
    assert!(code == Some(1) && found.contains("sweep.toml differs"), "{code:?} {found} {error}");
}

#[test]
fn a_path_of_the_command_line_is_relative_to_the_current_folder() {
    let (folder, [here, _]) = places(&spec("bars", DATA));
    fs::rename(here.join("bars.npz"), folder.path().join("moved.npz")).unwrap();
    let (code, _, error) = drsae(&["plan", here.join("bars.toml").to_str().unwrap()]);
    assert!(code == Some(2) && error.contains(&format!("{}/bars.npz", here.display())), "{error}");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_drsae"))
        .args(["plan", "here/bars.toml", "--set", "data.file=moved.npz"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_drsae"))
        .args(["plan", "here/bars.toml", "--set", "data.file=~/moved.npz"])
        .env("HOME", folder.path())
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_frozen_study_that_moved_with_its_data_stays_frozen() {
    let search = "[sweep.grid]\n\"model.family\" = [\"drsae\", \"mlp\"]\n[compare]\nreference = { \"model.family\" = \
                  \"drsae\" }\n[search]\nmethod = \"grid\"\nseeds = 1\n[search.space]\n\"training.batch\" = [5, 10]\n";
    let (folder, [here, there]) = places(&(spec("bars", DATA) + search));
    let root = folder.path().join("results");
    let run = |place: &Path, command: &str| {
        let file = place.join("bars.toml");
        succeed(&[command, file.to_str().unwrap(), "--results", root.to_str().unwrap()])
    };
    run(&here, "search");
    run(&here, "freeze");
    run(&here, "sweep");
    let frozen = fs::read(root.join("bars/frozen.toml")).unwrap();
    let before = [results(&root.join("bars")), results(&root.join("bars/search"))];
    fs::rename(&here, &there).unwrap();
    run(&there, "study");
    assert_eq!([results(&root.join("bars")), results(&root.join("bars/search"))], before);
    assert_eq!(fs::read(root.join("bars/frozen.toml")).unwrap(), frozen);
    let ledger = fs::read_to_string(root.join("bars/ledger.csv")).unwrap();
    let plans: Vec<_> = ledger.lines().skip(1).map(|row| row.split(',').nth(2).unwrap()).collect();
    assert!(plans.iter().all(|plan| *plan == plans[0]), "{ledger}");
    let status = run(&there, "report");
    assert!(!status.contains("exploratory"), "{status}");
    run(&there, "verify");
}
