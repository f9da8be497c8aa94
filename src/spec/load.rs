//! Loading a spec: text -> document -> wire types -> [`Sweep`].

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use toml::{Table, Value};

use super::axes::{self, LocatedAxis};
use super::compare;
use super::config::{CONFIG_TABLES, CellConfig};
use super::document::Document;
use super::effects;
use super::error::{Error, Place, Problem};
use super::expand;
use super::location;
use super::overrides::Override;
use super::path;
use super::sweep::{Cell, Compare, Published, Sweep, TestSet, label, text};
use super::wire;
use super::{read_search, seeds as seed_list};
use crate::Invalid;
use crate::text::reserved;

/// Maximum size of a spec in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// Folders of a sweep that hold no other sweep, and so are no part of a sweep's name.
pub const SWEEP_FOLDERS: [&str; 6] = ["analysis", "replaced", "running", "slurm", "trials", "unsealed"];

impl Sweep {
    /// Loads and checks the spec at `path`, with `overrides` of the form `path=value` applied. Paths of data become
    /// absolute: those of the file are relative to its folder, those of overrides to the current one.
    ///
    /// # Errors
    /// The first thing wrong with the file, the overrides or the sweep, and where.
    pub fn load(path: &Path, overrides: &[String]) -> Result<Self, Error> {
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::check(&document(&read_file(path)?, &path.display().to_string(), overrides, Some(folder))?)
    }

    /// Checks the spec `text`; `file` names it in errors. Paths of data stay as they are.
    ///
    /// # Errors
    /// The first thing wrong with the text, the overrides or the sweep, and where.
    pub fn parse(text: &str, file: &str, overrides: &[String]) -> Result<Self, Error> {
        Self::check(&document(text, file, overrides, None)?)
    }

    fn check(doc: &Document) -> Result<Self, Error> {
        let spec: wire::Spec = doc.read(wire::with_config_tables(doc.table.clone()))?;
        check(doc, spec)
    }

    /// The place of the setting `key`, or else of the nearest table around it: for errors that appear in planning.
    #[must_use]
    pub fn place_of(key: &str, path: &Path, overrides: &[String]) -> Place {
        let file = path.display().to_string();
        let place = || -> Result<Place, Error> {
            let text = read_file(path).unwrap_or_default();
            Ok(document(&text, &file, overrides, None)?.place(&path::split(key)))
        };
        place().unwrap_or_else(|error| error.place)
    }
}

/// Parses the text, applies the overrides, and, given the `folder` of the text, resolves the paths of both.
fn document<'t>(
    text: &'t str,
    file: &'t str,
    overrides: &[String],
    folder: Option<&Path>,
) -> Result<Document<'t>, Error> {
    let mut doc = Document::parse(text, file)?;
    if let Some(folder) = folder {
        location::resolve(&mut doc.table, folder);
    }
    for text in overrides {
        doc.apply(Override::parse(text)?)?;
    }
    if folder.is_some() {
        location::resolve(&mut doc.table, Path::new(""));
    }
    Ok(doc)
}

/// Reads a file of at most [`MAX_BYTES`].
pub(super) fn read_file(path: &Path) -> Result<String, Error> {
    let read = || -> io::Result<Result<String, Problem>> {
        // Opening a FIFO would wait for its writer.
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let file = fs::File::open(path)?;
        let bytes = file.metadata()?.len();
        if bytes > MAX_BYTES {
            return Ok(Err(Problem::TooLarge { bytes, max: MAX_BYTES }));
        }
        let mut text = String::new();
        file.take(MAX_BYTES).read_to_string(&mut text)?;
        Ok(Ok(text))
    };
    read()
        .unwrap_or_else(|error| Err(Problem::Unreadable(error)))
        .map_err(|problem| unreadable(path, problem))
}

fn unreadable(path: &Path, problem: Problem) -> Error {
    Error { place: Place::File(path.display().to_string()), problem: Box::new(problem) }
}

