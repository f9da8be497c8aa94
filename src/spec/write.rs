//! A checked sweep as TOML, every default written out.

use std::fmt::Write;
use std::path::PathBuf;

use serde::Serialize;
use toml::{Table, Value};

use super::config::CellConfig;
use super::labels::LABEL;
use super::search::{Dimension, Method, Range, Search, Values};
use super::sweep::{Axis, Effect, Sweep, TestSet};
use super::wire::MethodName;
use crate::data;

#[derive(Serialize)]
struct Head<'s> {
    name: &'s str,
    question: &'s str,
    seeds: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    test: Option<TestSet>,
    #[serde(flatten)]
    base: &'s CellConfig,
}

impl Sweep {
    /// The spec as TOML with every default written out and overrides in place. Parsing it gives an
    /// equal sweep, but for [`Sweep::slurm`].
    ///
    /// # Errors
    /// As [`super::TrialConfig::to_toml`]; a sweep that was read from TOML can be written.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        write(self, &self.base)
    }

    /// That text without the location of the data, which may move between a plan and its trials.
    ///
    /// # Errors
    /// As [`Sweep::to_toml`].
    pub fn to_toml_without_paths(&self) -> Result<String, toml::ser::Error> {
        let data = self.base.data.without_paths();
        write(self, &CellConfig { data, ..self.base.clone() })
    }

    /// That text with the location of the data as another spec gives it.
    ///
    /// # Errors
    /// As [`Sweep::to_toml`].
    pub fn to_toml_with_paths_of(&self, other: &Self) -> Result<String, toml::ser::Error> {
        let data::Config { folder, file, .. } = other.base.data.clone();
        let data = data::Config { folder, file, ..self.base.data.clone() };
        write(self, &CellConfig { data, ..self.base.clone() })
    }

    /// The location of the data as overrides, for a text without it.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        let data::Config { folder, file, .. } = &self.base.data;
        let set = |key: &str, path: &PathBuf| {
            // A path that came from TOML is UTF-8.
            format!("data.{key}={}", Value::from(path.to_string_lossy().into_owned()))
        };
        let folder = folder.iter().map(|path| set("folder", path));
        folder.chain(file.iter().map(|path| set("file", path))).collect()
    }
}

fn write(sweep: &Sweep, base: &CellConfig) -> Result<String, toml::ser::Error> {
    let head = Head {
        name: &sweep.name,
        question: &sweep.question,
        seeds: seeds(&sweep.seeds)?,
        // Specs from before the setting stay as they are.
        test: (sweep.test == TestSet::Sealed).then_some(sweep.test),
        base,
    };
    let mut out = toml::to_string(&head)?;
    axes(&mut out, &sweep.axes, &sweep.labelled);
    for entries in &sweep.excluded {
        out.push_str("\n[[sweep.exclude]]\n");
        for (path, value) in entries {
            line(&mut out, path, value);
        }
    }
    if let Some(search) = &sweep.search {
        write_search(&mut out, search)?;
    }
    if let Some(compare) = &sweep.compare {
        out.push_str("\n[compare]\n");
        line(&mut out, "reference", &Value::try_from(&compare.reference)?);
        if let Some(matching) = compare.matching {
            line(&mut out, "match", &Value::try_from(matching)?);
        }
        if let Some(margin) = compare.margin {
            line(&mut out, "margin", &Value::Float(margin));
        }
        if !compare.tuned.is_empty() {
            line(&mut out, "tuned", &Value::try_from(&compare.tuned)?);
        }
        for Effect { name, plus, minus, by, .. } in &compare.effects {
            out.push_str("\n[[compare.effects]]\n");
            line(&mut out, "name", &Value::from(name.as_str()));
            line(&mut out, "plus", &Value::try_from(plus)?);
            line(&mut out, "minus", &Value::try_from(minus)?);
            line(&mut out, "by", &Value::try_from(by)?);
        }
    }
    if !sweep.conditions.is_empty() {
        out.push_str("\n[conditions]\n");
        out.push_str(&toml::to_string(&sweep.conditions)?);
    }
    if let Some(frozen) = &sweep.frozen {
        out.push_str("\n[frozen]\n");
        out.push_str(&toml::to_string(frozen)?);
    }
    for figure in &sweep.published {
        out.push_str("\n[[published]]\n");
        out.push_str(&toml::to_string(figure)?);
    }
    Ok(out)
}

/// The `[search]` table.
fn write_search(out: &mut String, search: &Search) -> Result<(), toml::ser::Error> {
    out.push_str("\n[search]\n");
    let integer = |count: usize| Value::try_from(count);
    line(out, "by", &Value::try_from(&search.by)?);
    let name = match search.method {
        Method::Grid => MethodName::Grid,
        Method::Random { .. } => MethodName::Random,
        Method::Halving { .. } => MethodName::Halving,
    };
    line(out, "method", &Value::from(name.name()));
    if let Method::Random { configurations } | Method::Halving { configurations, .. } = search.method {
        line(out, "configurations", &integer(configurations)?);
    }
    if let Method::Halving { rungs, reduction, .. } = &search.method {
        line(out, "rungs", &Value::try_from(rungs)?);
        line(out, "reduction", &integer(*reduction)?);
    }
    line(out, "seeds", &Value::try_from(&search.seeds)?);
    line(out, "choose", &Value::try_from(search.choose)?);
    line(out, "widen", &integer(search.widen)?);
    out.push_str("\n[search.space]\n");
    for Dimension { path, values } in &search.space {
        let values = match values {
            Values::List(values) => Value::Array(values.clone()),
            Values::Range(range) => range_table(*range),
        };
        line(out, path, &values);
    }
    Ok(())
}

/// The table of a range: its kind and its ends.
fn range_table(range: Range) -> Value {
    let (kind, ends): (_, [Value; 2]) = match range {
        Range::Log(low, high) => ("log", [low.into(), high.into()]),
        Range::Linear(low, high) => ("linear", [low.into(), high.into()]),
        Range::Integer(low, high) => ("integer", [low.into(), high.into()]),
    };
    Value::Table(Table::from_iter([(kind.to_owned(), Value::Array(ends.to_vec()))]))
}

/// A count where the seeds are 1, 2, 3, …
fn seeds(seeds: &[u64]) -> Result<Value, toml::ser::Error> {
    let counted = seeds.iter().zip(1..).all(|(&seed, position)| seed == position);
    if counted { Value::try_from(seeds.len()) } else { Value::try_from(seeds) }
}

/// Grid axes come before zipped ones, so a group of one axis that follows a larger one is
/// written as a zip. The settings of a label follow it.
fn axes(out: &mut String, axes: &[Axis], labelled: &[Axis]) {
    let groups: Vec<&[Axis]> = axes.chunk_by(|a, b| a.group == b.group).collect();
    let grid = groups.iter().take_while(|group| group.len() == 1 && group[0].path != LABEL).count();
    if grid > 0 {
        out.push_str("\n[sweep.grid]\n");
    }
    for (index, group) in groups.iter().enumerate() {
        if index >= grid {
            out.push_str("\n[[sweep.zip]]\n");
        }
        let behind_label = labelled.iter().filter(|axis| axis.group == group[0].group);
        for axis in group.iter().chain(behind_label) {
            line(out, &axis.path, &Value::Array(axis.values.clone()));
        }
    }
}

/// `"path" = value`, on one line.
fn line(out: &mut String, path: &str, value: &Value) {
    let key = if path.contains('.') { format!("\"{path}\"") } else { path.to_owned() };
    writeln!(out, "{key} = {value}").expect("writing to a string does not fail");
}
