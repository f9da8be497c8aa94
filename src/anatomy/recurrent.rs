//! The matrix S by blocks of kinds: mean weights between them, and its resemblance to ISTA.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::measure::{Measure, Values, minus};
use super::network::Network;
use super::units::{Unit, UnitKind, of_kind};
use super::wiring::ista_angle;
use crate::stats::mean;

/// Permutations of the labels for a p-value.
const PERMUTATIONS: usize = 999;

/// Label of a unit in the permutation test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    Categorical(usize),
    Part,
}

/// Mean entries of S, its diagonal left out, between live units by kind and class: between categorical-units of
/// different classes and of one class, and from parts to categorical-units. The p-value of each is the share of random
/// permutations of the units' labels with a mean at least as low (between classes) or as high (the others).
#[must_use]
pub fn inhibition(network: &Network, units: &[Unit], random: &mut ChaCha8Rng) -> Values {
    let live: Vec<usize> = units.iter().filter(|u| u.kind != UnitKind::Silent).map(|u| u.unit).collect();
    let label = |&at: &usize| match (units[at].kind, units[at].class) {
        (UnitKind::Categorical, Some(class)) => Label::Categorical(class),
        _ => Label::Part,
    };
    let mut labels: Vec<Label> = live.iter().map(label).collect();
    let means = block_means(network, &live, &labels);
    let mut extreme = [0_usize; 3];
    for _ in 0..PERMUTATIONS {
        labels.shuffle(random);
        let null = block_means(network, &live, &labels);
        extreme[0] += usize::from(null[0] <= means[0]);
        extreme[1] += usize::from(null[1] >= means[1]);
        extreme[2] += usize::from(null[2] >= means[2]);
    }
    let p = |at: usize| means[at].map(|_| (extreme[at] + 1) as f64 / (PERMUTATIONS + 1) as f64);
    vec![
        (Measure::BetweenClasses, means[0]),
        (Measure::BetweenClassesP, p(0)),
        (Measure::WithinClass, means[1]),
        (Measure::WithinClassP, p(1)),
        (Measure::ToCategorical, means[2]),
        (Measure::ToCategoricalP, p(2)),
    ]
}

/// The means over the live units with these labels, in the rows of categorical-units: from categorical-units of other
/// classes, from those of the same class, and from parts; `None` if there are no such pairs.
fn block_means(network: &Network, live: &[usize], labels: &[Label]) -> [Option<f64>; 3] {
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
    blocks.map(|(sum, count)| (count > 0).then(|| sum / count as f64))
}

/// The connections from parts to categorical-units: D_i·D_j and S_ij of each pair.
#[must_use]
pub fn to_categorical(network: &Network, units: &[Unit]) -> Vec<(f64, f64)> {
    let gram = network.gram();
    let parts = of_kind(units, UnitKind::Part);
    let pair =
        |to: usize, from: usize| (f64::from(gram[to * network.hidden + from]), network.connection(to, from));
    let rows = of_kind(units, UnitKind::Categorical).into_iter();
    rows.flat_map(|to| parts.iter().map(move |&from| (to, from))).map(|(to, from)| pair(to, from)).collect()
}

/// Right side of the author's V diagram: the slope of S_ij on D_i·D_j over the connections from parts to categorical-units
/// with D_i·D_j > 0, by least squares. It is −α for ISTA, whose units compete for what they share.
#[must_use]
pub fn aligned_slope(network: &Network, units: &[Unit]) -> Option<f64> {
    let pairs: Vec<(f64, f64)> =
        to_categorical(network, units).into_iter().filter(|(product, _)| *product > 0.0).collect();
    let (products, weights): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let (centre, level) = (mean(&products)?, mean(&weights)?);
    let together: f64 = pairs.iter().map(|(x, y)| (x - centre) * (y - level)).sum();
    let spread: f64 = products.iter().map(|x| (x - centre).powi(2)).sum();
    (spread > 0.0).then(|| together / spread)
}

/// Resemblance of S to I − αDᵀD, by blocks of kinds. α is the one that fits the block from parts to parts best,
/// ⟨I − S, DᵀD⟩ / ⟨DᵀD, DᵀD⟩ over it; without parts there are no values. The residual of a block is
/// ‖S − (I − αDᵀD)‖² / ‖S − I‖² over it, 0 for ISTA; the correlation is that of S_jk with −(DᵀD)_jk, without the
/// diagonal of S. The angles are those of the rows of S − I and −DᵀD over the connections from one kind, averaged over the parts.
#[must_use]
pub fn resemblance(network: &Network, units: &[Unit]) -> Values {
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
        return Vec::new();
    }
    let alpha = inner(|entry| entry.change * entry.product) / square;
    let among = block(&categorical, &categorical);
    let rows = |from: &[usize]| {
        mean(&parts.iter().filter_map(|&to| ista_angle(network, &gram, to, from)).collect::<Vec<_>>())
    };
    let (from_parts, from_categorical) = (rows(&parts), rows(&categorical));
    vec![
        (Measure::IstaAngleGap, minus(from_categorical, from_parts)),
        (Measure::IstaAnglePartToPart, from_parts),
        (Measure::IstaAngleCategoricalToPart, from_categorical),
        (Measure::Alpha, Some(alpha)),
        (Measure::ResidualPartToPart, residual(&own, alpha)),
        (Measure::ResidualPartToCategorical, residual(&block(&categorical, &parts), alpha)),
        (Measure::ResidualCategoricalToPart, residual(&block(&parts, &categorical), alpha)),
        (Measure::ResidualCategoricalToCategorical, residual(&among, alpha)),
        (Measure::CorrelationPartToPart, off_diagonal_correlation(&own)),
        (Measure::CorrelationCategoricalToCategorical, off_diagonal_correlation(&among)),
    ]
}

/// An entry of I − S and that of DᵀD.
#[derive(Debug, Clone, Copy)]
struct MatrixEntry {
    change: f64,
    product: f64,
    diagonal: bool,
}

fn residual(entries: &[MatrixEntry], alpha: f64) -> Option<f64> {
    let whole: f64 = entries.iter().map(|entry| entry.change.powi(2)).sum();
    let rest: f64 = entries.iter().map(|entry| (entry.change - alpha * entry.product).powi(2)).sum();
    (whole > 0.0).then(|| rest / whole)
}

fn off_diagonal_correlation(entries: &[MatrixEntry]) -> Option<f64> {
    let off = entries.iter().filter(|entry| !entry.diagonal);
    let (changes, products): (Vec<_>, Vec<_>) = off.map(|entry| (entry.change, entry.product)).unzip();
    correlation(&changes, &products)
}

/// Pearson's correlation; `None` if one side does not vary.
fn correlation(one: &[f64], other: &[f64]) -> Option<f64> {
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
