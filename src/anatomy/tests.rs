//! Each measure on networks built by hand, whose answer is known.

use candle_core::{DType, Device, Tensor};

use super::ablation::{Ablation, silence_each};
use super::coding::coding;
use super::deformation::{Deformed, readout};
use super::evolution::evolution;
use super::measure::{Measure, Values};
use super::path::{Paths, error_rate, hardest};
use super::recurrent::{aligned_slope, inhibition, resemblance};
use super::sharpness::{largest, sharpness};
use super::units::{SELECTIVE, agreement, divide, selectivities, threshold, units};
use super::wiring::wiring;
use super::{Activity, Network, Sample, Unit, UnitKind};
use crate::model::{Config, Family, Model};
use crate::rng::{self, Purpose};

/// A model whose parameters of these names are replaced.
fn model(config: &Config, inputs: usize, classes: usize, replaced: &[(&str, Vec<f32>)]) -> Model {
    let model = Model::new(config, inputs, classes, 0.0, 1, DType::F32, &Device::Cpu).unwrap();
    for (name, numbers) in replaced {
        let parameter = model.parameters().iter().find(|one| one.name == *name).unwrap();
        let shape = parameter.value.dims().to_vec();
        parameter.value.set(&Tensor::from_vec(numbers.clone(), shape, &Device::Cpu).unwrap()).unwrap();
    }
    model
}

