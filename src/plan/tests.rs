use std::cell::Cell as Counter;
use std::collections::BTreeMap;
use std::convert::Infallible;

use super::id::Identities;
use super::*;
use crate::NUMERICS_VERSION;
use crate::data::{Facts, Layout, Shape};
use crate::device::Kind;
use crate::spec::Sweep;

const BASE: &str = r#"name = "a"
seeds = 2
[data]
train = 3000
validation = 500
[model]
steps = 3
hidden = 40
[training]
phases = [{ epochs = 1, rate = 1e-3 }]
"#;

fn sweep(more: &str) -> Sweep {
    Sweep::parse(&format!("{BASE}{more}"), "a.toml", &[]).unwrap()
}

fn facts(checksum: &str) -> Facts {
    let shape = Shape { inputs: 784, classes: 10, train: 3000, test: 10 };
    let layout = Layout::square(28);
    Facts { shape, layout, checksums: BTreeMap::from([("images".to_owned(), checksum.to_owned())]) }
}

fn plan_of(sweep: &Sweep) -> Result<Plan, Error> {
    Plan::of(sweep, Kind::Cpu, |_| Ok::<_, Infallible>(facts("0f")))
}

/// A plan on images of 784 pixels in ten classes.
pub(crate) fn plan(more: &str) -> Plan {
    plan_of(&sweep(more)).unwrap()
}

/// The trials of the first seed, on images of 784 pixels in ten classes.
pub(crate) fn trials(more: &str) -> Vec<Trial> {
    let plan = plan(more);
    plan.trials.into_iter().filter(|trial| trial.config.seed == 1).collect()
}

fn ids(plan: &Plan) -> Vec<&str> {
    plan.trials.iter().map(|trial| trial.id.as_str()).collect()
}

fn rows(plan: &Plan) -> String {
    let lines = std::iter::once(plan.header()).chain(plan.rows());
    // The hash of an id is another test's matter.
    let short = |column: String| column.rsplit_once('-').map_or(column.clone(), |(slug, _)| slug.to_owned());
    lines.map(|line| line.into_iter().map(short).collect::<Vec<_>>().join(" ") + "\n").collect()
}

