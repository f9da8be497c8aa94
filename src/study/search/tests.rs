use std::collections::BTreeMap;
use std::convert::Infallible;

use super::*;
use crate::data::{Facts, Layout, Shape};
use crate::device::Kind;
use crate::store::TrialRow;
use crate::study::SearchSpread;

const SPEC: &str = r#"name = "study"
seeds = 2
[data]
train = 3000
validation = 500
[model]
hidden = 20
[training]
phases = [{ epochs = 6, rate = 1e-3, discriminative = true }]
[sweep.grid]
model.family = ["drsae", "mlp"]
[search]
method = "halving"
configurations = 6
rungs = [2]
seeds = [11, 12]
widen = 1
[search.space]
training.phases.0.rate = { log = [1e-4, 1e-2] }
[compare]
reference = { model.family = "drsae" }
match = "parameters"
"#;

fn plan(sweep: &Sweep) -> Plan {
    let shape = Shape { inputs: 784, classes: 10, train: 3000, test: 10 };
    let facts = Facts { shape, layout: Layout::square(28), checksums: BTreeMap::new() };
    Plan::of(sweep, Kind::Cpu, |_| Ok::<_, Infallible>(facts.clone())).unwrap()
}

/// The merged table of trials with these validation errors; `None` for one that diverged.
fn table(plan: &Plan, error: impl Fn(&Trial) -> Option<f64>) -> TrialTable {
    let row = |trial: &Trial| TrialRow {
        trial: trial.id.clone(),
        index: trial.index,
        family: trial.config.model.family.name().to_owned(),
        seed: trial.config.seed,
        status: if error(trial).is_some() { Status::Complete } else { Status::Diverged },
        best_epoch: error(trial).map(|_| 1),
        valid_error: error(trial),
        ..TrialRow::default()
    };
    let text = TrialRow::csv(&plan.trials.iter().map(row).collect::<Vec<_>>()).unwrap();
    TrialTable::parse("trials.csv".into(), &text).unwrap()
}

fn rate(trial: &Trial) -> f64 {
    trial.config.training.phases[0].rate
}

/// Runs a search in which trials have these errors, or diverge; and reads it.
fn decided<R>(
    text: &str,
    error: impl Fn(&Trial) -> Option<f64>,
    read: impl Fn(&Search) -> R,
) -> Result<R, Error> {
    let sweep = Sweep::parse(text, "a.toml", &[]).unwrap();
    let planned = plan(&sweep);
    let mut search = Search::begin(&sweep, &planned)?;
    while search.stage() != Stage::Done {
        let plan = plan(&search.sweep()?);
        search.advance(&plan, &table(&plan, &error))?;
    }
    Ok(read(&search))
}

/// Runs a search in which a trial whose rate is above 2e-3 diverges, and the others have these errors; and reads it.
fn run<R>(text: &str, error: impl Fn(&Trial) -> f64, read: impl Fn(&Search) -> R) -> Result<R, Error> {
    let error = |trial: &Trial| (rate(trial) <= 2e-3).then(|| error(trial) + trial.config.seed as f64 / 1e6);
    decided(text, error, read)
}

/// The distance from a rate, in tenths of an order of magnitude.
fn distance(trial: &Trial, best: f64) -> f64 {
    10.0 * (rate(trial) / best).log10().abs()
}

fn searched(text: &str, best: f64) -> Result<Vec<SearchRow>, Error> {
    run(text, |trial| distance(trial, best), |search| search.rows().to_vec())
}

