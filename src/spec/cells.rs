//! Construction of cells from tables that are deserialized once for all cells with the same values in
//! them: a hundred thousand cells mostly share few networks and few schedules.

use std::collections::HashMap;

use serde::Serialize;
use toml::{Table, Value};

use super::axes::{LocatedAxis, naming};
use super::config::{CONFIG_TABLES, CellConfig};
use super::document::Document;
use super::error::{Error, Problem};
use super::path::{self, Path};
use super::sweep::label;
use crate::Invalid;

/// Number of tables of a cell.
const TABLES: usize = CONFIG_TABLES.len();

/// Builds cells, and keeps the tables that were built so far.
pub(super) struct CellBuilder<'a> {
    doc: &'a Document<'a>,
    base: &'a Table,
    axes: &'a [LocatedAxis],
    /// For each table, the groups of axes that change it.
    groups: [Vec<usize>; TABLES],
    /// For each table, by the choices of these groups, its position in `tables`.
    known: [HashMap<Vec<usize>, usize>; TABLES],
    tables: Vec<BuiltTable>,
    /// Numbers of the tables by their text: equal tables have equal text.
    texts: HashMap<String, usize>,
}

/// The base trial with the values of one table set.
struct BuiltTable {
    config: CellConfig,
    text: usize,
    /// Bytes of the text.
    length: usize,
}

/// The config of a cell.
pub(super) struct BuiltCell {
    pub config: CellConfig,
    /// Equal exactly for equal configs.
    pub identity: [usize; TABLES],
    /// Bytes of the tables' text.
    pub length: usize,
}

impl<'a> CellBuilder<'a> {
    pub fn new(doc: &'a Document, base: &'a Table, axes: &'a [LocatedAxis]) -> Self {
        let groups = |table| {
            let mut groups: Vec<_> = on(axes, table).map(|found| found.axis.group).collect();
            groups.dedup();
            groups
        };
        Self {
            doc,
            base,
            axes,
            groups: CONFIG_TABLES.map(groups),
            known: Default::default(),
            tables: Vec::new(),
            texts: HashMap::new(),
        }
    }

    /// The cell with one choice of values for each group of axes.
    pub fn cell(&mut self, picks: &[usize]) -> Result<BuiltCell, Error> {
        let mut at = [0; TABLES];
        for (table, at) in at.iter_mut().enumerate() {
            *at = self.position(table, picks)?;
        }
        let [data, model, objective, training] = at.map(|at| &self.tables[at].config);
        let config = CellConfig {
            data: data.data.clone(),
            model: model.model.clone(),
            objective: objective.objective.clone(),
            training: training.training.clone(),
        };
        let length = at.iter().map(|&at| self.tables[at].length).sum();
        Ok(BuiltCell { config, identity: at.map(|at| self.tables[at].text), length })
    }

    fn position(&mut self, table: usize, picks: &[usize]) -> Result<usize, Error> {
        let own: Vec<_> = self.groups[table].iter().map(|&group| picks[group]).collect();
        if let Some(&known) = self.known[table].get(&own) {
            return Ok(known);
        }
        let config = self.build(table, picks)?;
        let text = match table {
            0 => text(&config.data),
            1 => text(&config.model),
            2 => text(&config.objective),
            _ => text(&config.training),
        };
        let (fresh, length) = (self.texts.len(), text.len());
        let text = *self.texts.entry(text).or_insert(fresh);
        self.tables.push(BuiltTable { config, text, length });
        self.known[table].insert(own, self.tables.len() - 1);
        Ok(self.tables.len() - 1)
    }

    fn build(&self, table: usize, picks: &[usize]) -> Result<CellConfig, Error> {
        let mut values = self.base.clone();
        for LocatedAxis { axis, .. } in on(self.axes, CONFIG_TABLES[table]) {
            let path = path::split(&axis.path);
            let value = axis.values[picks[axis.group]].clone();
            path::set(&mut values, &path, value).map_err(|problem| self.doc.error(&path, problem))?;
        }
        let mut config: CellConfig = self.doc.read(values)?;
        let checked = config.resolve().and_then(|()| config.validate());
        checked.map_err(|invalid| self.locate(picks, invalid))?;
        Ok(config)
    }

    /// Locates an invalid setting at the axis value that set it, or else names the cell.
    fn locate(&self, picks: &[usize], invalid: Invalid) -> Error {
        if let Some(found) = self.axes.iter().find(|found| path::covers(&found.axis.path, &invalid.key)) {
            return self.doc.error(&value_path(found, picks), invalid);
        }
        let cell = label(&settings(self.axes, picks));
        self.doc.error(&path::split(&invalid.key), Problem::InvalidCell { invalid, cell })
    }
}

/// The axes of a table.
fn on<'a>(axes: &'a [LocatedAxis], table: &'a str) -> impl Iterator<Item = &'a LocatedAxis> {
    axes.iter().filter(move |found| path::covers(table, &found.axis.path))
}

fn text(table: &impl Serialize) -> String {
    serde_json::to_string(table).unwrap_or_default()
}

/// The value of each axis that names a cell.
pub(super) fn settings(axes: &[LocatedAxis], picks: &[usize]) -> Vec<(String, Value)> {
    naming(axes).map(|axis| (axis.path.clone(), axis.values[picks[axis.group]].clone())).collect()
}

/// Path of the value that a cell takes from an axis.
pub(super) fn value_path(found: &LocatedAxis, picks: &[usize]) -> Path {
    path::child(&found.at, picks[found.axis.group].to_string())
}
