//! The `[search]` table, tuned axes and sealed test images.

use super::*;
use crate::spec::{Choice, Method, Range, TestSet, Values};

const SEARCH: &str = r#"
[search]
method = "halving"
configurations = 12
rungs = [3, 4]
seeds = [101, 102]
widen = 2

[search.space]
"training.phases.*.rate" = { log = [1e-3, 1e-2] }
objective.sparsity = [0.005, 0.01]
model.initial_step = { linear = [0.1, 1.0] }
"#;

/// Five epochs, the first without the class term, and two axes.
fn study() -> String {
    let base = BASE.replace("epochs = 2", "epochs = 4");
    format!("{base}[sweep.grid]\nmodel.family = [\"drsae\", \"mlp\"]\nmodel.steps = [1, 2]\n{SEARCH}")
}

fn refusal(from: &str, to: &str) -> String {
    assert!(study().contains(from), "{from}");
    parse(&study().replacen(from, to, 1), &[]).unwrap_err().to_string()
}

#[test]
fn a_search_is_read_and_written_back() {
    let sweep = parse(&study(), &[]).unwrap();
    let search = sweep.search.clone().unwrap();
    assert_eq!(search.method, Method::Halving { configurations: 12, rungs: vec![3, 4], reduction: 3 });
    assert_eq!((search.seeds.as_slice(), search.choose, search.widen), (&[101, 102][..], Choice::Least, 2));
    assert_eq!(search.by, sweep.axes.iter().map(|axis| axis.path.clone()).collect::<Vec<_>>());
    let paths: Vec<_> = search.space.iter().map(|dimension| dimension.path.as_str()).collect();
    assert_eq!(paths, ["training.phases.*.rate", "objective.sparsity", "model.initial_step"]);
    assert_eq!(search.space[0].values, Values::Range(Range::Log(1e-3, 1e-2)));
    assert_eq!(sweep.test, TestSet::Sealed);
    let again = Sweep::parse(&sweep.to_toml().unwrap(), "a.toml", &[]).unwrap();
    assert_eq!(again, sweep);
}

#[test]
fn a_count_of_seeds_begins_far_from_those_of_the_sweep() {
    let sweep = parse(&study().replace("seeds = [101, 102]", "seeds = 2"), &[]).unwrap();
    assert_eq!(sweep.search.unwrap().seeds, [1001, 1002]);
}