#[test]
fn the_best_of_each_rung_goes_on_and_every_group_spends_the_same() {
    let rows = searched(SPEC, 1e-3).unwrap();
    for group in ["drsae", "mlp"] {
        let own: Vec<_> = rows.iter().filter(|row| row.group == group).collect();
        let first: Vec<_> = own.iter().filter(|row| row.stage == "rung 1").collect();
        assert_eq!(first.len(), 6);
        let errors: Vec<f64> = first.iter().filter_map(|row| row.valid_error_mean).collect();
        assert!(errors.is_sorted() && errors.len() < 6, "those that diverged come last: {errors:?}");
        assert_eq!(first.iter().filter(|row| row.promoted).count(), 2);
        assert!(first[0].promoted && first[1].promoted);
        let last = own.last().unwrap();
        // Six of two epochs, two of four more, and one of six; two seeds each.
        assert_eq!((last.spent_configurations, last.spent_epochs), (7, 2 * (12 + 8 + 6)));
        assert_eq!(last.spent_images, last.spent_epochs * 2500);
        assert_eq!(own.iter().filter(|row| row.chosen).count(), 1);
    }
}

#[test]
fn a_group_of_which_many_diverge_promotes_as_many_as_the_others() {
    let rungs = "configurations = 8\nrungs = [2, 4]\nreduction = 2";
    let text = SPEC.replace("configurations = 6\nrungs = [2]", rungs);
    let sweep = Sweep::parse(&text, "a.toml", &[]).unwrap();
    let planned = plan(&sweep);
    let first = plan(&Search::begin(&sweep, &planned).unwrap().sweep().unwrap());
    let mut rates: Vec<f64> = first.trials.iter().map(rate).collect();
    rates.sort_by(f64::total_cmp);
    rates.dedup();
    let is_stable = |trial: &Trial| trial.config.model.family.name() == "drsae" || rate(trial) <= rates[1];
    let error = |trial: &Trial| is_stable(trial).then(|| rate(trial));
    let rows = decided(&text, error, |search| search.rows().to_vec()).unwrap();
    let counts = |group: &str| {
        ["rung 1", "rung 2", "rung 3"]
            .map(|stage| rows.iter().filter(|row| row.group == group && row.stage == stage).count())
    };
    assert_eq!((counts("drsae"), counts("mlp")), ([8, 4, 2], [8, 2, 2]));
}

#[test]
fn configurations_have_the_size_and_the_cost_of_their_own_networks() {
    let text = SPEC
        .replace("method = \"halving\"\nconfigurations = 6\nrungs = [2]\n", "method = \"grid\"\n")
        .replace("widen = 1\n", "choose = \"one-standard-error\"\n")
        .replace("training.phases.0.rate = { log = [1e-4, 1e-2] }", "model.hidden = [40, 20, 10]")
        .replace("match = \"parameters\"\n", "");
    let read = |search: &Search| {
        let hidden: Vec<_> = search.chosen_rows().iter().map(|row| row.settings[0].1.as_integer()).collect();
        let trained = plan(&search.sweep().unwrap());
        let own = trained.trials.iter().filter(|trial| trial.config.model.family.name() == "mlp");
        let operations: u64 = own.map(|trial| trial.training_flops).sum();
        let last = search.rows().iter().rfind(|row| row.group == "mlp").unwrap();
        (hidden, last.spent_operations, operations)
    };
    // All are alike.
    let (hidden, spent, operations) = run(&text, |_| 1.0, read).unwrap();
    assert_eq!(hidden, [Some(10), Some(10)]);
    assert_eq!(spent, operations);
}

#[test]
fn contrasts_that_share_their_seeds_add_no_degrees_of_freedom() {
    let text = SPEC.replace("[\"drsae\", \"mlp\"]", "[\"drsae\", \"mlp\", \"untied\"]");
    // Differences of 1 and 0, and of 3 and 0, whose variances are 0.5 and 4.5.
    let error = |trial: &Trial| match (trial.config.model.family.name(), trial.config.seed) {
        ("mlp", 11) => Some(1.0),
        ("untied", 11) => Some(3.0),
        _ => Some(0.0),
    };
    let spread = |search: &Search| SearchSpread::of(search.cells.sweep, search).unwrap();
    let spread = decided(&text, error, spread).unwrap();
    assert_eq!((spread.freedom, spread.contrasts), (1, 2));
    assert!((spread.sd - 2.5_f64.sqrt()).abs() < 1e-12, "{}", spread.sd);
    // χ² with one degree of freedom is a squared normal value, and Φ(0.253347) = 0.6.
    let ratio = spread.upper() / spread.sd * 0.253_347;
    assert!((ratio - 1.0).abs() < 1e-3, "{ratio}");
}

