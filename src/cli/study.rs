//! `drsae study`: search, freeze, confirm, unseal and report in one command.

use std::process::ExitCode;

use anyhow::Result;

use super::job::{Job, Outcome};
use super::search::Study;
use super::spec_args::SpecArgs;
use super::terminal::print_message;
use super::train::{self, TrainArgs};
use super::{freeze, report, tested, unseal};
use crate::study;

const EXAMPLES: &str = "\
Examples:
  drsae study experiments/study-smoke.toml           all of it, in seconds, on embedded data
  drsae plan experiments/study/families.toml                  what it would cost
  drsae study experiments/study/families.toml --jobs 8

Search: the settings of every group of cells, by validation error, with the same budget for each.
Freeze: the choice, the contrasts to be tested and the seeds, with their SHA-256.
Confirm: the frozen cells are trained with seeds that the search has not seen.
Unseal: their networks are tested, once, when all are complete or have diverged. Then tables, figures and page.
After a kill, run it again: it goes on where it stopped, and ends in the same bytes. A tested network is not trained
again, even where the tables alone are stored, as in a clone; with `--results DIR` the study is repeated elsewhere.
Exit code: as that of `drsae sweep`.";

/// Run a whole study: search, freeze, confirm, unseal, report.
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
    let command = args.train.command(&args.spec, "study");
    let name = &study.sweep.name;
    print_message(format_args!("{name}: 1 of 4, the search"));
    let search = match study.search(&args.train, &command)? {
        Outcome::Done(search) => search,
        Outcome::Stopped(code) => return Ok(code),
    };
    print_message(format_args!("{name}: 2 of 4, the freeze"));
    let frozen = study::freeze(&study.sweep, &search)?;
    let plan = freeze::record(&study, &frozen)?;
    print_message(format_args!("{name}: 3 of 4, the confirmation of plan {}", &frozen.hash[..12]));
    let tested = tested::rows(&args.spec, &frozen.sweep)?;
    if tested.as_ref().is_some_and(|rows| plan.trials.iter().all(|trial| rows.get(&trial.id).is_some())) {
        print_message(format_args!(
            "{name}: its tested results are stored; `--results DIR` repeats the study in DIR"
        ));
    }
    let stored = tested.as_ref();
    let job = Job { spec: &args.spec, sweep: &frozen.sweep, plan: &plan, command: &command, stored };
    let confirmation = train::run(job, &args.train, &|run, _| run.decide())?;
    match confirmation {
        Outcome::Done(true) => {}
        Outcome::Done(false) => return Ok(ExitCode::from(1)),
        Outcome::Stopped(code) => return Ok(code),
    }
    print_message(format_args!("{name}: 4 of 4, the test"));
    let test = unseal::unseal(&args.spec, &frozen.sweep, &plan)?;
    if let Outcome::Done(_) = test {
        report::write(&args.spec, &frozen.sweep)?;
    }
    Ok(test.code())
}
