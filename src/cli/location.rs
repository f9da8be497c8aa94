//! The sweep that an argument names: by a spec, by a results folder, or by its name.

use std::path::{Component, Path, PathBuf};

use anyhow::{Result, bail};

use crate::store::Store;
use crate::text::shown;

/// Folder of specs.
const SPECS: &str = "experiments";

/// Name of the spec in a results folder.
const SPEC: &str = "sweep.toml";

/// The spec of a sweep.
#[derive(Debug, PartialEq, Eq)]
pub struct Location {
    /// The spec.
    pub file: PathBuf,
    /// The results folder whose `sweep.toml` it is.
    pub folder: Option<PathBuf>,
}

impl Location {
    /// A spec by its path, whether it is there or not; or that of a results folder.
    pub fn at(path: &Path) -> Self {
        if path.is_dir() && Store::is_at(path) {
            return Self { file: path.join(SPEC), folder: Some(path.to_owned()) };
        }
        let parent = path.parent().filter(|_| path.file_name().is_some_and(|name| name == SPEC));
        let parent = parent.map(|parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent });
        let folder = parent.filter(|parent| Store::is_at(parent)).map(Path::to_owned);
        Self { file: path.to_owned(), folder }
    }

    /// The spec that an argument means: the one at this path, or else the one of this name. Sweeps of that name have
    /// their results in `results`.
    ///
    /// # Errors
    /// No sweep has this name, or two have.
    pub fn find(argument: &Path, results: &Path) -> Result<Self> {
        let here = Self::at(argument);
        let is_name = argument.components().all(|part| matches!(part, Component::Normal(_)))
            && argument.extension().is_none_or(|extension| extension != "toml");
        if !is_name || here.file.is_file() || here.folder.is_some() {
            return Ok(here);
        }
        let mut spec = argument.as_os_str().to_owned();
        spec.push(".toml");
        let spec = PathBuf::from(spec);
        let tried = [spec.clone(), Path::new(SPECS).join(&spec), results.join(argument).join(SPEC)];
        let name = shown(argument);
        match tried.each_ref().map(|path| path.is_file()) {
            [true, true, _] => {
                bail!("{name} means two sweeps: write {} or {}", shown(&tried[0]), shown(&tried[1]))
            }
            [true, ..] => Ok(Self::at(&tried[0])),
            [_, true, _] => Ok(Self::at(&tried[1])),
            [.., true] => Ok(Self::at(&tried[2])),
            [false, false, false] => {
                let [here, listed, stored] = tried.each_ref().map(|path| shown(path));
                bail!("there is no sweep {name}: none is at {name}, {here}, {listed} or {stored}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_is_a_path_whether_it_is_there_or_not() {
        for path in ["missing.toml", "./depth", "../depth", "/depth", "a/missing.toml"] {
            let found = Location::find(Path::new(path), Path::new("results")).unwrap();
            assert_eq!(found, Location { file: path.into(), folder: None });
        }
    }

    #[test]
    fn a_name_that_nothing_has_is_refused_with_the_places_that_were_tried() {
        let text = Location::find(Path::new("search/absent"), Path::new("out")).unwrap_err().to_string();
        assert_eq!(
            text,
            "there is no sweep search/absent: none is at search/absent, search/absent.toml, \
             experiments/search/absent.toml or out/search/absent/sweep.toml"
        );
    }
}