#[test]
fn choices_are_in_the_order_of_the_groups_whatever_their_stage() {
    let error = |trial: &Trial| match trial.config.model.family.name() {
        "drsae" => distance(trial, 1e-6),
        // All are alike, so that the first is chosen.
        _ => 0.0,
    };
    let row = |row: &&SearchRow| (row.group.clone(), row.stage.starts_with("widening"));
    let chosen = run(SPEC, error, |search| search.chosen_rows().iter().map(row).collect::<Vec<_>>()).unwrap();
    assert_eq!(chosen, [("drsae".to_owned(), true), ("mlp".to_owned(), false)]);
}

#[test]
fn where_the_best_is_the_least_the_next_lies_beyond() {
    let rows = searched(SPEC, 1e-6).unwrap();
    let value = |row: &SearchRow| row.settings[0].1.as_float().unwrap();
    let tried = rows.iter().filter(|row| row.group == "mlp" && row.stage == "rung 1").map(value);
    let least = tried.fold(f64::INFINITY, f64::min);
    let wider = rows.iter().find(|row| row.group == "mlp" && row.stage == "widening 1").unwrap();
    assert!(value(wider) < least && wider.chosen, "{wider:?}");
}

#[test]
fn a_group_of_which_all_diverge_has_no_choice() {
    let text = SPEC.replace("[1e-4, 1e-2]", "[5e-3, 1e-2]");
    let error = searched(&text, 1e-3).unwrap_err().to_string();
    assert!(error.starts_with("no configuration of the group drsae can be chosen"), "{error}");
}

#[test]
fn a_trial_without_an_error_stops_the_search() {
    let sweep = Sweep::parse(SPEC, "a.toml", &[]).unwrap();
    let planned = plan(&sweep);
    let mut search = Search::begin(&sweep, &planned).unwrap();
    let plan = plan(&search.sweep().unwrap());
    let error = search.advance(&plan, &TrialTable::default()).unwrap_err().to_string();
    assert!(error.ends_with("which is pending; run `drsae search` again"), "{error}");

    // A diverged seed decides its configuration, but not whether the others have ended.
    let first = plan.trials[0].config.seed;
    let mut diverged = plan.clone();
    diverged.trials.retain(|trial| trial.config.seed == first);
    let trials = table(&diverged, |_| None);
    assert!(!search.is_decided(&plan, &trials));
    assert!(search.is_decided(&plan, &table(&plan, |trial| (trial.config.seed != first).then_some(1.0))));
}

#[test]
fn trials_of_a_later_rung_continue_those_of_the_earlier() {
    let sweep = Sweep::parse(SPEC, "a.toml", &[]).unwrap();
    let planned = plan(&sweep);
    let mut search = Search::begin(&sweep, &planned).unwrap();
    let first = plan(&search.sweep().unwrap());
    search.advance(&first, &table(&first, |trial| Some(rate(trial)))).unwrap();
    let second = plan(&search.sweep().unwrap());
    let known: Vec<_> = first.trials.iter().map(|trial| &trial.id).collect();
    assert!(known.iter().all(|id| second.trials.iter().any(|trial| trial.id == **id)));
    let fresh: Vec<_> = second.trials.iter().filter(|trial| !known.contains(&&trial.id)).collect();
    assert_eq!(fresh.len(), 8, "two configurations, two cells, two seeds");
    for trial in fresh {
        let paused = first.trials.iter().find(|paused| trial.paused_id() == Some(&paused.id)).unwrap();
        assert_eq!(trial.own_flops(), trial.training_flops - paused.training_flops);
    }
    // Widths are matched in the search as in the confirmation.
    let mlp = |plan: &Plan| {
        plan.trials.iter().find(|trial| trial.config.model.family.name() == "mlp").unwrap().parameters
    };
    assert_eq!(mlp(&second), mlp(&planned));
}
