//! A process that is stopped for minutes, and resumes when another has done its work.
//!
//! It runs in its own pid namespace, so that the other cannot see that it is alive, and its files are made old.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Reference;
use crate::case::{self, Case};
use crate::place::{PATIENCE, Place, Running, arguments, every_file, expect_same};
use crate::shim::Shim;
use crate::tally::{Verdict, survive};

/// Longer than a lease lives without a heartbeat.
const ASLEEP: Duration = Duration::from_mins(10);

/// Long after a process that does not wait would have ended.
const WAITS: Duration = Duration::from_secs(3);

/// Runs the program as the second process of a namespace, since signals do not stop the first.
const SECOND: &str = "LD_PRELOAD=$SHIM \"$@\" & wait $!";
const ALONE: &str = "LD_PRELOAD=$SHIM exec \"$@\"";

#[test]
fn a_process_that_wakes_up_changes_nothing_of_its_successors() {
    let Some(unshare) = unshare() else { return };
    let Some(reference) = Reference::new() else { return };
    let cases = case::asked(case::stops(&reference.calls), 12);
    survive("a_process_that_wakes_up", &cases, |case| attempt(&reference, &unshare, case));
}

/// The process is alive, and may continue at any moment.
#[test]
fn a_process_that_is_stopped_for_moments_is_waited_for() {
    let Some(reference) = Reference::new() else { return };
    let place = Place::new();
    let number = reference.calls.number_of("rename", "state.safetensors").expect("a trial keeps its state");
    let case = Case { kind: "rename".to_owned(), number, fault: "stop-before".to_owned() };
    let mut sleeper = Sleeper::start(&place, &reference.shim, &[], &case);
    assert!(sleeper.falls_asleep().unwrap(), "it was not stopped");
    let mut second = place.start(&mut place.drsae("sweep"), "second");
    sleep(WAITS);
    let waits = second.0.try_wait().unwrap().is_none();
    assert!(waits, "the second process did not wait");
    sleeper.wake();
    for (running, name) in [(sleeper.running, "sleeper"), (second, "second")] {
        let ended = place.wait(running, name).unwrap();
        assert!(ended.status.success(), "{}", ended.describe(name));
    }
    place.verified().unwrap();
    expect_same(&place.lasting(), &reference.files).unwrap();
}

fn attempt(reference: &Reference, unshare: &[&str], case: &Case) -> Verdict {
    let place = Place::new();
    let mut sleeper = Sleeper::start(&place, &reference.shim, unshare, case);
    if !sleeper.falls_asleep()? {
        return Ok(false);
    }
    let before = every_file(&place.root());
    place.age(ASLEEP);
    let with_call = |why: String| format!("{}\n{why}", place.traced().disturbed().unwrap_or_default());
    place.completed().map_err(with_call)?;
    let mut successors = every_file(&place.root());
    successors.retain(|path, bytes| before.get(path) != Some(bytes));

    sleeper.wake();
    let ended = place.wait(sleeper.running, "sleeper").map_err(with_call)?;
    ended.expect_orderly(false).map_err(with_call)?;
    let mut after = every_file(&place.root());
    after.retain(|path, _| successors.contains_key(path));
    expect_same(&after, &successors).map_err(|why| with_call(format!("after it woke up, {why}")))?;
    place.completed().map_err(with_call)?;
    place.verified().map_err(with_call)?;
    expect_same(&place.lasting(), &reference.files).map_err(with_call)?;
    Ok(true)
}

/// The program that creates a namespace; `None` if this user may not create one.
fn unshare() -> Option<Vec<&'static str>> {
    let root = vec!["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
    let user = [&root[..], &["--map-root-user"]].concat();
    for program in [root, user] {
        let mut attempt = Command::new(program[0]);
        attempt.args(&program[1..]).arg("true").stdout(Stdio::null()).stderr(Stdio::null());
        if attempt.status().is_ok_and(|status| status.success()) {
            return Some(program);
        }
    }
    println!("skipped: this user may make no pid namespace");
    None
}

/// A sweep that stops at one of its calls.
struct Sleeper {
    running: Running,
    /// A variable that only its processes have in their environment.
    mark: String,
}

impl Sleeper {
    /// In its own namespace, if `unshare` can create one.
    fn start(place: &Place, shim: &Shim, unshare: &[&str], case: &Case) -> Self {
        let shell = if unshare.is_empty() { ["sh", "-c", ALONE] } else { ["sh", "-c", SECOND] };
        let words = [unshare, &shell, &["sh", env!("CARGO_BIN_EXE_drsae")]].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]);
        command.args(arguments("sweep")).current_dir(place.path(""));
        Shim::describe(&mut command, &place.results(), &place.trace(), Some(case));
        command.env("SHIM", shim.library());
        let mark = format!("FAULTS_TRACE={}", place.trace().display());
        Self { running: place.start(&mut command, "sleeper"), mark }
    }

    /// Waits until it is stopped; `false` if it ended before the call.
    fn falls_asleep(&mut self) -> Result<bool, String> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if self.running.0.try_wait().unwrap().is_some() {
                return Ok(false);
            }
            if self.processes().iter().any(|pid| state(*pid) == Some('T')) {
                return Ok(true);
            }
            sleep(Duration::from_millis(3));
        }
        Err("it was neither stopped nor did it end".to_owned())
    }

    fn wake(&self) {
        for pid in self.processes() {
            let _ = Command::new("kill").args(["-CONT", &pid.to_string()]).stderr(Stdio::null()).status();
        }
    }

    /// Its processes, and those that started it, as they are called here.
    fn processes(&self) -> Vec<u32> {
        let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter(|pid| self.owns(*pid)).collect()
    }

    fn owns(&self, pid: u32) -> bool {
        let environment =
            fs::read(Path::new("/proc").join(pid.to_string()).join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|entry| entry == self.mark.as_bytes())
    }
}

/// The state letter of a process; `T` if it is stopped.
fn state(pid: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}
