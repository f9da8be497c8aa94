//! The search as a sequence of stages: which trials come next, and what their errors decide.

use std::collections::HashMap;
use std::fmt;

use toml::Value;

use super::budget::Budget;
use super::cells::StudyCells;
use super::choice::{self, Score, Size};
use super::error::Error;
use super::group::{Group, groups};
use super::space::{self, Configuration};
use super::table::SearchRow;
use crate::plan::{Plan, Trial};
use crate::spec::{Choice, Method, Sweep};
use crate::store::{Status, TrialTable};

/// A search at some stage.
pub struct Search<'a> {
    cells: StudyCells<'a>,
    groups: Vec<Tried>,
    /// Every training of a configuration on a cell so far, in plan order.
    lines: Vec<Line>,
    /// First line of the present stage.
    start: usize,
    stage: Stage,
    rows: Vec<SearchRow>,
}

/// A stage of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// All that is left of the first configurations, up to the rung of this position.
    Rung(usize),
    /// The n-th further configuration of each group.
    Widening(usize),
    /// The choice is made.
    Done,
}

impl fmt::Display for Stage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rung(at) => write!(out, "rung {}", at + 1),
            Self::Widening(at) => write!(out, "widening {at}"),
            Self::Done => out.write_str("done"),
        }
    }
}

/// A group of cells with the configurations that were tried for it.
struct Tried {
    group: Group,
    configurations: Vec<Configuration>,
    /// The configurations of the present stage.
    alive: Vec<usize>,
    /// Score of each configuration that was trained to the end.
    scores: Vec<Option<Score>>,
    /// Their validation errors by configuration and cell.
    errors: HashMap<(usize, usize), Vec<f64>>,
    budget: Budget,
}

/// One configuration on one cell up to one pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Line {
    group: usize,
    configuration: usize,
    cell: usize,
    /// Epochs; `None` for all.
    stop: Option<usize>,
}

/// The outcome of a line.
struct LineOutcome<'p> {
    /// Its trial with the first seed.
    trial: &'p Trial,
    /// Validation error of each seed; `None` where a seed diverged.
    errors: Option<Vec<f64>>,
}

impl<'a> Search<'a> {
    /// The first stage. `plan` is that of `sweep`.
    ///
    /// # Errors
    /// The sweep has no `[search]`.
    pub fn begin(sweep: &'a Sweep, plan: &'a Plan) -> Result<Self, Error> {
        let search = sweep.search.as_ref().ok_or_else(|| Error::NoSearch(sweep.name.clone()))?;
        let configurations = space::configurations(&search.space, &search.method);
        let tried = |group| Tried {
            group,
            alive: (0..configurations.len()).collect(),
            scores: vec![None; configurations.len()],
            errors: HashMap::new(),
            configurations: configurations.clone(),
            budget: Budget::default(),
        };
        let groups = groups(sweep, &search.by).into_iter().map(tried).collect();
        let mut begun = Self {
            cells: StudyCells { sweep, search, plan },
            groups,
            lines: Vec::new(),
            start: 0,
            stage: Stage::Rung(0),
            rows: Vec::new(),
        };
        begun.add_lines();
        Ok(begun)
    }

    /// The stage whose trials come next.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// Number of the present stage, from 1.
    #[must_use]
    pub fn position(&self) -> usize {
        match self.stage {
            Stage::Rung(at) => at + 1,
            Stage::Widening(at) => self.rungs().len() + at,
            Stage::Done => self.stages(),
        }
    }

    /// Configurations of each group in the rung at a position, from 0. A group has fewer where so many diverged that
    /// not enough were left.
    pub(super) fn planned(&self, rung: usize) -> usize {
        let first = self.groups.first().map_or(0, |tried| tried.configurations.len());
        (0..rung).fold(first, |count, _| self.kept(count))
    }

    /// Validation errors of a cell with the configuration that was chosen for it, by the seeds of the search.
    #[must_use]
    pub fn errors(&self, cell: usize) -> Option<&[f64]> {
        let group = self.groups.iter().position(|tried| tried.group.cells.contains(&cell))?;
        let configuration = choice::best(&self.groups[group].scores, self.cells.search.choose)?;
        self.groups[group].errors.get(&(configuration, cell)).map(Vec::as_slice)
    }

