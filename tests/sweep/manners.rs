//! Ways to name a sweep, and answers to mistakes.

use std::fs;

use crate::lab::{Lab, SPEC, output_of};

/// A lab with `experiments/tiny.toml` and its results.
fn named() -> Lab {
    let lab = Lab::new(SPEC);
    lab.write("experiments/tiny.toml", SPEC);
    lab.drsae_in(".", &["sweep", "tiny"]).success();
    lab
}

#[test]
fn a_name_a_spec_a_folder_and_its_spec_are_one_sweep() {
    let lab = named();
    let outputs = |words: &[&str]| output_of(&lab.drsae_in(".", words).success());
    for command in ["plan", "sweep", "status", "analyze", "report", "verify"] {
        let more: &[&str] = if command == "plan" { &["--no-timing"] } else { &[] };
        let ways = ["tiny", "experiments/tiny.toml", "results/tiny", "results/tiny/sweep.toml"];
        let [by_name, others @ ..] = ways.map(|way| outputs(&[&[command, way], more].concat()));
        for other in others {
            assert_eq!(by_name, other, "{command}");
        }
    }
    fs::rename(lab.path("experiments/tiny.toml"), lab.path("tiny.toml")).unwrap();
    assert_eq!(outputs(&["verify", "tiny"]), outputs(&["verify", "tiny.toml"]));
    fs::remove_file(lab.path("tiny.toml")).unwrap();
    // Without the spec, the name is that of the results.
    let before = outputs(&["status", "tiny"]);
    assert_eq!(outputs(&["status", "results/tiny"]), before);
    fs::rename(lab.path("results"), lab.path("kept")).unwrap();
    let (there, _) = outputs(&["status", "tiny", "--results", "kept"]);
    assert_eq!(there.replace("kept", "results"), before.0);
    let page = outputs(&["report", "tiny", "tiny", "--results", "kept"]).0;
    assert_eq!(page, "kept/tiny-and-tiny.html\n");
}

#[test]
fn a_name_that_means_two_sweeps_or_none_is_refused() {
    let lab = named();
    let refusal = |words: &[&str]| output_of(&lab.drsae_in(".", words).code(2)).1;
    assert_eq!(
        refusal(&["status", "tyni"]),
        "error: there is no sweep tyni: none is at tyni, tyni.toml, experiments/tyni.toml or results/tyni/sweep.toml\n"
    );
    lab.write("tiny.toml", SPEC);
    assert_eq!(
        refusal(&["status", "tiny"]),
        "error: tiny means two sweeps: write tiny.toml or experiments/tiny.toml\n"
    );
    fs::remove_file(lab.path("tiny.toml")).unwrap();
    // A path is no name.
    fs::rename(lab.path("results/tiny"), lab.path("tiny")).unwrap();
    let (out, _) = output_of(&lab.drsae_in(".", &["status", "tiny"]).success());
    assert_eq!(out, "tiny: 4 trials planned in tiny\n     4 complete\n");
    // A folder that holds no sweep is in nobody's way.
    fs::rename(lab.path("tiny"), lab.path("results/tiny")).unwrap();
    fs::create_dir(lab.path("tiny")).unwrap();
    lab.drsae_in(".", &["status", "tiny"]).success();
}

#[test]
fn habits_from_other_programs_are_answered_by_what_to_write() {
    let lab = Lab::new(SPEC);
    let answers = [
        (
            "model.steps=1,2",
            "`model.steps` has one value; to sweep it, write `\"model.steps\" = [1, 2]` below `[sweep.grid]`, or `--set \
             'sweep.grid.model.steps=[1, 2]'`",
        ),
        (
            "model.start=ista,he",
            "`model.start` has one value; to sweep it, write `\"model.start\" = [\"ista\", \"he\"]` below `[sweep.grid]`, \
             or `--set 'sweep.grid.model.start=[\"ista\", \"he\"]'`",
        ),
        (
            "model.steps=[1, 2]",
            "`model.steps` has one value; to sweep it, write `\"model.steps\" = [1, 2]` below `[sweep.grid]`, or `--set \
             'sweep.grid.model.steps=[1, 2]'`",
        ),
        ("seeds=1,2", "a list has brackets: `--set 'seeds=[1, 2]'`"),
        (
            "training.phases.0.frozen=encoder,decoder",
            "a list has brackets: `--set 'training.phases.0.frozen=[\"encoder\", \"decoder\"]'`",
        ),
        (
            "training.phases[1].rate=0.1",
            "unknown key `training.phases[1].rate`; did you mean `training.phases.1.rate`?",
        ),
        (
            "training.phases.rate=0.1",
            "`training.phases` is a list: write `training.phases.*.rate` for all of its elements, or an index from 0 in \
             place of `*`",
        ),
        ("slurm.memory=4G", "`4G` is not a value; as a text it needs quotes: `--set 'slurm.memory=\"4G\"'`"),
        ("phases[1].rate=0.1", "unknown key `phases[1].rate`; did you mean `training.phases.1.rate`?"),
        ("lr=0.1", "unknown key `lr`; did you mean `training.phases.0.rate`?"),
        (
            "training.phases.1.lr=0.1",
            "unknown key `training.phases.1.lr`; did you mean `training.phases.1.rate`?",
        ),
    ];
    for (set, answer) in answers {
        let (_, log) = output_of(&lab.drsae("plan", &["--set", set]).code(2));
        assert_eq!(log, format!("error: --set {set}: {answer}\n"));
    }
    // What is answered works.
    for set in [
        "sweep.grid.model.steps=[1, 2]",
        "seeds=[1, 2]",
        "training.phases.1.rate=0.1",
        "training.phases.*.rate=0.1",
        "slurm.memory=\"4G\"",
    ] {
        lab.drsae("plan", &["--no-timing", "--set", set]).success();
    }
}

