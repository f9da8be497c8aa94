//! `--set path=value`: settings of the command line, which replace those of the file.

use toml::de::DeTable;
use toml::{Table, Value};

use super::config::CONFIG_TABLES;
use super::error::{Error, Hint, Place, Problem};
use super::path::{self, Path};
use super::schema;

/// One `path=value`.
pub(super) struct Override {
    text: String,
    path: Path,
    value: Value,
}

impl Override {
    /// Parses `path=value`. The path is a TOML key, in which `*` is every element of a list; the value is TOML, or a
    /// bare word or file path, which is taken as a string.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |problem| Error { place: Place::Override(text.to_owned()), problem: Box::new(problem) };
        let (key, value) = text.split_once('=').ok_or_else(|| refuse(Problem::NotAnOverride))?;
        let path = key_path(key).ok_or_else(|| refuse(not_a_key(key)))?;
        let text_of_value = value.trim();
        let value =
            read_value(text_of_value).ok_or_else(|| refuse(not_a_value((key, &path), text_of_value)))?;
        Ok(Self { text: text.to_owned(), path, value })
    }

    /// Sets the value in the document. Everything after a table of axes is the path of one axis, and replaces the
    /// file's list for that axis in either spelling.
    pub fn apply(&mut self, root: &mut Table) -> Result<(), Problem> {
        if let Some(depth) = axes_depth(&self.path) {
            let axis = self.path.split_off(depth).join(".");
            let spelling =
                path::table(root, &self.path).and_then(|axes| path::spelling(axes, &path::split(&axis)));
            self.path.extend(spelling.unwrap_or_else(|| vec![axis]));
        }
        path::set(root, &self.path, self.value.clone())
    }

    /// The path of the value in the document.
    pub fn path(&self) -> &[String] {
        &self.path
    }

    /// The place of the override: the command line.
    pub fn place(&self) -> Place {
        Place::Override(self.text.clone())
    }

    /// `problem`, at this override.
    pub fn error(&self, problem: Problem) -> Error {
        Error { place: self.place(), problem: Box::new(problem) }
    }
}

/// The segments of a TOML key, `sweep.grid."model.steps"`, in which `*` needs no quotes.
fn key_path(key: &str) -> Option<Path> {
    let segments = key.split('.').map(|part| if part == path::ANY { "\"*\"" } else { part });
    toml_key(key).or_else(|| toml_key(&segments.collect::<Vec<_>>().join(".")))
}

fn toml_key(key: &str) -> Option<Path> {
    let line = format!("{key} = 0");
    let document = DeTable::parse(&line).ok()?;
    let mut table = document.get_ref();
    let mut path = Path::new();
    loop {
        let mut entries = table.iter();
        let (Some((key, value)), None) = (entries.next(), entries.next()) else { return None };
        path.push(key.get_ref().to_string());
        match value.get_ref().as_table() {
            Some(inner) => table = inner,
            None => return Some(path),
        }
    }
}

/// The problem of a key that is none in TOML, such as `phases[1]`.
fn not_a_key(key: &str) -> Problem {
    let path = path::split(key);
    let meant = schema::translated(&path);
    if key_path(&meant.join(".")).is_none() {
        return Problem::NotAnOverride;
    }
    let is_axis = axes_depth(&meant).is_some();
    let hint = if is_axis { Hint::DidYouMean(meant.join(".")) } else { schema::hint(&path) };
    Problem::UnknownKey { key: key.to_owned(), hint }
}

/// The problem of a text that is no value: several values, or a text without quotes.
fn not_a_value((key, path): (&str, &[String]), text: &str) -> Problem {
    let unquoted = || Problem::NotAValue { key: key.trim().to_owned(), value: text.to_owned() };
    separated(text).map_or_else(unquoted, |values| several(path, &values, false))
}

/// The values of a list, or of a text in which commas separate them, for a setting that has `problem`.
pub(super) fn several_values(path: &[String], value: &Value, problem: &Problem) -> Option<Problem> {
    let is_list = match problem {
        Problem::WrongType { expected, .. } => expected == "a list",
        Problem::UnknownValue { .. } => false,
        _ => return None,
    };
    match value {
        Value::Array(_) => Some(several(path, value, is_list)),
        Value::String(text) => separated(text).map(|values| several(path, &values, is_list)),
        _ => None,
    }
}

/// The problem of several values where one is expected, or where a list is expected in TOML.
fn several(path: &[String], values: &Value, is_list: bool) -> Problem {
    let (key, values) = (path.join("."), values.to_string());
    let is_sweepable = !is_list && CONFIG_TABLES.contains(&path[0].as_str());
    if is_sweepable { Problem::OneValue { key, values } } else { Problem::NotBracketed { key, values } }
}

/// The values that commas separate, if there are several.
fn separated(text: &str) -> Option<Value> {
    let values: Option<Vec<_>> = text.split(',').map(|part| read_value(part.trim())).collect();
    values.filter(|values| values.len() > 1).map(Value::Array)
}

/// Parses TOML, or takes a text that looks like a word or a file path as a string.
fn read_value(text: &str) -> Option<Value> {
    let line = format!("value = {text}");
    if let Ok(mut table) = toml::from_str::<Table>(&line)
        && table.len() == 1
        && let Some(value) = table.remove("value")
    {
        return Some(value);
    }
    let begins_like_a_word = text.starts_with(|first: char| first.is_alphabetic() || "/.~_".contains(first));
    let is_word = begins_like_a_word && !text.contains(['"', '\'', '[', ']', '{', '}', '=', '#', '\n']);
    is_word.then(|| Value::String(text.to_owned()))
}

