//! Groups of cells that share their settings.

use indexmap::IndexMap;

use crate::spec::{self, Sweep};

/// Cells that have the same values on the axes that the search is by.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    /// The values, for messages and tables; `all` where the search is by no axis.
    pub name: String,
    /// Positions of the cells in the sweep, ascending.
    pub cells: Vec<usize>,
}

/// The groups, in the order of their first cells.
pub(super) fn groups(sweep: &Sweep, by: &[String]) -> Vec<Group> {
    let mut groups: IndexMap<String, Vec<usize>> = IndexMap::new();
    for (at, cell) in sweep.cells.iter().enumerate() {
        let values = cell.settings.iter().filter(|(path, _)| by.contains(path));
        let values: Vec<String> = values.map(|(path, value)| named(path, value)).collect();
        let name = if values.is_empty() { "all".to_owned() } else { values.join(", ") };
        groups.entry(name).or_default().push(at);
    }
    groups.into_iter().map(|(name, cells)| Group { name, cells }).collect()
}

/// `steps = 5`, after the last segment of a path; the family alone.
fn named(path: &str, value: &toml::Value) -> String {
    match path.rsplit('.').next() {
        Some("family") => spec::text(value),
        last => format!("{} = {}", last.unwrap_or(path), spec::text(value)),
    }
}
