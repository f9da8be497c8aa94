//! `[[compare.effects]]`: contrasts of several cells, such as the main effects and interactions of a factorial design.

use std::collections::{BTreeMap, HashMap, HashSet};

use toml::Value;

use super::axes::{LocatedAxis, known_value, naming, on_axes};
use super::document::Document;
use super::error::{Error, Hint, Problem};
use super::path::{self, Path};
use super::sweep::{Cell, Effect, text};
use super::wire;
use crate::Invalid;

/// Values of a cell on some axes.
type Selector = BTreeMap<String, Value>;

/// Reads the effects of a comparison of `cells`, whose axes in `tuned` were chosen for each of them.
pub(super) fn read(
    doc: &Document,
    axes: &[LocatedAxis],
    effects: &[wire::EffectTable],
    (cells, tuned): (&[Cell], &[String]),
) -> Result<Vec<Effect>, Error> {
    let read = |(index, effect): (usize, &wire::EffectTable)| {
        let (at, earlier) = (place(index), &effects[..index]);
        if effect.name.trim().is_empty() || earlier.iter().any(|known| known.name == effect.name) {
            return Err(refused(doc, &at, "name", "must be a text that no other effect has"));
        }
        let (plus, minus) = sides(doc, axes, effect, &at)?;
        let others = naming(axes).map(|axis| &axis.path).filter(|path| !tuned.contains(path));
        let alike: Vec<String> = others.filter(|path| !follows(path, &plus[0], cells)).cloned().collect();
        let by = read_by(doc, axes, effect, &alike, &at)?;
        let effect = Effect { name: effect.name.clone(), plus, minus, by, alike };
        if is_absent(&effect, cells) {
            let reason =
                "and `minus` name cells that the sweep never has all at the same values of its other axes";
            return Err(refused(doc, &at, "plus", reason));
        }
        Ok(effect)
    };
    effects.iter().enumerate().map(read).collect()
}

/// True if the values of all cells on the axis follow from those on the axes that an effect names, as on these axes and
/// on those that move together with one of them.
fn follows(path: &str, named: &Selector, cells: &[Cell]) -> bool {
    let mut known = HashMap::new();
    cells.iter().all(|cell| {
        let names: Vec<_> = named.keys().map(|path| value(cell, path).map(text)).collect();
        let own = value(cell, path).map(text);
        *known.entry(names).or_insert_with(|| own.clone()) == own
    })
}

/// True if the sweep has nowhere all cells of the effect that are alike on the other axes.
fn is_absent(effect: &Effect, cells: &[Cell]) -> bool {
    let is_of = |cell: &Cell, selector: &Selector| {
        let is_same = |(path, wanted): (&String, &Value)| {
            value(cell, path).is_some_and(|found| path::same(found, wanted))
        };
        selector.iter().all(is_same)
    };
    let others =
        |cell: &Cell| -> Vec<_> { effect.alike.iter().map(|path| value(cell, path).map(text)).collect() };
    let of = |selector: &Selector| -> HashSet<_> {
        cells.iter().filter(|cell| is_of(cell, selector)).map(others).collect()
    };
    let mut sides = effect.plus.iter().chain(&effect.minus).map(of);
    let first = sides.next().unwrap_or_default();
    sides.fold(first, |common, found| common.intersection(&found).cloned().collect()).is_empty()
}

/// The value of a cell on an axis.
fn value<'c>(cell: &'c Cell, path: &str) -> Option<&'c Value> {
    cell.settings.iter().find(|(known, _)| known == path).map(|(_, value)| value)
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

/// Axes of which each value has an effect of its own: those of `by`, or all of `alike`.
fn read_by(
    doc: &Document,
    axes: &[LocatedAxis],
    effect: &wire::EffectTable,
    alike: &[String],
    at: &Path,
) -> Result<Vec<String>, Error> {
    let Some(by) = &effect.by else { return Ok(alike.to_vec()) };
    let at = path::child(at, "by");
    for (index, path) in by.iter().enumerate() {
        if !naming(axes).any(|axis| axis.path == *path) {
            let hint = Hint::new(path, alike.iter().map(String::as_str));
            let at = path::child(&at, index.to_string());
            return Err(doc.error(&at, Problem::NotAnAxis { path: path.clone(), hint }));
        }
        if !alike.contains(path) || by[..index].contains(path) {
            let reason =
                format!("has `{path}`, which is tuned, follows from the effect's cells, or is listed twice");
            return Err(doc.error(&path::child(&at, index.to_string()), Invalid::new(at.join("."), reason)));
        }
    }
    Ok(alike.iter().filter(|axis| by.contains(axis)).cloned().collect())
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
