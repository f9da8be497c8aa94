//! What a shell needs: completions and manual pages.

use std::collections::BTreeSet;
use std::fs;

use assert_cmd::Command;

use crate::commands::commands;
use crate::lab::{Lab, SPEC, output_of};

#[test]
fn bash_reads_the_completions_and_completes_options() {
    let lab = Lab::new(SPEC);
    let (script, _) = output_of(&lab.command().args(["completions", "bash"]).assert().success());
    Command::new("bash").arg("-n").write_stdin(script.as_str()).assert().success().stderr("");
    let completed = |words: &str| {
        let last = words.split(' ').count() - 1;
        let asked = format!(
            "{script}\nCOMP_WORDS=({words} \"\")\nCOMP_CWORD={}\n_drsae drsae '' {}\necho \"${{COMPREPLY[*]}}\"",
            last + 1,
            words.rsplit(' ').next().unwrap(),
        );
        let ended = Command::new("bash").write_stdin(asked).assert().success();
        let (out, _) = output_of(&ended);
        out.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>()
    };
    for command in commands(&lab).iter().filter(|path| path.len() == 1) {
        assert!(completed("drsae").contains(&command[0]), "{command:?}");
    }
    let options = completed("drsae sweep");
    for option in ["--set", "--jobs", "--results", "--help"] {
        assert!(options.contains(option), "{option}: {options:?}");
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let lab = Lab::new(SPEC);
    let (out, _) = output_of(&lab.command().args(["man", "pages/man1"]).assert().success());
    let names = fs::read_dir(lab.path("pages/man1")).unwrap();
    let names: BTreeSet<_> = names.map(|page| page.unwrap().file_name().into_string().unwrap()).collect();
    let page = |path: Vec<String>| format!("{}.1", [vec!["drsae".to_owned()], path].concat().join("-"));
    assert_eq!(names, commands(&lab).into_iter().map(page).collect());
    assert_eq!(out, format!("{} pages in pages/man1\n", names.len()));
    let sweep = lab.read("pages/man1/drsae-sweep.1");
    for text in [
        concat!("drsae ", env!("CARGO_PKG_VERSION")),
        r"\-\-dry\-run",
        "\nExit code: 0",
        "130 or 143 after SIGHUP",
    ] {
        assert!(sweep.contains(text), "{text}: {sweep}");
    }

    let (_, log) = output_of(&lab.command().args(["man", "spec.toml"]).assert().code(2));
    assert!(log.starts_with("error: cannot write the manual to spec.toml: "), "{log}");
}
