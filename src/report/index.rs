//! The index of a folder of results: a row for each sweep, with a link to its page.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::page::PageTable;
use super::tables::TablesPage;
use super::{ANATOMY_PAGE, Error};
use crate::analysis::{Analysis, Input, SummaryRow, SweepDesign, TableView, count, of_planned, spread};
use crate::anatomy::claims::conclusions;
use crate::anatomy::summary::MeasureSummary;
use crate::report;
use crate::spec::Sweep;
use crate::store::{PlanRow, ProvenanceRow, Store, Table, TrialRow};
use crate::study::Standing;
use crate::text::shell_quoted;

/// Name of the page in the folder of results.
pub const PAGE: &str = "index.html";

/// A sweep below the folder.
#[derive(Debug, Clone)]
pub struct IndexedSweep {
    /// Path of its results folder from the index, with `/`.
    pub name: String,
    /// The sweep as it was run.
    pub sweep: Sweep,
    /// Its results folder.
    pub store: Store,
}

impl IndexedSweep {
    /// The command that runs the missing trials.
    fn command(&self) -> String {
        let study = self.name.strip_suffix("/search");
        let is_of_study = || {
            let parent = self.store.root().parent().map(Store::at);
            parent.is_some_and(|parent| parent.is_ok_and(|parent| parent.frozen_toml().exists()))
        };
        let (command, name) = match study {
            _ if self.sweep.frozen.is_some() => ("study", self.name.as_str()),
            Some(study) if is_of_study() => ("search", study),
            _ => ("sweep", self.name.as_str()),
        };
        format!("drsae {command} {}", shell_quoted(name))
    }
}

/// An anatomy below the folder.
#[derive(Debug, Clone)]
pub struct Anatomy {
    /// Path of its folder from the index, with `/`.
    pub name: String,
    /// Its measures.
    pub summaries: Vec<MeasureSummary>,
}

/// The facts about a sweep.
struct Study {
    row: Vec<String>,
    link: Option<String>,
    /// Wall-clock of each complete trial, by id.
    seconds: BTreeMap<String, f64>,
}

/// The page. It is a function of the merged tables and the names of folders, so equal tables give equal bytes.
///
/// # Errors
/// A merged table is malformed, or I/O fails.
pub fn index_page(sweeps: &[IndexedSweep], anatomies: &[Anatomy]) -> Result<String, Error> {
    let studies: Vec<Study> = sweeps.iter().map(Study::of).collect::<Result<_, _>>()?;
    let mut tables = vec![of_studies(&studies)];
    tables.extend((!anatomies.is_empty()).then(|| of_anatomies(anatomies)));
    let page = TablesPage {
        title: "Index of results".to_owned(),
        counts: counts(&studies),
        notes: Vec::new(),
        tables,
    };
    page.render()
}

/// The numbers of sweeps and of distinct trials, and the time of these.
fn counts(studies: &[Study]) -> String {
    let trials: BTreeMap<&String, &f64> = studies.iter().flat_map(|study| &study.seconds).collect();
    let hours = trials.values().copied().sum::<f64>() / 3600.0;
    format!(
        "{} with {} in all, each counted once, and {hours:.1} h of their wall-clock.",
        count(studies.len(), "sweep"),
        count(trials.len(), "complete trial")
    )
}

fn of_studies(studies: &[Study]) -> PageTable {
    let view = TableView {
        name: "studies",
        caption: "Every sweep below this folder, by name. An answer is confirmatory if the plan was frozen before any test \
                  image was read. The date is the start of the last trial; n/m means that n of m planned trials are \
                  complete. The least validation error is that of the best cell, in percent, mean ± sample standard \
                  deviation over its seeds. The time is the wall-clock of the complete trials; trials that several sweeps \
                  share count in each. The command runs the missing trials; give it --results where this folder has another \
                  name than results."
            .to_owned(),
        head: [
            "sweep", "question", "verdict", "standing", "date", "command", "trials", "least validation error / %",
            "time / h",
        ]
        .map(str::to_owned)
        .to_vec(),
        texts: 6,
        rows: studies.iter().map(|study| study.row.clone()).collect(),
        file: None,
    };
    PageTable::of(view, "studies").with_links(studies.iter().map(|study| study.link.clone()).collect())
}

impl Study {
    fn of(source: &IndexedSweep) -> Result<Self, Error> {
        let IndexedSweep { name, sweep, store } = source;
        let analysis = if store.table(Table::Trials).exists() {
            Some(Analysis::of(&Input::read(store)?, &SweepDesign::of(sweep))?)
        } else {
            None
        };
        let provenance: Vec<ProvenanceRow> = store.merged_rows(Table::Provenance)?.unwrap_or_default();
        let plan: Vec<PlanRow> = store.rows(&store.plan_csv())?.unwrap_or_default();
        let cells = analysis.iter().flat_map(|analysis| &analysis.cells);
        let trials: Vec<&TrialRow> = cells.flat_map(|cell| &cell.trials).collect();
        let complete = trials.iter().filter(|trial| trial.is_complete()).count();
        let planned = plan.len().max(trials.len());
        let best = analysis.iter().flat_map(|analysis| &analysis.summary.rows);
        let best = best.filter_map(|row: &SummaryRow| row.valid_error);
        let best = best.min_by(|a, b| a.mean.total_cmp(&b.mean));
        let verdict = analysis.as_ref().and_then(|analysis| analysis.compared.as_ref());
        let seconds: BTreeMap<_, _> = provenance.iter().map(|row| (row.trial.clone(), row.seconds)).collect();
        let hours = seconds.values().sum::<f64>() / 3600.0;
        let last = provenance.iter().map(|row| row.started.as_str()).max();
        let row = vec![
            name.clone(),
            sweep.question.clone(),
            verdict.map(|compared| compared.verdict.clone()).unwrap_or_default(),
            Standing::read(sweep, store)?.name().to_owned(),
            last.and_then(|time| time.split('T').next()).unwrap_or_default().to_owned(),
            source.command(),
            of_planned(complete, planned - complete),
            spread(best),
            if seconds.is_empty() { "–".to_owned() } else { format!("{hours:.2}") },
        ];
        let page = store.analysis_file(report::PAGE).exists();
        let link = page.then(|| format!("{name}/analysis/{}", report::PAGE));
        Ok(Self { row, link, seconds })
    }
}

fn of_anatomies(anatomies: &[Anatomy]) -> PageTable {
    let row = |anatomy: &Anatomy| {
        let conclusions = conclusions(&anatomy.summaries);
        let mut verdicts: IndexMap<&str, usize> = IndexMap::new();
        for conclusion in &conclusions {
            let verdict = conclusion.verdict.split(':').next().unwrap_or_default();
            *verdicts.entry(verdict).or_default() += 1;
        }
        let verdicts: Vec<_> = verdicts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
        let networks = anatomy.summaries.iter().map(|summary| summary.n).max().unwrap_or_default();
        vec![anatomy.name.clone(), verdicts.join(", "), conclusions.len().to_string(), networks.to_string()]
    };
    let view = TableView {
        name: "anatomies",
        caption: "Measures of the hidden units of trained networks: verdicts on the paper's claims."
            .to_owned(),
        head: ["anatomy", "verdicts", "claims", "networks"].map(str::to_owned).to_vec(),
        texts: 2,
        rows: anatomies.iter().map(row).collect(),
        file: None,
    };
    let link = |anatomy: &Anatomy| Some(format!("{}/{ANATOMY_PAGE}", anatomy.name));
    PageTable::of(view, "anatomies").with_links(anatomies.iter().map(link).collect())
}
