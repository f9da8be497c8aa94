//! A checked sweep as TOML again, every default written out.

use std::fmt::Write;

use serde::Serialize;
use toml::Value;

use super::wire::Matching;
use super::{Axis, CellConfig, Sweep};

#[derive(Serialize)]
struct Head<'s> {
    name: &'s str,
    question: &'s str,
    seeds: Value,
    #[serde(flatten)]
    base: &'s CellConfig,
}

/// The whole spec: reading it gives the same sweep.
pub(super) fn sweep(sweep: &Sweep) -> Result<String, toml::ser::Error> {
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
    writeln!(out, "{key} = {value}").expect("a string takes all that is written to it");
}
