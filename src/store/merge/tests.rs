use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::provenance::tests::provenance;
use crate::store::io::Io;
use crate::store::io::simulated::{Fault, Simulated, World};
use crate::store::outcome::tests::outcome;
use crate::store::{EpochRow, Outcome, PredictionRow, axis_column, file, tables};
use crate::value::Value;

/// Four test images, of which the second and the last are misclassified.
const PREDICTIONS: [(i64, i64); 4] = [(7, 7), (2, 3), (1, 1), (0, 6)];

fn planned(index: usize, seed: u64) -> TrialRow {
    TrialRow {
        index,
        trial: format!("drsae-{index}"),
        family: "drsae".to_owned(),
        steps: 11,
        hidden: 100,
        sparsity: 0.005,
        discriminative_weight: 1.0,
        seed,
        parameters: 169_500,
        axes: vec![("model.hidden".into(), Value::from(100))],
        ..TrialRow::default()
    }
}

fn store() -> (tempfile::TempDir, Store) {
    let results = tempfile::tempdir().unwrap();
    let store = Store::open(&results.path().join("depth"), "name = \"depth\"\n").unwrap();
    (results, store)
}

fn run(store: &Store, id: &str, outcome: &Outcome) {
    run_epochs(store, id, outcome, &[None, None]);
}

/// Ends a trial whose epochs have these reconstructions of the validation images.
fn run_epochs(store: &Store, id: &str, outcome: &Outcome, validated: &[Option<f64>]) {
    end(store, id, outcome, validated, &PREDICTIONS);
}

/// Ends a trial that also has these labels and predictions of the test images.
fn end(store: &Store, id: &str, outcome: &Outcome, validated: &[Option<f64>], predictions: &[(i64, i64)]) {
    let attempt = store.attempt(id);
    let epoch = |(at, &valid_reconstruction): (usize, &Option<f64>)| EpochRow {
        trial: id.to_owned(),
        phase: 1,
        epoch: at + 1,
        valid_reconstruction,
        ..EpochRow::default()
    };
    attempt.write_rows(&validated.iter().enumerate().map(epoch).collect::<Vec<_>>()).unwrap();
    let row = |(index, &(label, prediction))| PredictionRow { index, label, prediction };
    let rows: Vec<_> = predictions.iter().enumerate().map(row).collect();
    attempt.write_rows(&rows).unwrap();
    attempt.write_provenance(&provenance()).unwrap();
    attempt.finish(&Outcome { test_count: Some(predictions.len()), ..outcome.clone() }).unwrap();
}

fn trials(store: &Store) -> String {
    fs::read_to_string(store.table(Table::Trials)).unwrap()
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
    let epochs = fs::read_to_string(store.table(Table::Epochs)).unwrap();
    let starts: Vec<_> = epochs.lines().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(starts, ["trial", "drsae-0", "drsae-0", "drsae-1", "drsae-1"]);
}

