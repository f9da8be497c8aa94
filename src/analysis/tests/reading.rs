//! Reading and refusing `trials.csv`.

use super::*;
use crate::store::Table;

#[test]
fn incomplete_trials_are_counted_by_status() {
    let (_folder, store) = results(&TRIALS[..6]);
    let trials = fs::read_to_string(store.table(Table::Trials)).unwrap();
    let ending = |text: String, trial: &str, status: &str| {
        let line = text.lines().find(|line| line.starts_with(trial)).unwrap().to_owned();
        let (head, _) = line.split_once("complete").unwrap();
        text.replace(&line, &format!("{head}{status},,,,,2000,"))
    };
    let trials = ending(trials, "drsae-2-1,", "failed");
    let trials = ending(trials, "drsae-2-2,", "timed-out");
    fs::write(store.table(Table::Trials), ending(trials, "untied-2-1,", "pending")).unwrap();
    fs::remove_file(store.sums_file()).unwrap();
    analyze(&store, &design()).unwrap();
    let counts = ["family", "n", "incomplete", "diverged", "failed", "timed_out", "pending"];
    insta::assert_snapshot!(columns(&written(&store, "summary.csv"), &counts), @r"
    family,n,incomplete,diverged,failed,timed_out,pending
    drsae,1,2,0,1,1,0
    untied,2,1,0,0,0,1
    ");
}

#[test]
fn a_cell_without_reference_is_named() {
    let (_folder, store) = results(&[("drsae", 2, 1, Some(1.0)), ("untied", 5, 1, Some(1.5))]);
    let analysis = analyze(&store, &design()).unwrap();
    assert!(
        analysis
            .render(Space::of_columns(80), "analysis")
            .contains("No reference has the other values of: untied, 5\n")
    );
    let compared = analysis.compared.unwrap();
    assert!(compared.comparison.is_empty() && compared.grid.is_empty());
    assert!(written(&store, "tables.md").contains("which are not compared: untied, 5"));
}

#[test]
fn several_compared_axes_make_one_reference() {
    let (_folder, store) =
        results(&[("drsae", 2, 1, Some(1.0)), ("untied", 2, 1, Some(1.25)), ("untied", 5, 1, Some(1.5))]);
    let both = compare(&[("model.family", "drsae"), ("model.steps", "2.0")]);
    let compared = compared(&store, &SweepDesign { compare: Some(both), ..design() });
    assert_eq!(
        (compared.contrast.reference.as_str(), compared.contrast.axes.len()),
        ("drsae (steps = 2)", 0)
    );
    assert_eq!(
        (compared.contrast.compared, compared.contrast.implied),
        (vec!["family".to_owned(), "steps".to_owned()], vec![])
    );
    let challengers: Vec<_> = compared.comparison.into_iter().map(|row| row.challenger).collect();
    assert_eq!(challengers, ["untied (steps = 2)", "untied (steps = 5)"]);
}

#[test]
fn what_follows_from_a_name_is_not_part_of_it() {
    let (_folder, store) = results(&[("drsae", 2, 1, Some(1.0)), ("untied", 5, 1, Some(1.5))]);
    let both = compare(&[("model.family", "drsae"), ("model.steps", "2")]);
    let design = SweepDesign { compare: Some(both), ..design() };
    let compared = compared(&store, &design);
    assert_eq!(
        (compared.contrast.reference.as_str(), compared.comparison[0].challenger.as_str()),
        ("drsae", "untied")
    );
    assert_eq!(
        (compared.contrast.compared, compared.contrast.implied),
        (vec!["family".to_owned()], vec!["steps".to_owned()])
    );
    let tables = written(&store, "tables.md");
    assert_eq!(tables.matches("The names determine steps, which they omit.").count(), 2, "{tables}");
}

#[test]
fn a_sweep_of_seeds_alone_is_one_cell() {
    let (_folder, store) = results(&[("drsae", 2, 1, Some(1.0)), ("drsae", 2, 2, Some(2.0))]);
    let analysis = analyze(&store, &SweepDesign::default()).unwrap();
    let measured = ["family", "steps", "n", "test_error_*", "valid_error_*"];
    insta::assert_snapshot!(columns(&written(&store, "summary.csv"), &measured), @r"
    family,steps,n,test_error_mean,test_error_sd,valid_error_mean,valid_error_sd,test_error_image_se,test_error_seed_1,test_error_seed_2,valid_error_seed_1,valid_error_seed_2
    drsae,2,2,1.5,0.7071067811865476,2.5,0.7071067811865476,0.6077622890571609,1.0,2.0,2.0,3.0
    ");
    assert_eq!(analysis.compared, None);
    let files: Vec<_> = analysis.files().unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(files, [SUMMARY, MARKDOWN, LATEX, FORMAT]);
}

#[test]
fn other_axes_are_read_by_their_dotted_names() {
    let (_folder, store) = results(&TRIALS);
    let axes = ["model.family", "data.train", "model.initial_step", "model.steps"];
    let design = SweepDesign { axes: axes.map(str::to_owned).to_vec(), ..SweepDesign::default() };
    let analysis = analyze(&store, &design).unwrap();
    assert_eq!(analysis.summary.rows[0].values, ["drsae", "2000", "", "2"].map(Value::parse));
    let header = "family,data.train,model.initial_step,steps,hidden,parameters,n,";
    assert!(written(&store, "summary.csv").starts_with(header));
}

#[test]
fn what_cannot_be_analysed_says_what_to_do() {
    let (_folder, store) = results(&TRIALS);
    let fails = |design: SweepDesign| analyze(&store, &design).unwrap_err().to_string();
    let reference =
        |key: &str, value: &str| SweepDesign { compare: Some(compare(&[(key, value)])), ..design() };
    let unknown = fails(reference("model.family", "mlp"));
    assert!(unknown.ends_with("choose one of drsae, untied"), "{unknown}");
    let unswept = fails(reference("data.train", "2000"));
    assert!(unswept.ends_with("name a swept one"), "{unswept}");
    let axes = |axis: &str| SweepDesign { axes: vec![axis.to_owned()], ..SweepDesign::default() };
    let absent = fails(axes("training.batch"));
    assert!(absent.contains("no column `training.batch`"), "{absent}");
    let trials = fs::read_to_string(store.table(Table::Trials)).unwrap();
    fs::remove_file(store.sums_file()).unwrap();
    fs::write(store.table(Table::Trials), trials.replacen("complete", "finished", 1)).unwrap();
    let status = fails(design());
    assert!(status.contains("line 2: there is no status `finished`"), "{status}");
    let fewer: String =
        trials.split_inclusive('\n').filter(|line| !line.starts_with("untied-5-2,")).collect();
    fs::write(store.table(Table::Trials), fewer).unwrap();
    let unequal = fails(design());
    assert!(unequal.contains("other seeds for untied, 5 than"), "{unequal}");
    fs::remove_file(store.table(Table::Trials)).unwrap();
    let gone = fails(design());
    assert!(gone.contains("run `drsae sweep`"), "{gone}");
}
