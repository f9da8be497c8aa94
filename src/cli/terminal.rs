//! Output of commands: results on standard output, messages on standard error.
//!
//! Both escape control characters in values read from files. A failed write of a result is an error, unless the reader
//! has closed the pipe, as `head` does: the command then goes on to its end and its exit code. A failed write of a
//! message is ignored: a closed terminal, or a full disk under a log, does not end a sweep.

use std::borrow::Cow;
use std::env;
use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use console::Term;

use crate::text::table::Space;
use crate::text::verbosity::Verbosity;
use crate::text::{message, printable, printable_lines, shown};
use crate::{data, store};

/// Standard output cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output")]
struct Unwritable(#[source] io::Error);

/// Standard output.
pub fn output() -> impl Write {
    Output { out: io::stdout().lock() }
}

/// True once the reader of standard output has closed it.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// True until a write to standard output has found that its reader closed it.
pub fn has_reader() -> bool {
    !CLOSED.load(Ordering::Relaxed)
}

/// Columns of a text if the output is not a terminal.
const PIPE_WIDTH: usize = 100;
/// Rows of a table on a terminal.
const ROWS: usize = 40;

/// The space that a terminal has; none if standard output is not one. `COLUMNS` replaces its width.
pub fn space() -> Option<Space> {
    let terminal = Term::stdout();
    let asked = || env::var("COLUMNS").ok()?.parse().ok().filter(|&columns| columns > 0);
    let own = || terminal.size_checked().map(|(_, columns)| usize::from(columns));
    let columns = || asked().or_else(own).unwrap_or(PIPE_WIDTH);
    terminal.is_term().then(|| Space { columns: Some(columns()), rows: Some(ROWS) })
}

/// The same for tables that people read, whose width is limited in a pipe as well.
pub fn page() -> Space {
    space().unwrap_or(Space::of_columns(PIPE_WIDTH))
}

/// Prints a message of one or more lines to standard error, unless only errors are printed.
pub fn print_message(message: impl Display) {
    if Verbosity::current() > Verbosity::Quiet {
        print_error(message);
    }
}

/// Prints the path of a file that was written, if `--verbose` asks for it.
pub fn print_written(path: &Path) {
    if Verbosity::current() == Verbosity::Verbose {
        print_error(format_args!("wrote {}", shown(path)));
    }
}

/// Prints an error of one or more lines to standard error.
pub fn print_error(message: impl Display) {
    let text = format!("{message}\n");
    let _ = io::stderr().write_all(printable_lines(&text).as_bytes());
}

/// Prints an error with its causes; returns the exit code.
pub fn fail(error: &anyhow::Error) -> ExitCode {
    print_error(format_args!("error: {}", with_causes(error)));
    ExitCode::from(2)
}

/// An error and its causes, each on one line, except those with lists and diffs.
fn with_causes(error: &anyhow::Error) -> String {
    let cause = |cause: &(dyn std::error::Error + 'static)| {
        let text = message(cause);
        let in_lines = cause.is::<store::Error>() || cause.is::<data::Error>();
        if in_lines { text } else { printable(&text).into_owned() }
    };
    error.chain().map(cause).collect::<Vec<_>>().join(": ")
}

/// Prints the help or the error of a command line; returns the exit code.
pub fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let unwritable = |source: io::Error| fail(&source.into());
        return unless_closed(error.print()).map_or_else(unwritable, |()| ExitCode::SUCCESS);
    }
    let is_plain = |word: OsString| matches!(printable(&word.to_string_lossy()), Cow::Borrowed(_));
    if env::args_os().all(is_plain) {
        // clap formats its own colours and lines.
        let _ = error.print();
    } else {
        print_error(printable(error.render().to_string().trim_end()));
    }
    ExitCode::from(2)
}

/// The result of writing to standard output, whose reader may close it.
fn unless_closed(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            CLOSED.store(true, Ordering::Relaxed);
            Ok(())
        }
        written => written.map_err(|source| io::Error::new(source.kind(), Unwritable(source))),
    }
}

struct Output<W> {
    out: W,
}

impl<W: Write> Write for Output<W> {
    /// Writes all bytes or none. Callers write whole characters.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        unless_closed(self.out.write_all(printable_lines(&text).as_bytes()))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        unless_closed(self.out.flush())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_has_no_control_characters_and_json_keeps_its_meaning() {
        let mut output = Output { out: Vec::new() };
        let value = "a\u{9b}2J\u{7f}\u{202e}b";
        writeln!(output, "\u{1b}[31m\r±\t{}", serde_json::json!(value)).unwrap();
        let text = String::from_utf8(output.out).unwrap();
        assert_eq!(text, "\\u001b[31m\\r±\t\"a\\u009b2J\\u007f\\u202eb\"\n");
        let (_, json) = text.trim_end().split_once('\t').unwrap();
        assert_eq!(serde_json::from_str::<String>(json).unwrap(), value);
    }

    /// A pipe that nobody reads, or a full disk.
    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn a_closed_pipe_ends_nothing_and_a_full_disk_is_an_error() {
        let mut closed = Output { out: Broken(ErrorKind::BrokenPipe) };
        for _ in 0..2 {
            writeln!(closed, "a").unwrap();
            closed.flush().unwrap();
        }
        assert!(!has_reader());
        let mut full = Output { out: Broken(ErrorKind::StorageFull) };
        assert!(full.flush().is_err());
        let text = format!("{:#}", anyhow::Error::from(writeln!(full, "a").unwrap_err()));
        assert!(text.starts_with("cannot write to standard output: "), "{text}");
    }

    #[test]
    fn no_cause_fakes_a_line() {
        let error = anyhow::Error::msg("bad row\nerror: all lost").context("cannot read a\u{1b}[2J");
        assert_eq!(with_causes(&error), r"cannot read a\u001b[2J: bad row\nerror: all lost");
        let listed = store::Error::OtherSweep { path: "a\nb".into(), diff: "-1\n+2\n".to_owned() };
        let text = with_causes(&listed.into());
        assert!(text.starts_with(r"a\nb holds") && text.contains(":\n\n-1\n+2\n"), "{text}");
    }
}
