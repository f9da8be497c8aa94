//! The arrows between the rooms and the files of `src/`, read from its `use` lines and paths.
//!
//! A room imports no other room than the table in CONTRIBUTING.md allows, and no files import each other in a circle.
//! A re-export (`pub use`) is followed to the file that defines the item, and is no import itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The modules of a crate: path of the module, such as `store::lease`, and its source without tests.
type Modules = BTreeMap<String, String>;

/// Importing modules, each with the modules that it imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reads the modules below `folder`; the crate's root is the module "".
fn read(folder: &Path, module: &str, modules: &mut Modules) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let inner = if module.is_empty() { name.clone() } else { format!("{module}::{name}") };
        if path.is_dir() {
            read(&path, &inner, modules);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let module = if name == "mod" || (module.is_empty() && name == "lib") { module } else { &inner };
            modules.insert(module.to_owned(), without_tests(&fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Removes comments, texts in quotes, and what is compiled for tests alone.
fn without_tests(source: &str) -> String {
    let mut kept = String::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        let code = line.trim_start();
        if code == "#[cfg(test)]" {
            skip_item(line, &mut lines);
        } else if !code.starts_with("//") {
            let mut outside = true;
            for part in line.split('"') {
                kept += if outside { part } else { " " };
                outside = !outside;
            }
            kept.push('\n');
        }
    }
    kept
}

/// Skips the item behind an attribute: to the end of its line where that ends with `;`, else to the closing brace
/// that is indented as the attribute is.
fn skip_item<'s>(attribute: &str, lines: &mut impl Iterator<Item = &'s str>) {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let is_end = |line: &str| line.trim_start().starts_with('}') || line.trim_end().ends_with(';');
    lines.find(|line| indent(line) == indent(attribute) && is_end(line));
}

/// Modules that only tests have: files that `#[cfg(test)] mod NAME;` declares, and what is in them.
fn test_modules(folder: &Path, module: &str, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let inner = if module.is_empty() { name.clone() } else { format!("{module}::{name}") };
        if path.is_dir() {
            test_modules(&path, &inner, found);
            continue;
        }
        let module = if name == "mod" || name == "lib" { module } else { &inner };
        let source = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = source.lines().map(str::trim).collect();
        for pair in lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]") {
            let declared = pair[1].trim_start_matches("pub(crate) ").strip_prefix("mod ");
            if let Some(name) = declared.and_then(|name| name.strip_suffix(';')) {
                found.insert(if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") });
            }
        }
    }
}

/// The paths of a use tree, such as `a::{b, c::{self, d as e}}`: each with the name that it is given.
fn paths(tree: &str) -> Vec<(String, String)> {
    let tree = tree.trim();
    let Some((prefix, inner)) = tree.split_once('{') else {
        let (path, name) = tree.split_once(" as ").unwrap_or((tree, tree.rsplit("::").next().unwrap()));
        return vec![(path.trim().to_owned(), name.trim().to_owned())];
    };
    let (mut depth, mut part, mut found) = (0, String::new(), Vec::new());
    let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
    for letter in inner.chars().chain([',']) {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        if letter == ',' && depth == 0 {
            for (path, name) in paths(&part) {
                let whole = if path == "self" {
                    prefix.trim_end_matches("::").to_owned()
                } else {
                    format!("{prefix}{path}")
                };
                let name = if path == "self" && name == "self" {
                    whole.rsplit("::").next().unwrap().to_owned()
                } else {
                    name
                };
                found.push((whole, name));
            }
            part.clear();
        } else {
            part.push(letter);
        }
    }
    found.retain(|(path, _)| !path.ends_with("::"));
    found
}

/// The `use` items of a source: tree, and whether it is a re-export.
fn uses(source: &str) -> Vec<(String, bool)> {
    let flat = source.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut found = Vec::new();
    for item in flat.split_inclusive([';', '}']).collect::<String>().split(';') {
        let at = item.rfind("use ").filter(|&at| at == 0 || item[..at].ends_with([' ', '}', '{', ']', ')']));
        if let Some(at) = at {
            let is_public = item[..at].trim_end().ends_with("pub")
                || item[..at].trim_end().ends_with(')') && item[..at].contains("pub(");
            found.push((item[at + 4..].to_owned(), is_public));
        }
    }
    found
}

