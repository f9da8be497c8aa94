//! Bookkeeping at scale: planning a hundred thousand trials, and merging and analysing ten
//! thousand finished ones, by the program itself.
//!
//! `cargo bench --bench bookkeeping`
//!
//! Makes its folders in the system's temporary folder and removes them; with `TMPDIR` on a
//! memory file system the files of the finished trials (400 MB) cost no disk.

mod common;

use std::io;
use std::time::Instant;

use common::{Lab, Limit, Size, finish};
use rayon::prelude::*;

/// All trials differ in their seed alone but for sixteen networks.
const SEEDS: &str = r#"name = "seeds"
seeds = 6250
[training]
phases = [{ epochs = 30, rate = 1e-3 }, { epochs = 70, rate = 1e-3, discriminative = true }]
[model]
hidden = 100
[sweep.grid]
"model.steps" = [2, 3, 5, 11]
"model.family" = ["drsae", "untied", "untied-recurrent", "mlp"]
[compare]
reference = { "model.family" = "drsae" }
match = "parameters"
"#;

/// Ten thousand trials in a hundred cells.
const FINISHED: &str = r#"name = "finished"
seeds = 100
[training]
phases = [{ epochs = 30, rate = 1e-3 }, { epochs = 70, rate = 1e-3, discriminative = true }]
[model]
hidden = 100
[sweep.grid]
"model.steps" = [2, 3, 5, 8, 11]
"objective.sparsity" = [0.001, 0.002, 0.005, 0.01, 0.02]
"model.family" = ["drsae", "untied", "untied-recurrent", "mlp"]
[compare]
reference = { "model.family" = "drsae" }
match = "parameters"
"#;

const SIZE: Size = Size { epochs: 100, test_images: 1000 };

fn main() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    println!("{:<32} {:>8} {:>8} {:>8} {:>16}", "", "wall", "CPU", "memory", "limit");
    for (name, spec) in [("seeds", SEEDS.to_owned()), ("cells", cells())] {
        let lab = Lab { root: folder.path(), name, programs: None };
        lab.open(&spec);
        for command in [&["plan"][..], &["plan", "--no-timing"], &["status"], &["sweep", "--dry-run"]] {
            let limit = Limit { seconds: 1.0, mebibytes: 1024 };
            lab.measure(command)?.print(&format!("{name}: {}", command.join(" ")), &limit);
        }
    }
    let lab = Lab { root: folder.path(), name: "finished", programs: None };
    let store = lab.open(FINISHED);
    let start = Instant::now();
    lab.ids()?.par_iter().enumerate().try_for_each(|(index, id)| finish(&store, id, index, SIZE))?;
    println!("finished: trials made in {:.1} s", start.elapsed().as_secs_f64());
    let limits = [("status", 1.0), ("analyze", 10.0)];
    for (command, seconds) in limits {
        let limit = Limit { seconds, mebibytes: 1024 };
        lab.measure(&[command])?.print(&format!("finished: {command}"), &limit);
    }
    Ok(())
}

/// A hundred thousand cells of one seed, which differ in their network and their schedule.
fn cells() -> String {
    let list = |count: u32, unit: f64| (1..=count).map(|n| f64::from(n) * unit).collect::<Vec<_>>();
    SEEDS
        .replace("name = \"seeds\"\nseeds = 6250", "name = \"cells\"\nseeds = 1")
        .replace("[2, 3, 5, 11]", "[2, 3, 4, 5, 6]")
        .replace(
            "[sweep.grid]\n",
            &format!(
                "[sweep.grid]\n\"model.hidden\" = [20, 40, 60, 80, 100]\n\"objective.sparsity\" = {:?}\n\
                 \"training.phases.1.rate\" = {:?}\n",
                list(40, 1e-3),
                list(25, 1e-4)
            ),
        )
}
