//! README.md and docs/RESULTS.md, rendered from their templates in docs/templates: every number is an expression over a stored
//! table, and every link leads somewhere.
//!
//! `just texts` writes both pages. A number in a template is an expression, such as
//! `{{ row("results/depth/analysis/comparison.csv", challenger="untied", steps=5) | difference }}`; `tables` has the
//! functions, `words` the filters.

mod links;
mod literals;
mod markdown;
mod smoke;
mod tables;
mod words;

use std::{env, fs};

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, UndefinedBehavior};

/// The pages, each with its template.
const PAGES: [(&str, &str); 2] =
    [("README.md", "docs/templates/README.md"), ("docs/RESULTS.md", "docs/templates/RESULTS.md")];

/// A path from the root of the repository.
fn path(relative: &str) -> String {
    format!("{}/{relative}", env!("CARGO_MANIFEST_DIR"))
}

fn read(relative: &str) -> String {
    fs::read_to_string(path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
}

/// The text of a template; `name` is that of its errors.
fn render(name: &str, template: &str) -> Result<String, Error> {
    let mut environment = Environment::new();
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment.set_syntax(syntax?);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    tables::add(&mut environment);
    words::add(&mut environment);
    environment.add_function("smoke", smoke::printed);
    environment.render_named_str(name, template, ())
}

/// The first line in which two texts differ: its number, and what each has.
fn first_difference<'t>(one: &'t str, other: &'t str) -> Option<(usize, &'t str, &'t str)> {
    let (mut ones, mut others) = (one.split('\n'), other.split('\n'));
    (1..)
        .map(|line| (line, ones.next(), others.next()))
        .take_while(|(_, a, b)| a.is_some() || b.is_some())
        .find_map(|(line, a, b)| (a != b).then(|| (line, a.unwrap_or("(no line)"), b.unwrap_or("(no line)"))))
}

#[test]
fn the_pages_are_what_the_stored_tables_give() {
    let rendered = PAGES.map(|(page, template)| {
        (page, render(template, &read(template)).unwrap_or_else(|error| panic!("{error}")))
    });
    if env::var_os("DRSAE_WRITE_TEXTS").is_some() {
        for (page, text) in &rendered {
            fs::write(path(page), text).unwrap();
        }
    }
    for (page, text) in &rendered {
        if let Some((line, stored, made)) = first_difference(&read(page), text) {
            panic!(
                "{page}, line {line}, is not what its template gives: `just texts` writes it\nstored:   {stored}\nrendered: {made}"
            );
        }
    }
}

#[test]
fn the_templates_have_no_number_that_no_table_holds() {
    let wrong: Vec<_> = PAGES
        .iter()
        .flat_map(|(_, template)| {
            let found = literals::of(&read(template));
            found.into_iter().map(move |(line, number)| format!("{template}:{line}: {number}"))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "make each number an expression over a stored table, or list it with its reason in tests/texts/literals.rs:\n{}",
        wrong.join("\n")
    );
    let templates = PAGES.map(|(_, template)| read(template));
    let unused: Vec<_> = literals::unused(&templates).collect();
    assert!(unused.is_empty(), "tests/texts/literals.rs allows numbers that no template has: {unused:?}");
}

#[test]
fn links_lead_to_files_and_headings() {
    let broken = links::broken();
    assert!(broken.is_empty(), "broken links:\n{}", broken.join("\n"));
}

#[test]
fn the_first_differing_line_is_found() {
    assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some((2, "b", "c")));
    assert_eq!(first_difference("a\n", "a"), Some((2, "", "(no line)")));
}