#[test]
fn no_mistake_of_a_user_prints_a_backtrace() {
    let lab = Lab::new(SPEC);
    lab.write("broken.toml", "name = ");
    lab.write("not.safetensors", "nothing");
    let mistakes: [&[&str]; 12] = [
        &[],
        &["swep"],
        &["sweep"],
        &["sweep", "missing.toml"],
        &["sweep", "missing"],
        &["plan", "broken.toml"],
        &["plan", "spec.toml", "--set", "model.steps=0"],
        &["trial", "spec.toml", "--index", "99"],
        &["status", "spec.toml", "--results", "nowhere"],
        &["eval", "not.safetensors"],
        &["data", "check", "nowhere"],
        &["init", "--data", "nowhere"],
    ];
    for words in mistakes {
        let mut command = lab.command();
        command.args(words).env("RUST_BACKTRACE", "full").env("RUST_LIB_BACKTRACE", "1");
        let (out, log) = output_of(&command.assert().code(2));
        assert!(out.is_empty() && !log.is_empty(), "{words:?}: {out}");
        for trace in ["backtrace", "panicked", ".rs:", "0x"] {
            assert!(!log.contains(trace), "{words:?}: {log}");
        }
    }
}

#[test]
fn quiet_leaves_errors_and_the_result_and_verbose_adds_epochs_and_files() {
    let lab = Lab::new(SPEC);
    let (result, log) = output_of(&lab.drsae("sweep", &["--quiet"]).success());
    assert!(log.is_empty() && result.contains("4 of 4 trials complete"), "{log}{result}");
    let (out, log) = output_of(&lab.drsae_in(".", &["-q", "status", "missing"]).code(2));
    assert!(out.is_empty() && log.starts_with("error: there is no sweep missing"), "{out}{log}");

    lab.remove("results");
    let (out, log) = output_of(&lab.drsae("sweep", &["--verbose"]).success());
    assert_eq!(out, result);
    for expected in [
        "drsae seed 1: begins, in trials/drsae-t2-n8-s1-",
        "drsae seed 1: phase 1, epoch 1/2, loss ",
        "untied seed 2: phase 2, epoch 2/2, loss ",
        "wrote results/tiny/analysis/summary.csv\n",
    ] {
        assert!(log.contains(expected), "{expected}: {log}");
    }
    lab.drsae("status", &["--quiet", "--verbose"]).code(2);
}

#[cfg(unix)]
#[test]
fn a_reader_that_wants_one_line_gets_it_without_an_error() {
    let lab = named();
    for (line, expected) in [
        ("analyze tiny --quiet", "Which family is better?\n"),
        ("plan tiny --no-timing --quiet", "index  trial"),
    ] {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &format!("{} {line} | head -n 1", env!("CARGO_BIN_EXE_drsae"))]);
        let output = command.current_dir(lab.path(".")).output().unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).starts_with(expected), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
    }
}

/// True if a text switches a colour or bold type on.
fn has_style(text: &str) -> bool {
    let ends_in_m = |part: &str| {
        part.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ';').starts_with('m')
    };
    text.split("\x1b[").skip(1).any(ends_in_m)
}

/// On a terminal that `script` makes: clap's help and errors are in bold there, and a sweep moves the cursor.
#[cfg(target_os = "linux")]
#[test]
fn no_color_is_respected_on_a_terminal() {
    let lab = Lab::new(SPEC);
    for line in ["sweep --help", "sweep spec.toml --jbos 2", "plan spec.toml --no-timing", "sweep spec.toml"]
    {
        let on_terminal = |no_color: bool| {
            let mut command = std::process::Command::new("script");
            let program = env!("CARGO_BIN_EXE_drsae");
            command.args(["-q", "-c", &format!("{program} {line}"), "/dev/null"]);
            command.current_dir(lab.path(".")).env("TERM", "xterm-256color").env_remove("NO_COLOR");
            if no_color {
                command.env("NO_COLOR", "1");
            }
            let output = command.stdin(std::process::Stdio::null()).output().unwrap();
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        assert_eq!(
            has_style(&on_terminal(false)),
            line.contains("--help") || line.contains("--jbos"),
            "{line}"
        );
        let text = on_terminal(true);
        assert!(!text.is_empty() && !has_style(&text), "{line}: {text:?}");
    }
}
