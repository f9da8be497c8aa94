//! The frozen plan of a study, checked against its ledger and its spec.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::hash::sha256;
use crate::spec::Sweep;
use crate::store::{Event, Store};
use crate::text::shown;

/// Loads the plan that was frozen for a study.
///
/// `root` is the study's results folder; `command` gives the command line of a subcommand on the study.
pub fn load(root: &Path, study: &Sweep, command: &dyn Fn(&str) -> String) -> Result<Sweep> {
    let store = Store::at(root).ok();
    let text = store.as_ref().map(Store::frozen).transpose()?.flatten();
    let (Some(store), Some(text)) = (store, text) else {
        bail!(
            "{} is a study whose plan is not frozen: `{}` searches, freezes and trains; `{}` only searches",
            study.name,
            command("study"),
            command("search")
        )
    };
    let path = store.frozen_toml();
    let hash = sha256(&text);
    let ledger = store.ledger()?;
    let frozen = ledger.iter().rev().find(|row| row.event == Event::Frozen);
    let frozen = frozen.with_context(|| {
        format!("{} is in no ledger: `{}` freezes the plan", shown(&path), command("freeze"))
    })?;
    ensure!(
        frozen.plan == hash,
        "{} was edited: its SHA-256 is {hash}, and {} was frozen on {}; restore it, or let `{}` freeze another plan",
        shown(&path),
        frozen.plan,
        frozen.date,
        command("freeze")
    );
    let text = String::from_utf8(text).with_context(|| format!("{} is no UTF-8", shown(&path)))?;
    let plan = Sweep::parse(&text, &path.display().to_string(), &study.paths())?;
    let spec = plan.frozen.as_ref().map(|frozen| frozen.spec.as_str());
    ensure!(
        spec == Some(&sha256(study.to_toml_without_paths()?)),
        "the spec was changed after its plan was frozen on {}: restore it, or let `{}` freeze another plan, which is \
         then a plan of its own",
        frozen.date,
        command("freeze")
    );
    Ok(plan)
}
