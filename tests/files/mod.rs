//! The files of a results folder that must be reproduced.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Every file below `root` by its relative path, except files with times and unfinished files of killed processes.
pub fn deterministic(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    collect(root, root, &mut files);
    for clock in ["timing.csv", "provenance.json", "result.json", "provenance.csv", "SHA256SUMS"] {
        files.retain(|path, _| !path.ends_with(clock));
    }
    files.retain(|path, _| !path.to_string_lossy().ends_with(".unfinished"));
    files
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            match fs::read(&path) {
                // A process that has ended its trials may still remove their leases.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                contents => {
                    files.insert(path.strip_prefix(root).unwrap().to_owned(), contents.unwrap());
                }
            }
        }
    }
}
