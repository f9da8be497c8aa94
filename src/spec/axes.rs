//! The `[sweep]` table, and values on its axes that other tables name.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::config::{CONFIG_TABLES, CellConfig};
use super::document::Document;
use super::error::{Error, Hint, Problem};
use super::labels::{self, LABEL};
use super::path::{self, Path};
use super::read::{Fault, read as deserialize};
use super::schema;
use super::sweep::{Axis, text};
use super::wire;
use crate::Invalid;

/// Maximum number of segments of a setting's path.
const MAX_SEGMENTS: usize = 8;

/// An axis and the path of its list of values.
pub(super) struct LocatedAxis {
    pub axis: Axis,
    pub at: Path,
    /// True if the label of its group names the cells in its place.
    pub is_labelled: bool,
}

/// The axes that cells are named by.
pub(super) fn naming(axes: &[LocatedAxis]) -> impl Iterator<Item = &Axis> + Clone {
    axes.iter().filter(|found| !found.is_labelled).map(|found| &found.axis)
}

/// Reads `sweep.grid`, then `sweep.zip`: each grid axis is a group by itself, the axes of
/// one zip table are one group, named by its label if it has one.
pub(super) fn read(
    doc: &Document,
    base: &Table,
    sweep: &wire::SweepTable,
) -> Result<Vec<LocatedAxis>, Error> {
    let mut axes = Vec::new();
    let mut groups = 0;
    for entry in path::entries(&sweep.grid, &path::split("sweep.grid"), &|_| false) {
        if entry.0 == LABEL {
            let reason = "names zipped cells; write it in `[sweep.zip]`, beside their settings";
            return Err(doc.error(&entry.1, Invalid::new("sweep.grid.label", reason)));
        }
        add(doc, base, &mut axes, entry, groups)?;
        groups += 1;
    }
    for (table, at) in zips(doc, sweep.zip.as_ref())? {
        let first = axes.len();
        for entry in path::entries(table, &at, &|_| false) {
            add(doc, base, &mut axes, entry, groups)?;
        }
        equal_lengths(doc, &axes[first..])?;
        apply_label(doc, &mut axes[first..])?;
        groups += 1;
    }
    for set in doc.overrides() {
        let swept = axes.iter().find(|found| path::includes(found.axis.path.split('.'), set.path()));
        if let Some(found) = swept {
            return Err(set.error(Problem::Swept { axis: found.axis.path.clone() }));
        }
    }
    Ok(axes)
}

fn zips<'s>(doc: &Document, zip: Option<&'s Value>) -> Result<Vec<(&'s Table, Path)>, Error> {
    let at = path::split("sweep.zip");
    let refuse = |at: &[String], value: &Value| wrong_type(doc, at, "a table of lists", value);
    match zip {
        None => Ok(Vec::new()),
        Some(Value::Table(table)) => Ok(vec![(table, at)]),
        Some(Value::Array(tables)) => tables
            .iter()
            .enumerate()
            .map(|(index, value)| {
                let at = path::child(&at, index.to_string());
                let table = value.as_table().ok_or_else(|| refuse(&at, value))?;
                Ok((table, at))
            })
            .collect(),
        Some(other) => Err(refuse(&at, other)),
    }
}

fn wrong_type(doc: &Document, at: &[String], expected: &str, found: &Value) -> Error {
    let key = at.join(".");
    doc.error(at, Problem::WrongType { key, expected: expected.into(), found: found.to_string() })
}

fn add(
    doc: &Document,
    base: &Table,
    axes: &mut Vec<LocatedAxis>,
    (path, at, values): (String, Path, &Value),
    group: usize,
) -> Result<(), Error> {
    let Value::Array(values) = values else {
        return Err(wrong_type(doc, &at, "a list of values", values));
    };
    if values.is_empty() {
        return Err(doc.error(&at, Problem::EmptyAxis(path)));
    }
    for other in axes.iter().map(|other| &other.axis.path) {
        if *other == path {
            return Err(doc.error(&at, Problem::Twice(path)));
        }
        if path::covers(other, &path) || path::covers(&path, other) {
            return Err(doc.error(&at, Problem::Overlap(other.clone(), path)));
        }
    }
    if path == LABEL {
        labels::check(doc, &at, values)?;
    } else {
        check_values(doc, base, (&path, &at), values)?;
    }
    axes.push(LocatedAxis { axis: Axis { path, values: values.clone(), group }, at, is_labelled: false });
    Ok(())
}

/// Marks the settings of a zip table that its label stands for.
fn apply_label(doc: &Document, zipped: &mut [LocatedAxis]) -> Result<(), Error> {
    let Some(label) = zipped.iter().find(|found| found.axis.path == LABEL) else { return Ok(()) };
    if zipped.len() == 1 {
        let reason = "names cells without settings; list those beside it";
        return Err(doc.error(&label.at, Invalid::new(label.at.join("."), reason)));
    }
    for found in zipped {
        found.is_labelled = found.axis.path != LABEL;
    }
    Ok(())
}

