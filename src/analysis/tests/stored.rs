//! The tables of stored sweeps on terminals.

use std::path::Path;

use super::*;
use crate::spec::Sweep;
use crate::text::wrap::width;

/// The tables of a sweep in `results/`.
fn stored(name: &str) -> Analysis {
    let root = Path::new("results").join(name);
    let (sweep, store) = (Sweep::load(&root.join("sweep.toml"), &[]).unwrap(), Store::at(&root).unwrap());
    Analysis::of(&Input::read(&store).unwrap(), &SweepDesign::of(&sweep)).unwrap()
}

/// A sweep whose settings differ from cell to cell, on a terminal.
fn families(columns: usize) -> String {
    stored("paper/families").render(Space::of_columns(columns), "results/paper/families/analysis")
}

#[test]
fn a_narrow_terminal_shows_the_most_important_columns_of_a_stored_sweep() {
    insta::assert_snapshot!(families(40), @r"
    Errors in percent, mean ± standard
    deviation over n seeds; all with n = 5;
    without valid error
    family            steps   test error
    ────────────────────────────────────
    drsae                11  0.93 ± 0.05
    untied               11  1.24 ± 0.06
    untied-recurrent     11  0.98 ± 0.05
    mlp                  11  1.39 ± 0.06
    untied                2  1.06 ± 0.03
    untied-recurrent      2  0.98 ± 0.06
    mlp                   2  1.23 ± 0.04
    … also classifier, rate, masking,
    hidden, parameters, image SE:
    results/paper/families/analysis/
    summary.csv

    Difference in error from drsae
    (steps = 11), percentage points, paired
    by seed (+ where drsae (steps = 11) is
    better); all with n = 5; without Δ valid
    challenger untied (steps = 11)
      Δ test  +0.31 [0.23, 0.40]
    challenger untied-recurrent (steps = 11)
      Δ test  +0.05 [0.01, 0.08]
    challenger mlp (steps = 11)
      Δ test  +0.46 [0.35, 0.58]
    challenger untied (steps = 2)
      Δ test  +0.13 [0.07, 0.20]
    challenger untied-recurrent (steps = 2)
      Δ test  +0.05 [0.00, 0.09]
    challenger mlp (steps = 2)
      Δ test  +0.30 [0.21, 0.39]
    … also parameters (reference), p (t), p
    (Holm), p (sign flip), 95 % over seeds
    and images:
    results/paper/families/analysis/
    comparison.csv

    At equal parameter count drsae
    (steps = 11) has 0.31 percentage points
    less test error than untied (steps = 11)
    [0.23, 0.40]; no demonstrated difference
    from untied-recurrent (steps = 11): 0.05
    less [0.01, 0.08]; 0.46 less than mlp
    (steps = 11) [0.35, 0.58]; 0.13 less
    than untied (steps = 2) [0.07, 0.20]; no
    demonstrated difference from
    untied-recurrent (steps = 2): 0.05 less
    [0.00, 0.09]; 0.30 less than mlp
    (steps = 2) [0.21, 0.39] (95 % paired-t
    over 5 seeds; Holm's adjustment over 6
    challengers).
    ");
    insta::assert_snapshot!(families(80), @r"
    Errors in percent, mean ± standard deviation over n seeds; all with n = 5;
    without valid error
    family            steps  classifier   rate  masking  hidden   test error
    ────────────────────────────────────────────────────────────────────────
    drsae                11          10  0.002      0.3     400  0.93 ± 0.05
    untied               11          10  0.003      0.2      77  1.24 ± 0.06
    untied-recurrent     11          10  0.003      0.3     212  0.98 ± 0.05
    mlp                  11          10  0.002      0.3     212  1.39 ± 0.06
    untied                2          40  0.001      0.3     297  1.06 ± 0.03
    untied-recurrent      2          40  0.002      0.3     399  0.98 ± 0.06
    mlp                   2          20  0.001      0.3     399  1.23 ± 0.04
    … also parameters, image SE: results/paper/families/analysis/summary.csv

    Difference in error from drsae (steps = 11), percentage points, paired by seed
    (+ where drsae (steps = 11) is better); all with n = 5; without Δ valid
                                                                           95 % over
                                                                    p      seeds and
    challenger                                 Δ test   p (t)  (Holm)         images
    ────────────────────────────────────────────────────────────────────────────────
    untied (steps = 11)            +0.31 [0.23, 0.40]  <0.001   0.002   [0.21, 0.42]
    untied-recurrent (steps = 11)  +0.05 [0.01, 0.08]   0.028   0.056  [-0.02, 0.11]
    mlp (steps = 11)               +0.46 [0.35, 0.58]  <0.001   0.002   [0.34, 0.59]
    untied (steps = 2)             +0.13 [0.07, 0.20]   0.005   0.016   [0.04, 0.22]
    untied-recurrent (steps = 2)   +0.05 [0.00, 0.09]   0.039   0.056  [-0.02, 0.12]
    mlp (steps = 2)                +0.30 [0.21, 0.39]  <0.001   0.003   [0.20, 0.40]
    … also parameters (reference), p (sign flip):
    results/paper/families/analysis/comparison.csv

    At equal parameter count drsae (steps = 11) has 0.31 percentage points less test
    error than untied (steps = 11) [0.23, 0.40]; no demonstrated difference from
    untied-recurrent (steps = 11): 0.05 less [0.01, 0.08]; 0.46 less than mlp
    (steps = 11) [0.35, 0.58]; 0.13 less than untied (steps = 2) [0.07, 0.20]; no
    demonstrated difference from untied-recurrent (steps = 2): 0.05 less
    [0.00, 0.09]; 0.30 less than mlp (steps = 2) [0.21, 0.39] (95 % paired-t over 5
    seeds; Holm's adjustment over 6 challengers).
    ");
}

#[test]
fn a_wide_terminal_shows_all_columns_and_the_seeds() {
    insta::assert_snapshot!(families(120), @r"
    Errors in percent, mean ± standard deviation over n seeds; all with n = 5; without valid error
    family            steps  classifier   rate  masking  hidden  parameters   test error  image SE
    ──────────────────────────────────────────────────────────────────────────────────────────────
    drsae                11          10  0.002      0.3     400      791600  0.93 ± 0.05      0.10
    untied               11          10  0.003      0.2      77      785323  1.24 ± 0.06      0.11
    untied-recurrent     11          10  0.003      0.3     212      786308  0.98 ± 0.05      0.10
    mlp                  11          10  0.002      0.3     212      786308  1.39 ± 0.06      0.12
    untied                2          40  0.001      0.3     297      790317  1.06 ± 0.03      0.10
    untied-recurrent      2          40  0.002      0.3     399      789621  0.98 ± 0.06      0.10
    mlp                   2          20  0.001      0.3     399      789621  1.23 ± 0.04      0.11

    Difference in error from drsae (steps = 11), percentage points, paired by seed (+ where drsae
    (steps = 11) is better); all with n = 5; without Δ valid
                                                            parameters               p  p (sign  95 % over seeds
    challenger                                 Δ test      (reference)   p (t)  (Holm)    flip)       and images
    ────────────────────────────────────────────────────────────────────────────────────────────────────────────
    untied (steps = 11)            +0.31 [0.23, 0.40]  785323 (791600)  <0.001   0.002    0.062     [0.21, 0.42]
    untied-recurrent (steps = 11)  +0.05 [0.01, 0.08]  786308 (791600)   0.028   0.056    0.125    [-0.02, 0.11]
    mlp (steps = 11)               +0.46 [0.35, 0.58]  786308 (791600)  <0.001   0.002    0.062     [0.34, 0.59]
    untied (steps = 2)             +0.13 [0.07, 0.20]  790317 (791600)   0.005   0.016    0.062     [0.04, 0.22]
    untied-recurrent (steps = 2)   +0.05 [0.00, 0.09]  789621 (791600)   0.039   0.056    0.125    [-0.02, 0.12]
    mlp (steps = 2)                +0.30 [0.21, 0.39]  789621 (791600)  <0.001   0.003    0.062     [0.20, 0.40]

    At equal parameter count drsae (steps = 11) has 0.31 percentage points less test error than untied
    (steps = 11) [0.23, 0.40]; no demonstrated difference from untied-recurrent (steps = 11): 0.05 less
    [0.01, 0.08]; 0.46 less than mlp (steps = 11) [0.35, 0.58]; 0.13 less than untied (steps = 2)
    [0.07, 0.20]; no demonstrated difference from untied-recurrent (steps = 2): 0.05 less [0.00, 0.09];
    0.30 less than mlp (steps = 2) [0.21, 0.39] (95 % paired-t over 5 seeds; Holm's adjustment over 6
    challengers).
    ");
    insta::assert_snapshot!(families(240), @r"
    Errors in percent, mean ± standard deviation over n seeds; all with n = 5; without valid error
    family            steps  classifier   rate  masking  hidden  parameters   test error  image SE  test, seed 1  test, seed 2  test, seed 3  test, seed 4  test, seed 5
    ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
    drsae                11          10  0.002      0.3     400      791600  0.93 ± 0.05      0.10          0.95          0.93          0.84          0.97          0.96
    untied               11          10  0.003      0.2      77      785323  1.24 ± 0.06      0.11          1.19          1.18          1.24          1.32          1.28
    untied-recurrent     11          10  0.003      0.3     212      786308  0.98 ± 0.05      0.10          0.98          1.00          0.91          1.03          0.96
    mlp                  11          10  0.002      0.3     212      786308  1.39 ± 0.06      0.12          1.47          1.39          1.42          1.31          1.38
    untied                2          40  0.001      0.3     297      790317  1.06 ± 0.03      0.10          1.03          1.04          1.06          1.11          1.07
    untied-recurrent      2          40  0.002      0.3     399      789621  0.98 ± 0.06      0.10          0.99          0.92          0.92          1.03          1.03
    mlp                   2          20  0.001      0.3     399      789621  1.23 ± 0.04      0.11          1.19          1.22          1.25          1.29          1.20

    Difference in error from drsae (steps = 11), percentage points, paired by seed (+ where drsae
    (steps = 11) is better); all with n = 5; without Δ valid
    challenger                                 Δ test  parameters (reference)   p (t)  p (Holm)  p (sign flip)  95 % over seeds and images  Δ test, seed 1  Δ test, seed 2  Δ test, seed 3  Δ test, seed 4  Δ test, seed 5
    ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
    untied (steps = 11)            +0.31 [0.23, 0.40]         785323 (791600)  <0.001     0.002          0.062                [0.21, 0.42]           +0.24           +0.25           +0.40           +0.35           +0.32
    untied-recurrent (steps = 11)  +0.05 [0.01, 0.08]         786308 (791600)   0.028     0.056          0.125               [-0.02, 0.11]           +0.03           +0.07           +0.07           +0.06           +0.00
    mlp (steps = 11)               +0.46 [0.35, 0.58]         786308 (791600)  <0.001     0.002          0.062                [0.34, 0.59]           +0.52           +0.46           +0.58           +0.34           +0.42
    untied (steps = 2)             +0.13 [0.07, 0.20]         790317 (791600)   0.005     0.016          0.062                [0.04, 0.22]           +0.08           +0.11           +0.22           +0.14           +0.11
    untied-recurrent (steps = 2)   +0.05 [0.00, 0.09]         789621 (791600)   0.039     0.056          0.125               [-0.02, 0.12]           +0.04           -0.01           +0.08           +0.06           +0.07
    mlp (steps = 2)                +0.30 [0.21, 0.39]         789621 (791600)  <0.001     0.003          0.062                [0.20, 0.40]           +0.24           +0.29           +0.41           +0.32           +0.24

    At equal parameter count drsae (steps = 11) has 0.31 percentage points less test error than untied
    (steps = 11) [0.23, 0.40]; no demonstrated difference from untied-recurrent (steps = 11): 0.05 less
    [0.01, 0.08]; 0.46 less than mlp (steps = 11) [0.35, 0.58]; 0.13 less than untied (steps = 2)
    [0.07, 0.20]; no demonstrated difference from untied-recurrent (steps = 2): 0.05 less [0.00, 0.09];
    0.30 less than mlp (steps = 2) [0.21, 0.39] (95 % paired-t over 5 seeds; Holm's adjustment over 6
    challengers).
    ");
}

#[test]
fn tables_of_stored_sweeps_fit_terminals() {
    for name in ["depth", "width", "bridge", "search/settings-by-family-400", "study/families/search"] {
        let analysis = stored(name);
        for columns in [40, 41, 60, 80, 100, 120, 160, 200, 240] {
            let space = Space { columns: Some(columns), rows: Some(40) };
            for line in analysis.render(space, &format!("results/{name}/analysis")).lines() {
                assert!(width(line) <= columns, "{name} at {columns}: {line}");
            }
        }
    }
}