#[test]
fn of_a_curve_with_validated_epochs_these_and_the_last_are_merged() {
    let (_results, store) = store();
    run_epochs(&store, "drsae-0", &outcome(), &[None, Some(2.0), None, Some(1.0), None]);
    run_epochs(&store, "drsae-1", &outcome(), &[Some(3.0), None, Some(1.0)]);
    run_epochs(&store, "drsae-2", &outcome(), &[None, None]);
    store.merge(&[planned(0, 1), planned(1, 2), planned(2, 3)]).unwrap();
    let curves: Vec<EpochRow> = store.rows(&store.table(Table::Epochs)).unwrap().unwrap();
    let epochs = |id: &str| {
        let own = curves.iter().filter(|row| row.trial == id);
        own.map(|row| row.epoch).collect::<Vec<_>>()
    };
    let expected = [("drsae-0", vec![2, 4, 5]), ("drsae-1", vec![1, 3]), ("drsae-2", vec![1, 2])];
    for (id, kept) in expected {
        assert_eq!(epochs(id), kept, "{id}");
    }
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
    insta::assert_snapshot!(fs::read_to_string(store.table(Table::Mistakes)).unwrap(), @r"
    index,image,label,predicted
    0,1,2,3
    0,3,0,6
    2,1,2,3
    2,3,0,6
    ");
    let written = fs::read_to_string(store.table(Table::Provenance)).unwrap();
    insta::assert_snapshot!(written, @r#"
    index,trial,version,numerics,commit,dirty,rustc,lockfile,binary,data,cpu,device,cores,threads,system,started,seconds
    0,drsae-0,0.1.0,1,c0ffee,false,,10cf,b1a5,"images=00ff; labels=seed 1, train 2",Some CPU @ 2.00GHz,cpu,2,1,linux x86_64,2013-01-16T12:00:00Z,812.5
    2,drsae-2,0.1.0,1,c0ffee,false,,10cf,b1a5,"images=00ff; labels=seed 1, train 2",Some CPU @ 2.00GHz,cpu,2,1,linux x86_64,2013-01-16T12:00:00Z,0.5
    "#);
    assert!(!written.contains("/home"), "no folder of the machine");
}

/// Merges two trials and returns the error of the first, which is damaged; the second is merged.
fn damage(store: &Store) -> String {
    let merged = store.merge(&[planned(0, 1), planned(1, 2)]).unwrap();
    assert_eq!(merged.counts, BTreeMap::from([(Status::Complete, 1), (Status::Pending, 1)]));
    let rows = trials(store);
    assert!(
        rows.contains("\ndrsae-0,0,drsae,11,100,0.005,1.0,1,169500,pending,") && rows.contains("\ndrsae-1,")
    );
    let [error] = &merged.damaged[..] else { panic!("{merged:?}") };
    fs::remove_file(store.table(Table::Trials)).unwrap();
    error.to_string()
}

#[test]
fn files_that_a_trial_lacks_or_that_are_not_its_own_are_named_and_keep_no_other_from_being_merged() {
    let (_results, store) = store();
    run(&store, "drsae-0", &outcome());
    run(&store, "drsae-1", &outcome());
    let (folder, other) = (store.trial("drsae-0").unwrap(), store.trial("drsae-1").unwrap());
    fs::write(other.path().join(file::CONFIG), "seed = 2\n").unwrap();
    other.seal(&Outcome { test_count: Some(4), seconds: 1.0, ..outcome() }).unwrap();
    for name in [file::CONFIG, file::EPOCHS, file::PREDICTIONS, file::PROVENANCE, file::RESULT] {
        let path = folder.path().join(name);
        let whole = fs::read(&path).unwrap();
        let flipped: Vec<u8> =
            whole.iter().enumerate().map(|(at, byte)| byte ^ u8::from(at + 2 == whole.len())).collect();
        let exchanged = fs::read(other.path().join(name)).unwrap();
        let changes = [flipped, exchanged, [&whole[..], b"\n"].concat()];
        for change in changes.into_iter().filter(|change| *change != whole) {
            fs::write(&path, change).unwrap();
            let error = damage(&store);
            let expected = if error.contains(&format!("/{name}: ")) { name } else { file::CONFIG };
            assert!(error.contains(&format!("drsae-0/{expected}: ")) && error.contains("run"), "{error}");
        }
        if name != file::RESULT {
            fs::remove_file(&path).unwrap();
            assert!(damage(&store).contains("is missing"), "{name}");
        }
        fs::write(&path, whole).unwrap();
    }
    assert_eq!(store.merge(&[planned(0, 1), planned(1, 2)]).unwrap().counts[&Status::Complete], 2);
}

/// Seals a trial with a forged file and returns the error of the merge.
fn forged(name: &str, text: &str) -> String {
    let (_results, store) = store();
    run(&store, "drsae-0", &outcome());
    run(&store, "drsae-1", &outcome());
    let folder = store.trial("drsae-0").unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    folder.seal(&Outcome { test_count: Some(PREDICTIONS.len()), ..outcome() }).unwrap();
    damage(&store)
}

#[test]
fn files_whose_content_is_not_the_trials_are_named() {
    let swapped = "index,label,prediction\n0,7,7\n2,1,1\n1,2,3\n3,0,6\n";
    assert!(forged(file::PREDICTIONS, swapped).contains("image 1 is in the place of image 2"));
    let fewer = "index,label,prediction\n0,7,7\n";
    assert!(forged(file::PREDICTIONS, fewer).contains("it has 1 images, but the trial's result counts 4"));
    assert!(forged(file::PREDICTIONS, "a,b,c\n1,2,3\n").contains(file::PREDICTIONS));
    assert!(forged(file::EPOCHS, "trial,loss\n").contains("another version"));
    let header = String::from_utf8(tables::text::<EpochRow>(&[]).unwrap()).unwrap();
    assert!(forged(file::EPOCHS, &(header + "drsae-9,1\n")).contains("its line 2 is no row of the trial"));
    let newer = crate::provenance::Provenance { format: crate::provenance::FORMAT + 1, ..provenance() };
    assert!(forged(file::PROVENANCE, &serde_json::to_string(&newer).unwrap()).contains("update drsae"));
}

/// More than are in memory together.
#[test]
fn many_trials_are_merged_in_plan_order() {
    let (_results, store) = store();
    let plan: Vec<_> = (0..survey::TOGETHER + 3).map(|index| planned(index, index as u64)).collect();
    for trial in &plan {
        run(&store, &trial.trial, &outcome());
    }
    store.merge(&plan).unwrap();
    let mistakes = fs::read_to_string(store.table(Table::Mistakes)).unwrap();
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
    assert!(matches!(&merged.damaged[..], [Error::Malformed { .. }]), "{merged:?}");
}

/// The bytes of all merged tables.
fn tables(store: &Store) -> [Vec<u8>; 4] {
    Table::ALL.map(|table| fs::read(store.table(table)).unwrap())
}

/// The lines of a table.
fn lines(store: &Store, table: Table) -> Vec<String> {
    fs::read_to_string(store.table(table)).unwrap().lines().map(str::to_owned).collect()
}

/// A merged plan of these trials, whose folders are gone.
fn kept(plan: &[TrialRow]) -> (tempfile::TempDir, Store) {
    let (results, store) = store();
    for trial in plan {
        run(&store, &trial.trial, &outcome());
    }
    store.merge(plan).unwrap();
    fs::remove_dir_all(store.trials()).unwrap();
    (results, store)
}

#[test]
fn a_stored_plan_keeps_its_bytes() {
    let plan = [planned(0, 1), planned(1, 2)];
    let (_results, store) = kept(&plan);
    // As the first versions wrote it.
    let path = store.table(Table::Provenance);
    let older = fs::read_to_string(&path).unwrap().replace(",device,", ",").replace(",cpu,2,1,", ",2,1,");
    fs::write(&path, older).unwrap();
    let before = tables(&store);
    let merged = store.merge(&plan).unwrap();
    assert_eq!((merged.counts[&Status::Complete], merged.stored), (2, 2));
    assert_eq!(tables(&store), before);
}

#[test]
fn stored_rows_are_kept_with_new_ones_under_the_indices_of_the_plan() {
    let (_results, store) = kept(&[planned(0, 1), planned(1, 2)]);
    let before = Table::ALL.map(|table| lines(&store, table));
    fs::create_dir(store.trials()).unwrap();
    run(&store, "drsae-9", &outcome());
    let new = TrialRow { index: 0, ..planned(9, 9) };
    let plan = [new, TrialRow { index: 1, ..planned(1, 2) }, TrialRow { index: 2, ..planned(0, 1) }];
    let merged = store.merge(&plan).unwrap();
    assert_eq!((merged.counts[&Status::Complete], merged.stored), (3, 2));
    let [trials, epochs, mistakes, provenance] = Table::ALL.map(|table| lines(&store, table));
    assert_eq!(trials[2], before[0][2]);
    assert_eq!(trials[3], before[0][1].replace("drsae-0,0,", "drsae-0,2,"));
    assert_eq!(epochs[3..], [&before[1][3..], &before[1][1..3]].concat());
    assert_eq!(
        mistakes,
        ["index,image,label,predicted", "0,1,2,3", "0,3,0,6", "1,1,2,3", "1,3,0,6", "2,1,2,3", "2,3,0,6"]
    );
    assert_eq!(provenance[2..], [before[3][2].clone(), before[3][1].replacen('0', "2", 1)]);
    // Once more, with nothing to add.
    let written = tables(&store);
    store.merge(&plan).unwrap();
    assert_eq!(tables(&store), written);
}

/// The files of a merge, tables first, at its end.
fn merged_files(store: &Store) -> Vec<(PathBuf, Vec<u8>)> {
    let paths = Table::ALL.map(|table| store.table(table)).into_iter().chain([store.sums_file()]);
    paths.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[test]
fn a_merge_that_was_killed_at_any_file_mixes_no_trials() {
    let one = PREDICTIONS[..3].to_vec();
    let (_results, store) = store();
    run(&store, "drsae-0", &outcome());
    // Another number of mistakes.
    let folder = store.trial("drsae-0").unwrap();
    let row = |(index, (label, prediction))| PredictionRow { index, label, prediction };
    let predictions = tables::text(&one.into_iter().enumerate().map(row).collect::<Vec<_>>()).unwrap();
    fs::write(folder.path().join(file::PREDICTIONS), predictions).unwrap();
    folder.seal(&Outcome { test_count: Some(3), ..outcome() }).unwrap();
    run(&store, "drsae-1", &outcome());
    store.merge(&[planned(0, 1), planned(1, 2)]).unwrap();
    fs::remove_dir_all(store.trials()).unwrap();
    let before = merged_files(&store);
    let new = [TrialRow { index: 1, ..planned(0, 1) }, TrialRow { index: 0, ..planned(1, 2) }];
    store.merge(&new).unwrap();
    let after = merged_files(&store);
    let announced = store.root().join(NEW_SUMS);
    assert!(!announced.exists());
    assert_eq!(lines(&store, Table::Mistakes)[1..], ["0,1,2,3", "0,3,0,6", "1,1,2,3"]);
    for killed in 0..=before.len() {
        for (at, ((path, old), (_, new))) in before.iter().zip(&after).enumerate() {
            fs::write(path, if at < killed { new } else { old }).unwrap();
        }
        fs::write(&announced, &after[4].1).unwrap();
        store.merge(&new).unwrap();
        assert_eq!(merged_files(&store), after, "killed after {killed} files");
        assert!(!announced.exists(), "killed after {killed} files");
    }
}

/// A results folder in memory, as a new process opens it.
fn opened(world: &Arc<World>) -> (Simulated, Store) {
    let process = world.process(0, 0);
    let io = Arc::new(process.clone());
    (process, Store::open_through(io, Path::new("/results/depth"), "name = \"depth\"\n").unwrap())
}

/// Two merged trials whose folders are gone, and a third that has a folder and is in no table yet.
fn two_kept_and_one_new() -> Arc<World> {
    let world = World::new(0);
    let (process, store) = opened(&world);
    end(&store, "drsae-0", &outcome(), &[None], &PREDICTIONS[..2]);
    end(&store, "drsae-1", &outcome(), &[None], &PREDICTIONS);
    store.merge(&[planned(0, 1), planned(1, 2)]).unwrap();
    for path in world.files().into_keys().filter(|path| path.starts_with(store.trials())) {
        process.remove_file(&path).unwrap();
    }
    for id in ["drsae-0", "drsae-1"] {
        process.remove_folder(&store.trials().join(id)).unwrap();
    }
    end(&store, "drsae-2", &outcome(), &[None], &PREDICTIONS[1..]);
    world
}

/// Merges a plan in a process that dies before its call of this number; returns whether it made so many.
fn dies_while_merging(world: &Arc<World>, plan: &[TrialRow], call: usize) -> bool {
    let (process, store) = opened(world);
    process.fail(process.calls() + call, Fault::Kill);
    let _ = store.merge(plan);
    process.is_dead()
}

/// The files without those that killed writers left.
fn visible(world: &World) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = world.files();
    files.retain(|path, _| !path.file_name().is_some_and(atomic::is_unfinished));
    files
}

/// Each merge is of another order, and the second begins with what the first has left.
#[test]
fn two_merges_that_were_killed_one_after_the_other_at_any_call_lose_no_row_and_mix_no_trials() {
    let plan = |order: [usize; 3]| {
        [0, 1, 2].map(|index| TrialRow { index, ..planned(order[index], order[index] as u64 + 1) })
    };
    let (first, second) = (plan([1, 2, 0]), plan([2, 0, 1]));
    let undisturbed = two_kept_and_one_new();
    assert_eq!(opened(&undisturbed).1.merge(&second).unwrap().stored, 2);
    let expected = visible(&undisturbed);
    let mut seen = BTreeSet::new();
    for killed in 0.. {
        let begun = || {
            let world = two_kept_and_one_new();
            let died = dies_while_merging(&world, &first, killed);
            (world, died)
        };
        let (world, died) = begun();
        if !died {
            break;
        }
        if !seen.insert(visible(&world)) {
            continue;
        }
        for again in 0.. {
            let (world, _) = begun();
            let died = dies_while_merging(&world, &second, again);
            let merged = opened(&world).1.merge(&second);
            assert!(merged.is_ok(), "killed at {killed} and {again}: {:?}", merged.err());
            assert!(visible(&world) == expected, "killed at {killed} and {again}");
            if !died {
                break;
            }
        }
    }
    assert!(seen.len() > 5, "the first merge left only {} states", seen.len());
}

#[test]
fn merges_of_other_plans_at_once_take_turns() {
    let (_results, store) = kept(&[planned(0, 1), planned(1, 2)]);
    let orders = [[0, 1], [1, 0]]
        .map(|order| order.map(|index| TrialRow { index: order[index], ..planned(index, index as u64 + 1) }));
    let merged = |order: usize| {
        let other = kept(&[planned(0, 1), planned(1, 2)]);
        other.1.merge(&orders[order]).unwrap();
        merged_files(&other.1).into_iter().map(|(_, text)| text).collect::<Vec<_>>()
    };
    let expected = [merged(0), merged(1)];
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (store, orders) = (&store, &orders);
            scope.spawn(move || {
                for round in 0..20 {
                    store.merge(&orders[(thread + round) % 2]).unwrap();
                }
            });
        }
    });
    let files: Vec<_> = merged_files(&store).into_iter().map(|(_, text)| text).collect();
    assert!(expected.contains(&files));
}

