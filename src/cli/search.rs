//! `drsae search`: the search of a study, by validation error alone.

use std::io::Write;
use std::iter;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};

use super::job::{Job, Outcome};
use super::spec_args::SpecArgs;
use super::terminal::{output, page, print_message, print_written};
use super::train::{self, TrainArgs};
use super::{finish, results};
use crate::analysis::{self, SweepDesign};
use crate::plan::Plan;
use crate::report;
use crate::spec::{self, Sweep};
use crate::store::{Store, TrialTable};
use crate::study::{self, Search, SearchRow, Stage, best_toml};
use crate::text::shown;
use crate::text::table::TextTable;

const EXAMPLES: &str = "\
Examples:
  drsae search experiments/study-smoke.toml
  drsae search experiments/study-smoke.toml --jobs 2
  drsae search experiments/study/families.toml --engine slurm --follow   each rung is an array of its own

The table [search] of the spec describes the space, the method and the seeds. Every group of cells is searched
with the same budget. No test image is read. After a kill, run it again: a trial goes on from its state,
and the decisions are the same to the byte.
Results are in results/NAME/search: search/analysis/search.csv has every configuration and decision,
search.svg draws them, best.toml the chosen settings.
Exit code: 0 when the choice is made, 1 when trials are missing, 2 on an error, and 129, 130 or 143 after
SIGHUP, SIGINT or SIGTERM.";

/// Search the settings of each group of cells by validation error.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    train: TrainArgs,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    args.train.check()?;
    let study = Study::load(&args.spec)?;
    let command = args.train.command(&args.spec, "search");
    match study.search(&args.train, &command)? {
        Outcome::Stopped(code) => Ok(code),
        Outcome::Done(search) => {
            study.print(&search)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// A study with the folder of its search.
pub struct Study<'a> {
    pub args: &'a SpecArgs,
    pub sweep: Sweep,
    pub plan: Plan,
    /// The arguments that name the sweep of the search.
    folder: SpecArgs,
}

impl<'a> Study<'a> {
    /// Loads the spec of a study and plans its cells.
    pub fn load(args: &'a SpecArgs) -> Result<Self> {
        let sweep = args.load_spec()?;
        ensure!(
            sweep.search.is_some(),
            "{} has no `[search]`: `{}` trains it as it is",
            shown(&args.file()),
            args.command("sweep")
        );
        let plan = args.plan(&sweep)?;
        let root = args.root(&sweep).join(study::SEARCH_FOLDER);
        let folder = SpecArgs {
            spec: root.join("sweep.toml"),
            overrides: Vec::new(),
            results: None,
            root: Some(root),
            ..args.clone()
        };
        Ok(Self { args, sweep, plan, folder })
    }

    /// Runs the stages of the search that are not complete; `command` continues it. Merged results count with the trials'
    /// folders or without, for a search needs no networks.
    pub fn search(&self, args: &TrainArgs, command: &str) -> Result<Outcome<Search<'_>>> {
        let mut stored = self.merged()?;
        let mut search = Search::begin(&self.sweep, &self.plan)?;
        while search.stage() != Stage::Done {
            let sweep = search.sweep()?;
            let plan = self.folder.plan(&sweep)?;
            let job = Job { spec: &self.folder, sweep: &sweep, plan: &plan, command, stored: Some(&stored) };
            if search.is_decided(&plan, &stored) && train::pending(job, args)?.is_empty() {
                search.advance(&plan, &stored)?;
                continue;
            }
            self.announce(&search);
            match train::run(job, args, &|run, _| run.decide())? {
                Outcome::Done(true) => {}
                Outcome::Done(false) => return Ok(Outcome::Stopped(ExitCode::from(1))),
                Outcome::Stopped(code) => return Ok(Outcome::Stopped(code)),
            }
            stored = self.store()?.trial_table()?;
            search.advance(&plan, &stored)?;
        }
        self.write(&search)?;
        Ok(Outcome::Done(search))
    }

    /// The results of the search as it was last run, with those that killed processes left, merged now; none if it has not
    /// begun. The data may have moved since.
    fn merged(&self) -> Result<TrialTable> {
        if !self.folder.spec.exists() {
            return Ok(TrialTable::default());
        }
        let found = SpecArgs { overrides: self.sweep.paths(), ..self.folder.clone() };
        let sweep = found.load_spec()?;
        finish::tidy(&found.plan(&sweep)?, &results::existing(&found, &sweep)?);
        let (store, _) = results::merged(&found, &sweep)?;
        Ok(store.trial_table()?)
    }

    /// The search as it stands on disk, which must be done.
    pub fn done(&self) -> Result<Search<'_>> {
        let mut search = Search::begin(&self.sweep, &self.plan)?;
        let store = self.store()?;
        let trials = store.trial_table()?;
        while search.stage() != Stage::Done {
            let plan = self.folder.plan(&search.sweep()?)?;
            search.advance(&plan, &trials)?;
        }
        Ok(search)
    }

    /// The results folder of the search.
    fn store(&self) -> Result<Store> {
        Store::at(&self.args.root(&self.sweep).join(study::SEARCH_FOLDER)).with_context(|| {
            format!("{} is not searched yet: `{}` does that", self.sweep.name, self.args.command("search"))
        })
    }

    fn announce(&self, search: &Search) {
        let (at, all) = (search.position(), search.stages());
        print_message(format_args!("{}: search, stage {at} of {all} ({})", self.sweep.name, search.stage()));
    }

    /// Writes the tables of the search.
    pub fn write(&self, search: &Search) -> Result<()> {
        let store = self.store()?;
        analysis::analyze(&store, &SweepDesign::of(&search.sweep()?))?;
        print_written(&store.write_analysis(study::SEARCH_TABLE, &SearchRow::csv(search.rows())?)?);
        if let Some(figure) = report::search_figure(search.rows())? {
            print_written(&store.write_analysis(study::SEARCH_FIGURE, &figure)?);
        }
        print_written(&store.write_analysis(study::BEST, best_toml(&self.sweep, search)?.as_bytes())?);
        Ok(())
    }

    /// Prints the choice of each group.
    pub fn print(&self, search: &Search) -> Result<()> {
        let settings = analysis::headings(&search.paths());
        let head = iter::once("group".to_owned()).chain(settings);
        let head: Vec<_> = head.chain(["validation error / %", "± SE"].map(str::to_owned)).collect();
        let error = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.2}"));
        let cells = |row: &SearchRow| {
            let settings = row.settings.iter().map(|(_, value)| spec::text(value));
            let errors = [row.valid_error_mean, row.valid_error_se].map(error);
            iter::once(row.group.clone()).chain(settings).chain(errors).collect()
        };
        let rows: Vec<Vec<_>> = search.chosen_rows().into_iter().map(cells).collect();
        let table = TextTable {
            title: "The choice of each group, by its mean validation error",
            source: &shown(&self.store()?.analysis_file(study::BEST)),
            ..TextTable::new(&head, &rows, 1)
        };
        let mut out = output();
        table.lines(page()).iter().try_for_each(|line| writeln!(out, "{line}"))?;
        print_message(format_args!(
            "{}: the choice is made; `{}` freezes it with the contrasts to be tested",
            self.sweep.name,
            self.args.command("freeze")
        ));
        Ok(())
    }
}
