//! Several `drsae sweep` processes on one results folder share its trials.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Trials of four seeds.
const TRIALS: usize = 8;

/// Long after a sweep must have ended: one that waits for ever fails instead of hanging.
const PATIENCE: Duration = Duration::from_mins(2);

/// Everything that depends on the plan alone.
const MERGED: [&str; 8] = [
    "plan.csv",
    "trials.csv",
    "epochs.csv",
    "mistakes.csv",
    "analysis/summary.csv",
    "analysis/comparison.csv",
    "analysis/grid.csv",
    "analysis/examples.csv",
];

/// A spec whose trials take a good tenth of a second each, and its results folder.
struct Sweep {
    folder: TempDir,
}

impl Sweep {
    /// With two trials a seed.
    fn new(seeds: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let spec = format!(
            r#"
            name = "shared"
            question = "Do several processes share a sweep?"
            seeds = {seeds}
            [data]
            source = "strokes"
            train = 1200
            validation = 200
            test = 200
            [model]
            family = "drsae"
            steps = 2
            hidden = 24
            [objective]
            sparsity = 0.005
            discriminative_weight = 1.0
            [training]
            batch = 50
            phases = [{{ epochs = 1, rate = 3e-3 }}, {{ epochs = 5, rate = 3e-3, discriminative = true }}]
            [sweep.grid]
            "model.family" = ["drsae", "mlp"]
            [compare]
            reference = {{ "model.family" = "drsae" }}
        "#
        );
        fs::write(folder.path().join("spec.toml"), spec).unwrap();
        Self { folder }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("results/shared")
    }

    /// The name of a trial in messages.
    fn name(&self, id: &str) -> String {
        let plan = fs::read_to_string(self.root().join("plan.csv")).unwrap();
        let row = plan.lines().find(|line| line.split(',').nth(1) == Some(id)).unwrap();
        let [family, seed] = [2, 3].map(|column| row.split(',').nth(column).unwrap());
        format!("{family} seed {seed}")
    }

    fn trial(&self, id: &str) -> PathBuf {
        self.root().join("trials").join(id)
    }

    /// Begins `drsae <command> spec.toml …`.
    fn start(&self, command: &str, arguments: &[&str]) -> Running {
        let child = Command::new(env!("CARGO_BIN_EXE_drsae"))
            .current_dir(self.folder.path())
            .args([command, "spec.toml"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Running(Some(child))
    }

    /// Sweeps with this many processes at once; each must end with all trials complete.
    fn share(&self, processes: usize) -> Vec<Output> {
        let running: Vec<_> = (0..processes).map(|_| self.start("sweep", &["--jobs", "1"])).collect();
        let outputs: Vec<_> = running.into_iter().map(Running::wait).collect();
        for output in &outputs {
            assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
        }
        outputs
    }

    /// The merged files, whole.
    fn merged(&self) -> Vec<String> {
        let read =
            |name| fs::read_to_string(self.root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        MERGED.map(read).to_vec()
    }

    /// The lease of a trial of this number.
    fn lease(&self, id: &str, number: usize) -> PathBuf {
        self.root().join("running").join(id).join(format!("lease-{number}.json"))
    }

    /// The leases of trials.
    fn leases(&self) -> Vec<PathBuf> {
        let trials = entries(&self.root().join("running"));
        let files = trials.iter().flat_map(|trial| entries(trial));
        files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
    }

    /// Trials with a result.
    fn ended(&self) -> usize {
        let trials = fs::read_dir(self.root().join("trials")).unwrap();
        trials.filter(|trial| trial.as_ref().unwrap().path().join("result.json").exists()).count()
    }

    /// The trial whose lease this process has acquired, once it has begun to run it.
    fn acquired_by(&self, pid: u32) -> String {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(2));
            for lease in self.leases() {
                let trial = lease.parent().unwrap();
                let is_own =
                    fs::read_to_string(&lease).unwrap_or_default().contains(&format!("\"pid\": {pid},"));
                let is_begun = || entries(trial).iter().any(|attempt| attempt.join("config.toml").exists());
                if is_own && is_begun() {
                    return trial.file_name().unwrap().to_str().unwrap().to_owned();
                }
            }
        }
        panic!("process {pid} has acquired no lease");
    }
}

/// A process that does not outlive its test.
struct Running(Option<Child>);

impl Running {
    fn child(&mut self) -> &mut Child {
        self.0.as_mut().unwrap()
    }

