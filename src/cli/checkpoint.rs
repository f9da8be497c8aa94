//! A kept network, with what it tells of itself.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::data::{self, Source};
use crate::memory;
use crate::model::{Model, weights};
use crate::spec::TrialConfig;
use crate::text::shown;

/// The trial that a `model.safetensors` is of, and its network.
pub fn load(file: &Path) -> Result<(TrialConfig, Model)> {
    let name = shown(file);
    let bytes = read(file).with_context(|| format!("cannot read {name}"))?;
    let text = weights::config_text(&bytes).with_context(|| format!("{name} is no network of drsae"))?;
    let config =
        TrialConfig::parse(&text).with_context(|| format!("{name} tells of no trial of this drsae"))?;
    let model = weights::from_bytes(&config.model, &bytes)
        .with_context(|| format!("{name} does not hold the network that it tells of"))?;
    Ok((config, model))
}

/// The bytes of a file, where memory suffices for the network in it.
fn read(file: &Path) -> Result<Vec<u8>> {
    /// The file, its tensors, and the network.
    const COPIES: u64 = 4;

    let about = fs::metadata(file)?;
    ensure!(about.is_file(), "it is no regular file");
    memory::expect(COPIES.saturating_mul(about.len()))?;
    let mut bytes = Vec::new();
    File::open(file)?.take(about.len()).read_to_end(&mut bytes)?;
    Ok(bytes)
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
                shown(&folder)
            );
            config(Source::Idx, Some(folder))
        }
    };
    Ok(config)
}
