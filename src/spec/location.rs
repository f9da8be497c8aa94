//! Paths of data in a spec, made absolute when the spec is loaded: those of the file are relative to its folder, those of
//! the command line to the current one, and `~` is the user's home.

use std::env;
use std::path::{Path, absolute};

use toml::{Table, Value};

use super::path::{self, Path as Keys};

/// The settings that are paths.
const PATHS: [&str; 2] = ["data.folder", "data.file"];

/// Tables of axes, in which a setting may have a list of values.
const AXES: [&str; 4] = ["sweep.grid", "sweep.zip", "sweep.exclude", "compare.reference"];

/// Makes all relative paths of data in a spec absolute. `folder` may be relative to the current one, whose path is empty.
pub(super) fn resolve(root: &mut Table, folder: &Path) {
    resolve_in(root, folder);
    for axes in AXES {
        match value(root, &path::split(axes)) {
            Some(Value::Table(axes)) => resolve_in(axes, folder),
            Some(Value::Array(tables)) => {
                tables.iter_mut().filter_map(Value::as_table_mut).for_each(|axes| resolve_in(axes, folder));
            }
            _ => {}
        }
    }
}

/// Resolves the values of a table of settings, in either spelling, and those of an axis of whole tables `data`.
fn resolve_in(table: &mut Table, folder: &Path) {
    for key in PATHS {
        let spelling = path::spelling(table, &path::split(key));
        if let Some(found) = spelling.and_then(|keys| value(table, &keys)) {
            resolve_value(found, folder);
        }
    }
    let tables = table.get_mut("data").and_then(Value::as_array_mut);
    for data in tables.into_iter().flatten().filter_map(Value::as_table_mut) {
        for key in PATHS.map(|key| key.trim_start_matches("data.")) {
            data.get_mut(key).into_iter().for_each(|found| resolve_value(found, folder));
        }
    }
}

fn value<'t>(root: &'t mut Table, keys: &Keys) -> Option<&'t mut Value> {
    let (first, rest) = keys.split_first()?;
    rest.iter().try_fold(root.get_mut(first)?, |value, key| value.as_table_mut()?.get_mut(key))
}

/// Resolves a path, or those of a list.
fn resolve_value(value: &mut Value, folder: &Path) {
    match value {
        Value::String(text) => {
            if let Some(path) = located(text, folder, env::home_dir().as_deref()) {
                *text = path;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| resolve_value(value, folder)),
        _ => {}
    }
}

/// The absolute path, unless it is empty or not UTF-8.
fn located(text: &str, folder: &Path, home: Option<&Path>) -> Option<String> {
    let in_home = text.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let path = match (in_home, home) {
        (Some(""), Some(home)) => home.to_owned(),
        (Some(rest), Some(home)) => home.join(rest.trim_start_matches('/')),
        _ => folder.join(text),
    };
    // Without `.` and repeated slashes; links stay as they are.
    let path = absolute(path).ok()?;
    path.to_str().filter(|_| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_relative_to_a_folder_or_to_the_home() {
        let located = |text| located(text, Path::new("/specs"), Some(Path::new("/home/me"))).unwrap();
        assert_eq!(located("digits"), "/specs/digits");
        assert_eq!(located("./digits.npz"), "/specs/digits.npz");
        assert_eq!(located("../digits"), "/specs/../digits");
        assert_eq!(located("/data/digits"), "/data/digits");
        assert_eq!(located("~/digits"), "/home/me/digits");
        assert_eq!(located("~"), "/home/me");
        assert_eq!(located("~me/digits"), "/specs/~me/digits");
    }

    #[test]
    fn paths_are_found_in_settings_and_in_axes_of_either_spelling() {
        let text = "
            data = { source = \"npz\", file = \"a\", folder = 3 }
            compare.reference = { data.file = \"c\" }
            [sweep]
            grid = { data = { folder = [\"d\", \"/e\", 4] } }
            zip = [{ \"data.file\" = [\"f\"] }, { data.file = [\"g\"] }]
            exclude = [{ \"data.folder\" = \"h\" }, { data = [{ source = \"idx\", folder = \"i\" }] }]";
        let mut root: Table = toml::from_str(text).unwrap();
        resolve(&mut root, Path::new("/s"));
        let resolved = root.to_string();
        let mut expected = text.to_owned();
        for name in ["a", "c", "d", "f", "g", "h", "i"] {
            expected = expected.replace(&format!("\"{name}\""), &format!("\"/s/{name}\""));
        }
        assert_eq!(resolved, toml::from_str::<Table>(&expected).unwrap().to_string());
        // Absolute paths stay.
        resolve(&mut root, Path::new("/elsewhere"));
        assert_eq!(root.to_string(), resolved);
    }
}
