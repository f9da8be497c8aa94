use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use statrs::distribution::{ContinuousCDF, Normal};

use super::*;
use crate::stats::{difference_error, t_interval};

/// Mistakes of both arms, one element a seed.
type Lists = Vec<[Vec<usize>; 2]>;

fn pairs(lists: &Lists) -> Vec<PairedMistakes<'_>> {
    let sides =
        lists.iter().map(|[reference, challenger]| [reference, challenger].map(|list| vec![&list[..]]));
    sides.map(|[reference, challenger]| PairedMistakes { reference, challenger }).collect()
}

/// d_si, dense.
fn cells(lists: &Lists, images: usize) -> Vec<Vec<f64>> {
    let mistake = |list: &[usize], image: usize| f64::from(u8::from(list.contains(&image)));
    let difference = |[reference, challenger]: &[Vec<usize>; 2], image: usize| {
        mistake(challenger, image) - mistake(reference, image)
    };
    lists.iter().map(|lists| (0..images).map(|image| difference(lists, image)).collect()).collect()
}

/// The mean squares as their definitions say, over every cell.
fn dense(cells: &[Vec<f64>]) -> (f64, MeanSquares) {
    let (s, i) = (cells.len() as f64, cells[0].len() as f64);
    let of_seeds: Vec<f64> = cells.iter().map(|row| row.iter().sum::<f64>() / i).collect();
    let of_images: Vec<f64> =
        (0..cells[0].len()).map(|image| cells.iter().map(|row| row[image]).sum::<f64>() / s).collect();
    let mean = of_seeds.iter().sum::<f64>() / s;
    let squares = |means: &[f64]| means.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    let residual: f64 = cells
        .iter()
        .zip(&of_seeds)
        .flat_map(|(row, seed)| {
            row.iter().zip(&of_images).map(move |(d, image)| (d - seed - image + mean).powi(2))
        })
        .sum();
    let mean_squares = MeanSquares {
        seeds: i * squares(&of_seeds) / (s - 1.0),
        images: s * squares(&of_images) / (i - 1.0),
        residual: residual / ((s - 1.0) * (i - 1.0)),
    };
    (mean, mean_squares)
}

#[test]
fn a_small_layout_is_that_computed_by_hand() {
    // Rows are seeds, columns images:   1  0  1  0   sum 2
    //                                   0 -1  1  0   sum 0
    //                                   1  0  1 -1   sum 1
    // Column sums 2, -1, 3, -1. Σd = 3, Σd² = 7, S·I = 12, so the correction is 9/12 = 3/4.
    // Seeds: 5/4 - 3/4 = 1/2 on 2; images: 15/3 - 3/4 = 17/4 on 3; total 7 - 3/4 = 25/4; residual
    // 25/4 - 1/2 - 17/4 = 3/2 on 6.
    let lists = vec![[vec![], vec![0, 2]], [vec![1], vec![2]], [vec![3], vec![0, 2]]];
    let found = Crossed::of(&pairs(&lists), 4, 0.95).unwrap();
    let MeanSquares { seeds, images, residual } = found.mean_squares;
    assert!((found.mean - 0.25).abs() < 1e-15);
    assert!(
        (seeds - 0.25).abs() < 1e-15
            && (images - 17.0 / 12.0).abs() < 1e-15
            && (residual - 0.25).abs() < 1e-15
    );
    // Var = (1/4 + 17/12 - 1/4)/12; ν = (17/12)²/((1/4)²/2 + (17/12)²/3 + (1/4)²/6) = 289/102.333…
    assert!((found.error.powi(2) - 17.0 / 144.0).abs() < 1e-15);
    assert!((found.freedom - 867.0 / 307.0).abs() < 1e-12, "{found:?}");
    let half = t_quantile(0.95, 867.0 / 307.0).unwrap() * (17.0_f64 / 144.0).sqrt();
    assert!(
        (found.interval.high - 0.25 - half).abs() < 1e-12 && (0.25 - found.interval.low - half).abs() < 1e-12
    );
}

#[test]
fn a_component_below_zero_counts_as_zero_and_keeps_its_degrees_of_freedom() {
    let of = |seeds, images, residual| MeanSquares { seeds, images, residual }.combined(5, 101);
    for (seeds, images, residual, variance) in
        [(3.0, 4.0, 2.0, 5.0), (3.0, 1.0, 2.0, 3.0), (1.0, 3.0, 2.0, 3.0), (1.0, 1.5, 2.0, 2.0)]
    {
        let (found, freedom) = of(seeds, images, residual);
        let spread: f64 = seeds * seeds / 4.0 + images * images / 100.0 + residual * residual / 400.0;
        assert_eq!(found, variance);
        assert!((freedom - variance * variance / spread).abs() < 1e-12, "{seeds}, {images}: {freedom}");
    }
}

