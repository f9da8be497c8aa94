use candle_core::{DType, Device, Tensor};

use super::*;
use crate::model::{self, Bounds, Family};

type Weights = Vec<Vec<f32>>;

fn model(family: Family, steps: usize) -> Model {
    let config = model::Config { family, steps, hidden: 4, ..model::Config::default() };
    Model::new(&config, 6, 3, 0.01, 1, DType::F32, &Device::Cpu).unwrap()
}

fn phase(text: &str) -> Phase {
    toml::from_str(&format!("epochs = 1\nrate = 0.01\n{text}")).unwrap()
}

/// The weights of `model`, after each element of every gradient took the values of `slopes`
/// in turn.
fn updated(model: &Model, phase: &Phase, slopes: &[f32]) -> Vec<Weights> {
    let mut optimiser = Optimiser::new(phase, model);
    let after = |slope: &f32| {
        let sizes = model.parameters().iter().map(|parameter| parameter.value.elem_count());
        let gradients: Weights = sizes.map(|count| vec![*slope; count]).collect();
        optimiser.update(model, &gradients, phase.rate).unwrap();
        model.parameters().snapshot().unwrap()
    };
    slopes.iter().map(after).collect()
}

fn set(model: &Model, name: &str, numbers: &[f32]) {
    let value = &model.parameters().iter().find(|parameter| parameter.name == name).unwrap().value;
    value.set(&Tensor::from_slice(numbers, value.dims(), &Device::Cpu).unwrap()).unwrap();
}

fn slot(model: &Model, name: &str) -> usize {
    model.parameters().iter().position(|parameter| parameter.name == name).unwrap()
}

/// The first threshold, from 0.5 on, after the slopes 0.3, −0.2 and 0.05 at the rate 0.01.
fn thresholds(rule: &str) -> Vec<f32> {
    let model = model(Family::Drsae, 1);
    set(&model, "threshold", &[0.5; 4]);
    let phase = phase(&format!("{rule}\nmultipliers = {{ threshold = 1.0 }}"));
    let slot = slot(&model, "threshold");
    updated(&model, &phase, &[0.3, -0.2, 0.05]).iter().map(|weights| weights[slot][0]).collect()
}

fn assert_close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 2e-7, "{found} is not {expected}");
    }
}

/// The expected numbers are the output of this Python script:
///
/// ```python
/// import math
/// w, mean, square = 0.5, 0.0, 0.0
/// for t, g in enumerate([0.3, -0.2, 0.05], start=1):
///     mean = 0.9 * mean + 0.1 * g
///     square = 0.999 * square + 0.001 * g * g
///     w -= 0.01 * (mean / (1 - 0.9**t)) / (math.sqrt(square / (1 - 0.999**t)) + 1e-8)
///     print(w)
/// w, speed = 0.5, 0.0
/// for g in [0.3, -0.2, 0.05]:
///     speed = 0.9 * speed + g
///     w -= 0.01 * speed
///     print(w)
/// ```
#[test]
fn three_updates_are_those_of_the_python_script() {
    assert_close(&thresholds("optimizer = \"adam\""), &[0.49, 0.488_554_8, 0.486_570_06]);
    assert_close(&thresholds("optimizer = \"sgd\""), &[0.497, 0.4963, 0.495_17]);
    assert_close(&thresholds("optimizer = \"sgd\"\nmomentum = 0"), &[0.497, 0.499, 0.4985]);
}

#[test]
fn adams_first_step_is_the_rate_against_the_slopes_sign() {
    for slope in [7.0, 1e-3, -1e-3, -7.0] {
        let model = model(Family::Drsae, 1);
        let before = model.parameters().snapshot().unwrap();
        let after = updated(&model, &phase("multipliers = { threshold = 3.0 }"), &[slope]).remove(0);
        let slot = slot(&model, "threshold");
        let moved: Vec<f32> = after[slot].iter().zip(&before[slot]).map(|(b, a)| b - a).collect();
        let expected = [-0.03 * slope.signum(); 4];
        // ε = 1e-8 is a hundred-thousandth of the smallest slope.
        assert!(
            moved.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6),
            "{moved:?}"
        );
    }
}

