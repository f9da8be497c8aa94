//! What every command on a spec starts with.

use std::path::PathBuf;

use anyhow::Result;

use crate::analysis::Design;
use crate::data;
use crate::plan::{Facts, Plan, Trial};
use crate::spec::{self, Sweep};
use crate::store::{PlannedTrial, Store, axis_column};

/// The arguments that name a sweep.
#[derive(Debug, clap::Args)]
pub struct SpecArgs {
    /// The experiment spec, a TOML file.
    pub spec: PathBuf,
    /// Override a setting of the spec, such as `training.batch=50`; may be repeated.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub overrides: Vec<String>,
    /// Folder of all results; this sweep's is a folder in it, of the sweep's name.
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub results: PathBuf,
    /// Folder of the MNIST files [default: $DRSAE_DATA_DIR, else the user's cache].
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

impl SpecArgs {
    /// The checked spec and its trials.
    pub fn plan(&self) -> Result<(Sweep, Plan)> {
        let sweep = Sweep::load(&self.spec, &self.overrides)?;
        let describe = |config: &data::Config| {
            let data::Shape { inputs, classes, .. } = data::shape(config)?;
            Ok::<_, data::Error>(Facts { inputs, classes, fingerprint: data::fingerprint(config)? })
        };
        let plan = Plan::of(&sweep, describe).map_err(|error| {
            let place = Sweep::place_of(error.key(), &self.spec, &self.overrides);
            anyhow::Error::new(error).context(place.to_string())
        })?;
        Ok((sweep, plan))
    }

    /// The sweep's results folder, made and marked as this sweep's where it is new.
    pub fn open_store(&self, sweep: &Sweep, plan: &Plan) -> Result<Store> {
        let store = Store::open(&self.results, &sweep.name, &sweep.to_toml()?)?;
        store.write_plan(&plan.header(), &plan.rows().collect::<Vec<_>>())?;
        Ok(store)
    }

    /// The sweep's results folder, as it is.
    pub fn existing_store(&self, sweep: &Sweep) -> Result<Store> {
        Ok(Store::at(&self.results, &sweep.name)?)
    }
}

/// What the merged files say of each planned trial.
pub fn planned(plan: &Plan) -> Vec<PlannedTrial> {
    let row = |trial: &Trial| PlannedTrial {
        index: trial.index,
        id: trial.id.clone(),
        family: trial.config.model.family.name().to_owned(),
        steps: trial.config.model.steps,
        hidden: trial.config.model.hidden,
        sparsity: trial.config.objective.sparsity,
        discriminative_weight: trial.config.objective.discriminative_weight,
        seed: trial.config.seed,
        parameters: trial.parameters,
        axes: trial.settings.iter().filter(|(axis, _)| axis_column(axis) == axis).cloned().collect(),
    };
    plan.trials.iter().map(row).collect()
}

/// What the analysis needs to know of the spec.
pub fn design(sweep: &Sweep) -> Design {
    let reference = sweep.compare.as_ref().map(|compare| {
        compare.reference.iter().map(|(axis, value)| (axis.clone(), spec::text(value))).collect()
    });
    Design { axes: sweep.axes.iter().map(|axis| axis.path.clone()).collect(), reference }
}
