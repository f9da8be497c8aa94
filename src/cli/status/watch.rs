//! A status that renews itself until the sweep has ended.

use std::io::Write;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use console::{Term, truncate_str};
use jiff::Timestamp;

use crate::cli::terminal::output;

/// Time between two screens on a terminal, and two lines elsewhere.
const SCREEN: Duration = Duration::from_secs(2);
const LINE: Duration = Duration::from_mins(1);

/// A status at one moment.
pub struct Screen {
    /// Its lines.
    pub lines: Vec<String>,
    /// The same in one line.
    pub line: String,
    /// True if no trial runs and none is pending.
    pub has_ended: bool,
}

/// Shows the screens of `render`, which is called with the columns of a terminal, until the sweep has ended. A terminal shows
/// the last one in place; a pipe gets a line a minute, with the time in front.
pub fn watch(
    interval: Option<Duration>,
    mut render: impl FnMut(Option<usize>) -> Result<Screen>,
) -> Result<()> {
    let terminal = Term::stdout();
    if !terminal.is_term() {
        loop {
            let screen = render(None)?;
            let mut out = output();
            writeln!(out, "{} {}", Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ"), screen.line)?;
            out.flush()?;
            drop(out);
            if screen.has_ended {
                return Ok(());
            }
            thread::sleep(interval.unwrap_or(LINE));
        }
    }
    let mut shown = 0;
    loop {
        let (rows, columns) = terminal.size();
        let mut screen = render(Some(usize::from(columns)))?;
        // One row is left for the cursor: a scrolled line could not be cleared.
        let fit = usize::from(rows).saturating_sub(1).max(1);
        if screen.lines.len() > fit {
            let hidden = screen.lines.len() - fit + 1;
            screen.lines.truncate(fit - 1);
            screen.lines.push(format!("… {hidden} more lines; `drsae status` prints all"));
        }
        terminal.clear_last_lines(shown)?;
        for line in &screen.lines {
            // A line that wraps would be cleared in part.
            terminal.write_line(&truncate_str(line, usize::from(columns), "…"))?;
        }
        shown = screen.lines.len();
        if screen.has_ended {
            return Ok(());
        }
        thread::sleep(interval.unwrap_or(SCREEN));
    }
}
