//! What the units do on a sample: one pass through the network, summed up unit by unit.

use super::network::Network;
use super::sample::{Batch, Sample};

/// Sums over a sample, from which the units' figures follow.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    /// Number of images N.
    pub images: usize,
    /// Number of units n.
    pub hidden: usize,
    /// T of the network; the curves go on to 2T.
    pub steps: usize,
    /// Mean of z^t over all images, for t = 1 … 2T, each `[n]`.
    pub mean: Vec<Vec<f64>>,
    /// Mean of z^t over the images with z^T > 0, for t = 1 … 2T, each `[n]`; 0 where there are none.
    pub while_active: Vec<Vec<f64>>,
    /// Mean of z^T over the images of each class, `[l][n]`.
    pub by_class: Vec<Vec<f64>>,
    /// Images with z^T > 0 `[n]`.
    pub active: Vec<usize>,
    /// Mean of E·x over the images with z^T > 0 `[n]`.
    pub driven: Vec<f64>,
    /// Mean of what the other units sent, (S·z^(T−1))_j − S_jj·z_j^(T−1), over the same images `[n]`.
    pub fed: Vec<f64>,
}

impl Activity {
    /// The activity of a recurrent network's units on a sample.
    #[must_use]
    pub fn of(network: &Network, sample: &Sample) -> Self {
        let mut total = Sums::zeros(network);
        for sums in sample.each(|batch| Sums::of(network, batch)) {
            total.add(&sums);
        }
        let images = sample.len();
        let active: Vec<usize> = total.active.iter().map(|&count| count as usize).collect();
        let over = |sums: &[f64], count: &dyn Fn(usize) -> f64| {
            sums.iter().enumerate().map(|(unit, sum)| sum / count(unit).max(1.0)).collect::<Vec<_>>()
        };
        let all = |_| images as f64;
        let own = |unit: usize| total.active[unit];
        Self {
            images,
            hidden: network.hidden,
            steps: network.steps,
            mean: total.codes.iter().map(|sums| over(sums, &all)).collect(),
            while_active: total.gated.iter().map(|sums| over(sums, &own)).collect(),
            by_class: total
                .classes
                .iter()
                .zip(&total.counts)
                .map(|(sums, &count)| over(sums, &|_| count))
                .collect(),
            driven: over(&total.driven, &own),
            fed: over(&total.fed, &own),
            active,
        }
    }

    /// Mean of z^T over all images `[n]`.
    #[must_use]
    pub fn last(&self) -> &[f64] {
        &self.mean[self.steps - 1]
    }

    /// The iteration, counted from 0 with z^0 = 0 and by straight lines between, at which a unit
    /// first has half of what it has at T, over the images that it is active for at T; `None` for a
    /// unit that never is.
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

    /// |e| / (|e| + |r|) for e the mean drive from the input and r that from the other units, over
    /// the images that the unit is active for at T; `None` for a unit that never is.
    #[must_use]
    pub fn input_share(&self, unit: usize) -> Option<f64> {
        let (driven, fed) = (self.driven[unit].abs(), self.fed[unit].abs());
        (self.active[unit] > 0 && driven + fed > 0.0).then(|| driven / (driven + fed))
    }
}

/// Sums over images.
struct Sums {
    codes: Vec<Vec<f64>>,
    gated: Vec<Vec<f64>>,
    classes: Vec<Vec<f64>>,
    counts: Vec<f64>,
    active: Vec<f64>,
    driven: Vec<f64>,
    fed: Vec<f64>,
}

impl Sums {
    fn zeros(network: &Network) -> Self {
        let units = vec![0.0; network.hidden];
        Self {
            codes: vec![units.clone(); 2 * network.steps],
            gated: vec![units.clone(); 2 * network.steps],
            classes: vec![units.clone(); network.classes],
            counts: vec![0.0; network.classes],
            active: units.clone(),
            driven: units.clone(),
            fed: units,
        }
    }

    fn of(network: &Network, batch: Batch<'_>) -> Self {
        let (hidden, steps) = (network.hidden, network.steps);
        let drive = network.drive(batch.pixels);
        let codes = network.codes(&drive, 2 * steps, None);
        let fed = fed(network, &codes[steps - 2]);
        let mut sums = Self::zeros(network);
        for (row, &label) in batch.labels.iter().enumerate() {
            let class = usize::from(label);
            sums.counts[class] += 1.0;
            for unit in 0..hidden {
                let at = row * hidden + unit;
                let last = f64::from(codes[steps - 1][at]);
                sums.classes[class][unit] += last;
                let active = last > 0.0;
                for (t, code) in codes.iter().enumerate() {
                    sums.codes[t][unit] += f64::from(code[at]);
                    if active {
                        sums.gated[t][unit] += f64::from(code[at]);
                    }
                }
                if active {
                    sums.active[unit] += 1.0;
                    sums.driven[unit] += f64::from(drive[at]);
                    sums.fed[unit] += f64::from(fed[at]);
                }
            }
        }
        sums
    }

    fn add(&mut self, other: &Self) {
        let sum = |to: &mut Vec<f64>, from: &Vec<f64>| to.iter_mut().zip(from).for_each(|(a, b)| *a += b);
        for (to, from) in [
            (&mut self.codes, &other.codes),
            (&mut self.gated, &other.gated),
            (&mut self.classes, &other.classes),
        ] {
            to.iter_mut().zip(from).for_each(|(to, from)| sum(to, from));
        }
        for (to, from) in [
            (&mut self.counts, &other.counts),
            (&mut self.active, &other.active),
            (&mut self.driven, &other.driven),
            (&mut self.fed, &other.fed),
        ] {
            sum(to, from);
        }
    }
}

/// What each unit gets from the others, S·z less its own part, `[batch, n]`.
pub(super) fn fed(network: &Network, code: &[f32]) -> Vec<f32> {
    let hidden = network.hidden;
    let recurrent = crate::model::kernels::Matrix::new(network.recurrent(), hidden, hidden);
    let mut fed = vec![0.0; code.len()];
    crate::model::kernels::ordered_product(&mut fed, code, recurrent.t());
    for (fed, code) in fed.chunks_exact_mut(hidden).zip(code.chunks_exact(hidden)) {
        for (unit, sum) in fed.iter_mut().enumerate() {
            *sum -= network.connection(unit, unit) as f32 * code[unit];
        }
    }
    fed
}
