//! Dotted paths into a tree of TOML values: `training.phases.1.rate`.

use toml::{Table, Value};

use super::error::Problem;

/// Segments of a dotted path; a segment that meets a list is an index from 0, or [`ANY`].
pub(super) type Path = Vec<String>;

/// The segment that means every element of a list.
pub(super) const ANY: &str = "*";

/// Splits a path whose segments hold no dots, as those of all settings.
pub(super) fn split(dotted: &str) -> Path {
    dotted.split('.').map(str::to_owned).collect()
}

/// `path` with one more segment.
pub(super) fn child(path: &[String], segment: impl Into<String>) -> Path {
    let mut child = path.to_vec();
    child.push(segment.into());
    child
}

/// The element that a segment names: `1`, but neither `01` nor `+1`, by which one setting
/// would have several paths.
pub(super) fn index(segment: &str) -> Option<usize> {
    segment.parse().ok().filter(|index: &usize| index.to_string() == segment)
}

/// True if a segment names elements of a list.
pub(super) fn is_element(segment: &str) -> bool {
    segment == ANY || index(segment).is_some()
}

/// True if setting `outer` also sets `inner`, or the values of it that [`ANY`] means.
pub(super) fn covers(outer: &str, inner: &str) -> bool {
    let meet = |one: &str, other: &str| has(one, other) || has(other, one);
    begins(outer.split('.'), inner.split('.'), meet)
}

/// True if setting `outer` sets all of `inner`.
pub(super) fn includes(
    outer: impl IntoIterator<Item: AsRef<str>>,
    inner: impl IntoIterator<Item: AsRef<str>>,
) -> bool {
    begins(outer, inner, has)
}

/// True if the segments of `outer` have those with which `inner` begins.
fn begins(
    outer: impl IntoIterator<Item: AsRef<str>>,
    inner: impl IntoIterator<Item: AsRef<str>>,
    has: impl Fn(&str, &str) -> bool,
) -> bool {
    let mut inner = inner.into_iter();
    outer.into_iter().all(|outer| inner.next().is_some_and(|inner| has(outer.as_ref(), inner.as_ref())))
}

/// True if a segment means all that the other means.
fn has(one: &str, other: &str) -> bool {
    one == other || (one == ANY && is_element(other))
}

/// Sets `value` at `path`, and creates missing tables on the way.
pub(super) fn set(root: &mut Table, path: &[String], value: Value) -> Result<(), Problem> {
    let Some((first, rest)) = path.split_first() else { return Ok(()) };
    let place = root.entry(first.as_str()).or_insert_with(|| Value::Table(Table::new()));
    set_inside(place, first.clone(), rest, value)
}

/// Sets `value` at `path` inside the value that has the path `key`.
fn set_inside(place: &mut Value, key: String, path: &[String], value: Value) -> Result<(), Problem> {
    let Some((segment, rest)) = path.split_first() else {
        *place = value;
        return Ok(());
    };
    let inner = format!("{key}.{segment}");
    match place {
        Value::Table(table) => {
            let place = table.entry(segment.as_str()).or_insert_with(|| Value::Table(Table::new()));
            set_inside(place, inner, rest, value)
        }
        Value::Array(items) if segment == ANY => {
            items.iter_mut().try_for_each(|item| set_inside(item, inner.clone(), rest, value.clone()))
        }
        Value::Array(items) => {
            let length = items.len();
            match index(segment).and_then(|index| items.get_mut(index)) {
                Some(item) => set_inside(item, inner, rest, value),
                None if segment.parse::<i64>().is_err() => {
                    Err(Problem::NoIndex { every: every(&key, items, path), key })
                }
                None => Err(Problem::NoElement { key, index: segment.clone(), length }),
            }
        }
        _ => Err(Problem::NotATable { key, inside: segment.clone() }),
    }
}

/// The path that sets `path` in every element of the list `key`. Its first segment is left out if it stands in the
/// place of an index: if the elements have no such key, but have the next.
fn every(key: &str, items: &[Value], path: &[String]) -> String {
    let has = |segment: &str| items.iter().any(|item| item.get(segment).is_some());
    let inside = match path {
        [first, rest @ ..] if !has(first) && rest.first().is_some_and(|next| has(next)) => rest,
        _ => path,
    };
    format!("{key}.{ANY}.{}", inside.join("."))
}

/// The table at `path`.
pub(super) fn table<'t>(root: &'t Table, path: &[String]) -> Option<&'t Table> {
    let Some((first, rest)) = path.split_first() else { return Some(root) };
    let mut value = root.get(first)?;
    for segment in rest {
        value = match value {
            Value::Table(table) => table.get(segment)?,
            Value::Array(items) => items.get(index(segment)?)?,
            _ => return None,
        };
    }
    value.as_table()
}

/// The spelling of `path` in `table`: `a.b` nested, or `"a.b"` as one key.
pub(super) fn spelling(table: &Table, path: &[String]) -> Option<Path> {
    (1..=path.len()).rev().find_map(|depth| {
        let key = path[..depth].join(".");
        let value = table.get(&key)?;
        let mut spelling = vec![key];
        if depth < path.len() {
            spelling.extend(self::spelling(value.as_table()?, &path[depth..])?);
        }
        Some(spelling)
    })
}

