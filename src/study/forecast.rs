//! The cost of a study before it runs.

use super::error::Error;
use super::search::{Search, Stage};
use crate::plan::Plan;
use crate::spec::Sweep;

/// A stage of a study that is to be run.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedStage {
    /// The stage, `rung 1` or `confirmation`.
    pub name: String,
    /// Configurations of each group; absent in the confirmation.
    pub configurations: Option<usize>,
    /// Trials that start or go on.
    pub trials: usize,
    /// For each cell, whole trainings of it: trials times the share of the epochs that the stage adds.
    pub trainings: Vec<f64>,
}

/// The stages of a study. Every group is counted as if no configuration diverged and no widening ran out of values.
///
/// # Errors
/// The sweep has no `[search]`.
pub fn forecast(study: &Sweep, plan: &Plan) -> Result<Vec<PlannedStage>, Error> {
    let search = Search::begin(study, plan)?;
    let settings = study.search.as_ref().ok_or_else(|| Error::NoSearch(study.name.clone()))?;
    let (cells, all) = (study.cells.len(), study.base.training.epochs().max(1));
    let stage = |name: String, configurations: usize, epochs: usize| PlannedStage {
        name,
        configurations: Some(configurations),
        trials: configurations * settings.seeds.len() * cells,
        trainings: vec![(configurations * settings.seeds.len() * epochs) as f64 / all as f64; cells],
    };
    let (mut stages, mut before) = (Vec::new(), 0);
    for (at, rung) in search.rungs().into_iter().enumerate() {
        let epochs = rung.unwrap_or(all);
        stages.push(stage(Stage::Rung(at).to_string(), search.planned(at), epochs - before));
        before = epochs;
    }
    stages.extend((1..=settings.widen).map(|at| stage(Stage::Widening(at).to_string(), 1, all)));
    stages.push(PlannedStage {
        name: "confirmation".to_owned(),
        configurations: None,
        trials: study.seeds.len() * cells,
        trainings: vec![study.seeds.len() as f64; cells],
    });
    Ok(stages)
}
