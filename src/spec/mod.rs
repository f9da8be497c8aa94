//! What is asked, checked: a TOML spec becomes a [`Sweep`] that cannot be wrong.
//!
//! A spec's tables `[data]`, `[model]`, `[objective]` and `[training]` are one complete
//! trial. `[sweep]` varies it: an axis is a dotted path into those tables with a list of
//! values, lists inside the path by index (`training.phases.1.rate`).
//!
//! | table | meaning |
//! |---|---|
//! | `[sweep.grid]` | every value of each axis meets every value of the others |
//! | `[sweep.zip]`, `[[sweep.zip]]` | the axes of one table move together |
//! | `[[sweep.exclude]]` | leaves out the cells that have all of its values |
//! | `[compare]` | `reference`: the axis value that the others are compared with; `match = "parameters"`: the others' width is chosen for the same number of parameters; `margin`: percentage points of test error below which a difference is none that matters |
//! | `[[published]]` | a figure of others to stand beside those measured: `system`, its test `error` in percent, and its `source` |
//!
//! In these four tables `model.steps` and `"model.steps"` are the same axis. An override
//! `path=value` replaces one setting of the spec before anything is checked; everything
//! after `sweep.grid.` (`sweep.zip.`, `sweep.zip.0.`, `sweep.exclude.0.`,
//! `compare.reference.`) is the path of one axis, quoted or not. Its value is TOML, or a
//! bare word.
//!
//! `[slurm]` is how the sweep runs on a cluster, and no part of its results: see [`slurm::Settings`].

mod axes;
mod document;
mod error;
mod expand;
mod overrides;
mod parts;
mod path;
mod schema;
mod site;
mod wire;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use self::axes::Located;
use self::document::Document;
pub use self::error::{Error, Hint, Place, Problem};
use self::overrides::Override;
pub use self::site::slurm_settings;
use crate::text::{printable, reserved};
use crate::{Invalid, data, model, slurm, train};

/// The tables of a spec that describe one trial.
const CONFIG_TABLES: [&str; 4] = ["data", "model", "objective", "training"];

/// A spec larger than this, in bytes, is not read.
const MAX_BYTES: u64 = 1 << 20;

/// A sweep of more trials than this is refused.
const MAX_TRIALS: usize = 1_000_000;

/// A checked spec: every cell of it is a config that can be trained.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// Name of the results folder.
    pub name: String,
    /// What the sweep is to find out; empty where not said.
    pub question: String,
    /// Distinct seeds; every cell is trained with each.
    pub seeds: Vec<u64>,
    /// The trial that the base tables describe.
    pub base: CellConfig,
    /// What varies, in the order of the spec: the grid's axes, then the zipped ones.
    pub axes: Vec<Axis>,
    /// Combinations of axis values that are left out.
    pub excluded: Vec<BTreeMap<String, Value>>,
    /// What is compared with what.
    pub compare: Option<Compare>,
    /// Figures of others that stand beside those measured.
    pub published: Vec<Published>,
    /// How the sweep runs on a cluster; not part of what is computed or of [`Sweep::to_toml`].
    pub slurm: slurm::Settings,
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

/// What the other cells are compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Compare {
    /// Axis path → the value of the cells that the others are compared with.
    pub reference: BTreeMap<String, Value>,
    /// Choose the others' width for the reference's number of parameters.
    pub matching: bool,
    /// A difference in test error that is smaller is none that matters, percentage points;
    /// more than 0. Without it, no difference is called equivalent to none.
    pub margin: Option<f64>,
}

/// A test error that others published on the same data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// What reached it.
    pub system: String,
    /// The error, percent.
    pub error: f64,
    /// Where the figure was read, or that it was not.
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

/// All that decides a trial but its seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellConfig {
    /// Which images.
    pub data: data::Config,
    /// Which network.
    pub model: model::Config,
    /// Weights of the penalty terms.
    pub objective: train::Objective,
    /// The schedule.
    pub training: train::Config,
}

/// All that decides a trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialConfig {
    /// Seed of every random choice.
    pub seed: u64,
    /// Which images.
    pub data: data::Config,
    /// Which network.
    pub model: model::Config,
    /// Weights of the penalty terms.
    pub objective: train::Objective,
    /// The schedule.
    pub training: train::Config,
}