    /// Paths of the searched settings.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        self.cells.paths().cloned().collect()
    }

    /// Stages in all, where no group runs out of new values.
    #[must_use]
    pub fn stages(&self) -> usize {
        self.rungs().len() + self.cells.search.widen
    }

    /// The rows of `search.csv` of the stages that are decided.
    #[must_use]
    pub fn rows(&self) -> &[SearchRow] {
        &self.rows
    }

    /// The sweep of all trials up to the present stage: a spec that anybody can run.
    ///
    /// # Errors
    /// A combination of values is no valid config.
    pub fn sweep(&self) -> Result<Sweep, Error> {
        let values = |line: &Line| {
            let configuration = &self.groups[line.group].configurations[line.configuration];
            self.cells.values(line.cell, configuration, line.stop)
        };
        self.cells.sweep_of(&self.lines.iter().map(values).collect::<Vec<_>>())
    }

    /// True if `trials` decides the present stage. `plan` is that of [`sweep`](Self::sweep).
    #[must_use]
    pub fn is_decided(&self, plan: &Plan, trials: &TrialTable) -> bool {
        self.outcomes(plan, trials).is_ok()
    }

    /// Decides the present stage by the validation errors of its trials, and begins the next. `plan` is that of
    /// [`sweep`](Self::sweep), and `trials` its merged results.
    ///
    /// # Errors
    /// A trial has no error and did not diverge; the next stage is no valid sweep.
    pub fn advance(&mut self, plan: &Plan, trials: &TrialTable) -> Result<(), Error> {
        let outcomes = self.outcomes(plan, trials)?;
        for group in 0..self.groups.len() {
            self.decide(group, &outcomes);
        }
        self.start = self.lines.len();
        self.stage = self.next();
        if let Stage::Widening(_) = self.stage {
            self.widen();
        }
        if self.stage == Stage::Done {
            return self.expect_choice();
        }
        self.add_lines();
        Ok(())
    }

    /// Position of the chosen configuration of each group, once the search is done.
    #[must_use]
    pub fn chosen(&self) -> Vec<Option<usize>> {
        self.groups.iter().map(|tried| choice::best(&tried.scores, self.cells.search.choose)).collect()
    }

    /// The row of each group's choice, in the order of the groups; none before the search is done.
    #[must_use]
    pub fn chosen_rows(&self) -> Vec<&SearchRow> {
        let chosen = |tried: &Tried| self.rows.iter().find(|row| row.chosen && row.group == tried.group.name);
        self.groups.iter().filter_map(chosen).collect()
    }

    /// For each cell of the sweep, the values of the searched settings that were chosen for it.
    #[must_use]
    pub fn settings(&self) -> Vec<Vec<(String, Value)>> {
        let mut settings = vec![Vec::new(); self.cells.sweep.cells.len()];
        for (tried, chosen) in self.groups.iter().zip(self.chosen()) {
            let Some(values) = chosen.map(|at| &tried.configurations[at]) else { continue };
            for &cell in &tried.group.cells {
                settings[cell] = self.cells.paths().cloned().zip(values.iter().cloned()).collect();
            }
        }
        settings
    }

    /// Epochs of each rung; `None` for the whole schedule without pauses.
    pub(super) fn rungs(&self) -> Vec<Option<usize>> {
        match &self.cells.search.method {
            Method::Halving { rungs, .. } => {
                let all = self.cells.sweep.base.training.all_epochs();
                rungs.iter().copied().chain([all]).map(Some).collect()
            }
            _ => vec![None],
        }
    }

    fn stop(&self) -> Option<usize> {
        let rungs = self.rungs();
        match self.stage {
            Stage::Rung(at) => rungs[at],
            _ => rungs[rungs.len() - 1],
        }
    }

    fn is_last_rung(&self) -> bool {
        !matches!(self.stage, Stage::Rung(at) if at + 1 < self.rungs().len())
    }

    fn next(&self) -> Stage {
        match self.stage {
            Stage::Rung(at) if at + 1 < self.rungs().len() => Stage::Rung(at + 1),
            Stage::Rung(_) if self.cells.search.widen > 0 => Stage::Widening(1),
            Stage::Widening(at) if at < self.cells.search.widen => Stage::Widening(at + 1),
            _ => Stage::Done,
        }
    }

    fn add_lines(&mut self) {
        let stop = self.stop();
        for (group, tried) in self.groups.iter().enumerate() {
            for &configuration in &tried.alive {
                let line = |&cell| Line { group, configuration, cell, stop };
                self.lines.extend(tried.group.cells.iter().map(line));
            }
        }
    }

    /// Adds one configuration to each group that has a best one.
    fn widen(&mut self) {
        for group in 0..self.groups.len() {
            let tried = &self.groups[group];
            let best = choice::best(&tried.scores, Choice::Least);
            let fresh = best.and_then(|best| {
                let is_valid = |new: &Configuration| self.is_valid(group, new);
                let (best, known) = (&tried.configurations[best], &tried.configurations);
                space::beyond(&self.cells.search.space, best, known, &is_valid)
            });
            let tried = &mut self.groups[group];
            tried.alive = fresh.iter().map(|_| tried.configurations.len()).collect();
            tried.scores.extend(fresh.iter().map(|_| None));
            tried.configurations.extend(fresh);
        }
        if self.groups.iter().all(|tried| tried.alive.is_empty()) {
            self.stage = Stage::Done;
        }
    }

    /// True if a configuration can be trained on every cell of the group.
    fn is_valid(&self, group: usize, configuration: &Configuration) -> bool {
        let cells = &self.groups[group].group.cells;
        let rows: Vec<_> = cells.iter().map(|&cell| self.cells.values(cell, configuration, None)).collect();
        self.cells.sweep_of(&rows).is_ok()
    }

    /// The outcomes of the stage's lines.
    fn outcomes<'p>(&self, plan: &'p Plan, trials: &TrialTable) -> Result<Vec<LineOutcome<'p>>, Error> {
        (self.start..self.lines.len()).map(|line| self.outcome(plan, trials, line)).collect()
    }

    /// The outcome of a line by the merged results of all of its trials.
    fn outcome<'p>(
        &self,
        plan: &'p Plan,
        trials: &TrialTable,
        line: usize,
    ) -> Result<LineOutcome<'p>, Error> {
        let lines = self.lines.len();
        let error = |seed: usize| {
            let id = &plan.trials[seed * lines + line].id;
            let row = trials.get(id);
            let status = row.map_or(Status::Pending, |row| row.status);
            match (status, row.and_then(|row| row.valid_error)) {
                (Status::Complete, Some(error)) => Ok(Some(error)),
                (Status::Diverged, _) => Ok(None),
                (status, _) => Err(Error::Incomplete { trial: id.clone(), status }),
            }
        };
        let errors: Vec<_> = (0..self.cells.search.seeds.len()).map(error).collect::<Result<_, _>>()?;
        Ok(LineOutcome { trial: &plan.trials[line], errors: errors.into_iter().collect() })
    }

    /// Scores and ranks the configurations of a group, and keeps those that go on; `outcomes` are those of the
    /// stage's lines.
    fn decide(&mut self, group: usize, outcomes: &[LineOutcome<'_>]) {
        let is_last = self.is_last_rung();
        let scored = self.scored(group, outcomes);
        let kept = if is_last { 0 } else { self.planned(self.position()) };
        let is_kept = |rank: usize, score: &Option<Score>| rank < kept && score.is_some();
        let budget = self.spent(group, outcomes);
        let rows: Vec<_> = scored
            .iter()
            .enumerate()
            .map(|(rank, (configuration, score))| SearchRow {
                rank: rank + 1,
                promoted: is_kept(rank, score),
                ..self.row(group, *configuration, score.as_ref(), budget)
            })
            .collect();
        self.rows.extend(rows);
        // Fewer where not enough are left.
        let promoted = scored.iter().enumerate().filter(|(rank, (_, score))| is_kept(*rank, score));
        let mut alive: Vec<usize> = promoted.map(|(_, (configuration, _))| *configuration).collect();
        // In plan order.
        alive.sort_unstable();
        let last: Vec<_> = if is_last { self.own(group, outcomes).collect() } else { Vec::new() };
        let last: Vec<_> = last
            .into_iter()
            .filter_map(|(line, outcome)| Some(((line.configuration, line.cell), outcome.errors.clone()?)))
            .collect();
        let tried = &mut self.groups[group];
        tried.alive = alive;
        tried.budget = budget;
        tried.errors.extend(last);
        if is_last {
            for (configuration, score) in scored {
                tried.scores[configuration] = score;
            }
        }
    }

    /// The lines of a group in the present stage with their outcomes, those of a configuration together.
    fn own<'e>(
        &'e self,
        group: usize,
        outcomes: &'e [LineOutcome<'e>],
    ) -> impl Iterator<Item = (&'e Line, &'e LineOutcome<'e>)> {
        self.lines[self.start..].iter().zip(outcomes).filter(move |(line, _)| line.group == group)
    }

    /// The configurations of a group in the present stage with their scores, the best first.
    fn scored(&self, group: usize, outcomes: &[LineOutcome<'_>]) -> Vec<(usize, Option<Score>)> {
        let own: Vec<_> = self.own(group, outcomes).collect();
        let by_configuration = own.chunk_by(|(a, _), (b, _)| a.configuration == b.configuration);
        let mut scored: Vec<_> = by_configuration
            .map(|lines| {
                let configuration = lines[0].0.configuration;
                let size: Size = lines.iter().map(|(_, outcome)| Size::of(outcome.trial)).sum();
                let cells: Option<Vec<&Vec<f64>>> =
                    lines.iter().map(|(_, outcome)| outcome.errors.as_ref()).collect();
                (configuration, cells.map(|cells| Score::of(&cells, size, configuration)))
            })
            .collect();
        scored.sort_by(|(a, one), (b, other)| choice::by_error(one.as_ref(), other.as_ref()).then(a.cmp(b)));
        scored
    }

    /// The budget of a group at the end of the present stage.
    fn spent(&self, group: usize, outcomes: &[LineOutcome<'_>]) -> Budget {
        let tried = &self.groups[group];
        let mut budget = tried.budget;
        budget.configurations = tried.configurations.len();
        for (line, outcome) in self.own(group, outcomes) {
            let epochs = self.epochs_before()..self.cells.epochs(line.cell, line.stop);
            budget.add(outcome.trial, epochs, self.cells.search.seeds.len());
        }
        budget
    }

    /// The row of a configuration, without its rank.
    fn row(&self, group: usize, configuration: usize, score: Option<&Score>, budget: Budget) -> SearchRow {
        let tried = &self.groups[group];
        let values = tried.configurations[configuration].iter().cloned();
        SearchRow {
            stage: self.stage.to_string(),
            group: tried.group.name.clone(),
            configuration: configuration + 1,
            epochs: tried.group.cells.first().map_or(0, |&cell| self.cells.epochs(cell, self.stop())),
            trials: tried.group.cells.len() * self.cells.search.seeds.len(),
            valid_error_mean: score.map(|score| score.mean),
            valid_error_se: score.and_then(|score| score.error),
            spent_configurations: budget.configurations,
            spent_epochs: budget.epochs,
            spent_images: budget.images,
            spent_operations: budget.operations,
            settings: self.cells.paths().cloned().zip(values).collect(),
            ..SearchRow::default()
        }
    }

    /// Configurations of a rung that go on to the next.
    fn kept(&self, count: usize) -> usize {
        match self.cells.search.method {
            Method::Halving { reduction, .. } => count.div_ceil(reduction),
            _ => count,
        }
    }

    /// Epochs that the present stage's configurations were trained for before it.
    fn epochs_before(&self) -> usize {
        match self.stage {
            Stage::Rung(at @ 1..) => self.rungs()[at - 1].unwrap_or_default(),
            _ => 0,
        }
    }

    /// Marks the chosen rows; refuses a group without a choice.
    fn expect_choice(&mut self) -> Result<(), Error> {
        for (tried, chosen) in self.groups.iter().zip(self.chosen()) {
            let Some(chosen) = chosen else { return Err(Error::AllDiverged(tried.group.name.clone())) };
            let is_chosen =
                |row: &&mut SearchRow| row.group == tried.group.name && row.configuration == chosen + 1;
            if let Some(row) = self.rows.iter_mut().rev().find(is_chosen) {
                row.chosen = true;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
