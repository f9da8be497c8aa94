//! `docs/SETTINGS.md`, made from the code: keys, values and defaults by what the reader of specs accepts, meanings from
//! the documentation of the fields.

use std::fmt::Write;
use std::{env, fs};

use toml::{Table, Value};

use super::super::path::{self, Path as Keys};
use super::super::wire::{self, Spec};
use super::super::{read, schema};
use super::*;
use crate::Invalid;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/SETTINGS.md");

const HEAD: &str = "\
# Settings

This page lists every key of a spec. `just settings` makes it from the code: keys, values and defaults from what the reader
of specs accepts, meanings from the documentation of the fields. `–` is a key without a default; its meaning says what holds
where it is absent. `[[…]]` is a list of tables. `--set training.phases.0.rate=1e-3` replaces a key for one command.
";

const LEAST: &str = "name = \"a\"\nseeds = 1\ntraining.phases = [{ epochs = 1, rate = 1e-3 }]\n";

/// The tables of a spec in which probes are valid, beside those of a trial.
const TABLES: [(&str, &str); 5] = [
    ("conditions", "test = \"sealed\""),
    (
        "compare",
        "sweep.grid.\"model.steps\" = [1, 2]\ncompare.reference = { \"model.steps\" = 1 }\n\
         compare.effects = [{ name = \"a\", plus = [{ \"model.steps\" = 2 }], minus = [{ \"model.steps\" = 1 }] }]",
    ),
    ("search", "search = { method = \"grid\", seeds = 1, space = { \"model.steps\" = [1, 2] } }"),
    ("frozen", "frozen = { spec = \"\", search = \"\", contrasts = [], exclusions = \"\" }"),
    ("published", "published = [{ system = \"\", error = 1.0, source = \"\" }]"),
];

/// A type whose fields are the keys of a table.
struct Struct {
    meaning: String,
    /// Names in specs, with their meanings.
    fields: Vec<(String, String)>,
}

fn first_paragraph(docs: &[String]) -> String {
    docs.split(String::is_empty).next().unwrap_or_default().join(" ")
}

/// The types with named fields that are read from TOML, in a source that rustfmt has formatted.
fn structs_of(source: &str) -> Vec<Struct> {
    let mut structs: Vec<Struct> = Vec::new();
    let (mut docs, mut name, mut is_read, mut is_inside) = (Vec::new(), None, false, false);
    for line in source.lines() {
        let declared = line.trim_start().trim_start_matches("pub(super) ").trim_start_matches("pub ");
        let field = declared.split_once(": ").filter(|_| is_inside && line.ends_with(','));
        if let Some(text) = declared.strip_prefix("///") {
            docs.push(text.trim().to_owned());
            continue;
        } else if declared.starts_with("#[") {
            let renamed = declared.split_once("rename = \"").and_then(|(_, rest)| rest.split_once('"'));
            name = name.or(renamed.map(|(renamed, _)| renamed.to_owned()));
            is_read |= declared.contains("Deserialize");
            continue;
        } else if declared.starts_with("struct ") && line.ends_with(" {") && !line.starts_with(' ') {
            is_inside = is_read;
            if is_read {
                structs.push(Struct { meaning: first_paragraph(&docs), fields: Vec::new() });
            }
        } else if let (Some((key, _)), Some(last)) = (field, structs.last_mut()) {
            last.fields.push((name.take().unwrap_or_else(|| key.to_owned()), first_paragraph(&docs)));
        } else if line == "}" {
            is_inside = false;
        }
        docs.clear();
        (name, is_read) = (None, false);
    }
    structs
}

