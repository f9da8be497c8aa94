//! Planning: the cells of a sweep, with facts about their data, become trials.

use std::collections::HashMap;

use serde_json::json;

use super::error::Error;
use super::id::{Identities, Identity};
use super::matching::{Sizes, partners, quantity};
use super::names;
use super::trials::{Datasets, Paused, Plan, Trial};
use crate::data::{self, Facts};
use crate::spec::{self, Cell, CellConfig, Sweep, TrialConfig};
use crate::{NUMERICS_VERSION, device};

/// A trial of a cell, complete but for its index, seed and id.
#[derive(Clone)]
struct Template {
    trial: Trial,
    identity: Identity,
}

impl Template {
    fn into_trial(self, index: usize, seed: u64) -> Trial {
        let config = TrialConfig { seed, ..self.trial.config };
        // The name of a template is that of its cell.
        let name = spec::trial_name(&self.trial.name, seed);
        Trial { index, id: self.identity.trial(seed), name, config, ..self.trial }
    }
}

impl Plan {
    /// Lists the trials of `sweep`, to be trained on `device`. `describe` is called once for each
    /// distinct `[data]`; it is [`data::facts`] but in tests.
    ///
    /// # Errors
    /// Data that cannot be described or have no such conditions, a width that cannot be matched, or two cells that turn
    /// out to be the same trial.
    pub fn of<E>(
        sweep: &Sweep,
        device: device::Kind,
        describe: impl Fn(&data::Config) -> Result<Facts, E>,
    ) -> Result<Self, Error>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (datasets, positions) = described(sweep, describe)?;
        let suited = |(_, facts): &(data::Config, Facts)| sweep.conditions.suit(facts.layout);
        datasets.iter().try_for_each(suited).map_err(Error::Condition)?;
        let facts: Vec<_> = positions.iter().map(|&position| &datasets[position].1).collect();
        let cells = resolve(sweep, device, &facts)?;
        let mut trials = Vec::with_capacity(cells.len() * sweep.seeds.len());
        if let Some((&last, seeds)) = sweep.seeds.split_last() {
            for &seed in seeds {
                trials.extend(
                    cells
                        .iter()
                        .zip(trials.len()..)
                        .map(|(cell, index)| cell.clone().into_trial(index, seed)),
                );
            }
            // Moves the cells into the trials of the last seed, which is often the only one.
            trials.extend(
                cells.into_iter().zip(trials.len()..).map(|(cell, index)| cell.into_trial(index, last)),
            );
        }
        refuse_duplicates(&trials, &sweep.cells)?;
        link_pauses(&mut trials);
        let axes = sweep.axes.iter().map(|axis| axis.path.clone()).collect();
        Ok(Self { name: sweep.name.clone(), test: sweep.test, axes, trials, datasets })
    }
}

/// The distinct data sets with their facts, and for each cell the position of its own.
fn described<E>(
    sweep: &Sweep,
    describe: impl Fn(&data::Config) -> Result<Facts, E>,
) -> Result<(Datasets, Vec<usize>), Error>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut datasets = Datasets::new();
    let mut positions = Vec::with_capacity(sweep.cells.len());
    for Cell { settings, config } in &sweep.cells {
        let known = datasets.iter().position(|(data, _)| *data == config.data);
        if known.is_none() {
            let facts = describe(&config.data)
                .map_err(|error| Error::Data { cell: spec::label(settings), source: error.into() })?;
            datasets.push((config.data.clone(), facts));
        }
        positions.push(known.unwrap_or(datasets.len() - 1));
    }
    Ok((datasets, positions))
}

/// Chooses the widths and counts the parameters.
fn resolve(sweep: &Sweep, device: device::Kind, facts: &[&Facts]) -> Result<Vec<Template>, Error> {
    let partners = partners(sweep)?;
    let (mut sizes, mut identities) = (Sizes::default(), Identities::default());
    let telling = names::telling(&sweep.axes);
    let mut templates = Vec::with_capacity(sweep.cells.len());
    for ((cell, facts), partner) in sweep.cells.iter().zip(facts).zip(partners) {
        let mut config = cell.config.clone();
        if let Some((matching, partner)) = partner {
            let budget = sizes.of(&sweep.cells[partner].config.model, facts)?.matched(matching);
            let width = sizes.matched_width(&config.model, facts, matching, budget)?;
            config.model.hidden = width.ok_or_else(|| Error::ImpossibleWidth {
                cell: spec::label(&cell.settings),
                budget,
                quantity: quantity(matching),
            })?;
        }
        let size = sizes.of(&config.model, facts)?;
        let identity = identities.of(&config, &facts.checksums, NUMERICS_VERSION, device);
        let settings: Vec<_> =
            cell.settings.iter().map(|(path, value)| (path.clone(), spec::text(value))).collect();
        let trial = Trial {
            index: 0,
            id: String::new(),
            name: names::cell_name(&settings, &telling),
            settings,
            parameters: size.parameters,
            flops_per_image: size.flops,
            training_flops: size.flops.saturating_mul(images(&config, facts)),
            device,
            continues: None,
            config: config.with_seed(0),
        };
        templates.push(Template { trial, identity });
    }
    Ok(templates)
}

/// Number of training images in all epochs together.
fn images(config: &CellConfig, facts: &Facts) -> u64 {
    let images = facts.shape.train.saturating_sub(config.data.validation);
    (images as u64).saturating_mul(config.training.epochs() as u64)
}

/// Finds for each trial the one that pauses last before it.
fn link_pauses(trials: &mut [Trial]) {
    if trials.iter().all(|trial| trial.config.training.stop_after.is_none()) {
        return;
    }
    let mut stages: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
    for trial in trials.iter() {
        let mut config = trial.config.clone();
        config.training.stop_after = None;
        let whole = json!(config).to_string();
        stages.entry(whole).or_default().push((trial.config.training.epochs(), trial.index));
    }
    for mut stages in stages.into_values() {
        stages.sort_unstable();
        for pair in stages.windows(2) {
            let Trial { id, training_flops, .. } = &trials[pair[0].1];
            let paused = Paused { id: id.clone(), training_flops: *training_flops };
            trials[pair[1].1].continues = Some(paused);
        }
    }
}

fn refuse_duplicates(trials: &[Trial], cells: &[Cell]) -> Result<(), Error> {
    let mut seen = HashMap::with_capacity(trials.len());
    for trial in trials {
        if let Some(earlier) = seen.insert(trial.id.as_str(), trial.index) {
            let label = |index: usize| spec::label(&cells[index % cells.len()].settings);
            return Err(Error::Duplicate {
                id: trial.id.clone(),
                first: label(earlier),
                second: label(trial.index),
            });
        }
    }
    Ok(())
}
