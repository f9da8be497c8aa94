//! Links of all pages in the repository to its files and headings.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::markdown::{anchors, without_code};
use super::{path, read};

/// The pages: README and others beside it, and those of `docs/`.
fn pages() -> Vec<String> {
    let names = |folder: &'static str| {
        let entries = fs::read_dir(path(folder)).unwrap().map(|entry| entry.unwrap().file_name());
        entries
            .map(move |name| format!("{folder}{}", name.to_str().unwrap()))
            .filter(|name| name.rsplit('.').next() == Some("md"))
    };
    names("").chain(names("docs/")).collect()
}

/// The links that lead nowhere, as sentences.
pub fn broken() -> Vec<String> {
    let pages = pages().into_iter().map(|page| (read(&page), page));
    pages.flat_map(|(text, page)| of(&page, &text)).collect()
}

fn of(page: &str, text: &str) -> Vec<String> {
    let prose = without_code(text);
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let wrong =
        targets.filter_map(|target| problem(page, target).map(|what| format!("{page}: {target}: {what}")));
    wrong.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The problem of a link, if it has one.
fn problem(page: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = if file.is_empty() { PathBuf::from(page) } else { resolved(page, file) };
    let file = file.to_str()?;
    if !Path::new(&path(file)).exists() {
        return Some("there is no such file".to_owned());
    }
    let is_missing = !anchor.is_empty() && !anchors(&read(file)).any(|other| other == anchor);
    is_missing.then(|| format!("{file} has no heading #{anchor}"))
}

/// The path of a link's target, from the root of the repository.
fn resolved(page: &str, target: &str) -> PathBuf {
    let mut resolved = Path::new(page).parent().map(Path::to_owned).unwrap_or_default();
    for part in Path::new(target).components() {
        match part {
            Component::ParentDir => drop(resolved.pop()),
            part => resolved.push(part),
        }
    }
    resolved
}

#[test]
fn links_that_lead_nowhere_are_named() {
    let text = "[a](../README.md#the-networks) [b](NONE.md) ![c](RESULTS.md#none) `[d](e)` [f](https://g.org/h#i) [j](#k)\n";
    let expected = [
        "docs/RESULTS.md: #k: docs/RESULTS.md has no heading #k",
        "docs/RESULTS.md: NONE.md: there is no such file",
        "docs/RESULTS.md: RESULTS.md#none: docs/RESULTS.md has no heading #none",
    ];
    assert_eq!(of("docs/RESULTS.md", text), expected);
}
