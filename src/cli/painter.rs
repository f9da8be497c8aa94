//! Lines at the end of a terminal that are drawn anew.

use std::io;

use console::{Term, truncate_str};

/// The lines of a terminal that are drawn anew. The cursor is below them, where the terminal echoes what is typed.
pub struct Painter {
    terminal: Term,
    shown: usize,
}

impl Painter {
    /// No lines yet, on a terminal that is buffered.
    pub fn new(terminal: Term) -> Self {
        Self { terminal, shown: 0 }
    }

    /// Rows and columns of lines that can be drawn anew: what has left the terminal cannot.
    pub fn size(&self) -> (usize, usize) {
        let (rows, columns) = self.terminal.size();
        (usize::from(rows).saturating_sub(1).max(1), usize::from(columns))
    }

    /// Replaces the lines; `above` stays above them.
    pub fn paint(&mut self, above: &str, lines: &[String]) -> io::Result<()> {
        self.terminal.write_str("\r")?;
        if self.shown > 0 {
            self.terminal.move_cursor_up(self.shown)?;
        }
        self.terminal.clear_to_end_of_screen()?;
        for line in above.lines() {
            self.terminal.write_line(line)?;
        }
        let (rows, columns) = self.size();
        self.shown = lines.len().min(rows);
        for line in &lines[..self.shown] {
            // A line that wraps would be cleared in part.
            self.terminal.write_line(&truncate_str(line, columns, "…"))?;
        }
        self.terminal.flush()
    }
}
