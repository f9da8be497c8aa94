//! A spec: from the text to the ids of its trials.
//!
//! Lines that begin with `--set ` are overrides, the others are the file.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Component, Path};

use drsae::data::{Facts, Layout, Shape};
use drsae::device::Kind;
use drsae::plan::Plan;
use drsae::spec::{Error, Place, Problem, Sweep, TrialConfig};
use drsae::store;

const OVERRIDE: &str = "--set ";
const FILE: &str = "input.toml";

/// Limits a sweep to 50 cells: a million take long and test no more.
const MANY_SEEDS: &str = "seeds=20000";

/// Reads the spec, and writes, reads and plans one that is accepted.
pub fn run(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    let (sets, lines): (Vec<_>, Vec<_>) = text.split('\n').partition(|line| line.starts_with(OVERRIDE));
    let (file, sets) = (lines.join("\n"), sets.into_iter().map(|set| set[OVERRIDE.len()..].to_owned()));
    let mut sets: Vec<String> = sets.collect();
    sets.push(MANY_SEEDS.to_owned());
    let few = Sweep::parse(&file, FILE, &sets);
    if few.is_err_and(|error| matches!(*error.problem, Problem::TooMany { .. })) {
        return false;
    }
    sets.pop();
    let sweep = Sweep::parse(&file, FILE, &sets);
    let is_accepted = sweep.is_ok();
    match sweep {
        Ok(sweep) => accepted(sweep),
        Err(error) => refused(&error, &sets),
    }
    is_accepted
}

fn refused(error: &Error, sets: &[String]) {
    match &error.place {
        Place::File(file) => assert_eq!(file, FILE),
        Place::Line(file, line, column) => assert!(file == FILE && *line > 0 && *column > 0, "{error}"),
        Place::Override(text) => assert!(sets.contains(text), "{error}"),
    }
}

fn accepted(mut sweep: Sweep) {
    assert!(is_folder_name(&sweep.name), "{:?}", sweep.name);
    let written = sweep.to_toml().expect("a sweep that was read can be written");
    let again = Sweep::parse(&written, FILE, &[]).unwrap_or_else(|error| panic!("{error} in\n{written}"));
    // Texts, because numbers in an exclusion may be NaN, which is not equal to itself.
    assert_eq!(again.to_toml().as_deref(), Ok(written.as_str()));
    sweep.seeds.truncate(3);
    let facts = Facts {
        shape: Shape { inputs: 4, classes: 3, train: 60, test: 10 },
        layout: Layout::square(2),
        checksums: BTreeMap::new(),
    };
    let Ok(plan) = Plan::of(&sweep, Kind::Cpu, |_| Ok::<_, Infallible>(facts.clone())) else { return };
    store::table(&plan.header(), &plan.rows().collect::<Vec<_>>()).expect("a plan is a table");
    for trial in &plan.trials {
        assert!(is_folder_name(&trial.id), "{:?}", trial.id);
        let text = trial.config.to_toml().expect("a config that was read can be written");
        assert_eq!(toml::from_str::<TrialConfig>(&text).as_ref(), Ok(&trial.config));
    }
}

/// Returns true if a name joined to a folder is in that folder.
fn is_folder_name(name: &str) -> bool {
    let mut components = Path::new(name).components();
    let inside = matches!(components.next(), Some(Component::Normal(_))) && components.next().is_none();
    inside && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}
