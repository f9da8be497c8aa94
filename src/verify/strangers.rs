//! Files and folders that no command writes into a results folder.

use std::collections::HashSet;
use std::path::Path;

use super::{AuditReport, AuditedFolder, trial};
use crate::analysis::FILES;
use crate::model::Checkpoint;
use crate::plan;
use crate::report::{FIGURES, PAGE};
use crate::spec::TrialConfig;
use crate::store::{self, NEW_SUMS, SUMS, Table, read_file};
use crate::text::chain;

const MOVE: &str = "move it out of the results";

/// Folders at the top, beside that of the analysis.
const FOLDERS: [&str; 3] = ["trials", "running", "slurm"];

/// Folder of the results that runs replaced; nothing reads it.
const REPLACED: &str = "replaced";

/// Names everything at the top of the folder and in `analysis/` that does not belong there.
pub(super) fn check(subject: AuditedFolder<'_>, report: &mut AuditReport) {
    let root = subject.store.root();
    let files: Vec<&str> =
        ["sweep.toml", "plan.csv", SUMS, "analysis"].into_iter().chain(Table::ALL.map(Table::file)).collect();
    for name in others(root, report) {
        let path = root.join(&name);
        if name == NEW_SUMS {
            report.note(path, "is of a merge that did not reach its end", "`drsae analyze` merges again");
        } else if name == REPLACED {
            report.note(path, "holds what runs replaced", "remove it when that is not needed");
        } else if Path::new(&name).extension().is_some_and(|extension| extension == "safetensors") {
            if let Err(problem) = network(subject, &path) {
                report.wrong(path, problem, MOVE);
            }
        } else if !files.contains(&name.as_str()) && !FOLDERS.contains(&name.as_str()) {
            report.wrong(path, "is no file of a results folder", MOVE);
        }
    }
    let analysis = root.join("analysis");
    for name in others(&analysis, report) {
        if !FILES.contains(&name.as_str()) && name != PAGE && name != FIGURES {
            report.wrong(analysis.join(name), "is no file of an analysis", MOVE);
        }
    }
}

/// The names in a folder except those that killed writers left, which are noted.
fn others(folder: &Path, report: &mut AuditReport) -> Vec<String> {
    let mut names = trial::names(folder, report);
    names.retain(|name| {
        let is_left = store::is_unfinished(name.as_ref());
        if is_left {
            trial::leftover(&folder.join(name), report);
        }
        !is_left
    });
    names
}

/// Checks that a network beside the tables is that of a trial of the plan.
fn network(subject: AuditedFolder<'_>, path: &Path) -> Result<(), String> {
    let bytes = read_file(path).map_err(|error| format!("cannot be read: {error}"))?;
    let not_network = |error: candle_core::Error| format!("is no network: {}", chain(&error));
    let checkpoint = Checkpoint::parse(&bytes).map_err(not_network)?;
    let config: TrialConfig = toml::from_str(checkpoint.config().map_err(not_network)?)
        .map_err(|error| format!("is no network: {}", error.message()))?;
    let planned: HashSet<&str> = subject.plan.trials.iter().map(|trial| trial.id.as_str()).collect();
    let device = subject.plan.trials.first().map(|trial| trial.device).unwrap_or_default();
    let mut facts = subject.plan.facts_in_any_folder(&config.data);
    if facts.any(|facts| planned.contains(plan::id(&config, &facts.checksums, device).as_str())) {
        return Ok(());
    }
    Err("is of no trial of the plan".to_owned())
}
