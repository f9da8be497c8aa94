//! Observer of running trials. On a terminal it shows a bar for each trial and the time left, elsewhere it prints
//! a line for each trial that ends.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::terminal::print_message;
use crate::engine::{Ending, Observer};
use crate::plan::{Plan, Trial};
use crate::store::Concern;
use crate::text::printable;
use crate::train::Epoch;

/// Shows a sweep's progress on standard error.
pub struct Display {
    bars: MultiProgress,
    total: ProgressBar,
    running: Mutex<HashMap<String, ProgressBar>>,
    /// Operations of all trials to run, and those done, which give the time left.
    work: u64,
    done: AtomicU64,
    ended: AtomicU64,
    images: HashMap<String, u64>,
    watched: Mutex<HashMap<String, Watched>>,
    /// True after the message that this process waits for others.
    waits: AtomicBool,
    start: Instant,
}

/// A trial whose network may turn out useless.
struct Watched {
    /// Classes of its images.
    classes: usize,
    /// The concern of its last validation.
    last: Option<Concern>,
    is_reported: bool,
}

impl Display {
    /// A display for these trials of a plan.
    pub fn new(plan: &Plan, pending: &[&Trial]) -> Self {
        let bars = MultiProgress::new();
        let total = bars.add(ProgressBar::new(pending.len() as u64));
        total.set_style(style("{bar:30} {pos}/{len} trials, {elapsed} elapsed{msg}"));
        tick(&total);
        let watched = |trial: &&Trial| {
            let classes = plan.facts(trial).shape.classes;
            (trial.id.clone(), Watched { classes, last: None, is_reported: false })
        };
        Self {
            bars,
            total,
            running: Mutex::default(),
            work: pending.iter().map(|trial| trial.training_flops).sum(),
            done: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            images: pending.iter().map(|trial| (trial.id.clone(), trial.images())).collect(),
            watched: Mutex::new(pending.iter().map(watched).collect()),
            waits: AtomicBool::new(false),
            start: Instant::now(),
        }
    }

    /// Time since the sweep began.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn left(&self) -> String {
        let done = self.done.load(Ordering::Relaxed);
        if done == 0 {
            return String::new();
        }
        let rest = self.work.saturating_sub(done) as f64 / done as f64;
        format!(", {} left", duration(self.start.elapsed().mul_f64(rest)))
    }

    /// Prints a line above the bars.
    fn print(&self, line: &str) {
        let line = printable(line);
        if self.bars.is_hidden() {
            print_message(line);
        } else {
            // A lost line does no harm: the store has all results.
            let _ = self.bars.println(line);
        }
    }

    /// Warns once of a network that is useless.
    fn warn(&self, trial: &Trial, epoch: &Epoch) {
        let Some(valid) = &epoch.validation else { return };
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Watched { classes, last, is_reported }) = watched.get_mut(&trial.id) else { return };
        let now = Concern::of(Some(valid.live), epoch.train.class.map(|_| valid.error), *classes);
        if let Some(concern) = Concern::lasting(*last, now).filter(|_| !*is_reported) {
            *is_reported = true;
            self.print(&format!("warning: {}: {concern}", trial.name));
        }
        *last = now;
    }

    fn with_bar(&self, trial: &Trial, act: impl FnOnce(&ProgressBar)) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = running.get(&trial.id) {
            act(bar);
        }
    }
}

impl Observer for Display {
    fn started(&self, trial: &Trial) {
        let bar = self.bars.insert_before(&self.total, ProgressBar::new(self.images[&trial.id]));
        bar.set_style(style("{prefix:40} {bar:20} {msg}"));
        bar.set_prefix(trial.name.clone());
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(trial.id.clone(), bar);
    }

    fn advanced(&self, trial: &Trial, images: usize) {
        self.done.fetch_add(images as u64 * trial.flops_per_image, Ordering::Relaxed);
        self.with_bar(trial, |bar| bar.inc(images as u64));
    }

    fn epoch(&self, trial: &Trial, epoch: &Epoch) {
        let error = epoch.validation.as_ref().map(|valid| format!(", validation error {:.2} %", valid.error));
        let message = format!("phase {}, epoch {}{}", epoch.phase, epoch.epoch, error.unwrap_or_default());
        self.with_bar(trial, |bar| bar.set_message(message));
        self.warn(trial, epoch);
        self.total.set_message(self.left());
    }

    fn noticed(&self, trial: &Trial, text: &str) {
        self.print(&format!("{} {text}", trial.name));
    }

    fn slowed(&self, started: usize, asked: usize) {
        self.print(&format!(
            "warning: the system allows only {started} of {asked} threads, so {started} trials run in parallel"
        ));
    }

    fn waiting(&self, trials: usize) {
        let message = match trials {
            1 => "waiting for a trial that another process runs".to_owned(),
            trials => format!("waiting for {trials} trials that other processes run"),
        };
        self.total.set_message(format!(", {message}"));
        if self.bars.is_hidden() && !self.waits.swap(true, Ordering::Relaxed) {
            print_message(message);
        }
    }

    fn finished(&self, trial: &Trial, ending: &Ending) {
        let bar = self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&trial.id);
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        match ending {
            // Not ended: this process or another goes on with it.
            Ending::Interrupted | Ending::Lost => return self.noticed(trial, &describe(ending)),
            Ending::Elsewhere(_) => {
                self.done.fetch_add(trial.training_flops, Ordering::Relaxed);
            }
            _ => {}
        }
        self.total.inc(1);
        let ended = self.ended.fetch_add(1, Ordering::Relaxed) + 1;
        let (all, result) = (self.images.len(), describe(ending));
        self.print(&format!("[{ended}/{all}] {}: {result}{}", trial.name, self.left()));
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.total.finish_and_clear();
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

/// Redraws a bar twice a second while it is shown, if the system can start a thread.
pub fn tick(bar: &ProgressBar) {
    const INTERVAL: Duration = Duration::from_millis(500);

    if bar.is_hidden() {
        return;
    }
    let bar = bar.downgrade();
    let draw = move || {
        while let Some(bar) = bar.upgrade().filter(|bar| !bar.is_finished()) {
            bar.tick();
            drop(bar);
            thread::sleep(INTERVAL);
        }
    };
    let _ = thread::Builder::new().name("bar".to_owned()).spawn(draw);
}

/// A bar's style.
pub fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A duration in two units: `42 s`, `7 min 5 s`, `2 h 3 min`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_to_seconds_and_have_two_units() {
        let text = |seconds| duration(Duration::from_secs_f64(seconds));
        let texts = [0.0, 0.4, 42.0, 59.4, 59.6, 425.0, 3599.6, 7380.0, 7439.0, 360_000.0].map(text);
        let expected = [
            "0 s",
            "0 s",
            "42 s",
            "59 s",
            "1 min 0 s",
            "7 min 5 s",
            "1 h 0 min",
            "2 h 3 min",
            "2 h 3 min",
            "100 h 0 min",
        ];
        assert_eq!(texts, expected);
    }

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