#[test]
fn seeds_vary_slowest_and_more_seeds_only_append() {
    let grid = "[sweep.grid]\nmodel.steps = [1, 2]\n";
    let two = plan(grid);
    insta::assert_snapshot!(rows(&two), @"
    index trial model.steps seed parameters training_flops
    0 drsae-t1-n40-s1 1 1 63160 790000000
    1 drsae-t2-n40-s1 2 1 64760 814000000
    2 drsae-t1-n40-s2 1 2 63160 790000000
    3 drsae-t2-n40-s2 2 2 64760 814000000
    ");
    let mut more = sweep(grid);
    more.seeds = vec![1, 2, 3];
    assert_eq!(plan_of(&more).unwrap().trials[..4], two.trials);
}

/// Python: `sha256(json.dumps({"config": …, "fingerprint": {"images": "0f"}, "numerics": 1,
/// "seed": 1}, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:12]`. A new id
/// means that every result on disk is lost to its sweep.
#[test]
fn ids_are_stable() {
    assert_eq!(ids(&plan("")), ["drsae-t3-n40-s1-dc8212f7eca9", "drsae-t3-n40-s2-798c74c8b071"]);
}

/// As above, with `"device": "cuda"` and `"device": "metal"` in the object.
#[test]
fn other_devices_have_ids_of_their_own() {
    let on = |device| {
        let plan = Plan::of(&sweep(""), device, |_| Ok::<_, Infallible>(facts("0f"))).unwrap();
        for trial in &plan.trials {
            assert_eq!(trial.device, device);
            assert_eq!(id(&trial.config, &facts("0f").checksums, device), trial.id);
        }
        plan.trials[0].id.clone()
    };
    let found = Kind::ALL.map(on);
    let expected =
        ["dc8212f7eca9", "7f0d48cbc28d", "714d01056ffd"].map(|hash| format!("drsae-t3-n40-s1-{hash}"));
    assert_eq!(found, expected);
}

#[test]
fn an_id_can_be_computed_from_the_trial_alone() {
    let plan = plan("[sweep.grid]\nmodel.steps = [1, 2]\n");
    for trial in &plan.trials {
        assert_eq!(id(&trial.config, &facts("0f").checksums, Kind::Cpu), trial.id);
        assert_ne!(id(&trial.config, &facts("0e").checksums, Kind::Cpu), trial.id);
    }
}

/// Cells that follow each other share tables, and what was worked out for them.
#[test]
fn an_id_can_be_computed_from_the_trial_after_any_other() {
    let plan = plan(
        "[sweep.grid]\nobjective.sparsity = [0.1, 0.2]\ndata.train = [900, 1000]\n\
         training.batch = [10, 20]\nmodel.steps = [1, 2]\n",
    );
    assert_eq!(plan.trials.len(), 32);
    for trial in &plan.trials {
        assert_eq!(id(&trial.config, &facts("0f").checksums, Kind::Cpu), trial.id);
    }
}

#[test]
fn ids_do_not_depend_on_how_or_for_what_the_trial_is_asked() {
    let base = plan("");
    let reordered = r#"seeds = [2, 1]
name = "other"
question = "Why?"
[training]
phases = [{ rate = 0.1, epochs = 1 }]
[model]
hidden = 40
steps = 7
[data]
validation = 500
train = 3000
[sweep.zip]
training.phases.0.rate = [0.001, 0.2]
model.steps = [3, 4]
"#;
    let other = plan_of(&Sweep::parse(reordered, "b.toml", &[]).unwrap()).unwrap();
    assert_eq!(other.trials[0].id, base.trials[1].id);
    assert_eq!(other.trials[2].id, base.trials[0].id);
}

#[test]
fn ids_depend_on_all_that_decides_the_result() {
    let id = |set: &str| {
        let sweep = Sweep::parse(BASE, "a.toml", &[set.to_owned()]).unwrap();
        plan_of(&sweep).unwrap().trials.remove(0).id
    };
    let sets = [
        "seeds=[1]",
        "seeds=[2]",
        "data.train=3001",
        "data.test=10",
        "data.glyph_seed=1",
        "data.centre=false",
        "data.scale=standard",
        "model.family=mlp",
        "model.bounds.encoder=1.26",
        "model.tie.encoder=false",
        "model.input=first",
        "model.start=he",
        "training.gradient=candle",
        "objective.sparsity=0.006",
        "training.batch=99",
        "training.phases.0.masking=0.1",
        "training.phases.0.frozen=['decoder']",
    ];
    let distinct: std::collections::BTreeSet<String> = sets.iter().map(|set| id(set)).collect();
    assert_eq!(distinct.len(), sets.len());
    assert_eq!(id("seeds=[1]"), id("model.steps=3"));

    let config = &sweep("").base;
    let hashed = |fingerprint: &str, numerics| {
        Identities::default().of(config, &facts(fingerprint).checksums, numerics, Kind::Cpu).trial(1)
    };
    assert_eq!(hashed("0f", NUMERICS_VERSION), id("seeds=[1]"));
    assert_ne!(hashed("0f", NUMERICS_VERSION), hashed("0e", NUMERICS_VERSION));
    assert_ne!(hashed("0f", NUMERICS_VERSION), hashed("0f", NUMERICS_VERSION + 1));
}

#[test]
fn data_are_known_by_content_and_not_by_folder() {
    let at = |folder: &str| {
        let sets = ["data.source=idx".to_owned(), format!("data.folder={folder}")];
        plan_of(&Sweep::parse(BASE, "a.toml", &sets).unwrap()).unwrap()
    };
    assert_eq!(ids(&at("./here")), ids(&at("/there")));
    assert_ne!(at("./here").trials[0].config, at("/there").trials[0].config);
}

#[test]
fn each_data_set_is_described_once() {
    let asked = Counter::new(0);
    let sweep = sweep("[sweep.grid]\nmodel.steps = [1, 2]\ndata.train = [1000, 2000]\n");
    let described = Plan::of(&sweep, Kind::Cpu, |data| {
        asked.set(asked.get() + 1);
        let shape = Shape { inputs: data.train.unwrap_or(0), ..facts("0f").shape };
        Ok::<_, Infallible>(Facts { shape, ..facts("0f") })
    });
    let plan = described.unwrap();
    assert_eq!(asked.get(), 2);
    assert_ne!(plan.trials[0].parameters, plan.trials[1].parameters);

    let refused = Plan::of(&sweep, Kind::Cpu, |_| Err::<Facts, _>("no such folder")).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "cannot learn what the data of the cell `model.steps` = 1, `data.train` = 1000 are"
    );
    assert_eq!(std::error::Error::source(&refused).unwrap().to_string(), "no such folder");
}

