//! Results folders with known answers.

use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::store::{FORMAT, Outcome, PlannedTrial, Status};

/// One trial: family, steps, seed, and its test error where it is complete.
type Trial = (&'static str, usize, u64, Option<f64>);

/// A results folder of `trials`, run and merged.
fn results(trials: &[Trial]) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), "depth", "name = \"depth\"\n").unwrap();
    let plan: Vec<_> = trials.iter().enumerate().map(|(index, trial)| planned(index, *trial)).collect();
    for (planned, (_, _, _, error)) in plan.iter().zip(trials) {
        let folder = store.trial(&planned.id).unwrap();
        folder.begin("").unwrap();
        folder.finish(&outcome(*error)).unwrap();
    }
    store.merge(&plan).unwrap();
    (folder, store)
}

fn planned(index: usize, (family, steps, seed, _): Trial) -> PlannedTrial {
    PlannedTrial {
        index,
        id: format!("{family}-{steps}-{seed}"),
        family: family.to_owned(),
        steps,
        hidden: if family == "drsae" { 100 } else { 90 },
        sparsity: 0.005,
        discriminative_weight: 1.0,
        seed,
        parameters: if family == "drsae" { 1000 } else { 990 },
        axes: [("data.train", "2000"), ("model.initial_step", "")]
            .map(|(axis, value)| (axis.to_owned(), value.to_owned()))
            .to_vec(),
    }
}

/// A complete trial with a test error, or a diverged one.
fn outcome(test_error: Option<f64>) -> Outcome {
    Outcome {
        format: FORMAT,
        status: if test_error.is_some() { Status::Complete } else { Status::Diverged },
        message: None,
        parameters: 1000,
        epochs: 2,
        best_epoch: Some(2),
        valid_error: Some(test_error.unwrap_or(90.0) + 1.0),
        test_error,
        test_errors: None,
        test_count: None,
        seconds: 1.0,
    }
}

fn design() -> Design {
    Design {
        axes: ["model.family", "model.steps"].map(str::to_owned).to_vec(),
        reference: Some(BTreeMap::from([("model.family".to_owned(), "drsae".to_owned())])),
    }
}

fn written(store: &Store, name: &str) -> String {
    fs::read_to_string(store.root().join("analysis").join(name)).unwrap()
}

/// At 2 steps the untied network is worse by 0.25, 0.5 and 0.75: d̄ = 0.5, s = 0.25,
/// 0.5 ± 4.302653·0.25/√3. At 5 steps seed 2 of the reference diverged.
const TRIALS: [Trial; 12] = [
    ("drsae", 2, 1, Some(1.0)),
    ("drsae", 2, 2, Some(1.25)),
    ("drsae", 2, 3, Some(1.5)),
    ("untied", 2, 1, Some(1.25)),
    ("untied", 2, 2, Some(1.75)),
    ("untied", 2, 3, Some(2.25)),
    ("drsae", 5, 1, Some(1.0)),
    ("drsae", 5, 2, None),
    ("drsae", 5, 3, Some(1.5)),
    ("untied", 5, 1, Some(0.5)),
    ("untied", 5, 2, Some(1.0)),
    ("untied", 5, 3, Some(1.5)),
];

