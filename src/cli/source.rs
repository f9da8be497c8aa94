//! Data sets by their name on the command line.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::data::{self, Source, npz};
use crate::text::shown;

/// Sources that have a name of their own.
const NAMED: [Source; 5] =
    [Source::Mnist, Source::FashionMnist, Source::Kmnist, Source::Qmnist, Source::Strokes];

/// All images of a source by its name, of a folder of IDX or `.npy` files, or of an `.npz` file; `option` names the
/// argument in errors.
pub fn named(option: &str, name: &str) -> Result<data::Config> {
    let config = |source| data::Config { source, validation: 0, ..data::Config::default() };
    if let Some(source) = NAMED.into_iter().find(|source| source.name() == name) {
        return Ok(config(source));
    }
    let path = PathBuf::from(name);
    if path.is_dir() {
        let source = if npz::is_at(&path) { Source::Npz } else { Source::Idx };
        return Ok(data::Config { folder: Some(path), ..config(source) });
    }
    if path.is_file() {
        return Ok(data::Config { file: Some(path), ..config(Source::Npz) });
    }
    if path.extension().is_some() && !path.exists() {
        bail!("{option}: there is no file {}", shown(&path));
    }
    let names = NAMED.map(|source| format!("`{}`", source.name())).join(", ");
    bail!("{option} {}: neither {names} nor a folder of IDX or .npy files nor an .npz file", shown(&path))
}

/// The name of a source for messages: its own, or its folder or file.
pub fn name(config: &data::Config) -> String {
    let path = config.folder.as_ref().or(config.file.as_ref());
    path.map_or_else(|| config.source.name().to_owned(), |path| path.to_string_lossy().into_owned())
}
