//! Committed results: tables with their checksums, and a network whose error is the one in its
//! tables.

mod files;

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use drsae::model::Checkpoint;
use drsae::store::{Store, Sums};
use serde_json::Value;

const SWEEP: &str = "results/paper/error";
const NETWORK: &str = "results/paper/error/drsae-400.safetensors";

/// The folder of MNIST's files, where there is one.
fn mnist() -> Option<PathBuf> {
    let folder =
        std::env::var_os("DRSAE_DATA_DIR").map_or_else(|| PathBuf::from("../shared/mnist"), PathBuf::from);
    folder.join("t10k-images-idx3-ubyte.gz").exists().then_some(folder)
}

/// The rows of a merged table of the sweep, by the names of its columns.
fn rows(table: &str) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_path(format!("{SWEEP}/{table}")).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

#[test]
fn the_kept_network_has_the_recorded_error() {
    let Some(folder) = mnist() else {
        eprintln!("skipped: there is no MNIST in DRSAE_DATA_DIR or ../shared/mnist");
        return;
    };
    let bytes = std::fs::read(NETWORK).unwrap();
    let checkpoint = Checkpoint::parse(&bytes).unwrap();
    let config: drsae::spec::TrialConfig = toml::from_str(checkpoint.config().unwrap()).unwrap();
    let (seed, hidden) = (config.seed.to_string(), config.model.hidden.to_string());
    let masking = config.training.phases[0].masking.to_string();
    let recorded: Vec<_> = rows("trials.csv")
        .into_iter()
        .filter(|row| {
            row["seed"] == seed && row["hidden"] == hidden && row["training.phases.0.masking"] == masking
        })
        .collect();
    assert_eq!(recorded.len(), 1, "trials of the network's config");

    let output = Command::new(env!("CARGO_BIN_EXE_drsae"))
        .args(["eval", NETWORK, "--json", "--data-dir"])
        .arg(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["test_error"].to_string(), recorded[0]["test_error"]);
    let mistakes = rows("mistakes.csv").iter().filter(|row| row["index"] == recorded[0]["index"]).count();
    assert_eq!(found["test_errors"], mistakes);
}

#[test]
fn every_kept_table_has_the_checksum_that_is_listed_beside_it() {
    let mut checked = 0;
    let mut folders = vec![PathBuf::from("results")];
    while let Some(root) = folders.pop() {
        let entries = std::fs::read_dir(&root).unwrap();
        folders.extend(entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()));
        if !root.join("trials.csv").exists() {
            continue;
        }
        let sums = Store::at(&root).unwrap().sums().unwrap();
        let sums = sums.unwrap_or_else(|| panic!("{} lists no checksums", root.display()));
        for name in ["epochs.csv", "mistakes.csv", "plan.csv", "provenance.csv", "trials.csv"] {
            let mut kept = Sums::default();
            kept.insert(name, &std::fs::read(root.join(name)).unwrap());
            assert_eq!(sums.get(name), kept.get(name), "{}", root.join(name).display());
            checked += 1;
        }
    }
    assert!(checked >= 5 * 26, "{checked} tables");
}

/// As whoever clones the repository and tries a sweep of it.
#[cfg(unix)]
#[test]
fn no_stored_row_is_lost_to_a_sweep_that_is_interrupted_and_whatever_is_run_then() {
    let Some(data) = mnist() else {
        eprintln!("skipped: there is no MNIST in DRSAE_DATA_DIR or ../shared/mnist");
        return;
    };
    let (data, clone) = (data.canonicalize().unwrap(), tempfile::tempdir().unwrap());
    for name in ["experiments", "results/depth"] {
        let to = clone.path().join(name);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        assert!(Command::new("cp").arg("-r").args([name.as_ref(), to.as_path()]).status().unwrap().success());
    }
    let root = clone.path().join("results/depth");
    let drsae = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_drsae"));
        command.arg(words[0]).arg("experiments/depth.toml").args(&words[1..]).env("DRSAE_DATA_DIR", &data);
        command.current_dir(clone.path()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let kept = || {
        let mut kept = files::deterministic(&root);
        kept.retain(|path, _| !path.starts_with("running"));
        let others = ["provenance.csv", "SHA256SUMS"].map(|name| std::fs::read(root.join(name)).unwrap());
        (kept, others)
    };
    let trains = || files::deterministic(&root).keys().any(|path| path.ends_with("state.safetensors"));
    let before = kept();
    for signal in ["-INT", "-TERM", "-KILL"] {
        let (mut sweep, start) = (drsae(&["sweep", "--jobs", "1"]).spawn().unwrap(), Instant::now());
        while !trains() {
            assert!(start.elapsed() < Duration::from_mins(2), "it never trains");
            sleep(Duration::from_millis(20));
        }
        Command::new("kill").args([signal, &sweep.id().to_string()]).status().unwrap();
        assert!(!sweep.wait().unwrap().success());
        for command in ["status", "verify", "analyze", "report", "export"] {
            let format = if command == "export" { &["--format", "tensorboard"][..] } else { &[] };
            let status = drsae(&[&[command], format].concat()).status().unwrap();
            assert!(status.success(), "{command} after {signal}: {status}");
            assert!(kept() == before, "{command} after {signal}");
        }
        let _ = std::fs::remove_dir_all(root.join("running"));
    }
}
