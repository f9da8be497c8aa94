//! A spec as it is written, before its parts are held against each other.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_path_to_error::Segment;
use toml::{Table, Value};

use super::error::{Hint, Problem};
use super::path::Path;
use super::{CONFIG_TABLES, CellConfig, Published, schema};
use crate::{data, model, slurm, train};

/// The tables of a spec.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spec {
    pub name: String,
    #[serde(default)]
    pub question: String,
    /// A count, or a list of seeds.
    pub seeds: Value,
    pub data: data::Config,
    pub model: model::Config,
    pub objective: train::Objective,
    pub training: train::Config,
    #[serde(default)]
    pub sweep: Sweep,
    pub compare: Option<Compare>,
    #[serde(default)]
    pub published: Vec<Published>,
    #[serde(default)]
    pub slurm: slurm::Settings,
}

/// The `[sweep]` table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Sweep {
    /// Axes of which every value meets every other.
    pub grid: Table,
    /// A table of axes that move together, or a list of such tables.
    pub zip: Option<Value>,
    /// Cells to leave out.
    pub exclude: Vec<Table>,
}

/// The `[compare]` table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Compare {
    pub reference: Table,
    #[serde(rename = "match")]
    pub matching: Option<Matching>,
    pub margin: Option<f64>,
}

/// What the compared networks are made equal in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Matching {
    /// The number of trainable parameters.
    Parameters,
}

/// What is wrong with a tree of values, and at which path.
#[derive(Debug)]
pub(super) struct Fault {
    pub path: Path,
    pub problem: Problem,
}

/// Adds the tables of a trial that are absent, since all of their settings have defaults.
pub(super) fn with_config_tables(mut root: Table) -> Table {
    for key in CONFIG_TABLES {
        root.entry(key).or_insert_with(|| Value::Table(Table::new()));
    }
    root
}

impl Spec {
    /// The config of the trial that the base tables are.
    pub fn base(&self) -> CellConfig {
        CellConfig {
            data: self.data.clone(),
            model: self.model.clone(),
            objective: self.objective,
            training: self.training.clone(),
        }
    }
}

/// Reads a `T`, which refuses keys that it does not know.
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

/// Says in a spec's terms what serde says in Rust's.
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

/// The parts of a message that stand in back quotes.
pub(super) fn quoted(message: &str) -> impl Iterator<Item = &str> {
    message.split('`').skip(1).step_by(2)
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
