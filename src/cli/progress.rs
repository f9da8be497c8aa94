//! Progress on standard error. A terminal shows lines that are drawn anew: what runs now, and a bar with the time left. In a
//! pipe there is a line with the time at most once a minute, so what is short prints none.

use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use console::Term;

use super::clock::{duration, end, stamp};
use super::painter::Painter;
use super::terminal::print_message;
use crate::text::printable_lines;
use crate::text::verbosity::Verbosity;
use crate::text::wrap::width;
use crate::threads::lock;

/// Time between two drawings on a terminal, and two lines in a pipe.
const DRAWING: Duration = Duration::from_millis(500);
const LINE: Duration = Duration::from_mins(1);

/// Columns of the bar.
const BAR: usize = 30;

/// The progress of a number of equal things.
pub struct Progress {
    shared: Arc<Shared>,
}

struct Shared {
    /// True if standard error is not a terminal, or only errors are printed.
    is_hidden: bool,
    start: Instant,
    state: Mutex<State>,
    /// Locked after the state.
    painter: Mutex<Painter>,
}

#[derive(Clone, Default)]
struct State {
    done: u64,
    total: u64,
    /// Plural of the things.
    unit: &'static str,
    /// The time left as the caller knows it.
    left: Option<Duration>,
    note: String,
    /// Lines above the bar.
    lines: Vec<String>,
    /// Time of the last line in a pipe, or of the start; absent if none is printed.
    printed: Option<Instant>,
    has_ended: bool,
}

impl Progress {
    /// The progress of `total` things, which are named in the plural.
    pub fn new(total: usize, unit: &'static str) -> Self {
        let progress = Self::without_lines(total, unit);
        if progress.is_hidden() && Verbosity::current() > Verbosity::Quiet {
            progress.shared.state().printed = Some(Instant::now());
        }
        progress
    }

    /// The same, which prints nothing of its own in a pipe.
    pub fn without_lines(total: usize, unit: &'static str) -> Self {
        let terminal = Term::buffered_stderr();
        let shared = Shared {
            is_hidden: !terminal.is_term() || Verbosity::current() == Verbosity::Quiet,
            start: Instant::now(),
            state: Mutex::new(State { total: total as u64, unit, ..State::default() }),
            painter: Mutex::new(Painter::new(terminal)),
        };
        let progress = Self { shared: Arc::new(shared) };
        if !progress.is_hidden() {
            progress.draw_again_and_again();
        }
        progress
    }

    /// Draws until the end, if the system can start a thread. A pipe has none: the threads that a system allows are for the
    /// work.
    fn draw_again_and_again(&self) {
        let shared = Arc::downgrade(&self.shared);
        let run = move || {
            while let Some(shared) = shared.upgrade().filter(|shared| !shared.state().has_ended) {
                shared.draw("");
                drop(shared);
                thread::sleep(DRAWING);
            }
        };
        let _ = thread::Builder::new().name("progress".to_owned()).spawn(run);
    }

    /// True if standard error is not a terminal, or only errors are printed.
    pub fn is_hidden(&self) -> bool {
        self.shared.is_hidden
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.shared.start.elapsed()
    }

    /// One more is done.
    pub fn step(&self) {
        self.shared.state().done += 1;
        self.shared.print_line();
    }

    /// So many are done.
    pub fn set_done(&self, done: usize) {
        self.shared.state().done = done as u64;
        self.shared.print_line();
    }

    /// The time left, instead of that of the things done so far.
    pub fn set_left(&self, left: Option<Duration>) {
        self.shared.state().left = left;
    }

    /// A text behind the bar, such as what is done now.
    pub fn set_note(&self, note: impl Into<String>) {
        self.shared.state().note = note.into();
        self.shared.print_line();
        self.draw();
    }

    /// Shows lines above the bar, which fit the terminal.
    pub fn show(&self, lines: Vec<String>) {
        self.shared.state().lines = lines;
        self.draw();
    }

    /// Rows and columns for [`Progress::show`].
    pub fn size(&self) -> (usize, usize) {
        let (rows, columns) = self.shared.painter().size();
        // The bar and its note.
        (rows.saturating_sub(2), columns)
    }

    fn draw(&self) {
        if !self.is_hidden() {
            self.shared.draw("");
        }
    }