impl CellConfig {
    /// This cell's trial with the given seed.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> TrialConfig {
        let Self { data, model, objective, training } = self;
        TrialConfig { seed, data, model, objective, training }
    }

    fn validate(&self) -> Result<(), Invalid> {
        validate(&self.data, &self.model, &self.objective, &self.training)
    }
}

/// Refuses tables that no trial can have.
fn validate(
    data: &data::Config,
    model: &model::Config,
    objective: &train::Objective,
    training: &train::Config,
) -> Result<(), Invalid> {
    data.validate()?;
    model.validate()?;
    objective.validate()?;
    training.validate()
}

/// Why a text is no trial's config.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It is not such a TOML text.
    #[error("{0}")]
    Syntax(String),
    /// It asks for what no trial can have.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

impl TrialConfig {
    /// Reads what [`TrialConfig::to_toml`] wrote, and checks it as a spec is checked.
    ///
    /// # Errors
    /// The text is no config, or one that no spec can give.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let syntax = |error: toml::de::Error| ConfigError::Syntax(printable(error.message()).into_owned());
        let config: Self = toml::from_str(text).map_err(syntax)?;
        validate(&config.data, &config.model, &config.objective, &config.training)?;
        Ok(config)
    }

    /// The config as TOML, every default written out.
    ///
    /// # Errors
    /// A seed above 2^63 − 1 or a folder that is not UTF-8, which no spec can name.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }
}

impl Sweep {
    /// Reads and checks the spec at `path`, with `overrides` of the form `path=value` in
    /// place.
    ///
    /// # Errors
    /// The first thing wrong with the file, the overrides or the sweep, and where.
    pub fn load(path: &Path, overrides: &[String]) -> Result<Self, Error> {
        Self::parse(&read_file(path)?, &path.display().to_string(), overrides)
    }

    /// Checks the spec `text`; `file` names it in errors.
    ///
    /// # Errors
    /// The first thing wrong with the text, the overrides or the sweep, and where.
    pub fn parse(text: &str, file: &str, overrides: &[String]) -> Result<Self, Error> {
        let doc = document(text, file, overrides)?;
        let spec: wire::Spec = doc.read(wire::with_config_tables(doc.table.clone()))?;
        check(&doc, spec)
    }

    /// Where a spec says `key`, or else the nearest table around it: for errors that show
    /// once the sweep is planned.
    #[must_use]
    pub fn place_of(key: &str, path: &Path, overrides: &[String]) -> Place {
        let file = path.display().to_string();
        let place = || -> Result<Place, Error> {
            let text = read_file(path).unwrap_or_default();
            Ok(document(&text, &file, overrides)?.place(&path::split(key)))
        };
        place().unwrap_or_else(|error| error.place)
    }

    /// The spec with every default written out, overrides in place. Parsing it gives an
    /// equal sweep.
    ///
    /// # Errors
    /// As [`TrialConfig::to_toml`]; a sweep that was read from TOML can be written.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        write::sweep(self)
    }
}

/// The text as a tree, with the overrides in place.
fn document<'t>(text: &'t str, file: &'t str, overrides: &[String]) -> Result<Document<'t>, Error> {
    let mut doc = Document::parse(text, file)?;
    for text in overrides {
        doc.apply(Override::parse(text)?)?;
    }
    Ok(doc)
}

/// Reads a file of at most [`MAX_BYTES`].
fn read_file(path: &Path) -> Result<String, Error> {
    let read = || -> io::Result<Result<String, Problem>> {
        let file = fs::File::open(path)?;
        let bytes = file.metadata()?.len();
        if bytes > MAX_BYTES {
            return Ok(Err(Problem::TooLarge { bytes, max: MAX_BYTES }));
        }
        let mut text = String::new();
        file.take(MAX_BYTES).read_to_string(&mut text)?;
        Ok(Ok(text))
    };
    read().unwrap_or_else(|error| Err(Problem::Unreadable(error))).map_err(|problem| Error {
        place: Place::File(path.display().to_string()),
        problem: Box::new(problem),
    })
}

