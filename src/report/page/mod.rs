//! The page of a sweep, or of two side by side: one file of HTML
//! that loads nothing.

mod common;
mod provenance;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;

use self::provenance::{CommandLine, Fact};
use super::Error;
use super::chart::on_page;
use super::data::ReportData;
use super::figures::Figure;
use crate::analysis::TableView;
use crate::store::TrialRow;
use crate::text::printable_lines;

const TEMPLATE: &str = concat!(include_str!("table.html"), include_str!("page.html"));
pub const STYLE: &str = include_str!("style.css");
pub const SCRIPT: &str = include_str!("sort.js");

/// All that the template is filled with.
#[derive(Serialize)]
struct SweepPage<'p> {
    title: String,
    sweeps: Vec<SweepSection<'p>>,
    /// The cells that two sweeps have in common.
    common: Option<PageTable>,
    style: &'static str,
    script: &'static str,
}

#[derive(Serialize)]
struct SweepSection<'p> {
    name: &'p str,
    question: &'p str,
    verdict: Option<String>,
    /// The numbers of complete and of planned trials.
    counts: String,
    tables: Vec<PageTable>,
    figures: Vec<Drawing<'p>>,
    failures: Option<PageTable>,
    facts: Vec<Fact>,
    commands: Vec<CommandLine>,
}

/// A table of a page.
#[derive(Serialize)]
pub struct PageTable {
    id: String,
    title: String,
    caption: String,
    head: Vec<ColumnHead>,
    rows: Vec<Vec<String>>,
    /// The file that holds all digits, and the command that writes it.
    file: Option<String>,
    command: Option<String>,
}

#[derive(Serialize)]
struct ColumnHead {
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
    pub data: &'p ReportData<'p>,
    pub figures: &'p [Figure],
}

/// The page of one sweep, or of several side by side.
///
/// # Errors
/// The template cannot be filled in.
pub fn render(parts: &[Part<'_>]) -> Result<String, Error> {
    let names: Vec<_> = parts.iter().map(|part| part.data.name).collect();
    let page = SweepPage {
        title: names.join(" and "),
        sweeps: parts.iter().map(SweepSection::of).collect(),
        common: match parts {
            [one, other] => common::view(one.data, other.data).map(|view| PageTable::of(view, "common")),
            _ => None,
        },
        style: STYLE,
        script: SCRIPT,
    };
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    Ok(printable_lines(&environment.render_str(TEMPLATE, Serde(&page))?).into_owned())
}

impl<'p> SweepSection<'p> {
    fn of(part: &Part<'p>) -> Self {
        let Part { data, figures } = *part;
        let name = data.name;
        let written = |view: TableView| {
            let id = format!("{name}-{}", view.name);
            let file = view.file.map(|file| format!("analysis/{file}"));
            PageTable { file, command: Some(provenance::analyze(data)), ..PageTable::of(view, &id) }
        };
        let drawing = |figure: &'p Figure| Drawing::of(figure, name);
        Self {
            name,
            question: data.question,
            verdict: data.analysis.compared.as_ref().map(|compared| compared.verdict.to_string()),
            counts: counts(data),
            tables: data.analysis.views().into_iter().map(written).collect(),
            figures: figures.iter().map(drawing).collect(),
            failures: failures(data).map(|view| PageTable::of(view, &format!("{name}-incomplete"))),
            facts: provenance::facts(data),
            commands: provenance::commands(data),
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

impl PageTable {
    /// A view, named `id` on its page.
    pub fn of(view: TableView, id: &str) -> Self {
        let head = |(at, text): (usize, String)| ColumnHead { text, number: at >= view.texts };
        Self {
            id: id.to_owned(),
            title: view.title(),
            caption: view.caption,
            head: view.head.into_iter().enumerate().map(head).collect(),
            rows: view.rows,
            file: None,
            command: None,
        }
    }
}

/// States the numbers of complete and of planned trials.
fn counts(data: &ReportData<'_>) -> String {
    let planned = data.trials().count();
    let complete = data.trials().filter(|trial| trial.is_complete()).count();
    let (cells, seeds) = (data.cells().len(), data.analysis.summary.seeds.len());
    format!("{complete} of {planned} trials complete: {cells} cells of up to {seeds} seeds.")
}

/// The trials that are not complete; `None` if all are.
fn failures(data: &ReportData<'_>) -> Option<TableView> {
    let row = |trial: &TrialRow| {
        let epochs = data.curve(trial).len();
        vec![trial.trial.clone(), trial.status.to_string(), trial.seed.to_string(), epochs.to_string()]
    };
    let rows: Vec<_> = data.trials().filter(|trial| !trial.is_complete()).map(row).collect();
    (!rows.is_empty()).then(|| TableView {
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