/// Units 0 and 1 are parts: each encodes and decodes one pixel. Units 2 and 3 are categorical: they have no input; one
/// part excites them, the other part and the other categorical-unit inhibit them.
fn planted(drawn: [f32; 2]) -> Network {
    let config = Config { hidden: 4, steps: 4, ..Config::default() };
    let encoder = vec![1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    #[rustfmt::skip]
    let recurrent = vec![
        0.0, 0.0, 0.0, 0.0,
        0.0, 0.0, 0.0, 0.0,
        1.0, -1.0, 0.0, -0.5,
        -1.0, 1.0, -0.5, 0.0,
    ];
    let [own, other] = drawn;
    #[rustfmt::skip]
    let decoder = vec![
        own, other, 1.25, 0.75,
        other, own, 0.75, 1.25,
        0.0, 0.0, 0.0, 0.0,
        0.0, 0.0, 0.0, 0.0,
    ];
    let classifier = vec![0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0];
    let model = model(
        &config,
        4,
        2,
        &[
            ("encoder", encoder),
            ("recurrent", recurrent),
            ("threshold", vec![0.0; 4]),
            ("decoder", decoder),
            ("classifier", classifier),
        ],
    );
    Network::recurrent_of(&model).unwrap()
}

/// Images (1, 0.6, 0, 0) of class 0 and (0.6, 1, 0, 0) of class 1, in turns.
fn sample(count: usize) -> Sample {
    let pixels =
        (0..count).flat_map(|at| if at % 2 == 0 { [1.0, 0.6, 0.0, 0.0] } else { [0.6, 1.0, 0.0, 0.0] });
    Sample {
        rows: 2,
        columns: 2,
        classes: 2,
        pixels: pixels.collect(),
        labels: (0..count).map(|at| (at % 2) as u8).collect(),
    }
}

fn divided(network: &Network, sample: &Sample) -> (Activity, Vec<Unit>) {
    let activity = Activity::of(network, sample);
    let mut units = units(network, &activity);
    let selectivities = selectivities(&units);
    divide(&mut units, threshold(&selectivities).unwrap());
    (activity, units)
}

fn value(values: &Values, measure: Measure) -> f64 {
    values.iter().find(|(other, _)| *other == measure).and_then(|(_, value)| *value).unwrap()
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() < 1e-6
}

#[test]
fn planted_categorical_units_are_found_and_rise_late_through_parts() {
    let (network, sample) = (planted([0.5, 0.0]), sample(600));
    let (_, units) = divided(&network, &sample);
    let kinds: Vec<UnitKind> = units.iter().map(|unit| unit.kind).collect();
    assert_eq!(kinds, [UnitKind::Part, UnitKind::Part, UnitKind::Categorical, UnitKind::Categorical]);
    assert_eq!(units.iter().map(|unit| unit.class).collect::<Vec<_>>(), [Some(0), Some(1), Some(0), Some(1)]);
    assert!(close(units[0].selectivity.unwrap(), 0.625) && close(units[2].selectivity.unwrap(), 1.0));
    assert_eq!((units[0].classes, units[2].classes), (2, 1));
    assert!(close(units[0].frequency, 1.0) && close(units[2].frequency, 0.5));
    assert!(close(units[0].mean_activity, 0.8) && close(units[2].mean_activity, 0.2));
    // Parts have all they get at t = 1; categorical-units have nothing then, and all at t = 2.
    assert_eq!((units[0].input_share, units[2].input_share), (Some(1.0), Some(0.0)));
    assert!(close(units[0].half_rise.unwrap(), 0.5) && close(units[2].half_rise.unwrap(), 1.5));
    assert_eq!((units[0].second_iteration, units[2].second_iteration), (Some(0.0), Some(1.0)));
    assert!(close(units[2].active_mean.unwrap(), 0.4));
    // A part sees what it draws; a unit without a row of E has no angle.
    assert!(close(units[0].wiring.angle.unwrap(), 0.0));
    assert_eq!(units[2].wiring.angle, None);
    assert_eq!(agreement(&units, 0.8, 0.9), 1.0);
    assert_eq!(agreement(&units, 0.8, 0.5), 0.5);
}

#[test]
fn a_unit_that_is_never_active_is_silent_and_not_counted() {
    let network = planted([0.5, 0.0]);
    let images = sample(2).selected(&[0, 0, 0]);
    let activity = Activity::of(&network, &images);
    let mut units = units(&network, &activity);
    divide(&mut units, 0.9);
    assert_eq!((units[3].kind, units[3].class, units[3].selectivity), (UnitKind::Silent, None, None));
    assert_eq!(units[3].half_rise, None);
}

#[test]
fn an_ista_network_is_recognised() {
    let config = Config { hidden: 12, steps: 5, ..Config::default() };
    let network = Network::recurrent_of(&model(&config, 9, 3, &[])).unwrap();
    let units: Vec<Unit> = (0..12).map(|at| by_hand(at, if at < 3 { Some(at) } else { None })).collect();
    let found = resemblance(&network, &units);
    assert!((value(&found, Measure::Alpha) - 0.2).abs() < 1e-6, "{found:?}");
    for residual in [
        Measure::ResidualPartToPart,
        Measure::ResidualPartToCategorical,
        Measure::ResidualCategoricalToPart,
        Measure::ResidualCategoricalToCategorical,
    ] {
        assert!(value(&found, residual) < 1e-9, "{found:?}");
    }
    for correlation in [Measure::CorrelationPartToPart, Measure::CorrelationCategoricalToCategorical] {
        assert!(value(&found, correlation) > 1.0 - 1e-9, "{found:?}");
    }
    assert!(value(&found, Measure::IstaAngleGap).abs() < 0.1, "{found:?}");
    assert!(value(&found, Measure::IstaAnglePartToPart) < 0.1, "{found:?}");
    assert!((aligned_slope(&network, &units).unwrap() + 0.2).abs() < 1e-6);
    // An S that is unrelated to its dictionary is not ISTA.
    let recurrent = (0..144).map(|at: u32| (f64::from(at * at) * 0.7).sin() as f32).collect();
    let other = Network::recurrent_of(&model(&config, 9, 3, &[("recurrent", recurrent)])).unwrap();
    let found = resemblance(&other, &units);
    assert!(value(&found, Measure::ResidualPartToPart) > 0.7, "{found:?}");
    assert!(value(&found, Measure::CorrelationPartToPart).abs() < 0.4, "{found:?}");
    assert!(value(&found, Measure::IstaAnglePartToPart) > 45.0, "{found:?}");
}

#[test]
fn parts_that_excite_aligned_prototypes_make_a_v() {
    let config = Config { hidden: 12, steps: 5, ..Config::default() };
    let gram = Network::recurrent_of(&model(&config, 9, 3, &[])).unwrap().gram();
    let recurrent = gram.iter().map(|product| 0.3 * product.abs()).collect();
    let network = Network::recurrent_of(&model(&config, 9, 3, &[("recurrent", recurrent)])).unwrap();
    let units: Vec<Unit> = (0..12).map(|at| by_hand(at, (at < 3).then_some(at))).collect();
    assert!((aligned_slope(&network, &units).unwrap() - 0.3).abs() < 1e-6);
}

#[test]
fn the_wiring_of_a_unit_is_that_of_the_closed_form() {
    let network = planted([0.5, 0.0]);
    let wiring = wiring(&network);
    // Rows of S − I: (−1, 0, 0, 0) and (1, −1, −1, −½).
    assert!(close(wiring[0].recurrent_norm, 1.0) && close(wiring[2].recurrent_norm, 3.25_f64.sqrt()));
    assert_eq!(
        (wiring[0].classifier_norm, wiring[3].classifier_norm, wiring[3].classifier_class),
        (0.0, 1.0, 1)
    );
    assert!(close(wiring[0].decoder_mean, 0.125) && close(wiring[2].decoder_mean, 0.5));
    // Both parts have angle 0; the other categorical-unit has none.
    assert!(close(wiring[2].afferent_angle.unwrap(), 0.0));
    // Row 0 of −DᵀD is −(0.25, 0, 0.625, 0.375), at arccos(0.25 / ‖·‖) to (−1, 0, 0, 0).
    let expected = (0.25 / 0.59375_f64.sqrt()).acos().to_degrees();
    assert!((wiring[0].ista_angle.unwrap() - expected).abs() < 1e-4, "{:?}", wiring[0]);
}

#[test]
fn a_unit_that_prefers_a_class_is_not_selective_by_that_alone() {
    let (network, sample) = (planted([0.5, 0.0]), sample(4));
    let mut images = sample;
    images.labels = vec![0, 1, 1, 1];
    // Unit 3 answers to class 1 in two of three images, unit 2 to class 0 once and to class 1 once.
    let units = units(&network, &Activity::of(&network, &images));
    assert_eq!((units[2].class, units[2].classes), (Some(0), 1));
    assert!(units[2].selectivity.unwrap() < SELECTIVE && units[3].selectivity.unwrap() > SELECTIVE);
}

#[test]
fn codes_of_one_iteration_are_decoded_by_least_squares() {
    let found = evolution(&planted([0.0, 0.3]), &sample(10), &[1, 2]);
    // At t = 1 there are only the parts, each of which copies a pixel, whatever its column of D.
    for (unit, pixel) in [(0, 0), (1, 1)] {
        let column = found[0][unit].as_ref().unwrap();
        assert!((column[pixel] - 1.0).abs() < 1e-4 && column[1 - pixel].abs() < 1e-4, "{column:?}");
    }
    assert_eq!((&found[0][2], &found[0][3]), (&None, &None));
    assert!(found[1][2].is_some());
}

/// A unit as a label: categorical of a class, or a part.
fn by_hand(unit: usize, class: Option<usize>) -> Unit {
    Unit {
        unit,
        kind: if class.is_some() { UnitKind::Categorical } else { UnitKind::Part },
        class,
        selectivity: Some(if class.is_some() { 1.0 } else { 0.3 }),
        ..Unit::default()
    }
}

#[test]
fn planted_inhibition_is_found_and_significant() {
    let hidden = 20;
    let class = |unit: usize| (unit < 8).then_some(unit % 2);
    let entry = |at: usize| match (class(at / hidden), class(at % hidden)) {
        _ if at / hidden == at % hidden => 0.9,
        (Some(to), Some(from)) if to != from => -0.2,
        (Some(_), Some(_)) => 0.1,
        (Some(_), None) => 0.02 * ((at % 3) as f32 - 1.0),
        _ => 0.03 * ((at % 5) as f32 - 2.0),
    };
    let config = Config { hidden, steps: 3, ..Config::default() };
    let recurrent = (0..hidden * hidden).map(entry).collect();
    let network = Network::recurrent_of(&model(&config, 9, 2, &[("recurrent", recurrent)])).unwrap();
    let labels: Vec<Unit> = (0..hidden).map(|unit| by_hand(unit, class(unit))).collect();
    let random = || rng::stream(1, Purpose::Null, 0);
    let found = inhibition(&network, &labels, &mut random());
    assert!(close(value(&found, Measure::BetweenClasses), f64::from(-0.2_f32)), "{found:?}");
    assert!(close(value(&found, Measure::WithinClass), f64::from(0.1_f32)));
    assert!(value(&found, Measure::BetweenClassesP) < 0.01, "{found:?}");
    assert!(value(&found, Measure::WithinClassP) < 0.01, "{found:?}");
    assert!(value(&found, Measure::ToCategorical).abs() < 0.01, "{found:?}");
    // The same S under labels that are unrelated to it.
    let shifted: Vec<Unit> = (0..hidden).map(|unit| by_hand(unit, class((unit * 7 + 3) % hidden))).collect();
    let chance = inhibition(&network, &shifted, &mut random());
    assert!(value(&chance, Measure::BetweenClassesP) > 0.05, "{chance:?}");
}

#[test]
fn the_contribution_of_each_kind_is_that_of_the_closed_form() {
    let (network, sample) = (planted([0.5, 0.0]), sample(502));
    let (_, units) = divided(&network, &sample);
    let found = coding(&network, &sample, &units);
    let of = |measure| value(&found, measure);
    // Each kind draws half of every image: what is left is ½·¼·‖x‖², with ‖x‖² = 1.36.
    assert!(of(Measure::ErrorBoth) < 1e-12, "{found:?}");
    assert!(close(of(Measure::ErrorCategorical), 0.17) && close(of(Measure::ErrorParts), 0.17), "{found:?}");
    assert!(close(of(Measure::ResidualCorrelation), 1.0), "{found:?}");
    assert!(close(of(Measure::ResidualCorrelationGain), 0.0), "{found:?}");
    // 1·1 − 1·0.6 from the parts, nothing from the other class, which is silent.
    assert!(close(of(Measure::DriveFromParts), 0.4) && close(of(Measure::DriveFromOtherClasses), 0.0));
    assert!(close(of(Measure::DriveFromClass), 0.0));
}

#[test]
fn the_cost_of_silencing_is_that_of_the_closed_form() {
    let (network, sample) = (planted([0.5, 0.0]), sample(600));
    let (_, units) = divided(&network, &sample);
    let found = Ablation::of(&network, &sample, &units, &mut rng::stream(1, Purpose::Null, 0));
    assert!(close(found.whole.error, 0.0) && found.whole.reconstruction < 1e-12);
    // Without categorical-units all scores are 0 and class 0 is the first of equals.
    assert!(
        close(found.categorical.error, 50.0) && close(found.categorical.class_loss, 2.0_f64.ln() - loss())
    );
    assert!(close(found.categorical.reconstruction, 0.17), "{found:?}");
    // Without parts no unit has a drive, so the reconstruction is 0.
    assert!(close(found.parts.reconstruction, 0.68), "{found:?}");
    // Unit 3 is the only unit of class 1; without part 0 its opponent wins every image.
    let errors: Vec<f64> = silence_each(&network, &sample).iter().map(|lost| lost.error).collect();
    assert_eq!(errors, [50.0, 50.0, 0.0, 50.0]);
}

/// −log softmax of the right one of the scores 0.4/‖z‖ and 0, for z of 1, 0.6 and 0.4.
fn loss() -> f64 {
    (1.0 + (-0.4 / 1.52_f64.sqrt()).exp()).ln()
}

/// Class 0 where the first pixel is the brighter one of two.
fn judge() -> Network {
    let config = Config { family: Family::Mlp, hidden: 2, steps: 1, ..Config::default() };
    let encoder = vec![1.0, -1.0, 0.0, 0.0, -1.0, 1.0, 0.0, 0.0];
    let classifier = vec![1.0, 0.0, 0.0, 1.0];
    let name = crate::model::slots(&crate::model::Recursion::of(&config).unwrap(), &config, 4, 2).unwrap()[1]
        .name
        .clone();
    let replaced = [("encoder", encoder), (name.as_str(), vec![0.0; 2]), ("classifier", classifier)];
    Network::of(&model(&config, 4, 2, &replaced)).unwrap()
}

#[test]
fn paths_are_classified_at_every_step() {
    let (sample, judge) = (sample(300), judge());
    assert_eq!(error_rate(&judge, &sample), 0.0);
    let all: Vec<usize> = (0..300).collect();
    let paths = Paths::of(&planted([0.5, 0.0]), &judge, &sample, 8);
    assert_eq!(
        (paths.predicted.len(), paths.accuracy(1, &all), paths.always_correct(4, &all)),
        (8, 1.0, 1.0)
    );
    // ISTA is observed as often as the network iterates, on its way to convergence.
    let ista = Paths::of_ista(&planted([0.5, 0.0]), 0.001, &judge, &sample);
    assert_eq!((ista.predicted.len(), ista.always_correct(4, &ista.images())), (4, 1.0));
    // A judge takes images of any scale and offset.
    let mut brighter = sample.clone();
    brighter.pixels.iter_mut().for_each(|x| *x = 3.0 * *x + 1.0);
    assert_eq!(error_rate(&judge, &brighter), 0.0);
    // Parts that draw each other's pixels begin in the wrong class; prototypes then outweigh them.
    let paths = Paths::of(&planted([0.0, 0.3]), &judge, &sample, 4);
    assert_eq!((paths.accuracy(1, &all), paths.accuracy(2, &all)), (0.0, 1.0));
    assert_eq!((paths.always_correct(4, &all), paths.retention(4, &all)), (0.0, Some(1.0)));
}

#[test]
fn the_hardest_images_have_the_smallest_gap() {
    let network = planted([0.5, 0.0]);
    let mut images = sample(100);
    // Both classes have equal scores for this one.
    images.pixels[4 * 37..4 * 38].copy_from_slice(&[0.8, 0.8, 0.0, 0.0]);
    let hard = hardest(&network, &images);
    assert_eq!((hard.len(), hard[0]), (5, 37));
}

#[test]
fn prototypes_are_compared_with_their_class_means() {
    let (network, sample) = (planted([0.5, 0.0]), sample(200));
    let (_, units) = divided(&network, &sample);
    let found = sharpness(&network, Some(&judge()), &sample, &units);
    // (1.25, 0.75, 0, 0) and (1, 0.6, 0, 0) are equal up to contrast: 0.75 / 1.25 = 0.6 / 1.
    assert!(close(value(&found, Measure::LeastRoughness), 1.0), "{found:?}");
    assert!(close(value(&found, Measure::MeanRoughness), 1.0), "{found:?}");
    assert_eq!(value(&found, Measure::ClassesWithoutPrototype), 0.0);
    assert_eq!(value(&found, Measure::RecognisedPrototypes), 1.0);
    assert_eq!(value(&found, Measure::RecognisedLargest), 1.0);
    assert_eq!(largest(&units, 2), [(0, 2), (1, 3)]);
    // Means of (1, 0.6, 1, 0.6) are softer than the prototypes, and diagonal means rougher.
    let with = |image: [f32; 4], mirrored: [f32; 4]| {
        let pixels = (0..200).flat_map(|at| if at % 2 == 0 { image } else { mirrored });
        let sample = Sample { pixels: pixels.collect(), ..sample.clone() };
        value(&sharpness(&network, Some(&judge()), &sample, &units), Measure::SharpPrototypes)
    };
    assert_eq!(with([1.0, 0.6, 1.0, 0.6], [0.6, 1.0, 0.6, 1.0]), 1.0);
    assert_eq!(with([1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0]), 0.0);
    // Noise may be rough as well; what the judge does not recognise is no sharp prototype.
    let mut wrong = units.clone();
    wrong[2].class = Some(1);
    let soft = Sample { pixels: (0..200).flat_map(|_| [1.0, 0.6, 1.0, 0.6]).collect(), ..sample.clone() };
    let found = sharpness(&network, Some(&judge()), &soft, &wrong);
    assert_eq!(value(&found, Measure::RecognisedPrototypes), 0.5);
    assert_eq!(value(&found, Measure::SharpPrototypes), 0.5);
}

#[test]
fn a_deformation_that_parts_code_is_read_from_them_alone() {
    let network = planted([0.5, 0.0]);
    let (_, units) = divided(&network, &sample(4));
    let draw = |count: usize, seed: f64| {
        let at = |i: usize| ((i as f64 * 0.37 + seed).sin(), (i as f64 * 0.91 + seed).cos());
        let pixels = (0..count).flat_map(|i| {
            let (a, b) = at(i);
            [1.0 + 0.2 * a as f32, 0.5 + 0.2 * b as f32, 0.0, 0.0]
        });
        let sample =
            Sample { rows: 2, columns: 2, classes: 2, pixels: pixels.collect(), labels: vec![0; count] };
        let truths: Vec<Vec<f64>> = (0..count).map(|i| vec![at(i).0 + at(i).1]).collect();
        (sample, truths)
    };
    let (learn, read) = (draw(300, 0.0), draw(200, 1.0));
    let found = readout(
        &network,
        &units,
        &Deformed { sample: &learn.0, truths: &learn.1 },
        &Deformed { sample: &read.0, truths: &read.1 },
        &mut rng::stream(1, Purpose::Null, 0),
    );
    // The categorical-unit codes the difference of both pixels, which is independent of their sum.
    assert!(value(&found, Measure::DeformationFromAll) > 0.99, "{found:?}");
    assert!(value(&found, Measure::DeformationGain) > 0.69, "{found:?}");
}
