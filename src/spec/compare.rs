//! `[compare]`: the comparison of cells with their references.

use std::collections::BTreeMap;

use toml::Value;

use super::axes::{LocatedAxis, known_value, naming, on_axes};
use super::document::Document;
use super::error::{Error, Hint, Problem};
use super::labels::LABEL;
use super::path;
use super::sweep::Compare;
use super::wire;
use crate::Invalid;

/// The setting that matching chooses.
const HIDDEN: &str = "model.hidden";

/// Reads `[compare]`: the reference is a value of one or more axes.
pub(super) fn read(
    doc: &Document,
    axes: &[LocatedAxis],
    compare: &wire::CompareTable,
) -> Result<Compare, Error> {
    let at = path::split("compare.reference");
    let mut reference = BTreeMap::new();
    for (path, at, value) in on_axes(doc, axes, &compare.reference, &at)? {
        let value = known_value(doc, axes, (&path, &at, value))?.clone();
        reference.insert(path, value);
    }
    if reference.is_empty() {
        return Err(doc.error(&at, Invalid::new("compare.reference", "must name a value of some axis")));
    }
    let matching = compare.matching;
    if matching.is_some() && sets_hidden(axes, &reference) {
        let reason = "chooses `model.hidden`, which therefore cannot be an axis of the reference";
        return Err(doc.error(&path::split("compare.match"), Invalid::new("compare.match", reason)));
    }
    let margin = compare.margin;
    if let Some(margin) = margin.filter(|margin| !(*margin > 0.0 && *margin < 100.0)) {
        let reason =
            format!("is a difference in percentage points, more than 0 and less than 100, not {margin}");
        return Err(doc.error(&path::split("compare.margin"), Invalid::new("compare.margin", reason)));
    }
    let tuned = read_tuned(doc, axes, compare, &reference)?;
    // Effects need the cells, which need the comparison's axes to be checked first.
    Ok(Compare { reference, matching, margin, tuned, effects: Vec::new() })
}

/// True if the reference has a width of its own, as an axis or behind its label.
fn sets_hidden(axes: &[LocatedAxis], reference: &BTreeMap<String, Value>) -> bool {
    let is_behind_label = |found: &LocatedAxis| found.is_labelled && found.axis.path == HIDDEN;
    reference.contains_key(HIDDEN) || (reference.contains_key(LABEL) && axes.iter().any(is_behind_label))
}

/// Reads `compare.tuned`: axes that are not compared.
fn read_tuned(
    doc: &Document,
    axes: &[LocatedAxis],
    compare: &wire::CompareTable,
    reference: &BTreeMap<String, Value>,
) -> Result<Vec<String>, Error> {
    for (index, path) in compare.tuned.iter().enumerate() {
        let at = path::child(&path::split("compare.tuned"), index.to_string());
        if reference.contains_key(path) {
            let reason = format!("has `{path}`, which is an axis of the reference");
            return Err(doc.error(&at, Invalid::new("compare.tuned", reason)));
        }
        let paths = || naming(axes).map(|axis| axis.path.as_str());
        if !paths().any(|axis| axis == path) {
            let problem = Problem::NotAnAxis { path: path.clone(), hint: Hint::new(path, paths()) };
            return Err(doc.error(&at, problem));
        }
    }
    Ok(compare.tuned.clone())
}
