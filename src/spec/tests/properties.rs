//! Properties of every spec.

use proptest::prelude::*;
use toml::Value;

use super::*;

/// Settings that any sweep of the base may vary, with values that are distinct and valid.
const POOL: [(&str, &[&str]); 6] = [
    ("model.steps", &["1", "2", "7"]),
    ("model.family", &["\"drsae\"", "\"untied\"", "\"mlp\""]),
    ("model.bounds", &["{ decoder = 2 }", "{ encoder = 0.5, decoder = 1 }", "{ classifier = 9.5 }"]),
    ("training.phases.0.frozen", &["[]", "[\"decoder\"]", "[\"encoder\", \"recurrent\"]"]),
    ("objective.sparsity", &["0", "1e-9", "0.1"]),
    ("training.phases.1.schedule", &["\"cosine\"", "\"constant\""]),
];

prop_compose! {
    /// Some of the pool's settings in some order, each with its first so many values.
    fn axes()(
        order in Just(POOL.to_vec()).prop_shuffle(),
        lengths in prop::collection::vec(1_usize..=2, 0..=6),
    ) -> Vec<(&'static str, Vec<&'static str>)> {
        order.into_iter().zip(lengths).map(|((path, values), length)| (path, values[..length].to_vec())).collect()
    }
}

fn lines(axes: &[(&str, Vec<&str>)]) -> String {
    let line = |(path, values): &(&str, Vec<&str>)| format!("\"{path}\" = [{}]\n", values.join(", "));
    axes.iter().map(line).collect()
}

/// A spec with some of the axes in the grid and the others zipped, the first ones of these labelled, and the first of
/// all compared.
fn spec_of(axes: &[(&str, Vec<&str>)], in_grid: usize, seeds: &[u64]) -> String {
    let (grid, zipped) = axes.split_at(in_grid.min(axes.len()));
    let mut text = BASE.replace("seeds = 2", &format!("seeds = {seeds:?}"));
    text += "[sweep.grid]\n";
    text += &lines(grid);
    for (at, pair) in zipped.chunks(2).enumerate() {
        let length = pair.iter().map(|(_, values)| values.len()).min().unwrap_or(0);
        let shortest: Vec<_> = pair.iter().map(|(path, values)| (*path, values[..length].to_vec())).collect();
        text += "[[sweep.zip]]\n";
        // Not where the first axis is compared.
        if at == 0 && in_grid > 0 {
            let labels = ["\"one\"", "\"+ \\\"two\\\"\""];
            text += &lines(&[(LABEL, labels[..length].to_vec())]);
        }
        text += &lines(&shortest);
    }
    if let Some((path, values)) = axes.first() {
        let margin = if seeds.len() > 1 { "margin = 0.25\n" } else { "" };
        text.extend(["[compare]\n", margin, "[compare.reference]\n\"", path, "\" = ", values[0], "\n"]);
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_and_no_override_panics(text in ".{0,200}", set in ".{0,40}") {
        let _ = parse(&text, &[&set]);
        let _ = parse(BASE, &[&set]);
        let _ = parse(&format!("{BASE}[sweep.grid]\n{text}"), &[]);
    }

    #[test]
    fn no_broken_spec_panics(
        at in 0..BASE.len(),
        piece in r#"[\[\]{}="'.,#a-z0-9\n -]{0,6}"#,
        set in "[a-z.]{1,20}(\\.[0-9])?=[\\[\\]{}a-z0-9\"., -]{0,12}",
    ) {
        let mut text = BASE.to_owned();
        text.insert_str(at, &piece);
        let _ = parse(&text, &[]);
        let _ = parse(BASE, &[&set, &format!("sweep.grid.{set}")]);
    }

    #[test]
    fn a_grid_has_the_product_of_its_lengths_in_a_stable_order(axes in axes()) {
        let more = format!("[sweep.grid]\n{}", lines(&axes));
        let sweep = with(&more).unwrap();
        prop_assert_eq!(sweep.cells.len(), axes.iter().map(|(_, values)| values.len()).product::<usize>());
        prop_assert_eq!(&sweep, &with(&more).unwrap());
        let paths: Vec<&str> = sweep.axes.iter().map(|axis| axis.path.as_str()).collect();
        prop_assert_eq!(paths, axes.iter().map(|(path, _)| *path).collect::<Vec<_>>());
        for (cell, next) in sweep.cells.iter().zip(&sweep.cells[1..]) {
            prop_assert!(positions(&sweep, cell) < positions(&sweep, next));
        }
    }

    #[test]
    fn what_is_written_reads_back(
        axes in axes(),
        in_grid in 0_usize..=6,
        seeds in prop::collection::btree_set(0_u64..9, 1..4),
    ) {
        let seeds: Vec<u64> = seeds.into_iter().rev().collect();
        let sweep = parse(&spec_of(&axes, in_grid, &seeds), &[]).unwrap();
        let written = sweep.to_toml().unwrap();
        prop_assert_eq!(parse(&written, &[]).unwrap(), sweep, "{}", written);
    }
}

/// Position of the value of each axis in a cell.
fn positions(sweep: &Sweep, cell: &Cell) -> Vec<usize> {
    let position =
        |(axis, (_, value)): (&Axis, &(String, Value))| axis.values.iter().position(|known| known == value);
    sweep.axes.iter().zip(&cell.settings).filter_map(position).collect()
}
