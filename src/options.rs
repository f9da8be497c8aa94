//! Settings that the program adds to a spec, read as the spec's own are.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use toml::Table;

use crate::Invalid;

/// No settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoOptions {}

/// Settings of a network or a term that a program adds.
pub trait Options: Serialize + DeserializeOwned + 'static {}

impl<O: Serialize + DeserializeOwned + 'static> Options for O {}

/// The settings of the table at `path` with every default written out.
///
/// # Errors
/// See [`read`].
pub(crate) fn resolved<O: Options>(path: &str, table: &Table) -> Result<Table, Invalid> {
    let unwritable = |error: toml::ser::Error| Invalid::new(path, format!("cannot be written: {error}"));
    Table::try_from(read::<O>(path, table)?).map_err(unwritable)
}

/// Reads the settings of the table at `path`. An unknown key is an error even where `O` would ignore it.
///
/// # Errors
/// Names the setting that is unknown, absent or of another type.
pub(crate) fn read<O: DeserializeOwned>(path: &str, table: &Table) -> Result<O, Invalid> {
    let mut unknown = None;
    let mut note = |key: serde_ignored::Path| {
        unknown.get_or_insert_with(|| key.to_string());
    };
    let tracked = serde_ignored::Deserializer::new(table.clone(), &mut note);
    let read = serde_path_to_error::deserialize(tracked).map_err(|error| {
        let inner = error.path().to_string();
        let key = if inner == "." { path.to_owned() } else { format!("{path}.{inner}") };
        let message = error.inner().message();
        let unknown = message.strip_prefix("unknown field").and_then(|rest| rest.split_once(", "));
        let reason = unknown.map_or(message.to_owned(), |(_, known)| format!("is no setting there: {known}"));
        Invalid::new(key, reason)
    })?;
    match unknown {
        Some(key) => Err(Invalid::new(format!("{path}.{key}"), "is no setting there")),
        None => Ok(read),
    }
}

/// Refuses names that a spec or a folder cannot have.
///
/// # Errors
/// The name is not of small letters, digits and hyphens.
pub(crate) fn check_name(key: &str, name: &str) -> Result<(), Invalid> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.is_empty() && name.chars().all(fits) {
        return Ok(());
    }
    Err(Invalid::new(key, format!("cannot be `{name}`: a name has small letters, digits and hyphens")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    struct Gate {
        #[serde(default)]
        gates: usize,
    }

    fn refusal<O: DeserializeOwned + std::fmt::Debug>(text: &str) -> String {
        read::<O>("model.options", &toml::from_str(text).unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn settings_are_read_and_others_are_named() {
        let read = |text: &str| read::<Gate>("model.options", &toml::from_str(text).unwrap()).unwrap().gates;
        assert_eq!((read(""), read("gates = 3")), (0, 3));
        let written = resolved::<Gate>("model.options", &Table::new()).unwrap();
        assert_eq!(written.to_string().trim(), "gates = 0");
        assert_eq!(refusal::<Gate>("gaets = 3"), "`model.options.gaets` is no setting there");
        assert!(refusal::<Gate>("gates = \"a\"").starts_with("`model.options.gates` invalid type"));
        assert!(refusal::<NoOptions>("gates = 3").ends_with("is no setting there: there are no fields"));
    }
}