    fn wait(mut self) -> Output {
        let start = Instant::now();
        while self.child().try_wait().unwrap().is_none() {
            assert!(start.elapsed() < PATIENCE, "the process has not ended");
            thread::sleep(Duration::from_millis(5));
        }
        self.0.take().unwrap().wait_with_output().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The entries of a folder, which another process may remove in the meantime.
fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Number of times that each trial was trained to its end, by the output of the processes.
fn trained(outputs: &[Output]) -> BTreeMap<String, usize> {
    let mut trained = BTreeMap::new();
    let message: String = outputs.iter().map(stderr).collect();
    for line in message.lines() {
        if let Some((message, _)) = line.split_once(": validation error")
            && let Some((_, id)) = message.split_once("] ")
        {
            *trained.entry(id.to_owned()).or_default() += 1;
        }
    }
    trained
}

/// The merged files that one process alone writes.
static ALONE: LazyLock<Vec<String>> = LazyLock::new(|| {
    let sweep = Sweep::new(4);
    let outputs = sweep.share(1);
    assert_eq!(trained(&outputs).len(), TRIALS, "{}", stderr(&outputs[0]));
    sweep.merged()
});

#[test]
fn two_and_three_processes_share_the_trials_and_each_ends_with_all_of_them() {
    for processes in [2, 3] {
        let sweep = Sweep::new(4);
        let outputs = sweep.share(processes);
        let trained = trained(&outputs);
        assert_eq!(trained.len(), TRIALS, "{trained:?}");
        assert!(trained.values().all(|times| *times == 1), "{trained:?}");
        assert_eq!(sweep.merged(), *ALONE);
        assert!(sweep.leases().is_empty());
        for output in &outputs {
            let message = String::from_utf8_lossy(&output.stdout);
            assert!(message.contains(&format!("{TRIALS} of {TRIALS} trials complete")), "{message}");
        }
    }
}

/// The killed process stays a zombie until the end: it is dead all the same.
#[cfg(target_os = "linux")]
#[test]
fn a_killed_process_is_taken_over_at_once() {
    let sweep = Sweep::new(4);
    let mut doomed = sweep.start("sweep", &["--jobs", "1"]);
    let survivor = sweep.start("sweep", &["--jobs", "1"]);
    let id = sweep.acquired_by(doomed.child().id());
    doomed.child().kill().unwrap();
    let outputs = [survivor.wait(), doomed.wait()];
    assert_eq!(outputs[0].status.code(), Some(0), "{}", stderr(&outputs[0]));
    let trained = trained(&outputs);
    assert!(trained.contains_key(&sweep.name(&id)), "{trained:?}");
    assert!(trained.values().all(|times| *times == 1), "{trained:?}");
    assert_eq!(sweep.merged(), *ALONE);
    assert!(sweep.leases().is_empty());
}

/// Its process ids are there those of other processes, which live.
#[cfg(target_os = "linux")]
#[test]
fn a_killed_process_is_taken_over_in_a_pid_namespace_without_its_own_proc() {
    let unshare = |words: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--pid", "--fork", "--kill-child"]).args(words).stdout(Stdio::null());
        command.stderr(Stdio::null());
        command
    };
    if !unshare(&["true"]).status().is_ok_and(|status| status.success()) {
        println!("skipped: this user may make no pid namespace");
        return;
    }
    let sweep = Sweep::new(1);
    let script = "\"$0\" sweep spec.toml --jobs 1 & until ls results/shared/running/*/lease-1.json; do :; done; \
                  kill -9 $!; touch -d '10 minutes ago' results/shared/running/*/lease-1.json; \
                  timeout 60 \"$0\" sweep spec.toml --jobs 1";
    let mut command = unshare(&["sh", "-c", script, env!("CARGO_BIN_EXE_drsae")]);
    assert_eq!(command.current_dir(sweep.folder.path()).status().unwrap().code(), Some(0));
    assert!(sweep.leases().is_empty());
}

/// Writes a fresh lease of a process on another host.
fn hold(lease: &Path) {
    let text = r#"{"host": "node7", "pid": 4711, "since": "2013-01-16T12:00:00Z",
        "token": "00112233445566ff", "started": null, "processes": null}"#;
    fs::create_dir_all(lease.parent().unwrap()).unwrap();
    fs::write(lease, text).unwrap();
}

/// As for a process that stood still for minutes and then wakes up.
#[test]
fn a_process_that_was_succeeded_leaves_the_trial_to_the_other() {
    let sweep = Sweep::new(1);
    let mut succeeded = sweep.start("sweep", &["--jobs", "1", "--set", "data.train=12000"]);
    let id = sweep.acquired_by(succeeded.child().id());
    let successor = sweep.lease(&id, 2);
    hold(&successor);
    while sweep.ended() == 0 {
        assert!(succeeded.child().try_wait().unwrap().is_none(), "it did not wait");
        thread::sleep(Duration::from_millis(5));
    }
    assert!(!sweep.trial(&id).join("result.json").exists(), "it ended a trial that was not its own");
    fs::remove_file(successor).unwrap();
    let output = succeeded.wait();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        stderr(&output)
            .contains(&format!("{} lost its lease while this process was suspended", sweep.name(&id))),
        "{}",
        stderr(&output)
    );
    assert_eq!(trained(&[output]).get(&sweep.name(&id)), Some(&1));
    assert!(sweep.leases().is_empty());
}

