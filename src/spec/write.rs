//! A checked sweep as TOML, every default written out.

use std::fmt::Write;

use serde::Serialize;
use toml::Value;

use super::config::CellConfig;
use super::sweep::{Axis, Sweep};
use super::wire::Matching;

#[derive(Serialize)]
struct Head<'s> {
    name: &'s str,
    question: &'s str,
    seeds: Value,
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
        write(self)
    }
}

fn write(sweep: &Sweep) -> Result<String, toml::ser::Error> {
    let head =
        Head { name: &sweep.name, question: &sweep.question, seeds: seeds(&sweep.seeds)?, base: &sweep.base };
    let mut out = toml::to_string(&head)?;
    axes(&mut out, &sweep.axes);
    for entries in &sweep.excluded {
        out.push_str("\n[[sweep.exclude]]\n");
        for (path, value) in entries {
            line(&mut out, path, value);
        }
    }
    if let Some(compare) = &sweep.compare {
        out.push_str("\n[compare]\n");
        line(&mut out, "reference", &Value::try_from(&compare.reference)?);
        if compare.matching {
            line(&mut out, "match", &Value::try_from(Matching::Parameters)?);
        }
        if let Some(margin) = compare.margin {
            line(&mut out, "margin", &Value::Float(margin));
        }
    }
    for figure in &sweep.published {
        out.push_str("\n[[published]]\n");
        out.push_str(&toml::to_string(figure)?);
    }
    Ok(out)
}

/// A count where the seeds are 1, 2, 3, …
fn seeds(seeds: &[u64]) -> Result<Value, toml::ser::Error> {
    let counted = seeds.iter().zip(1..).all(|(&seed, position)| seed == position);
    if counted { Value::try_from(seeds.len()) } else { Value::try_from(seeds) }
}

/// Grid axes come before zipped ones, so a group of one axis that follows a larger one is
/// written as a zip.
fn axes(out: &mut String, axes: &[Axis]) {
    let groups: Vec<&[Axis]> = axes.chunk_by(|a, b| a.group == b.group).collect();
    let grid = groups.iter().take_while(|group| group.len() == 1).count();
    if grid > 0 {
        out.push_str("\n[sweep.grid]\n");
    }
    for (index, group) in groups.iter().enumerate() {
        if index >= grid {
            out.push_str("\n[[sweep.zip]]\n");
        }
        for axis in *group {
            line(out, &axis.path, &Value::Array(axis.values.clone()));
        }
    }
}

/// `"path" = value`, on one line.
fn line(out: &mut String, path: &str, value: &Value) {
    let key = if path.contains('.') { format!("\"{path}\"") } else { path.to_owned() };
    writeln!(out, "{key} = {value}").expect("writing to a string does not fail");
}
