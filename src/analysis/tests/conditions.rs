//! Errors under conditions that training never saw.

use super::*;
use crate::spec::Effect;
use crate::store::{ConditionRow, parse_rows};

/// Mistakes of 400 images: at a mask of 0.5 the untied network has 8, 12 and 16 more than the reference at 2 steps, that
/// is, 2, 3 and 4 points, and none more at 5 steps. Only the reference at 5 steps is read at iteration 10.
fn conditions() -> Vec<ConditionRow> {
    let row = |trial: String, condition: &str, level, mistakes| ConditionRow {
        trial,
        condition: condition.to_owned(),
        level,
        mistakes,
    };
    let mut rows = Vec::new();
    for (seed, more) in [(1, 8), (2, 12), (3, 16)] {
        for (family, steps, mistakes) in
            [("drsae", 2, 20), ("untied", 2, 20 + more), ("drsae", 5, 24), ("untied", 5, 24)]
        {
            rows.push(row(format!("{family}-{steps}-{seed}"), "masking", 0.5, mistakes));
        }
        rows.push(row(format!("drsae-5-{seed}"), "iterations", 10.0, 6));
    }
    rows
}

/// The trials of `TRIALS` without the one that diverged.
fn analysed() -> Analysis {
    let trials = TRIALS.map(|(family, steps, seed, error)| (family, steps, seed, error.or(Some(1.25))));
    let (_folder, store) = results(&trials);
    let untied = |path: &str, value: &str| [(path.to_owned(), toml::Value::from(value))].into();
    let effect = Effect {
        name: "untying".to_owned(),
        plus: vec![untied("model.family", "untied")],
        minus: vec![untied("model.family", "drsae")],
        alike: vec!["model.steps".to_owned()],
        by: vec!["model.steps".to_owned()],
    };
    let compare = Compare { effects: vec![effect], ..compare(&[("model.family", "drsae")]) };
    let design = SweepDesign { compare: Some(compare), ..design() };
    let input = Input { conditions: conditions(), ..Input::read(&store).unwrap() };
    Analysis::of(&input, &design).unwrap()
}

fn file(analysis: &Analysis, name: &str) -> String {
    let files = analysis.files().unwrap();
    String::from_utf8(files.into_iter().find(|(file, _)| *file == name).unwrap().1).unwrap()
}

#[test]
fn cells_are_compared_with_their_reference_under_the_same_condition() {
    let analysis = analysed();
    let names =
        ["condition", "level", "family", "steps", "n", "test_error_mean", "mean_difference", "sd", "low_95"];
    insta::assert_snapshot!(columns(&file(&analysis, CONDITIONS), &names), @r"
    condition,level,family,steps,n,test_error_mean,mean_difference,sd,low_95
    masking,0.5,drsae,2,3,5.0,,,
    masking,0.5,untied,2,3,8.0,3.0,1.0,0.5158622882496666
    masking,0.5,drsae,5,3,6.0,,,
    masking,0.5,untied,5,3,6.0,0.0,0.0,0.0
    iterations,10.0,drsae,5,3,1.5,,,
    ");
    // The other tables do not change.
    assert_eq!(analysis.summary.rows[0].test_error.unwrap().mean, 1.25);
}

/// On the images as they are the reference at 2 steps has errors of 1, 1.25 and 1.5 %, so 4, 3.75 and 3.5 points less.
#[test]
fn cells_are_compared_with_themselves_on_the_images_as_they_are() {
    let names = ["condition", "family", "steps", "change_mean", "change_sd"];
    insta::assert_snapshot!(columns(&file(&analysed(), CONDITIONS), &names), @r"
    condition,family,steps,change_mean,change_sd
    masking,drsae,2,3.75,0.25
    masking,untied,2,6.25,0.5
    masking,drsae,5,4.75,0.25
    masking,untied,5,5.0,0.5
    iterations,drsae,5,0.25,0.25
    ");
}

#[test]
fn the_grid_and_the_effects_are_those_of_conditions_that_all_cells_have() {
    let analysis = analysed();
    let names = ["condition", "level", "challenger", "cells", "n", "mean_difference"];
    insta::assert_snapshot!(columns(&file(&analysis, CONDITION_GRID), &names), @r"
    condition,level,challenger,cells,n,mean_difference
    masking,0.5,untied,2,3,1.5
    ");
    let names = ["condition", "level", "effect", "steps", "n", "mean_difference"];
    insta::assert_snapshot!(columns(&file(&analysis, CONDITION_EFFECTS), &names), @r"
    condition,level,effect,steps,n,mean_difference
    masking,0.5,untying,2,3,3.0
    masking,0.5,untying,5,3,0.0
    ");
    let view = analysis.views().into_iter().find(|view| view.name == "conditions").unwrap();
    assert_eq!(
        (view.rows.len(), &view.rows[0][..3]),
        (1, &["masking", "0.5", "untied"].map(str::to_owned)[..])
    );
}

/// Holm over the rows of all conditions: one more condition of the same mistakes doubles the least p.
#[test]
fn tests_are_adjusted_over_all_conditions() {
    let least = |analysis: &Analysis| {
        let cells = analysis.conditions.iter().flat_map(|it| &it.cells);
        cells.filter_map(|cell| cell.tests.p_holm).fold(f64::INFINITY, f64::min)
    };
    let (_folder, store) = results(&TRIALS);
    let input = Input { conditions: conditions(), ..Input::read(&store).unwrap() };
    let once = least(&Analysis::of(&input, &design()).unwrap());
    let again = conditions().into_iter().map(|row| ConditionRow { level: row.level + 0.1, ..row });
    let twice = Input { conditions: input.conditions.iter().cloned().chain(again).collect(), ..input };
    let twice = least(&Analysis::of(&twice, &design()).unwrap());
    assert!((twice / once - 2.0).abs() < 1e-9, "{once} and {twice}");
}

#[test]
fn the_table_reads_back_as_it_was_written() {
    let text = crate::store::csv(&conditions()).unwrap();
    assert!(text.starts_with(b"trial,condition,level,mistakes\ndrsae-2-1,masking,0.5,20\n"));
    let read: Vec<ConditionRow> = parse_rows("conditions.csv".as_ref(), &text).unwrap();
    assert_eq!(read, conditions());
}
