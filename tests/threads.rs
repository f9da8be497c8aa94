//! A trial on the CPU computes on its own thread: trials run in parallel, one per core, and
//! nobody has to set `RAYON_NUM_THREADS` for that.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;

use drsae::data::{Dataset, Holdout, Images, Layout, Preprocessing};
use drsae::device::Kind;
use drsae::model;
use drsae::train::{self, Objective, Task, Trainer};

/// The names of this process's threads, by id.
fn threads() -> BTreeMap<u32, String> {
    let thread = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        let id = path.file_name().unwrap().to_str().unwrap().parse().unwrap();
        (id, fs::read_to_string(path.join("comm")).unwrap())
    };
    fs::read_dir("/proc/self/task").unwrap().map(thread).collect()
}

fn images(count: usize) -> Images {
    let pixels = (0..count * 784).map(|at| (at * 7919 % 251) as u8).collect();
    Images { inputs: 784, pixels, labels: (0..count).map(|index| (index % 10) as u8).collect() }
}

/// The only test of this file, for the threads are those of the whole process.
#[test]
fn a_trial_starts_no_threads() {
    let dataset = Dataset {
        name: "noise".into(),
        layout: Layout::square(28),
        labels: (0..10).collect(),
        classes: 10,
        train: images(60),
        test: images(20),
        checksums: BTreeMap::new(),
    };
    // Wide enough that candle would share the work on a tensor of this size.
    let model = model::Config { hidden: 200, steps: 2, ..model::Config::default() };
    let training: train::Config =
        toml::from_str("batch = 20\nphases = [{ epochs = 1, rate = 1e-3, discriminative = true }]").unwrap();
    let objective = Objective::default();
    let task = Task {
        dataset: &dataset,
        validation: 20,
        holdout: Holdout::Random,
        preprocessing: Preprocessing::CENTRED,
        model: &model,
        objective: &objective,
        training: &training,
        seed: 1,
        device: Kind::Cpu,
    };
    let before = threads();
    let mut trainer = Trainer::new(task).unwrap();
    while trainer.next_epoch(&mut |_| ControlFlow::Continue(())).unwrap().is_some() {}
    let state = trainer.state().unwrap();
    trainer.finish().unwrap();
    Trainer::resume(task, state).unwrap().finish().unwrap();
    assert_eq!(threads(), before);
}
