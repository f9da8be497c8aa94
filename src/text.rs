//! Formatting of messages and tables.

pub mod table;
pub mod verbosity;
pub mod wrap;

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write;
use std::path::Path;

/// An error and its causes on one line.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(message(error), |text, cause| format!("{text}: {}", message(cause)))
}

/// The text of an error alone, to which candle adds a backtrace if `RUST_BACKTRACE` asks for those of panics.
pub fn message(error: &(dyn Error + 'static)) -> String {
    match error.downcast_ref() {
        Some(candle_core::Error::WithBacktrace { inner, .. }) => message(inner.as_ref()),
        _ => error.to_string(),
    }
}

/// Escapes every control character as JSON does, so that a value moves no cursor and fakes no line on a
/// terminal.
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, &[])
}

/// As [`printable`], but keeps line feeds and tabs.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, &['\n', '\t'])
}

/// A path for a message, [`printable`].
pub fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy()).into_owned()
}

fn escaped<'t>(text: &'t str, kept: &[char]) -> Cow<'t, str> {
    let escapes = |letter: char| is_control(letter) && !kept.contains(&letter);
    if !text.contains(escapes) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(2 * text.len());
    for letter in text.chars() {
        match letter {
            '\n' if escapes('\n') => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' if escapes('\t') => out.push_str("\\t"),
            // All of them are below U+10000: four digits, as JSON wants them.
            letter if escapes(letter) => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    Cow::Owned(out)
}

/// True if a letter is C0, DEL, C1, a separator of lines or paragraphs, or changes the direction of text.
fn is_control(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A word, quoted for a shell if necessary.
pub fn shell_quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=+:,@%".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// True if Windows cannot have a file of this name: results may be copied there.
pub fn reserved(name: &str) -> bool {
    const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
    const PORTS: [&str; 2] = ["com", "lpt"];
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_port = |port: &&str| {
        stem.strip_prefix(*port).is_some_and(|number| matches!(number.as_bytes(), [b'0'..=b'9']))
    };
    name.ends_with('.') || DEVICES.contains(&stem.as_str()) || PORTS.iter().any(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_is_shown_as_it_is() {
        let hostile = "a\u{1b}[31m\u{7}b\u{7f}\u{9b}2J\u{202e}c\u{2066}\u{2028}\r\n\t";
        let shown = r"a\u001b[31m\u0007b\u007f\u009b2J\u202ec\u2066\u2028\r";
        assert_eq!(printable(hostile), format!(r"{shown}\n\t"));
        assert_eq!(printable_lines(hostile), format!("{shown}\n\t"));
        assert_eq!(super::shown(Path::new("x\ny")), r"x\ny");
        let json = format!("\"{}\"", printable(hostile));
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), hostile);
    }

    #[test]
    fn plain_text_is_shown_as_it_is() {
        for plain in ["", "drsae-t2", "±γ — naïve", "مرحبا", "\\n"] {
            assert!(matches!(printable(plain), Cow::Borrowed(same) if same == plain));
        }
    }

    #[test]
    fn devices_of_windows_are_reserved_whatever_they_end_in() {
        for name in ["nul", "Con", "aux.txt", "com1", "LPT9.a.b", "a.", "a.."] {
            assert!(reserved(name), "{name}");
        }
        for name in ["null", "console", "com", "com10", "lpta", "a.nul", "depth"] {
            assert!(!reserved(name), "{name}");
        }
    }

    #[test]
    fn causes_follow_their_error() {
        let cause = std::io::Error::other("disk full");
        let error = crate::store::Error::Write { path: "a.csv".into(), source: cause };
        assert_eq!(chain(&error), "cannot write a.csv: disk full");
    }
}
