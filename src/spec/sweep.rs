//! A checked sweep.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Value;

use super::conditions::Conditions;
use super::config::CellConfig;
use super::search::Search;
use crate::data;
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
    /// The axes in the order of the spec: those of the grid, then the zipped ones. Settings with a label are the one
    /// axis [`LABEL`](super::LABEL).
    pub axes: Vec<Axis>,
    /// The settings that the label stands for, of the label's group.
    pub labelled: Vec<Axis>,
    /// Combinations of axis values that are left out.
    pub excluded: Vec<BTreeMap<String, Value>>,
    /// The use of the test images.
    pub test: TestSet,
    /// The search for the settings of each cell, before the cells are trained.
    pub search: Option<Search>,
    /// The comparison.
    pub compare: Option<Compare>,
    /// Conditions that training never saw, under which networks are tested as well.
    pub conditions: Conditions,
    /// The origin of a plan that was frozen after a search.
    pub frozen: Option<Frozen>,
    /// Published errors to list beside the measured ones.
    pub published: Vec<Published>,
    /// Settings of a cluster; no part of the results or of [`Sweep::to_toml`].
    pub slurm: Settings,
    /// Every combination of axis values that is not left out, the first axis varying
    /// slowest. No two have the same config.
    pub cells: Vec<Cell>,
}

/// The use of the test images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TestSet {
    /// Every trial is tested when it has been trained.
    #[default]
    Open,
    /// No test image is read before the whole sweep is complete and unsealed.
    Sealed,
}

impl TestSet {
    /// The images that training and validation need.
    #[must_use]
    pub fn part(self) -> data::Part {
        match self {
            Self::Open => data::Part::All,
            Self::Sealed => data::Part::Training,
        }
    }
}

/// The origin of a frozen plan. The plan is the spec that holds this table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frozen {
    /// SHA-256 of the spec of the search, every default written out.
    pub spec: String,
    /// SHA-256 of `search.csv`.
    pub search: String,
    /// The cells that are compared with their reference; Holm's adjustment is over all of them.
    pub contrasts: Vec<String>,
    /// The trials that are left out.
    pub exclusions: String,
}

/// Values for the setting at a dotted path.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Dotted path of the setting, such as `training.phases.1.rate`; `*` in place of an index is
    /// every element of the list. Or [`LABEL`](super::LABEL).
    pub path: String,
    /// At least one value.
    pub values: Vec<Value>,
    /// Axes of one group move together, those of different groups independently; counted
    /// from 0 without gaps.
    pub group: usize,
}

/// The comparison of all cells with reference cells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Compare {
    /// Axis path → the value of the cells that the others are compared with.
    pub reference: BTreeMap<String, Value>,
    /// The quantity for which the others' width is chosen, as near to the reference's as possible and not above
    /// it. Without it, all have the width of the spec.
    pub matching: Option<Matching>,
    /// Equivalence margin of the test error, percentage points, more than 0. Without it, nothing is called
    /// equivalent.
    pub margin: Option<f64>,
    /// Axes whose values were chosen for each cell: a cell and its reference need not have the same.
    pub tuned: Vec<String>,
    /// Effects of several cells.
    pub effects: Vec<Effect>,
}

/// The mean error of some cells less that of as many others, in seeds that they share: a main effect or an interaction
/// of a factorial design (Box, Hunter and Hunter 2005, *Statistics for Experimenters*).
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// Its name, which no other effect has.
    pub name: String,
    /// Axis path → value of the cells whose errors count as positive; all name the same axes.
    pub plus: Vec<BTreeMap<String, Value>>,
    /// Those whose errors count as negative; as many.
    pub minus: Vec<BTreeMap<String, Value>>,
    /// Axes on which the cells of both sides are alike: all but those that are tuned or follow from `plus` and `minus`.
    pub alike: Vec<String>,
    /// Of these, axes of which each value has an effect of its own. Over the others it is averaged.
    pub by: Vec<String>,
}

/// The quantity that compared networks have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Matching {
    /// The number of trainable parameters.
    Parameters,
    /// The floating-point operations of the matrix products of a training step.
    Operations,
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
    crate::value::Value::from(value).to_string()
}

/// A cell's settings as text for messages.
#[must_use]
pub fn label(settings: &[(String, Value)]) -> String {
    let setting = |(path, value): &(String, Value)| format!("`{path}` = {}", text(value));
    printable(&settings.iter().map(setting).collect::<Vec<_>>().join(", ")).into_owned()
}
