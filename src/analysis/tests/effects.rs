//! Effects of several cells.

use super::*;
use crate::analysis::EffectRow;
use crate::spec::Effect;

type Cell = [(&'static str, &'static str)];

/// An effect of these cells, by these axes.
fn effect(name: &str, plus: &[&Cell], minus: &[&Cell], by: &[&str]) -> Effect {
    let value = |text: &str| text.parse::<i64>().map_or_else(|_| text.into(), toml::Value::Integer);
    let cell = |cell: &&Cell| cell.iter().map(|(path, text)| ((*path).to_owned(), value(text))).collect();
    let side = |cells: &[&Cell]| cells.iter().map(cell).collect();
    let by = by.iter().map(|path| (*path).to_owned()).collect();
    let is_alike = |path: &&str| plus[0].iter().all(|(named, _)| named != path);
    let alike = ["model.family", "model.steps"].into_iter().filter(is_alike).map(str::to_owned).collect();
    Effect { name: name.to_owned(), plus: side(plus), minus: side(minus), alike, by }
}

fn with_effects(effects: Vec<Effect>) -> SweepDesign {
    let compare = with_margin(2.0).compare.map(|compare| Compare { effects, ..compare });
    SweepDesign { compare, ..design() }
}

const UNTIED: &Cell = &[("model.family", "untied")];
const TIED: &Cell = &[("model.family", "drsae")];
const DEEP: &Cell = &[("model.steps", "5")];
const SHALLOW: &Cell = &[("model.steps", "2")];

#[test]
fn main_effects_and_interactions_are_means_over_their_cells() {
    // By seed 1 and 3; seed 2 lacks a trial at 5 steps. Untying at 2 steps: 0.25 and 0.75, at 5: -0.5 and 0. Their mean is
    // the main effect, half their difference the interaction.
    let (_folder, store) = results(&TRIALS);
    let design = with_effects(vec![
        effect("untying", &[UNTIED], &[TIED], &[]),
        effect("depth", &[DEEP], &[SHALLOW], &["model.family"]),
        effect(
            "untying with depth",
            &[&[UNTIED[0], DEEP[0]], &[TIED[0], SHALLOW[0]]],
            &[&[UNTIED[0], SHALLOW[0]], &[TIED[0], DEEP[0]]],
            &[],
        ),
    ]);
    analyze(&store, &design).unwrap();
    let names = ["effect", "family", "cells", "n", "missing", "mean_difference", "difference*"];
    insta::assert_snapshot!(columns(&written(&store, "effects.csv"), &names), @r"
    effect,family,cells,n,missing,mean_difference,difference_seed_1,difference_seed_2,difference_seed_3
    untying,,2,2,1,0.125,-0.125,,0.375
    depth,drsae,1,2,1,0.0,0.0,,0.0
    depth,untied,1,3,0,-0.75,-0.75,-0.75,-0.75
    untying with depth,,2,2,1,-0.375,-0.375,,-0.375
    ");
    let markdown = written(&store, "tables.md");
    assert!(markdown.contains("| untying | averaged | 2/3 |"), "{markdown}");
    assert!(written(&store, "format.json").contains("\"effects.csv\""));
}

#[test]
fn the_effect_of_one_cell_on_each_side_is_its_comparison() {
    let (_folder, store) = results(&TRIALS);
    let design = with_effects(vec![effect("untying", &[UNTIED], &[TIED], &["model.steps"])]);
    let compared = compared(&store, &design);
    assert_eq!(compared.effects.axes, ["steps"]);
    assert_eq!(compared.effects.rows.len(), compared.comparison.len());
    for (effect, row) in compared.effects.rows.iter().zip(&compared.comparison) {
        let EffectRow { differences, missing, valid, crossed, tests, .. } = effect;
        let values: Vec<_> = effect.values.iter().flatten().cloned().collect();
        assert_eq!((&values, differences, *missing), (&row.values, &row.differences, row.missing));
        assert_eq!((*valid, *crossed, *tests), (row.valid, row.crossed, row.tests));
        assert_eq!(effect.test.map(|test| test.mean), row.test.map(|test| test.mean()));
        assert!(effect.crossed.is_some());
    }
}

#[test]
fn without_effects_nothing_is_written() {
    let (_folder, store) = results(&TRIALS);
    analyze(&store, &design()).unwrap();
    assert!(!store.root().join("analysis/effects.csv").exists());
    assert!(!written(&store, "tables.md").contains("Effects"));
}
