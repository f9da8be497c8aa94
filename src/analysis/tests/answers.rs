//! Tables whose numbers are known.

use super::*;

#[test]
fn tables_are_written_with_the_known_answers() {
    let (_folder, store) = results(&TRIALS);
    let compared = compared(&store, &with_margin(2.0));
    insta::assert_snapshot!(written(&store, "summary.csv"), @r"
    family,steps,hidden,parameters,n,incomplete,test_error_mean,test_error_sd,valid_error_mean,valid_error_sd,test_images,test_error_image_se,diverged,failed,timed_out,pending,test_error_seed_1,test_error_seed_2,test_error_seed_3,valid_error_seed_1,valid_error_seed_2,valid_error_seed_3
    drsae,2,100,1000,3,0,1.25,0.25,2.25,0.25,400,0.5555121510822244,0,0,0,0,1.0,1.25,1.5,2.0,2.25,2.5
    untied,2,90,990,3,0,1.75,0.5,2.75,0.5,400,0.6556247020971678,0,0,0,0,1.25,1.75,2.25,2.25,2.75,3.25
    drsae,5,100,1000,2,1,1.25,0.3535533905932738,2.25,0.3535533905932738,400,0.5555121510822244,1,0,0,0,1.0,,1.5,2.0,,2.5
    untied,5,90,990,3,0,1.0,0.5,2.0,0.5,400,0.49749371855331,0,0,0,0,0.5,1.0,1.5,1.5,2.0,2.5
    ");
    insta::assert_snapshot!(written(&store, "comparison.csv"), @r"
    steps,reference,challenger,parameters_reference,parameters_challenger,n,missing,mean_difference,sd,low_95,high_95,method,n_reference,n_challenger,p_t,p_holm,p_sign_flip,p_sign_flip_least,p_equivalence,p_equivalence_holm,valid_mean_difference,valid_low_95,valid_high_95,seeds_images_low_95,seeds_images_high_95,difference_seed_1,difference_seed_2,difference_seed_3
    2,drsae,untied,1000,990,3,0,0.5,0.25,-0.12103442793758334,1.1210344279375835,paired,3,3,0.07417990022744878,0.14835980045489755,0.25,0.25,0.004566305693137743,0.009132611386275486,0.5,-0.12103442793758334,1.1210344279375835,-0.005392198918832344,1.0053921989188324,0.25,0.5,0.75
    5,drsae,untied,1000,990,2,1,-0.25,0.3535533905932738,-3.426551184043672,2.926551184043672,paired,2,3,0.5000000000000004,0.5000000000000004,1.0,0.5,0.045167235300866554,0.045167235300866554,-0.25,-3.426551184043672,2.926551184043672,-3.435926065911927,2.935926065911927,-0.5,,0.0
    ");
    insta::assert_snapshot!(written(&store, "grid.csv"), @r"
    reference,challenger,cells,identical_cells,n,missing,mean_difference,sd,low_95,high_95,p_t,p_holm,p_sign_flip,p_sign_flip_least,p_equivalence,p_equivalence_holm,valid_mean_difference,valid_low_95,valid_high_95,difference_seed_1,difference_seed_2,difference_seed_3,iqm_reference,iqm_reference_bootstrap_low_95,iqm_reference_bootstrap_high_95,iqm_challenger,iqm_challenger_bootstrap_low_95,iqm_challenger_bootstrap_high_95,probability_of_improvement,probability_of_improvement_bootstrap_low_95,probability_of_improvement_bootstrap_high_95
    drsae,untied,2,0,2,1,0.125,0.3535533905932738,-3.051551184043672,3.301551184043672,0.7048327646991335,0.7048327646991335,1.0,0.5,0.042192463158841335,0.042192463158841335,0.125,-3.051551184043672,3.301551184043672,-0.125,,0.375,1.25,1.0,1.5,1.375,1.0,1.75,0.41666666666666663,0.1388888888888889,0.6944444444444444
    ");
    insta::assert_snapshot!(written(&store, "format.json"), @r#"
    {
      "comparison.csv": {
        "version": 1,
        "units": {
          "mean_difference": "percentage points",
          "sd": "percentage points",
          "low_95": "percentage points",
          "high_95": "percentage points",
          "valid_mean_difference": "percentage points",
          "valid_low_95": "percentage points",
          "valid_high_95": "percentage points",
          "seeds_images_low_95": "percentage points",
          "seeds_images_high_95": "percentage points",
          "difference_seed_1": "percentage points",
          "difference_seed_2": "percentage points",
          "difference_seed_3": "percentage points"
        }
      },
      "examples.csv": {
        "version": 1,
        "units": {
          "difference": "percentage points",
          "standard_error": "percentage points"
        }
      },
      "grid.csv": {
        "version": 1,
        "units": {
          "mean_difference": "percentage points",
          "sd": "percentage points",
          "low_95": "percentage points",
          "high_95": "percentage points",
          "valid_mean_difference": "percentage points",
          "valid_low_95": "percentage points",
          "valid_high_95": "percentage points",
          "difference_seed_1": "percentage points",
          "difference_seed_2": "percentage points",
          "difference_seed_3": "percentage points",
          "iqm_reference": "%",
          "iqm_reference_bootstrap_low_95": "%",
          "iqm_reference_bootstrap_high_95": "%",
          "iqm_challenger": "%",
          "iqm_challenger_bootstrap_low_95": "%",
          "iqm_challenger_bootstrap_high_95": "%",
          "probability_of_improvement": "0 to 1",
          "probability_of_improvement_bootstrap_low_95": "0 to 1",
          "probability_of_improvement_bootstrap_high_95": "0 to 1"
        }
      },
      "summary.csv": {
        "version": 1,
        "units": {
          "test_error_mean": "%",
          "test_error_sd": "%",
          "valid_error_mean": "%",
          "valid_error_sd": "%",
          "test_error_image_se": "%",
          "test_error_seed_1": "%",
          "test_error_seed_2": "%",
          "test_error_seed_3": "%",
          "valid_error_seed_1": "%",
          "valid_error_seed_2": "%",
          "valid_error_seed_3": "%"
        }
      }
    }
    "#);

    let interval = compared.comparison[0].test.unwrap().interval().unwrap();
    let half = 4.302_652_729_911_275 * 0.25 / 3.0_f64.sqrt();
    assert!((interval.low - (0.5 - half)).abs() < 1e-9 && (interval.high - (0.5 + half)).abs() < 1e-9);
}

#[test]
fn terminal_tables_fit_their_width() {
    let (_folder, store) = results(&TRIALS);
    let text = analyze(&store, &design()).unwrap().render(Space::of_columns(80), "analysis");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text, @r"
    Errors in percent, mean ± standard deviation over n seeds
    family  steps  hidden  parameters    n  valid error   test error  image SE
    ──────────────────────────────────────────────────────────────────────────
    drsae       2     100        1000    3  2.25 ± 0.25  1.25 ± 0.25      0.56
    untied      2      90         990    3  2.75 ± 0.50  1.75 ± 0.50      0.66
    drsae       5     100        1000  2/3  2.25 ± 0.35  1.25 ± 0.35      0.56
    untied      5      90         990    3  2.00 ± 0.50  1.00 ± 0.50      0.50

    Difference in error from drsae, percentage points, paired by seed (+ where drsae
    is better); all with challenger = untied, parameters (reference) = 990 (1000);
    in every row Δ test = Δ valid
                                                 p  p (sign  95 % over seeds
    steps    n              Δ valid  p (t)  (Holm)    flip)       and images
    ────────────────────────────────────────────────────────────────────────
        2    3  +0.50 [-0.12, 1.12]  0.074   0.148    0.250    [-0.01, 1.01]
        5  2/3  -0.25 [-3.43, 2.93]  0.500   0.500    1.000    [-3.44, 2.94]

    At equal parameter count drsae has no demonstrated difference from untied: 0.12
    percentage points less test error [-3.05, 3.30] (95 % paired-t over 2 seeds,
    averaged over 2 values of steps; the means of the cells are from 0.25 more to
    0.50 less than untied; omitted: seeds in which a trial is not complete: 1 of 3
    of untied).
    ");
}

#[test]
fn one_seed_has_a_difference_and_no_interval() {
    let (_folder, store) = results(&[("drsae", 2, 7, Some(1.0)), ("untied", 2, 7, Some(1.5))]);
    let analysis = analyze(&store, &design()).unwrap();
    insta::assert_snapshot!(written(&store, "comparison.csv"), @r"
    steps,reference,challenger,parameters_reference,parameters_challenger,n,missing,mean_difference,sd,low_95,high_95,method,n_reference,n_challenger,p_t,p_holm,p_sign_flip,p_sign_flip_least,valid_mean_difference,valid_low_95,valid_high_95,seeds_images_low_95,seeds_images_high_95,difference_seed_7
    2,drsae,untied,1000,990,1,0,0.5,,,,paired,1,1,,,1.0,1.0,0.5,,,,,0.5
    ");
    assert!(
        analysis.render(Space::of_columns(80), "analysis").contains("  +0.50  +0.50  "),
        "{}",
        analysis.render(Space::of_columns(80), "analysis")
    );
}

#[test]
fn incomplete_cells_keep_their_row_without_numbers() {
    let (_folder, store) = results(&[("drsae", 2, 1, None), ("untied", 2, 1, Some(1.5))]);
    analyze(&store, &design()).unwrap();
    insta::assert_snapshot!(written(&store, "summary.csv"), @r"
    family,steps,hidden,parameters,n,incomplete,test_error_mean,test_error_sd,valid_error_mean,valid_error_sd,test_images,test_error_image_se,diverged,failed,timed_out,pending,test_error_seed_1,valid_error_seed_1
    drsae,2,100,1000,0,1,,,,,,,1,0,0,0,,
    untied,2,90,990,1,0,1.5,,2.5,,400,0.6077622890571609,0,0,0,0,1.5,2.5
    ");
    insta::assert_snapshot!(written(&store, "comparison.csv"), @r"
    steps,reference,challenger,parameters_reference,parameters_challenger,n,missing,mean_difference,sd,low_95,high_95,method,n_reference,n_challenger,p_t,p_holm,p_sign_flip,p_sign_flip_least,valid_mean_difference,valid_low_95,valid_high_95,seeds_images_low_95,seeds_images_high_95,difference_seed_1
    2,drsae,untied,1000,990,0,1,,,,,,0,1,,,,,,,,,,
    ");
    insta::assert_snapshot!(written(&store, "grid.csv"), @r"
    reference,challenger,cells,identical_cells,n,missing,mean_difference,sd,low_95,high_95,p_t,p_holm,p_sign_flip,p_sign_flip_least,valid_mean_difference,valid_low_95,valid_high_95,difference_seed_1,iqm_reference,iqm_reference_bootstrap_low_95,iqm_reference_bootstrap_high_95,iqm_challenger,iqm_challenger_bootstrap_low_95,iqm_challenger_bootstrap_high_95,probability_of_improvement,probability_of_improvement_bootstrap_low_95,probability_of_improvement_bootstrap_high_95
    drsae,untied,1,0,0,1,,,,,,,,,,,,,,,,1.5,,,,,
    ");
}

/// Seeds 1 and 2 of the one and 3 and 4 of the other: 1.5 ± 0.5 and 2.5 ± 0.5, t = 1/√½ on
/// 2 degrees of freedom.
#[test]
fn cells_without_a_common_seed_are_compared_as_independent() {
    let (_folder, store) = results(&[
        ("drsae", 2, 1, Some(1.0)),
        ("drsae", 2, 2, Some(2.0)),
        ("drsae", 2, 3, None),
        ("drsae", 2, 4, None),
        ("untied", 2, 1, None),
        ("untied", 2, 2, None),
        ("untied", 2, 3, Some(2.0)),
        ("untied", 2, 4, Some(3.0)),
    ]);
    let analysis = analyze(&store, &with_margin(1.0)).unwrap();
    let shown = ["n", "n_*", "missing", "mean_difference", "sd", "low_95", "high_95", "method", "p_*"];
    insta::assert_snapshot!(columns(&written(&store, "comparison.csv"), &shown), @r"
    n,missing,mean_difference,sd,low_95,high_95,method,n_reference,n_challenger,p_t,p_holm,p_sign_flip,p_sign_flip_least,p_equivalence,p_equivalence_holm
    0,4,1.0,,-2.0424349222966582,4.042434922296659,welch,2,2,0.29289321881345354,0.29289321881345354,,,,
    ");
    insta::assert_snapshot!(analysis.compared.as_ref().unwrap().verdict, @"At equal parameter count drsae has no comparison with untied, since no seed has all its trials complete (omitted: seeds in which a trial is not complete: 4 of 4 of untied).");
    assert!(written(&store, "tables.md").contains(" W |"), "{}", written(&store, "tables.md"));
}

/// One common seed is no pair for a test of signs.
#[test]
fn a_comparison_as_independent_has_no_test_of_signs() {
    let (_folder, store) = results(&[
        ("drsae", 2, 1, Some(1.0)),
        ("drsae", 2, 2, Some(2.0)),
        ("drsae", 2, 3, None),
        ("untied", 2, 1, None),
        ("untied", 2, 2, Some(2.0)),
        ("untied", 2, 3, Some(3.0)),
    ]);
    let row = compared(&store, &with_margin(1.0)).comparison[0].clone();
    assert_eq!((row.test.unwrap().method(), row.missing), ("welch", 2));
    let Tests { p, p_sign_flip, p_sign_flip_least, p_equivalence, .. } = row.tests;
    assert!(p.is_some());
    assert_eq!((p_sign_flip, p_sign_flip_least, p_equivalence), (None, None, None));
}

#[test]
fn seeds_of_which_a_cell_is_lost_do_not_count_for_the_grid() {
    let (_folder, store) = results(&TRIALS);
    let grid = compared(&store, &design()).grid;
    assert_eq!(grid[0].differences, [Some(-0.125), None, Some(0.375)]);
    assert_eq!((grid[0].cells, grid[0].missing), (2, 1));
}

/// Nine differences of three seeds, which must not count as nine independent values.
#[test]
fn the_grid_averages_cells_before_seeds() {
    let error = |family: &str, steps: usize, seed: u64| {
        1.0 + steps as f64 + if family == "untied" { 0.25 * seed as f64 } else { 0.0 }
    };
    let mut trials: Vec<Trial> = Vec::new();
    for seed in [1, 2, 3] {
        for steps in [1, 2, 4] {
            trials.extend(
                ["drsae", "untied"].map(|family| (family, steps, seed, Some(error(family, steps, seed)))),
            );
        }
    }
    let (_folder, store) = results(&trials);
    let row = compared(&store, &design()).grid[0].clone();
    let paired = row.test.unwrap();
    assert_eq!((paired.n, paired.mean, paired.sd), (3, 0.5, Some(0.25)));
    assert_eq!(row.tests.p_sign_flip, Some(0.25));
    assert_eq!(row.probability_of_improvement.unwrap().value, 0.0);
}
