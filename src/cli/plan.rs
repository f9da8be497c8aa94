//! `drsae plan`: the trials of a sweep, and estimates of their cost.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::clock::duration;
use super::spec_args::SpecArgs;
use super::terminal::{output, space};
use crate::engine::{Pilot, memory};
use crate::plan::{Plan, Trial};
use crate::spec::Sweep;
use crate::study::{self, PlannedStage};
use crate::text::table::{Space, TextTable};
use crate::text::wrap;

const EXAMPLES: &str = "\
Examples:
  drsae plan experiments/depth.toml
  drsae plan experiments/depth.toml --set seeds=10
  drsae plan experiments/depth.toml --json | jq '.trials[].id'
  drsae plan experiments/paper/one-seed.toml --no-timing    list the trials without timing them

The time is estimated from a few training steps on this machine, with one trial on every core: for each trial
on its thread, and in total. The images are not read; of files of your own, only the checksums are.";

/// List a sweep's trials with parameters, operations, and an estimate of time and memory.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    /// Skip the timing of training steps and the estimate of time.
    #[arg(long)]
    no_timing: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let sweep = args.spec.load_spec()?;
    let plan = args.spec.plan(&sweep)?;
    let jobs = args.spec.default_jobs();
    let pilot = if args.no_timing { None } else { Some(Pilot::run(&plan, Pilot::TIME, jobs)?) };
    if sweep.search.is_some() {
        return stages(args, &sweep, &plan, pilot.as_ref());
    }
    let costs: Vec<Cost> = plan.trials.iter().map(|trial| Cost::of(trial, &plan, pilot.as_ref())).collect();
    let total = Total::of(&costs, &plan, jobs);
    let mut out = BufWriter::new(output());
    if args.json {
        print_json(&plan, &costs, &total, &mut out)?;
    } else {
        let source = format!("`{} | less -S`", args.spec.command("plan"));
        let lines = listing(&plan, &costs, &total, &source, space().unwrap_or(Space::UNLIMITED));
        lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Estimated cost of a trial.
#[derive(Clone, Copy, Serialize)]
struct Cost<'a> {
    index: usize,
    id: &'a str,
    name: &'a str,
    parameters: usize,
    flops_per_image: u64,
    training_flops: u64,
    /// Seconds on one thread; absent without timing.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
    /// Without the images.
    bytes: u64,
}

impl<'a> Cost<'a> {
    fn of(trial: &'a Trial, plan: &Plan, pilot: Option<&Pilot>) -> Self {
        Self {
            index: trial.index,
            id: &trial.id,
            name: &trial.name,
            parameters: trial.parameters,
            flops_per_image: trial.flops_per_image,
            training_flops: trial.training_flops,
            seconds: pilot.map(|pilot| pilot.seconds(trial)),
            bytes: memory(trial, plan.facts(trial).shape.inputs),
        }
    }

    fn cells(&self) -> Vec<String> {
        let time = self.seconds.map(|seconds| duration(Duration::from_secs_f64(seconds)));
        let flops = format!("{:.3}", self.flops_per_image as f64 / 1e6);
        let known = [self.index.to_string(), self.name.to_owned(), self.parameters.to_string(), flops];
        known.into_iter().chain(time).chain([mebibytes(self.bytes), self.id.to_owned()]).collect()
    }
}

/// Estimated cost of the plan with `jobs` trials in parallel.
#[derive(Serialize)]
struct Total {
    jobs: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
    bytes: u64,
}

impl Total {
    fn of(costs: &[Cost], plan: &Plan, jobs: usize) -> Self {
        let jobs = jobs.min(costs.len());
        let mut largest: Vec<u64> = costs.iter().map(|cost| cost.bytes).collect();
        largest.sort_unstable_by(|a, b| b.cmp(a));
        let shapes = plan.datasets.iter().map(|(_, facts)| facts.shape);
        let images: usize = shapes.map(|shape| (shape.train + shape.test) * shape.inputs).sum();
        let seconds: Option<f64> = costs.iter().map(|cost| cost.seconds).sum();
        Self {
            jobs,
            seconds: seconds.map(|seconds| seconds / jobs as f64),
            bytes: largest.iter().take(jobs).sum::<u64>() + images as u64,
        }
    }
}

