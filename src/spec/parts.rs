//! The tables of the cells, each read once for all cells that take the same values in it: a
//! hundred thousand cells are mostly made of few networks and few schedules.

use std::collections::HashMap;

use serde::Serialize;
use toml::{Table, Value};

use super::axes::Located;
use super::document::Document;
use super::error::{Error, Problem};
use super::path::{self, Path};
use super::{CONFIG_TABLES, CellConfig, label};
use crate::Invalid;

/// Tables of a cell.
const TABLES: usize = CONFIG_TABLES.len();

/// The tables that were read so far.
pub(super) struct Parts<'a> {
    doc: &'a Document<'a>,
    base: &'a Table,
    axes: &'a [Located],
    /// For each table the groups of axes that change it.
    groups: [Vec<usize>; TABLES],
    /// For each table, by what these groups pick, its position in `read`.
    known: [HashMap<Vec<usize>, usize>; TABLES],
    read: Vec<Part>,
    /// Number of a table's text: equal tables have equal text.
    texts: HashMap<String, usize>,
}

/// The base trial with the values of one table in place.
struct Part {
    config: CellConfig,
    text: usize,
    /// Bytes of the text.
    length: usize,
}

/// A cell, put together of tables.
pub(super) struct Whole {
    pub config: CellConfig,
    /// Equal in equal configs alone.
    pub identity: [usize; TABLES],
    /// Bytes of the tables' text.
    pub length: usize,
}

impl<'a> Parts<'a> {
    pub fn new(doc: &'a Document, base: &'a Table, axes: &'a [Located]) -> Self {
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
            read: Vec::new(),
            texts: HashMap::new(),
        }
    }

    /// The cell for which each group of axes picks one of its values.
    pub fn cell(&mut self, picks: &[usize]) -> Result<Whole, Error> {
        let mut at = [0; TABLES];
        for (table, at) in at.iter_mut().enumerate() {
            *at = self.position(table, picks)?;
        }
        let [data, model, objective, training] = at.map(|at| &self.read[at].config);
        let config = CellConfig {
            data: data.data.clone(),
            model: model.model.clone(),
            objective: objective.objective,
            training: training.training.clone(),
        };
        let length = at.iter().map(|&at| self.read[at].length).sum();
        Ok(Whole { config, identity: at.map(|at| self.read[at].text), length })
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
        self.read.push(Part { config, text, length });
        self.known[table].insert(own, self.read.len() - 1);
        Ok(self.read.len() - 1)
    }

    fn build(&self, table: usize, picks: &[usize]) -> Result<CellConfig, Error> {
        let mut values = self.base.clone();
        for Located { axis, .. } in on(self.axes, CONFIG_TABLES[table]) {
            let path = path::split(&axis.path);
            let value = axis.values[picks[axis.group]].clone();
            path::set(&mut values, &path, value).map_err(|problem| self.doc.error(&path, problem))?;
        }
        let config: CellConfig = self.doc.read(values)?;
        config.validate().map_err(|invalid| self.blame(picks, invalid))?;
        Ok(config)
    }

    /// Puts an invalid setting down to the axis value that made it so; where none did alone,
    /// names the cell.
    fn blame(&self, picks: &[usize], invalid: Invalid) -> Error {
        if let Some(found) = self.axes.iter().find(|found| path::covers(&found.axis.path, &invalid.key)) {
            return self.doc.error(&value_at(found, picks), invalid);
        }
        let cell = label(&settings(self.axes, picks));
        self.doc.error(&path::split(&invalid.key), Problem::InvalidCell { invalid, cell })
    }
}

/// The axes of a table.
fn on<'a>(axes: &'a [Located], table: &'a str) -> impl Iterator<Item = &'a Located> {
    axes.iter().filter(move |found| path::covers(table, &found.axis.path))
}

fn text(table: &impl Serialize) -> String {
    serde_json::to_string(table).unwrap_or_default()
}

/// The value of each axis in a cell.
pub(super) fn settings(axes: &[Located], picks: &[usize]) -> Vec<(String, Value)> {
    let setting =
        |Located { axis, .. }: &Located| (axis.path.clone(), axis.values[picks[axis.group]].clone());
    axes.iter().map(setting).collect()
}

/// Where the value that a cell takes from an axis stands.
pub(super) fn value_at(found: &Located, picks: &[usize]) -> Path {
    path::child(&found.at, picks[found.axis.group].to_string())
}
