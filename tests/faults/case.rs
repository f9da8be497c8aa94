//! The cases of the fault runs: every call with every fault, or a reproducible sample.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::shim::Trace;

/// Calls that change the disk.
const WRITERS: [&str; 8] = ["create", "write", "fsync", "rename", "link", "unlink", "mkdir", "rmdir"];

/// Calls that only read.
const READERS: [&str; 5] = ["open", "read", "stat", "list", "change"];

/// Faults of a call that only reads. `*3` means three calls in a row.
const LOOKING: [&str; 6] = ["EIO", "EACCES", "ESTALE", "ESTALE*3", "EINTR", "EINTR*3"];

/// Additional faults of a call that changes the disk: a disk stays full until somebody frees space.
const CHANGING: [&str; 5] = ["ENOSPC", "ENOSPC*1000000", "EIO*1000000", "kill-before", "kill-after"];

/// Additional faults of a write.
const WRITING: [&str; 2] = ["short", "torn"];

/// A fault at a call, as `FAULTS_AT` has it: `rename:7:EIO`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Case {
    pub kind: String,
    pub number: usize,
    pub fault: String,
}

impl Case {
    /// True if the fault kills the process.
    pub fn kills(&self) -> bool {
        self.fault.starts_with("kill") || self.fault == "torn"
    }

    pub fn stops(&self) -> bool {
        self.fault.starts_with("stop")
    }
}

impl fmt::Display for Case {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}", self.kind, self.number, self.fault)
    }
}

impl FromStr for Case {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unreadable = || format!("{text:?} is no fault: write one as `rename:7:EIO`");
        let [kind, number, fault] = text.split(':').collect::<Vec<_>>()[..] else { return Err(unreadable()) };
        let number = number.parse().map_err(|_| unreadable())?;
        Ok(Self { kind: kind.to_owned(), number, fault: fault.to_owned() })
    }
}

/// Every call of an undisturbed run, with each of its faults.
pub fn faults(calls: &Trace) -> Vec<Case> {
    let faults_of = |kind: &str| {
        let mut faults = LOOKING.to_vec();
        if WRITERS.contains(&kind) {
            faults.extend(CHANGING);
        }
        if kind == "write" {
            faults.extend(WRITING);
        }
        faults
    };
    all(calls, faults_of)
}

/// Every call of an undisturbed run, with stops before and, where it changes the disk, after it.
pub fn stops(calls: &Trace) -> Vec<Case> {
    all(
        calls,
        |kind| {
            if WRITERS.contains(&kind) { vec!["stop-before", "stop-after"] } else { vec!["stop-before"] }
        },
    )
}

fn all<'a>(calls: &Trace, faults_of: impl Fn(&str) -> Vec<&'a str>) -> Vec<Case> {
    let mut cases = Vec::new();
    for kind in WRITERS.into_iter().chain(READERS) {
        for number in 1..=calls.count(kind) {
            cases.extend(faults_of(kind).into_iter().map(|fault| Case {
                kind: kind.to_owned(),
                number,
                fault: fault.to_owned(),
            }));
        }
    }
    cases
}

/// The cases of `DRSAE_FAULTS`: `full`, a number of cases, or one case; without it, a sample of `few`.
pub fn asked(all: Vec<Case>, few: usize) -> Vec<Case> {
    let Ok(asked) = std::env::var("DRSAE_FAULTS") else { return sample(all, few) };
    if asked == "full" {
        return all;
    }
    if let Ok(count) = asked.parse() {
        return sample(all, count);
    }
    let case: Case = asked.parse().unwrap();
    let stops = all.iter().any(Case::stops);
    if case.stops() == stops { vec![case] } else { Vec::new() }
}

/// A sample of cases: each kind of call has each fault once before any has a second one.
fn sample(all: Vec<Case>, count: usize) -> Vec<Case> {
    let mut random = ChaCha8Rng::seed_from_u64(15);
    let mut groups: BTreeMap<_, Vec<Case>> = BTreeMap::new();
    for case in all {
        groups.entry((case.kind.clone(), case.fault.clone())).or_default().push(case);
    }
    let mut sample = Vec::new();
    while !groups.is_empty() {
        let mut round: Vec<_> =
            groups.values_mut().map(|cases| cases.swap_remove(random.random_range(0..cases.len()))).collect();
        round.shuffle(&mut random);
        sample.extend(round);
        groups.retain(|_, cases| !cases.is_empty());
    }
    sample.truncate(count);
    sample
}
