//! Conditions that a plan gains and loses.

use predicates::prelude::*;

use crate::lab::{Lab, SPEC};

/// A sealed sweep that is tested under these conditions.
fn spec(conditions: &str) -> String {
    SPEC.replace("seeds = 2", "seeds = 2\ntest = \"sealed\"") + conditions
}

#[test]
fn conditions_that_a_plan_drops_leave_its_tables_and_come_back_without_a_test() {
    let both = spec("\n[conditions]\nmasking = [0.3]\nshift = [1]\n");
    let lab = Lab::new(&both);
    let test = |text: &str| {
        lab.write("spec.toml", text);
        lab.drsae("sweep", &[]).success();
        lab.drsae("unseal", &[]).success();
        lab.drsae("verify", &[]).success();
        std::fs::read_to_string(lab.path("results/tiny/conditions.csv")).ok()
    };
    let whole = test(&both).unwrap();
    assert!(whole.contains(",masking,0.3,") && whole.contains(",shift,1.0,"), "{whole}");
    let sealed = || {
        let mut files = lab.files("tiny");
        files.retain(|path, _| path.starts_with("unsealed/"));
        files
    };
    let tested = sealed();

    let one = test(&spec("\n[conditions]\nmasking = [0.3]\n")).unwrap();
    let masked = |line: &&str| !line.contains(",shift,");
    assert!(one.lines().eq(whole.lines().filter(masked)), "{one}");
    assert!(!lab.read("results/tiny/analysis/conditions.csv").contains("shift"));
    assert_eq!(test(&spec("")), None);
    lab.write("results/tiny/conditions.csv", &one);
    let unplanned = "has tests under conditions that the spec does not have";
    lab.drsae("verify", &[]).code(1).stdout(predicate::str::contains(unplanned));
    assert_eq!(test(&both), Some(whole));
    assert!(sealed() == tested, "no network was tested again");
}
