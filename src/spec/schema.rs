//! The keys of a spec, found by probing the types that read it, so that no second list of them can go stale.

use serde::Deserialize;
use toml::{Table, Value};

use super::config::CONFIG_TABLES;
use super::error::{self, Hint, NEAR};
use super::path::{self, Path};
use super::wire::Spec;

/// A key that no table has.
const PROBE: &str = "?";

/// Other programs' names of keys.
const SYNONYMS: [(&str, &str); 2] = [("lr", "rate"), ("learning_rate", "rate")];

/// The valid key nearest to the unknown one at `path`, or all keys of its table.
pub fn hint(path: &[String]) -> Hint {
    let translated = translated(path);
    let is_known = || fields(&translated).is_some() || keys().iter().any(|key| is_same(key, &translated));
    if translated != path && is_known() {
        return Hint::DidYouMean(translated.join("."));
    }
    let path = translated.as_slice();
    let nearest = keys()
        .into_iter()
        .map(|key| (similarity(&key, path), key))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(similarity, _)| *similarity >= NEAR);
    let parent = &path[..path.len().saturating_sub(1)];
    match nearest {
        Some((_, key)) if beside(&key, path) => {
            Hint::DidYouMean(path::child(parent, key[key.len() - 1].as_str()).join("."))
        }
        Some((_, key)) => Hint::DidYouMean(key.join(".")),
        None => Hint::OneOf(fields(parent).unwrap_or_default()),
    }
}

/// The path in the words of specs: `phases[1].lr` is `training.phases.1.rate`.
pub(super) fn translated(path: &[String]) -> Path {
    let segments = path.iter().flat_map(|segment| segment.split('[')).map(|part| part.trim_end_matches(']'));
    let known = |part| SYNONYMS.iter().find(|(other, _)| *other == part).map_or(part, |(_, known)| *known);
    let path: Path = segments.map(|part| known(part).to_owned()).collect();
    let is_end = |key: &Path| key.len() > path.len() && is_same(&key[key.len() - path.len()..], &path);
    match keys().into_iter().find(is_end) {
        // One segment is the end of many keys, and `hint` chooses among them.
        Some(key) if path.len() > 1 => [&key[..key.len() - path.len()], &path].concat(),
        _ => path,
    }
}

/// The settings of a trial whose paths end in `path`; `*` is for the elements of a list before it.
pub(super) fn ending_in(path: &[String]) -> Vec<String> {
    let path = translated(path);
    let whole = |key: Path| {
        let (tables, end) = key.split_at_checked(key.len().checked_sub(path.len())?)?;
        let is_meant = is_same(end, &path) && CONFIG_TABLES.contains(&key[0].as_str());
        let tables =
            tables.iter().map(|table| if path::is_element(table) { path::ANY } else { table.as_str() });
        is_meant.then(|| tables.chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join("."))
    };
    keys().into_iter().filter_map(whole).collect()
}

/// Every key of a spec, lists by their first element.
fn keys() -> Vec<Path> {
    let mut keys = Vec::new();
    explore(&Path::new(), &mut keys);
    keys
}

fn explore(parent: &[String], keys: &mut Vec<Path>) {
    for field in fields(parent).unwrap_or_default() {
        let key = path::child(parent, field);
        explore(&key, keys);
        explore(&path::child(&key, "0"), keys);
        keys.push(key);
    }
}

/// The keys of the table at `parent`, as listed in the refusal of one that it does not have;
/// `None` if there is no table with fixed keys.
pub(super) fn fields(parent: &[String]) -> Option<Vec<String>> {
    let inner = Value::Table(Table::from_iter([(PROBE.to_owned(), Value::Integer(0))]));
    let tree = parent.iter().rev().fold(inner, |inner, segment| {
        if path::is_element(segment) {
            Value::Array(vec![inner])
        } else {
            Value::Table(Table::from_iter([(segment.clone(), inner)]))
        }
    });
    let error = Spec::deserialize(tree).err()?;
    let listed = error.message().strip_prefix(&format!("unknown field `{PROBE}`, expected "))?;
    Some(quoted(listed).map(str::to_owned).collect())
}

/// Similarity of a key to the unknown one, by the last segment: keys of the same table come first, then those of outer
/// tables.
fn similarity(key: &[String], unknown: &[String]) -> f64 {
    let (Some(a), Some(b)) = (key.last(), unknown.last()) else { return 0.0 };
    let distance = if beside(key, unknown) { 0.0 } else { 0.1 + 0.01 * key.len() as f64 };
    error::similarity(a, b) - distance
}

/// True if two keys are of the same table, or of tables in the same list.
fn beside(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && is_same(&a[..a.len().saturating_sub(1)], &b[..b.len().saturating_sub(1)])
}

/// True if two paths differ at most in the elements of lists.
fn is_same(a: &[String], b: &[String]) -> bool {
    let same = |(a, b): (&String, &String)| a == b || (path::is_element(a) && path::is_element(b));
    a.len() == b.len() && a.iter().zip(b).all(same)
}

/// The parts of a message in back quotes.
pub(super) fn quoted(message: &str) -> impl Iterator<Item = &str> {
    message.split('`').skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_every_level_of_a_spec() {
        let keys: Vec<String> = keys().iter().map(|key| key.join(".")).collect();
        for key in [
            "name",
            "data.folder",
            "data.file",
            "model.bounds.encoder",
            "training.phases.0.rate",
            "training.phases.0.multipliers.classifier",
            "sweep.exclude",
            "compare.match",
        ] {
            assert!(keys.iter().any(|known| known == key), "{key} is not in {keys:?}");
        }
    }

    #[test]
    fn prefers_neighbours_and_finds_other_tables() {
        let hint = |key| hint(&path::split(key)).to_string();
        assert_eq!(hint("model.stpes"), "did you mean `model.steps`?");
        assert_eq!(hint("training.phases.3.rtae"), "did you mean `training.phases.3.rate`?");
        assert_eq!(hint("model.sparsity"), "did you mean `objective.sparsity`?");
        assert_eq!(hint("sede"), "did you mean `seeds`?");
        assert_eq!(hint("lr"), "did you mean `training.phases.0.rate`?");
        assert_eq!(hint("training.phases.3.lr"), "did you mean `training.phases.3.rate`?");
        assert_eq!(hint("phases[1].learning_rate"), "did you mean `training.phases.1.rate`?");
        assert_eq!(hint("training.phases[1]"), "did you mean `training.phases.1`?");
        assert_eq!(hint("training.phases[1].rtae"), "did you mean `training.phases.1.rate`?");
        assert_eq!(hint("phases[*].lr"), "did you mean `training.phases.*.rate`?");
        assert_eq!(hint("objective.zzz"), "possible here: `sparsity`, `discriminative_weight`, `terms`");
        // `slurm.partition` has half of its letters.
        assert!(hint("model.activation").starts_with("possible here: `family`, `steps`, "));
    }

    #[test]
    fn a_setting_without_its_table_is_found() {
        let found = |path| ending_in(&path::split(path));
        assert_eq!(found("optimizer"), ["training.phases.*.optimizer"]);
        assert_eq!(found("lr"), ["training.phases.*.rate"]);
        assert_eq!(found("phases.1.rate"), ["training.phases.1.rate"]);
        assert_eq!(found("bounds.decoder"), ["model.bounds.decoder"]);
        assert_eq!(found("decoder"), ["model.bounds.decoder", "training.phases.*.multipliers.decoder"]);
        assert_eq!(found("partition"), [""; 0]);
    }
}
