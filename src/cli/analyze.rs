//! `drsae analyze`: the tables of a sweep, computed from the results on disk.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;

use super::results::{self, warn_of_damage};
use super::spec_args::SpecArgs;
use super::terminal::{output, page, print_message, print_written};
use crate::analysis::{self, Analysis, SweepDesign};
use crate::report::{self, PAGE, ReportedSweep};
use crate::spec::Sweep;
use crate::store::{EpochRow, Store, Table, TrialRow};
use crate::study::Standing;
use crate::text::{printable, shown};

const EXAMPLES: &str = "\
Examples:
  drsae analyze experiments/depth.toml
  drsae analyze experiments/depth.toml --results elsewhere
  drsae analyze results/depth/sweep.toml         the sweep as it was run

If the folder has trials' folders, their results are merged first, so a sweep that is still
running or was killed can be analysed. Committed results have no trials' folders: the stored
tables are read instead. A merge keeps stored results and adds new ones.
Exit code: 0; 1 when a trial's files are not the ones that it wrote; 2 on an error.";

/// Summarise a sweep and compare its families, from the results on disk.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    analyze(&args.spec, &mut output())
}

fn analyze(args: &SpecArgs, out: &mut dyn Write) -> Result<ExitCode> {
    let sweep = args.load()?;
    let (store, merged) = results::merged(args, &sweep)?;
    write_and_print(&sweep, &store, out)?;
    Ok(ExitCode::from(u8::from(warn_of_damage(&merged))))
}

/// Writes the tables into the sweep's folder, updates an existing report, and prints the tables.
pub fn write_and_print(sweep: &Sweep, store: &Store, out: &mut dyn Write) -> Result<()> {
    let analysed = Analysed::of(sweep, store)?;
    analysed.refresh_report()?;
    analysed.print(out)
}

/// A sweep with its analysis, which is written to the results folder.
pub struct Analysed<'a> {
    sweep: &'a Sweep,
    store: &'a Store,
    analysis: Analysis,
}

impl<'a> Analysed<'a> {
    /// Analyses the merged tables and writes the tables of the analysis.
    pub fn of(sweep: &'a Sweep, store: &'a Store) -> Result<Self> {
        let analysis = analysis::analyze(store, &SweepDesign::of(sweep))?;
        for path in analysis::FILES.iter().map(|name| store.analysis_file(name)).filter(|path| path.exists())
        {
            print_written(&path);
        }
        Ok(Self { sweep, store, analysis })
    }

    /// The sweep for a report.
    pub fn source(&self) -> ReportedSweep<'_> {
        let Self { sweep, store, analysis } = self;
        ReportedSweep { sweep, store, analysis }
    }

    /// Writes the figures and the page.
    pub fn write_report(&self) -> Result<()> {
        for (name, contents) in report::files(&self.source())? {
            print_written(&self.store.write_analysis(&name, &contents)?);
        }
        Ok(())
    }

    /// Writes the figures and the page again if they exist, so that they match the tables.
    fn refresh_report(&self) -> Result<()> {
        if self.store.analysis_file(PAGE).exists() { self.write_report() } else { Ok(()) }
    }

    /// Names complete trials whose networks are useless.
    fn warn(&self) -> Result<()> {
        let epochs: Vec<EpochRow> = self.store.merged_rows(Table::Epochs)?.unwrap_or_default();
        let kept = analysis::kept(&epochs);
        let epoch = |trial: &TrialRow| kept.get(&(trial.trial.as_str(), trial.best_epoch?)).copied();
        for (name, trial, concern) in analysis::concerns(&self.analysis, epoch) {
            print_message(format_args!("warning: {name}: {concern} (trials/{})", trial.trial));
        }
        Ok(())
    }

    fn print(&self, out: &mut dyn Write) -> Result<()> {
        if !self.sweep.question.is_empty() {
            writeln!(out, "{}\n", printable(&self.sweep.question))?;
        }
        let folder = shown(&self.store.analysis_file(""));
        writeln!(out, "{}", self.analysis.render(page(), folder.trim_end_matches('/')))?;
        self.warn()?;
        if self.analysis.compared.is_some() {
            let standing = Standing::read(self.sweep, self.store)?;
            writeln!(out, "{}\n", printable(&standing.to_string()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::device::Kind;

    const SPEC: &str = "\
name = \"earlier-name\"
seeds = 1
[data]
source = \"mnist\"
[training]
phases = [{ epochs = 1, rate = 1e-3, discriminative = true }]
[sweep.grid]
\"model.family\" = [\"drsae\", \"mlp\"]
[compare]
reference = { \"model.family\" = \"drsae\" }
";

    const TRIALS: &str = "\
trial,index,family,steps,hidden,sparsity,discriminative_weight,seed,parameters,status,best_epoch,valid_error,test_error
drsae-1,0,drsae,3,60,0.005,1.0,1,98340,complete,15,4.05,3.25
mlp-1,1,mlp,3,57,0.005,1.0,1,96615,complete,15,2.5,2.5
";

    #[test]
    fn merged_tables_are_read_without_the_trials_and_stay_as_they_are() {
        let results = tempfile::tempdir().unwrap();
        let folder = results.path().join("kept");
        let spec = folder.join("sweep.toml");
        fs::create_dir(&folder).unwrap();
        fs::write(&spec, SPEC).unwrap();
        fs::write(folder.join("trials.csv"), TRIALS).unwrap();
        let mut out = Vec::new();
        let args = SpecArgs {
            spec,
            overrides: Vec::new(),
            results: None,
            root: None,
            data_dir: None,
            device: Kind::Cpu,
        };
        analyze(&args, &mut out).unwrap();
        assert_eq!(fs::read_to_string(folder.join("trials.csv")).unwrap(), TRIALS);
        let comparison = fs::read_to_string(folder.join("analysis/comparison.csv")).unwrap();
        assert!(comparison.contains("drsae,mlp,98340,96615,1,0,-0.75"), "{comparison}");
        assert!(String::from_utf8(out).unwrap().contains("-0.75"));
    }
}
