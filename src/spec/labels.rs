//! Labels of zipped cells: one text for each, which names the cell in place of its settings.

use std::collections::HashSet;

use toml::Value;

use super::document::Document;
use super::error::{Error, Problem};
use super::path;
use crate::Invalid;

/// The key of the labels in a zip table, and the path of their axis.
pub const LABEL: &str = "label";

/// Most characters of a label: what the heading of a panel has room for.
const MAX_CHARACTERS: usize = 32;

/// Checks the labels of a zip table, which are at `at`: distinct texts that no table takes for numbers.
pub(super) fn check(doc: &Document, at: &[String], labels: &[Value]) -> Result<(), Error> {
    let mut known = HashSet::new();
    for (index, value) in labels.iter().enumerate() {
        let at = path::child(at, index.to_string());
        let refuse = |reason: String| Err(doc.error(&at, Invalid::new(at.join("."), reason)));
        let Value::String(label) = value else {
            let (key, expected, found) = (at.join("."), "a text in quotes".into(), value.to_string());
            return Err(doc.error(&at, Problem::WrongType { key, expected, found }));
        };
        let is_short = (1..=MAX_CHARACTERS).contains(&label.chars().count());
        if !is_short || label.trim() != label || label.contains(char::is_control) {
            return refuse(format!(
                "must be 1 to {MAX_CHARACTERS} characters on one line, without spaces around them, not {value}"
            ));
        }
        if label.parse::<f64>().is_ok() {
            return refuse(format!("must be more than a number, as which tables would read {value}"));
        }
        if !known.insert(label) {
            return refuse(format!("repeats {value}; every cell needs a label of its own"));
        }
    }
    Ok(())
}