#[test]
fn seeds_that_agree_leave_the_error_over_images() {
    // Every seed errs on the same images: b = 3 only in the reference, c = 5 only in the challenger.
    let one = [vec![1, 4, 6, 20], vec![2, 6, 7, 9, 11, 13]];
    let lists = vec![one.clone(), one.clone(), one];
    let found = Crossed::of(&pairs(&lists), 200, 0.95).unwrap();
    // McNemar's standard error divides by I where the mean square divides by I − 1.
    let expected = difference_error(3, 5, 200) * (200.0_f64 / 199.0).sqrt();
    assert!((found.error - expected).abs() < 1e-15, "{found:?}");
    assert_eq!((found.mean, found.freedom), (0.01, 199.0));
}

#[test]
fn layouts_without_a_difference_or_a_second_seed_have_no_interval() {
    let same = [vec![1, 2], vec![1, 2]];
    assert_eq!(Crossed::of(&pairs(&vec![same.clone(), same.clone()]), 10, 0.95), None);
    let every = [vec![], vec![0, 1, 2]];
    assert_eq!(Crossed::of(&pairs(&vec![every.clone(), every]), 3, 0.95), None);
    let differs = [vec![1], vec![2]];
    assert_eq!(Crossed::of(&pairs(&vec![differs.clone()]), 10, 0.95), None);
    assert_eq!(Crossed::of(&pairs(&vec![differs.clone(), same.clone()]), 10, 1.0), None);
    assert!(Crossed::of(&pairs(&vec![differs, same]), 10, 0.95).is_some());
}

proptest! {
    #[test]
    fn sparse_sums_are_those_of_the_dense_layout(
        masks in prop::collection::vec((0_u32..1 << 12, 0_u32..1 << 12), 2..7),
    ) {
        let list = |mask: u32| (0..12).filter(|image| mask >> image & 1 == 1).collect::<Vec<usize>>();
        let lists: Lists = masks.iter().map(|&(first, second)| [list(first), list(second)]).collect();
        let (mean, expected) = dense(&cells(&lists, 12));
        if let Some(found) = Crossed::of(&pairs(&lists), 12, 0.95) {
            let MeanSquares { seeds, images, residual } = found.mean_squares;
            prop_assert!((found.mean - mean).abs() < 1e-12);
            prop_assert!((seeds - expected.seeds).abs() < 1e-12, "{:?}", expected);
            prop_assert!((images - expected.images).abs() < 1e-12, "{:?}", expected);
            prop_assert!((residual - expected.residual).abs() < 1e-12, "{:?}", expected);
        } else {
            let MeanSquares { seeds, images, residual } = expected;
            prop_assert!(seeds.max(images).max(residual) < 1e-12, "{:?}", expected);
        }
    }
}

#[test]
fn the_sides_of_several_arms_differ_by_the_shares_that_err() {
    // Two arms on each side, four images. 2·d by seed:   1  0 -1  2
    //                                                   -1  1  0  0
    let mistakes = |reference: [&'static [usize]; 2], challenger: [&'static [usize]; 2]| PairedMistakes {
        reference: reference.to_vec(),
        challenger: challenger.to_vec(),
    };
    let seeds = [mistakes([&[1, 2], &[]], [&[0, 1, 3], &[3]]), mistakes([&[0], &[3]], [&[1], &[3]])];
    let found = Crossed::of(&seeds, 4, 0.95).unwrap();
    let (mean, expected) = dense(&[vec![0.5, 0.0, -0.5, 1.0], vec![-0.5, 0.5, 0.0, 0.0]]);
    assert!((found.mean - mean).abs() < 1e-15);
    assert!((found.mean_squares.seeds - expected.seeds).abs() < 1e-15);
    assert!((found.mean_squares.images - expected.images).abs() < 1e-15);
    assert!((found.mean_squares.residual - expected.residual).abs() < 1e-15);
    // Naming each arm twice changes nothing.
    let twice = seeds.clone().map(|PairedMistakes { reference, challenger }| PairedMistakes {
        reference: reference.repeat(2),
        challenger: challenger.repeat(2),
    });
    assert_eq!(Crossed::of(&twice, 4, 0.95).unwrap().interval, found.interval);
    assert_eq!(Crossed::of(&[mistakes([&[]; 2], [&[]; 2]), mistakes([&[]; 2], [&[]; 2])], 4, 0.95), None);
}

