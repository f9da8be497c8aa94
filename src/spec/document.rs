//! A parsed spec whose values can be located in the text.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue, Deserializer};
use toml::{Spanned, Table};

use super::error::{Error, Place, Problem};
use super::overrides::{self, Override};
use super::path;
use super::read::{self, Fault};
use crate::Invalid;

/// A parsed spec: the values of the file with the overrides applied.
pub(super) struct Document<'t> {
    file: &'t str,
    text: &'t str,
    written: Spanned<DeTable<'t>>,
    overrides: Vec<Override>,
    /// The values, overrides applied.
    pub table: Table,
}

impl<'t> Document<'t> {
    /// Parses `text`; `file` names it in errors.
    pub fn parse(text: &'t str, file: &'t str) -> Result<Self, Error> {
        let refuse = |error: &toml::de::Error| Error {
            place: locate(file, text, error.span().map(|span| span.start)),
            problem: Box::new(Problem::Syntax(error.message().replace('\n', ", "))),
        };
        let written = DeTable::parse(text).map_err(|error| refuse(&error))?;
        let table =
            Table::deserialize(Deserializer::from(written.clone())).map_err(|error| refuse(&error))?;
        Ok(Self { file, text, written, overrides: Vec::new(), table })
    }

    /// Applies an override.
    pub fn apply(&mut self, mut set: Override) -> Result<(), Error> {
        set.apply(&mut self.table).map_err(|problem| set.error(problem))?;
        self.overrides.push(set);
        Ok(())
    }

    /// The overrides, in the order in which they were applied.
    pub fn overrides(&self) -> &[Override] {
        &self.overrides
    }

    /// `problem`, at the place where the value at `path` was written, or else the nearest
    /// table around it.
    pub fn error(&self, path: &[String], problem: impl Into<Problem>) -> Error {
        Error { place: self.place(path), problem: Box::new(problem.into()) }
    }

    /// A setting that cannot be used, at its place.
    pub fn invalid(&self, invalid: Invalid) -> Error {
        self.error(&path::split(&invalid.key), invalid)
    }

    /// Deserializes the values into a `T`.
    pub fn read<T: DeserializeOwned>(&self, table: Table) -> Result<T, Error> {
        read::read(table).map_err(|Fault { path, problem }| {
            let value =
                path.split_last().and_then(|(last, table)| path::table(&self.table, table)?.get(last));
            let several = value.and_then(|value| overrides::several_values(&path, value, &problem));
            self.error(&path, several.unwrap_or(problem))
        })
    }

    /// The place of the value at `path`, or else of the nearest table around it.
    pub fn place(&self, path: &[String]) -> Place {
        let set = self.overrides.iter().rev().find(|set| path::includes(set.path(), path));
        match set {
            Some(set) => set.place(),
            None => locate(self.file, self.text, offset(self.written.get_ref(), path)),
        }
    }
}

/// Offset of the deepest part of `path` that was written: of its key or its list element.
fn offset(root: &DeTable, path: &[String]) -> Option<usize> {
    let (first, rest) = path.split_first()?;
    let (key, mut value) = root.iter().find(|(key, _)| key.get_ref() == first)?;
    let mut start = key.span().start;
    for segment in rest {
        let inner = match value.get_ref() {
            DeValue::Table(table) => table
                .iter()
                .find(|(key, _)| key.get_ref() == segment)
                .map(|(key, value)| (key.span().start, value)),
            DeValue::Array(items) => path::index(segment)
                .and_then(|index| items.get(index))
                .map(|value| (value.span().start, value)),
            _ => None,
        };
        let Some(inner) = inner else { break };
        (start, value) = inner;
    }
    Some(start)
}

fn locate(file: &str, text: &str, offset: Option<usize>) -> Place {
    let Some(before) = offset.and_then(|offset| text.get(..offset)) else {
        return Place::File(file.to_owned());
    };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Place::Line(file.to_owned(), line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, path: &str) -> String {
        Document::parse(text, "a.toml").unwrap().place(&crate::spec::path::split(path)).to_string()
    }

    #[test]
    fn finds_keys_elements_and_the_nearest_parent() {
        let text =
            "name = 'é'\n[model]\n  steps = 3\n[training]\nphases = [\n { rate = 1 },\n { rate = 2 },\n]\n";
        assert_eq!(place(text, "name"), "a.toml:1:1");
        assert_eq!(place(text, "model.steps"), "a.toml:3:3");
        assert_eq!(place(text, "model.bounds.decoder"), "a.toml:2:2");
        assert_eq!(place(text, "training.phases.1"), "a.toml:7:2");
        assert_eq!(place(text, "training.phases.1.rate"), "a.toml:7:4");
        assert_eq!(place(text, "data"), "a.toml");
    }
}
