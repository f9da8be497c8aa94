//! Data sets by their name on the command line.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::data::{self, Source};
use crate::text::shown;

/// All images of `mnist`, of `strokes`, or of a folder of IDX files; `option` names the argument in errors.
pub fn named(option: &str, name: &str) -> Result<data::Config> {
    let config = |source, folder| data::Config { source, folder, validation: 0, ..data::Config::default() };
    Ok(match name {
        "mnist" => config(Source::Mnist, None),
        "strokes" => config(Source::Strokes, None),
        folder => {
            let folder = PathBuf::from(folder);
            let name = shown(&folder);
            ensure!(
                folder.is_dir(),
                "{option} {name}: neither `mnist` nor `strokes` nor a folder of IDX files"
            );
            config(Source::Idx, Some(folder))
        }
    })
}
