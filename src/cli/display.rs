//! Observer of running trials. A terminal shows each of them with its curve, and a bar with the time left; elsewhere there is
//! a line for each trial that ends.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::clock::duration;
use super::live::{self, LiveTrial};
use super::progress::Progress;
use super::terminal::print_message;
use crate::engine::{Ending, Observer, epoch_row};
use crate::plan::{Plan, Trial};
use crate::store::Store;
use crate::text::verbosity::Verbosity;
use crate::train::Epoch;

/// Time between two tables of the running trials.
const TABLE: Duration = Duration::from_millis(250);

/// Shows a sweep's progress on standard error.
pub struct Display<'a> {
    progress: Progress,
    plan: &'a Plan,
    store: &'a Store,
    pending: HashMap<&'a str, &'a Trial>,
    running: Mutex<Running<'a>>,
    /// Operations of all trials to run, and those done, which give the time left.
    work: AtomicU64,
    done: AtomicU64,
    ended: AtomicU64,
    /// True after the message that this process waits for others.
    waits: AtomicBool,
}

/// The running trials, in the order of the plan.
struct Running<'a> {
    trials: Vec<LiveTrial<'a>>,
    /// Ids of the trials with a warning.
    warned: Vec<String>,
    shown: Instant,
}

impl<'a> Display<'a> {
    /// A display for these trials of a plan, whose earlier curves are in `store`.
    pub fn new(plan: &'a Plan, pending: &[&'a Trial], store: &'a Store) -> Self {
        Self {
            progress: Progress::without_lines(pending.len(), "trials"),
            plan,
            store,
            pending: pending.iter().map(|trial| (trial.id.as_str(), *trial)).collect(),
            running: Mutex::new(Running { trials: Vec::new(), warned: Vec::new(), shown: Instant::now() }),
            work: AtomicU64::new(pending.iter().map(|trial| trial.training_flops).sum()),
            done: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            waits: AtomicBool::new(false),
        }
    }

    /// Time since the sweep began.
    pub fn elapsed(&self) -> Duration {
        self.progress.elapsed()
    }

    fn left(&self) -> Option<Duration> {
        let done = self.done.load(Ordering::Relaxed);
        let rest = self.work.load(Ordering::Relaxed).saturating_sub(done) as f64 / done as f64;
        (done > 0).then(|| self.elapsed().mul_f64(rest))
    }

    fn running(&self) -> MutexGuard<'_, Running<'a>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `act` with a running trial, and shows all of them again.
    fn update(&self, trial: &Trial, act: impl FnOnce(&mut LiveTrial<'a>)) {
        let mut running = self.running();
        if let Some(live) = running.trials.iter_mut().find(|live| live.id() == trial.id) {
            act(live);
        }
        if running.shown.elapsed() >= TABLE {
            self.show(&mut running);
        }
    }

    fn show(&self, running: &mut Running<'a>) {
        running.shown = Instant::now();
        if self.progress.is_hidden() {
            return;
        }
        let (rows, columns) = self.progress.size();
        let mut lines = Vec::new();
        if !running.trials.is_empty() {
            lines = live::lines(&running.trials, Some(columns));
        }
        if lines.len() > rows {
            let hidden = lines.len() - rows + 1;
            lines.truncate(rows.saturating_sub(1));
            lines.push(format!("… {hidden} more"));
        }
        self.progress.set_left(self.left());
        self.progress.show(lines);
    }

    /// Warns once of a network that is useless.
    fn warn(&self, trial: &Trial) {
        let mut running = self.running();
        let concern = running.trials.iter().find(|live| live.id() == trial.id).and_then(LiveTrial::concern);
        let Some(concern) = concern.filter(|_| !running.warned.contains(&trial.id)) else { return };
        running.warned.push(trial.id.clone());
        self.progress.print(&format!("warning: {}: {concern}", trial.name));
    }

    /// Prints a line of `--verbose`.
    fn detail(&self, trial: &Trial, text: &str) {
        if Verbosity::current() == Verbosity::Verbose {
            self.progress.print(&format!("{}: {text}", trial.name));
        }
    }
}