fn check(doc: &Document, spec: wire::Spec) -> Result<Sweep, Error> {
    let blame = |invalid| doc.invalid(invalid);
    check_name(&spec.name).map_err(blame)?;
    let seeds = read_seeds(&spec.seeds).map_err(blame)?;
    let config = spec.base();
    config.validate().map_err(blame)?;
    spec.published.iter().enumerate().try_for_each(check_published).map_err(blame)?;
    spec.slurm.validate().map_err(blame)?;

    let base = base_tables(&doc.table);
    let located = axes::read(doc, &base, &spec.sweep)?;
    let excluded = axes::read_excluded(doc, &base, &located, &spec.sweep.exclude)?;
    let compare =
        spec.compare.as_ref().map(|compare| axes::read_compare(doc, &located, compare)).transpose()?;
    let cells = expand::cells(doc, &base, &located, &excluded, seeds.len())?;
    Ok(Sweep {
        name: spec.name,
        question: spec.question,
        seeds,
        base: config,
        axes: located.into_iter().map(|Located { axis, .. }| axis).collect(),
        excluded,
        compare,
        published: spec.published,
        slurm: spec.slurm,
        cells,
    })
}

/// The tables that describe one trial, as written: those that are absent, empty.
fn base_tables(root: &Table) -> Table {
    CONFIG_TABLES
        .into_iter()
        .map(|key| {
            let table = root.get(key).cloned().unwrap_or_else(|| Value::Table(Table::new()));
            (key.to_owned(), table)
        })
        .collect()
}

/// The name becomes a folder's.
/// Folders in the results of a sweep, in which no other sweep may lie.
const OF_A_SWEEP: [&str; 5] = ["analysis", "replaced", "running", "slurm", "trials"];

fn check_name(name: &str) -> Result<(), Invalid> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_folder = |part: &str| {
        part.bytes().all(|byte| plain(byte) || b"._-".contains(&byte))
            && part.bytes().next().is_some_and(plain)
            && !reserved(part)
            && !OF_A_SWEEP.contains(&part)
    };
    if name.len() <= 64 && name.split('/').all(is_folder) {
        return Ok(());
    }
    let reason = format!(
        "becomes a folder, or folders with `/` between them: 1 to 64 of a-z, 0-9, `.`, `_` and `-`, of each \
         folder the first a letter or a digit, the last no `.`, no device of Windows such as `con`, and no \
         folder of a sweep such as `trials`; not {name:?}"
    );
    Err(Invalid::new("name", reason))
}

fn check_published((index, figure): (usize, &Published)) -> Result<(), Invalid> {
    if (0.0..=100.0).contains(&figure.error) {
        return Ok(());
    }
    let reason = format!("must be a share in percent, from 0 to 100, not {}", figure.error);
    Err(Invalid::new(format!("published.{index}.error"), reason))
}

/// A count n means the seeds 1 to n.
fn read_seeds(seeds: &Value) -> Result<Vec<u64>, Invalid> {
    let whole = |value: &Value| value.as_integer().and_then(|seed| u64::try_from(seed).ok());
    let Value::Array(list) = seeds else {
        return match whole(seeds) {
            Some(count @ 1..) if count <= MAX_TRIALS as u64 => Ok((1..=count).collect()),
            _ => {
                let reason = format!(
                    "must be a count from 1 to {MAX_TRIALS}, or a list of whole numbers, not {seeds}"
                );
                Err(Invalid::new("seeds", reason))
            }
        };
    };
    if list.is_empty() {
        return Err(Invalid::new("seeds", "must list at least one seed"));
    }
    let mut seen = BTreeSet::new();
    for (index, value) in list.iter().enumerate() {
        let at = || format!("seeds.{index}");
        let seed = whole(value).ok_or_else(|| {
            Invalid::new(at(), format!("must be a whole number, zero or more, not {value}"))
        })?;
        if !seen.insert(seed) {
            return Err(Invalid::new(at(), format!("repeats the seed {seed}")));
        }
    }
    Ok(list.iter().filter_map(whole).collect())
}

/// A setting's value as text for tables and file names: strings bare, numbers as short as
/// can be.
#[must_use]
pub fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Float(number) => number.to_string(),
        other => other.to_string(),
    }
}

/// A cell's settings in words, for messages.
#[must_use]
pub fn label(settings: &[(String, Value)]) -> String {
    let setting = |(path, value): &(String, Value)| format!("`{path}` = {}", text(value));
    printable(&settings.iter().map(setting).collect::<Vec<_>>().join(", ")).into_owned()
}

#[cfg(test)]
pub(crate) mod tests;