/// The entries of `table` as (dotted path, location, value), in either spelling; a table at a path that
/// `stop` accepts is a value. Locations begin with `at`.
pub(super) fn entries<'t>(
    table: &'t Table,
    at: &[String],
    stop: &dyn Fn(&str) -> bool,
) -> Vec<(String, Path, &'t Value)> {
    let mut found = Vec::new();
    gather(table, "", at, stop, &mut found);
    found
}

fn gather<'t>(
    table: &'t Table,
    prefix: &str,
    at: &[String],
    stop: &dyn Fn(&str) -> bool,
    found: &mut Vec<(String, Path, &'t Value)>,
) {
    for (key, value) in table {
        let dotted = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        let location = child(at, key.as_str());
        match value {
            Value::Table(inner) if !stop(&dotted) => gather(inner, &dotted, &location, stop, found),
            _ => found.push((dotted, location, value)),
        }
    }
}

/// True if two values mean the same setting: 1 and 1.0 do.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        #[expect(clippy::float_cmp, reason = "both are written numbers; only equal ones are the same")]
        (Value::Integer(whole), Value::Float(number)) | (Value::Float(number), Value::Integer(whole)) => {
            *whole as f64 == *number
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Table {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn sets_inside_lists_and_makes_missing_tables() {
        let mut root = parsed("training.phases = [{ rate = 1 }, { rate = 2 }]");
        set(&mut root, &split("training.phases.1.rate"), Value::Integer(7)).unwrap();
        set(&mut root, &split("model.bounds.decoder"), Value::Integer(3)).unwrap();
        let expected = "training.phases = [{ rate = 1 }, { rate = 7 }]\nmodel.bounds.decoder = 3";
        assert_eq!(root, parsed(expected));
    }

    #[test]
    fn refuses_what_is_not_there() {
        let mut root = parsed("phases = [1]\nsteps = 3\nlayers = [{ rate = 1 }]");
        let mut problem = |path| set(&mut root, &split(path), Value::Integer(0)).unwrap_err().to_string();
        assert_eq!(problem("phases.1"), "`phases` has no element 1: it has 1, counted from 0");
        assert_eq!(problem("phases.-1"), "`phases` has no element -1: it has 1, counted from 0");
        assert_eq!(
            problem("phases.rate"),
            "`phases` is a list: write `phases.*.rate` for all of its elements, or an index from 0 in place of `*`"
        );
        assert_eq!(
            problem("layers.x.rate"),
            "`layers` is a list: write `layers.*.rate` for all of its elements, or an index from 0 in place of `*`"
        );
        assert_eq!(
            problem("layers.decay"),
            "`layers` is a list: write `layers.*.decay` for all of its elements, or an index from 0 in place of `*`"
        );
        assert_eq!(problem("phases.00"), "`phases` has no element 00: it has 1, counted from 0");
        assert_eq!(problem("phases.+0"), "`phases` has no element +0: it has 1, counted from 0");
        assert_eq!(problem("steps.a"), "`steps` is not a table, so it has no `a`");
    }

    #[test]
    fn finds_either_spelling() {
        let root = parsed("\"a.b.c\" = 1\n[d]\n\"e.f\" = 1\ng.h = 1");
        let found = |path| spelling(&root, &split(path)).map(|path| path.join("/"));
        assert_eq!(found("a.b.c").as_deref(), Some("a.b.c"));
        assert_eq!(found("d.e.f").as_deref(), Some("d/e.f"));
        assert_eq!(found("d.g.h").as_deref(), Some("d/g/h"));
        assert_eq!(found("d.e"), None);
    }

    #[test]
    fn covers_whole_segments_only() {
        assert!(covers("model.bounds", "model.bounds.decoder"));
        assert!(covers("model.steps", "model.steps"));
        assert!(!covers("model.step", "model.steps"));
        assert!(!covers("model.bounds.decoder", "model.bounds"));
    }

    #[test]
    fn a_star_is_every_element_of_a_list_and_of_nothing_else() {
        let mut root = parsed("phases = [{ rate = 1 }, { rate = 2, batch = 3 }]\nsteps = 3");
        set(&mut root, &split("phases.*.rate"), Value::Integer(7)).unwrap();
        assert_eq!(root, parsed("phases = [{ rate = 7 }, { rate = 7, batch = 3 }]\nsteps = 3"));
        let problem = set(&mut root, &split("steps.*.rate"), Value::Integer(0)).unwrap_err().to_string();
        assert_eq!(problem, "`steps` is not a table, so it has no `*`");

        assert!(covers("phases.*.rate", "phases.1.rate") && covers("phases.1.rate", "phases.*.rate"));
        assert!(covers("phases.*", "phases.0.rate") && covers("phases", "phases.*.rate"));
        assert!(!covers("phases.*.rate", "phases.0.epochs") && !covers("*", "model"));

        let includes = |outer, inner| includes(split(outer), split(inner));
        assert!(includes("phases.*.rate", "phases.1.rate") && includes("phases.*", "phases.*.rate"));
        assert!(!includes("phases.1.rate", "phases.*.rate") && !includes("phases.1.rate", "phases.1"));
    }
}
