//! The keys of a spec, found by probing the types that read it, so that no second list of them can go stale.

use serde::Deserialize;
use toml::{Table, Value};

use super::error::Hint;
use super::path::{self, Path};
use super::wire::Spec;

/// A key that no table has.
const PROBE: &str = "?";

/// Other programs' names of keys.
const SYNONYMS: [(&str, &str); 2] = [("lr", "rate"), ("learning_rate", "rate")];

/// The valid key nearest to the unknown one at `path`, or all keys of its table.
pub fn hint(path: &[String]) -> Hint {
    const NEAR: f64 = 0.8;
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
    let tree = parent.iter().rev().fold(inner, |inner, segment| match segment.parse::<usize>() {
        Ok(_) => Value::Array(vec![inner]),
        Err(_) => Value::Table(Table::from_iter([(segment.clone(), inner)])),
    });
    let error = Spec::deserialize(tree).err()?;
    let listed = error.message().strip_prefix(&format!("unknown field `{PROBE}`, expected "))?;
    Some(quoted(listed).map(str::to_owned).collect())
}

/// Similarity of a key to the unknown one: by the last segment, then keys of the same table first, then those of
/// outer tables.
fn similarity(key: &[String], unknown: &[String]) -> f64 {
    let (Some(a), Some(b)) = (key.last(), unknown.last()) else { return 0.0 };
    let distance = if beside(key, unknown) { 0.0 } else { 0.01 * key.len() as f64 };
    0.9 * strsim::jaro_winkler(a, b) + 0.1 - distance
}

/// True if two keys are of the same table, or of tables in the same list.
fn beside(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && is_same(&a[..a.len().saturating_sub(1)], &b[..b.len().saturating_sub(1)])
}

/// True if two paths differ at most in the elements of lists.
fn is_same(a: &[String], b: &[String]) -> bool {
    let same =
        |(a, b): (&String, &String)| a == b || (a.parse::<usize>().is_ok() && b.parse::<usize>().is_ok());
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
        assert_eq!(hint("objective.zzz"), "possible here: `sparsity`, `discriminative_weight`, `terms`");
    }
}
