//! The program between its streams, its limits and its files: standard error may fail, a terminal may close,
//! threads, memory and file sizes may be limited, and no file that it reads decides what a terminal does.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_drsae");

/// Two seeds of one network on a few glyphs.
const SPEC: &str = r#"name = "tiny"
question = "Is it read?"
seeds = 2
[data]
train = 240
validation = 60
test = 80
[model]
steps = 2
hidden = 8
[training]
batch = 20
phases = [{ epochs = 2, rate = 3e-3, discriminative = true }]
"#;

/// As [`SPEC`], for longer than any test waits.
fn endless() -> String {
    SPEC.replace("epochs = 2", "epochs = 1000000")
}

/// A folder with a spec, and the program to run there.
struct Lab {
    folder: TempDir,
}

impl Lab {
    fn new(spec: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("spec.toml"), spec).unwrap();
        Self { folder }
    }

    /// A lab whose sweep has ended.
    fn swept(spec: &str) -> Self {
        let lab = Self::new(spec);
        let output = lab.drsae(&["sweep", "spec.toml"]).output().unwrap();
        assert!(output.status.success(), "{}", output_of(&output));
        lab
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    fn drsae(&self, words: &[&str]) -> Command {
        let mut command = self.command(PROGRAM);
        command.args(words);
        command
    }

    /// A shell that calls the program `"$0"`.
    fn shell(&self, script: &str) -> Command {
        let mut command = self.command("sh");
        command.args(["-c", script, PROGRAM]);
        command
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        for proxy in ["http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "socks_proxy"] {
            command.env_remove(proxy).env_remove(proxy.to_uppercase());
        }
        // Nobody listens on the discard port.
        command.env("ALL_PROXY", "http://127.0.0.1:9");
        command
    }

    /// The trials' folders, sorted.
    fn trials(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path("results/tiny/trials")).unwrap();
        let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        folders
    }

    /// Number of complete trials.
    fn complete(&self) -> usize {
        let table = fs::read_to_string(self.path("results/tiny/trials.csv")).unwrap_or_default();
        table.matches(",complete,").count()
    }
}

fn output_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

/// The writing end of a pipe that nobody reads.
fn closed() -> std::io::PipeWriter {
    std::io::pipe().unwrap().1
}

/// Waits until a running sweep has trained a while.
fn trained(lab: &Lab) {
    let start = Instant::now();
    let has_state = || {
        let mut folders = vec![lab.path("results")];
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
                if path.ends_with("state.safetensors") {
                    return true;
                }
                folders.extend(Some(path).filter(|path| path.is_dir()));
            }
        }
        false
    };
    while !has_state() {
        assert!(start.elapsed() < Duration::from_secs(30), "it never trains");
        sleep(Duration::from_millis(20));
    }
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

#[test]
fn a_sweep_outlives_its_standard_error() {
    let pipe = Lab::new(SPEC);
    let status = pipe.drsae(&["sweep", "spec.toml"]).stderr(closed()).stdout(Stdio::null()).status().unwrap();
    assert_eq!((status.code(), pipe.complete()), (Some(0), 2));

    let disk = Lab::new(SPEC);
    let status = disk.drsae(&["sweep", "spec.toml"]).stderr(full()).stdout(Stdio::null()).status().unwrap();
    assert_eq!((status.code(), disk.complete()), (Some(0), 2));

    let head = Lab::new(SPEC);
    let script = "{ \"$0\" sweep spec.toml; echo $? >code; } 2>&1 | head -n 1";
    assert!(head.shell(script).output().unwrap().status.success());
    assert_eq!((fs::read_to_string(head.path("code")).unwrap().trim(), head.complete()), ("0", 2));
}

#[test]
fn an_error_keeps_its_exit_code_where_it_cannot_be_reported() {
    let lab = Lab::new(SPEC);
    for words in [&["sweep", "missing.toml"][..], &["no-such-command"], &["status", "spec.toml"]] {
        for stderr in [Stdio::from(full()), Stdio::from(closed())] {
            let status = lab.drsae(words).stderr(stderr).status().unwrap();
            assert_eq!(status.code(), Some(2), "{words:?}");
        }
    }
}

