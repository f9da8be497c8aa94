use std::fs;

use super::*;
use crate::provenance::tests::provenance;
use crate::store::outcome::tests::outcome;
use crate::store::{PredictionRow, file};

/// Four test images, of which the second and the last are misclassified.
const PREDICTIONS: [(u8, u8); 4] = [(7, 7), (2, 3), (1, 1), (0, 6)];

fn planned(index: usize, seed: u64) -> PlannedTrial {
    PlannedTrial {
        index,
        id: format!("drsae-{index}"),
        family: "drsae".to_owned(),
        steps: 11,
        hidden: 100,
        sparsity: 0.005,
        discriminative_weight: 1.0,
        seed,
        parameters: 169_500,
        axes: vec![("model.hidden".to_owned(), "100".to_owned())],
    }
}

fn store() -> (tempfile::TempDir, Store) {
    let results = tempfile::tempdir().unwrap();
    let store = Store::open(results.path(), "depth", "name = \"depth\"\n").unwrap();
    (results, store)
}

fn run(store: &Store, id: &str, outcome: &Outcome) {
    let attempt = store.attempt(id);
    let epoch = |epoch| EpochRow { trial: id.to_owned(), phase: 1, epoch, ..EpochRow::default() };
    attempt.write_epochs(&[epoch(1), epoch(2)]).unwrap();
    let row = |(index, (label, prediction))| PredictionRow { index, label, prediction };
    attempt.write_predictions(&PREDICTIONS.into_iter().enumerate().map(row).collect::<Vec<_>>()).unwrap();
    attempt.write_provenance(&provenance()).unwrap();
    attempt.finish(&Outcome { test_count: Some(PREDICTIONS.len()), ..outcome.clone() }).unwrap();
}

fn trials(store: &Store) -> String {
    fs::read_to_string(store.trials_csv()).unwrap()
}

