//! What a report is made of: the merged tables of one sweep, as plain data.

mod table;

use std::collections::HashMap;
use std::path::Path;

use self::table::Row;
pub use self::table::Table;
use super::Error;
use crate::analysis::{Analysis, Design, Sources};
use crate::store::{EpochRow, Status, Store, axis_column};

/// Name of the table of what trials were computed with.
const PROVENANCE: &str = "provenance.csv";

/// One sweep and what came out of it.
pub struct Material {
    /// Name of the sweep.
    pub name: String,
    /// What it asks.
    pub question: String,
    /// Axes that tell cells apart; of those that move together, the first.
    pub axes: Vec<Axis>,
    /// Sets of trials that differ in nothing but the seed, in plan order.
    pub cells: Vec<Cell>,
    /// The tables.
    pub analysis: Analysis,
    /// `provenance.csv`, where there is one.
    pub provenance: Option<Table>,
}

/// A swept setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// Column of `trials.csv`.
    pub column: String,
    /// Its values as they are written, in plan order.
    pub values: Vec<String>,
    /// Whether cells are compared with a reference along it.
    pub compared: bool,
}

/// Trials that differ in nothing but their seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Value on each axis.
    pub values: Vec<String>,
    /// Family of the networks.
    pub family: String,
    /// Iterations T.
    pub steps: u64,
    /// Hidden units n.
    pub hidden: u64,
    /// Trainable numbers.
    pub parameters: u64,
    /// Its trials, by seed.
    pub trials: Vec<Trial>,
}

/// One trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    pub id: String,
    pub seed: u64,
    pub status: String,
    /// Epoch whose weights were kept.
    pub best_epoch: Option<usize>,
    /// Of the kept weights, percent; of complete trials only.
    pub test_error: Option<f64>,
    /// Floating-point operations of its training; absent where `plan.csv` does not count them.
    pub flops: Option<f64>,
    /// Its wall-clock; absent where there is no `provenance.csv`.
    pub seconds: Option<f64>,
    /// Its epochs as far as it came.
    pub curve: Vec<EpochRow>,
}

/// What the spec says of a sweep, and where its results are.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Its results folder.
    pub store: &'a Store,
    /// Its name.
    pub name: &'a str,
    /// What it asks; may be empty.
    pub question: &'a str,
    /// How its trials are read.
    pub design: &'a Design,
}

impl Material {
    /// Reads the merged tables.
    ///
    /// # Errors
    /// A table is absent or not as the sweep writes it.
    pub fn read(source: &Source<'_>) -> Result<Self, Error> {
        let sources = Sources::read(source.store)?;
        let trials = Table::of(&sources.trials.path, &sources.trials.text)?;
        let analysis = Analysis::of(sources, source.design)?;
        let mut curves = curves(&source.store.epochs_csv())?;
        let flops = numbers(Table::read(&source.store.plan_csv())?.as_ref(), "training_flops")?;
        let provenance = Table::read(&source.store.root().join(PROVENANCE))?;
        let seconds = numbers(provenance.as_ref(), "seconds")?;
        let columns: Vec<&str> = source.design.axes.iter().map(|axis| axis_column(axis)).collect();
        let mut cells: Vec<Cell> = Vec::new();
        for row in trials.rows() {
            let cell = row.cell(&columns)?;
            let mut trial = row.trial(&mut curves)?;
            trial.flops = flops.get(&trial.id).copied();
            trial.seconds = seconds.get(&trial.id).copied();
            match cells.iter_mut().find(|known| known.is_same(&cell)) {
                Some(known) => known.trials.push(trial),
                None => cells.push(Cell { trials: vec![trial], ..cell }),
            }
        }
        for cell in &mut cells {
            cell.trials.sort_by_key(|trial| trial.seed);
        }
        let axes = axes(source.design, implied(&analysis), &mut cells);
        let (name, question) = (source.name.to_owned(), source.question.to_owned());
        Ok(Self { name, question, axes, cells, analysis, provenance })
    }

    /// Planned trials that are not complete.
    pub fn incomplete(&self) -> impl Iterator<Item = &Trial> {
        self.cells.iter().flat_map(|cell| &cell.trials).filter(|trial| !trial.is_complete())
    }
}

impl Cell {
    fn is_same(&self, other: &Self) -> bool {
        (&self.values, &self.family, self.steps, self.hidden, self.parameters)
            == (&other.values, &other.family, other.steps, other.hidden, other.parameters)
    }

    /// Test errors of the complete trials, by seed.
    pub fn test_errors(&self) -> Vec<f64> {
        self.trials.iter().filter_map(|trial| trial.test_error).collect()
    }
}

impl Trial {
    /// Whether it came to its end.
    pub fn is_complete(&self) -> bool {
        self.status == Status::Complete.name()
    }

    /// The epoch whose weights were kept.
    pub fn best(&self) -> Option<&EpochRow> {
        self.curve.get(self.best_epoch?.checked_sub(1)?)
    }
}

