//! Reading of the `[search]` table.

use toml::{Table, Value};

use super::axes::{LocatedAxis, check_value, naming};
use super::config::CellConfig;
use super::document::Document;
use super::error::{Error, Hint, Problem};
use super::labels::LABEL;
use super::path::{self, Path};
use super::search::{Dimension, Method, Range, Search, Values};
use super::seeds;
use super::sweep::Compare;
use super::wire::{MethodName, SearchTable};
use crate::Invalid;

/// The first seed of a search whose `seeds` are a count.
const FIRST_SEED: u64 = 1001;

/// Most configurations of a group.
const MOST_CONFIGURATIONS: usize = 10_000;

/// Settings that the number of epochs depends on.
const EPOCHS: [&str; 2] = ["training.phases.*.epochs", "training.stop_after"];

/// Settings that the size of a network depends on.
const SIZES: [&str; 7] = [
    "model.family",
    "model.steps",
    "model.hidden",
    "model.input",
    "model.tie",
    "model.classifier_bias",
    "model.options",
];

/// Settings of the data that leave all images where they are.
const PREPROCESSING: [&str; 2] = ["data.centre", "data.scale"];

/// The sweep whose settings are searched.
pub(super) struct Study<'s> {
    pub base: &'s Table,
    pub config: &'s CellConfig,
    pub axes: &'s [LocatedAxis],
    pub seeds: &'s [u64],
}

/// Reads and checks the table.
pub(super) fn read(
    doc: &Document,
    study: &Study,
    compare: Option<&Compare>,
    table: &SearchTable,
) -> Result<Search, Error> {
    let blame = |invalid| doc.invalid(invalid);
    if let Some(found) = study.axes.iter().find(|found| found.axis.path == LABEL) {
        let reason = "cannot name the cells of a study, whose settings the search chooses; remove the labels";
        return Err(doc.error(&found.at, Invalid::new(found.at.join("."), reason)));
    }
    let seeds = seeds::read("search.seeds", &table.seeds, FIRST_SEED).map_err(blame)?;
    if let Some(shared) = seeds.iter().find(|seed| study.seeds.contains(seed)) {
        let reason = format!(
            "shares the seed {shared} with `seeds`: the chosen settings are confirmed with seeds of their own"
        );
        return Err(blame(Invalid::new("search.seeds", reason)));
    }
    let method = read_method(table, study.config).map_err(blame)?;
    let of_epochs = study.axes.iter().find(|found| sets_any(&found.axis.path, &EPOCHS));
    if let (Method::Halving { .. }, Some(found)) = (&method, of_epochs) {
        let reason = "sets the epochs of phases, and all cells have the same rungs; search by `method = \"random\"` or \
                      `\"grid\"`, which have none";
        return Err(doc.error(&found.at, Invalid::new(found.at.join("."), reason)));
    }
    let space = read_space(doc, study, table)?;
    let search = Search {
        by: read_by(doc, study, table)?,
        method,
        seeds,
        choose: table.choose,
        widen: table.widen,
        space,
    };
    check(&search, compare.is_some_and(|compare| compare.matching.is_some())).map_err(blame)?;
    Ok(search)
}

/// All axes where the table does not name some.
fn read_by(doc: &Document, study: &Study, table: &SearchTable) -> Result<Vec<String>, Error> {
    let paths = || naming(study.axes).map(|axis| axis.path.as_str());
    let Some(by) = &table.by else { return Ok(paths().map(str::to_owned).collect()) };
    match by.iter().position(|path| !paths().any(|axis| axis == path)) {
        None => Ok(by.clone()),
        Some(index) => {
            let at = path::child(&path::split("search.by"), index.to_string());
            let (path, hint) = (by[index].clone(), Hint::new(&by[index], paths()));
            Err(doc.error(&at, Problem::NotAnAxis { path, hint }))
        }
    }
}

fn read_method(table: &SearchTable, config: &CellConfig) -> Result<Method, Invalid> {
    let SearchTable { method, configurations, rungs, reduction, .. } = table;
    let of_draws = [("search.configurations", configurations.is_some())];
    let of_halving = [("search.rungs", rungs.is_some()), ("search.reduction", reduction.is_some())];
    let needless: &[(&str, bool)] = match method {
        MethodName::Grid => &[of_draws[0], of_halving[0], of_halving[1]],
        MethodName::Random => &of_halving,
        MethodName::Halving => &[],
    };
    if let Some((key, _)) = needless.iter().find(|(_, is_given)| *is_given) {
        return Err(Invalid::new(*key, format!("has no effect with `method = \"{}\"`", method.name())));
    }
    let draws = || match configurations {
        Some(count @ 2..=MOST_CONFIGURATIONS) => Ok(*count),
        Some(count) => {
            let reason = format!("must be between 2 and {MOST_CONFIGURATIONS}, not {count}");
            Err(Invalid::new("search.configurations", reason))
        }
        None => Err(Invalid::new("search.configurations", "is the number of draws, and is missing")),
    };
    Ok(match method {
        MethodName::Grid => Method::Grid,
        MethodName::Random => Method::Random { configurations: draws()? },
        MethodName::Halving => Method::Halving {
            configurations: draws()?,
            rungs: read_rungs(rungs.as_deref().unwrap_or_default(), config)?,
            reduction: match reduction.unwrap_or(3) {
                0 | 1 => return Err(Invalid::new("search.reduction", "must be at least 2")),
                reduction => reduction,
            },
        },
    })
}

