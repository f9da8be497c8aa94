//! The resolved settings of cells, by dotted path.

use std::collections::HashSet;

use toml::{Table, Value as Toml};

use crate::spec::CellConfig;
use crate::value::Value;

/// Settings of a cell: dotted path and value.
pub type Settings = Vec<(String, Value)>;

/// Prefix of the settings of phases.
const PHASES: &str = "training.phases.";

/// The settings of a config in its order, as `sweep.toml` has them, without the location of the data. Settings that all
/// phases share follow once more under `training.phases.*`.
pub fn of(config: &CellConfig) -> Result<Settings, toml::ser::Error> {
    let config = CellConfig { data: config.data.without_paths(), ..config.clone() };
    let mut settings = Settings::new();
    gather(&Table::try_from(&config)?, "", &mut settings);
    let shared = shared(&settings, config.training.phases.len());
    settings.extend(shared);
    Ok(settings)
}

fn gather(table: &Table, prefix: &str, found: &mut Settings) {
    for (key, value) in table {
        gather_value(value, format!("{prefix}{key}"), found);
    }
}

fn gather_value(value: &Toml, path: String, found: &mut Settings) {
    match value {
        Toml::Table(table) => gather(table, &format!("{path}."), found),
        Toml::Array(items) if items.iter().any(Toml::is_table) => {
            for (at, item) in items.iter().enumerate() {
                gather_value(item, format!("{path}.{at}"), found);
            }
        }
        _ => found.push((path, Value::from(value))),
    }
}

/// The settings that all of the phases have alike.
fn shared(settings: &Settings, phases: usize) -> Settings {
    let alike = |(path, value): &(String, Value)| {
        let (_, name) = phase_setting(path).filter(|(phase, _)| *phase == 0)?;
        let has = |phase| settings.contains(&(format!("{PHASES}{phase}.{name}"), value.clone()));
        (1..phases).all(has).then(|| (any_phase(name), value.clone()))
    };
    settings.iter().filter_map(alike).collect()
}

/// The phase and the name of a setting of a phase.
fn phase_setting(path: &str) -> Option<(usize, &str)> {
    let (phase, name) = path.strip_prefix(PHASES)?.split_once('.')?;
    Some((phase.parse().ok()?, name))
}

fn any_phase(name: &str) -> String {
    format!("{PHASES}*.{name}")
}

/// All paths of several cells, in the order of the cells.
pub fn paths<'s>(cells: impl Iterator<Item = &'s Settings>) -> Vec<String> {
    let (mut paths, mut known) = (Vec::<String>::new(), HashSet::new());
    for settings in cells {
        let mut at = 0;
        for (path, _) in settings {
            if known.insert(path.clone()) {
                paths.insert(at, path.clone());
                at += 1;
            } else if let Some(found) = paths.iter().position(|known| known == path) {
                at = found + 1;
            }
        }
    }
    paths
}

/// The paths without those that say the same twice: a setting of phases is `training.phases.*` if the phases of each
/// cell agree, else one column a phase.
pub fn without_repetition(paths: Vec<String>, cells: &[&Settings]) -> Vec<String> {
    let agrees = |name: &str| {
        cells.iter().all(|settings| {
            let has = |path: &str| settings.iter().any(|(known, _)| known == path);
            let of_a_phase =
                |(path, _): &(String, Value)| phase_setting(path).is_some_and(|(_, known)| known == name);
            has(&any_phase(name)) || !settings.iter().any(of_a_phase)
        })
    };
    let is_shown = |path: &String| match (phase_setting(path), path.strip_prefix(PHASES)) {
        (Some((_, name)), _) => !agrees(name),
        (None, Some(name)) => name.strip_prefix("*.").is_none_or(agrees),
        (None, None) => true,
    };
    paths.into_iter().filter(is_shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Sweep;

    fn settings(phases: &str) -> Settings {
        let text = format!("name = \"a\"\nseeds = 1\ntraining.phases = [{phases}]\n");
        of(&Sweep::parse(&text, "a.toml", &[]).unwrap().base).unwrap()
    }

    fn value<'s>(settings: &'s Settings, path: &str) -> Option<&'s str> {
        settings.iter().find(|(known, _)| known == path).map(|(_, value)| value.as_str())
    }

    #[test]
    fn every_default_is_listed_and_the_phases_agreement_once_more() {
        let settings = settings("{ epochs = 1, rate = 0.1 }, { epochs = 2, rate = 0.1 }");
        assert_eq!(value(&settings, "model.bounds.encoder"), Some("1.25"));
        assert_eq!(value(&settings, "training.phases.1.epochs"), Some("2"));
        assert_eq!(value(&settings, "training.phases.*.rate"), Some("0.1"));
        assert_eq!(value(&settings, "training.phases.*.epochs"), None);
        assert_eq!(value(&settings, "training.phases.*.frozen"), Some("[]"));
        assert_eq!(value(&settings, "data.folder"), None);
    }

    #[test]
    fn phases_are_one_column_only_where_those_of_every_cell_agree() {
        let one = settings("{ epochs = 1, rate = 0.1 }");
        let two = settings("{ epochs = 2, rate = 0.1 }, { epochs = 2, rate = 0.1, masking = 0.3 }");
        let cells = [&one, &two];
        let shown = without_repetition(paths(cells.into_iter()), &cells);
        let phases: Vec<_> = shown.iter().filter_map(|path| path.strip_prefix(PHASES)).collect();
        assert!(phases.contains(&"*.rate") && phases.contains(&"*.epochs"), "{phases:?}");
        assert!(phases.contains(&"0.masking") && phases.contains(&"1.masking"), "{phases:?}");
        assert!(!phases.iter().any(|path| ["0.rate", "1.rate", "*.masking"].contains(path)), "{phases:?}");
    }

    #[test]
    fn paths_of_later_cells_take_their_place_among_the_known() {
        let cell = |paths: &[&str]| -> Settings {
            paths.iter().map(|path| ((*path).to_owned(), Value::from(1.0))).collect()
        };
        let cells = [cell(&["a", "c"]), cell(&["a", "b", "c", "d"]), cell(&["0", "a"])];
        assert_eq!(paths(cells.iter()), ["0", "a", "b", "c", "d"]);
    }
}
