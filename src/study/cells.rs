//! The cells of a study, and the sweeps in which they are trained with other settings.

use toml::Value;

use super::error::Error;
use super::space::Configuration;
use crate::plan::{Plan, Trial};
use crate::spec::{Axis, Conditions, Search, Sweep};

/// Setting by which trials of a rung pause.
const STOP: &str = "training.stop_after";

/// Setting that matching chooses.
const HIDDEN: &str = "model.hidden";

/// The cells of a study.
#[derive(Clone, Copy)]
pub(super) struct StudyCells<'a> {
    pub sweep: &'a Sweep,
    pub search: &'a Search,
    /// The plan of the sweep, for widths and epochs.
    pub plan: &'a Plan,
}

impl<'a> StudyCells<'a> {
    /// The first trial of a cell.
    pub fn trial(&self, cell: usize) -> &'a Trial {
        &self.plan.trials[cell]
    }

    /// Epochs of a cell up to a stop.
    pub fn epochs(&self, cell: usize, stop: Option<usize>) -> usize {
        stop.unwrap_or_else(|| self.trial(cell).config.training.epochs())
    }

    /// Paths of the searched settings.
    pub fn paths(&self) -> impl Iterator<Item = &'a String> + use<'a> {
        self.search.space.iter().map(|dimension| &dimension.path)
    }

    /// The values of a cell with a configuration: its axes, its matched width, and the searched settings.
    pub fn values(
        &self,
        cell: usize,
        configuration: &Configuration,
        stop: Option<usize>,
    ) -> Vec<(String, Value)> {
        let mut values = self.sweep.cells[cell].settings.clone();
        if self.sweep.compare.as_ref().is_some_and(|compare| compare.matching.is_some()) {
            let hidden = whole(self.trial(cell).config.model.hidden);
            match values.iter_mut().find(|(path, _)| path == HIDDEN) {
                Some((_, value)) => *value = hidden,
                None => values.push((HIDDEN.to_owned(), hidden)),
            }
        }
        values.extend(self.paths().cloned().zip(configuration.iter().cloned()));
        values.extend(stop.map(|stop| (STOP.to_owned(), whole(stop))));
        values
    }

    /// The sweep of the search whose cells have these values.
    ///
    /// # Errors
    /// A combination of values is no valid config.
    pub fn sweep_of(&self, rows: &[Vec<(String, Value)>]) -> Result<Sweep, Error> {
        let sweep = Sweep {
            name: format!("{}/search", self.sweep.name),
            seeds: self.search.seeds.clone(),
            axes: zipped(rows),
            excluded: Vec::new(),
            search: None,
            compare: None,
            conditions: Conditions::default(),
            frozen: None,
            published: Vec::new(),
            cells: Vec::new(),
            ..self.sweep.clone()
        };
        Ok(Sweep::parse(&sweep.to_toml()?, "the search", &[])?)
    }
}

/// A whole number of a spec; what is beyond has been refused on loading.
fn whole(number: usize) -> Value {
    Value::from(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Axes that move together, one cell for each row; the rows have the same paths.
pub(super) fn zipped(rows: &[Vec<(String, Value)>]) -> Vec<Axis> {
    let paths = rows.first().into_iter().flatten().map(|(path, _)| path);
    let axis = |(at, path): (usize, &String)| Axis {
        path: path.clone(),
        values: rows.iter().map(|row| row[at].1.clone()).collect(),
        group: 0,
    };
    paths.enumerate().map(axis).collect()
}
