//! `drsae power`: the number of seeds that a confirmation needs.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::search::Study;
use super::spec_args::SpecArgs;
use super::terminal::{output, space};
use crate::spec::Sweep;
use crate::stats::{Design, LEVEL, PairedTest, TARGET_POWER};
use crate::study::SearchSpread;
use crate::text::table::{Space, TextTable};
use crate::text::wrap;

const EXAMPLES: &str = "\
Examples:
  drsae power experiments/study-smoke.toml
  drsae power experiments/study/families.toml --difference 0.1 --difference 0.05
  drsae power experiments/study/families.toml --power 0.9 --json | jq '.answers[].seeds'

The spread is that of paired differences in validation error between the chosen configurations over the seeds
of the search, so run the search first. Few seeds measure it badly: the number of seeds is given for the estimate
and for its upper 80 % confidence limit. The level is that of Holm's first step over all contrasts of the study.
A plan has its number of seeds before it is frozen: seeds are never added after test errors were seen.";

/// Compute how many seeds the confirmation needs to show a difference.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    /// True difference to be shown, percentage points; may be repeated [default: 0.05, 0.1, 0.2, 0.5, 1].
    #[arg(long, value_name = "POINTS")]
    difference: Vec<f64>,
    /// Probability of showing it.
    #[arg(long, value_name = "P", default_value_t = TARGET_POWER)]
    power: f64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let study = Study::load(&args.spec)?;
    let search = study.done()?;
    let spread = SearchSpread::of(&study.sweep, &search)
        .context("the study compares nothing, or its search has one seed, which has no spread")?;
    let answers = answers(args, &study.sweep, spread);
    let mut out = output();
    if args.json {
        print_json(spread, &answers, &mut out)?;
    } else {
        print(&study.sweep, spread, &answers, &mut out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The seeds that one question needs.
#[derive(Debug)]
struct Answer {
    question: String,
    /// At the estimated spread; the reason where no number can be given.
    seeds: Result<usize, String>,
    /// At the upper limit of the spread.
    seeds_at_upper_limit: Result<usize, String>,
}

fn answers(args: &Args, study: &Sweep, spread: SearchSpread) -> Vec<Answer> {
    let differences =
        if args.difference.is_empty() { &[0.05, 0.1, 0.2, 0.5, 1.0] } else { &args.difference[..] };
    let level = LEVEL / spread.contrasts as f64;
    let answer = |question: String, test: PairedTest, difference: f64| {
        let seeds = |sd: f64| {
            let design = Design { test, difference, sd, level };
            design.least_pairs(args.power).map_err(|error| error.to_string())
        };
        Answer { question, seeds: seeds(spread.sd), seeds_at_upper_limit: seeds(spread.upper()) }
    };
    let mut answers: Vec<_> = differences
        .iter()
        .map(|&it| answer(format!("a difference of {it} points"), PairedTest::Difference, it))
        .collect();
    if let Some(margin) = study.compare.as_ref().and_then(|compare| compare.margin) {
        let question = format!("equivalence within {margin} points of equal networks");
        answers.push(answer(question, PairedTest::Equivalence { margin }, 0.0));
    }
    answers
}

fn print(study: &Sweep, spread: SearchSpread, answers: &[Answer], out: &mut dyn Write) -> Result<()> {
    let SearchSpread { sd, freedom, contrasts } = spread;
    let upper = spread.upper();
    let space = space();
    let introduction = format!(
        "{}: paired differences in validation error have a standard deviation of {sd:.3} points ({freedom} degrees \
         of freedom; upper 80 % limit {upper:.3}); {contrasts} contrasts at level {LEVEL} by Holm",
        study.name
    );
    let columns = space.and_then(|space| space.columns);
    wrap::indented(&introduction, (0, 0), columns).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    let text =
        |seeds: &Result<usize, String>| seeds.as_ref().map_or_else(|_| "–".to_owned(), usize::to_string);
    let head = ["to show", "at upper limit", "seeds"].map(str::to_owned);
    let cells = |answer: &Answer| {
        let Answer { question, seeds, seeds_at_upper_limit } = answer;
        vec![question.clone(), text(seeds_at_upper_limit), text(seeds)]
    };
    let rows: Vec<_> = answers.iter().map(cells).collect();
    let table = TextTable::new(&head, &rows, 1).lines(space.unwrap_or(Space::UNLIMITED));
    table.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    for (question, reason) in answers.iter().filter_map(|it| Some((&it.question, it.seeds.as_ref().err()?))) {
        let line = format!("{question}: {reason}");
        wrap::indented(&line, (0, 2), columns).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    writeln!(out, "the plan has {} seeds", study.seeds.len())?;
    Ok(())
}

fn print_json(spread: SearchSpread, answers: &[Answer], out: &mut dyn Write) -> Result<()> {
    let SearchSpread { sd, freedom, contrasts } = spread;
    let answer = serde_json::json!({
        "sd": sd,
        "degrees_of_freedom": freedom,
        "contrasts": contrasts,
        "answers": answers.iter().map(|answer| serde_json::json!({
            "question": answer.question,
            "seeds": answer.seeds.as_ref().ok(),
            "seeds_at_upper_limit": answer.seeds_at_upper_limit.as_ref().ok(),
        })).collect::<Vec<_>>(),
    });
    writeln!(out, "{answer:#}")?;
    Ok(())
}
