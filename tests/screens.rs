//! Terminals of tmux: what `drsae sweep` and `drsae status --watch` show while a sweep runs, and what they leave behind.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_drsae");

/// Two trials that run for longer than any test.
const SPEC: &str = r#"name = "live"
question = "Is it seen?"
seeds = 1
[data]
source = "strokes"
train = 400
validation = 100
test = 80
[model]
steps = 2
hidden = 8
[training]
batch = 20
phases = [{ epochs = 100000, rate = 1e-3, discriminative = true }]
[sweep.grid]
"model.family" = ["drsae", "untied-recurrent"]
[compare]
reference = { "model.family" = "drsae" }
"#;

/// A server of tmux with one terminal, in a folder with a spec.
struct Terminal {
    folder: TempDir,
}

impl Terminal {
    /// A terminal; none where tmux is missing.
    fn open(columns: usize, rows: usize) -> Option<Self> {
        if !Command::new("tmux").arg("-V").output().is_ok_and(|output| output.status.success()) {
            println!("skipped: there is no tmux");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("spec.toml"), SPEC).unwrap();
        let terminal = Self { folder };
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let shell = "env PS1='ready> ' LC_ALL=C.UTF-8 sh";
        terminal.tmux(&["-u", "new-session", "-d", "-x", &columns, "-y", &rows, shell]);
        terminal.wait(|screen| screen.contains("ready>"));
        Some(terminal)
    }