/// Prints the stages of a study with their trials and time.
fn stages(args: &Args, sweep: &Sweep, plan: &Plan, pilot: Option<&Pilot>) -> Result<ExitCode> {
    let stages = study::forecast(sweep, plan)?;
    let jobs = args.spec.default_jobs();
    let seconds = |stage: &PlannedStage| {
        let of_cell = |(cell, trainings): (usize, &f64)| Some(trainings * pilot?.seconds(&plan.trials[cell]));
        let total: Option<f64> = stage.trainings.iter().enumerate().map(of_cell).sum();
        total.map(|total| total / jobs as f64)
    };
    let times: Vec<Option<f64>> = stages.iter().map(seconds).collect();
    let mut out = BufWriter::new(output());
    if args.json {
        let stage = |(stage, seconds): (&PlannedStage, &Option<f64>)| {
            let PlannedStage { name, configurations, trials, .. } = stage;
            serde_json::json!({
                "name": name, "configurations": configurations, "trials": trials, "seconds": seconds
            })
        };
        let stages: Vec<_> = stages.iter().zip(&times).map(stage).collect();
        let answer = serde_json::json!({ "name": plan.name, "jobs": jobs, "stages": stages });
        writeln!(out, "{answer:#}")?;
    } else {
        let time = |seconds: &Option<f64>| {
            seconds.map_or_else(String::new, |it| duration(Duration::from_secs_f64(it)))
        };
        let head = ["trials", "stage", "configurations a group", "time"].map(str::to_owned);
        let cells = |(stage, seconds): (&PlannedStage, &Option<f64>)| {
            let configurations = stage.configurations.map_or_else(String::new, |count| count.to_string());
            vec![stage.trials.to_string(), stage.name.clone(), configurations, time(seconds)]
        };
        let rows: Vec<_> = stages.iter().zip(&times).map(cells).collect();
        let dispensable = &["configurations a group"];
        let table = TextTable { dispensable, ..TextTable::new(&head, &rows, 2) };
        table
            .lines(space().unwrap_or(Space::UNLIMITED))
            .iter()
            .try_for_each(|line| writeln!(out, "{line}"))?;
        let total: Option<f64> = times.iter().copied().sum();
        write!(out, "{}: {} cells", plan.name, sweep.cells.len())?;
        if total.is_some() {
            write!(out, ", about {} with {jobs} trials side by side", time(&total))?;
        }
        writeln!(out)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The lines of a table of the trials with their costs, and of the total; `source` is the command that shows all.
fn listing(plan: &Plan, costs: &[Cost], total: &Total, source: &str, space: Space) -> Vec<String> {
    let timed = total.seconds.map(|_| "time");
    let head =
        ["index", "trial", "parameters", "MFLOP/image"].into_iter().chain(timed).chain(["MiB", "folder"]);
    let head: Vec<String> = head.map(str::to_owned).collect();
    let rows: Vec<_> = costs.iter().map(Cost::cells).collect();
    let dispensable = &["MiB", "folder", "MFLOP/image", "index", "parameters"];
    let table = TextTable { dispensable, source, ..TextTable::new(&head, &rows, 2) };
    let time = |seconds| format!("about {} with ", duration(Duration::from_secs_f64(seconds)));
    let (count, about) = (plan.trials.len(), total.seconds.map(time).unwrap_or_default());
    let sum = format!(
        "{}: {count} trials, {about}{} in parallel, {} MiB",
        plan.name,
        total.jobs,
        mebibytes(total.bytes)
    );
    [table.lines(space), wrap::indented(&sum, (0, 0), space.columns)].concat()
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.0}", bytes as f64 / f64::from(1 << 20))
}

fn print_json(plan: &Plan, costs: &[Cost], total: &Total, out: &mut dyn Write) -> Result<()> {
    #[derive(Serialize)]
    struct Answer<'a> {
        name: &'a str,
        trials: &'a [Cost<'a>],
        #[serde(flatten)]
        total: &'a Total,
    }
    let answer = Answer { name: &plan.name, trials: costs, total };
    serde_json::to_writer_pretty(&mut *out, &answer).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(plan: &Plan, seconds: Option<f64>, space: Space) -> String {
        // Another test covers the hash of an id.
        let mut costs: Vec<_> = plan.trials.iter().map(|trial| Cost::of(trial, plan, None)).collect();
        for cost in &mut costs {
            *cost = Cost { id: cost.id.rsplit_once('-').unwrap().0, seconds, bytes: 3 << 20, ..*cost };
        }
        let total = Total { jobs: 2, seconds, bytes: 9 << 20 };
        listing(plan, &costs, &total, "`drsae plan small.toml | less -S`", space).join("\n")
    }

    #[test]
    fn trials_are_listed_in_columns_with_their_time_if_it_is_known() {
        let mut plan = crate::plan::tests::plan("[sweep.grid]\nmodel.steps = [2, 11]\n");
        plan.name = "small".to_owned();
        plan.trials.truncate(2);
        insta::assert_snapshot!(listed(&plan, Some(75.0), Space::UNLIMITED), @r"
        index  trial        parameters  MFLOP/image        time  MiB  folder
            0  T=2 seed 1        64760        0.326  1 min 15 s    3  drsae-t2-n40-s1
            1  T=11 seed 1       64760        0.412  1 min 15 s    3  drsae-t11-n40-s1
        small: 2 trials, about 1 min 15 s with 2 in parallel, 9 MiB
        ");
        insta::assert_snapshot!(listed(&plan, None, Space::UNLIMITED), @r"
        index  trial        parameters  MFLOP/image  MiB  folder
            0  T=2 seed 1        64760        0.326    3  drsae-t2-n40-s1
            1  T=11 seed 1       64760        0.412    3  drsae-t11-n40-s1
        small: 2 trials, 2 in parallel, 9 MiB
        ");
        insta::assert_snapshot!(listed(&plan, Some(75.0), Space::of_columns(60)), @r"
        all with parameters = 64760, time = 1 min 15 s, MiB = 3
        index  trial        MFLOP/image  folder
        ─────────────────────────────────────────────────
            0  T=2 seed 1         0.326  drsae-t2-n40-s1
            1  T=11 seed 1        0.412  drsae-t11-n40-s1
        small: 2 trials, about 1 min 15 s with 2 in parallel, 9 MiB
        ");
    }
}