#[test]
fn a_closed_standard_output_is_no_error_and_a_full_one_is() {
    let lab = Lab::swept(SPEC);
    let commands = [
        &["--help"][..],
        &["plan", "spec.toml", "--no-timing"],
        &["status", "spec.toml"],
        &["analyze", "spec.toml"],
        &["report", "spec.toml"],
        &["data", "show"],
        &["completions", "bash"],
    ];
    for words in commands {
        let status = lab.drsae(words).stdout(closed()).status().unwrap();
        assert_eq!(status.code(), Some(0), "{words:?}");
        let output = lab.drsae(words).stdout(full()).output().unwrap();
        let expected = "error: cannot write to standard output: No space left on device";
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(output_of(&output).contains(expected), "{words:?}: {}", output_of(&output));
    }
}

#[test]
fn a_closed_standard_output_hides_no_failure() {
    let lab = Lab::swept(SPEC);
    let path = lab.path("results/tiny/epochs.csv");
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, whole.replacen(",1,1,", ",1,7,", 1)).unwrap();
    for words in [&["verify", "spec.toml"][..], &["verify", "spec.toml", "--json"]] {
        assert_eq!(lab.drsae(words).stdout(closed()).status().unwrap().code(), Some(1), "{words:?}");
    }
    fs::write(&path, whole).unwrap();
    let pending = lab.drsae(&["status", "spec.toml", "--set", "seeds=3"]).stdout(closed()).status().unwrap();
    assert_eq!(pending.code(), Some(1));
    let script = "{ \"$0\" status spec.toml --set seeds=3; echo $? >code; } | head -n 1";
    assert!(lab.shell(script).output().unwrap().status.success());
    assert_eq!(fs::read_to_string(lab.path("code")).unwrap().trim(), "1");
}

