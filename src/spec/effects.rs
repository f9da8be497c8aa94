//! `[[compare.effects]]`: contrasts of several cells, such as the main effects and interactions of a factorial design.

use std::collections::BTreeMap;

use toml::Value;

use super::axes::{LocatedAxis, known_value, naming, on_axes};
use super::document::Document;
use super::error::{Error, Hint, Problem};
use super::path::{self, Path};
use super::sweep::{Cell, Compare, Effect};
use super::wire;
use crate::Invalid;

/// Values of a cell on some axes.
type Selector = BTreeMap<String, Value>;

/// Reads the effects of a comparison whose axes in `tuned` were chosen for each cell.
pub(super) fn read(
    doc: &Document,
    axes: &[LocatedAxis],
    effects: &[wire::EffectTable],
    tuned: &[String],
) -> Result<Vec<Effect>, Error> {
    let read = |(index, effect): (usize, &wire::EffectTable)| {
        let earlier = &effects[..index];
        if effect.name.trim().is_empty() || earlier.iter().any(|known| known.name == effect.name) {
            return Err(refused(doc, &place(index), "name", "must be a text that no other effect has"));
        }
        let (plus, minus) = sides(doc, axes, effect, &place(index))?;
        let by = read_by(doc, axes, effect, &plus[0], (&place(index), tuned))?;
        Ok(Effect { name: effect.name.clone(), plus, minus, by })
    };
    effects.iter().enumerate().map(read).collect()
}

/// The cells of both sides: as many on each, all named on the same axes, none twice.
fn sides(
    doc: &Document,
    axes: &[LocatedAxis],
    effect: &wire::EffectTable,
    at: &Path,
) -> Result<(Vec<Selector>, Vec<Selector>), Error> {
    let plus = selectors(doc, axes, &effect.plus, &path::child(at, "plus"))?;
    let minus = selectors(doc, axes, &effect.minus, &path::child(at, "minus"))?;
    if plus.len() != minus.len() || plus.is_empty() {
        let counts = format!("{} and {}", plus.len(), minus.len());
        let reason = format!("must list as many cells as `plus`, and at least one: {counts}");
        return Err(refused(doc, at, "minus", &reason));
    }
    let all: Vec<_> = plus.iter().chain(&minus).collect();
    for (index, selector) in all.iter().enumerate() {
        let side = if index < plus.len() { "plus" } else { "minus" };
        if !selector.keys().eq(all[0].keys()) {
            let reason =
                format!("names other axes ({}) than the first cell ({})", keys(selector), keys(all[0]));
            return Err(refused(doc, at, side, &reason));
        }
        if all[..index].contains(selector) {
            return Err(refused(doc, at, side, "names a cell that the effect has already"));
        }
    }
    Ok((plus, minus))
}

/// Refuses effects without a cell for each of their values anywhere in the sweep.
pub(super) fn check(doc: &Document, compare: &Compare, cells: &[Cell]) -> Result<(), Error> {
    let is_absent = |effect: &Effect| complete(effect, &compare.tuned, cells).is_empty();
    match compare.effects.iter().position(is_absent) {
        None => Ok(()),
        Some(index) => {
            let reason =
                "and `minus` name cells that the sweep never has all at the same values of its other axes";
            Err(refused(doc, &place(index), "plus", reason))
        }
    }
}

/// The values of all axes that are neither named by the effect nor tuned, of which the sweep has every cell of it.
fn complete(effect: &Effect, tuned: &[String], cells: &[Cell]) -> Vec<Vec<Value>> {
    let named = &effect.plus[0];
    let other = |cell: &Cell| -> Vec<Value> {
        let others =
            cell.settings.iter().filter(|(path, _)| !named.contains_key(path) && !tuned.contains(path));
        others.map(|(_, value)| value.clone()).collect()
    };
    let is_of = |cell: &Cell, selector: &Selector| {
        let on =
            |path: &String| cell.settings.iter().find(|(known, _)| known == path).map(|(_, value)| value);
        selector.iter().all(|(path, value)| on(path).is_some_and(|found| path::same(found, value)))
    };
    let of = |selector: &Selector| {
        cells.iter().filter(|cell| is_of(cell, selector)).map(other).collect::<Vec<_>>()
    };
    let mut selectors = effect.plus.iter().chain(&effect.minus).map(of);
    let first = selectors.next().unwrap_or_default();
    selectors
        .fold(first, |common, found| common.into_iter().filter(|values| found.contains(values)).collect())
}

fn selectors(
    doc: &Document,
    axes: &[LocatedAxis],
    tables: &[toml::Table],
    at: &Path,
) -> Result<Vec<Selector>, Error> {
    let selector = |(index, table): (usize, &toml::Table)| {
        let at = path::child(at, index.to_string());
        let entries = on_axes(doc, axes, table, &at)?;
        if entries.is_empty() {
            return Err(doc.error(&at, Invalid::new(at.join("."), "must name a value of some axis")));
        }
        let known = entries.into_iter().map(|(path, at, value)| {
            let value = known_value(doc, axes, (&path, &at, value))?.clone();
            Ok((path, value))
        });
        known.collect()
    };
    tables.iter().enumerate().map(selector).collect()
}

/// Axes of which each value has an effect of its own: those of `by`, or all that are neither named nor tuned.
fn read_by(
    doc: &Document,
    axes: &[LocatedAxis],
    effect: &wire::EffectTable,
    named: &Selector,
    (at, tuned): (&Path, &[String]),
) -> Result<Vec<String>, Error> {
    let is_free = |path: &&String| !named.contains_key(*path) && !tuned.contains(path);
    let free = || naming(axes).map(|axis| &axis.path).filter(is_free);
    let Some(by) = &effect.by else { return Ok(free().cloned().collect()) };
    for (index, path) in by.iter().enumerate() {
        let at = path::child(&path::child(at, "by"), index.to_string());
        if !naming(axes).any(|axis| axis.path == *path) {
            let hint = Hint::new(path, free().map(String::as_str));
            return Err(doc.error(&at, Problem::NotAnAxis { path: path.clone(), hint }));
        }
        if !free().any(|axis| axis == path) || by[..index].contains(path) {
            let reason =
                format!("has `{path}`, which is tuned, names the effect's cells, or is listed twice");
            return Err(doc.error(&at, Invalid::new(at[..at.len() - 1].join("."), reason)));
        }
    }
    Ok(free().filter(|axis| by.contains(axis)).cloned().collect())
}

fn keys(selector: &Selector) -> String {
    selector.keys().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}

fn place(index: usize) -> Path {
    path::child(&path::split("compare.effects"), index.to_string())
}

fn refused(doc: &Document, at: &Path, key: &str, reason: &str) -> Error {
    let at = path::child(at, key);
    doc.error(&at, Invalid::new(at.join("."), reason))
}
