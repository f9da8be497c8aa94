//! The terms keep the promises of the harness, with fused kernels and with candle's operations.

use std::process::Command;

fn run(args: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_own-loss")).args(args).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn the_terms_conform_with_either_gradient() {
    for gradient in ["fused", "candle"] {
        let setting = format!("training.gradient=\"{gradient}\"");
        let (passed, text) = run(&["conform", "losses.toml", "--set", &setting]);
        assert!(
            passed && text.matches("ok     drsae with at-rest with smooth-labels").count() == 9,
            "{text}"
        );
    }
}

#[test]
fn both_gradients_train_to_the_same_weights() {
    let results = std::env::temp_dir().join(format!("drsae-own-loss-{}", std::process::id()));
    let mut args = vec!["sweep", "losses.toml", "--results", results.to_str().unwrap()];
    for setting in ["data.train=600", "data.validation=100", "data.test=200", "seeds=1", "model.hidden=20"] {
        args.extend(["--set", setting]);
    }
    let (passed, text) = run(&args);
    assert!(passed && text.contains("3 of 3 trials complete"), "{text}");
    args[0] = "verify";
    args.extend(["--replay", "all", "--gradient", "candle", "--json"]);
    let (passed, text) = run(&args);
    assert!(passed, "{text}");
    let far: Vec<f64> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("\"objective\": ")?.trim_end_matches(',').parse().ok())
        .collect();
    assert!(far.len() == 3 && far.iter().all(|&distance| distance < 1e-3), "{text}");
    std::fs::remove_dir_all(results).unwrap();
}