/// Standard deviations of normal effects on a latent scale. An arm errs where the sum of its effects
/// exceeds its threshold.
struct Latent {
    /// Of an image, for both arms.
    image: f64,
    /// Of an image, for one arm.
    image_of_arm: f64,
    /// Of a seed, for one arm.
    seed_of_arm: f64,
    /// Of one arm with one seed on one image.
    residual: f64,
    /// Of the reference and of the challenger.
    thresholds: [f64; 2],
}

impl Latent {
    /// The true difference over all seeds and images.
    fn difference(&self) -> f64 {
        let squares = [self.image, self.image_of_arm, self.seed_of_arm, self.residual].map(|sd| sd * sd);
        let latent = Normal::new(0.0, squares.iter().sum::<f64>().sqrt()).unwrap();
        latent.sf(self.thresholds[1]) - latent.sf(self.thresholds[0])
    }

    fn draw(&self, seeds: usize, images: usize, random: &mut impl Rng) -> Lists {
        let mut normal = |sd: f64| sd * Distribution::<f64>::sample(&StandardNormal, random);
        let of_seeds: Vec<[f64; 2]> = (0..seeds).map(|_| [0; 2].map(|_| normal(self.seed_of_arm))).collect();
        let mut lists: Lists = vec![Default::default(); seeds];
        for image in 0..images {
            let shared = normal(self.image);
            let of_image = [0; 2].map(|_| shared + normal(self.image_of_arm));
            for (lists, of_seed) in lists.iter_mut().zip(&of_seeds) {
                for arm in 0..2 {
                    let latent = of_image[arm] + of_seed[arm] + normal(self.residual);
                    if latent > self.thresholds[arm] {
                        lists[arm].push(image);
                    }
                }
            }
        }
        lists
    }
}

/// Shares of `repetitions` in which the 95 % intervals hold the true difference: the crossed one, and
/// Student's over the differences of the seeds.
fn coverage(latent: &Latent, seeds: usize, images: usize, repetitions: u32) -> [f64; 2] {
    let truth = latent.difference();
    let holds = |interval: Interval| interval.low <= truth && truth <= interval.high;
    let mut random = ChaCha8Rng::seed_from_u64(1973);
    let mut held = [0_u32; 2];
    for _ in 0..repetitions {
        let lists = latent.draw(seeds, images, &mut random);
        let of_seed = |[reference, challenger]: &[Vec<usize>; 2]| {
            (challenger.len() as f64 - reference.len() as f64) / images as f64
        };
        let differences: Vec<f64> = lists.iter().map(of_seed).collect();
        let crossed = Crossed::of(&pairs(&lists), images, 0.95).unwrap();
        held[0] += u32::from(holds(crossed.interval));
        held[1] += u32::from(holds(t_interval(&differences, 0.95).unwrap()));
    }
    held.map(|count| f64::from(count) / f64::from(repetitions))
}

#[test]
fn the_interval_covers_where_images_vary_and_that_over_seeds_does_not() {
    // Errors of 0.6 and 0.8 % of the images.
    let latent =
        Latent { image: 1.0, image_of_arm: 0.7, seed_of_arm: 0.1, residual: 0.5, thresholds: [3.3, 3.2] };
    let [crossed, student] = coverage(&latent, 10, 2_000, 2_000);
    println!("images vary: crossed {crossed}, seeds alone {student}");
    assert!((0.93..=0.975).contains(&crossed), "{crossed}");
    assert!(student < 0.85, "{student}");
}

#[test]
fn the_interval_covers_for_few_and_many_seeds() {
    // Errors of 0.6 to 1.5 % of the images.
    let known = [
        ("images vary most", 0.7, 0.1, 0.5, [3.3, 3.2]),
        ("both vary", 0.3, 0.1, 0.8, [3.0, 2.9]),
        ("seeds vary most", 0.3, 0.2, 0.8, [3.0, 2.9]),
    ];
    for (name, image_of_arm, seed_of_arm, residual, thresholds) in known {
        let latent = Latent { image: 1.0, image_of_arm, seed_of_arm, residual, thresholds };
        for (seeds, least) in [(2, 0.91), (3, 0.93), (5, 0.93), (10, 0.93)] {
            let [crossed, student] = coverage(&latent, seeds, 1_000, 2_000);
            println!("{name}, {seeds} seeds: crossed {crossed}, seeds alone {student}");
            assert!((least..=0.98).contains(&crossed), "{name}, {seeds}: {crossed}");
        }
    }
}
