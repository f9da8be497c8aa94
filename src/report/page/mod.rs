//! The page of one or two sweeps: a self-contained HTML file.

mod common;
mod provenance;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;

use self::provenance::{CommandLine, Fact};
use super::Error;
use super::chart::dark_rules;
use super::data::ReportData;
use super::figures::Figure;
use crate::analysis::{TableView, concerns};
use crate::store::TrialRow;
use crate::text::printable_lines;

/// Sorts and filters tables, and shows the values of marks.
const SCRIPT: &str = concat!(include_str!("sort.js"), include_str!("filter.js"), include_str!("marks.js"));

/// The data of the template.
#[derive(Serialize)]
struct SweepPage<'p> {
    title: String,
    sweeps: Vec<SweepSection<'p>>,
    /// The cells that two sweeps have in common.
    common: Option<PageTable>,
}

#[derive(Serialize)]
struct SweepSection<'p> {
    name: &'p str,
    question: &'p str,
    verdict: Option<String>,
    /// Confirmatory or exploratory, and why.
    standing: Option<String>,
    /// The numbers of complete and of planned trials.
    counts: String,
    tables: Vec<PageTable>,
    figures: &'p [Figure],
    failures: Option<PageTable>,
    facts: Vec<Fact>,
    commands: Vec<CommandLine>,
}

/// A table of a page.
#[derive(Serialize)]
pub struct PageTable {
    id: String,
    title: String,
    #[serde(flatten)]
    view: TableView,
    /// The command that writes it.
    command: Option<String>,
    /// The address that the first cell of each row links to; none if no row has a link.
    links: Vec<Option<String>>,
}

/// A sweep's tables and its figures.
#[derive(Clone, Copy)]
pub struct Part<'p> {
    pub data: &'p ReportData<'p>,
    pub figures: &'p [Figure],
}

/// The page of one or several sweeps.
///
/// # Errors
/// The template cannot be filled in.
pub fn render(parts: &[Part<'_>]) -> Result<String, Error> {
    let names: Vec<_> = parts.iter().map(|part| part.data.name).collect();
    let page = SweepPage {
        title: names.join(" and "),
        sweeps: parts.iter().map(|part| SweepSection::of(part, parts)).collect(),
        common: match parts {
            [one, other] => common::view(one.data, other.data).map(|view| PageTable::of(view, "common")),
            _ => None,
        },
    };
    fill(include_str!("page.html"), &page)
}

/// A template filled with the values of a page. It has the macros of `views.html`.
///
/// # Errors
/// The template cannot be filled in.
pub fn fill(template: &str, page: &impl Serialize) -> Result<String, Error> {
    let source = [include_str!("views.html"), template].concat();
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_global("style", include_str!("style.css").to_owned() + &dark_rules());
    environment.add_global("script", SCRIPT);
    Ok(printable_lines(&environment.render_str(&source, Serde(page))?).into_owned())
}

impl<'p> SweepSection<'p> {
    /// The section of one of the page's `parts`.
    fn of(part: &Part<'p>, parts: &[Part<'p>]) -> Self {
        let Part { data, figures } = *part;
        let others = parts.iter().map(|part| part.data).filter(|other| !std::ptr::eq(*other, data));
        let others: Vec<_> = others.collect();
        let name = data.name;
        let written = |view: TableView| {
            let id = format!("{name}-{}", view.name);
            PageTable { command: Some(provenance::analyze(data)), ..PageTable::of(view, &id) }
        };
        Self {
            name,
            question: data.question,
            verdict: data.analysis.compared.as_ref().map(|compared| compared.verdict.clone()),
            standing: data.analysis.compared.is_some().then(|| data.standing.to_string()),
            counts: counts(data),
            tables: data.analysis.views().into_iter().map(written).collect(),
            figures,
            failures: failures(data).map(|view| PageTable::of(view, &format!("{name}-incomplete"))),
            facts: provenance::facts(data, &others),
            commands: provenance::commands(data),
        }
    }
}

impl PageTable {
    /// A view, named `id` on its page.
    pub fn of(view: TableView, id: &str) -> Self {
        Self { id: id.to_owned(), title: view.title(), view, command: None, links: Vec::new() }
    }

    /// The table whose rows have links, at their first cells.
    pub fn with_links(self, links: Vec<Option<String>>) -> Self {
        Self { links, ..self }
    }
}

/// States the numbers of complete and of planned trials.
fn counts(data: &ReportData<'_>) -> String {
    let planned = data.trials().count();
    let complete = data.trials().filter(|trial| trial.is_complete()).count();
    let (cells, seeds) = (data.cells().len(), data.analysis.summary.seeds.len());
    format!("{complete} of {planned} trials complete: {cells} cells of up to {seeds} seeds.")
}

/// The trials that are not complete, or whose network is useless; `None` if there are none.
fn failures(data: &ReportData<'_>) -> Option<TableView> {
    let row = |trial: &TrialRow| {
        let epochs = data.curve(trial).last().map_or(0, |row| row.epoch);
        vec![trial.trial.clone(), trial.status.to_string(), trial.seed.to_string(), epochs.to_string()]
    };
    let incomplete = data.trials().filter(|trial| !trial.is_complete()).map(row);
    let concerned = concerns(data.analysis, |trial| data.best_epoch(trial));
    let concerned = concerned.into_iter().map(|(_, trial, concern)| {
        let mut row = row(trial);
        row[1] = format!("{}: {concern}", row[1]);
        row
    });
    let rows: Vec<_> = incomplete.chain(concerned).collect();
    (!rows.is_empty()).then(|| TableView {
        name: "incomplete trials",
        caption: "Planned trials that are not complete, which means and comparisons do not include, and complete ones whose network \
                  is useless, which they do include."
            .to_owned(),
        head: ["trial", "status", "seed", "epochs"].map(str::to_owned).to_vec(),
        texts: 2,
        rows,
        file: None,
    })
}