#[test]
fn a_trial_that_is_held_is_shown_refused_and_waited_for() {
    let sweep = Sweep::new(1);
    sweep.share(1);
    let plan = fs::read_to_string(sweep.root().join("plan.csv")).unwrap();
    let id = plan.lines().nth(1).unwrap().split(',').nth(1).unwrap().to_owned();
    let before = sweep.merged();
    fs::remove_dir_all(sweep.trial(&id)).unwrap();
    hold(&sweep.lease(&id, 1));

    let status = sweep.start("status", &[]).wait();
    let message = String::from_utf8_lossy(&status.stdout);
    assert!(message.contains("     1 running\n"), "{message}");
    assert!(
        message.lines().any(|line| line.contains(&sweep.name(&id)) && line.ends_with("node7:4711")),
        "{message}"
    );
    let json = sweep.start("status", &["--json"]).wait();
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&json["running"][0]["host"], &json["running"][0]["pid"]), (&"node7".into(), &4711.into()));
    assert!(json["running"][0]["since"].as_str().unwrap().starts_with("2013"), "{json}");
    assert_eq!((&json["counts"]["running"], &json["counts"]["complete"]), (&1.into(), &1.into()));

    let refused = sweep.start("trial", &["--index", "0"]).wait();
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("is being run by process 4711 on host node7"), "{}", stderr(&refused));

    let mut waiting = sweep.start("sweep", &[]);
    thread::sleep(Duration::from_millis(700));
    assert!(waiting.child().try_wait().unwrap().is_none(), "it did not wait");
    // The other process stops without a result, as after a signal.
    fs::remove_file(sweep.lease(&id, 1)).unwrap();
    let output = waiting.wait();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("waiting for a trial that another process runs"), "{}", stderr(&output));
    assert_eq!(trained(&[output]), BTreeMap::from([(sweep.name(&id), 1)]));
    assert_eq!(sweep.merged(), before);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_waiting_and_releases_what_was_acquired() {
    let sweep = Sweep::new(1);
    sweep.share(1);
    let plan = fs::read_to_string(sweep.root().join("plan.csv")).unwrap();
    let ids: Vec<_> = plan.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    fs::remove_dir_all(sweep.trial(ids[0])).unwrap();
    hold(&sweep.lease(ids[0], 1));
    let mut waiting = sweep.start("sweep", &[]);
    thread::sleep(Duration::from_millis(700));
    let pid = waiting.child().id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let start = Instant::now();
    let output = waiting.wait();
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(output.status.code(), Some(143), "{}", stderr(&output));
    assert_eq!(sweep.leases(), [sweep.lease(ids[0], 1)], "only the other's is left");
}
