//! The training step and its parts, for each family at the paper's size.
//!
//! `cargo bench --bench step`

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use candle_core::{DType, Device};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use drsae::bench::Bench;
use drsae::model::kernels::Unroll;
use drsae::model::{Config, Family, Model, Recursion};
use drsae::train::{Fused, Gradient, Optimiser, Phase, Weights};

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
            let model = Config { family, ..Config::default() };
            let bench = Bench { model, batch, gradient: Gradient::Fused, active };
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
    let (input, labels) = (Arc::new(images()), vec![3; BATCH]);
    let weights = model.parameters().snapshot().expect("weights in memory");
    let weights: Vec<&[f32]> = weights.iter().map(Vec::as_slice).collect();
    let wanted = vec![true; weights.len()];

    let recursion = Recursion::of(&config).expect("a family of the recursion");
    let mut unroll = Unroll::<f32>::new(&recursion, INPUTS, BATCH);
    group.bench_function("unroll forward", |bencher| {
        bencher.iter(|| unroll.forward(&weights, black_box(&input)));
    });
    let mut gradients: Vec<Vec<f32>> = weights.iter().map(|weights| vec![0.0; weights.len()]).collect();
    let flow = vec![1e-3; BATCH * config.hidden];
    group.bench_function("unroll backward", |bencher| {
        bencher.iter(|| {
            unroll.propagate(&weights, |t| (t + 1 == config.steps).then_some(&flow));
            unroll.gradients(&input, &wanted, &mut gradients);
        });
    });
    let fused = Fused::<f32>::new(&model).expect("memory").expect("a recursion has fused kernels");
    let forward = || {
        let code = fused.encode(&input, &Arc::default()).and_then(|encoding| encoding.last()).expect("codes");
        fused.objective(&code, &input, &labels, WEIGHTS).expect("an objective").0
    };
    group.bench_function("graph forward", |bencher| bencher.iter(forward));
    group.bench_function("graph forward and backward", |bencher| {
        bencher.iter(|| fused.differentiate(&forward(), wanted.clone()).expect("gradients"));
    });
    model.freeze(&[]);
    let mut optimiser = Optimiser::new(&Phase::new(1, 1e-3), &model);
    group.bench_function("update and bounds", |bencher| {
        bencher.iter(|| {
            fused
                .with_gradients(|gradients| optimiser.update(&model, gradients, 1e-6))
                .expect("its gradients");
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(3)).sample_size(30);
    targets = whole_step, parts
}
criterion_main!(benches);
