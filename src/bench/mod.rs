//! Training speed of this machine: complete training steps, timed alternately with a large matrix product as the peak.
//!
//! The two alternate within seconds, so that load on the machine slows both and hardly changes their ratio.

mod step;

pub use step::{Bench, TimedTraining};

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::model::kernels::{Matrix, product};

/// Rows and columns of the matrix product that measures the machine's peak.
const PEAK_SIZE: usize = 1024;

/// Timings of one quantity: its median and range over the repetitions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Timings {
    /// Median.
    pub median: f64,
    /// Minimum.
    pub low: f64,
    /// Maximum.
    pub high: f64,
}

impl Timings {
    /// Timings of at least one value.
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let (low, high) = (values[0], values[values.len() - 1]);
        let middle = values.len() / 2;
        let below = if values.len().is_multiple_of(2) { values[middle - 1] } else { values[middle] };
        Self { median: f64::midpoint(below, values[middle]), low, high }
    }
}

/// Results of a benchmark.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchReport {
    /// Share of active units after the last repetition.
    pub active: f64,
    /// Images per second of training on one thread.
    pub samples: Timings,
    /// GFLOP/s of the matrix products of those steps.
    pub gflops: Timings,
    /// GFLOP/s of a square product of 1024 rows.
    pub peak_gflops: Timings,
    /// Step over peak, in each repetition.
    pub peak_fraction: Timings,
    /// Throughput of all threads in parallel divided by that of a single one, in each repetition; absent for one thread.
    pub side_by_side: Option<Timings>,
}

/// Duration, repetitions and threads of a benchmark.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Repetitions, at least one.
    pub repeats: usize,
    /// Time of each measurement within a repetition.
    pub time: Duration,
    /// Threads that train in parallel.
    pub jobs: usize,
}

/// Measures the training step of `bench`; `progress` is called with the number of completed repetitions.
///
/// # Errors
/// When a step fails.
pub fn run(
    bench: &Bench,
    effort: Effort,
    progress: &mut dyn FnMut(usize),
) -> candle_core::Result<BenchReport> {
    let mut trainings = (0..effort.jobs).map(|_| bench.prepare()).collect::<Result<Vec<_>, _>>()?;
    let flops = bench.flops_per_image() as f64 / 1e9;
    let mut peak = Peak::new();
    let [mut samples, mut peaks, mut fractions, mut ratios] = [const { Vec::new() }; 4];
    for repeat in 0..effort.repeats {
        let alone = trainings[0].samples_per_second(effort.time)?;
        let max = peak.gflops(effort.time / 4);
        samples.push(alone);
        peaks.push(max);
        fractions.push(alone * flops / max);
        if effort.jobs > 1 {
            ratios.push(step::side_by_side(&mut trainings, effort.time)? / alone);
        }
        progress(repeat + 1);
    }
    Ok(BenchReport {
        active: trainings[0].active()?,
        gflops: Timings::of(samples.iter().map(|rate| rate * flops).collect()),
        samples: Timings::of(samples),
        peak_gflops: Timings::of(peaks),
        peak_fraction: Timings::of(fractions),
        side_by_side: (!ratios.is_empty()).then(|| Timings::of(ratios)),
    })
}

/// The matrix product that measures the machine's peak.
struct Peak {
    left: Vec<f32>,
    right: Vec<f32>,
    out: Vec<f32>,
}

impl Peak {
    fn new() -> Self {
        let entries = PEAK_SIZE * PEAK_SIZE;
        Self { left: vec![0.5; entries], right: vec![0.25; entries], out: vec![0.0; entries] }
    }

    /// GFLOP/s, over as many products as begin within `time`.
    fn gflops(&mut self, time: Duration) -> f64 {
        let matrix = |entries| Matrix::new(entries, PEAK_SIZE, PEAK_SIZE);
        let start = Instant::now();
        let mut products = 0;
        while products == 0 || start.elapsed() < time {
            let (left, right) = (matrix(&self.left), matrix(&self.right));
            product(black_box(&mut self.out), false, 1.0, left, right);
            products += 1;
        }
        2.0 * (PEAK_SIZE as f64).powi(3) * f64::from(products) / start.elapsed().as_secs_f64() / 1e9
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timings_are_median_and_range() {
        assert_eq!(Timings::of(vec![3.0, 1.0, 2.0]), Timings { median: 2.0, low: 1.0, high: 3.0 });
        assert_eq!(Timings::of(vec![4.0, 1.0, 2.0, 3.0]).median, 2.5);
    }
}