    fn tmux(&self, words: &[&str]) -> String {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(self.path("socket")).args(["-f", "/dev/null"]).args(words);
        command.current_dir(self.path("")).env_remove("TMUX").env("LC_ALL", "C.UTF-8");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Types a line.
    fn enter(&self, line: &str) {
        self.tmux(&["send-keys", line, "Enter"]);
    }

    fn interrupt(&self) {
        self.tmux(&["send-keys", "C-c"]);
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-J"]).trim_end().to_owned()
    }

    /// The first screen that is `as_expected`.
    fn wait(&self, as_expected: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if as_expected(&screen) {
                return screen;
            }
            assert!(start.elapsed() < Duration::from_mins(1), "{screen}");
            sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let mut command = Command::new("tmux");
        let _ = command.arg("-S").arg(self.path("socket")).arg("kill-server").output();
    }
}

/// A screen without its times, speeds and curves, whose widths change: every number is `N`, every duration `T`, every curve
/// `~`, and spaces are single.
fn masked(screen: &str) -> String {
    let line = |line: &str| line.split_whitespace().map(masked_word).collect::<Vec<_>>().join(" ");
    let text = screen.lines().map(line).collect::<Vec<_>>().join("\n");
    let times = [("N h N min", "T"), ("N min N s", "T"), ("N s", "T"), ("N-N-N N:N", "N:N")];
    times.iter().fold(text, |text, (time, mask)| text.replace(time, mask))
}

fn masked_word(word: &str) -> String {
    let consists_of = |letters: &str| word.chars().all(|letter| letters.contains(letter));
    if consists_of("▁▂▃▄▅▆▇█") && !consists_of("█") || word == "█" {
        return "~".to_owned();
    }
    if consists_of("█░") {
        return "BAR".to_owned();
    }
    let mut masked = String::new();
    for letter in word.chars() {
        let follows = masked.ends_with('N');
        if letter.is_ascii_digit() || follows && letter == '.' {
            masked.extend(Some('N').filter(|_| !follows));
        } else {
            masked.push(letter);
        }
    }
    let is_process = masked.ends_with(":N") && masked != "N:N";
    if is_process { "HOST:N".to_owned() } else { masked }
}

/// A masked screen with the names alone of what is in the table, whose columns depend on the widths of its numbers.
fn named(screen: &str) -> String {
    let line = |line: &str| match line.split_once(" seed N ") {
        Some((name, _)) => format!("{name} seed N …"),
        None if line.starts_with("running ") => "running …".to_owned(),
        None => line.to_owned(),
    };
    masked(screen).lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Two trials with an epoch on the screen.
fn runs(screen: &str) -> bool {
    let curves = screen
        .lines()
        .filter(|line| line.contains("seed 1") && line.contains(['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']));
    curves.count() == 2 && screen.contains(" left, until about ")
}

fn sweep(columns: usize) -> Option<(String, String)> {
    let terminal = Terminal::open(columns, 24)?;
    terminal.enter(&format!("{PROGRAM} sweep spec.toml --jobs 2"));
    let live = terminal.wait(runs);
    terminal.interrupt();
    let after =
        terminal.wait(|screen| screen.trim_end().ends_with("ready>") && screen.contains("interrupted after"));
    Some((live, after))
}

/// The lines below that of the command and its first message.
fn below(screen: &str) -> &str {
    let rest = screen.split_once("to run,").map_or(screen, |(_, rest)| rest);
    rest.split_once('\n').map_or("", |(_, rest)| rest)
}

#[test]
fn a_sweep_shows_its_running_trials_and_an_interrupt_leaves_no_stale_line() {
    let Some((live, after)) = sweep(80) else { return };
    insta::assert_snapshot!(named(below(&live)), @r"
    running …
    drsae seed N …
    untied-recurrent seed N …
    BAR N/N trials, T left, until about N:N, T elapsed
    ");
    let after = masked(below(&after));
    // The trials end in any order.
    let mut lines: Vec<&str> = after.lines().collect();
    lines.sort_unstable();
    insta::assert_snapshot!(lines.join("\n"), @r"
    drsae seed N was interrupted
    live: interrupted after T; N of N trials are pending; run the same command to continue
    ready>
    untied-recurrent seed N was interrupted
    ");
    let Some((live, after)) = sweep(200) else { return };
    insta::assert_snapshot!(masked(below(&live)), @r"
    running phase epoch loss valid % curve images/s left
    drsae seed N N N/N N N ~ N T
    untied-recurrent seed N N N/N N N ~ N T
    BAR N/N trials, T left, until about N:N, T elapsed
    ");
    for stale in ["images/s", "█", "░", " left, until"] {
        assert!(!after.contains(stale), "{after}");
    }
}

#[test]
fn a_status_that_is_watched_shows_the_trials_of_another_process() {
    for columns in [80, 200] {
        let Some(terminal) = Terminal::open(columns, 24) else { return };
        let mut sweep = Command::new(PROGRAM);
        sweep.args(["sweep", "spec.toml", "--jobs", "2", "--quiet"]).current_dir(terminal.path(""));
        let mut sweep = sweep.spawn().unwrap();
        let start = Instant::now();
        while !terminal.path("results/live/running").exists() {
            assert!(start.elapsed() < Duration::from_mins(1), "it never runs");
            sleep(Duration::from_millis(20));
        }
        terminal.enter(&format!("clear; {PROGRAM} status spec.toml --watch --interval 0.2"));
        let screen = terminal.wait(runs);
        if columns == 80 {
            insta::assert_snapshot!(named(&screen), @r"
            live: N trials planned in results/live
            N running
            T left, until about N:N
            running …
            drsae seed N …
            untied-recurrent seed N …
            ");
        } else {
            insta::assert_snapshot!(masked(&screen), @r"
            live: N trials planned in results/live
            N running
            T left, until about N:N
            running phase epoch loss valid % curve images/s left process
            drsae seed N N N/N N N ~ N T HOST:N
            untied-recurrent seed N N N/N N N ~ N T HOST:N
            ");
        }
        terminal.interrupt();
        let after = terminal.wait(|screen| screen.trim_end().ends_with("ready>"));
        // The last screen stays, once.
        assert_eq!(after.matches("trials planned in").count(), 1, "{after}");
        sweep.kill().unwrap();
        sweep.wait().unwrap();
    }
}

#[test]
fn tables_are_as_wide_as_the_terminal() {
    for columns in [40, 120] {
        let Some(terminal) = Terminal::open(columns, 200) else { return };
        let root = Path::new("results/paper/families").canonicalize().unwrap();
        let copy = Command::new("cp").arg("-r").arg(root).arg(terminal.path("families")).status().unwrap();
        assert!(copy.success());
        terminal
            .enter(&format!("{PROGRAM} analyze families | cat >piped; clear; {PROGRAM} analyze families"));
        let is_printed = |screen: &str| screen.contains("frozen") && screen.trim_end().ends_with("ready>");
        let screen = terminal.wait(is_printed);
        let rules = screen.lines().filter(|line| line.starts_with('─')).map(|line| line.chars().count());
        let widest = rules.max().unwrap();
        assert!(widest <= columns && widest > columns / 2, "{screen}");
        let piped = fs::read_to_string(terminal.path("piped")).unwrap();
        assert!(piped.lines().all(|line| line.chars().count() <= 100), "{piped}");
    }
}
