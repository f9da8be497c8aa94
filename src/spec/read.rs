//! Deserialization of a tree of values, with located errors in a spec's terms.

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use toml::Table;

use super::error::{Hint, Problem};
use super::path::Path;
use super::schema::{self, quoted};

/// A problem of a tree of values, and its path.
#[derive(Debug)]
pub(super) struct Fault {
    pub path: Path,
    pub problem: Problem,
}

/// Deserializes a `T`, which refuses unknown keys.
pub(super) fn read<T: DeserializeOwned>(root: Table) -> Result<T, Fault> {
    serde_path_to_error::deserialize(root).map_err(|error| {
        let path = segments(error.path());
        let problem = explain(&path, error.inner().message());
        Fault { path, problem }
    })
}

fn segments(path: &serde_path_to_error::Path) -> Path {
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.clone()),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

/// Translates serde's message into a spec's terms.
fn explain(path: &[String], message: &str) -> Problem {
    let key = path.join(".");
    if message.starts_with("unknown field") {
        return Problem::UnknownKey { hint: schema::hint(path), key };
    }
    if let Some(rest) = message.strip_prefix("unknown variant `")
        && let Some((value, expected)) = rest.rsplit_once("`, expected ")
    {
        let hint = Hint::new(value, quoted(expected));
        return Problem::UnknownValue { key, value: value.to_owned(), hint };
    }
    if message.starts_with("missing field")
        && let Some(field) = quoted(message).next()
    {
        let key = if key.is_empty() { field.to_owned() } else { format!("{key}.{field}") };
        return Problem::Missing(key);
    }
    let mismatch = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    match mismatch.and_then(|mismatch| mismatch.rsplit_once(", expected ")) {
        Some((found, expected)) => {
            Problem::WrongType { key, expected: plain_type(expected), found: plain_value(found) }
        }
        None => Problem::Unusable { key, message: message.to_owned() },
    }
}

fn plain_type(expected: &str) -> String {
    match expected {
        "usize" | "u64" => "a whole number, zero or more",
        "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "a table",
        "string only" | "a string" | "path string" => "a text in quotes",
        "a boolean" => "true or false",
        other if other.starts_with("struct ") => "a table",
        other => other,
    }
    .to_owned()
}

fn plain_value(found: &str) -> String {
    match found {
        "map" => "a table".to_owned(),
        "sequence" => "a list".to_owned(),
        "unit variant" => "a value of another kind".to_owned(),
        other => ["string ", "integer ", "floating point ", "boolean "]
            .iter()
            .find_map(|kind| other.strip_prefix(kind))
            .map_or_else(|| other.to_owned(), |value| value.trim_matches('`').to_owned()),
    }
}