/// Every rung is an epoch at which the schedule can pause.
fn read_rungs(rungs: &[usize], config: &CellConfig) -> Result<Vec<usize>, Invalid> {
    if rungs.is_empty() {
        return Err(Invalid::new("search.rungs", "lists the epochs at which trials pause, and is missing"));
    }
    let mut before = 0;
    for (index, &rung) in rungs.iter().enumerate() {
        let at = format!("search.rungs.{index}");
        if rung <= before || rung >= config.training.all_epochs() {
            let reason = format!(
                "must be above {before} and below the {} epochs of the schedule, not {rung}",
                config.training.all_epochs()
            );
            return Err(Invalid::new(at, reason));
        }
        let mut training = config.training.clone();
        training.stop_after = Some(rung);
        training.validate().map_err(|invalid| Invalid::new(at, invalid.reason))?;
        before = rung;
    }
    Ok(rungs.to_vec())
}

fn read_space(doc: &Document, study: &Study, table: &SearchTable) -> Result<Vec<Dimension>, Error> {
    let mut space: Vec<Dimension> = Vec::new();
    for (path, at, value) in path::entries(&table.space, &path::split("search.space"), &|_| false) {
        let (path, values) = read_values(doc, path, &at, value)?;
        for value in values.bounds() {
            check_value(study.base, &path, &value).map_err(|problem| doc.error(&at, problem))?;
        }
        let is_same = |other: &str| path::covers(other, &path) || path::covers(&path, other);
        if let Some(axis) = study.axes.iter().find(|found| is_same(&found.axis.path)) {
            let reason = format!("has `{path}`, and the sweep has the axis `{}`", axis.axis.path);
            return Err(doc.error(&at, Invalid::new("search.space", reason)));
        }
        for other in space.iter().map(|known| &known.path) {
            if path::covers(other, &path) || path::covers(&path, other) {
                return Err(doc.error(&at, Problem::Overlap(other.clone(), path)));
            }
        }
        space.push(Dimension { path, values });
    }
    if space.is_empty() {
        return Err(doc.invalid(Invalid::new("search.space", "must name at least one setting")));
    }
    Ok(space)
}

/// A list, or a range whose kind is the last segment of its path.
fn read_values(doc: &Document, path: String, at: &Path, value: &Value) -> Result<(String, Values), Error> {
    let wrong = |key: &str, expected: &str| {
        let (expected, found) = (expected.to_owned(), value.to_string());
        doc.error(at, Problem::WrongType { key: key.to_owned(), expected, found })
    };
    let list = value
        .as_array()
        .ok_or_else(|| wrong(&path, "a list of values, or a range such as { log = [1e-3, 1e-2] }"))?;
    let Some((setting, kind)) =
        path.rsplit_once('.').filter(|(_, kind)| ["log", "linear", "integer"].contains(kind))
    else {
        if list.is_empty() {
            return Err(doc.error(at, Problem::EmptyAxis(path)));
        }
        return Ok((path, Values::List(list.clone())));
    };
    let range = Table::from_iter([(kind.to_owned(), value.clone())]);
    let range: Range = range.try_into().map_err(|_| wrong(&path, "two numbers, the ends of the range"))?;
    if !range.is_ascending() {
        return Err(wrong(&path, "two numbers that ascend, of `log` above 0"));
    }
    Ok((setting.to_owned(), Values::Range(range)))
}

/// True if a setting also sets one of `others`.
fn sets_any(path: &str, others: &[&str]) -> bool {
    others.iter().any(|other| path::covers(path, other))
}

/// Refuses settings by which configurations have other images, epochs or sizes than the search compares and the
/// confirmation has.
fn check_settings(space: &[Dimension], matches_widths: bool) -> Result<(), Invalid> {
    let is_of_size = |path: &str| sets_any(path, &SIZES) || SIZES.iter().any(|size| path::covers(size, path));
    let refusal = |path: &str| {
        if path::covers("data", path) && !PREPROCESSING.contains(&path) {
            Some("and all configurations have the same images; make it an axis of the sweep")
        } else if sets_any(path, &EPOCHS) {
            Some("and every configuration has the same number of epochs")
        } else if matches_widths && is_of_size(path) {
            Some(
                "which may change the size that `compare.match` holds equal; make it an axis of the sweep, or remove \
                 `compare.match`",
            )
        } else {
            None
        }
    };
    match space.iter().find_map(|dimension| Some((&dimension.path, refusal(&dimension.path)?))) {
        Some((path, reason)) => Err(Invalid::new("search.space", format!("has `{path}`, {reason}"))),
        None => Ok(()),
    }
}

/// Refuses combinations that no search can have.
fn check(search: &Search, matches_widths: bool) -> Result<(), Invalid> {
    check_settings(&search.space, matches_widths)?;
    let is_continuous = |dimension: &&Dimension| {
        matches!(dimension.values, Values::Range(Range::Log(..) | Range::Linear(..)))
    };
    if let (Method::Grid, Some(found)) = (&search.method, search.space.iter().find(is_continuous)) {
        let reason = format!("has a range of `{}`, and a grid needs a list of values", found.path);
        return Err(Invalid::new("search.space", reason));
    }
    let sizes = search.space.iter().map(|dimension| dimension.values.count());
    let size = sizes.fold(1_usize, usize::saturating_mul);
    if search.method == Method::Grid && size > MOST_CONFIGURATIONS {
        let reason =
            format!("has more than {MOST_CONFIGURATIONS} combinations: list fewer values, or draw some");
        return Err(Invalid::new("search.space", reason));
    }
    if search.widen > 0 && !search.space.iter().any(|dimension| dimension.values.are_numbers()) {
        return Err(Invalid::new("search.widen", "needs a searched setting that is a number"));
    }
    Ok(())
}