#[test]
fn a_table_that_was_changed_since_is_taken_over_only_when_that_is_asked_for() {
    let plan = [planned(0, 1), planned(1, 2)];
    let wider = [plan[0].clone(), plan[1].clone(), planned(2, 3)];
    for table in Table::ALL {
        let (_results, store) = kept(&plan);
        let path = store.table(table);
        fs::write(&path, fs::read_to_string(&path).unwrap().replacen('1', "2", 1)).unwrap();
        let before = merged_files(&store);
        let error = store.merge(&wider).unwrap_err().to_string();
        assert!(error.contains(table.file()) && error.contains("changed after it was merged"), "{error}");
        assert_eq!(merged_files(&store), before);
        if table == Table::Epochs {
            fs::remove_file(store.sums_file()).unwrap();
            store.merge(&wider).unwrap();
        }
        // With the trials' folders, no stored row is used.
        for trial in &wider {
            fs::create_dir_all(store.trials()).unwrap();
            run(&store, &trial.trial, &outcome());
        }
        if table != Table::Trials {
            assert_eq!(store.merge(&wider).unwrap().stored, 0, "{table:?}");
        }
    }
}

#[test]
fn a_complete_row_beats_every_folder_that_is_not_and_a_complete_folder_every_row() {
    let plan = [planned(0, 1)];
    let (_results, store) = kept(&plan);
    let before = tables(&store);
    fs::create_dir(store.trials()).unwrap();
    for status in [Status::Failed, Status::Diverged, Status::TimedOut] {
        run(&store, "drsae-0", &Outcome { status, test_error: None, ..outcome() });
        assert_eq!(store.merge(&plan).unwrap().stored, 1);
        assert_eq!(tables(&store), before, "{status}");
    }
    fs::write(store.trial("drsae-0").unwrap().path().join(file::RESULT), "{").unwrap();
    let merged = store.merge(&plan).unwrap();
    assert_eq!((merged.stored, merged.damaged.len(), merged.counts[&Status::Complete]), (1, 1, 1));
    assert_eq!(tables(&store), before);

    run(&store, "drsae-0", &Outcome { best_epoch: Some(7), ..outcome() });
    assert_eq!(store.merge(&plan).unwrap().stored, 0);
    assert!(trials(&store).contains(",complete,7,"));
}

