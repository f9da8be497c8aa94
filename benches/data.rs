//! Preparing mini-batches, and a pass of evaluation, next to which training must be dear.
//!
//! `cargo bench --bench data`

use std::time::Duration;

use candle_core::{DType, Device};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use drsae::data::{self, Fitted, Preprocessing};
use drsae::model::{Config, Model};
use drsae::train::{self, Batch, Batches, Noise, Selection};

const IMAGES: usize = 2000;

fn images(criterion: &mut Criterion) {
    let recipe =
        data::Config { validation: 0, train: Some(IMAGES), test: Some(10), ..data::Config::default() };
    let mut group = criterion.benchmark_group("data");
    group.throughput(Throughput::Elements(IMAGES as u64));
    group.bench_function("draw glyphs", |bencher| {
        bencher.iter(|| data::load(&recipe, None, data::Part::All).expect("a recipe of few glyphs"));
    });
    let dataset = data::load(&recipe, None, data::Part::All).expect("a recipe of few glyphs");
    let images = &dataset.train;
    let normaliser = Fitted::to(Preprocessing::CENTRED, images, &[]).normaliser(images);
    let indices: Vec<u32> = (0..IMAGES as u32).collect();
    let selection = Selection { images, normaliser: &normaliser, indices: &indices };
    for (name, masking) in [("mini-batches", 0.0), ("mini-batches with masking", 0.2)] {
        let mut batch = Batch::default();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut batches =
                    Batches::shuffled(selection, 100, Noise { masking, ..Noise::default() }, 1, 1);
                while batches.next_into(&mut batch) {}
            });
        });
    }
    for hidden in [100, 400] {
        let config = Config { hidden, ..Config::default() };
        let model = Model::new(&config, images.inputs, 10, 0.005, 1, DType::F32, &Device::Cpu)
            .expect("a small network");
        group.bench_function(format!("evaluate {hidden} units"), |bencher| {
            bencher.iter(|| train::evaluate(&model, selection, 0.005).expect("weights in memory"));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(3)).sample_size(20);
    targets = images
}
criterion_main!(benches);
