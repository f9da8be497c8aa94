mod conditions;
mod labels;
mod properties;
mod refusals;
mod settings;
mod studies;

use std::path::Path;

use super::*;

const BASE: &str = r#"name = "small"
question = "Is it read?"
seeds = 2

[data]
source = "strokes"
train = 3000
validation = 500

[model]
steps = 3
hidden = 40

[training]
phases = [
  { epochs = 1, rate = 1e-3 },
  { epochs = 2, rate = 1e-3, discriminative = true },
]
"#;

fn parse(text: &str, overrides: &[&str]) -> Result<Sweep, Error> {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    Sweep::parse(text, "a.toml", &overrides)
}

/// The base spec, whose last line is the 18th, and `more` from line 19 on.
fn with(more: &str) -> Result<Sweep, Error> {
    parse(&format!("{BASE}{more}"), &[])
}

#[test]
fn a_spec_without_axes_is_one_cell() {
    let sweep = with("").unwrap();
    assert_eq!((sweep.name.as_str(), sweep.seeds.as_slice()), ("small", [1, 2].as_slice()));
    assert_eq!(sweep.cells.len(), 1);
    assert_eq!(sweep.cells[0].config, sweep.base);
    assert_eq!(sweep.base.training.phases[1].rate.to_string(), "0.001");
}

#[test]
fn grid_meets_zip_and_loses_what_is_excluded() {
    let more = r#"
[sweep.grid]
"model.steps" = [1, 2]
model.family = ["drsae", "mlp"]
[sweep.zip]
"training.phases.0.rate" = [0.1, 0.2]
"training.phases.1.rate" = [0.3, 0.4]
[[sweep.exclude]]
"model.steps" = 1
"model.family" = "mlp"
"#;
    let sweep = with(more).unwrap();
    let cells: Vec<String> = sweep
        .cells
        .iter()
        .map(|cell| cell.settings.iter().map(|(_, value)| text(value)).collect::<Vec<_>>().join(" "))
        .collect();
    let expected = [
        "1 drsae 0.1 0.3",
        "1 drsae 0.2 0.4",
        "2 drsae 0.1 0.3",
        "2 drsae 0.2 0.4",
        "2 mlp 0.1 0.3",
        "2 mlp 0.2 0.4",
    ];
    assert_eq!(cells, expected);
    let last = &sweep.cells[5].config;
    assert_eq!((last.model.steps, last.model.family), (2, crate::model::Family::Mlp));
    assert_eq!(last.training.phases[1].rate.to_string(), "0.4");
}

#[test]
fn overrides_come_before_everything_else() {
    let more = "[sweep.grid]\nmodel.steps = [1, 2]\n\"model.family\" = [\"drsae\", \"mlp\"]\n";
    let sets = [
        "name=other",
        "seeds=[7]",
        "sweep.grid.model.steps=[5]",
        "training.phases.1.rate=0.5",
        "model.bounds.decoder=2",
    ];
    let sweep = parse(&format!("{BASE}{more}"), &sets).unwrap();
    assert_eq!((sweep.name.as_str(), sweep.seeds.as_slice()), ("other", [7].as_slice()));
    assert_eq!(sweep.axes[0].path, "model.steps");
    assert_eq!(sweep.cells.len(), 2);
    let config = &sweep.cells[1].config;
    assert_eq!((config.model.steps, config.model.bounds.decoder.to_string()), (5, "2".into()));
    assert_eq!(config.training.phases[1].rate.to_string(), "0.5");
}

/// The specs in `experiments/` and its folders.
pub(crate) fn experiments() -> Vec<std::path::PathBuf> {
    files("experiments")
}

/// The TOML files below a folder of the repository. Data may lie beside a spec.
fn files(folder: &str) -> Vec<std::path::PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(end) if end == "toml" => files.push(path),
                _ => {}
            }
        }
    }
    files
}

/// The path of a spec below `folder`, without its ending.
fn name_below(folder: &str, path: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    path.strip_prefix(root).unwrap().with_extension("").to_str().unwrap().replace('\\', "/")
}

#[test]
fn the_experiments_are_specs_and_named_as_their_files() {
    for path in experiments() {
        let sweep = Sweep::load(&path, &[]).unwrap();
        assert_eq!(sweep.name, name_below("experiments", &path));
        assert_eq!(Sweep::parse(&sweep.to_toml().unwrap(), "again", &[]).unwrap(), sweep);
    }
}

#[test]
fn every_stored_sweep_lies_where_its_experiment_does() {
    let names: Vec<_> = experiments().iter().map(|path| name_below("experiments", path)).collect();
    let stored = files("results").into_iter().filter(|path| path.ends_with("sweep.toml"));
    let mut count = 0;
    for path in stored {
        let name = name_below("results", path.parent().unwrap());
        // The search of a study lies in the folder of the study.
        let study = name.strip_suffix("/search").filter(|study| names.iter().any(|known| known == study));
        assert!(study.is_some() || names.contains(&name), "{name} has no experiment");
        assert_eq!(Sweep::load(&path, &[]).unwrap().name, name);
        count += 1;
    }
    assert!(count > 10, "{count} sweeps are stored");
}

#[test]
fn writes_every_default() {
    let more = "[[sweep.zip]]\nmodel.steps = [1, 2]\nmodel.hidden = [3, 4]\n[[sweep.zip]]\nobjective.sparsity = [0, 0.5]\n[[sweep.exclude]]\nmodel.hidden = 3\nobjective.sparsity = 0.5\n[compare]\nmargin = 1\nmatch = \"parameters\"\nreference.model.steps = 2\n[[compare.effects]]\nname = \"depth\"\nplus = [{ model.steps = 2 }]\nminus = [{ model.steps = 1 }]\n[[published]]\nsystem = \"one\"\nerror = 1.5\nsource = \"a table\"\n";
    let written = with(more).unwrap().to_toml().unwrap();
    insta::assert_snapshot!(written, @r#"
    name = "small"
    question = "Is it read?"
    seeds = 2

    [data]
    source = "strokes"
    validation = 500
    train = 3000

    [model]
    family = "drsae"
    steps = 3
    hidden = 40
    decoder_nonnegative = false

    [model.bounds]
    decoder = 1.0
    encoder = 1.25
    classifier = 5.0

    [objective]
    sparsity = 0.005
    discriminative_weight = 1.0

    [training]
    batch = 100

    [[training.phases]]
    epochs = 1
    rate = 0.001
    schedule = "cosine"
    optimizer = "adam"
    momentum = 0.9
    discriminative = false
    masking = 0.0
    frozen = []

    [training.phases.multipliers]

    [[training.phases]]
    epochs = 2
    rate = 0.001
    schedule = "cosine"
    optimizer = "adam"
    momentum = 0.9
    discriminative = true
    masking = 0.0
    frozen = []

    [training.phases.multipliers]

    [[sweep.zip]]
    "model.steps" = [1, 2]
    "model.hidden" = [3, 4]

    [[sweep.zip]]
    "objective.sparsity" = [0, 0.5]

    [[sweep.exclude]]
    "model.hidden" = 3
    "objective.sparsity" = 0.5

    [compare]
    reference = { "model.steps" = 2 }
    match = "parameters"
    margin = 1.0

    [[compare.effects]]
    name = "depth"
    plus = [{ "model.steps" = 2 }]
    minus = [{ "model.steps" = 1 }]
    by = ["objective.sparsity"]

    [[published]]
    system = "one"
    error = 1.5
    source = "a table"
    "#);
}
