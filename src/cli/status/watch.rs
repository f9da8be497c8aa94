//! A status that renews itself until the sweep has ended.

use std::io::Write;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use console::Term;

use crate::cli::clock::stamp;
use crate::cli::painter::Painter;
use crate::cli::terminal::{has_reader, output};

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
/// the last one in place; a pipe gets a line a minute, with the time in front, until its reader closes it.
pub fn watch(
    interval: Option<Duration>,
    mut render: impl FnMut(Option<usize>) -> Result<Screen>,
) -> Result<()> {
    let terminal = Term::buffered_stdout();
    if !terminal.is_term() {
        loop {
            let screen = render(None)?;
            let mut out = output();
            writeln!(out, "{} {}", stamp(), screen.line)?;
            out.flush()?;
            drop(out);
            if screen.has_ended || !has_reader() {
                return Ok(());
            }
            thread::sleep(interval.unwrap_or(LINE));
        }
    }
    let mut painter = Painter::new(terminal);
    loop {
        let (rows, columns) = painter.size();
        let mut screen = render(Some(columns))?;
        if screen.lines.len() > rows {
            let hidden = screen.lines.len() - rows + 1;
            screen.lines.truncate(rows - 1);
            screen.lines.push(format!("… {hidden} more lines; `drsae status` prints all"));
        }
        painter.paint("", &screen.lines)?;
        if screen.has_ended {
            return Ok(());
        }
        thread::sleep(interval.unwrap_or(SCREEN));
    }
}
