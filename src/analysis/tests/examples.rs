//! Comparisons on the test images, from tables written by hand.

use super::*;
use crate::store::{MistakeRow, TrialTable, parse_rows};

/// 20 test images; drsae gets 2 of them wrong, untied 4 or 2 by seed.
const TRIALS: &str = "\
trial,index,family,steps,hidden,sparsity,discriminative_weight,seed,parameters,status,best_epoch,valid_error,test_error,test_images
drsae-1,0,drsae,2,100,0.005,1.0,1,1000,complete,2,11.0,10.0,20
untied-1,1,untied,2,90,0.005,1.0,1,990,complete,2,21.0,20.0,20
drsae-2,2,drsae,2,100,0.005,1.0,2,1000,complete,2,11.0,10.0,20
untied-2,3,untied,2,90,0.005,1.0,2,990,complete,2,11.0,10.0,20
drsae-3,4,drsae,2,100,0.005,1.0,3,1000,diverged,,,,
untied-3,5,untied,2,90,0.005,1.0,3,990,complete,2,1.0,0.0,20
";

/// Seed 1: one common mistake, one only of drsae, three only of untied. Seed 2: the same two mistakes.
const MISTAKES: &str = "\
index,image,label,predicted
0,3,5,1
0,7,2,0
1,3,5,1
1,8,2,0
1,11,2,0
1,19,2,0
2,0,1,7
2,4,1,7
3,0,1,9
3,4,1,7
";

fn input(trials: &str, mistakes: Option<&str>) -> Input {
    let mistakes = mistakes.map(|text| parse_rows("mistakes.csv".as_ref(), text.as_bytes()).unwrap());
    let trials = TrialTable::parse("trials.csv".into(), trials.as_bytes()).unwrap();
    Input { trials, mistakes, conditions: Vec::new() }
}

fn file(input: &Input, name: &str) -> Option<String> {
    let files = Analysis::of(input, &design()).unwrap().files().unwrap();
    let (_, text) = files.into_iter().find(|(file, _)| *file == name)?;
    Some(String::from_utf8(text).unwrap())
}

/// 3 against 1: 2·(1 + 4)/16 = 0.625. √(4 − 4/20)/20 = 0.0975.
#[test]
fn networks_are_compared_image_by_image() {
    let table = file(&input(TRIALS, Some(MISTAKES)), EXAMPLES).unwrap();
    insta::assert_snapshot!(table, @r"
    steps,reference,challenger,seed,test_images,both_wrong,only_reference_wrong,only_challenger_wrong,difference,standard_error,p_mcnemar,p_mcnemar_holm
    2,drsae,untied,1,20,1,1,3,10.0,9.746794344808963,0.6250000000000006,1.0
    2,drsae,untied,2,20,2,0,0,0.0,0.0,1.0,1.0
    ");
}

/// √(0.1·0.9/20) = 6.7 %.
#[test]
fn the_number_of_images_gives_an_error_of_its_own() {
    let summary = file(&input(TRIALS, Some(MISTAKES)), SUMMARY).unwrap();
    let shown = columns(&summary, &["family", "test_error_mean", "test_images", "test_error_image_se"]);
    insta::assert_snapshot!(shown, @r"
    family,test_error_mean,test_images,test_error_image_se
    drsae,10.0,20,6.708203932499369
    untied,10.0,20,6.708203932499369
    ");
    assert!(file(&input(TRIALS, None), MARKDOWN).unwrap().contains("| image SE / % |"));
}

#[test]
fn without_mistakes_the_table_is_left_out_and_the_page_says_why() {
    assert_eq!(file(&input(TRIALS, None), EXAMPLES), None);
    let page = file(&input(TRIALS, None), MARKDOWN).unwrap();
    assert!(page.contains("Not compared on the same test images: mistakes.csv is absent"), "{page}");

    let uncounted: String =
        TRIALS.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned() + "\n").collect();
    assert_eq!(file(&input(&uncounted, Some(MISTAKES)), EXAMPLES), None);
    let page = file(&input(&uncounted, Some(MISTAKES)), MARKDOWN).unwrap();
    assert!(page.contains("trials.csv has no \\`test\\_images\\`"), "{page}");
}

#[test]
fn mistakes_that_are_not_those_of_the_trials_are_not_compared() {
    let fewer = MISTAKES.replace("1,19,2,0\n", "");
    assert_eq!(file(&input(TRIALS, Some(&fewer)), EXAMPLES), None);
    let page = file(&input(TRIALS, Some(&fewer)), MARKDOWN).unwrap();
    assert!(
        page.contains("lists 3 mistakes of the trial with index 1, but its test error implies 4"),
        "{page}"
    );
    let crossed = |mistakes: &str| {
        let analysis = Analysis::of(&input(TRIALS, Some(mistakes)), &design()).unwrap();
        analysis.compared.unwrap().comparison[0].crossed
    };
    assert!(crossed(MISTAKES).is_some());
    assert_eq!(crossed(&fewer), None, "a trial without its mistakes is not one without faults");
}

/// Seed 3 lacks a trial of the reference.
#[test]
fn seeds_that_are_not_tested_yet_are_missing_once_others_are() {
    let missing = |trials: &str| {
        let compared = Analysis::of(&input(trials, None), &design()).unwrap().compared.unwrap();
        (compared.comparison[0].missing, compared.grid[0].missing)
    };
    assert_eq!(missing(TRIALS), (1, 1));
    // A test that was killed after the first seed.
    let second = "complete,2,11.0,10.0,20\nuntied-2,3,untied,2,90,0.005,1.0,2,990,complete,2,11.0,10.0,20";
    assert!(TRIALS.contains(second));
    assert_eq!(missing(&TRIALS.replace(second, &second.replace("10.0,20", ","))), (2, 2));
    // One that has not begun: validation errors count.
    let sealed = ["20.0,20", "10.0,20", "0.0,20"]
        .iter()
        .fold(TRIALS.to_owned(), |trials, tested| trials.replace(&format!(",{tested}\n"), ",,\n"));
    assert_eq!(missing(&sealed), (1, 1));
}

#[test]
fn mistakes_of_another_form_are_refused() {
    let other = MISTAKES.replace("image", "picture");
    let error = parse_rows::<MistakeRow>("mistakes.csv".as_ref(), other.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("mistakes.csv: line 1: it has no column `image`"), "{error}");
}