#[test]
fn tables_are_written_with_the_known_answers() {
    let (_folder, store) = results(&TRIALS);
    let analysis = analyze(&store, &design()).unwrap();
    insta::assert_snapshot!(written(&store, "summary.csv"), @r"
    family,steps,hidden,parameters,n,incomplete,test_error_mean,test_error_sd,valid_error_mean,valid_error_sd
    drsae,2,100,1000,3,0,1.25,0.25,2.25,0.25
    untied,2,90,990,3,0,1.75,0.5,2.75,0.5
    drsae,5,100,1000,2,1,1.25,0.3535533905932738,2.25,0.3535533905932738
    untied,5,90,990,3,0,1.0,0.5,2.0,0.5
    ");
    insta::assert_snapshot!(written(&store, "comparison.csv"), @r"
    steps,reference,challenger,parameters_reference,parameters_challenger,n,missing,mean_difference,sd,low_95,high_95,difference_seed_1,difference_seed_2,difference_seed_3
    2,drsae,untied,1000,990,3,0,0.5,0.25,-0.12103442793758334,1.1210344279375835,0.25,0.5,0.75
    5,drsae,untied,1000,990,2,1,-0.25,0.3535533905932738,-3.426551184043672,2.926551184043672,-0.5,,0.0
    ");

    let interval = analysis.comparison.unwrap().rows[0].paired.unwrap().interval.unwrap();
    let half = 4.302_652_729_911_275 * 0.25 / 3.0_f64.sqrt();
    assert!((interval.low - (0.5 - half)).abs() < 1e-9 && (interval.high - (0.5 + half)).abs() < 1e-9);
}

#[test]
fn terminal_tables_fit_their_width() {
    let (_folder, store) = results(&TRIALS);
    let text = analyze(&store, &design()).unwrap().render(80);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text, @r"
    Errors in percent, mean ± standard deviation over n seeds
    ────────────────────────────────────────────────────────────────────────
     family   steps   hidden   parameters     n    test error   valid error
    ════════════════════════════════════════════════════════════════════════
     drsae    2          100         1000     3   1.25 ± 0.25   2.25 ± 0.25
     untied   2           90          990     3   1.75 ± 0.50   2.75 ± 0.50
     drsae    5          100         1000   2/3   1.25 ± 0.35   2.25 ± 0.35
     untied   5           90          990     3   1.00 ± 0.50   2.00 ± 0.50
    ────────────────────────────────────────────────────────────────────────

    Difference in test error from drsae, percentage points, paired by seed
    (+ where drsae is better)
    ────────────────────────────────────────────────────────────────────
     steps   challenger   parameters (ref.)     n     difference [95 %]
    ════════════════════════════════════════════════════════════════════
     2       untied              990 (1000)     3   +0.50 [-0.12, 1.12]
     5       untied              990 (1000)   2/3   -0.25 [-3.43, 2.93]
    ────────────────────────────────────────────────────────────────────
    ");
}

#[test]
fn one_seed_has_a_difference_and_no_interval() {
    let (_folder, store) = results(&[("drsae", 2, 7, Some(1.0)), ("untied", 2, 7, Some(1.5))]);
    let analysis = analyze(&store, &design()).unwrap();
    insta::assert_snapshot!(written(&store, "comparison.csv"), @r"
    steps,reference,challenger,parameters_reference,parameters_challenger,n,missing,mean_difference,sd,low_95,high_95,difference_seed_7
    2,drsae,untied,1000,990,1,0,0.5,,,,0.5
    ");
    assert!(analysis.render(80).contains("+0.50\n"), "{}", analysis.render(80));
}

#[test]
fn incomplete_cells_keep_their_row_without_numbers() {
    let (_folder, store) = results(&[("drsae", 2, 1, None), ("untied", 2, 1, Some(1.5))]);
    analyze(&store, &design()).unwrap();
    insta::assert_snapshot!(written(&store, "summary.csv"), @r"
    family,steps,hidden,parameters,n,incomplete,test_error_mean,test_error_sd,valid_error_mean,valid_error_sd
    drsae,2,100,1000,0,1,,,,
    untied,2,90,990,1,0,1.5,,2.5,
    ");
    insta::assert_snapshot!(written(&store, "comparison.csv"), @r"
    steps,reference,challenger,parameters_reference,parameters_challenger,n,missing,mean_difference,sd,low_95,high_95,difference_seed_1
    2,drsae,untied,1000,990,0,1,,,,,
    ");
}

#[test]
fn a_cell_without_reference_is_named() {
    let (_folder, store) = results(&[("drsae", 2, 1, Some(1.0)), ("untied", 5, 1, Some(1.5))]);
    let analysis = analyze(&store, &design()).unwrap();
    assert!(analysis.render(80).ends_with("No reference has the other values of: untied, 5\n"));
    assert!(analysis.comparison.unwrap().rows.is_empty());
}

#[test]
fn several_compared_axes_make_one_reference() {
    let (_folder, store) = results(&[("drsae", 2, 1, Some(1.0)), ("untied", 5, 1, Some(1.5))]);
    let reference = [("model.family", "drsae"), ("model.steps", "2.0")];
    let reference = reference.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let design = Design { reference: Some(BTreeMap::from(reference)), ..design() };
    let comparison = analyze(&store, &design).unwrap().comparison.unwrap();
    assert_eq!((comparison.reference.as_str(), comparison.axes.len()), ("drsae / 2", 0));
    assert_eq!(comparison.rows[0].challenger, "untied / 5");
}

#[test]
fn a_sweep_of_seeds_alone_is_one_cell() {
    let (_folder, store) = results(&[("drsae", 2, 1, Some(1.0)), ("drsae", 2, 2, Some(2.0))]);
    let analysis = analyze(&store, &Design::default()).unwrap();
    insta::assert_snapshot!(written(&store, "summary.csv"), @r"
    family,steps,hidden,parameters,n,incomplete,test_error_mean,test_error_sd,valid_error_mean,valid_error_sd
    drsae,2,100,1000,2,0,1.5,0.7071067811865476,2.5,0.7071067811865476
    ");
    assert_eq!(analysis.comparison, None);
}

#[test]
fn other_axes_are_read_by_their_dotted_names() {
    let (_folder, store) = results(&TRIALS);
    let axes = ["model.family", "data.train", "model.initial_step", "model.steps"];
    let design = Design { axes: axes.map(str::to_owned).to_vec(), reference: None };
    let analysis = analyze(&store, &design).unwrap();
    assert_eq!(analysis.summary.rows[0].values, ["drsae", "2000", "", "2"]);
    let header = "family,data.train,model.initial_step,steps,hidden,parameters,n,";
    assert!(written(&store, "summary.csv").starts_with(header));
}

#[test]
fn what_cannot_be_analysed_says_what_to_do() {
    let (_folder, store) = results(&TRIALS);
    let fails = |design: Design| analyze(&store, &design).unwrap_err().to_string();
    let reference = |key: &str, value: &str| Design {
        reference: Some(BTreeMap::from([(key.to_owned(), value.to_owned())])),
        ..design()
    };
    let unknown = fails(reference("model.family", "mlp"));
    assert!(unknown.ends_with("choose one of drsae, untied"), "{unknown}");
    let unswept = fails(reference("data.train", "2000"));
    assert!(unswept.ends_with("name a swept one"), "{unswept}");
    let axes = |axis: &str| Design { axes: vec![axis.to_owned()], reference: None };
    let absent = fails(axes("training.batch"));
    assert!(absent.contains("no column `training.batch`"), "{absent}");
    let text = fs::read_to_string(store.trials_csv()).unwrap();
    let fewer: String = text.split_inclusive('\n').filter(|line| !line.starts_with("untied-5-2,")).collect();
    fs::write(store.trials_csv(), fewer).unwrap();
    let unequal = fails(design());
    assert!(unequal.contains("other seeds for untied, 5 than"), "{unequal}");
    fs::remove_file(store.trials_csv()).unwrap();
    let gone = fails(design());
    assert!(gone.contains("run `drsae sweep`"), "{gone}");
}