#[test]
fn a_watch_ends_where_nobody_reads_it() {
    let lab = Lab::swept(SPEC);
    let words = ["status", "spec.toml", "--set", "seeds=3", "--watch", "--interval", "0.05"];
    let mut watch = lab.drsae(&words).stdout(closed()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while watch.try_wait().unwrap().is_none() && start.elapsed() < Duration::from_secs(20) {
        sleep(Duration::from_millis(20));
    }
    let ended = watch.try_wait().unwrap();
    let _ = watch.kill();
    assert_eq!(ended.expect("it ends").code(), Some(1));
}

#[test]
fn a_study_goes_on_to_its_page_where_nobody_reads_its_tables() {
    let search = "[sweep.grid]\n\"model.family\" = [\"drsae\", \"mlp\"]\n\
                  [compare]\nreference = { \"model.family\" = \"drsae\" }\n\
                  [search]\nmethod = \"grid\"\nseeds = 1\n[search.space]\n\"training.batch\" = [10, 20]\n";
    let lab = Lab::new(&format!("{SPEC}{search}"));
    let output = lab.drsae(&["study", "spec.toml"]).stdout(closed()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", output_of(&output));
    assert!(lab.path("results/tiny/analysis/report.html").exists(), "{}", output_of(&output));
}

#[test]
fn a_hangup_ends_a_sweep_at_a_safe_point_and_nohup_prevents_that() {
    let lab = Lab::new(&endless());
    // A shell of a test that was itself started with nohup could not undo that.
    let hung_up = lab
        .command("env")
        .args(["--default-signal=HUP", PROGRAM, "sweep", "spec.toml"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    trained(&lab);
    // Both the kernel and the shell may send one.
    signal(&hung_up, "HUP");
    signal(&hung_up, "HUP");
    let output = hung_up.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(129), "{}", output_of(&output));
    assert!(output_of(&output).contains("run the same command to continue"), "{}", output_of(&output));

    let lab = Lab::new(&endless());
    let mut kept =
        lab.shell("trap '' HUP; exec \"$0\" sweep spec.toml").stderr(Stdio::null()).spawn().unwrap();
    trained(&lab);
    signal(&kept, "HUP");
    sleep(Duration::from_millis(300));
    assert_eq!(kept.try_wait().unwrap(), None);
    signal(&kept, "TERM");
    assert_eq!(kept.wait().unwrap().code(), Some(143));
}

/// On a terminal that `script` makes, and that goes with it.
#[test]
fn a_closed_terminal_ends_a_sweep_at_a_safe_point() {
    let lab = Lab::new(&endless());
    if Command::new("script").arg("--version").output().is_err() {
        println!("skipped: there is no `script` to make a terminal");
        return;
    }
    // The signal is the shell's, which hands it on.
    let inner = format!(
        "trap 'kill -s HUP $sweep' HUP; {PROGRAM} sweep spec.toml 2>log & sweep=$!; wait $sweep; wait $sweep; \
         echo $? >code"
    );
    let mut terminal = lab
        .command("env")
        .args(["--default-signal=HUP", "script", "-qfec", &inner, "/dev/null"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    trained(&lab);
    terminal.kill().unwrap();
    terminal.wait().unwrap();
    let start = Instant::now();
    while !lab.path("code").exists() && start.elapsed() < Duration::from_secs(20) {
        sleep(Duration::from_millis(20));
    }
    sleep(Duration::from_millis(50));
    let log = fs::read_to_string(lab.path("log")).unwrap();
    assert!(log.contains("run the same command to continue"), "{log}");
    assert_eq!(fs::read_to_string(lab.path("code")).unwrap().trim(), "129");
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_that_names_the_file() {
    let lab = Lab::new(SPEC);
    let output = lab.shell("ulimit -f 8; exec \"$0\" sweep spec.toml").output().unwrap();
    assert_eq!(output.status.signal(), None, "{}", output_of(&output));
    assert!(matches!(output.status.code(), Some(1 | 2)), "{}", output_of(&output));
    assert!(output_of(&output).contains("File too large"), "{}", output_of(&output));
    assert!(output_of(&output).contains("results/tiny/"), "{}", output_of(&output));
}

/// The file of a network with another text in its header.
fn edited(network: &[u8], from: &str, to: &str) -> Vec<u8> {
    let length = u64::from_le_bytes(network[..8].try_into().unwrap()) as usize;
    let (header, numbers) = network[8..].split_at(length);
    let header = std::str::from_utf8(header).unwrap();
    assert!(header.contains(from), "{header}");
    let mut header = header.trim_end().replacen(from, to, 1);
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), numbers].concat()
}

#[test]
fn a_checkpoint_that_was_made_to_do_harm_is_refused() {
    let lab = Lab::swept(SPEC);
    let network = fs::read(lab.trials()[0].join("model.safetensors")).unwrap();
    let mut poisoned = network.clone();
    let end = poisoned.len();
    poisoned[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    let cases = [
        (
            edited(&network, "steps = 2", "steps = 9223372036854775807"),
            "`model.steps` must be between 1 and 1000",
        ),
        (edited(&network, "steps = 2", "steps = 1000000"), "`model.steps` must be between 1 and 1000"),
        (edited(&network, "test = 80", "test = 0"), "`data.test` must be at least 1"),
        (edited(&network, "sparsity = 0.005", "sparsity = nan"), "`objective.sparsity` must be zero or more"),
        (edited(&network, "batch = 20", "batch = 0"), "`training.batch` must be between 1 and 1000000"),
        (edited(&network, "train = 240", "train = 9000000"), "MiB of memory are needed"),
        (poisoned, "`threshold` holds NaN as its number 7"),
    ];
    for (file, expected) in cases {
        fs::write(lab.path("bad.safetensors"), file).unwrap();
        for command in ["eval", "inspect"] {
            let script = format!("ulimit -v 4000000; exec \"$0\" {command} bad.safetensors");
            let output = lab.shell(&script).output().unwrap();
            let message = output_of(&output);
            assert!(message.contains("error: ") && message.contains(expected), "{command}: {message}");
            assert_eq!(output.status.code(), Some(2), "{command}: {message}");
        }
    }
    for path in ["/dev/zero", "."] {
        let output = lab.drsae(&["eval", path]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(output_of(&output).contains("not a regular file"), "{}", output_of(&output));
    }
}

/// Characters that move the cursor, reorder text and begin lines.
const HOSTILE: &str = "\u{1b}[2J\u{9b}1m\u{7f}\u{202e}\nerror: all is lost\r";

/// [`HOSTILE`] as TOML and JSON have it.
const WRITTEN: &str = r"\u001b[2J\u009b1m\u007f\u202e\nerror: all is lost\r";

fn assert_plain(what: &str, text: &str) {
    let control = |letter: char| letter.is_control() && !"\n\t".contains(letter);
    let direction = |letter: char| ('\u{202a}'..='\u{202e}').contains(&letter);
    assert!(!text.contains(|letter| control(letter) || direction(letter)), "{what}: {text:?}");
}

fn assert_harmless(what: &str, text: &str) {
    assert_plain(what, text);
    assert!(!text.lines().any(|line| line.starts_with("error: all")), "{what}: {text}");
}

#[test]
fn no_value_of_a_file_decides_what_a_terminal_does() {
    let published =
        format!("[[published]]\nsystem = \"other {WRITTEN}\"\nerror = 1.0\nsource = \"quoted {WRITTEN}\"\n");
    let lab = Lab::swept(&(SPEC.replace("Is it read?", WRITTEN) + &published));
    let result = lab.trials()[0].join("result.json");
    let text = fs::read_to_string(&result).unwrap();
    let mut failed: serde_json::Value = serde_json::from_str(&text).unwrap();
    failed["status"] = "failed".into();
    failed["message"] = HOSTILE.into();
    fs::write(&result, failed.to_string()).unwrap();
    fs::write(lab.path("key.toml"), format!("\"na{WRITTEN}me\" = 1\n")).unwrap();
    fs::write(lab.path("value.toml"), SPEC.replace("[model]", &format!("[model]\nfamily = \"{WRITTEN}\"")))
        .unwrap();
    fs::write(
        lab.path("folder.toml"),
        SPEC.replace("[data]", &format!("[data]\nsource = \"idx\"\nfolder = \"{WRITTEN}\"")),
    )
    .unwrap();
    let commands = [
        &["status", "spec.toml"][..],
        &["status", "spec.toml", "--json"],
        &["analyze", "spec.toml"],
        &["report", "spec.toml"],
        &["sweep", "spec.toml"],
        &["verify", "spec.toml"],
        &["plan", "key.toml"],
        &["plan", "value.toml"],
        &["plan", "folder.toml"],
        &["plan", "spec.toml", "--set", HOSTILE],
        &["eval", HOSTILE],
        &["inspect", HOSTILE],
        &["data", "check", "--data-dir", HOSTILE],
        &["export", "spec.toml", "--format", "tensorboard", "--out", HOSTILE],
        &[HOSTILE],
    ];
    for words in commands {
        let output = lab.drsae(words).output().unwrap();
        let message = output_of(&output);
        let is_reported =
            message.contains("[2J") || matches!(words[0], "report" | "verify") || words == [HOSTILE];
        assert!(is_reported, "{words:?} does not report it: {message}");
        assert_harmless(&words.join(" "), &message);
        if words.contains(&"--json") {
            let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(answer["troubles"][0]["message"], HOSTILE);
        }
    }
    // And a lease, which another host wrote.
    let trial = lab.trials().remove(1);
    fs::remove_dir_all(&trial).unwrap();
    let folder = lab.path("results/tiny/running").join(trial.file_name().unwrap());
    fs::create_dir_all(&folder).unwrap();
    let lease = serde_json::json!({
        "host": HOSTILE, "pid": 1, "since": HOSTILE, "token": "00112233445566ff", "started": null, "processes": null,
    });
    fs::write(folder.join("lease-1.json"), lease.to_string()).unwrap();
    let status = output_of(&lab.drsae(&["status", "spec.toml"]).output().unwrap());
    assert!(status.contains("     1 running") && status.contains("[2J"), "{status}");
    assert_harmless("status", &status);
}

#[test]
fn pages_figures_and_tables_for_papers_have_no_control_characters() {
    let published =
        format!("[[published]]\nsystem = \"other {WRITTEN}\"\nerror = 1.0\nsource = \"quoted {WRITTEN}\"\n");
    let lab = Lab::swept(&(SPEC.replace("Is it read?", WRITTEN) + &published));
    assert!(lab.drsae(&["report", "spec.toml"]).output().unwrap().status.success());
    for file in ["report.html", "tables.md", "tables.tex"] {
        let text = fs::read_to_string(lab.path("results/tiny/analysis").join(file)).unwrap();
        assert!(text.contains("[2J"), "{file}");
        assert_plain(file, &text);
    }
}

/// The program for a user of whom nothing else runs, so that limits on processes are its own; `None` where
/// this user may not become another.
fn limited(lab: &Lab, threads: usize) -> Option<Command> {
    const USER: &str = "61234";

    let program = lab.path("drsae");
    if !program.exists() {
        fs::copy(PROGRAM, &program).unwrap();
        fs::set_permissions(lab.folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    }
    let [reuid, regid] = ["--reuid", "--regid"].map(|option| format!("{option}={USER}"));
    let nproc = format!("--nproc={threads}");
    let words = [reuid.as_str(), &regid, "--clear-groups", "prlimit", &nproc];
    let mut probe = Command::new("setpriv");
    let probe = probe.args(words).arg(&program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    let is_possible = probe.status().is_ok_and(|status| status.success());
    if !is_possible {
        println!("skipped: this user may not become another");
        return None;
    }
    let mut command = lab.command("setpriv");
    command.args(words).arg(program).env("RAYON_NUM_THREADS", "2").env("POLARS_MAX_THREADS", "1");
    Some(command)
}

#[test]
fn a_sweep_runs_on_the_threads_that_the_system_allows() {
    let lab = Lab::new(SPEC);
    let Some(mut command) = limited(&lab, 3) else { return };
    let output = command.args(["sweep", "spec.toml", "--jobs", "2"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", output_of(&output));
    assert_eq!(lab.complete(), 2);
    assert!(output_of(&output).contains("only 1 of 2 threads"), "{}", output_of(&output));

    // The program is one thread itself.
    let none = Lab::new(SPEC);
    let output = limited(&none, 1).unwrap().args(["sweep", "spec.toml", "--jobs", "2"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", output_of(&output));
    assert!(output_of(&output).contains("failed to start 2 worker threads"), "{}", output_of(&output));

    let mut tables = limited(&lab, 3).unwrap();
    let output = tables.args(["analyze", "spec.toml"]).env("POLARS_MAX_THREADS", "8").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", output_of(&output));
    assert!(output_of(&output).contains("the system started 2 of 9 threads"), "{}", output_of(&output));
    for words in [&["status", "spec.toml"][..], &["verify", "spec.toml"], &["report", "spec.toml"]] {
        let output = limited(&lab, 3).unwrap().args(words).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}: {}", output_of(&output));
    }
}

/// Each of two trials fits into memory, and both do not.
#[test]
fn trials_that_do_not_fit_into_memory_end_no_other() {
    let spec =
        SPEC.replace("hidden = 8", "hidden = 200\nfamily = \"mlp\"").replace("steps = 2", "steps = 11");
    let lab = Lab::new(&spec.replace("batch = 20", "batch = 25000"));
    let script = "ulimit -v 1600000; exec \"$0\" sweep spec.toml --jobs 2";
    let output = lab.shell(script).output().unwrap();
    assert_eq!(output.status.signal(), None, "{}", output_of(&output));
    assert!(matches!(output.status.code(), Some(0..=2)), "{:?} {}", output.status, output_of(&output));
    assert!(lab.complete() > 0, "{}", output_of(&output));
}

#[test]
fn a_proxy_that_cannot_be_used_is_named() {
    let lab = Lab::new(SPEC);
    for (variable, value) in
        [("ALL_PROXY", "socks5://me:secret@127.0.0.1:9"), ("ftp_proxy", "http://127.0.0.1:9")]
    {
        let mut command = lab.drsae(&["data", "fetch", "--data-dir", "mnist"]);
        let output = command.env_remove("ALL_PROXY").env(variable, value).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", output_of(&output));
        assert!(
            output_of(&output).starts_with(&format!("error: {variable} names a proxy")),
            "{}",
            output_of(&output)
        );
        assert!(!output_of(&output).contains("secret") && !lab.path("mnist").exists());
    }
}

#[test]
fn the_next_download_removes_what_a_killed_one_left_and_nothing_else() {
    let lab = Lab::new(SPEC);
    fs::create_dir(lab.path("mnist")).unwrap();
    let file = |name: &str| {
        let path = lab.path("mnist").join(name);
        let file = File::create(&path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_hours(1)).unwrap();
        path
    };
    let left = file(".drsae-partial-train-images-idx3-ubyte-aB3dE6.gz");
    let mine = file(".train-images-idx3-ubyte-aB3dE6.gz");
    let output = lab.drsae(&["data", "fetch", "--data-dir", "mnist"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", output_of(&output));
    assert!(!left.exists() && mine.exists());
}
