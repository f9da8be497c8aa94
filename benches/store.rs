//! Writing a trial's tables, and analysing a sweep's merged ones.
//!
//! `cargo bench --bench store`

use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use drsae::analysis::{self, SweepDesign};
use drsae::spec::Sweep;
use drsae::store::{Acquisition, Attempt, EpochRow, Leases, PredictionRow, Store};

const EPOCHS: usize = 100;
const IMAGES: usize = 10_000;

fn epoch(epoch: usize) -> EpochRow {
    let noise = |n: usize| ((epoch * 7919 + n * 104_729) % 1009) as f64 / 1009.0;
    EpochRow {
        trial: "drsae-t11-n100-s1-cbb76d16cbcc".to_owned(),
        phase: 1,
        epoch,
        rate: 1e-3 * noise(0),
        train_loss: noise(1),
        train_reconstruction: noise(2),
        train_sparsity: noise(3),
        train_class_loss: Some(noise(4)),
        train_error: Some(noise(5)),
        valid_reconstruction: Some(noise(6)),
        valid_sparsity: Some(noise(7)),
        valid_class_loss: Some(noise(8)),
        valid_error: Some(noise(9)),
        active_fraction: Some(noise(10)),
        live_fraction: Some(1.0),
    }
}

fn in_an_attempt(work: impl FnOnce(&Attempt)) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(&folder.path().join("bench"), "").expect("an empty folder");
    let trial = store.trial("trial").expect("a name of a trial");
    let leases = Leases::start(store.shared_io()).expect("a timer");
    let Ok(Acquisition::Acquired(lease)) = store.acquire(&trial, &leases) else { panic!("nobody holds it") };
    let standing = store.standing(&trial).expect("a disk that can be read");
    work(&store.begin(&trial, lease, standing, "").expect("a folder of its own"));
}

fn write(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("write");
    let epochs: Vec<_> = (1..=EPOCHS).map(epoch).collect();
    let predictions: Vec<_> = (0..IMAGES)
        .map(|index| PredictionRow {
            index,
            label: i64::from(index as u8 % 10),
            prediction: i64::from(index as u8 % 7),
        })
        .collect();
    in_an_attempt(|trial| {
        group.throughput(Throughput::Elements(EPOCHS as u64));
        group.bench_function("epochs.csv", |bencher| {
            bencher.iter(|| trial.write_rows(&epochs).expect("a writable folder"));
        });
        group.throughput(Throughput::Elements(IMAGES as u64));
        group.bench_function("predictions.csv", |bencher| {
            bencher.iter(|| trial.write_rows(&predictions).expect("a writable folder"));
        });
    });
    group.finish();
}

/// The depth sweep as it is kept beside the code: 120 trials in 24 cells.
fn analyse(criterion: &mut Criterion) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let store = Store::at(&root.join("results/depth")).expect("results of the repository");
    let sweep = Sweep::load(&store.sweep_toml(), &[]).expect("the spec of the results");
    let design = SweepDesign::of(&sweep);
    criterion.bench_function("analyse depth", |bencher| {
        bencher.iter(|| analysis::analyze(&store, &design).expect("tables that belong together"));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(3)).sample_size(20);
    targets = write, analyse
}
criterion_main!(benches);