impl Observer for Display<'_> {
    fn started(&self, trial: &Trial) {
        let Some(&trial) = self.pending.get(trial.id.as_str()) else { return };
        // A curve that cannot be read is that of a trial that begins.
        let folder = self.store.trial(&trial.id).ok();
        let curve = folder.and_then(|folder| self.store.running_curve(&folder).ok()).unwrap_or_default();
        let live = LiveTrial::begin(self.plan, trial, curve);
        let earlier = (trial.training_flops as f64 * live.share()) as u64;
        self.work.fetch_sub(earlier.min(self.work.load(Ordering::Relaxed)), Ordering::Relaxed);
        self.progress.set_note("");
        let mut running = self.running();
        let at = running.trials.partition_point(|other| other.index() < live.index());
        running.trials.insert(at, live);
        self.show(&mut running);
        drop(running);
        self.detail(trial, &format!("begins, in trials/{}", trial.id));
    }

    fn advanced(&self, trial: &Trial, images: usize) {
        self.done.fetch_add(images as u64 * trial.flops_per_image, Ordering::Relaxed);
        self.update(trial, |live| live.advance(images));
    }

    fn epoch(&self, trial: &Trial, epoch: &Epoch) {
        let mut text = String::new();
        self.update(trial, |live| {
            live.finish_epoch(epoch_row(&trial.id, epoch));
            text = live.last_epoch();
        });
        self.detail(trial, &text);
        self.warn(trial);
    }

    fn noticed(&self, trial: &Trial, text: &str) {
        self.progress.print(&format!("{} {text}", trial.name));
    }

    fn slowed(&self, started: usize, asked: usize) {
        self.progress.print(&format!(
            "warning: the system allows only {started} of {asked} threads, so {started} trials run in parallel"
        ));
    }

    fn waiting(&self, trials: usize) {
        let message = match trials {
            1 => "waiting for a trial that another process runs".to_owned(),
            trials => format!("waiting for {trials} trials that other processes run"),
        };
        if self.progress.is_hidden() && !self.waits.swap(true, Ordering::Relaxed) {
            print_message(&message);
        }
        self.progress.set_note(message);
    }

    fn finished(&self, trial: &Trial, ending: &Ending) {
        let mut running = self.running();
        running.trials.retain(|live| live.id() != trial.id);
        self.show(&mut running);
        drop(running);
        match ending {
            // Not ended: this process or another goes on with it.
            Ending::Interrupted | Ending::Lost => return self.noticed(trial, &describe(ending)),
            Ending::Elsewhere(_) => {
                self.done.fetch_add(trial.training_flops, Ordering::Relaxed);
            }
            _ => {}
        }
        self.progress.step();
        let ended = self.ended.fetch_add(1, Ordering::Relaxed) + 1;
        let left = self.left().map(|left| format!(", {} left", duration(left))).unwrap_or_default();
        let (all, result) = (self.pending.len(), describe(ending));
        self.progress.print(&format!("[{ended}/{all}] {}: {result}{left}", trial.name));
    }
}

fn describe(ending: &Ending) -> String {
    match ending {
        Ending::Complete { valid_error, test_error } => {
            let errors = [("validation", valid_error), ("test", test_error)];
            let errors = errors.map(|(of, error)| error.map(|error| format!("{of} error {error:.2} %")));
            errors.into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
        Ending::Interrupted => "was interrupted".to_owned(),
        Ending::Elsewhere(status) => format!("{status}, run by another process"),
        Ending::Lost => {
            "lost its lease while this process was suspended: another process took it over, or the lease was \
                         removed"
                .to_owned()
        }
        Ending::Incomplete { status, reason } => format!("{status}: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_have_their_errors_or_their_reason() {
        let complete = |valid_error, test_error| describe(&Ending::Complete { valid_error, test_error });
        assert_eq!(complete(Some(1.5), Some(1.254)), "validation error 1.50 %, test error 1.25 %");
        assert_eq!(complete(None, Some(1.254)), "test error 1.25 %");
        assert_eq!(complete(Some(1.5), None), "validation error 1.50 %");
        let incomplete = Ending::Incomplete {
            status: crate::store::Status::Diverged,
            reason: "the loss became NaN".into(),
        };
        assert_eq!(describe(&incomplete), "diverged: the loss became NaN");
    }
}