fn check_values(
    doc: &Document,
    base: &Table,
    (path, at): (&str, &Path),
    values: &[Value],
) -> Result<(), Error> {
    for (index, value) in values.iter().enumerate() {
        check_value(base, path, value).map_err(|problem| {
            let value_at = || path::child(at, index.to_string());
            let blamed = if is_of_path(&problem, path) { at.clone() } else { value_at() };
            doc.error(&blamed, problem)
        })?;
    }
    Ok(())
}

/// Checks that the setting exists and that the value has its type.
pub(super) fn check_value(base: &Table, path: &str, value: &Value) -> Result<(), Problem> {
    let segments = path::split(path);
    // A quoted key may have any number of them, and each would be a table in another.
    if segments.len() > MAX_SEGMENTS {
        return Err(Problem::TooDeep { start: segments[..MAX_SEGMENTS].join("."), max: MAX_SEGMENTS });
    }
    if !CONFIG_TABLES.contains(&segments[0].as_str()) {
        return Err(without_table(path, &segments));
    }
    let mut table = base.clone();
    path::set(&mut table, &segments, value.clone())?;
    deserialize::<CellConfig>(table).map(|_| ()).map_err(|Fault { problem, .. }| problem)
}

/// The problem of an axis that begins with no table of a trial.
fn without_table(path: &str, segments: &[String]) -> Problem {
    let (path, mut meant) = (path.to_owned(), schema::ending_in(segments));
    match meant.len() {
        0 => Problem::NotSweepable(path),
        1 => Problem::WithoutTable { path, hint: Hint::DidYouMean(meant.remove(0)) },
        _ => Problem::WithoutTable { path, hint: Hint::OneOf(meant) },
    }
}

/// True if no value at all would be valid at `path`.
fn is_of_path(problem: &Problem, path: &str) -> bool {
    match problem {
        Problem::UnknownKey { key, .. } => path::covers(key, path),
        Problem::NoElement { .. }
        | Problem::NoIndex { .. }
        | Problem::NotATable { .. }
        | Problem::NotSweepable(_)
        | Problem::WithoutTable { .. }
        | Problem::TooDeep { .. } => true,
        _ => false,
    }
}

fn equal_lengths(doc: &Document, zipped: &[LocatedAxis]) -> Result<(), Error> {
    let Some((first, rest)) = zipped.split_first() else { return Ok(()) };
    let length = first.axis.values.len();
    match rest.iter().find(|other| other.axis.values.len() != length) {
        None => Ok(()),
        Some(other) => Err(doc.error(
            &other.at,
            Problem::Unequal {
                first: first.axis.path.clone(),
                length,
                second: other.axis.path.clone(),
                other: other.axis.values.len(),
            },
        )),
    }
}

/// Reads `sweep.exclude`. A value that its axis does not have now excludes nothing, so that
/// an axis can be narrowed by an override; one that the setting cannot have is refused, and so is an unknown label.
pub(super) fn read_excluded(
    doc: &Document,
    base: &Table,
    axes: &[LocatedAxis],
    tables: &[Table],
) -> Result<Vec<BTreeMap<String, Value>>, Error> {
    let mut excluded = Vec::new();
    for (index, table) in tables.iter().enumerate() {
        let at = path::child(&path::split("sweep.exclude"), index.to_string());
        let mut entries = BTreeMap::new();
        for (path, at, value) in on_axes(doc, axes, table, &at)? {
            if path == LABEL {
                known_value(doc, axes, (&path, &at, value))?;
            } else {
                check_value(base, &path, value).map_err(|problem| doc.error(&at, problem))?;
            }
            entries.insert(path, value.clone());
        }
        excluded.push(entries);
    }
    Ok(excluded)
}

/// The value as the axis has it; refuses one that it does not have.
pub(super) fn known_value<'a>(
    doc: &Document,
    axes: &'a [LocatedAxis],
    (path, at, value): (&str, &[String], &Value),
) -> Result<&'a Value, Error> {
    let known = naming(axes).filter(|known| known.path == path).flat_map(|known| &known.values);
    known.clone().find(|known| path::same(known, value)).ok_or_else(|| {
        let hint = Hint::OneOf(known.map(text).collect());
        doc.error(at, Problem::NotOnAxis { path: path.to_owned(), value: value.to_string(), hint })
    })
}

/// The entries of a table of (axis, value); refuses keys that are no axes.
pub(super) fn on_axes<'t>(
    doc: &Document,
    axes: &[LocatedAxis],
    table: &'t Table,
    at: &[String],
) -> Result<Vec<(String, Path, &'t Value)>, Error> {
    let paths = || naming(axes).map(|axis| axis.path.as_str());
    let is_axis = |path: &str| paths().any(|axis| axis == path);
    let entries = path::entries(table, at, &is_axis);
    match entries.iter().find(|(path, ..)| !is_axis(path)) {
        None => Ok(entries),
        Some((path, at, _)) => {
            let hint = Hint::new(path, paths());
            Err(doc.error(at, Problem::NotAnAxis { path: path.clone(), hint }))
        }
    }
}
