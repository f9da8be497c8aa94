//! Parallel runs of many cases, and a table of their results.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::case::Case;

/// Time limit of a sample; a slow machine runs only a part of it.
const BUDGET: Duration = Duration::from_secs(20);

/// Number of cases between two messages of progress.
const PROGRESS: usize = 250;

/// Result of a case: whether its call was reached, or the failure.
pub type Verdict = Result<bool, String>;

/// The row and the column of sums, which sort last.
const ALL: &str = "~ all";

#[derive(Default)]
struct Count {
    runs: usize,
    failures: usize,
}

impl Count {
    fn add(&mut self, verdict: &Verdict) {
        self.runs += usize::from(*verdict != Ok(false));
        self.failures += usize::from(verdict.is_err());
    }
}

impl fmt::Display for Count {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.failures {
            0 => write!(out, "{}", self.runs),
            failures => write!(out, "{failures}/{}", self.runs),
        }
    }
}

/// Runs each case, prints a table of kinds and faults, and fails with the command that repeats each failure.
pub fn survive(name: &str, cases: &[Case], attempt: impl Fn(&Case) -> Verdict + Sync) {
    let start = Instant::now();
    let next = AtomicUsize::new(0);
    let verdicts = Mutex::new(Vec::new());
    // Only a sample of `cargo test` has a time limit; requested cases all run.
    let limited = std::env::var_os("DRSAE_FAULTS").is_none();
    let work = || {
        while !limited || start.elapsed() < BUDGET {
            let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
            let verdict = attempt(case);
            let mut verdicts = verdicts.lock().unwrap();
            verdicts.push((case, verdict));
            if verdicts.len().is_multiple_of(PROGRESS) {
                eprintln!("{name}: {} of {} cases, {:.0?}", verdicts.len(), cases.len(), start.elapsed());
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let mut verdicts = verdicts.into_inner().unwrap();
    verdicts.sort_by(|a, b| a.0.cmp(b.0));
    let unreached = verdicts.iter().filter(|(_, verdict)| *verdict == Ok(false)).count();
    println!(
        "{name}: {} of {} cases in {:.0?}; the run ended before {unreached} of the calls\n{}",
        verdicts.len(),
        cases.len(),
        start.elapsed(),
        table(&verdicts)
    );
    expect_none_failed(name, &verdicts);
    assert!(cases.is_empty() || unreached < verdicts.len(), "no call was disturbed");
}

fn expect_none_failed(name: &str, verdicts: &[(&Case, Verdict)]) {
    let mut failures = Vec::new();
    for (case, verdict) in verdicts {
        if let Err(why) = verdict {
            let why = why.trim().replace('\n', "\n    ");
            failures.push(format!(
                "DRSAE_FAULTS='{case}' cargo test --test faults {name} -- --nocapture\n    {why}\n"
            ));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {} cases failed; each is replayed by\n{}",
        failures.len(),
        verdicts.len(),
        failures.concat()
    );
}

/// Faults down, kinds of call across: how often each was tried, behind how many failures.
fn table(verdicts: &[(&Case, Verdict)]) -> String {
    let mut counts: BTreeMap<(&str, &str), Count> = BTreeMap::new();
    for (case, verdict) in verdicts {
        let (fault, kind) = (&*case.fault, &*case.kind);
        for cell in [(fault, kind), (fault, ALL), (ALL, kind), (ALL, ALL)] {
            counts.entry(cell).or_default().add(verdict);
        }
    }
    let column = |cell: &(&str, &str)| cell.1.to_owned();
    let kinds: BTreeSet<String> = counts.keys().map(column).collect();
    let mut out = format!("{:16}", "failures/runs");
    for kind in &kinds {
        let _ = write!(out, "{kind:>9}");
    }
    let faults: BTreeSet<&str> = counts.keys().map(|cell| cell.0).collect();
    for fault in faults {
        let _ = write!(out, "\n{fault:16}");
        for kind in &kinds {
            let cell = counts.get(&(fault, kind.as_str())).map(Count::to_string).unwrap_or_default();
            let _ = write!(out, "{cell:>9}");
        }
    }
    out
}
