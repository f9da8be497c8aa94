//! The smoke sweep's output, from its merged tables in `tests/texts/smoke`. They are those of a run of
//! `drsae sweep experiments/smoke.toml`; a change of the trained bits replaces them.

use std::fs;
use std::path::Path;
use std::process::Command;

use drsae::data;
use drsae::device::Kind;
use drsae::plan::Plan;
use drsae::spec::Sweep;
use minijinja::Error;

use super::path;
use super::tables::invalid;

const SPEC: &str = "experiments/smoke.toml";

/// What `drsae analyze` prints of the smoke sweep: all that `drsae sweep` prints at its end but for the last line.
pub fn printed() -> Result<String, Error> {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results/smoke");
    fs::create_dir_all(&results).unwrap();
    fs::copy(path(SPEC), results.join("sweep.toml")).unwrap();
    for table in ["trials.csv", "mistakes.csv"] {
        fs::copy(Path::new(&path("tests/texts/smoke")).join(table), results.join(table)).unwrap();
    }
    let mut analyze = Command::new(env!("CARGO_BIN_EXE_drsae"));
    analyze.args(["analyze", "results/smoke/sweep.toml"]).current_dir(folder.path());
    let output = analyze.output().unwrap();
    if !output.status.success() {
        return Err(invalid(format!(
            "drsae analyze: {}",
            String::from_utf8_lossy(&output.stderr).trim_end()
        )));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

#[test]
fn the_stored_trials_are_those_of_the_spec() {
    let sweep = Sweep::load(Path::new(&path(SPEC)), &[]).unwrap();
    let plan = Plan::of(&sweep, Kind::Cpu, |config| data::facts(config, None)).unwrap();
    let stored = csv::Reader::from_path(path("tests/texts/smoke/trials.csv")).unwrap().into_records();
    let stored: Vec<_> = stored.map(|row| row.unwrap()[0].to_owned()).collect();
    let planned: Vec<_> = plan.trials.iter().map(|trial| trial.id.clone()).collect();
    assert_eq!(
        stored, planned,
        "copy trials.csv and mistakes.csv of a new run of {SPEC} to tests/texts/smoke"
    );
}
