//! A study whose stages are submitted one after another.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cluster::{Cluster, path};
use crate::files::deterministic;
use crate::lab::Ended;

/// Settings that make the smoke study small.
const SMALL: [&str; 6] = [
    "data.train=400",
    "data.validation=100",
    "data.test=100",
    "search.configurations=3",
    "search.rungs=[2]",
    "search.widen=0",
];

#[test]
fn a_study_on_a_cluster_ends_in_the_bytes_of_the_local_engine() {
    let Some(cluster) = Cluster::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let smoke = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/study-smoke.toml");
    fs::copy(smoke, folder.path().join("study.toml")).unwrap();
    let study = |more: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_drsae"));
        program.args(["study", "study.toml"]).args(more).current_dir(folder.path());
        program.args(SMALL.iter().flat_map(|setting| ["--set", setting]));
        program.env("PATH", path()).env("SLURM_CONF", cluster.conf()).env("XDG_CONFIG_HOME", folder.path());
        Ended::of(program.output().unwrap()).expect(0)
    };
    let local = study(&["--jobs", "2", "--results", "local"]);
    let submitted = study(&["--engine", "slurm", "--follow"]);
    assert!(submitted.out.contains("confirmatory: plan ") && local.out.contains("confirmatory: plan "));
    let files = |results: &str| -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = deterministic(&folder.path().join(results).join("study-smoke"));
        let clocks = ["ledger.csv", "state.safetensors", "report.html", "error_by_seconds.svg"];
        files.retain(|path, _| !clocks.iter().any(|clock| path.ends_with(clock)));
        files.retain(|path, _| !path.iter().any(|part| part == "slurm"));
        files
    };
    let (found, expected) = (files("results"), files("local"));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (path, bytes) in &found {
        assert!(*bytes == expected[path], "{} differs", path.display());
    }
}
