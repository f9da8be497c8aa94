//! Reading `model.safetensors`: the network and its trial's config.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::source;
use crate::data::{self, Dataset, Fitted, Part, Scale};
use crate::memory;
use crate::model::{Checkpoint, Model};
use crate::spec::TrialConfig;
use crate::text::shown;

/// The config of the trial that wrote a `model.safetensors`, and its network.
pub fn load(file: &Path) -> Result<(TrialConfig, Model)> {
    let name = shown(file);
    let bytes = read(file).with_context(|| format!("cannot read {name}"))?;
    let not_checkpoint = || format!("{name} is not a checkpoint of drsae");
    let checkpoint = Checkpoint::parse(&bytes).with_context(not_checkpoint)?;
    let config = TrialConfig::parse(checkpoint.config().with_context(not_checkpoint)?)
        .with_context(|| format!("this version of drsae cannot read the config in {name}"))?;
    let model = checkpoint
        .model(&config.model)
        .with_context(|| format!("{name} does not hold the network that its config describes"))?;
    Ok((config, model))
}

/// The bytes of a file, if there is enough memory for the network in it.
fn read(file: &Path) -> Result<Vec<u8>> {
    /// The file, the network, and its copy for measurements.
    const COPIES: u64 = 3;

    let about = fs::metadata(file)?;
    ensure!(about.is_file(), "not a regular file");
    memory::check(COPIES.saturating_mul(about.len()))?;
    let mut bytes = Vec::new();
    File::open(file)?.take(about.len()).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The data set that `--data` names; by default the one that the network was trained on.
pub fn source(asked: Option<&str>, trained: &data::Config) -> Result<data::Config> {
    asked.map_or_else(|| Ok(trained.clone()), |name| source::named("--data", name))
}

/// The preprocessing of the network's images, for those of `source`.
pub fn fitted(
    config: &TrialConfig,
    source: &data::Config,
    dataset: &Dataset,
    data_dir: Option<&Path>,
) -> Result<Fitted> {
    if config.preprocessing().scale != Scale::Standard || source.images() == config.data.images() {
        return Ok(config.fitted(&dataset.train));
    }
    let trained = data::load(&config.data, data_dir, Part::Training);
    let trained =
        trained.context("the network's training images are needed, whose pixels have unit variance")?;
    Ok(config.fitted(&trained.train))
}
