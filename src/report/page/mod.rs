//! The page: all there is to say of a sweep, or of two side by side, in one file of HTML
//! that loads nothing.

mod common;
mod provenance;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;

use self::provenance::{Command, Fact};
use super::Error;
use super::chart::on_page;
use super::figures::Figure;
use super::material::Material;
use crate::analysis::Sheet;
use crate::text::printable_lines;

const TEMPLATE: &str = concat!(include_str!("table.html"), include_str!("page.html"));
pub const STYLE: &str = include_str!("style.css");
pub const SCRIPT: &str = include_str!("sort.js");

/// All that the template is filled with.
#[derive(Serialize)]
struct Page<'p> {
    title: String,
    sweeps: Vec<Sweep<'p>>,
    /// The cells that two sweeps have in common.
    common: Option<Table>,
    style: &'static str,
    script: &'static str,
}

#[derive(Serialize)]
struct Sweep<'p> {
    name: &'p str,
    question: &'p str,
    verdict: Option<String>,
    /// How much of the plan there is.
    counts: String,
    tables: Vec<Table>,
    figures: Vec<Drawing<'p>>,
    failures: Option<Table>,
    facts: Vec<Fact>,
    commands: Vec<Command>,
}

/// A table of a page.
#[derive(Serialize)]
pub struct Table {
    id: String,
    title: String,
    caption: String,
    head: Vec<Head>,
    rows: Vec<Vec<String>>,
    /// The file that holds all digits, and the command that writes it.
    file: Option<String>,
    command: Option<String>,
}

#[derive(Serialize)]
struct Head {
    text: String,
    number: bool,
}

/// A figure of a page.
#[derive(Serialize)]
pub struct Drawing<'p> {
    id: String,
    name: &'p str,
    title: &'p str,
    caption: &'p str,
    svg: String,
}

/// A sweep's tables and its figures.
#[derive(Clone, Copy)]
pub struct Part<'p> {
    pub material: &'p Material,
    pub figures: &'p [Figure],
}

/// The page of one sweep, or of several side by side.
///
/// # Errors
/// The template cannot be filled in.
pub fn render(parts: &[Part<'_>]) -> Result<String, Error> {
    let names: Vec<_> = parts.iter().map(|part| part.material.name.as_str()).collect();
    let page = Page {
        title: names.join(" and "),
        sweeps: parts.iter().map(Sweep::of).collect(),
        common: match parts {
            [one, other] => {
                common::sheet(one.material, other.material).map(|sheet| Table::of(sheet, "common"))
            }
            _ => None,
        },
        style: STYLE,
        script: SCRIPT,
    };
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    Ok(printable_lines(&environment.render_str(TEMPLATE, Serde(&page))?).into_owned())
}

impl<'p> Sweep<'p> {
    fn of(part: &Part<'p>) -> Self {
        let Part { material, figures } = *part;
        let name = &material.name;
        let written = |sheet: Sheet| {
            let id = format!("{name}-{}", sheet.name);
            let file = sheet.file.map(|file| format!("analysis/{file}"));
            Table { file, command: Some(provenance::analyze(material)), ..Table::of(sheet, &id) }
        };
        let drawing = |figure: &'p Figure| Drawing::of(figure, name);
        Self {
            name,
            question: &material.question,
            verdict: material.analysis.compared.as_ref().map(|compared| compared.verdict.to_string()),
            counts: counts(material),
            tables: material.analysis.sheets().into_iter().map(written).collect(),
            figures: figures.iter().map(drawing).collect(),
            failures: failures(material).map(|sheet| Table::of(sheet, &format!("{name}-incomplete"))),
            facts: provenance::facts(material),
            commands: provenance::commands(material),
        }
    }
}

impl<'p> Drawing<'p> {
    /// A figure of the results called `name`.
    pub fn of(figure: &'p Figure, name: &str) -> Self {
        Self {
            id: format!("{name}-{}", figure.name),
            name: &figure.name,
            title: &figure.title,
            caption: &figure.caption,
            svg: on_page(&figure.svg),
        }
    }
}

impl Table {
    /// A sheet, named `id` on its page.
    pub fn of(sheet: Sheet, id: &str) -> Self {
        let head = |(at, text): (usize, String)| Head { text, number: at >= sheet.texts };
        Self {
            id: id.to_owned(),
            title: capitalised(sheet.name),
            caption: sheet.caption,
            head: sheet.head.into_iter().enumerate().map(head).collect(),
            rows: sheet.rows,
            file: None,
            command: None,
        }
    }
}

/// How many trials there are, and how many were planned.
fn counts(material: &Material) -> String {
    let planned: usize = material.cells.iter().map(|cell| cell.trials.len()).sum();
    let complete = planned - material.incomplete().count();
    let (cells, seeds) = (material.cells.len(), material.cells.iter().map(|cell| cell.trials.len()).max());
    format!(
        "{complete} of {planned} trials complete: {cells} cells of up to {} seeds.",
        seeds.unwrap_or_default()
    )
}

/// The trials that are not complete; `None` where all are.
fn failures(material: &Material) -> Option<Sheet> {
    let row = |trial: &super::material::Trial| {
        vec![trial.id.clone(), trial.status.clone(), trial.seed.to_string(), trial.curve.len().to_string()]
    };
    let rows: Vec<_> = material.incomplete().map(row).collect();
    (!rows.is_empty()).then(|| Sheet {
        name: "incomplete trials",
        caption:
            "Planned trials that are not complete. They are in no mean; comparisons leave their pairs out."
                .to_owned(),
        head: ["trial", "status", "seed", "epochs"].map(str::to_owned).to_vec(),
        texts: 2,
        rows,
        file: None,
    })
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
