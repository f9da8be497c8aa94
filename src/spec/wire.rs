//! The tables of a spec as they are written, before they are checked against each other.

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::config::{CONFIG_TABLES, CellConfig};
use super::search::Choice;
use super::sweep::{Frozen, Matching, Published, TestSet};
use crate::slurm::settings::Settings;
use crate::{data, model, train};

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
    /// Open where it is absent, sealed in a spec with a search.
    pub test: Option<TestSet>,
    #[serde(default)]
    pub sweep: SweepTable,
    pub search: Option<SearchTable>,
    pub compare: Option<CompareTable>,
    pub frozen: Option<Frozen>,
    #[serde(default)]
    pub published: Vec<Published>,
    #[serde(default)]
    pub slurm: Settings,
}

/// The `[sweep]` table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SweepTable {
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
pub(super) struct CompareTable {
    pub reference: Table,
    #[serde(rename = "match")]
    pub matching: Option<Matching>,
    pub margin: Option<f64>,
    #[serde(default)]
    pub tuned: Vec<String>,
}

/// The `[search]` table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchTable {
    pub by: Option<Vec<String>>,
    pub method: MethodName,
    pub configurations: Option<usize>,
    pub rungs: Option<Vec<usize>>,
    pub reduction: Option<usize>,
    pub seeds: Value,
    #[serde(default)]
    pub choose: Choice,
    #[serde(default)]
    pub widen: usize,
    pub space: Table,
}

/// The method of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum MethodName {
    Grid,
    Random,
    Halving,
}

impl MethodName {
    /// The name in specs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grid => "grid",
            Self::Random => "random",
            Self::Halving => "halving",
        }
    }
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
            objective: self.objective.clone(),
            training: self.training.clone(),
        }
    }
}
