//! The sweep that an argument names: by a spec, by a results folder, or by its name.

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Result, bail};

use crate::spec::Hint;
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
        let parent = folder_of(path).filter(|_| path.file_name().is_some_and(|name| name == SPEC));
        let folder = parent.filter(|parent| Store::is_at(parent)).map(Path::to_owned);
        Self { file: path.to_owned(), folder }
    }

    /// The spec that an argument means: the one at this path, or else the one of this name. Sweeps of that name have
    /// their results in `results`.
    ///
    /// # Errors
    /// No sweep has this name, or two have; or there is no file at this path.
    pub fn find(argument: &Path, results: &Path) -> Result<Self> {
        let here = Self::at(argument);
        let is_name = argument.components().all(|part| matches!(part, Component::Normal(_)))
            && argument.extension().is_none_or(|extension| extension != "toml");
        if !is_name || here.file.is_file() || here.folder.is_some() {
            return here.existing();
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

    /// The location, whose file must be there.
    fn existing(self) -> Result<Self> {
        if !matches!(self.file.try_exists(), Ok(false)) {
            return Ok(self);
        }
        if let Some(folder) = &self.folder {
            bail!("{}, or name the original spec", without_spec(folder));
        }
        let meant = nearest(&self.file).map(|meant| format!("; did you mean {}?", shown(&meant)));
        bail!("there is no spec {}{}", shown(&self.file), meant.unwrap_or_default())
    }
}

/// The refusal of a results folder whose spec is missing.
pub fn without_spec(folder: &Path) -> String {
    format!("{} has results, but no {SPEC}: restore it", shown(folder))
}

/// The folder that a path is in.
fn folder_of(path: &Path) -> Option<&Path> {
    let parent = path.parent()?;
    Some(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })
}

/// The spec that the path of none probably means: that of its name among all specs, or the one of the nearest name in
/// its folder.
fn nearest(path: &Path) -> Option<PathBuf> {
    let listed = Path::new(SPECS).join(path.file_name()?);
    if listed.is_file() {
        return Some(listed);
    }
    let specs = fs::read_dir(folder_of(path)?).ok()?.flatten().map(|entry| entry.path());
    let specs = specs.filter(|spec| spec.extension().is_some_and(|extension| extension == "toml"));
    let names = specs.filter_map(|spec| Some(spec.file_stem()?.to_str()?.to_owned()));
    match Hint::new(path.file_stem()?.to_str()?, names) {
        Hint::DidYouMean(name) => Some(path.with_file_name(format!("{name}.toml"))),
        Hint::OneOf(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(argument: &Path) -> String {
        Location::find(argument, Path::new("out")).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_name_is_a_path_and_a_spec_must_be_there() {
        for path in ["missing.toml", "./depth", "../depth", "/depth", "a/missing.toml"] {
            assert_eq!(Location::at(Path::new(path)), Location { file: path.into(), folder: None });
            assert!(refusal(Path::new(path)).starts_with(&format!("there is no spec {path}")));
        }
    }

    #[test]
    fn a_path_to_nothing_is_answered_by_the_nearest_spec() {
        // The tests run in the root of the crate.
        assert_eq!(
            refusal(Path::new("experiment/smoke.toml")),
            "there is no spec experiment/smoke.toml; did you mean experiments/smoke.toml?"
        );
        assert_eq!(
            refusal(Path::new("experiments/smok.toml")),
            "there is no spec experiments/smok.toml; did you mean experiments/smoke.toml?"
        );
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("digits.toml"), "").unwrap();
        let refused = refusal(&folder.path().join("digist.toml"));
        assert!(refused.ends_with("digits.toml?"), "{refused}");
    }

    #[test]
    fn results_without_their_spec_are_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("plan.csv"), "").unwrap();
        let expected = format!(
            "{} has results, but no sweep.toml: restore it, or name the original spec",
            shown(folder.path())
        );
        assert_eq!(refusal(folder.path()), expected);
        assert_eq!(refusal(&folder.path().join(SPEC)), expected);
    }

    #[test]
    fn a_name_that_nothing_has_is_refused_with_the_places_that_were_tried() {
        assert_eq!(
            refusal(Path::new("search/absent")),
            "there is no sweep search/absent: none is at search/absent, search/absent.toml, \
             experiments/search/absent.toml or out/search/absent/sweep.toml"
        );
    }
}
