//! A checked sweep.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Value;

use super::config::CellConfig;
use crate::slurm::settings::Settings;
use crate::text::printable;

/// A checked spec: every cell of it is a config that can be trained.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// Name of the results folder.
    pub name: String,
    /// The question that the sweep answers; may be empty.
    pub question: String,
    /// Distinct seeds; every cell is trained with each.
    pub seeds: Vec<u64>,
    /// The trial that the base tables describe.
    pub base: CellConfig,
    /// The axes in the order of the spec: those of the grid, then the zipped ones.
    pub axes: Vec<Axis>,
    /// Combinations of axis values that are left out.
    pub excluded: Vec<BTreeMap<String, Value>>,
    /// The comparison.
    pub compare: Option<Compare>,
    /// Published errors to list beside the measured ones.
    pub published: Vec<Published>,
    /// Settings of a cluster; no part of the results or of [`Sweep::to_toml`].
    pub slurm: Settings,
    /// Every combination of axis values that is not left out, the first axis varying
    /// slowest. No two have the same config.
    pub cells: Vec<Cell>,
}

/// Values for the setting at a dotted path.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Dotted path of the setting, such as `training.phases.1.rate`.
    pub path: String,
    /// At least one value.
    pub values: Vec<Value>,
    /// Axes of one group move together, those of different groups independently; counted
    /// from 0 without gaps.
    pub group: usize,
}

/// The comparison of all cells with reference cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Compare {
    /// Axis path → the value of the cells that the others are compared with.
    pub reference: BTreeMap<String, Value>,
    /// True if the others' width is chosen for the reference's number of parameters.
    pub matching: bool,
    /// Equivalence margin of the test error, percentage points, more than 0. Without it, nothing is called
    /// equivalent.
    pub margin: Option<f64>,
}

/// A published test error on the same data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// The system.
    pub system: String,
    /// The error, percent.
    pub error: f64,
    /// The source of the error, or a note that it was not read there.
    pub source: String,
}

/// One combination of axis values.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// (axis path, value) in the order of the axes.
    pub settings: Vec<(String, Value)>,
    /// The base trial with these settings.
    pub config: CellConfig,
}

/// A value as text for tables and file names: strings without quotes, numbers in their shortest form.
#[must_use]
pub fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Float(number) => number.to_string(),
        other => other.to_string(),
    }
}

/// A cell's settings as text for messages.
#[must_use]
pub fn label(settings: &[(String, Value)]) -> String {
    let setting = |(path, value): &(String, Value)| format!("`{path}` = {}", text(value));
    printable(&settings.iter().map(setting).collect::<Vec<_>>().join(", ")).into_owned()
}
