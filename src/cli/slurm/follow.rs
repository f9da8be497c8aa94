//! `drsae sweep --engine slurm --follow`: progress of the jobs until all have ended.
//!
//! Results are read from disk, the states of tasks from Slurm's queue. If Slurm does not answer, its jobs may
//! still run: follow continues with the disk and queries Slurm again later.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::jobs;
use crate::cli::clock::duration;
use crate::cli::progress::Progress;
use crate::cli::signals::Signals;
use crate::cli::terminal::print_message;
use crate::plan::Plan;
use crate::slurm::{Cluster, JobState, Jobs, PendingTrials, Submissions};
use crate::store::Store;
use crate::text::printable;

/// Interval between two queries, and the maximum share of time that queries may take.
const POLL: Duration = Duration::from_secs(5);
const SHARE: u32 = 20;

const SIGNAL_POLL: Duration = Duration::from_millis(100);

/// Follows a sweep's jobs until none is active; returns the exit code if a signal interrupted that.
pub fn until_ended(plan: &Plan, store: &Store, cluster: &dyn Cluster) -> Result<Option<u8>> {
    let stop = Arc::<AtomicBool>::default();
    let signals = Signals::listen(&stop).context("failed to listen to signals")?;
    let mut trials = PendingTrials::new(plan, store);
    let mut display = Display::new(plan.trials.len());
    loop {
        let start = Instant::now();
        let jobs = Jobs::query(&Submissions::of(store), cluster);
        // After the queue: all results of a task that has ended by then are on disk.
        for (trial, outcome) in trials.update(jobs.as_ref().ok())? {
            let reason = outcome.message.unwrap_or_default();
            display.progress.print(&format!("{} {}: {}", trial.name, outcome.status, printable(&reason)));
        }
        match jobs {
            Ok(jobs) => {
                display.update(&jobs, &trials);
                if jobs.active().next().is_none() {
                    return Ok(None);
                }
            }
            Err(error) => {
                display.print_once(&format!("Slurm does not answer; its jobs may still run: {error}"));
            }
        }
        if pause(start, &stop) {
            drop(display);
            print_message(format_args!(
                "{}: the jobs continue; run the same command to follow them again",
                plan.name
            ));
            return Ok(signals.exit_code());
        }
    }
}

/// Waits until the next query; returns whether a signal was received.
fn pause(start: Instant, stop: &AtomicBool) -> bool {
    let end = Instant::now() + POLL.max(start.elapsed() * SHARE);
    while Instant::now() < end && !stop.load(Ordering::Relaxed) {
        sleep(SIGNAL_POLL);
    }
    stop.load(Ordering::Relaxed)
}

/// A progress bar, or lines if standard error is not a terminal.
struct Display {
    progress: Progress,
    last_line: String,
    /// Messages that are printed once.
    printed: HashSet<String>,
}

impl Display {
    fn new(trials: usize) -> Self {
        let progress = Progress::without_lines(trials, "trials");
        Self { progress, last_line: String::new(), printed: HashSet::new() }
    }

    fn update(&mut self, jobs: &Jobs, trials: &PendingTrials) {
        let count = |state| jobs.in_state(state).count();
        let [running, queued, held] = [JobState::Running, JobState::Queued, JobState::Held].map(count);
        let counts = format!("{running} tasks running, {queued} queued, {held} held");
        let left = trials.remaining_ratio().map(|ratio| self.progress.elapsed().mul_f64(ratio));
        self.progress.set_done(trials.ended());
        self.progress.set_left(left);
        let line = format!("{}/{} trials, {counts}", trials.ended(), trials.total());
        self.progress.set_note(counts);
        if self.progress.is_hidden() && line != self.last_line {
            let left = left.map(|left| format!(", {} left", duration(left))).unwrap_or_default();
            print_message(format_args!("{line}{left}"));
        }
        self.last_line = line;
        // Writing to a vector does not fail.
        for task in jobs.lost(&trials.ids()) {
            if self.printed.insert(format!("{} {:?}", task.0.name(), task.1)) {
                let mut text = Vec::new();
                let _ = jobs::print_lost(&task, &mut text);
                self.progress.print(String::from_utf8_lossy(&text).trim_end());
            }
        }
        let mut text = Vec::new();
        let _ = jobs::print_held(jobs, &mut text);
        if !text.is_empty() {
            self.print_once(String::from_utf8_lossy(&text).trim());
        }
    }

    fn print_once(&mut self, line: &str) {
        if self.printed.insert(line.to_owned()) {
            self.progress.print(line);
        }
    }
}
