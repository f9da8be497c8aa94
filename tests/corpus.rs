//! Every file of the fuzz corpus, and mutations of it, is passed to its readers: no panic, limited memory,
//! and errors that name the place. The properties are in `fuzz/src/`; `just fuzz TARGET` searches for
//! violations.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

#[path = "../fuzz/src/lib.rs"]
mod targets;

use targets::{TARGETS, Target};

/// The files of a target, sorted.
fn seeds(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort_unstable();
    files
}

/// Files named `good-…` are valid; each of the others once broke a reader, or must be refused.
#[test]
fn every_file_of_the_corpus_is_read_or_refused() {
    for (name, run) in TARGETS {
        let mut good = 0;
        for path in seeds(name) {
            println!("{}", path.display());
            let is_accepted = run(&fs::read(&path).unwrap());
            if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"good-")) {
                assert!(is_accepted, "{} is refused", path.display());
                good += 1;
            }
        }
        assert!(good > 0, "{name} has no good file");
    }
}

/// A change to a file: a position, the number of bytes that are removed there, and those that are inserted.
type Change = (Index, usize, Vec<u8>);

fn change() -> impl Strategy<Value = Change> {
    let byte = prop_oneof![any::<u8>(), (b' '..=b'~'), Just(b'\n'), Just(b'"'), Just(0), Just(0xff)];
    (any::<Index>(), 0_usize..6, vec(byte, 0..6))
}

fn changed(mut file: Vec<u8>, changes: Vec<Change>) -> Vec<u8> {
    for (at, removed, inserted) in changes {
        let start = at.index(file.len() + 1);
        let end = (start + removed).min(file.len());
        file.splice(start..end, inserted);
    }
    file
}

/// Passes changed files and arbitrary bytes to a target.
fn mutate(name: &str, run: Target) {
    let files: Vec<_> = seeds(name).into_iter().map(|path| fs::read(path).unwrap()).collect();
    // Targets that read from disk take a hundred times as long.
    let cases = if matches!(name, "checkpoint" | "spec") { 2000 } else { 40 };
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) };
    proptest!(config, |(
        file in prop::sample::select(files),
        changes in vec(change(), 1..4),
        bytes in vec(any::<u8>(), 0..200),
    )| {
        run(&changed(file, changes));
        run(&bytes);
    });
}

#[test]
fn no_changed_file_breaks_a_reader() {
    for (name, run) in TARGETS {
        mutate(name, run);
    }
}
