//! A CSV file as each table of a trial or an anatomy, and as each merged table.

use std::error::Error;

use drsae::analysis::{Analysis, Input, Space, SweepDesign};
use drsae::anatomy::tables::{CurveRow, Measurement, NetworkRow, UnitRow, read};
use drsae::store::{
    self, EpochRow, PredictionRow, Store, StoredTables, Survey, TimingRow, TrialFile, TrialFolder,
    TrialTable, parse_rows,
};
use drsae::verify::{Audit, AuditedFolder};

use super::sweep::Tiny;

const TRIALS: &[u8] = include_bytes!("../seeds/tables/good-trials.csv");
const RESULT: &[u8] =
    br#"{"format":1,"status":"failed","message":"why","parameters":1,"epochs":1,"seconds":1.0}"#;
const EPOCHS: &[u8] = include_bytes!("../seeds/tables/good-epochs.csv");

/// Reads the table in every place where one is read.
pub fn run(input: &[u8]) -> bool {
    let tiny = Tiny::new();
    let is_analysed = merged(&tiny, input);
    kept(&tiny, input);
    let is_of_an_anatomy = of_an_anatomy(input);
    of_a_trial(&tiny, input) || is_analysed || is_of_an_anatomy
}

/// Reads the tables of `drsae inspect --merge`.
fn of_an_anatomy(input: &[u8]) -> bool {
    fn is_read<R: NetworkRow>(input: &[u8]) -> bool {
        match read::<R>(input) {
            Ok(_) => true,
            Err(error) => {
                assert!(error.to_string().contains(R::FILE), "{error:?}");
                false
            }
        }
    }
    is_read::<Measurement>(input) | is_read::<UnitRow>(input) | is_read::<CurveRow>(input)
}

/// Reads the tables of `drsae analyze`.
fn merged(tiny: &Tiny, input: &[u8]) -> bool {
    let read = |trials: &[u8], mistakes: Option<&[u8]>, design: &SweepDesign| {
        let mistakes = mistakes.map(|text| parse_rows("mistakes.csv".as_ref(), text)).transpose()?;
        let trials = TrialTable::parse("trials.csv".into(), trials)?;
        let input = Input { trials, mistakes, conditions: Vec::new() };
        Analysis::of(&input, design)
    };
    let mut is_accepted = false;
    let design = SweepDesign::of(&tiny.sweep);
    for (design, trials, mistakes) in
        [(&design, input, None), (&SweepDesign::default(), input, None), (&design, TRIALS, Some(input))]
    {
        match read(trials, mistakes, design) {
            Ok(analysis) => {
                is_accepted = true;
                analysis.files().expect("tables of a table");
                assert!(analysis.render(Space::of_columns(80), "analysis").ends_with('\n'));
            }
            Err(error) => {
                let text = error.to_string();
                let named = ["trials.csv", "mistakes.csv", "[compare]"];
                assert!(named.iter().any(|name| text.contains(name)), "{error:?}");
            }
        }
    }
    is_accepted
}

/// Verifies a folder that is stored without its trials.
fn kept(tiny: &Tiny, input: &[u8]) {
    let replaced: [&[&str]; 4] = [
        &["trials.csv"],
        &["epochs.csv"],
        &["mistakes.csv", "provenance.csv"],
        &["plan.csv", "sweep.toml", "analysis/summary.csv"],
    ];
    for names in replaced {
        tiny.put("trials.csv", TRIALS);
        tiny.put("epochs.csv", EPOCHS);
        for name in names {
            tiny.put(name, input);
        }
        let Tiny { sweep, plan, planned, .. } = tiny;
        let store = tiny.store();
        joined(tiny, &store);
        let mut audit = Audit::begin(
            AuditedFolder { store: &store, sweep, plan, planned, rerun: "drsae sweep tiny.toml" },
            None,
        );
        audit.check_tables();
        assert!(!audit.conclude().holds(), "the folder has neither spec nor analysis");
    }
}

/// Reads the stored tables of a merge.
fn joined(tiny: &Tiny, store: &Store) {
    let read = store.trial_table().and_then(|trials| {
        StoredTables::read(store, &trials)?;
        store.survey(&tiny.planned, trials).and_then(Survey::texts)
    });
    if let Err(error) = read {
        assert!(error.to_string().contains(".csv"), "{error}");
    }
}

/// Reads the tables of a trial, as a resumed trial and `drsae verify` do.
fn of_a_trial(tiny: &Tiny, input: &[u8]) -> bool {
    for name in ["epochs.csv", "timing.csv", "predictions.csv"] {
        tiny.put(&format!("trials/trial-0/{name}"), input);
    }
    let store = tiny.store();
    tiny.put("trials/trial-0/result.json", RESULT);
    let (merged, _) = store
        .survey(&tiny.planned, store::TrialTable::default())
        .and_then(Survey::texts)
        .expect("a folder that is no good keeps no other from being merged");
    assert!(merged.damaged.iter().all(|error| error.to_string().contains("epochs.csv")), "{merged:?}");
    let folder = tiny.trial();
    let accepted =
        [is_read::<EpochRow>(&folder), is_read::<TimingRow>(&folder), is_read::<PredictionRow>(&folder)];
    accepted.contains(&true)
}

/// An error names the file and the line.
fn is_read<R: TrialFile>(folder: &TrialFolder) -> bool {
    let Err(error) = folder.read_rows::<R>() else { return true };
    let text = error.to_string();
    assert!(text.contains(R::FILE) && text.contains("line"), "{text}: {:?}", error.source());
    false
}