/// The types of the rooms that have tables of a spec.
fn structs() -> Vec<Struct> {
    let room = |room| fs::read_dir(format!("{}/src/{room}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let files = ["spec", "data", "model", "train", "slurm"].into_iter().flat_map(room);
    let sources = files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some());
    sources.flat_map(|path| structs_of(&fs::read_to_string(path).unwrap())).collect()
}

/// A spec with the table of `key`.
fn base(key: &[String]) -> Table {
    let more = TABLES.iter().find(|(table, _)| *table == key[0]).map_or("", |(_, text)| text);
    toml::from_str(&format!("{LEAST}{more}")).unwrap()
}

/// That spec with another value of a key, or of the only element of a list.
fn with_value(key: &[String], value: Value) -> Table {
    let mut root = base(key);
    let set = match key.split_last() {
        Some((last, list)) if last == "0" => path::set(&mut root, list, Value::Array(vec![value])),
        _ => path::set(&mut root, key, value),
    };
    set.unwrap();
    root
}

fn remove(place: &mut Table, key: &[String]) {
    match (place.get_mut(&key[0]), key) {
        (Some(Value::Table(inner)), [_, rest @ ..]) if !rest.is_empty() => remove(inner, rest),
        (Some(Value::Array(items)), [_, at, rest @ ..]) => {
            remove(items[path::index(at).unwrap()].as_table_mut().unwrap(), rest);
        }
        (_, [last]) => drop(place.remove(last)),
        _ => {}
    }
}

/// The values of a setting in the words in which others are refused, and the names of an enumeration.
fn values(key: &[String]) -> (String, Vec<String>) {
    let probes: [Value; 7] =
        ["?".into(), true.into(), (-1).into(), 0.into(), (-1.0).into(), i64::MAX.into(), 1e300.into()];
    let (dotted, mut kind, mut limit) = (key.join("."), None, None);
    for probe in probes {
        let text = toml::to_string(&with_value(key, probe)).unwrap();
        let Err(error) = Sweep::parse(&text, "a.toml", &[]) else { continue };
        match *error.problem {
            Problem::UnknownValue { key, hint: Hint::OneOf(names), .. } if key == dotted => {
                let quoted: Vec<_> = names.iter().map(|name| format!("`\"{name}\"`")).collect();
                return (quoted.join(", "), names);
            }
            Problem::WrongType { key, expected, .. } if key == dotted => kind = kind.or(Some(expected)),
            Problem::Invalid(Invalid { key, reason }) if key == dotted => {
                let allowed = reason.strip_prefix("must be ").and_then(|rest| rest.rsplit_once(", not "));
                // Parentheses hold a number of this spec.
                let allowed = allowed.map(|(allowed, _)| allowed.split(" (").next().unwrap());
                limit = limit.or_else(|| allowed.map(str::to_owned));
            }
            _ => {}
        }
    }
    let text = match (kind.as_deref(), limit) {
        (Some("a list"), _) => format!("a list; each {}", values(&path::child(key, "0")).0),
        (Some(kind), Some(limit)) => format!("{}, {limit}", kind.trim_end_matches(", zero or more")),
        (Some(kind), None) => kind.to_owned(),
        (None, limit) => limit.unwrap_or_default(),
    };
    (text, Vec::new())
}

/// The default of a setting: the value that changes nothing.
fn default(key: &[String], names: Vec<String>) -> String {
    let read =
        |root: Table| read::read::<Spec>(wire::with_config_tables(root)).ok().map(|spec| format!("{spec:?}"));
    let mut without = base(key);
    remove(&mut without, key);
    let Some(expected) = read(without.clone()) else { return "required".to_owned() };
    let written =
        Sweep::parse(&toml::to_string(&without).unwrap(), "a.toml", &[]).unwrap().to_toml().unwrap();
    let written = Value::Table(toml::from_str(&written).unwrap());
    let written = key.iter().try_fold(&written, |value, segment| match path::index(segment) {
        Some(index) => value.get(index),
        None => value.get(segment),
    });
    let usual: [Value; 7] =
        [false.into(), true.into(), 0.0.into(), 0.into(), 1.into(), "".into(), Value::Array(Vec::new())];
    let candidates = written.cloned().into_iter().chain(names.into_iter().map(Value::from)).chain(usual);
    let found =
        candidates.into_iter().find(|value| read(with_value(key, value.clone())).as_ref() == Some(&expected));
    found.map_or_else(|| "–".to_owned(), |value| format!("`{value}`"))
}

/// Writes the section of the table at `at`, then those of the tables in it.
fn write_table(at: &[String], structs: &[Struct], page: &mut String) {
    let keys = schema::fields(at).unwrap();
    let is_it = |known: &&Struct| known.fields.iter().map(|(name, _)| name).eq(&keys);
    let found: Vec<_> = structs.iter().filter(is_it).collect();
    let [known] = found[..] else { panic!("{} types have the fields {keys:?}", found.len()) };
    let names =
        at.iter().filter(|segment| path::index(segment).is_none()).cloned().collect::<Vec<_>>().join(".");
    let is_list = at.last().is_some_and(|segment| path::index(segment).is_some());
    let title = match (at, is_list) {
        ([], _) => "Top level".to_owned(),
        (_, true) => format!("`[[{names}]]`"),
        (_, false) => format!("`[{names}]`"),
    };
    let sentence = if at.is_empty() { "" } else { known.meaning.as_str() };
    write!(page, "\n## {title}\n\n{sentence}\n\n| key | values | default | meaning |\n|---|---|---|---|\n")
        .unwrap();
    let mut inner = Vec::new();
    for (name, meaning) in &known.fields {
        assert!(!meaning.is_empty(), "{names}.{name} is not documented");
        let key = path::child(at, name.as_str());
        let tables = [key.clone(), path::child(&key, "0")];
        if let Some(table) = tables.into_iter().find(|table| schema::fields(table).is_some()) {
            inner.push(table);
            continue;
        }
        let (values, enumerated) = values(&key);
        writeln!(page, "| `{name}` | {values} | {} | {meaning} |", default(&key, enumerated)).unwrap();
    }
    for table in &inner {
        write_table(table, structs, page);
    }
}

/// The page, with one blank line between paragraphs.
fn page() -> String {
    let mut page = HEAD.to_owned();
    write_table(&Keys::new(), &structs(), &mut page);
    page.replace("\n\n\n", "\n")
}

#[test]
fn the_page_of_settings_is_what_the_code_gives() {
    let made = page();
    if env::var_os("DRSAE_WRITE_SETTINGS").is_some() {
        fs::write(PAGE, &made).unwrap();
    }
    let stored = fs::read_to_string(PAGE).unwrap_or_default();
    assert!(stored == made, "docs/SETTINGS.md is not what the code gives: `just settings` writes it");
}

#[test]
fn a_row_says_what_the_reader_does() {
    let page = page();
    for row in [
        "| `steps` | a whole number, between 1 and 1000 | `11` | ",
        "| `rate` | a number, positive | required | ",
        "| `classifier_bias` | true or false | `false` | ",
        "| `match` | `\"parameters\"`, `\"operations\"` | – | ",
        "| `validation` | a whole number, zero or more | `10000` | ",
    ] {
        assert!(page.contains(row), "{row}: {page}");
    }
}
