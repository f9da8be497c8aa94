//! Stale results: of another numerics version, other data, another device or another plan.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{AuditReport, AuditedFolder, analysis, trial};
use crate::NUMERICS_VERSION;
use crate::analysis::{Analysis, Input};
use crate::device::Kind;
use crate::engine::stale::{self, Stale, Why};
use crate::plan::{self, Trial};
use crate::store::{PlanRow, Table, read_file};
use crate::text::chain;

/// Number of later numerics versions that are recognised, in addition to all earlier ones.
const LATER: u32 = 16;

const OTHER_IDS: &str = "is stale: it lists the same trials under other ids, so they were computed from \
     other data than there are now, or by a version of drsae that names trials otherwise";

/// Reports the trial folders that are not in the plan, with the reason.
pub(super) fn strays(subject: AuditedFolder<'_>, report: &mut AuditReport) {
    let AuditedFolder { store, plan, rerun, .. } = subject;
    let ended = match stale::find(plan, store) {
        Ok(ended) => ended,
        Err(error) => return report.wrong(store.trials(), chain(&error), "fix the I/O error"),
    };
    let whys: HashMap<_, _> = ended.into_iter().map(|Stale { trial, why }| (trial, why)).collect();
    let planned: HashSet<&str> = plan.trials.iter().map(|trial| trial.id.as_str()).collect();
    let folder = store.trials();
    for name in trial::names(&folder, report).iter().filter(|name| !planned.contains(name.as_str())) {
        let problem = match whys.get(name) {
            Some(why) => format!("is stale: {why}"),
            None => "is not in the plan and has no result".to_owned(),
        };
        let advice = format!(
            "`{rerun}` runs the missing trials; keep this folder for the plan that has it, or remove it"
        );
        report.note(folder.join(name), problem, advice);
    }
}

/// The problem of a stored plan that has the planned trials under the ids of another numerics version, device or data;
/// `None` for every other plan. The text is a fragment that follows the path of `plan.csv`.
pub(super) fn plan(subject: AuditedFolder<'_>) -> Option<String> {
    let AuditedFolder { store, plan, .. } = subject;
    let rows: Vec<PlanRow> = store.rows(&store.plan_csv()).ok()??;
    let kept: Vec<String> = rows.into_iter().map(|row| row.trial).collect();
    let same = |(kept, trial): (&String, &Trial)| slug(kept) == slug(&trial.id);
    if kept.len() != plan.trials.len() || !kept.iter().zip(&plan.trials).all(same) {
        return None;
    }
    let (other, trial) = kept.iter().zip(&plan.trials).find(|(kept, trial)| **kept != trial.id)?;
    if let Some(why) = origin(other, trial, &plan.facts(trial).checksums) {
        return Some(format!("is stale: it lists results {why}"));
    }
    // One different id means damage; if all ids differ under the same spec, the data differ.
    let all = kept.iter().zip(&plan.trials).all(|(kept, trial)| *kept != trial.id);
    let same_spec = read_file(store.sweep_toml()).ok().and_then(|text| String::from_utf8(text).ok())
        == super::tables::spec_text(subject).ok();
    (all && same_spec).then(|| OTHER_IDS.to_owned())
}

/// Checks the merged tables of a stale plan as far as possible without the plan; returns their analysis.
pub(super) fn tables(subject: AuditedFolder<'_>, report: &mut AuditReport) -> Option<Analysis> {
    match Input::read(subject.store) {
        Ok(input) => analysis::check(subject, &input, report),
        Err(error) => {
            report.wrong(subject.store.table(Table::Trials), chain(&error), "restore it");
            None
        }
    }
}

/// The numerics version or the device under which the trial has this id, if there is one.
fn origin(id: &str, trial: &Trial, checksums: &BTreeMap<String, String>) -> Option<Why> {
    let gives = |&(numerics, device): &(u32, Kind)| {
        plan::id_of_version(&trial.config, checksums, numerics, device) == id
    };
    let mut origins =
        (0..=NUMERICS_VERSION + LATER).flat_map(|numerics| Kind::ALL.map(|kind| (numerics, kind)));
    origins.find(gives).map(|(numerics, device)| match numerics {
        NUMERICS_VERSION => Why::Device(device),
        other => Why::Numerics(other),
    })
}

/// An id without its hash.
fn slug(id: &str) -> Option<&str> {
    id.rsplit_once('-').map(|(slug, _)| slug)
}
