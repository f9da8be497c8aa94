//! A results folder of a small sweep, for inputs.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;

use drsae::data::{Facts, Layout, Shape};
use drsae::device::Kind;
use drsae::engine::planned;
use drsae::plan::Plan;
use drsae::spec::Sweep;
use drsae::store::{Store, TrialFolder, TrialRow};

const SPEC: &str = r#"
name = "tiny"
seeds = 2
data = { source = "strokes", validation = 6 }
model = { steps = 2, hidden = 3 }
training.phases = [{ epochs = 1, rate = 1e-2 }, { epochs = 2, rate = 1e-2, discriminative = true }]
sweep.grid = { "model.family" = ["drsae", "mlp"] }
compare.reference = { "model.family" = "drsae" }
"#;

/// Four trials, named `trial-0` to `trial-3` in any version of the numerics.
pub struct Tiny {
    /// The sweep.
    pub sweep: Sweep,
    /// Its plan.
    pub plan: Plan,
    /// Its trials in the merged tables.
    pub planned: Vec<TrialRow>,
    results: tempfile::TempDir,
}

impl Tiny {
    /// The sweep, and a folder for its results with nothing but an empty `sweep.toml`.
    ///
    /// # Panics
    /// No temporary folder can be written.
    #[must_use]
    pub fn new() -> Self {
        let sweep = Sweep::parse(SPEC, "tiny.toml", &[]).expect("a good spec");
        let facts = Facts {
            shape: Shape { inputs: 4, classes: 3, train: 60, test: 10 },
            layout: Layout::square(2),
            checksums: BTreeMap::new(),
        };
        let mut plan =
            Plan::of(&sweep, Kind::Cpu, |_| Ok::<_, Infallible>(facts.clone())).expect("a good sweep");
        for trial in &mut plan.trials {
            trial.id = format!("trial-{}", trial.index);
        }
        let tiny = Self {
            planned: planned(&plan),
            sweep,
            plan,
            results: tempfile::tempdir().expect("a temporary folder"),
        };
        tiny.put("sweep.toml", b"");
        tiny
    }

    /// Writes a file of the results folder.
    ///
    /// # Panics
    /// It cannot be written.
    pub fn put(&self, relative: &str, content: &[u8]) {
        let path = self.results.path().join("tiny").join(relative);
        fs::create_dir_all(path.parent().expect("it has a name")).expect("a folder");
        fs::write(path, content).expect("room for it");
    }

    /// The results folder.
    ///
    /// # Panics
    /// Never: it was made.
    #[must_use]
    pub fn store(&self) -> Store {
        Store::at(&self.results.path().join("tiny")).expect("it has a spec")
    }

    /// The folder of the first trial.
    ///
    /// # Panics
    /// Never: its id is a good one.
    #[must_use]
    pub fn trial(&self) -> TrialFolder {
        self.store().trial("trial-0").expect("a good id")
    }
}