impl Axis {
    /// Its values as numbers, where all are.
    pub fn numbers(&self) -> Option<Vec<f64>> {
        self.values.iter().map(|value| value.parse().ok()).collect()
    }
}

/// The learning curves by trial.
fn curves(path: &Path) -> Result<HashMap<String, Vec<EpochRow>>, Error> {
    let failed = |source| Error::Table { path: path.to_owned(), source };
    let mut curves: HashMap<String, Vec<EpochRow>> = HashMap::new();
    for row in csv::Reader::from_path(path).map_err(failed)?.into_deserialize() {
        let row: EpochRow = row.map_err(failed)?;
        curves.entry(row.trial.clone()).or_default().push(row);
    }
    Ok(curves)
}

/// A column of numbers by trial; none where the table or the column is not there.
fn numbers(table: Option<&Table>, column: &str) -> Result<HashMap<String, f64>, Error> {
    let rows = table.filter(|table| table.has(column)).into_iter().flat_map(Table::rows);
    let entry = |row: Row<'_>| Ok((row.text("trial")?.to_owned(), row.number(column)?));
    let entries: Result<Vec<_>, Error> = rows.map(entry).collect();
    Ok(entries?.into_iter().filter_map(|(id, number)| Some((id, number?))).collect())
}

/// Columns of the compared axes that follow from others.
fn implied(analysis: &Analysis) -> &[String] {
    analysis.compared.as_ref().map_or(&[], |compared| &compared.comparison.implied)
}

/// The axes with more than one value, without those of `implied` columns and those that move with an
/// earlier one; the cells keep their values on these alone.
fn axes(design: &Design, implied: &[String], cells: &mut [Cell]) -> Vec<Axis> {
    let mut kept: Vec<usize> = Vec::new();
    for (at, axis) in design.axes.iter().enumerate() {
        let follows = implied.iter().any(|column| column == axis_column(axis));
        let moves_with = |&other: &usize| one_to_one(cells, at, other);
        if distinct(cells, at).len() > 1 && !follows && !kept.iter().any(moves_with) {
            kept.push(at);
        }
    }
    let reference = design.compare.as_ref().map(|compare| &compare.reference);
    let named = |at: usize| reference.is_some_and(|axes| axes.contains_key(&design.axes[at]));
    let axis = |&at: &usize| Axis {
        column: axis_column(&design.axes[at]).to_owned(),
        values: distinct(cells, at),
        compared: (0..design.axes.len()).any(|other| named(other) && one_to_one(cells, at, other)),
    };
    let axes = kept.iter().map(axis).collect();
    for cell in cells {
        cell.values = kept.iter().map(|&at| cell.values[at].clone()).collect();
    }
    axes
}

/// Values of the axis at `at`, in plan order.
fn distinct(cells: &[Cell], at: usize) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for cell in cells {
        if !values.contains(&cell.values[at]) {
            values.push(cell.values[at].clone());
        }
    }
    values
}

/// Whether each value of one axis goes with one value of the other.
fn one_to_one(cells: &[Cell], a: usize, b: usize) -> bool {
    let agree =
        |one: &Cell, other: &Cell| (one.values[a] == other.values[a]) == (one.values[b] == other.values[b]);
    cells.iter().enumerate().all(|(at, one)| cells[..at].iter().all(|other| agree(one, other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(values: &[[&str; 3]]) -> Vec<Cell> {
        let cell = |values: &[&str; 3]| Cell {
            values: values.map(str::to_owned).to_vec(),
            family: "drsae".to_owned(),
            steps: 1,
            hidden: 1,
            parameters: 1,
            trials: Vec::new(),
        };
        values.iter().map(cell).collect()
    }

    #[test]
    fn axes_that_move_together_or_not_at_all_are_one_or_none() {
        let design = Design {
            axes: ["model.steps", "training.phases.0.rate", "training.phases.1.rate"]
                .map(str::to_owned)
                .to_vec(),
            ..Design::default()
        };
        let mut cells = cells(&[["2", "0.1", "0.1"], ["2", "0.3", "0.3"]]);
        let axes = axes(&design, &[], &mut cells);
        assert_eq!(
            axes.iter().map(|axis| axis.column.as_str()).collect::<Vec<_>>(),
            ["training.phases.0.rate"]
        );
        assert_eq!(axes[0].numbers(), Some(vec![0.1, 0.3]));
        assert_eq!(cells[1].values, ["0.3"]);
    }

    #[test]
    fn an_axis_that_follows_from_the_names_of_sides_is_none() {
        let names = ["model.family", "model.steps", "training.phases.0.rate"];
        let design = Design { axes: names.map(str::to_owned).to_vec(), ..Design::default() };
        let mut cells = cells(&[["drsae", "2", "0.1"], ["mlp", "2", "0.3"], ["mlp", "5", "0.1"]]);
        let axes = axes(&design, &["training.phases.0.rate".to_owned()], &mut cells);
        assert_eq!(axes.iter().map(|axis| axis.column.as_str()).collect::<Vec<_>>(), ["family", "steps"]);
        assert_eq!(cells[2].values, ["mlp", "5"]);
    }
}
