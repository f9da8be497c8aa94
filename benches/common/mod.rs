//! Shared code of the bookkeeping benches: synthetic finished trials, and measured runs of the program.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use drsae::device::Kind;
use drsae::provenance::Provenance;
use drsae::spec::Sweep;
use drsae::store::{
    Acquisition, EpochRow, FORMAT, Leases, Outcome, PredictionRow, Status, Store, TimingRow, file,
};

/// Size of a finished trial's files.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub epochs: usize,
    pub test_images: usize,
}

/// Writes what a complete trial leaves.
pub fn finish(store: &Store, id: &str, index: usize, size: Size) -> io::Result<()> {
    let Size { epochs, test_images } = size;
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
        PredictionRow {
            index: image,
            label: i64::from((image % 10) as u8),
            prediction: i64::from(((image + wrong) % 10) as u8),
        }
    };
    let predictions: Vec<_> = (0..test_images).map(prediction).collect();
    let errors = predictions.iter().filter(|row| row.label != row.prediction).count();
    let outcome = Outcome {
        format: FORMAT,
        status: Status::Complete,
        message: None,
        parameters: 169_500,
        epochs,
        best_epoch: Some(epochs),
        valid_error: Some(noise(1)),
        test_error: Some(100.0 * errors as f64 / test_images as f64),
        test_errors: Some(errors),
        test_count: Some(test_images),
        seconds: 1.0,
    };
    let write = || {
        let trial = store.trial(id)?;
        let leases = Leases::start(store.shared_io()).expect("a timer");
        let Acquisition::Acquired(lease) = store.acquire(&trial, &leases)? else { panic!("nobody holds it") };
        let trial = store.begin(&trial, lease, store.standing(&trial)?, "")?;
        trial.write_rows(&(1..=epochs).map(epoch).collect::<Vec<_>>())?;
        trial.write_rows(&(1..=epochs).map(timing).collect::<Vec<_>>())?;
        trial.write_rows(&predictions)?;
        trial.write(file::MODEL, b"")?;
        let data = [("images".to_owned(), "00ff".to_owned())].into();
        trial.write_provenance(&Provenance::now(&data, Kind::Cpu))?;
        trial.finish(&outcome).map(drop)
    };
    write().map_err(io::Error::other)
}

/// A sweep in a folder.
pub struct Lab<'a> {
    pub root: &'a Path,
    pub name: &'a str,
    /// Folder of programs that the program finds before all others.
    pub programs: Option<&'a Path>,
}

impl Lab<'_> {
    /// Writes the spec and opens its results, as a sweep that begins does.
    pub fn open(&self, spec: &str) -> Store {
        let path = self.root.join(self.name).with_extension("toml");
        fs::write(&path, spec).expect("a folder of our own");
        let sweep = Sweep::load(&path, &[]).expect("a good spec");
        let text = sweep.to_toml().expect("a sweep that was read");
        Store::open(&self.root.join("results").join(self.name), &text).expect("a folder of our own")
    }

    fn command(&self, command: &[&str]) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_drsae"));
        program.current_dir(self.root).arg(command[0]).arg(format!("{}.toml", self.name)).args(&command[1..]);
        if let Some(programs) = self.programs {
            let path = std::env::var("PATH").unwrap_or_default();
            program.env("PATH", format!("{}:{path}", programs.display()));
        }
        program
    }

    pub fn ids(&self) -> io::Result<Vec<String>> {
        let plan = self.command(&["plan", "--no-timing", "--json"]).output()?.stdout;
        let plan: serde_json::Value = serde_json::from_slice(&plan)?;
        let trials = plan["trials"].as_array().into_iter().flatten();
        Ok(trials.filter_map(|trial| trial["id"].as_str()).map(str::to_owned).collect())
    }

    /// Runs a command to its end.
    pub fn measure(&self, command: &[&str]) -> io::Result<Figures> {
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
            let message = io::read_to_string(child.stderr.take().expect("a pipe"))?;
            return Err(io::Error::other(format!("{command:?}: {status}: {message}")));
        }
        Ok(figures)
    }
}

/// Resources of a process; zero if the system does not report them.
#[derive(Default)]
pub struct Figures {
    wall: f64,
    cpu: f64,
    mebibytes: u64,
}

pub struct Limit {
    pub seconds: f64,
    pub mebibytes: u64,
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

    pub fn print(&self, name: &str, limit: &Limit) {
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
