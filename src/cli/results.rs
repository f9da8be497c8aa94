//! The results folder of the sweep that the arguments name.

use std::path::Path;

use anyhow::Result;

use super::spec_args::SpecArgs;
use super::terminal::print_error;
use crate::engine::planned;
use crate::plan::Plan;
use crate::spec::Sweep;
use crate::store::{self, Merged, Store};
use crate::text::printable;

/// Opens the sweep's results folder for writing, and creates it if it is new.
pub fn open(args: &SpecArgs, sweep: &Sweep, plan: &Plan) -> Result<Store> {
    check_plan(args, sweep, plan)?;
    let store = Store::open(&args.root(sweep), &sweep.to_toml()?)?;
    store.write_plan(&plan.header(), &plan.rows().collect::<Vec<_>>())?;
    Ok(store)
}

/// Refuses a plan that lacks trials with stored results, before computing anything that could not be merged with
/// them.
pub fn check_plan(args: &SpecArgs, sweep: &Sweep, plan: &Plan) -> Result<()> {
    match find(args, sweep)? {
        Some(store) => Ok(store.expect_planned(&planned(plan))?),
        None => Ok(()),
    }
}

/// The sweep's results folder, if it exists.
pub fn find(args: &SpecArgs, sweep: &Sweep) -> Result<Option<Store>> {
    match Store::at(&args.root(sweep)) {
        Err(store::Error::Absent { .. }) => Ok(None),
        _ => existing(args, sweep).map(Some),
    }
}

/// The sweep's results folder, which must exist.
pub fn existing(args: &SpecArgs, sweep: &Sweep) -> Result<Store> {
    let store = Store::at(&args.root(sweep))?;
    if !is_own_spec(args, &store) {
        store.expect_sweep(&sweep.to_toml()?)?;
    }
    Ok(store)
}

/// The sweep's results folder with merged tables: merged now if it has trials' folders, otherwise as stored.
pub fn merged(args: &SpecArgs, sweep: &Sweep) -> Result<(Store, Merged)> {
    let store = existing(args, sweep)?;
    // A plan needs the data; stored tables can be read without.
    if store.has_trials()? || !tables_hold_recorded_sweep(args, sweep, &store)? {
        let merged = store.merge(&planned(&args.plan(sweep)?))?;
        return Ok((store, merged));
    }
    if !is_own_spec(args, &store) {
        store.expect_plan(&sweep.to_toml()?)?;
    }
    Ok((store, Merged::default()))
}

/// Returns true if the spec is the `sweep.toml` of the results folder.
fn is_own_spec(args: &SpecArgs, store: &Store) -> bool {
    let same = |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
    args.overrides.is_empty() && same(&args.file(), &store.sweep_toml())
}

/// Returns true if the merged tables have all trials of the recorded sweep. They lack some if a sweep was extended
/// and did not end.
fn tables_hold_recorded_sweep(args: &SpecArgs, sweep: &Sweep, store: &Store) -> Result<bool> {
    let trials = |sweep: &Sweep| sweep.cells.len() * sweep.seeds.len();
    let recorded = if is_own_spec(args, store) || !store.sweep_toml().exists() {
        trials(sweep)
    } else {
        trials(&Sweep::load(&store.sweep_toml(), &[])?)
    };
    Ok(store.tables_hold_plan(recorded)?)
}

/// Prints a warning for each damaged folder, which decides the exit code; returns whether there are any.
pub fn warn_of_damage(merged: &Merged) -> bool {
    for error in &merged.damaged {
        print_error(format_args!("warning: {}", printable(&error.to_string())));
    }
    !merged.damaged.is_empty()
}