/// The path from the crate's root that `path` means in `module`; `None` of another crate.
fn absolute(path: &str, module: &str, modules: &Modules) -> Option<String> {
    let mut here: Vec<&str> = if module.is_empty() { Vec::new() } else { module.split("::").collect() };
    let mut parts = path.split("::").peekable();
    match parts.peek()? {
        &"crate" => here.clear(),
        &"self" => {}
        &"super" => {
            while parts.next_if_eq(&"super").is_some() {
                here.pop();
            }
            return Some(here.into_iter().chain(parts).collect::<Vec<_>>().join("::"));
        }
        head => {
            let child = here.iter().copied().chain([*head]).collect::<Vec<_>>().join("::");
            return modules
                .contains_key(&child)
                .then(|| here.into_iter().chain(parts).collect::<Vec<_>>().join("::"));
        }
    }
    parts.next();
    Some(here.into_iter().chain(parts).collect::<Vec<_>>().join("::"))
}

/// The module that defines what an absolute path names: re-exports are followed.
fn definition(path: &str, exports: &BTreeMap<String, String>, modules: &Modules) -> String {
    let mut path = path.to_owned();
    for _ in 0..8 {
        let exported = (0..=path.matches("::").count()).rev().find_map(|keep| {
            let head: Vec<&str> = path.split("::").take(keep + 1).collect();
            let target = exports.get(&head.join("::"))?;
            let rest: Vec<&str> = path.split("::").skip(keep + 1).collect();
            Some([&[target.as_str()][..], &rest].concat().join("::"))
        });
        match exported {
            Some(next) if next != path => path = next,
            _ => break,
        }
    }
    while !modules.contains_key(&path) && !path.is_empty() {
        path = path.rsplit_once("::").map_or_else(String::new, |(head, _)| head.to_owned());
    }
    path
}

/// The inline paths of a source that begin with a module: `crate::a::b`, `super::c`, or a child's name.
fn inline_paths(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    for word in source.split(|letter| !is_word(letter)).filter(|word| word.contains("::")) {
        found.push(word.trim_end_matches(':').to_owned());
    }
    found
}

/// The imports of each module.
fn imports(modules: &Modules) -> Imports {
    let mut exports = BTreeMap::new();
    for (module, source) in modules {
        for (tree, _) in uses(source).iter().filter(|(_, is_public)| *is_public) {
            for (path, name) in paths(tree) {
                if let Some(target) = absolute(&path, module, modules) {
                    let name = if module.is_empty() { name } else { format!("{module}::{name}") };
                    exports.insert(name, target);
                }
            }
        }
    }
    let mut imports = Imports::new();
    for (module, source) in modules {
        let used = uses(source);
        let private = used.iter().filter(|(_, is_public)| !is_public).flat_map(|(tree, _)| paths(tree));
        let body: String =
            source.lines().filter(|line| !line.contains("use ")).collect::<Vec<_>>().join("\n");
        let all = private.map(|(path, _)| path).chain(inline_paths(&body));
        let targets = all.filter_map(|path| absolute(&path, module, modules));
        let defined = targets.map(|path| definition(&path, &exports, modules));
        let others = defined.filter(|target| target != module && !target.is_empty());
        imports.insert(module.clone(), others.collect());
    }
    imports
}

/// A circle of modules, where there is one. A module may use what a module around it defines, as children of a
/// `mod.rs` do; that closes no circle.
fn circle(imports: &Imports) -> Option<Vec<String>> {
    fn visit<'i>(
        at: &'i str,
        imports: &'i Imports,
        way: &mut Vec<&'i str>,
        done: &mut BTreeSet<&'i str>,
    ) -> bool {
        if way.contains(&at) {
            way.push(at);
            return true;
        }
        if !done.insert(at) {
            return false;
        }
        way.push(at);
        let is_around = |other: &&String| at.starts_with(&format!("{other}::"));
        for next in imports.get(at).into_iter().flatten().filter(|other| !is_around(other)) {
            if visit(next, imports, way, done) {
                return true;
            }
        }
        way.pop();
        false
    }
    let (mut way, mut done) = (Vec::new(), BTreeSet::new());
    for module in imports.keys() {
        if visit(module, imports, &mut way, &mut done) {
            let last = way.last().copied();
            let first = way.iter().position(|&at| Some(at) == last).unwrap_or(0);
            return Some(way[first..].iter().map(|&at| at.to_owned()).collect());
        }
    }
    None
}

