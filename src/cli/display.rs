//! Observer of running trials. A terminal shows each of them with its curve, and a bar with the time left; elsewhere there is
//! a line for each trial that ends.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::clock::duration;
use super::live::{self, LiveTrial};
use super::progress::Progress;
use super::terminal::print_message;
use crate::engine::{Ending, Observer, epoch_row};
use crate::plan::{Plan, Trial};
use crate::store::Store;
use crate::text::verbosity::Verbosity;
use crate::threads::lock;
use crate::train::Epoch;

/// Time between two tables of the running trials.
const TABLE: Duration = Duration::from_millis(250);

/// Shows a sweep's progress on standard error.
pub struct Display<'a> {
    progress: Progress,
    plan: &'a Plan,
    store: &'a Store,
    trials: usize,
    state: Mutex<State<'a>>,
    /// Operations done, by this process or others.
    done: AtomicU64,
    ended: AtomicUsize,
    /// True after the message that this process waits for others.
    waits: AtomicBool,
}

/// The trials that have not ended.
struct State<'a> {
    waiting: HashMap<&'a str, &'a Trial>,
    /// In the order of the plan.
    running: Vec<LiveTrial<'a>>,
    /// Ids of the trials with a warning.
    warned: Vec<String>,
    shown: Instant,
}

impl<'a> State<'a> {
    fn live(&mut self, trial: &Trial) -> Option<&mut LiveTrial<'a>> {
        self.running.iter_mut().find(|live| live.trial().id == trial.id)
    }

    /// A waiting trial begins, with the curve of earlier runs.
    fn start(&mut self, live: LiveTrial<'a>) {
        let trial = live.trial();
        self.waiting.remove(trial.id.as_str());
        let at = self.running.partition_point(|other| other.trial().index < trial.index);
        self.running.insert(at, live);
    }

    /// A running trial stops before its end.
    fn stop(&mut self, trial: &Trial) {
        let stopped = self.running.extract_if(.., |live| live.trial().id == trial.id);
        self.waiting.extend(stopped.map(|live| (live.trial().id.as_str(), live.trial())));
    }

    fn end(&mut self, trial: &Trial) {
        self.running.retain(|live| live.trial().id != trial.id);
        self.waiting.remove(trial.id.as_str());
    }

    /// Floating-point operations that are left.
    fn rest(&self) -> f64 {
        let waiting = self.waiting.values().map(|trial| trial.own_flops() as f64);
        waiting.chain(self.running.iter().map(LiveTrial::rest)).sum()
    }
}

