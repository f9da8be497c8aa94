//! Answers to mistakes.

use crate::lab::{Lab, SPEC, output_of};

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

/// On a terminal that `script` makes: clap's help and errors are in bold there.
#[cfg(target_os = "linux")]
#[test]
fn no_color_is_respected_on_a_terminal() {
    let lab = Lab::new(SPEC);
    for line in ["sweep --help", "sweep spec.toml --jbos 2", "plan spec.toml --no-timing"] {
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
        assert_eq!(on_terminal(false).contains("\x1b["), !line.starts_with("plan"), "{line}");
        let text = on_terminal(true);
        assert!(!text.is_empty() && !text.contains("\x1b[3") && !text.contains("\x1b[4"), "{line}: {text:?}");
        assert!(!text.contains("\x1b[1m"), "{line}: {text:?}");
    }
}
