//! The training step and its parts, for each family at the paper's size.
//!
//! `cargo bench --bench step`

use std::hint::black_box;
use std::time::Duration;

use candle_core::{DType, Device};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use drsae::bench::Bench;
use drsae::model::kernels::Unroll;
use drsae::model::{Config, Family, Model};
use drsae::train::objective::Weights;
use drsae::train::{Optimiser, Pass, Phase};

const INPUTS: usize = 784;
const CLASSES: usize = 10;
const BATCH: usize = 100;
const WEIGHTS: Weights = Weights { sparsity: 0.005, discriminative: Some(1.0) };

fn model(config: &Config) -> Model {
    Model::new(config, INPUTS, CLASSES, 0.005, 1, DType::F32, &Device::Cpu)
        .expect("a network of the paper's size")
}

/// Unit vectors, as preprocessed images are.
fn images() -> Vec<f32> {
    let pixel = |index: usize| ((index * 7919 % 257) as f32 - 128.0) / 128.0 / 16.2;
    (0..BATCH * INPUTS).map(pixel).collect()
}

fn whole_step(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("step");
    for family in Family::ALL {
        for (batch, active) in [(10, None), (BATCH, None), (BATCH, Some(0.25))] {
            let bench = Bench { model: Config { family, ..Config::default() }, batch, active };
            let mut training = bench.prepare().expect("a network of the paper's size");
            group.throughput(Throughput::Elements(batch as u64));
            let name = match active {
                None => format!("{} initial", family.name()),
                Some(share) => format!("{} {share} active", family.name()),
            };
            group.bench_function(BenchmarkId::new(name, batch), |bencher| {
                bencher.iter(|| training.step().expect("finite weights"));
            });
        }
    }
    group.finish();
}

fn parts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parts");
    let config = Config::default();
    let mut model = model(&config);
    let (input, labels) = (images(), vec![3; BATCH]);
    let weights = model.parameters().snapshot().expect("weights in memory");
    let weights: Vec<&[f32]> = weights.iter().map(Vec::as_slice).collect();
    let wanted = vec![true; weights.len()];

    let mut unroll = Unroll::<f32>::new(&config, INPUTS, BATCH);
    group.bench_function("unroll forward", |bencher| {
        bencher.iter(|| unroll.forward(&weights, black_box(&input)));
    });
    let mut gradients: Vec<Vec<f32>> = weights.iter().map(|weights| vec![0.0; weights.len()]).collect();
    let mut flow = vec![0.0; BATCH * config.hidden];
    group.bench_function("unroll backward", |bencher| {
        bencher.iter(|| {
            flow.fill(1e-3);
            unroll.backward(&weights, &input, &mut flow, &wanted, &mut gradients);
        });
    });
    let mut pass = Pass::<f32>::new(&config, INPUTS, CLASSES, BATCH);
    group.bench_function("pass forward", |bencher| {
        bencher.iter(|| pass.forward(&weights, &input, &input, &labels, WEIGHTS));
    });
    group.bench_function("pass forward and backward", |bencher| {
        bencher.iter(|| {
            pass.forward(&weights, &input, &input, &labels, WEIGHTS);
            pass.backward(&weights, &input, &labels, WEIGHTS, &wanted);
        });
    });
    model.freeze(&[]);
    let mut optimiser = Optimiser::new(&Phase::new(1, 1e-3), &model);
    group.bench_function("update and bounds", |bencher| {
        bencher.iter(|| optimiser.update(&model, pass.gradients(), 1e-6).expect("its own gradients"));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(3)).sample_size(30);
    targets = whole_step, parts
}
criterion_main!(benches);