fn check(doc: &Document, spec: wire::Spec) -> Result<Sweep, Error> {
    let blame = |invalid| doc.invalid(invalid);
    check_name(&spec.name).map_err(blame)?;
    let seeds = seed_list::read("seeds", &spec.seeds, 1).map_err(blame)?;
    let wire::Spec { data, model, objective, training, .. } = spec;
    let config = CellConfig { data, model, objective, training };
    config.validate().map_err(blame)?;
    spec.published.iter().enumerate().try_for_each(check_published).map_err(blame)?;
    spec.slurm.validate().map_err(blame)?;

    let base = base_tables(&doc.table);
    let located = axes::read(doc, &base, &spec.sweep)?;
    let excluded = axes::read_excluded(doc, &base, &located, &spec.sweep.exclude)?;
    let mut compare =
        spec.compare.as_ref().map(|compare| compare::read(doc, &located, compare)).transpose()?;
    let study = read_search::Study { base: &base, config: &config, axes: &located, seeds: &seeds };
    let search = spec
        .search
        .as_ref()
        .map(|table| read_search::read(doc, &study, compare.as_ref(), table))
        .transpose()?;
    let test = spec.test.unwrap_or(if search.is_some() { TestSet::Sealed } else { TestSet::Open });
    let cells = expand::cells(doc, &base, &located, &excluded, seeds.len())?;
    if let Some(invalid) = unselected(test, search.is_some(), &cells) {
        return Err(doc.invalid(invalid));
    }
    spec.conditions.validate(test == TestSet::Sealed).map_err(blame)?;
    if let Some(problem) = compare.as_ref().and_then(|compare| ambiguous(compare, &cells)) {
        return Err(doc.error(&path::split("compare.tuned"), problem));
    }
    if let (Some(compare), Some(table)) = (&mut compare, &spec.compare) {
        compare.effects = effects::read(doc, &located, &table.effects, (&cells, &compare.tuned))?;
    }
    let (labelled, axes): (Vec<_>, Vec<_>) = located.into_iter().partition(|found| found.is_labelled);
    let axes_of = |found: Vec<LocatedAxis>| found.into_iter().map(|LocatedAxis { axis, .. }| axis).collect();
    Ok(Sweep {
        name: spec.name,
        question: spec.question,
        seeds,
        base: config,
        axes: axes_of(axes),
        labelled: axes_of(labelled),
        excluded,
        test,
        search,
        compare,
        conditions: spec.conditions,
        frozen: spec.frozen,
        published: spec.published,
        slurm: spec.slurm,
        cells,
    })
}

/// The problem of two cells that are the same on all axes but the tuned ones.
fn ambiguous(compare: &Compare, cells: &[Cell]) -> Option<Problem> {
    let mut seen = HashMap::new();
    cells.iter().filter(|_| !compare.tuned.is_empty()).find_map(|cell| {
        let fixed = cell.settings.iter().filter(|(path, _)| !compare.tuned.contains(path));
        let fixed = fixed.map(|(_, value)| text(value)).collect::<Vec<_>>();
        let earlier = seen.insert(fixed, cell)?;
        Some(Problem::Ambiguous { first: label(&earlier.settings), second: label(&cell.settings) })
    })
}

/// The reason why weights cannot be chosen without the test images, where they are sealed.
fn unselected(test: TestSet, is_search: bool, cells: &[Cell]) -> Option<Invalid> {
    if is_search && test == TestSet::Open {
        return Some(Invalid::new("test", "must be \"sealed\" in a spec with `[search]`"));
    }
    let is_without = |cell: &Cell| cell.config.data.validation == 0;
    (test == TestSet::Sealed && cells.iter().any(is_without)).then(|| {
        let reason =
            "must be more than 0 where the test images are sealed: weights are kept by validation error";
        Invalid::new("data.validation", reason)
    })
}

/// The tables that describe one trial, as written; absent ones are empty.
fn base_tables(root: &Table) -> Table {
    CONFIG_TABLES
        .into_iter()
        .map(|key| {
            let table = root.get(key).cloned().unwrap_or_else(|| Value::Table(Table::new()));
            (key.to_owned(), table)
        })
        .collect()
}

/// Checks the name of a sweep, which becomes a path of folders.
fn check_name(name: &str) -> Result<(), Invalid> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_folder = |part: &str| {
        part.bytes().all(|byte| plain(byte) || b"._-".contains(&byte))
            && part.bytes().next().is_some_and(plain)
            && !reserved(part)
            && !SWEEP_FOLDERS.contains(&part)
    };
    if name.len() <= 64 && name.split('/').all(is_folder) {
        return Ok(());
    }
    let reason = format!(
        "becomes a folder, or folders with `/` between them: 1 to 64 of a-z, 0-9, `.`, `_` and `-`, of each \
         folder the first a letter or a digit, the last no `.`, no device of Windows such as `con`, and no \
         folder of a sweep such as `trials`; not {name:?}"
    );
    Err(Invalid::new("name", reason))
}

fn check_published((index, figure): (usize, &Published)) -> Result<(), Invalid> {
    if (0.0..=100.0).contains(&figure.error) {
        return Ok(());
    }
    let reason = format!("must be a share in percent, from 0 to 100, not {}", figure.error);
    Err(Invalid::new(format!("published.{index}.error"), reason))
}
