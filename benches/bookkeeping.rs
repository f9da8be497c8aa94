//! Bookkeeping at scale: planning a hundred thousand trials, and merging and analysing ten
//! thousand finished ones, by the program itself.
//!
//! `cargo bench --bench bookkeeping`
//!
//! Makes its folders in the system's temporary folder and removes them; with `TMPDIR` on a
//! memory file system the files of the finished trials (400 MB) cost no disk.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use drsae::device::Kind;
use drsae::provenance::Provenance;
use drsae::spec::Sweep;
use drsae::store::{EpochRow, FORMAT, Outcome, PredictionRow, Status, Store, TimingRow};
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

const EPOCHS: usize = 100;
const TEST_IMAGES: usize = 1000;

fn main() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    println!("{:<32} {:>8} {:>8} {:>8} {:>16}", "", "wall", "CPU", "memory", "limit");
    for (name, spec) in [("seeds", SEEDS.to_owned()), ("cells", cells())] {
        let lab = Lab { root: folder.path(), name };
        lab.open(&spec);
        for command in [&["plan"][..], &["plan", "--no-timing"], &["status"], &["sweep", "--dry-run"]] {
            let limit = Limit { seconds: 1.0, mebibytes: 1024 };
            lab.measure(command)?.print(&format!("{name}: {}", command.join(" ")), &limit);
        }
    }
    let lab = Lab { root: folder.path(), name: "finished" };
    let store = lab.open(FINISHED);
    let start = Instant::now();
    lab.ids()?.par_iter().enumerate().try_for_each(|(index, id)| finish(&store, id, index))?;
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

/// Writes what a complete trial leaves.
fn finish(store: &Store, id: &str, index: usize) -> io::Result<()> {
    let noise = |n: usize| ((index * 7919 + n * 104_729) % 1009) as f64 / 1009.0;
    let epoch = |epoch: usize| EpochRow {
        trial: id.to_owned(),
        phase: 1 + usize::from(epoch > 30),
        epoch,
        rate: 1e-3 * noise(epoch),
        train_loss: noise(2 * epoch),
        train_reconstruction: noise(3 * epoch),
        train_sparsity: noise(4 * epoch),
        train_class_loss: Some(noise(5 * epoch)),
        train_error: Some(noise(6 * epoch)),
        valid_reconstruction: Some(noise(7 * epoch)),
        valid_sparsity: Some(noise(8 * epoch)),
        valid_class_loss: Some(noise(9 * epoch)),
        valid_error: Some(noise(10 * epoch)),
        active_fraction: Some(noise(11 * epoch)),
        live_fraction: Some(1.0),
    };
    let timing =
        |epoch| TimingRow { trial: id.to_owned(), epoch, seconds: noise(epoch), images_per_second: 3e4 };
    let prediction = |image: usize| {
        let wrong = usize::from(noise(image) < 0.02);
        PredictionRow { index: image, label: (image % 10) as u8, prediction: ((image + wrong) % 10) as u8 }
    };
    let predictions: Vec<_> = (0..TEST_IMAGES).map(prediction).collect();
    let errors = predictions.iter().filter(|row| row.label != row.prediction).count();
    let outcome = Outcome {
        format: FORMAT,
        status: Status::Complete,
        message: None,
        parameters: 169_500,
        epochs: EPOCHS,
        best_epoch: Some(EPOCHS),
        valid_error: Some(noise(1)),
        test_error: Some(100.0 * errors as f64 / TEST_IMAGES as f64),
        test_errors: Some(errors),
        test_count: Some(TEST_IMAGES),
        seconds: 1.0,
    };
    let write = || {
        let trial = store.trial(id)?;
        trial.begin("")?;
        trial.write_epochs(&(1..=EPOCHS).map(epoch).collect::<Vec<_>>())?;
        trial.write_timing(&(1..=EPOCHS).map(timing).collect::<Vec<_>>())?;
        trial.write_predictions(&predictions)?;
        trial.write_model(b"")?;
        let data = [("images".to_owned(), "00ff".to_owned())].into();
        trial.write_provenance(&Provenance::now(&data, Kind::Cpu))?;
        trial.finish(&outcome)
    };
    write().map_err(io::Error::other)
}

/// A sweep in a folder.
struct Lab<'a> {
    root: &'a Path,
    name: &'a str,
}

impl Lab<'_> {
    /// Writes the spec and opens its results, as a sweep that begins does.
    fn open(&self, spec: &str) -> Store {
        let path = self.root.join(self.name).with_extension("toml");
        fs::write(&path, spec).expect("a folder of our own");
        let sweep = Sweep::load(&path, &[]).expect("a good spec");
        let text = sweep.to_toml().expect("a sweep that was read");
        Store::open(&self.root.join("results"), self.name, &text).expect("a folder of our own")
    }

    fn command(&self, command: &[&str]) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_drsae"));
        program.current_dir(self.root).arg(command[0]).arg(format!("{}.toml", self.name)).args(&command[1..]);
        program
    }

    fn ids(&self) -> io::Result<Vec<String>> {
        let plan = self.command(&["plan", "--no-timing", "--json"]).output()?.stdout;
        let plan: serde_json::Value = serde_json::from_slice(&plan)?;
        let trials = plan["trials"].as_array().into_iter().flatten();
        Ok(trials.filter_map(|trial| trial["id"].as_str()).map(str::to_owned).collect())
    }

    /// Runs a command to its end.
    fn measure(&self, command: &[&str]) -> io::Result<Figures> {
        let start = Instant::now();
        let mut child = self.command(command).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut figures = Figures::default();
        let status = loop {
            figures.look(&child);
            match child.try_wait()? {
                Some(status) => break status,
                None => thread::sleep(Duration::from_millis(2)),
            }
        };
        figures.wall = start.elapsed().as_secs_f64();
        // 1 says that trials are pending.
        if !matches!(status.code(), Some(0 | 1)) {
            let told = io::read_to_string(child.stderr.take().expect("a pipe"))?;
            return Err(io::Error::other(format!("{command:?}: {status}: {told}")));
        }
        Ok(figures)
    }
}

/// What a process took; where the system does not tell, zero.
#[derive(Default)]
struct Figures {
    wall: f64,
    cpu: f64,
    mebibytes: u64,
}

struct Limit {
    seconds: f64,
    mebibytes: u64,
}

impl Figures {
    /// Looks at a running process, as Linux shows it.
    fn look(&mut self, child: &Child) {
        /// Linux gives processor time in hundredths of a second.
        const TICKS: f64 = 100.0;
        let read = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", child.id())).ok();
        let peak = read("status").and_then(|facts| {
            let line = facts.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
            line.trim().trim_end_matches(" kB").parse::<u64>().ok()
        });
        let ticks = read("stat").and_then(|facts| {
            let fields = facts.rsplit_once(')')?.1.split_whitespace();
            Some(fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>())
        });
        self.mebibytes = self.mebibytes.max(peak.unwrap_or_default() >> 10);
        self.cpu = self.cpu.max(ticks.unwrap_or_default() / TICKS);
    }

    fn print(&self, name: &str, limit: &Limit) {
        let Self { wall, cpu, mebibytes } = self;
        let over = *wall > limit.seconds || *mebibytes > limit.mebibytes;
        println!(
            "{name:<32} {wall:>6.2} s {cpu:>6.2} s {mebibytes:>4} MiB {:>4} s {:>5} MiB{}",
            limit.seconds,
            limit.mebibytes,
            if over { "  over" } else { "" }
        );
    }
}