#[test]
fn a_row_or_column_inside_its_bound_keeps_its_bits() {
    // Rows and columns of norm 0.5, 1 and 13.
    let inside = [0.3, 0.4, 0.0];
    let at = [0.0, -1.0, 0.0];
    let mut row = inside;
    shrink(&mut row, 1.0);
    assert_eq!(row, inside);
    row = at;
    shrink(&mut row, 1.0);
    assert_eq!(row, at);
    row = [3.0, 4.0, 12.0];
    shrink(&mut row, 1.0);
    assert_close(&row, &[3.0 / 13.0, 4.0 / 13.0, 12.0 / 13.0]);

    let mut columns = [0.3, 0.0, 3.0, 0.4, -1.0, 4.0, 0.0, 0.0, 12.0];
    shrink_columns(&mut columns, &[0.25, 1.0, 169.0], 1.0);
    let column = |j: usize| [columns[j], columns[3 + j], columns[6 + j]];
    assert_eq!((column(0), column(1)), (inside, at));
    assert_close(&column(2), &[3.0 / 13.0, 4.0 / 13.0, 12.0 / 13.0]);
}

/// Under SGD without momentum, a zero gradient changes no weight, so that only the bounds act.
#[test]
fn each_matrix_has_its_own_bound_and_the_threshold_none() {
    let model = model(Family::Drsae, 5);
    for parameter in model.parameters().iter() {
        set(&model, &parameter.name, &vec![10.0; parameter.value.elem_count()]);
    }
    let after = updated(&model, &phase("optimizer = \"sgd\""), &[0.0]).remove(0);
    let one = |name: &str| {
        let numbers = &after[slot(&model, name)];
        assert!(numbers.iter().all(|&number| number == numbers[0]), "{name}: {numbers:?}");
        numbers[0]
    };
    // Four units of six inputs and three classes: rows of E have six entries, columns of D
    // six, and rows of C four.
    let norms = [6f32.sqrt() * one("encoder"), 6f32.sqrt() * one("decoder"), 2.0 * one("classifier")];
    for (norm, bound) in norms.into_iter().zip([1.25 / 5.0, 1.0, 5.0]) {
        assert!((norm - bound).abs() < 1e-5 * bound, "{norm} is not {bound}");
    }
    assert_eq!((one("recurrent"), one("threshold")), (10.0, 10.0));
}

#[test]
fn the_bounds_of_encoder_and_decoder_can_wait_for_some_updates() {
    let bounds = Bounds { every: 3, ..Bounds::default() };
    let config =
        model::Config { hidden: 1, steps: 1, decoder_nonnegative: true, bounds, ..model::Config::default() };
    let model = Model::new(&config, 2, 1, 0.01, 1, DType::F32, &Device::Cpu).unwrap();
    set(&model, "encoder", &[3.0, 4.0]);
    set(&model, "decoder", &[7.0, -1.0]);
    set(&model, "classifier", &[9.0]);
    let names = ["encoder", "decoder", "classifier"];
    for (at, weights) in updated(&model, &phase("optimizer = \"sgd\""), &[0.0; 4]).iter().enumerate() {
        let found = names.map(|name| weights[slot(&model, name)].clone());
        let expected = if at < 2 { [[3.0, 4.0], [7.0, 0.0]] } else { [[0.75, 1.0], [1.0, 0.0]] };
        let [encoder, decoder] = expected.map(|numbers| numbers.to_vec());
        assert_eq!(found, [encoder, decoder, vec![5.0]], "after update {}", at + 1);
    }
}

#[test]
fn a_nonnegative_decoder_is_clamped_before_it_is_bounded() {
    let config = model::Config { hidden: 1, steps: 1, decoder_nonnegative: true, ..model::Config::default() };
    let model = Model::new(&config, 3, 2, 0.01, 1, DType::F32, &Device::Cpu).unwrap();
    set(&model, "decoder", &[0.6, -9.0, 0.8]);
    let after = updated(&model, &phase("optimizer = \"sgd\""), &[0.0]).remove(0);
    assert_close(&after[slot(&model, "decoder")], &[0.6, 0.0, 0.8]);
}

#[test]
fn gradients_of_another_network_are_refused() {
    let model = model(Family::Drsae, 2);
    let gradients: Weights = model.parameters().iter().map(|_| vec![0.0; 5]).collect();
    let error = Optimiser::new(&phase(""), &model).update(&model, &gradients, 0.1).unwrap_err();
    assert!(error.to_string().contains("24 weights have 5 gradients"), "{error}");
}
