//! The matrix S by blocks of kinds: mean weights between them, and its resemblance to ISTA.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::network::Network;
use super::units::{Unit, UnitKind, of_kind};

/// Permutations of the labels for a p-value.
const PERMUTATIONS: usize = 999;

/// Mean entries of S, its diagonal left out, between units by kind and class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Means {
    /// Between categorical-units of different classes; `None` if there are no such pairs.
    pub different: Option<f64>,
    /// Between categorical-units of one class.
    pub same: Option<f64>,
    /// From part-units to categorical-units.
    pub to_categorical: Option<f64>,
}

/// The means, with p-values of a permutation test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inhibition {
    /// Means of the network.
    pub means: Means,
    /// p of as low a mean between classes.
    pub p_different: Option<f64>,
    /// p of as high a mean within classes.
    pub p_same: Option<f64>,
    /// p of as high a mean from parts to categorical-units.
    pub p_to_categorical: Option<f64>,
}

/// Label of a unit in the permutation test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    Categorical(usize),
    Part,
}

impl Inhibition {
    /// The block means of S under the units' labels, tested against random permutations of the labels of
    /// live units.
    #[must_use]
    pub fn of(network: &Network, units: &[Unit], random: &mut ChaCha8Rng) -> Self {
        let live: Vec<usize> = units.iter().filter(|u| u.kind != UnitKind::Silent).map(|u| u.unit).collect();
        let label = |&at: &usize| match (units[at].kind, units[at].class) {
            (UnitKind::Categorical, Some(class)) => Label::Categorical(class),
            _ => Label::Part,
        };
        let mut labels: Vec<Label> = live.iter().map(label).collect();
        let means = Means::of(network, &live, &labels);
        let mut extreme = [0_usize; 3];
        for _ in 0..PERMUTATIONS {
            labels.shuffle(random);
            let null = Means::of(network, &live, &labels);
            extreme[0] += usize::from(null.different <= means.different);
            extreme[1] += usize::from(null.same >= means.same);
            extreme[2] += usize::from(null.to_categorical >= means.to_categorical);
        }
        let p =
            |mean: Option<f64>, count: usize| mean.map(|_| (count + 1) as f64 / (PERMUTATIONS + 1) as f64);
        Self {
            means,
            p_different: p(means.different, extreme[0]),
            p_same: p(means.same, extreme[1]),
            p_to_categorical: p(means.to_categorical, extreme[2]),
        }
    }
}

impl Means {
    /// The means over the live units with these labels, in the rows of categorical-units.
    fn of(network: &Network, live: &[usize], labels: &[Label]) -> Self {
        let mut blocks = [(0.0, 0_usize); 3];
        for (&to, &label) in live.iter().zip(labels) {
            let Label::Categorical(class) = label else { continue };
            for (&from, &other) in live.iter().zip(labels).filter(|&(&from, _)| from != to) {
                let block = match other {
                    Label::Categorical(other) if other != class => 0,
                    Label::Categorical(_) => 1,
                    Label::Part => 2,
                };
                blocks[block].0 += network.connection(to, from);
                blocks[block].1 += 1;
            }
        }
        let [different, same, to_categorical] =
            blocks.map(|(sum, count)| (count > 0).then(|| sum / count as f64));
        Self { different, same, to_categorical }
    }
}

/// Resemblance of S to I − αDᵀD, by blocks of kinds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ista {
    /// The α that fits the block from parts to parts best: ⟨I − S, DᵀD⟩ / ⟨DᵀD, DᵀD⟩ over it.
    pub step: f64,
    /// From parts to parts.
    pub part_to_part: Fit,
    /// From parts to categorical-units.
    pub part_to_categorical: Fit,
    /// From categorical-units to parts.
    pub categorical_to_part: Fit,
    /// Among categorical-units.
    pub categorical_to_categorical: Fit,
}

/// Resemblance of one block of S to I − αDᵀD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// ‖S − (I − αDᵀD)‖² / ‖S − I‖² over the block: 0 for ISTA.
    pub residual: Option<f64>,
    /// Correlation of S_jk with −(DᵀD)_jk over the block, without the diagonal of S.
    pub correlation: Option<f64>,
}

impl Ista {
    /// The fit of S by blocks; `None` if there are no parts.
    #[must_use]
    pub fn of(network: &Network, units: &[Unit]) -> Option<Self> {
        let gram = network.gram();
        let entry = |to: usize, from: usize| MatrixEntry {
            change: f64::from(u8::from(to == from)) - network.connection(to, from),
            product: f64::from(gram[to * network.hidden + from]),
            diagonal: to == from,
        };
        let of = |kind| of_kind(units, kind);
        let (parts, categorical) = (of(UnitKind::Part), of(UnitKind::Categorical));
        let block = |to: &[usize], from: &[usize]| -> Vec<MatrixEntry> {
            to.iter().flat_map(|&to| from.iter().map(move |&from| entry(to, from))).collect()
        };
        let own = block(&parts, &parts);
        let inner = |of: fn(&MatrixEntry) -> f64| own.iter().map(of).sum::<f64>();
        let square = inner(|entry| entry.product * entry.product);
        if square == 0.0 {
            return None;
        }
        let step = inner(|entry| entry.change * entry.product) / square;
        Some(Self {
            step,
            part_to_part: Fit::of(&own, step),
            part_to_categorical: Fit::of(&block(&categorical, &parts), step),
            categorical_to_part: Fit::of(&block(&parts, &categorical), step),
            categorical_to_categorical: Fit::of(&block(&categorical, &categorical), step),
        })
    }
}

/// An entry of I − S and that of DᵀD.
#[derive(Debug, Clone, Copy)]
struct MatrixEntry {
    change: f64,
    product: f64,
    diagonal: bool,
}

impl Fit {
    fn of(entries: &[MatrixEntry], step: f64) -> Self {
        let whole: f64 = entries.iter().map(|entry| entry.change.powi(2)).sum();
        let rest: f64 = entries.iter().map(|entry| (entry.change - step * entry.product).powi(2)).sum();
        let off: Vec<_> = entries.iter().filter(|entry| !entry.diagonal).collect();
        let (changes, products): (Vec<_>, Vec<_>) =
            off.iter().map(|entry| (entry.change, entry.product)).unzip();
        Self { residual: (whole > 0.0).then(|| rest / whole), correlation: correlation(&changes, &products) }
    }
}

/// Pearson's correlation; `None` if one side does not vary.
pub(super) fn correlation(one: &[f64], other: &[f64]) -> Option<f64> {
    let count = one.len() as f64;
    let (mean, theirs) = (one.iter().sum::<f64>() / count, other.iter().sum::<f64>() / count);
    let (mut both, mut own, mut their) = (0.0, 0.0, 0.0);
    for (a, b) in one.iter().zip(other) {
        both += (a - mean) * (b - theirs);
        own += (a - mean).powi(2);
        their += (b - theirs).powi(2);
    }
    let scale = (own * their).sqrt();
    (scale > 0.0).then(|| both / scale)
}
