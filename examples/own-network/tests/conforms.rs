//! The network keeps the promises of the harness, and is swept, resumed and compared as any other.

use std::process::Command;

fn run(args: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_own-network")).args(args).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn the_network_conforms() {
    let (passed, text) = run(&["conform", "gated.toml"]);
    assert!(passed && text.contains("ok     gated"), "{text}");
}

#[test]
fn it_is_swept_and_verified_as_any_other() {
    let results = std::env::temp_dir().join(format!("drsae-own-network-{}", std::process::id()));
    let mut args = vec!["sweep", "gated.toml", "--results", results.to_str().unwrap(), "--jobs", "2"];
    for setting in ["data.train=600", "data.validation=100", "data.test=200", "seeds=2", "model.hidden=20"] {
        args.extend(["--set", setting]);
    }
    let (passed, text) = run(&args);
    assert!(passed && text.contains("4 of 4 trials complete"), "{text}");
    let mut verify = args.clone();
    (verify[0], verify[4]) = ("verify", "--replay");
    verify[5] = "all";
    let (passed, text) = run(&verify);
    assert!(passed && text.contains("4 trained again; 0 wrong"), "{text}");
    let (passed, text) = run(&["plan", "gated.toml", "--set", "model.options.gated.oepn=1"]);
    assert!(
        !passed && text.contains("`model.options.gated.oepn` is no setting there: expected `open`"),
        "{text}"
    );
    std::fs::remove_dir_all(results).unwrap();
}