impl<'a> Display<'a> {
    /// A display for these trials of a plan, whose earlier curves are in `store`.
    pub fn new(plan: &'a Plan, pending: &[&'a Trial], store: &'a Store) -> Self {
        Self {
            progress: Progress::without_lines(pending.len(), "trials"),
            plan,
            store,
            trials: pending.len(),
            state: Mutex::new(State {
                waiting: pending.iter().map(|trial| (trial.id.as_str(), *trial)).collect(),
                running: Vec::new(),
                warned: Vec::new(),
                shown: Instant::now(),
            }),
            done: AtomicU64::new(0),
            ended: AtomicUsize::new(0),
            waits: AtomicBool::new(false),
        }
    }

    /// Time since the sweep began.
    pub fn elapsed(&self) -> Duration {
        self.progress.elapsed()
    }

    /// Time left, if operations go on at the rate so far.
    fn left(&self, state: &State<'_>) -> Option<Duration> {
        let done = self.done.load(Ordering::Relaxed);
        (done > 0).then(|| self.elapsed().mul_f64(state.rest() / done as f64))
    }

    fn state(&self) -> MutexGuard<'_, State<'a>> {
        lock(&self.state)
    }

    /// Calls `act` with a running trial, and shows all of them again.
    fn update(&self, trial: &Trial, act: impl FnOnce(&mut LiveTrial<'a>)) {
        let mut state = self.state();
        if let Some(live) = state.live(trial) {
            act(live);
        }
        if state.shown.elapsed() >= TABLE {
            self.show(&mut state);
        }
    }

    fn show(&self, state: &mut State<'a>) {
        state.shown = Instant::now();
        if self.progress.is_hidden() {
            return;
        }
        let (rows, columns) = self.progress.size();
        let mut lines = Vec::new();
        if !state.running.is_empty() {
            lines = live::lines(&state.running, Some(columns));
        }
        if lines.len() > rows {
            let hidden = lines.len() - rows + 1;
            lines.truncate(rows.saturating_sub(1));
            lines.push(format!("… {hidden} more"));
        }
        self.progress.set_left(self.left(state));
        self.progress.show(lines);
    }

    /// Warns once of a network that is useless.
    fn warn(&self, trial: &Trial) {
        let mut state = self.state();
        let concern = state.live(trial).and_then(|live| live.concern());
        let Some(concern) = concern.filter(|_| !state.warned.contains(&trial.id)) else { return };
        state.warned.push(trial.id.clone());
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
        let Some(&trial) = self.state().waiting.get(trial.id.as_str()) else { return };
        // A curve that cannot be read is that of a trial that begins.
        let folder = self.store.trial(&trial.id).ok();
        let curve = folder.and_then(|folder| self.store.running_curve(&folder, trial.paused_id()).ok());
        let live = LiveTrial::begin(self.plan, trial, curve.unwrap_or_default());
        self.progress.set_note("");
        let mut state = self.state();
        state.start(live);
        self.show(&mut state);
        drop(state);
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
        let mut state = self.state();
        let ends = !matches!(ending, Ending::Interrupted | Ending::Lost);
        // Otherwise this process or another goes on with it.
        if ends {
            state.end(trial);
        } else {
            state.stop(trial);
        }
        if matches!(ending, Ending::Elsewhere(_)) {
            self.done.fetch_add(trial.own_flops(), Ordering::Relaxed);
        }
        self.show(&mut state);
        let left = self.left(&state).map(|left| format!(", {} left", duration(left))).unwrap_or_default();
        drop(state);
        if !ends {
            return self.noticed(trial, &describe(ending));
        }
        self.progress.step();
        let ended = self.ended.fetch_add(1, Ordering::Relaxed) + 1;
        let (all, result) = (self.trials, describe(ending));
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
    use std::fs;

    use super::*;
    use crate::plan::Paused;
    use crate::plan::tests::plan;
    use crate::store::{self, EpochRow, Status, TimingRow};

    #[test]
    fn the_work_is_that_of_the_epochs_that_are_left() {
        let mut plan = plan("");
        let epoch = plan.trials[0].training_flops;
        let paused = Paused { id: plan.trials[0].id.clone(), training_flops: epoch };
        plan.trials[1].config.training.phases[0].epochs = 4;
        plan.trials[1].training_flops = 4 * epoch;
        plan.trials[1].continues = Some(paused);
        let [paused, trial] = &plan.trials[..] else { panic!("two seeds") };
        let results = tempfile::tempdir().unwrap();
        let store = Store::open(&results.path().join("a"), "name = \"a\"\n").unwrap();
        let folder = store.trial(&paused.id).unwrap();
        fs::create_dir_all(folder.path()).unwrap();
        let curve = store::csv(&[EpochRow { epoch: 1, ..EpochRow::default() }]).unwrap();
        fs::write(folder.path().join("epochs.csv"), curve).unwrap();
        let timing = store::csv(&[TimingRow { epoch: 1, ..TimingRow::default() }]).unwrap();
        fs::write(folder.path().join("timing.csv"), timing).unwrap();

        let display = Display::new(&plan, &[trial], &store);
        let rest = || display.state().rest() / epoch as f64;
        assert_eq!(rest(), 3.0, "one of four epochs is done");
        display.started(trial);
        assert_eq!(rest(), 3.0);
        display.advanced(trial, trial.images() as usize / 8);
        assert_eq!(rest(), 2.5);
        display.finished(trial, &Ending::Lost);
        assert_eq!(rest(), 3.0, "another process may begin it");
        display.started(trial);
        let diverged = Ending::Incomplete { status: Status::Diverged, reason: "the loss became NaN".into() };
        display.finished(trial, &diverged);
        assert_eq!(rest(), 0.0, "the rest need not be done");
    }

    #[test]
    fn work_of_another_process_counts_as_done() {
        let plan = plan("");
        let results = tempfile::tempdir().unwrap();
        let store = Store::open(&results.path().join("a"), "name = \"a\"\n").unwrap();
        let display = Display::new(&plan, &plan.trials.iter().collect::<Vec<_>>(), &store);
        assert_eq!(display.left(&display.state()), None);
        display.finished(&plan.trials[0], &Ending::Elsewhere(Status::Complete));
        assert_eq!(display.state().rest(), plan.trials[1].training_flops as f64);
        assert!(display.left(&display.state()).is_some());
    }

    #[test]
    fn endings_have_their_errors_or_their_reason() {
        let complete = |valid_error, test_error| describe(&Ending::Complete { valid_error, test_error });
        assert_eq!(complete(Some(1.5), Some(1.254)), "validation error 1.50 %, test error 1.25 %");
        assert_eq!(complete(None, Some(1.254)), "test error 1.25 %");
        assert_eq!(complete(Some(1.5), None), "validation error 1.50 %");
        let incomplete =
            Ending::Incomplete { status: Status::Diverged, reason: "the loss became NaN".into() };
        assert_eq!(describe(&incomplete), "diverged: the loss became NaN");
    }
}
