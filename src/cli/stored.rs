//! Sweeps in results folders: by name, or all below a folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::location::without_spec;
use super::spec_args::SpecArgs;
use super::terminal::print_message;
use crate::device::Kind;
use crate::spec::{SWEEP_FOLDERS, Sweep};
use crate::store::{Store, Table};
use crate::text::{chain, shown};

/// A sweep with its results folder.
pub struct StoredSweep {
    /// The sweep as it was run.
    pub sweep: Sweep,
    /// Its results folder.
    pub store: Store,
}

impl StoredSweep {
    fn at(folder: &Path) -> Result<Self> {
        let store = Store::at(folder)?;
        ensure!(store.sweep_toml().exists(), without_spec(folder));
        Ok(Self { sweep: Sweep::load(&store.sweep_toml(), &[])?, store })
    }

    /// Its results folder, for messages.
    pub fn folder(&self) -> String {
        shown(self.store.root())
    }

    /// Its results folder, whichever way it was reached.
    pub fn canonical_folder(&self) -> PathBuf {
        let root = self.store.root();
        root.canonicalize().unwrap_or_else(|_| root.to_owned())
    }

    /// True if its tables were merged.
    pub fn is_merged(&self) -> bool {
        self.store.table(Table::Trials).exists()
    }
}

/// The sweeps that an argument means: the one of this name, spec or results folder, or all below another folder; and
/// whether all of them could be read.
pub fn named(argument: &Path, results: Option<&Path>) -> Result<(Vec<StoredSweep>, bool)> {
    if argument.is_dir() && !Store::is_at(argument) {
        let (sweeps, is_whole) = below(argument)?;
        ensure!(
            !sweeps.is_empty(),
            "there are no results of a sweep in {} or below that can be read",
            shown(argument)
        );
        return Ok((sweeps, is_whole));
    }
    let args = SpecArgs {
        spec: argument.to_owned(),
        overrides: Vec::new(),
        results: results.map(Path::to_owned),
        root: None,
        data_dir: None,
        device: Kind::default(),
    };
    Ok((vec![StoredSweep::at(&args.root(&args.load_spec()?))?], true))
}

/// All sweeps in a folder and below, by path, and whether all could be read: those of another version, or with networks
/// of another program, are named and left out.
pub fn below(folder: &Path) -> Result<(Vec<StoredSweep>, bool)> {
    let (mut sweeps, mut is_whole) = (Vec::new(), true);
    for folder in folders(folder, &Store::is_at)? {
        match StoredSweep::at(&folder) {
            Ok(found) => sweeps.push(found),
            Err(error) => {
                is_whole = false;
                print_message(format_args!(
                    "warning: {} is left out: {}",
                    shown(&folder),
                    chain(error.as_ref())
                ));
            }
        }
    }
    Ok((sweeps, is_whole))
}

/// All folders below a folder, itself included, that `is_found` accepts, by path.
pub fn folders(folder: &Path, is_found: &dyn Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let (mut found, mut known) = (Vec::new(), BTreeSet::new());
    search(folder, is_found, &mut known, &mut found)?;
    Ok(found)
}

/// Searches one folder; `known` holds those that were searched, since links may lead back.
fn search(
    folder: &Path,
    is_found: &dyn Fn(&Path) -> bool,
    known: &mut BTreeSet<PathBuf>,
    found: &mut Vec<PathBuf>,
) -> Result<()> {
    let unreadable = || format!("cannot read {}", shown(folder));
    if !known.insert(folder.canonicalize().with_context(unreadable)?) {
        return Ok(());
    }
    if is_found(folder) {
        found.push(folder.to_owned());
    }
    let mut inner = Vec::new();
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        inner.push(entry.with_context(unreadable)?.file_name());
    }
    inner.sort_unstable();
    let is_sweep = Store::is_at(folder);
    for name in inner {
        let path = folder.join(&name);
        let name = name.to_string_lossy();
        let is_own = is_sweep && SWEEP_FOLDERS.contains(&&*name);
        if path.is_dir() && !is_own && !name.starts_with('.') {
            search(&path, is_found, known, found)?;
        }
    }
    Ok(())
}