#[test]
fn widths_are_chosen_for_the_parameters_of_the_reference() {
    let more = r#"[sweep.grid]
model.hidden = [50, 100]
model.family = ["drsae", "untied", "mlp"]
[compare]
reference.model.family = "drsae"
match = "parameters"
"#;
    let plan = plan(more);
    insta::assert_snapshot!(rows(&plan), @"
    index trial model.hidden model.family seed parameters training_flops
    0 drsae-t3-n50-s1 50 drsae 1 81450 1062500000
    1 untied-t3-n25-s1 50 untied 1 79975 904500000
    2 mlp-t3-n48-s1 50 mlp 1 80496 1017120000
    3 drsae-t3-n100-s1 100 drsae 1 167900 2275000000
    4 untied-t3-n51-s1 100 untied 1 165801 1884960000
    5 mlp-t3-n94-s1 100 mlp 1 166286 2121580000
    6 drsae-t3-n50-s2 50 drsae 2 81450 1062500000
    7 untied-t3-n25-s2 50 untied 2 79975 904500000
    8 mlp-t3-n48-s2 50 mlp 2 80496 1017120000
    9 drsae-t3-n100-s2 100 drsae 2 167900 2275000000
    10 untied-t3-n51-s2 100 untied 2 165801 1884960000
    11 mlp-t3-n94-s2 100 mlp 2 166286 2121580000
    ");
    let reference = plan.trials[0].parameters;
    for trial in &plan.trials[..3] {
        assert!(trial.parameters <= reference && trial.parameters * 10 > reference * 9);
        assert_eq!(trial.settings[0].1, "50");
    }
    assert_eq!(plan.trials[0].config.model.hidden, 50);
    assert!(plan.trials[1].config.model.hidden < 50);
    let alone = &plan.trials[1];
    let recursion = crate::model::Recursion::of(&alone.config.model).unwrap();
    let expected = crate::model::budget::training_flops(&recursion, 784, 10);
    assert_eq!(alone.flops_per_image, expected);
}

#[test]
fn widths_are_chosen_for_the_operations_of_the_reference_in_any_wiring() {
    let more = r#"[sweep.grid]
model.tie.encoder = [true, false]
model.tie.recurrent = [true, false]
model.input = ["every", "first"]
[compare]
reference = { model.tie.encoder = true, model.tie.recurrent = true, model.input = "every" }
match = "operations"
"#;
    let trials = trials(more);
    let flops = |trial: &Trial, hidden| {
        let model = crate::model::Config { hidden, ..trial.config.model.clone() };
        crate::model::budget::training_flops(&crate::model::Recursion::of(&model).unwrap(), 784, 10)
    };
    assert_eq!(trials.len(), 8);
    for trial in &trials[1..] {
        let hidden = trial.config.model.hidden;
        assert!(trial.flops_per_image <= trials[0].flops_per_image, "{:?}", trial.settings);
        assert!(flops(trial, hidden + 1) > trials[0].flops_per_image, "{:?}", trial.settings);
    }
    // Untying S costs no operations, untying E does, unless x enters once.
    let widths: Vec<_> = trials.iter().map(|trial| trial.config.model.hidden).collect();
    assert_eq!(widths, [40, 40, 40, 40, 23, 40, 23, 40]);
}

#[test]
fn impossible_matches_name_the_cell() {
    let compare = "[compare]\nreference.model.family = \"drsae\"\nmatch = \"parameters\"\n";
    let refusal = |more: &str| plan_of(&sweep(&format!("{more}{compare}"))).unwrap_err().to_string();
    let families = "[sweep.grid]\nmodel.family = [\"drsae\", \"untied\"]\n";
    let refused = [
        refusal(&format!(
            "{families}model.steps = [2, 3]\n[[sweep.exclude]]\nmodel.steps = 3\nmodel.family = \"drsae\"\n"
        )),
        refusal(&format!("{families}model.steps = [100]\nmodel.hidden = [1]\n")),
        refusal(&format!("{families}model.hidden = [40, 41]\nmodel.steps = [11]\n")),
    ];
    let expected = [
        "the cell `model.family` = untied, `model.steps` = 3 has no reference: `compare.match` needs the cell \
         `model.family` = drsae, `model.steps` = 3, which is excluded or not in the sweep; exclude both or none",
        "impossible width: the cell `model.family` = untied, `model.steps` = 100, `model.hidden` = 1 cannot have \
         about the 1580 parameters of its reference; exclude it, or give the reference other sizes",
        "duplicate trial untied-t11-n6-s1-a68f2505dec9: the cells `model.family` = untied, `model.hidden` = 40, \
         `model.steps` = 11 and `model.family` = untied, `model.hidden` = 41, `model.steps` = 11 train the same \
         network; remove one",
    ];
    assert_eq!(refused, expected);
}

#[test]
fn a_condition_that_the_images_cannot_have_is_named() {
    let sealed =
        Sweep::parse(&format!("test = \"sealed\"\n{BASE}[conditions]\nocclusion = [28]"), "a.toml", &[]);
    let refused = plan_of(&sealed.unwrap()).unwrap_err();
    assert_eq!(
        (refused.key(), refused.to_string().as_str()),
        ("conditions", "`conditions.occlusion` has 28, which is impossible for images of 28 × 28 pixels")
    );
}

#[test]
fn the_experiments_can_be_planned_for_their_images() {
    for spec in crate::spec::tests::experiments() {
        let sweep = Sweep::load(&spec, &[]).unwrap();
        assert_eq!(plan_of(&sweep).unwrap().trials.len(), sweep.cells.len() * sweep.seeds.len());
    }
}

/// The bound is loose, for debug builds on a busy machine; it catches work per trial that
/// belongs to a cell.
#[test]
fn a_hundred_thousand_trials_are_planned_quickly() {
    let mut sweep = sweep(
        "[sweep.grid]\nmodel.family = [\"drsae\", \"untied\"]\nmodel.steps = [1, 2, 3, 5, 8]\n[compare]\nreference.model.family = \"drsae\"\nmatch = \"parameters\"\n",
    );
    sweep.seeds = (1..=10_000).collect();
    let start = std::time::Instant::now();
    let plan = plan_of(&sweep).unwrap();
    assert_eq!(plan.trials.len(), 100_000);
    assert!(start.elapsed().as_secs() < 10);
}

#[test]
fn a_label_changes_the_names_of_cells_and_no_trial() {
    let zip = "[sweep.zip]\nmodel.steps = [2, 11]\nobjective.sparsity = [0.1, 0.2]\n";
    let (bare, labelled) = (plan(zip), plan(&format!("{zip}label = [\"short\", \"+ deep\"]\n")));
    assert_eq!(ids(&labelled), ids(&bare));
    let configs = |plan: &Plan| plan.trials.iter().map(|trial| trial.config.clone()).collect::<Vec<_>>();
    assert_eq!(configs(&labelled), configs(&bare));
    insta::assert_snapshot!(rows(&labelled), @r"
    index trial label seed parameters training_flops
    0 drsae-t2-n40-s1 short 1 64760 814000000
    1 drsae-t11-n40-s1 + deep 1 64760 1030000000
    2 drsae-t2-n40-s2 short 2 64760 814000000
    3 drsae-t11-n40-s2 + deep 2 64760 1030000000
    ");
}

#[test]
fn trials_are_named_by_their_swept_values_and_seed() {
    let names = |more: &str| trials(more).iter().map(|trial| trial.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(""), ["seed 1"]);
    // An axis of one value tells nothing.
    let grid = "[sweep.grid]\nmodel.family = [\"drsae\"]\nmodel.steps = [2, 11]\nobjective.sparsity = [0.005, 1.0]\n";
    let expected = ["T=2 λ=0.005", "T=2 λ=1", "T=11 λ=0.005", "T=11 λ=1"];
    assert_eq!(names(grid), expected.map(|name| format!("{name} seed 1")));
    // Of axes that move together, as many name a cell as tell the cells apart.
    let together = "[sweep.zip]\nmodel.steps = [2, 2, 11]\nobjective.sparsity = [0.1, 0.2, 0.2]\ntraining.batch = [10, 20, 30]\n";
    assert_eq!(names(together), ["T=2 λ=0.1 seed 1", "T=2 λ=0.2 seed 1", "T=11 λ=0.2 seed 1"]);
    let zip = "[sweep.zip]\nlabel = [\"short\", \"+ deep\"]\nmodel.steps = [2, 11]\n";
    assert_eq!(names(zip), ["short seed 1", "+ deep seed 1"]);
    // Two settings of one name are told apart.
    let rates = "[sweep.grid]\ntraining.phases.0.sparsity = [0.2, 0.1]\nobjective.sparsity = [0.3, 0.4]\n";
    assert_eq!(names(rates)[0], "phases.0.sparsity=0.2 sparsity=0.3 seed 1");
    // Lists are cut.
    let phases = "[sweep.grid]\ntraining.phases = [[{ epochs = 1, rate = 1e-3, masking = 0.3 }], [{ epochs = 2, rate = 1e-3, masking = 0.3 }]]\n";
    let lists = names(phases);
    assert!(lists.iter().all(|name| name.starts_with("phases=") && name.contains('…')), "{lists:?}");
    assert_ne!(lists[0], lists[1]);
}