#[test]
fn rows_that_a_merge_would_drop_are_refused_and_nothing_is_written() {
    let (_results, store) = kept(&[planned(0, 1), planned(1, 2)]);
    let before = tables(&store);
    let error = store.merge(&[planned(0, 1)]).unwrap_err();
    assert!(matches!(error, Error::Unplanned { count: 1, .. }), "{error}");
    assert!(error.to_string().contains("sweep.toml") && error.to_string().contains("--results"), "{error}");
    assert_eq!(tables(&store), before);
    fs::create_dir(store.trials()).unwrap();
    run(&store, "drsae-1", &Outcome { status: Status::TimedOut, test_error: None, ..outcome() });
    let error = store.merge(&[planned(0, 1)]).unwrap_err();
    assert!(
        matches!(error, Error::Unplanned { count: 1, .. }),
        "its complete row has no complete folder: {error}"
    );
    assert_eq!(tables(&store), before);
    // A trial whose complete folder is there is not lost.
    run(&store, "drsae-1", &outcome());
    store.merge(&[planned(0, 1)]).unwrap();
    assert_eq!(lines(&store, Table::Trials).len(), 2);
}

#[test]
fn a_stored_table_that_cannot_be_read_is_named_by_row_and_nothing_is_written() {
    let plan = [planned(0, 1), planned(1, 2)];
    let (_results, store) = kept(&plan);
    fs::create_dir(store.trials()).unwrap();
    run(&store, "drsae-1", &outcome());
    fs::remove_file(store.sums_file()).unwrap();
    let before = tables(&store);
    let changes: [(Table, &str, &str, &str); 10] = [
        (Table::Trials, "drsae-1,1,", "drsae-1,one,", "line 3: `index` is `one`"),
        (Table::Trials, "drsae-1,1,", "drsae-0,1,", "row 2: drsae-0 comes twice"),
        (Table::Trials, "drsae-1,1,", "../../up,1,", "row 2: \"../../up\" is no id of a trial"),
        (Table::Trials, ",complete,", ",done,", "line 2: there is no status `done`"),
        (Table::Trials, ",seed,", ",sEed,", "line 1: it has no column `seed`"),
        (
            Table::Epochs,
            "\ndrsae-1,1,1",
            "\ndrsae-0,1,1\ndrsae-1,1,1\ndrsae-0,1,1",
            "line 6: the rows of drsae-0",
        ),
        (Table::Epochs, "trial,", "", "another version"),
        (Table::Mistakes, "\n0,3,", "\n7,3,", "line 3: there is no trial with the index 7"),
        (Table::Provenance, "\n0,drsae-0,", "\n0,drsae-5,", "it has no row of drsae-0"),
        (Table::Provenance, "\n0,drsae-0,", "\n2,drsae-0,", "drsae-0 has another index than in trials.csv"),
    ];
    for (table, from, to, expected) in changes {
        let path = store.table(table);
        let whole = fs::read_to_string(&path).unwrap();
        assert!(whole.contains(from), "{whole}");
        fs::write(&path, whole.replacen(from, to, 1)).unwrap();
        let error = store.merge(&plan).unwrap_err().to_string();
        assert!(
            error.contains(expected) && error.contains(table.file()) && error.contains("restore"),
            "{error}"
        );
        fs::write(&path, whole).unwrap();
        assert_eq!(tables(&store), before);
    }
    fs::remove_file(store.table(Table::Mistakes)).unwrap();
    assert!(store.merge(&plan).unwrap_err().to_string().contains("mistakes.csv: it is missing"));
}

#[test]
fn checksums_are_those_of_the_tables_and_the_plan() {
    let (_results, store) = store();
    run(&store, "drsae-0", &outcome());
    store.write_plan(&["index".to_owned()], &[vec!["0".to_owned()]]).unwrap();
    store.merge(&[planned(0, 1)]).unwrap();
    let sums = store.sums().unwrap().unwrap();
    let files = Table::ALL.map(|table| store.table(table)).into_iter().chain([store.plan_csv()]);
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(sums.get(name), Some(sha256(fs::read(&path).unwrap()).as_str()), "{name}");
    }
    assert_eq!(fs::read_to_string(store.sums_file()).unwrap().lines().count(), 5);
}

#[test]
fn axes_find_their_columns() {
    assert_eq!(axis_column("objective.sparsity"), "sparsity");
    assert_eq!(axis_column("model.hidden"), "model.hidden");
}
