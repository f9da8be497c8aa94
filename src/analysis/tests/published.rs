//! The tables as they are printed.

use super::*;

#[test]
fn the_page_has_the_verdict_and_the_tables() {
    let (_folder, store) = results(&TRIALS);
    analyze(&store, &with_margin(2.0)).unwrap();
    insta::assert_snapshot!(written(&store, "tables.md"), @r"
    At equal parameter count drsae has a test error equivalent to that of untied within 2 percentage points: 0.12 percentage points less, 90 % \[-1.45, 1.70\] (95 % paired-t over 2 seeds, averaged over 2 values of steps; the means of the cells are from 0.25 more to 0.50 less than untied; omitted: seeds in which a trial is not complete: 1 of 3 of untied).

    **Summary.** Errors of each cell: mean ± sample standard deviation over n seeds (1, 2, 3); n/m means that n of m planned trials are complete. Each trial keeps the weights with the lowest validation error, or the last ones if no images are held out; the test images were read once, with the kept weights. The image SE is the standard error, from the number of test images, of one network whose error is the mean.

    | family | steps | hidden units | parameters | n | validation error / % | test error / % | image SE / % |
    |---|---|---:|---:|---:|---:|---:|---:|
    | drsae | 2 | 100 | 1000 | 3 | 2.25 ± 0.25 | 1.25 ± 0.25 | 0.56 |
    | untied | 2 | 90 | 990 | 3 | 2.75 ± 0.50 | 1.75 ± 0.50 | 0.66 |
    | drsae | 5 | 100 | 1000 | 2/3 | 2.25 ± 0.35 | 1.25 ± 0.35 | 0.56 |
    | untied | 5 | 90 | 990 | 3 | 2.00 ± 0.50 | 1.00 ± 0.50 | 0.50 |

    **Grid.** Each challenger compared with drsae over all cells: difference in error, challenger − drsae, in percentage points (pp), positive if drsae is better; averaged over the cells within each seed, then over n seeds (1, 2, 3), with the 95 % interval of Student's t. Identical cells have exactly the errors of drsae; the averages include them. p (t) is that of the same t test, p (Holm) is adjusted for the 1 row of the table, and p (sign flip) is exact and at least 0.25 with 3 seeds. p (equivalence, Holm) is that of two one-sided t tests against a difference of 2 pp or more, with the same adjustment. Secondary figures: the interquartile mean of the test errors (IQM), and the probability that a trial of the challenger has less test error than one of drsae in the same cell, with 95 % percentile intervals of a stratified bootstrap. Each trial keeps the weights with the lowest validation error, or the last ones if no images are held out; the test images were read once, with the kept weights.

    | challenger | cells | of these identical | n | Δ validation / pp \[95 %\] | Δ test / pp \[95 %\] | p (t) | p (Holm) | p (sign flip) | p (equivalence, Holm) | IQM challenger / % | IQM reference / % | P(improvement) |
    |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
    | untied | 2 | 0 | 2/3 | +0.12 \[-3.05, 3.30\] | +0.12 \[-3.05, 3.30\] | 0.705 | 0.705 | 1.000 | 0.042 | 1.38 \[1.00, 1.75\] | 1.25 \[1.00, 1.50\] | 0.42 \[0.14, 0.69\] |

    **Comparison.** Each cell compared with drsae at the same other settings: difference in error, challenger − drsae, in percentage points (pp), positive if drsae is better; mean over the n seeds (1, 2, 3) for which both trials are complete, and 95 % interval of Student's t for paired differences. p (t) is that of the same t test, p (Holm) is adjusted for the 2 rows of the table, and p (sign flip) is exact and at least 0.25 with 3 seeds. p (equivalence, Holm) is that of two one-sided t tests against a difference of 2 pp or more, with the same adjustment. Each trial keeps the weights with the lowest validation error, or the last ones if no images are held out; the test images were read once, with the kept weights.

    | steps | challenger | n | Δ validation / pp \[95 %\] | Δ test / pp \[95 %\] | parameters (reference) | p (t) | p (Holm) | p (sign flip) | p (equivalence, Holm) | 95 % over seeds and images / pp |
    |---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|
    | 2 | untied | 3 | +0.50 \[-0.12, 1.12\] | +0.50 \[-0.12, 1.12\] | 990 (1000) | 0.074 | 0.148 | 0.250 | 0.009 | \[-0.01, 1.01\] |
    | 5 | untied | 2/3 | -0.25 \[-3.43, 2.93\] | -0.25 \[-3.43, 2.93\] | 990 (1000) | 0.500 | 0.500 | 1.000 | 0.045 | \[-3.44, 2.94\] |

    Single networks are compared on the same test images in examples.csv.
    ");
}

#[test]
fn published_errors_are_listed_below_the_measured_ones() {
    let (_folder, store) = results(&TRIALS);
    let figure = |system: &str, error| Published {
        system: system.to_owned(),
        error,
        source: "as recalled".to_owned(),
    };
    let design = SweepDesign { published: vec![figure("one", 1.5), figure("other | two", 2.0)], ..design() };
    let views = analyze(&store, &design).unwrap().views();
    let view = views.iter().find(|view| view.name == "published").unwrap();
    let rows: Vec<_> = view.rows.iter().map(|row| row.join(" / ")).collect();
    insta::assert_snapshot!(rows.join("\n"), @r"
    drsae, 100 units, T = 2 / measured here / 3 / 1.25 ± 0.25
    untied, 90 units, T = 2 / measured here / 3 / 1.75 ± 0.50
    drsae, 100 units, T = 5 / measured here / 2/3 / 1.25 ± 0.35
    untied, 90 units, T = 5 / measured here / 3 / 1.00 ± 0.50
    one / as recalled /  / 1.50
    other | two / as recalled /  / 2.00
    ");
    assert!(written(&store, "tables.md").contains("| other \\| two | as recalled |  | 2.00 |"));
}

#[test]
fn every_row_of_latex_has_as_many_cells_as_its_table() {
    let (_folder, store) = results(&TRIALS);
    let analysis = analyze(&store, &with_margin(2.0)).unwrap();
    let text = written(&store, "tables.tex");
    let views = analysis.views();
    let tables: Vec<&str> = text.split("\\begin{tabular}").skip(1).collect();
    assert_eq!((tables.len(), views.len()), (3, 3));
    for (table, view) in tables.iter().zip(&views) {
        let lines: Vec<_> = table.lines().filter(|line| line.ends_with("\\\\")).collect();
        assert_eq!(lines.len(), 1 + view.rows.len());
        assert!(lines.iter().all(|line| line.matches(" & ").count() + 1 == view.head.len()), "{table}");
        let (columns, _) = table[1..].split_once('}').unwrap();
        assert_eq!(columns.len(), view.head.len());
    }
    for environment in ["table", "tabular"] {
        let count = |end: &str| text.matches(&format!("\\{end}{{{environment}}}")).count();
        assert_eq!((count("begin"), count("end")), (3, 3), "{environment}");
    }
}

#[test]
fn every_column_with_a_unit_is_in_its_table() {
    let (_folder, store) = results(&TRIALS);
    analyze(&store, &with_margin(2.0)).unwrap();
    let format: serde_json::Value = serde_json::from_str(&written(&store, FORMAT)).unwrap();
    let tables = format.as_object().unwrap();
    assert_eq!(tables.keys().collect::<Vec<_>>(), [COMPARISON, EXAMPLES, GRID, SUMMARY]);
    for (file, described) in tables {
        let text = written(&store, file);
        let header: Vec<_> = text.lines().next().unwrap().split(',').collect();
        let units = described["units"].as_object().unwrap();
        assert!(units.keys().all(|column| header.contains(&column.as_str())), "{file}");
        let bare = header.iter().filter(|column| !units.contains_key(**column));
        let measured = ["mean", "sd", "low", "high", "difference", "error"];
        let missed = bare.filter(|column| column.split('_').any(|word| measured.contains(&word)));
        assert_eq!(missed.count(), 0, "{file}: {header:?}");
    }
}
