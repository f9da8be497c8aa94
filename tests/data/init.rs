//! `drsae init`: specs that run as they are written.

use std::fs;
use std::path::Path;
use std::process::Command;

use drsae::data::Source;
use drsae::spec::Sweep;

use crate::arrays;

/// Exit code, standard output and standard error of a command in a folder.
fn drsae_in(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_drsae")).current_dir(folder).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The spec that a command writes, and its text.
fn written(folder: &Path, args: &[&str], file: &str) -> (Sweep, String) {
    let (code, out, log) = drsae_in(folder, &[&["init"], args].concat());
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(out, format!("{file} is written; `drsae sweep {file}` runs it\n"));
    let file = folder.join(file);
    (Sweep::load(&file, &[]).unwrap(), fs::read_to_string(file).unwrap())
}

/// A text without what differs between sources.
fn common(text: &str, name: &str) -> String {
    let (head, rest) = text.split_once("[data]\n").unwrap();
    let (_, tail) = rest.split_once("\n[model]\n").unwrap();
    format!("{head}{tail}").replace(name, "NAME")
}

#[test]
fn each_source_has_a_spec_that_differs_in_its_data_alone() {
    let lab = tempfile::tempdir().unwrap();
    let folder = lab.path();
    fs::create_dir(folder.join("My Digits")).unwrap();
    arrays::small_idx(&folder.join("My Digits"));
    arrays::bars(&folder.join("bars.npz"));

    let (strokes, text) = written(folder, &[], "strokes.toml");
    assert_eq!((strokes.name.as_str(), strokes.base.data.source), ("strokes", Source::Strokes));
    assert_eq!(strokes.base.data.validation, 2000);
    let expected = common(&text, "strokes");

    let (mnist, text) = written(folder, &["--data", "mnist", "specs/deep"], "specs/deep/mnist.toml");
    assert_eq!((mnist.name.as_str(), mnist.base.data.source), ("mnist", Source::Mnist));
    assert_eq!(common(&text.replace("specs/deep/", ""), "mnist"), expected);

    let (bars, text) = written(folder, &["--data", "bars.npz", "first.toml"], "first.toml");
    assert_eq!((bars.name.as_str(), bars.base.data.source), ("first", Source::Npz));
    assert!(text.contains("\nfile = \"bars.npz\"\n"), "{text}");
    assert_eq!((bars.base.data.file.clone(), bars.base.data.validation), (Some(folder.join("bars.npz")), 12));
    assert_eq!(common(&text, "first"), expected);

    let (digits, _) = written(folder, &["--data", "My Digits", "specs"], "specs/my-digits.toml");
    assert_eq!((digits.name.as_str(), digits.base.data.source), ("my-digits", Source::Idx));
    assert_eq!(digits.base.data.folder.clone(), Some(folder.join("My Digits")));
    assert_eq!(digits.base.data.validation, 1);
}

#[test]
fn the_spec_on_glyphs_trains() {
    let lab = tempfile::tempdir().unwrap();
    written(lab.path(), &[], "strokes.toml");
    let set = [
        "seeds=1",
        "data.train=240",
        "data.validation=60",
        "data.test=80",
        "model.hidden=8",
        "training.phases.0.epochs=1",
        "training.phases.1.epochs=1",
    ];
    let set: Vec<_> = set.iter().flat_map(|set| ["--set", *set]).collect();
    let (code, out, log) = drsae_in(lab.path(), &[&["sweep", "strokes.toml"], &set[..]].concat());
    assert_eq!(code, Some(0), "{log}");
    assert!(out.ends_with("3 of 3 trials complete; results in results/strokes\n"), "{out}");
}

#[test]
fn nothing_is_replaced_and_nothing_is_written_that_does_not_run() {
    let lab = tempfile::tempdir().unwrap();
    fs::write(lab.path().join("strokes.toml"), "mine").unwrap();
    let refusals = [
        (&["init"][..], "error: strokes.toml exists and is kept: name another file"),
        (&["init", "trials.toml"], "error: trials.toml:"),
        (&["init", "--data", "nowhere"], "error: --data nowhere: neither `mnist`"),
        (&["init", "--data", "nosuch.npz"], "error: --data: there is no file nosuch.npz"),
    ];
    for (args, expected) in refusals {
        let (code, out, log) = drsae_in(lab.path(), args);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{args:?}: {log}");
        assert!(log.starts_with(expected), "{log}");
    }
    assert_eq!(fs::read_to_string(lab.path().join("strokes.toml")).unwrap(), "mine");
    assert_eq!(fs::read_dir(lab.path()).unwrap().count(), 1);
}