#[test]
fn trials_and_epochs_are_in_plan_order() {
    let (_results, store) = store();
    run(&store, "drsae-1", &Outcome { status: Status::Diverged, test_error: None, ..outcome() });
    run(&store, "drsae-0", &outcome());
    let merged = store.merge(&[planned(2, 3), planned(1, 2), planned(0, 1)]).unwrap();
    insta::assert_snapshot!(trials(&store), @r"
    trial,index,family,steps,hidden,sparsity,discriminative_weight,seed,parameters,status,best_epoch,valid_error,test_error,test_images,model.hidden
    drsae-0,0,drsae,11,100,0.005,1.0,1,169500,complete,31,1.5,1.25,4,100
    drsae-1,1,drsae,11,100,0.005,1.0,2,169500,diverged,31,1.5,,,100
    drsae-2,2,drsae,11,100,0.005,1.0,3,169500,pending,,,,,100
    ");
    let expected = [(Status::Complete, 1), (Status::Diverged, 1), (Status::Pending, 1)];
    assert_eq!(merged.counts, BTreeMap::from(expected));
    let epochs = fs::read_to_string(store.epochs_csv()).unwrap();
    let starts: Vec<_> = epochs.lines().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(starts, ["trial", "drsae-0", "drsae-0", "drsae-1", "drsae-1"]);
}

#[test]
fn wall_clock_and_order_of_running_change_no_byte() {
    let plan = [planned(0, 1), planned(1, 2)];
    let merged = |order: [&str; 2], seconds| {
        let (_results, store) = store();
        for id in order {
            run(&store, id, &Outcome { seconds, ..outcome() });
        }
        store.merge(&plan).unwrap();
        let lasting = [Table::Trials, Table::Epochs, Table::Mistakes];
        lasting.map(|table| fs::read_to_string(store.table(table)).unwrap())
    };
    assert_eq!(merged(["drsae-0", "drsae-1"], 1.0), merged(["drsae-1", "drsae-0"], 2.0));
}

#[test]
fn mistakes_and_provenance_are_those_of_complete_trials() {
    let (_results, store) = store();
    run(&store, "drsae-2", &Outcome { seconds: 0.5, ..outcome() });
    run(&store, "drsae-1", &Outcome { status: Status::TimedOut, ..outcome() });
    run(&store, "drsae-0", &outcome());
    store.merge(&[planned(2, 3), planned(1, 2), planned(0, 1), planned(3, 4)]).unwrap();
    insta::assert_snapshot!(fs::read_to_string(store.mistakes_csv()).unwrap(), @r"
    index,image,label,predicted
    0,1,2,3
    0,3,0,6
    2,1,2,3
    2,3,0,6
    ");
    let written = fs::read_to_string(store.provenance_csv()).unwrap();
    insta::assert_snapshot!(written, @r#"
    index,trial,version,numerics,commit,dirty,rustc,lockfile,binary,data,cpu,device,cores,threads,system,started,seconds
    0,drsae-0,0.1.0,1,c0ffee,false,,10cf,b1a5,"images=00ff; labels=seed 1, train 2",Some CPU @ 2.00GHz,cpu,2,1,linux x86_64,2013-01-16T12:00:00Z,812.5
    2,drsae-2,0.1.0,1,c0ffee,false,,10cf,b1a5,"images=00ff; labels=seed 1, train 2",Some CPU @ 2.00GHz,cpu,2,1,linux x86_64,2013-01-16T12:00:00Z,0.5
    "#);
    assert!(!written.contains("/home"), "no folder of the machine");
}

#[test]
fn files_that_a_complete_trial_lacks_or_that_are_torn_are_named() {
    let (_results, store) = store();
    run(&store, "drsae-0", &outcome());
    let folder = store.trial("drsae-0").unwrap();
    let merge = || store.merge(&[planned(0, 1)]).map_err(|error| error.to_string());
    for name in [file::PREDICTIONS, file::PROVENANCE] {
        let path = folder.path().join(name);
        let whole = fs::read_to_string(&path).unwrap();
        let damages = [
            ("", "missing"),
            ("7", name),
            (&whole[..whole.len() / 2], name),
            (
                "a,b,c
1,2,3
",
                name,
            ),
        ];
        for (text, told) in damages {
            fs::write(&path, text).unwrap();
            if text.is_empty() {
                fs::remove_file(&path).unwrap();
            }
            let error = merge().unwrap_err();
            assert!(error.contains(told) && error.contains("run it again"), "{text:?}: {error}");
        }
        fs::write(&path, &whole).unwrap();
        merge().unwrap();
    }
    let swapped = "index,label,prediction
0,7,7
2,1,1
1,2,3
3,0,6
";
    fs::write(folder.path().join(file::PREDICTIONS), swapped).unwrap();
    let error = merge().unwrap_err();
    assert!(error.contains("image 1 stands where 2 should"), "{error}");
}

#[test]
fn provenance_of_a_newer_version_is_refused() {
    let (_results, store) = store();
    run(&store, "drsae-0", &outcome());
    let newer = crate::provenance::Provenance { format: crate::provenance::FORMAT + 1, ..provenance() };
    let path = store.trial("drsae-0").unwrap().path().join(file::PROVENANCE);
    fs::write(path, serde_json::to_string(&newer).unwrap()).unwrap();
    let error = store.merge(&[planned(0, 1)]).unwrap_err();
    assert!(error.to_string().contains("update drsae"), "{error}");
}

/// More than are in memory together.
#[test]
fn many_trials_are_merged_in_plan_order() {
    let (_results, store) = store();
    let plan: Vec<_> = (0..TOGETHER + 3).map(|index| planned(index, index as u64)).collect();
    for trial in &plan {
        run(&store, &trial.id, &outcome());
    }
    store.merge(&plan).unwrap();
    let mistakes = fs::read_to_string(store.mistakes_csv()).unwrap();
    let indices =
        mistakes.lines().skip(1).map(|line| line.split(',').next().unwrap().parse::<usize>().unwrap());
    assert!(indices.eq((0..plan.len()).flat_map(|index| [index, index])));
}

#[test]
fn a_torn_result_is_pending_and_reported() {
    let (_results, store) = store();
    run(&store, "drsae-0", &outcome());
    fs::write(store.trial("drsae-0").unwrap().path().join(file::RESULT), "{").unwrap();
    let merged = store.merge(&[planned(0, 1)]).unwrap();
    assert_eq!(merged.counts, BTreeMap::from([(Status::Pending, 1)]));
    assert!(matches!(&merged.unreadable[..], [Error::Malformed { .. }]), "{merged:?}");
}

#[test]
fn epochs_of_another_version_are_refused() {
    let (_results, store) = store();
    run(&store, "drsae-0", &outcome());
    fs::write(store.trial("drsae-0").unwrap().path().join(file::EPOCHS), "trial,loss\n").unwrap();
    let error = store.merge(&[planned(0, 1)]).unwrap_err();
    assert!(error.to_string().contains("another version"), "{error}");
}

#[test]
fn axes_find_their_columns() {
    assert_eq!(axis_column("objective.sparsity"), "sparsity");
    assert_eq!(axis_column("model.hidden"), "model.hidden");
}
