//! Activity of the units on a sample, summed over images in one pass through the network.

use super::network::Network;
use super::sample::{ImageBatch, Sample};

/// Means over a sample, from which the properties of units are computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    /// Number of images N.
    pub images: usize,
    /// Number of units n.
    pub hidden: usize,
    /// T of the network; the curves continue to 2T.
    pub steps: usize,
    /// Mean of z^t over all images, for t = 1 … 2T, each `[n]`.
    pub mean: Vec<Vec<f64>>,
    /// Mean of z^t over the images with z^T > 0, for t = 1 … 2T, each `[n]`; 0 if there are none.
    pub while_active: Vec<Vec<f64>>,
    /// Mean of z^T over the images of each class, `[l][n]`.
    pub by_class: Vec<Vec<f64>>,
    /// Images with z^T > 0 `[n]`.
    pub active: Vec<usize>,
    /// Images with z^t > 0 at some t ≤ T `[n]`.
    pub ever_active: Vec<usize>,
    /// Images with z¹ = 0 and z² > 0 `[n]`.
    pub activated: Vec<usize>,
    /// Mean of E·x over the images with z^T > 0 `[n]`.
    pub driven: Vec<f64>,
    /// Mean drive from the other units, (S·z^(T−1))_j − S_jj·z_j^(T−1), over the same images `[n]`.
    pub fed: Vec<f64>,
}

impl Activity {
    /// The activity of a recurrent network's units on a sample.
    #[must_use]
    pub fn of(network: &Network, sample: &Sample) -> Self {
        let (hidden, steps, classes) = (network.hidden, network.steps, network.classes);
        let mut total = zeros(network);
        for sums in sample.each(|batch| sums(network, batch)) {
            total.iter_mut().flatten().zip(sums.iter().flatten()).for_each(|(total, sum)| *total += sum);
        }
        let mut counts = vec![0.0; classes];
        sample.labels.iter().for_each(|&label| counts[usize::from(label)] += 1.0);
        let mut rows = total.into_iter();
        let mut take = |count: usize| rows.by_ref().take(count).collect::<Vec<_>>();
        let (codes, gated, by_class) = (take(2 * steps), take(2 * steps), take(classes));
        let [active, driven, fed, ever_active, activated] = [(); 5].map(|()| take(1).concat());
        let counted = |counts: Vec<f64>| counts.into_iter().map(|count| count as usize).collect();
        let mean = |sums: &Vec<f64>, count: f64| sums.iter().map(|sum| sum / count.max(1.0)).collect();
        let while_active = |sums: &Vec<f64>| {
            sums.iter().zip(&active).map(|(sum, count)| sum / count.max(1.0)).collect::<Vec<_>>()
        };
        Self {
            images: sample.len(),
            hidden,
            steps,
            mean: codes.iter().map(|sums| mean(sums, sample.len() as f64)).collect(),
            while_active: gated.iter().map(while_active).collect(),
            by_class: by_class.iter().zip(counts).map(|(sums, count)| mean(sums, count)).collect(),
            driven: while_active(&driven),
            fed: while_active(&fed),
            active: counted(active),
            ever_active: counted(ever_active),
            activated: counted(activated),
        }
    }

    /// Mean of z^T over all images `[n]`.
    #[must_use]
    pub fn last(&self) -> &[f64] {
        &self.mean[self.steps - 1]
    }

    /// Half-rise: the iteration, linearly interpolated from z^0 = 0, at which a unit's mean activity first reaches half of
    /// its value at T, over the images for which it is active at T; `None` if there are none.
    #[must_use]
    pub fn half_rise(&self, unit: usize) -> Option<f64> {
        let half = 0.5 * self.while_active[self.steps - 1][unit];
        if self.active[unit] == 0 || half <= 0.0 {
            return None;
        }
        let mut before = 0.0;
        for (t, means) in self.while_active.iter().enumerate() {
            let now = means[unit];
            if now >= half {
                return Some(t as f64 + (half - before) / (now - before));
            }
            before = now;
        }
        None
    }

    /// Share of the images for which a unit is active at some t ≤ T that activate it at t = 2: z¹ = 0 and z² > 0; `None` if
    /// there are none.
    #[must_use]
    pub fn second_iteration(&self, unit: usize) -> Option<f64> {
        let ever = self.ever_active[unit];
        (ever > 0).then(|| self.activated[unit] as f64 / ever as f64)
    }

    /// Mean z^T over the images with z^T > 0; `None` if there are none.
    #[must_use]
    pub fn while_active_at_t(&self, unit: usize) -> Option<f64> {
        (self.active[unit] > 0).then(|| self.while_active[self.steps - 1][unit])
    }

    /// Input share: |e| / (|e| + |r|) with e the mean drive from the input and r that from the other units, over the images
    /// for which the unit is active at T; `None` if there are none.
    #[must_use]
    pub fn input_share(&self, unit: usize) -> Option<f64> {
        let (driven, fed) = (self.driven[unit].abs(), self.fed[unit].abs());
        (self.active[unit] > 0 && driven + fed > 0.0).then(|| driven / (driven + fed))
    }
}

/// Sums over images, each `[n]`: 2T of z^t; 2T of z^t where z^T > 0; one for each class of z^T; the number
/// of images with z^T > 0; over these images the drive from the input and from the other units; the numbers of images with
/// z^t > 0 at some t ≤ T, and of those with z¹ = 0 and z² > 0.
type ActivitySums = Vec<Vec<f64>>;

fn zeros(network: &Network) -> ActivitySums {
    vec![vec![0.0; network.hidden]; 4 * network.steps + network.classes + 5]
}

fn sums(network: &Network, batch: ImageBatch<'_>) -> ActivitySums {
    let (hidden, steps) = (network.hidden, network.steps);
    let drive = network.drive(batch.pixels);
    let codes = network.codes(&drive, 2 * steps);
    let fed = fed(network, &codes[steps - 2]);
    let mut sums = zeros(network);
    let (over_time, rest) = sums.split_at_mut(4 * steps);
    let (classes, counts) = rest.split_at_mut(network.classes);
    for (row, &label) in batch.labels.iter().enumerate() {
        for unit in 0..hidden {
            let at = row * hidden + unit;
            let last = f64::from(codes[steps - 1][at]);
            let is_active = last > 0.0;
            classes[usize::from(label)][unit] += last;
            for (t, code) in codes.iter().enumerate() {
                over_time[t][unit] += f64::from(code[at]);
                if is_active {
                    over_time[2 * steps + t][unit] += f64::from(code[at]);
                }
            }
            if is_active {
                counts[0][unit] += 1.0;
                counts[1][unit] += f64::from(drive[at]);
                counts[2][unit] += f64::from(fed[at]);
            }
            let is_on = |t: usize| codes[t - 1][at] > 0.0;
            counts[3][unit] += f64::from(u8::from((1..=steps).any(is_on)));
            counts[4][unit] += f64::from(u8::from(!is_on(1) && is_on(2)));
        }
    }
    sums
}

/// The drive of each unit by the others, S·z without the diagonal of S, `[batch, n]`.
fn fed(network: &Network, code: &[f32]) -> Vec<f32> {
    let hidden = network.hidden;
    let mut fed = network.recurrent_drive(code);
    for (fed, code) in fed.chunks_exact_mut(hidden).zip(code.chunks_exact(hidden)) {
        for (unit, sum) in fed.iter_mut().enumerate() {
            *sum -= network.connection(unit, unit) as f32 * code[unit];
        }
    }
    fed
}
