//! What every command on a spec starts with.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::analysis::{Compare, Design, Published};
use crate::data;
use crate::device::{self, Kind};
use crate::plan::{Facts, Plan, Trial};
use crate::spec::{self, Sweep};
use crate::store::{PlannedTrial, Store, axis_column};

/// Folder of all results where none is named.
const RESULTS: &str = "results";

/// The arguments that name a sweep.
#[derive(Debug, Clone, clap::Args)]
pub struct SpecArgs {
    /// The experiment spec, a TOML file.
    pub spec: PathBuf,
    /// Override a setting of the spec, such as `training.batch=50`; may be repeated.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub overrides: Vec<String>,
    /// Folder of all results; this sweep's is a folder in it, of the sweep's name.
    #[arg(long, value_name = "DIR", default_value = RESULTS)]
    pub results: PathBuf,
    /// Folder of the MNIST files [default: $DRSAE_DATA_DIR, else the user's cache].
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where networks are trained: `cuda` and `metal` need a program that was built with them.
    /// Part of every trial's id, so give all commands on a sweep the same.
    #[arg(long, default_value = Kind::Cpu.name(), value_parser = devices())]
    pub device: Kind,
}

fn devices() -> impl TypedValueParser<Value = Kind> {
    let find = |name: String| Kind::ALL.into_iter().find(|kind| kind.name() == name);
    PossibleValuesParser::new(Kind::ALL.map(Kind::name))
        .try_map(move |name| find(name).ok_or("there is no such device"))
}

impl SpecArgs {
    /// The checked spec and its trials.
    pub fn plan(&self) -> Result<(Sweep, Plan)> {
        let sweep = Sweep::load(&self.spec, &self.overrides)?;
        let describe = |config: &data::Config| {
            let data::Shape { inputs, classes, train, .. } = data::shape(config)?;
            let fingerprint = data::fingerprint(config)?;
            Ok::<_, data::Error>(Facts { inputs, classes, train, fingerprint })
        };
        let plan = Plan::of(&sweep, self.device, describe).map_err(|error| {
            let place = Sweep::place_of(error.key(), &self.spec, &self.overrides);
            anyhow::Error::new(error).context(place.to_string())
        })?;
        Ok((sweep, plan))
    }

    /// Refuses a device that cannot be trained on, before anything is done for it.
    pub fn expect_device(&self) -> Result<(), device::Error> {
        self.device.open().map(drop)
    }

    /// Trials to run side by side where nobody says how many: one for each core, or one at a
    /// time on a device that they would share.
    pub fn default_jobs(&self) -> usize {
        match self.device {
            Kind::Cpu => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            Kind::Cuda | Kind::Metal => 1,
        }
    }

    /// The sweep's results folder, made and marked as this sweep's where it is new.
    pub fn open_store(&self, sweep: &Sweep, plan: &Plan) -> Result<Store> {
        let store = Store::open(&self.results, &sweep.name, &sweep.to_toml()?)?;
        store.write_plan(&plan.header(), &plan.rows().collect::<Vec<_>>())?;
        Ok(store)
    }

    /// The command line that runs `drsae COMMAND` on the same sweep.
    pub fn command(&self, command: &str) -> String {
        let mut words = vec!["drsae".to_owned(), command.to_owned(), self.spec.display().to_string()];
        words.extend(self.overrides.iter().flat_map(|setting| ["--set".to_owned(), setting.clone()]));
        if self.results != Path::new(RESULTS) {
            words.extend(["--results".to_owned(), self.results.display().to_string()]);
        }
        if let Some(folder) = &self.data_dir {
            words.extend(["--data-dir".to_owned(), folder.display().to_string()]);
        }
        if self.device != Kind::default() {
            words.extend(["--device".to_owned(), self.device.name().to_owned()]);
        }
        words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }

    /// The sweep's results folder, as it is.
    pub fn existing_store(&self, sweep: &Sweep) -> Result<Store> {
        Ok(Store::at(&self.results, &sweep.name)?)
    }

    /// The sweep's results folder with its tables brought up to date, where it has trials'
    /// folders to do so from.
    pub fn merged_store(&self, sweep: &Sweep) -> Result<Store> {
        let store = self.existing_store(sweep)?;
        // A plan asks for data, which stored tables do without.
        if store.has_trials()? {
            store.merge(&planned(&self.plan()?.1))?;
        }
        Ok(store)
    }
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=+:,@%".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
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
    let axes = sweep.axes.iter().map(|axis| axis.path.clone()).collect();
    let compare = sweep.compare.as_ref().map(|compare| Compare {
        reference: compare.reference.iter().map(|(axis, value)| (axis.clone(), spec::text(value))).collect(),
        matched: compare.matching,
        margin: compare.margin,
    });
    let published = sweep.published.iter().map(|figure| Published {
        system: figure.system.clone(),
        error: figure.error,
        source: figure.source.clone(),
    });
    Design { axes, compare, published: published.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_what_was_given_and_a_shell_reads_it_back() {
        let mut args = SpecArgs {
            spec: "experiments/depth.toml".into(),
            overrides: Vec::new(),
            results: RESULTS.into(),
            data_dir: None,
            device: Kind::Cpu,
        };
        assert_eq!(args.command("sweep"), "drsae sweep experiments/depth.toml");
        args.overrides = vec!["seeds=[1, 2]".to_owned(), "question=it's".to_owned()];
        args.results = "my results".into();
        args.data_dir = Some("/data/mnist".into());
        args.device = Kind::Cuda;
        assert_eq!(
            args.command("sweep"),
            r"drsae sweep experiments/depth.toml --set 'seeds=[1, 2]' --set 'question=it'\''s' --results 'my results' --data-dir /data/mnist --device cuda"
        );
    }
}