#[test]
fn what_a_search_cannot_be_names_its_line() {
    let refused = [
        refusal("seeds = [101, 102]", "seeds = [2, 3]"),
        refusal("rungs = [3, 4]", "rungs = [1, 4]"),
        refusal("rungs = [3, 4]", "rungs = [4, 4]"),
        refusal("rungs = [3, 4]", "rungs = [4, 5]"),
        refusal("rungs = [3, 4]\n", ""),
        refusal("\"halving\"", "\"random\""),
        refusal("\"halving\"\nconfigurations = 12\nrungs = [3, 4]", "\"grid\""),
        refusal("configurations = 12", "configurations = 1"),
        refusal("[1e-3, 1e-2]", "[1e-2, 1e-3]"),
        refusal("log = [1e-3, 1e-2]", "log = [0.0, 1e-2]"),
        refusal("{ linear = [0.1, 1.0] }", "0.5"),
        refusal("{ linear = [0.1, 1.0] }", "[]"),
        refusal("objective.sparsity", "objective.sparsitty"),
        refusal("objective.sparsity = [0.005, 0.01]", "model.steps = [3]"),
        refusal("\"training.phases.*.rate\" = { log = [1e-3, 1e-2] }", "training.phases.0.epochs = [1, 2]"),
        refusal("widen = 2", "by = [\"model.family\", \"model.stepz\"]"),
        parse(&format!("test = \"open\"\n{}", study()), &[]).unwrap_err().to_string(),
        parse(&study(), &["data.validation=0"]).unwrap_err().to_string(),
    ];
    insta::assert_snapshot!(refused.join("\n"), @r#"
    a.toml:27:1: `search.seeds` shares the seed 2 with `seeds`: the chosen settings are confirmed with seeds of their own
    a.toml:26:10: `search.rungs.0` is 1, before the first epoch of a discriminative phase
    a.toml:26:13: `search.rungs.1` must be above 4 and below the 5 epochs of the schedule, not 4
    a.toml:26:13: `search.rungs.1` must be above 4 and below the 5 epochs of the schedule, not 5
    a.toml:23:2: `search.rungs` lists the epochs at which trials pause, and is missing
    a.toml:26:1: `search.rungs` has no effect with `method = "random"`
    a.toml:28:9: `search.space` has a range of `training.phases.*.rate`, and a grid needs a list of values
    a.toml:25:1: `search.configurations` must be between 2 and 10000, not 1
    a.toml:31:30: `training.phases.*.rate.log` must be two numbers that ascend, of `log` above 0, not [0.01, 0.001]
    a.toml:31:30: `training.phases.*.rate.log` must be two numbers that ascend, of `log` above 0, not [0.0, 0.01]
    a.toml:33:7: `model.initial_step` must be a list of values, or a range such as { log = [1e-3, 1e-2] }, not 0.5
    a.toml:33:7: axis `model.initial_step` has no values; list at least one, or remove the axis
    a.toml:32:11: unknown key `objective.sparsitty`; did you mean `objective.sparsity`?
    a.toml:32:7: `search.space` has `model.steps`, and the sweep has the axis `model.steps`
    a.toml:30:9: `search.space` has `training.phases.0.epochs`, and every configuration has the same number of epochs
    a.toml:28:23: `model.stepz` is not an axis of this sweep; did you mean `model.steps`?
    a.toml:1:1: `test` must be "sealed" in a spec with `[search]`
    --set data.validation=0: `data.validation` must be more than 0 where the test images are sealed: weights are kept by validation error
    "#);
}

#[test]
fn images_and_matched_sizes_are_not_searched() {
    let searched = |setting: &str, more: &str| {
        let text = study().replace("objective.sparsity = [0.005, 0.01]", setting);
        parse(&format!("{text}{more}"), &[]).map_err(|error| error.to_string())
    };
    for data in ["data.train = [3000, 4000]", "data.validation = [400, 500]", "data.glyph_seed = [1, 2]"] {
        let error = searched(data, "").unwrap_err();
        let path = data.split(' ').next().unwrap();
        let reason = format!("has `{path}`, and all configurations have the same images; make it an axis");
        assert!(error.contains(&reason), "{error}");
    }
    searched("data.centre = [true, false]", "").unwrap();

    let matched = "[compare]\nreference = { model.family = \"drsae\" }\nmatch = \"parameters\"\n";
    for size in [
        "model.hidden = [20, 40]",
        "model.tie.threshold = [true, false]",
        "model.input = [\"every\", \"first\"]",
        "model.classifier_bias = [true, false]",
    ] {
        let error = searched(size, matched).unwrap_err();
        let path = size.split(' ').next().unwrap();
        let reason = format!("has `{path}`, which may change the size that `compare.match` holds equal");
        assert!(error.contains(&reason), "{error}");
        searched(size, "").unwrap();
    }
    searched("model.bounds.classifier = [5.0, 10.0]", matched).unwrap();
}

#[test]
fn halving_needs_one_number_of_epochs() {
    let text = study().replace("model.steps = [1, 2]", "training.phases.1.epochs = [4, 8]");
    let error = parse(&text, &[]).unwrap_err().to_string();
    let place = "`sweep.grid.training.phases.1.epochs` sets the epochs of phases";
    assert!(error.starts_with("a.toml:21:") && error.contains(place), "{error}");
    let random = "\"random\"\nconfigurations = 12";
    let text = text.replace("\"halving\"\nconfigurations = 12\nrungs = [3, 4]", random);
    parse(&text, &[]).unwrap();
    let rates = study().replace("model.steps = [1, 2]", "training.phases.1.masking = [0.0, 0.2]");
    parse(&rates, &[]).unwrap();
}

#[test]
fn a_grid_of_too_many_combinations_is_refused_before_it_is_made() {
    let spec = study()
        .replace("method = \"halving\"\nconfigurations = 12\nrungs = [3, 4]", "method = \"grid\"")
        .replace("{ log = [1e-3, 1e-2] }", "[1e-3, 1e-2]")
        .replace(
            "model.initial_step = { linear = [0.1, 1.0] }",
            "training.batch = { integer = [1, 1000000] }",
        );
    let refused = parse(&spec, &[]).unwrap_err().to_string();
    assert!(refused.contains("`search.space` has more than 10000 combinations"), "{refused}");
    let few = spec.replace("[1, 1000000]", "[1, 2500]");
    assert_eq!(parse(&few, &[]).unwrap().search.unwrap().method, Method::Grid);
}

#[test]
fn tuned_axes_leave_one_reference_for_each_cell() {
    let spec = |tuned: &str| {
        format!(
            "{BASE}[sweep.zip]\nmodel.family = [\"drsae\", \"mlp\"]\nobjective.sparsity = [0.01, 0.02]\n\
             [compare]\nreference = {{ \"model.family\" = \"drsae\" }}\ntuned = {tuned}\n"
        )
    };
    let sweep = parse(&spec("[\"objective.sparsity\"]"), &[]).unwrap();
    assert_eq!(sweep.compare.as_ref().unwrap().tuned, ["objective.sparsity"]);
    assert_eq!(Sweep::parse(&sweep.to_toml().unwrap(), "a.toml", &[]).unwrap(), sweep);
    let refused = |text: String| parse(&text, &[]).unwrap_err().to_string();
    assert!(refused(spec("[\"model.family\"]")).contains("which is an axis of the reference"));
    assert!(refused(spec("[\"objective.sparsitty\"]")).contains("did you mean `objective.sparsity`?"));
    let twice = spec("[\"objective.sparsity\"]").replace("[\"drsae\", \"mlp\"]", "[\"mlp\", \"mlp\"]");
    assert!(refused(twice.replace("= \"drsae\" }", "= \"mlp\" }")).contains("differ in tuned axes alone"));
}
