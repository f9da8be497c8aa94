//! Who holds a claim, and whether that process still runs.
//!
//! A process id names one process only within one boot of one kernel and one of its pid
//! namespaces (containers have their own), and is used again later; so a claim records all
//! of it with the process's start time. Host names are for people alone: two machines may
//! share one.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::fs;
use std::hash::BuildHasher;
use std::process;
use std::sync::OnceLock;

use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};

/// The process that a claim belongs to, as `claim.json` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Name of its host.
    pub host: String,
    /// Process id there.
    pub pid: u32,
    /// When it made the claim by the clock of its host: RFC 3339, UTC.
    pub since: String,
    /// What tells this claim from every other.
    pub(super) token: String,
    /// When the process started, in the kernel's ticks; absent where the system hides it.
    pub(super) started: Option<u64>,
    /// The set of processes in which `pid` names one; absent where the system hides it.
    pub(super) processes: Option<String>,
}

impl Holder {
    /// A new claim of this process.
    pub(super) fn this_process() -> Self {
        let now = Timestamp::now();
        let pid = process::id();
        Self {
            host: host(),
            pid,
            since: now.round(Unit::Second).unwrap_or(now).to_string(),
            // Its keys come from the system's generator, anew for each claim of a thread.
            token: format!("{:016x}", RandomState::new().hash_one(pid)),
            started: started(pid),
            processes: processes().map(str::to_owned),
        }
    }

    /// Whether the process still runs; `None` where that cannot be known here, as for a
    /// process of another host.
    pub(super) fn runs(&self) -> Option<bool> {
        let began = self.started?;
        let ours = self.processes.as_deref()? == processes()?;
        ours.then(|| started(self.pid) == Some(began))
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "process {} on host {}, since {}", self.pid, self.host, self.since)
    }
}

/// The set of processes that this one can see: its boot and pid namespace. `None` off
/// Linux, and where processes of other users are hidden: one that cannot be seen is not
/// therefore dead.
fn processes() -> Option<&'static str> {
    static PROCESSES: OnceLock<Option<String>> = OnceLock::new();
    let read = || {
        fs::read("/proc/1/stat").ok()?;
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
        Some(format!("{} {}", boot.trim(), namespace.display()))
    };
    PROCESSES.get_or_init(read).as_deref()
}

/// When a running process started, in ticks since the boot.
fn started(pid: u32) -> Option<u64> {
    start_time(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Field 22 of Linux's `/proc/<pid>/stat`; none for a process that has ended and only waits
/// for its parent to notice.
fn start_time(stat: &str) -> Option<u64> {
    // The second field is the program's name in parentheses, which may hold any character.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") { None } else { fields.nth(18)?.parse().ok() }
}

fn host() -> String {
    let linux = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let named = ["HOSTNAME", "COMPUTERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    linux.or(named).map_or_else(|| "of unknown name".to_owned(), |name| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claim_snapshot() {
        let holder = Holder {
            host: "node7".to_owned(),
            pid: 4711,
            since: "2013-01-16T12:00:00Z".to_owned(),
            token: "00112233445566ff".to_owned(),
            started: Some(450_309),
            processes: None,
        };
        insta::assert_snapshot!(serde_json::to_string_pretty(&holder).unwrap(), @r#"
        {
          "host": "node7",
          "pid": 4711,
          "since": "2013-01-16T12:00:00Z",
          "token": "00112233445566ff",
          "started": 450309,
          "processes": null
        }
        "#);
        assert_eq!(holder.to_string(), "process 4711 on host node7, since 2013-01-16T12:00:00Z");
    }

    #[test]
    fn every_claim_of_a_process_has_a_token_of_its_own() {
        let tokens: std::collections::HashSet<_> = (0..100).map(|_| Holder::this_process().token).collect();
        assert_eq!(tokens.len(), 100);
    }

    #[test]
    fn the_start_is_found_behind_any_program_name() {
        let fields = " S 1 2 3 4 -1 4194304 116 0 0 0 0 0 0 0 20 0 1 0 450309 3133440 393";
        assert_eq!(start_time(&format!("19244 (cat){fields}")), Some(450_309));
        assert_eq!(start_time(&format!("19244 (a) Z 1){fields}")), Some(450_309));
        assert_eq!(start_time(&format!("19244 (cat){}", fields.replace('S', "Z"))), None);
        assert_eq!(start_time(""), None);
    }

    #[test]
    fn nothing_is_said_of_another_hosts_processes() {
        let ours = Holder::this_process();
        assert_eq!(Holder { processes: Some("another boot".to_owned()), ..ours.clone() }.runs(), None);
        assert_eq!(Holder { processes: None, ..ours.clone() }.runs(), None);
        assert_eq!(Holder { started: None, ..ours }.runs(), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_runs_until_it_ends_and_its_id_alone_says_nothing() {
        let ours = Holder::this_process();
        assert_eq!(ours.runs(), Some(true));
        let reused = Holder { started: ours.started.map(|ticks| ticks + 1), ..ours.clone() };
        assert_eq!(reused.runs(), Some(false));

        let mut child = process::Command::new("sleep").arg("60").spawn().unwrap();
        let theirs = Holder { pid: child.id(), started: started(child.id()), ..ours };
        assert_eq!(theirs.runs(), Some(true));
        child.kill().unwrap();
        let ended = || {
            (0..500).any(|_| {
                std::thread::sleep(std::time::Duration::from_millis(10));
                theirs.runs() == Some(false)
            })
        };
        assert!(ended(), "a killed process counts as running until its parent has noticed");
        child.wait().unwrap();
        assert_eq!(theirs.runs(), Some(false));
    }
}