/// Number of leading segments of `path` that name a table of axes, if more follow.
fn axes_depth(path: &[String]) -> Option<usize> {
    let [first, second, rest @ ..] = path else { return None };
    let indexed = rest.first().is_some_and(|segment| path::is_element(segment));
    let depth = match (first.as_str(), second.as_str()) {
        ("sweep", "grid") | ("compare", "reference") => 2,
        ("sweep", "zip" | "exclude") => 2 + usize::from(indexed),
        _ => return None,
    };
    (depth < path.len()).then_some(depth)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(spec: &str, set: &str) -> String {
        let mut root: Table = toml::from_str(spec).unwrap();
        Override::parse(set).unwrap().apply(&mut root).unwrap();
        Value::Table(root).to_string()
    }

    #[test]
    fn values_are_toml_or_bare_words() {
        assert_eq!(applied("", "model.steps=3"), "{ model = { steps = 3 } }");
        assert_eq!(applied("", "model.family = mlp"), "{ model = { family = \"mlp\" } }");
        assert_eq!(applied("", "data.folder=../here/mine"), "{ data = { folder = \"../here/mine\" } }");
        assert_eq!(applied("", "seeds=[1, 2]"), "{ seeds = [1, 2] }");
        assert_eq!(applied("", "question=Why not?"), "{ question = \"Why not?\" }");
    }

    #[test]
    fn a_star_sets_every_element_as_an_axis_does() {
        let spec = "training.phases = [{ rate = 1 }, { rate = 2 }]";
        let expected = "{ training = { phases = [{ rate = 3 }, { rate = 3 }] } }";
        for key in ["training.phases.*.rate", "training.phases.\"*\".rate"] {
            assert_eq!(applied(spec, &format!("{key}=3")), expected);
        }
        let expected = "{ sweep = { grid = { \"training.phases.*.rate\" = [3] } } }";
        for axis in ["training.phases.*.rate", "\"training.phases.*.rate\""] {
            assert_eq!(applied("", &format!("sweep.grid.{axis}=[3]")), expected);
        }
    }

    #[test]
    fn an_axis_keeps_its_place_however_it_is_spelt() {
        for sweep in ["\"model.steps\" = [3]", "model.steps = [3]", "model = { steps = [3] }"] {
            for set in ["sweep.grid.model.steps=[1, 2]", "sweep.grid.\"model.steps\"=[1, 2]"] {
                let mut root: Table = toml::from_str(&format!("[sweep.grid]\n{sweep}\nz = [1]")).unwrap();
                Override::parse(set).unwrap().apply(&mut root).unwrap();
                let expected = format!("[sweep.grid]\n{}\nz = [1]", sweep.replace("[3]", "[1, 2]"));
                assert_eq!(root.to_string(), toml::from_str::<Table>(&expected).unwrap().to_string());
            }
        }
        assert_eq!(
            applied("", "compare.reference.model.family=mlp"),
            "{ compare = { reference = { \"model.family\" = \"mlp\" } } }"
        );
    }

    #[test]
    fn several_values_are_answered_by_the_line_that_sweeps_them() {
        let problem = |text| Override::parse(text).err().unwrap().to_string();
        assert_eq!(
            problem("model.steps=1,2"),
            "--set model.steps=1,2: `model.steps` has one value; to sweep it, write `\"model.steps\" = [1, 2]` below \
             `[sweep.grid]`, or `--set 'sweep.grid.model.steps=[1, 2]'`"
        );
        assert_eq!(problem("seeds=1, 2"), "--set seeds=1, 2: a list has brackets: `--set 'seeds=[1, 2]'`");
    }

    #[test]
    fn an_index_in_brackets_is_answered_by_the_path() {
        let problem = |text| Override::parse(text).err().unwrap().to_string();
        assert_eq!(problem("[=1"), "--set [=1: expected `path=value`, such as `model.steps=3`");
        assert_eq!(
            problem("phases[1].lr=0.1"),
            "--set phases[1].lr=0.1: unknown key `phases[1].lr`; did you mean `training.phases.1.rate`?"
        );
        assert_eq!(
            problem("sweep.grid.training.phases[1].rate=[0.1]"),
            "--set sweep.grid.training.phases[1].rate=[0.1]: unknown key `sweep.grid.training.phases[1].rate`; did you \
             mean `sweep.grid.training.phases.1.rate`?"
        );
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        let problem = |text| Override::parse(text).err().unwrap().to_string();
        assert_eq!(
            problem("model.steps"),
            "--set model.steps: expected `path=value`, such as `model.steps=3`"
        );
        assert_eq!(
            problem("model..steps=3"),
            "--set model..steps=3: expected `path=value`, such as `model.steps=3`"
        );
        assert_eq!(
            problem("model.steps=3x"),
            "--set model.steps=3x: `3x` is not a value; as a text it needs quotes: `--set 'model.steps=\"3x\"'`"
        );
        assert!(problem("slurm.memory = 4G").ends_with("quotes: `--set 'slurm.memory=\"4G\"'`"));
        assert!(problem("name=a\nseeds=2").contains("is not a value"));
    }
}