    /// Prints a message of one or more lines above the bar.
    pub fn print(&self, message: &str) {
        let message = printable_lines(message);
        if self.is_hidden() {
            print_message(message);
        } else {
            self.shared.draw(&message);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.has_ended = true;
        if !self.is_hidden() {
            let _ = self.shared.painter().paint("", &[]);
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn painter(&self) -> MutexGuard<'_, Painter> {
        lock(&self.painter)
    }

    /// Draws the lines below a message; none after the end.
    fn draw(&self, message: &str) {
        let state = self.state();
        if state.has_ended {
            return;
        }
        let mut painter = self.painter();
        let mut lines = state.lines.clone();
        lines.extend(state.bar(self.start.elapsed(), painter.size().1));
        // A lost line does no harm: the store has all results.
        let _ = painter.paint(message, &lines);
    }

    /// Prints the progress in one line with the time, if the last one is old.
    fn print_line(&self) {
        let mut state = self.state();
        if state.printed.is_some_and(|printed| printed.elapsed() >= LINE) {
            state.printed = Some(Instant::now());
            print_message(format_args!("{} {}", stamp(), state.parts(self.start.elapsed()).join(", ")));
        }
    }
}

impl State {
    /// The time left: that which the caller knows, or that at the pace so far.
    fn left(&self, elapsed: Duration) -> Option<Duration> {
        let rest = self.total.saturating_sub(self.done) as f64;
        self.left.or_else(|| (self.done > 0).then(|| elapsed.mul_f64(rest / self.done as f64)))
    }

    /// Count, time left, its end, time so far, and note; the most important first.
    fn parts(&self, elapsed: Duration) -> Vec<String> {
        let mut parts = vec![format!("{}/{} {}", self.done, self.total, self.unit)];
        if let Some(left) = self.left(elapsed) {
            parts.extend([format!("{} left", duration(left)), format!("until about {}", end(left))]);
        }
        parts.push(format!("{} elapsed", duration(elapsed)));
        parts.extend(Some(self.note.clone()).filter(|note| !note.is_empty()));
        parts
    }

    /// The bar, with as much as fits, and the note on a line of its own if it does not fit.
    fn bar(&self, elapsed: Duration, columns: usize) -> Vec<String> {
        let mut parts = self.parts(elapsed);
        let is_too_long = |parts: &[String]| width(&parts.join(", ")) > columns;
        let note = (is_too_long(&parts) && !self.note.is_empty()).then(|| parts.pop()).flatten();
        while parts.len() > 1 && is_too_long(&parts) {
            parts.pop();
        }
        let text = parts.join(", ");
        let room = columns.saturating_sub(width(&text) + 2).min(BAR);
        let full = (room as u64 * self.done.min(self.total) / self.total.max(1)) as usize;
        let bar =
            if room < 5 { String::new() } else { "█".repeat(full) + &"░".repeat(room - full) + " " };
        let note = note.map(|note| note.chars().take(columns).collect());
        std::iter::once(bar + &text).chain(note).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_terminal_shows_the_count_and_the_time_left() {
        let (left, note) = (Some(Duration::ZERO), "waiting".to_owned());
        let state = State { done: 3, total: 12, unit: "trials", left, note, ..State::default() };
        let bar = |columns| {
            let lines = state.bar(Duration::from_secs(100), columns);
            assert!(lines.iter().all(|line| width(line) <= columns), "{lines:?}");
            let text = lines.join("\n").replace(['█', '░'], "");
            let clock = text.find("about ").map(|at| text[at + 6..at + 11].to_owned());
            clock.map_or(text.clone(), |clock| text.replace(&clock, "NOW"))
        };
        assert_eq!(bar(120), " 3/12 trials, 0 s left, until about NOW, 1 min 40 s elapsed, waiting");
        assert_eq!(bar(62), "3/12 trials, 0 s left, until about NOW, 1 min 40 s elapsed\nwaiting");
        assert_eq!(bar(38), " 3/12 trials, 0 s left\nwaiting");
        let bar = state.bar(Duration::from_secs(100), 200).remove(0);
        assert_eq!((bar.matches('█').count(), bar.matches('░').count()), (7, 23));
    }

    #[test]
    fn the_time_left_is_absent_until_it_is_known() {
        let begun = State { total: 4, unit: "networks", ..State::default() };
        assert_eq!(begun.parts(Duration::from_secs(2)), ["0/4 networks", "2 s elapsed"]);
        let told = State { left: Some(Duration::from_secs(9)), ..begun };
        assert_eq!(told.parts(Duration::from_secs(2))[1], "9 s left");
    }
}
