//! `drsae trial`: run some trials of a sweep.

use std::num::NonZeroUsize;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::display::Display;
use super::notes;
use super::results;
use super::run_args::RunArgs;
use super::signals::Signals;
use super::spec_args::SpecArgs;
use crate::compare::{Filter, rows_where};
use crate::engine::{self, Control, DatasetCache, Pending};
use crate::plan::{Indices, Plan, Trial};
use crate::store::{Status, Store};
use crate::text::printable;

const EXAMPLES: &str = "\
Examples:
  drsae trial experiments/depth.toml --index 17               the trial with this index in the plan
  drsae trial experiments/depth.toml --index 0-3,17 --jobs 4  several trials in parallel
  drsae trial experiments/depth.toml --index 0-99 --pending   only the trials without a result
  drsae trial experiments/depth.toml --where 'model.steps = 11' --where 'seed <= 3' --pending --jobs 4

A complete trial is run again, and its result has the same bytes. A trial that another process runs is an
error with exit code 2. With --pending, trials with a result are skipped, and trials that other processes
run are waited for, and taken over if the process dies: for schedulers that may run a job twice.
`drsae sweep` merges the results.
--where compares a column of plan.csv with a value, as in `drsae compare`.
SIGHUP, SIGINT and SIGTERM stop it at a safe point; the same command continues from there.
Exit code: 0 when the trials are complete, 1 when one is not, 2 on an error, and 129, 130
or 143 after SIGHUP, SIGINT or SIGTERM.";

/// Run some trials of a sweep, by their index in the plan or by their settings.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    /// Indices in the plan, such as `17` or `0-3,17`.
    #[arg(long, short, value_name = "INDICES", required_unless_present = "conditions")]
    index: Option<Indices>,
    /// Run only trials that satisfy a condition, such as `model.steps >= 5`; if repeated, all of them.
    #[arg(long = "where", value_name = "EXPR")]
    conditions: Vec<String>,
    /// Trials to run in parallel, one thread each.
    #[arg(long, short, default_value = "1")]
    jobs: NonZeroUsize,
    /// Run only trials without a result, and wait for those that other processes run.
    #[arg(long)]
    pending: bool,
    #[command(flatten)]
    run: RunArgs,
    /// Ids that the trials must have, in one argument, separated by spaces: the command refuses to run if the data
    /// or the program differ from those that the caller planned with.
    #[arg(long, value_name = "IDS")]
    expect: Option<String>,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    ensure!(
        args.pending || args.run.retry.is_empty(),
        "`--retry` requires `--pending`: without it, all named trials are run"
    );
    let (sweep, plan) = args.spec.load_plan()?;
    let named = args.named(&plan)?;
    // The device or the data may be missing: check both before writing anything.
    args.spec.check_device()?;
    let configs = named.iter().map(|trial| &trial.config.data);
    let datasets = DatasetCache::of_plan(&plan, configs, args.spec.data_dir.as_deref(), plan.test.part())?;
    notes::of_cache(&datasets);
    // With very many processes on one folder, each writes only to its own trials.
    let store = match results::find(&args.spec, &sweep)?.filter(|_| args.pending) {
        Some(store) => store,
        None => results::open(&args.spec, &sweep, &plan)?,
    };
    let pending = args.select(&named, &store)?;
    if !pending.is_empty()
        && let Some(code) = args.work(&plan, &pending, &store, &datasets)?
    {
        return Ok(ExitCode::from(code));
    }
    let status = |trial: &&Trial| store.status(&trial.id).unwrap_or(Status::Pending);
    let complete = named.iter().filter(|trial| status(trial) == Status::Complete).count();
    Ok(ExitCode::from(u8::from(complete < named.len())))
}

impl Args {
    /// The trials of the indices that satisfy every condition, checked against the expected ids.
    fn named<'p>(&self, plan: &'p Plan) -> Result<Vec<&'p Trial>> {
        let trial = |&index: &usize| {
            let last = plan.trials.len() - 1;
            plan.trials
                .get(index)
                .ok_or_else(|| anyhow!("there is no trial {index}: the plan's last is {last}"))
        };
        let mut named: Vec<_> = match &self.index {
            Some(indices) => indices.as_slice().iter().map(trial).collect::<Result<_>>()?,
            None => plan.trials.iter().collect(),
        };
        if !self.conditions.is_empty() {
            let filters: Vec<Filter> =
                self.conditions.iter().map(|text| Filter::parse(text)).collect::<Result<_, _>>()?;
            let satisfying = rows_where(&plan.header(), &plan.rows().collect::<Vec<_>>(), &filters)?;
            named.retain(|trial| satisfying.binary_search(&trial.index).is_ok());
            ensure!(!named.is_empty(), "no trial satisfies every condition");
        }
        let Some(expected) = &self.expect else { return Ok(named) };
        let expected: Vec<_> = expected.split_ascii_whitespace().collect();
        ensure!(
            expected.len() == named.len(),
            "`--expect` has {} ids for {} trials",
            expected.len(),
            named.len()
        );
        for (trial, expected) in named.iter().zip(expected) {
            ensure!(
                trial.id == expected,
                "trial {} has the id {} here, expected {expected}: the data in `data.folder`, the spec or the \
                 program differs",
                trial.index,
                trial.id
            );
        }
        Ok(named)
    }

    fn select<'p>(&self, named: &[&'p Trial], store: &Store) -> Result<Vec<Pending<'p>>> {
        if self.pending {
            return Ok(engine::pending_among(named, store, &self.run.retry)?);
        }
        for trial in named {
            if let Some(holder) = store.holder(&store.trial(&trial.id)?)? {
                bail!(
                    "{} is being run by {}: wait for that process, or stop it",
                    trial.id,
                    printable(&holder.to_string())
                );
            }
        }
        Ok(engine::pending_among(named, store, &Status::ALL)?)
    }

    /// Runs the trials; returns the exit code if a signal interrupted them.
    fn work(
        &self,
        plan: &Plan,
        pending: &[Pending],
        store: &Store,
        datasets: &DatasetCache,
    ) -> Result<Option<u8>> {
        let control = Control { timeout: self.run.timeout, ..Control::default() };
        let signals = Signals::listen(&control.stop).context("failed to listen to signals")?;
        let trials: Vec<_> = pending.iter().map(|pending| pending.trial).collect();
        let display = Display::new(plan, &trials, store);
        engine::local::run(pending, store, datasets, &control, self.jobs.get(), &display)?;
        drop(display);
        match store.vanished() {
            Some(vanished) => Err(vanished.into()),
            None => Ok(signals.exit_code()),
        }
    }
}
