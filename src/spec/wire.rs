//! The tables of a spec as they are written, before they are checked against each other.

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::conditions::Conditions;
use super::config::CONFIG_TABLES;
use super::search::Choice;
use super::sweep::{Frozen, Matching, Published, TestSet};
use crate::slurm::settings::Settings;
use crate::{data, model, train};

/// The tables of a spec.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spec {
    /// Name of the results folder; `/` makes folders in folders.
    pub name: String,
    /// The question that the sweep answers, for tables and pages.
    #[serde(default)]
    pub question: String,
    /// Seeds of each cell: a count n of the seeds from 1 to n, or a list.
    pub seeds: Value,
    /// The images.
    pub data: data::Config,
    /// The network.
    pub model: model::Config,
    /// Weights of the penalty terms.
    pub objective: train::Objective,
    /// The schedule.
    pub training: train::Config,
    /// The use of the test images: open if absent, sealed in a spec with a search.
    pub test: Option<TestSet>,
    /// The axes.
    #[serde(default)]
    pub sweep: SweepTable,
    /// The search for the settings of each cell, before the cells are trained.
    pub search: Option<SearchTable>,
    /// The comparison of cells.
    pub compare: Option<CompareTable>,
    /// Conditions that training never saw, under which `drsae unseal` tests every network as well.
    #[serde(default)]
    pub conditions: Conditions,
    /// The origin of a frozen plan; `drsae freeze` writes it.
    pub frozen: Option<Frozen>,
    /// Published errors to list beside the measured ones.
    #[serde(default)]
    pub published: Vec<Published>,
    /// Tasks on a cluster.
    #[serde(default)]
    pub slurm: Settings,
}

/// Axes: lists of values by the dotted path of a setting, such as `"model.steps" = [1, 2]`; `*` in a path is every element
/// of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SweepTable {
    /// Axes of which every value meets every value of the others.
    pub grid: Table,
    /// A table of axes that move together, or a list of such tables. An axis `label` names their cells.
    pub zip: Option<Value>,
    /// Cells to leave out, each by its values on some axes.
    pub exclude: Vec<Table>,
}

/// The comparison of all cells with reference cells, in pairs that share a seed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CompareTable {
    /// Values on some axes of the cells that the others are compared with.
    pub reference: Table,
    /// The quantity for which the others' width is chosen, as near to the reference's as possible and not above it.
    /// All have the width of the spec if absent.
    #[serde(rename = "match")]
    pub matching: Option<Matching>,
    /// Equivalence margin of the test error, percentage points. Nothing is called equivalent if absent.
    pub margin: Option<f64>,
    /// Axes whose values were chosen for each cell: a cell and its reference need not have the same.
    #[serde(default)]
    pub tuned: Vec<String>,
    /// Effects of several cells, such as those of a factorial design.
    #[serde(default)]
    pub effects: Vec<EffectTable>,
}

/// The mean error of some cells less that of as many others, in seeds that they share: a main effect or an interaction of
/// a factorial design (Box, Hunter and Hunter 2005).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EffectTable {
    /// Its name in tables and figures.
    pub name: String,
    /// The cells whose errors count as positive, each by its values on the same axes.
    pub plus: Vec<Table>,
    /// As many cells whose errors count as negative.
    pub minus: Vec<Table>,
    /// Axes of which each value has an effect of its own; over all others it is averaged. All axes on which the cells of
    /// both sides must be alike if absent.
    pub by: Option<Vec<String>>,
}

/// The search for the settings of each group of cells, by validation error and with equal budgets.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchTable {
    /// Axes of the sweep: cells with the same values on them are one group. All axes if absent.
    pub by: Option<Vec<String>>,
    /// The configurations that are tried.
    pub method: MethodName,
    /// Number of draws of `random` and `halving`, which require it.
    pub configurations: Option<usize>,
    /// Epochs over all phases at which trials pause, ascending; `halving` requires it.
    pub rungs: Option<Vec<usize>>,
    /// Divisor of the number of configurations from rung to rung of `halving`; 3 if absent.
    pub reduction: Option<usize>,
    /// Seeds of the search, none of them a seed of the sweep: a count of those from 1001 on, or a list.
    pub seeds: Value,
    /// The rule of choice.
    #[serde(default)]
    pub choose: Choice,
    /// Number of further configurations of each group: beyond the edge where the best lies at one, around the best
    /// otherwise.
    #[serde(default)]
    pub widen: usize,
    /// The settings that are searched: a list of values, or a range such as `{ log = [1e-4, 1e-2] }`, by dotted path.
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
