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
use crate::study::{BEST, SEARCH_FIGURE, SEARCH_FOLDER, SEARCH_TABLE};
use crate::text::chain;

const MOVE: &str = "move it out of the results";

/// Folders at the top, except that of the analysis.
const FOLDERS: [&str; 5] = ["trials", "running", "slurm", "unsealed", SEARCH_FOLDER];

/// Files of a study at the top, and in the analysis of its search.
const STUDY: [&str; 3] = ["frozen.toml", "ledger.csv", "conditions.csv"];
const SEARCH: [&str; 3] = [SEARCH_TABLE, SEARCH_FIGURE, BEST];

/// Folder of replaced results; nothing reads it.
const REPLACED: &str = "replaced";

/// Reports everything at the top of the folder and in `analysis/` that does not belong there.
pub(super) fn check(subject: AuditedFolder<'_>, report: &mut AuditReport) {
    let root = subject.store.root();
    let files: Vec<&str> = ["sweep.toml", "plan.csv", SUMS, "analysis"]
        .into_iter()
        .chain(STUDY)
        .chain(Table::ALL.map(Table::file))
        .collect();
    for name in others(root, report) {
        let path = root.join(&name);
        if name == NEW_SUMS {
            report.note(path, "was left by an interrupted merge", "run `drsae analyze` to merge again");
        } else if name == REPLACED {
            report.note(path, "has results that later runs replaced", "remove it if they are not needed");
        } else if Path::new(&name).extension().is_some_and(|extension| extension == "safetensors") {
            if let Err(problem) = network(subject, &path) {
                report.wrong(path, problem, MOVE);
            }
        } else if !files.contains(&name.as_str()) && !FOLDERS.contains(&name.as_str()) {
            report.wrong(path, "is not a file of a results folder", MOVE);
        }
    }
    let analysis = root.join("analysis");
    for name in others(&analysis, report) {
        let name = name.as_str();
        if !FILES.contains(&name) && !SEARCH.contains(&name) && name != PAGE && name != FIGURES {
            report.wrong(analysis.join(name), "is not a file of an analysis", MOVE);
        }
    }
}

/// The names in a folder without the files of killed processes, which are noted.
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

/// Checks that a network next to the tables belongs to a planned trial.
fn network(subject: AuditedFolder<'_>, path: &Path) -> Result<(), String> {
    let bytes = read_file(path).map_err(|error| format!("cannot be read: {error}"))?;
    let not_network = |error: candle_core::Error| format!("is not a network: {}", chain(&error));
    let checkpoint = Checkpoint::parse(&bytes).map_err(not_network)?;
    let config: TrialConfig = toml::from_str(checkpoint.config().map_err(not_network)?)
        .map_err(|error| format!("is not a network: {}", error.message()))?;
    let planned: HashSet<&str> = subject.plan.trials.iter().map(|trial| trial.id.as_str()).collect();
    let device = subject.plan.trials.first().map(|trial| trial.device).unwrap_or_default();
    let mut facts = subject.plan.facts_in_any_folder(&config.data);
    if facts.any(|facts| planned.contains(plan::id(&config, &facts.checksums, device).as_str())) {
        return Ok(());
    }
    Err("does not belong to a planned trial".to_owned())
}
