//! `drsae sweep --engine slurm --follow`: how the jobs get on, until all have ended.
//!
//! What has ended is seen on disk, what is queued is asked of Slurm. Where Slurm does not answer,
//! its jobs may well run on: the disk is looked at, and Slurm asked again.

use std::collections::HashSet;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use indicatif::ProgressBar;

use super::progress::{duration, style, tick};
use super::queue;
use super::signals::Signals;
use super::terminal::say;
use crate::engine::slurm::{Cluster, Jobs, State, Task};
use crate::plan::{Plan, Trial};
use crate::store::{Status, Store};
use crate::text::{printable, printable_lines};

/// How often the disk and Slurm are asked, and at most one part in how many of the time.
const POLL: Duration = Duration::from_secs(5);
const SHARE: u32 = 20;

/// How often a signal is looked for meanwhile.
const SIGNAL_POLL: Duration = Duration::from_millis(100);

/// Follows a sweep's jobs until Slurm will run none of them any more; gives the exit code where
/// a signal ended that.
pub fn until_ended(plan: &Plan, store: &Store, cluster: &dyn Cluster) -> Result<Option<u8>> {
    let stop = Arc::<AtomicBool>::default();
    let signals = Signals::listen(&stop).context("failed to listen to signals")?;
    let mut follower = Follower::new(plan, store);
    loop {
        let asked = Instant::now();
        let jobs = Jobs::look(&store.submissions(), cluster);
        // After Slurm was asked: of a task that has ended by then, all results are there.
        follower.look_at_disk(jobs.as_ref().ok())?;
        match jobs {
            Ok(jobs) => {
                follower.tell(&jobs);
                if jobs.alive().next().is_none() {
                    return Ok(None);
                }
            }
            Err(error) => follower.say_once(&format!("Slurm cannot be asked, and may run on: {error}")),
        }
        if pause(asked, &stop) {
            follower.bar.finish_and_clear();
            say(format_args!("{}: the jobs go on; the same command follows them again", plan.name));
            return Ok(signals.exit_code());
        }
    }
}

/// Waits for the next look; says whether a signal came.
fn pause(asked: Instant, stop: &AtomicBool) -> bool {
    let end = Instant::now() + POLL.max(asked.elapsed() * SHARE);
    while Instant::now() < end && !stop.load(Ordering::Relaxed) {
        sleep(SIGNAL_POLL);
    }
    stop.load(Ordering::Relaxed)
}

struct Follower<'a> {
    store: &'a Store,
    /// Trials without a result.
    pending: Vec<&'a Trial>,
    all: usize,
    /// Trials without a result at the beginning.
    begun_with: usize,
    start: Instant,
    bar: ProgressBar,
    /// What was said last of the counts, and tasks and remarks of which it was said.
    told: String,
    said: HashSet<String>,
}

impl<'a> Follower<'a> {
    fn new(plan: &'a Plan, store: &'a Store) -> Self {
        let bar = ProgressBar::new(plan.trials.len() as u64);
        bar.set_style(style("{bar:30} {pos}/{len} trials, {elapsed} gone{msg}"));
        tick(&bar);
        let status = |trial: &Trial| store.status(&trial.id).unwrap_or(Status::Pending);
        let pending: Vec<_> = plan.trials.iter().filter(|trial| status(trial) == Status::Pending).collect();
        Self {
            store,
            begun_with: pending.len(),
            pending,
            all: plan.trials.len(),
            start: Instant::now(),
            bar,
            told: String::new(),
            said: HashSet::new(),
        }
    }

    /// Takes the trials that have ended from those that are pending, and tells failures. Of
    /// those whose task has not begun, of which there may be very many, the disk knows nothing.
    fn look_at_disk(&mut self, jobs: Option<&Jobs>) -> Result<()> {
        if let Some(vanished) = self.store.vanished() {
            return Err(vanished.into());
        }
        let mut pending = Vec::with_capacity(self.pending.len());
        let waits = |task: &&Task| task.state() == State::Waiting;
        let waiting: HashSet<&str> = jobs
            .iter()
            .flat_map(|jobs| jobs.tasks.iter().filter(waits))
            .flat_map(|task| task.trials.iter().map(String::as_str))
            .collect();
        for trial in std::mem::take(&mut self.pending) {
            if waiting.contains(trial.id.as_str()) {
                pending.push(trial);
                continue;
            }
            match self.store.trial(&trial.id)?.outcome().ok().flatten() {
                None => pending.push(trial),
                Some(outcome) if outcome.status == Status::Complete => {}
                Some(outcome) => {
                    let reason = outcome.message.unwrap_or_default();
                    self.say(&format!("{} {}: {}", trial.id, outcome.status, printable(&reason)));
                }
            }
        }
        self.pending = pending;
        Ok(())
    }

    fn tell(&mut self, jobs: &Jobs) {
        let count = |state| jobs.tasks.iter().filter(|task| task.state() == state).count();
        let (running, queued, held) = (count(State::Running), count(State::Waiting), count(State::Held));
        let counts = format!(", {running} tasks running, {queued} queued, {held} held");
        let done = self.all - self.pending.len();
        self.bar.set_position(done as u64);
        self.bar.set_message(format!("{counts}{}", self.left()));
        let line = format!("{done}/{} trials{counts}", self.all);
        if self.bar.is_hidden() && line != self.told {
            say(format_args!("{line}{}", self.left()));
        }
        self.told = line;
        self.tell_lost(jobs);
        let mut text = Vec::new();
        if queue::print_held(jobs, &mut text).is_ok() && !text.is_empty() {
            self.say_once(String::from_utf8_lossy(&text).trim());
        }
    }

    /// Tells tasks that ended and left trials without a result, each once.
    fn tell_lost(&mut self, jobs: &Jobs) {
        let pending: Vec<&str> = self.pending.iter().map(|trial| trial.id.as_str()).collect();
        for (task, trials) in queue::lost(jobs, &pending) {
            if self.said.insert(format!("{} {trials:?}", task.name())) {
                let mut text = Vec::new();
                // A vector takes all that is written to it.
                let _ = queue::print_lost(task, &trials, &mut text).and_then(|()| text.flush());
                self.say(String::from_utf8_lossy(&text).trim_end());
            }
        }
    }

    /// The time that is left, by the trials that ended since the beginning.
    fn left(&self) -> String {
        let done = self.begun_with - self.pending.len();
        if done == 0 {
            return String::new();
        }
        let rest = self.pending.len() as f64 / done as f64;
        format!(", {} left", duration(self.start.elapsed().mul_f64(rest)))
    }

    fn say_once(&mut self, line: &str) {
        if self.said.insert(line.to_owned()) {
            self.say(line);
        }
    }

    /// Writes a message of one or more lines, whose values were made printable.
    fn say(&self, message: &str) {
        let message = printable_lines(message);
        if self.bar.is_hidden() {
            say(message);
        } else {
            self.bar.println(message);
        }
    }
}

impl Drop for Follower<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