/// The rooms that a room may import.
#[derive(Clone)]
enum Rule {
    /// These, and those that all may import.
    Only(BTreeSet<String>),
    /// All but these.
    AllBut(BTreeSet<String>),
}

/// The rooms of the table in CONTRIBUTING.md with their rules, and those that all may import.
fn table(text: &str) -> (BTreeMap<String, Rule>, BTreeSet<String>) {
    let names = |cell: &str| -> BTreeSet<String> {
        let names = cell.split('`').skip(1).step_by(2);
        names.map(|name| name.trim_end_matches('/').trim_end_matches(".rs").replace('/', "::")).collect()
    };
    let (mut rules, mut common) = (BTreeMap::new(), BTreeSet::new());
    let rows = text.lines().skip_while(|line| !line.starts_with("| module |")).skip(2);
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let (rooms, may) = (names(cells[0]), names(cells[2]));
        let rule = if cells[2].starts_with("everything") { Rule::AllBut(may) } else { Rule::Only(may) };
        if cells[2].ends_with("all may import them") {
            common.extend(rooms.iter().cloned());
        }
        rules.extend(rooms.into_iter().map(|room| (room, rule.clone())));
    }
    (rules, common)
}

fn source() -> Modules {
    let (mut modules, mut tests) = (Modules::new(), BTreeSet::new());
    read(&root().join("src"), "", &mut modules);
    test_modules(&root().join("src"), "", &mut tests);
    let is_test =
        |module: &str| tests.iter().any(|test| module == test || module.starts_with(&format!("{test}::")));
    modules.retain(|module, _| !is_test(module) && module != "main");
    modules
}

#[test]
fn rooms_import_what_the_table_allows() {
    let (rules, common) = table(&fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap());
    let modules = source();
    // The innermost room of the table that a module is in.
    let room_of = |module: &str| {
        let is_around = |room: &&String| module == *room || module.starts_with(&format!("{room}::"));
        rules.keys().filter(is_around).max_by_key(|room| room.len()).map_or(module, String::as_str).to_owned()
    };
    let mut wrong = BTreeSet::new();
    for (module, targets) in imports(&modules) {
        let room = room_of(&module);
        let targets = targets.iter().map(|target| room_of(target));
        for target in
            targets.filter(|target| !room.is_empty() && *target != room && modules.contains_key(target))
        {
            let is_allowed = match rules.get(&room) {
                Some(Rule::Only(rooms)) => rooms.contains(&target) || common.contains(&target),
                Some(Rule::AllBut(rooms)) => !rooms.contains(&target),
                None => false,
            };
            if !is_allowed {
                wrong.insert(format!("{module} imports {target}"));
            }
        }
    }
    assert!(wrong.is_empty(), "not in the table of CONTRIBUTING.md: {wrong:#?}");
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let imports = imports(&source());
    assert!(imports.values().map(BTreeSet::len).sum::<usize>() > 500, "few imports were found");
    assert_eq!(circle(&imports), None);
}

#[test]
fn a_circle_is_found_through_a_re_export_and_in_a_path() {
    let source = |module: &str, text: &str| (module.to_owned(), without_tests(text));
    let mut modules = Modules::from([
        source("", "pub mod a;\npub mod b;\n"),
        source("a", "mod inner;\npub use self::inner::{Thing as Other, self};\n"),
        source(
            "a::inner",
            "use crate::b::{self, c::{D, E}};\n#[cfg(test)]\nmod tests {\n    use crate::x::Y;\n}\n",
        ),
        source("b", "pub mod c;\n// crate::a::Other\nconst TEXT: &str = \"crate::a::Other\";\n"),
        source("b::c", "pub struct D;\n"),
    ]);
    let found = imports(&modules);
    assert_eq!(found["a::inner"], BTreeSet::from(["b".to_owned(), "b::c".to_owned()]));
    assert_eq!(circle(&found), None);
    modules.insert("b::c".to_owned(), "fn f() -> crate::a::Other { todo() }\n".to_owned());
    let circle = circle(&imports(&modules)).unwrap();
    assert_eq!(circle.first(), circle.last());
    assert!(circle.contains(&"a::inner".to_owned()) && circle.contains(&"b::c".to_owned()), "{circle:?}");
}
