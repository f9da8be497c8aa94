//! A folder with a spec, and the program to run there with a cluster at hand.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::cluster::{Cluster, path, signal, wait_for};
use crate::files::deterministic;

/// Settings that make the smoke sweep small: twelve trials of a tenth of a second.
pub const SMALL: [&str; 4] = [
    "data.train=400",
    "data.validation=100",
    "data.test=100",
    "training.phases=[{ epochs = 1, rate = 3e-3 }, { epochs = 2, rate = 3e-3, discriminative = true }]",
];

/// Six trials of some seconds, each with hundreds of epochs and therefore many states.
pub const LONG: [&str; 6] = [
    "data.train=400",
    "data.validation=100",
    "data.test=100",
    "seeds=3",
    "sweep.grid.model.family=[\"drsae\", \"mlp\"]",
    "training.phases=[{ epochs = 40, rate = 1e-3 }, { epochs = 120, rate = 1e-3, discriminative = true }]",
];

/// The results of the local engine with these settings.
static LOCAL: Mutex<BTreeMap<&[&str], Files>> = Mutex::new(BTreeMap::new());

type Files = BTreeMap<PathBuf, Vec<u8>>;

pub struct Lab {
    folder: tempfile::TempDir,
    settings: &'static [&'static str],
    conf: Option<PathBuf>,
}

impl Lab {
    pub fn new(cluster: Option<&Cluster>, settings: &'static [&'static str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let smoke = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/smoke.toml");
        fs::copy(smoke, folder.path().join("smoke.toml")).unwrap();
        Self { folder, settings, conf: cluster.map(Cluster::conf) }
    }

    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// `drsae COMMAND smoke.toml MORE…`, yet to be run, with the user's own settings in `config/`.
    pub fn command(&self, command: &str, more: &[&str]) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_drsae"));
        program.args([command, "smoke.toml"]).args(more).current_dir(self.folder.path());
        program.args(self.settings.iter().flat_map(|setting| ["--set", setting]));
        program.env("PATH", path()).env("XDG_CONFIG_HOME", self.path("config"));
        match &self.conf {
            Some(conf) => program.env("SLURM_CONF", conf),
            None => program.env_remove("SLURM_CONF"),
        };
        program
    }

    /// The same, run to its end; gives the exit code and what it wrote, first to standard output.
    pub fn drsae(&self, command: &str, more: &[&str]) -> Ended {
        Ended::of(self.command(command, more).output().unwrap())
    }

    /// The sweep on the cluster.
    pub fn submit(&self, more: &[&str]) -> Ended {
        self.drsae("sweep", &[&["--engine", "slurm"], more].concat())
    }

    /// The sweep on the cluster, begun and followed.
    pub fn follow(&self, more: &[&str]) -> Child {
        let mut command = self.command("sweep", &[&["--engine", "slurm", "--follow"], more].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    pub fn root(&self) -> PathBuf {
        self.path("results/smoke")
    }

    /// Asserts that the results are byte for byte those of the local engine.
    pub fn assert_same_as_local(&self) {
        let mut found = deterministic(&self.root());
        found.retain(|path, _| !path.starts_with("slurm"));
        // Computed once for all tests of these settings.
        let mut known = LOCAL.lock().unwrap_or_else(PoisonError::into_inner);
        let expected = known.entry(self.settings).or_insert_with(|| {
            self.drsae("sweep", &["--jobs", "2", "--results", "local"]).expect(0);
            deterministic(&self.path("local/smoke"))
        });
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (path, bytes) in &found {
            assert!(*bytes == expected[path], "{} differs", path.display());
        }
    }

    /// Start time and process of each trial, which change if the trial runs again.
    pub fn provenance(&self) -> Files {
        let trials = fs::read_dir(self.root().join("trials")).unwrap();
        let file = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().path().join("result.json");
        trials.map(file).filter_map(|path| Some((path.clone(), fs::read(path).ok()?))).collect()
    }

    /// Waits until a task of a job has a state; returns the task.
    pub fn begun(&self, cluster: &Cluster, job: &str) -> Task {
        let mut found = None;
        wait_for("a task with a state", || {
            let answer = cluster.ask("squeue", &["-h", "-r", "-t", "R", "-j", job, "-o", "%i %N"]);
            let states = self.owners_of_states();
            let begun = |task: &Task| task.programs.iter().any(|program| states.contains(program));
            found = answer.lines().filter_map(|line| Task::read(cluster, line)).find(begun);
            found.is_some()
        });
        found.unwrap()
    }

    /// Processes that run a trial which has a state.
    fn owners_of_states(&self) -> Vec<u32> {
        let mut owners = Vec::new();
        for trial in entries(&self.root().join("running")) {
            let files = entries(&trial);
            if files.iter().any(|attempt| attempt.join("state.safetensors").exists()) {
                let leases = files.iter().filter_map(|file| fs::read(file).ok());
                let leases =
                    leases.filter_map(|text| serde_json::from_slice::<serde_json::Value>(&text).ok());
                owners.extend(leases.filter_map(|lease| u32::try_from(lease["pid"].as_u64()?).ok()));
            }
        }
        owners
    }

    /// The logs of all tasks.
    pub fn logs(&self) -> String {
        let mut text = String::new();
        let mut folders = vec![self.root().join("slurm")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().filter_map(Result::ok) {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "log") {
                    text.push_str(&fs::read_to_string(path).unwrap_or_default());
                }
            }
        }
        text
    }
}

/// The entries of a folder, which another process may remove in the meantime.
fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect()
}

/// A task that Slurm runs.
pub struct Task {
    /// Such as `12_3`.
    pub name: String,
    pub node: String,
    /// Its processes that run trials.
    pub programs: Vec<u32>,
}

impl Task {
    /// From a line of name and node.
    fn read(cluster: &Cluster, line: &str) -> Option<Self> {
        let (name, node) = line.split_once(' ')?;
        Some(Self { name: name.to_owned(), node: node.to_owned(), programs: cluster.programs_of(name) })
    }

    /// Sends a signal to its processes.
    pub fn signal(&self, name: &str) {
        for &program in &self.programs {
            signal(name, program);
        }
    }
}

/// Exit status and output of a command.
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ended {
    pub fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self
    }

    /// Numbers of the jobs that were submitted, the analysis last.
    pub fn jobs(&self) -> Vec<String> {
        let number = |line: &str| line.split_once('\t').map(|(job, _)| job.to_owned());
        self.out.lines().filter_map(number).collect()
    }
}

/// Waits for a child; returns its exit status and output.
pub fn ended(child: Child) -> Ended {
    Ended::of(child.wait_with_output().unwrap())
}
