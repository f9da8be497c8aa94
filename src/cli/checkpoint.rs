//! A kept network, with what it tells of itself.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::data::{self, Source};
use crate::model::{Model, weights};
use crate::spec::TrialConfig;

/// The trial that a `model.safetensors` is of, and its network.
pub fn load(file: &Path) -> Result<(TrialConfig, Model)> {
    let name = file.display();
    let bytes = fs::read(file).with_context(|| format!("cannot read {name}"))?;
    let text = weights::config_text(&bytes).with_context(|| format!("{name} is no network of drsae"))?;
    let config: TrialConfig =
        toml::from_str(&text).with_context(|| format!("{name} tells of no trial of this drsae"))?;
    let model = weights::from_bytes(&config.model, &bytes)
        .with_context(|| format!("{name} holds another network than it tells of"))?;
    Ok((config, model))
}

/// The data set that is asked for: that of the training where nothing is.
pub fn source(asked: Option<&str>, trained: &data::Config) -> Result<data::Config> {
    let config = |source, folder| data::Config {
        source,
        folder,
        validation: 0,
        train: None,
        test: None,
        glyph_seed: None,
    };
    let config = match asked {
        None => return Ok(trained.clone()),
        Some("mnist") => config(Source::Mnist, None),
        Some("strokes") => config(Source::Strokes, None),
        Some(folder) => {
            let folder = PathBuf::from(folder);
            ensure!(
                folder.is_dir(),
                "--data {}: neither `mnist` nor `strokes` nor a folder of IDX files",
                folder.display()
            );
            config(Source::Idx, Some(folder))
        }
    };
    Ok(config)
}
