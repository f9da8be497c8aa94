//! The network and its objective against numbers from elsewhere: an independent NumPy
//! script, central finite differences, and a solver of non-negative sparse coding.

use std::sync::Arc;

use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Tensor, Var, WithDType};
use drsae::model::kernels::Scalar;
use drsae::model::{Config, Family, Group, Model};
use drsae::train::objective;
use drsae::train::{Fused, Weights};
use num_traits::Zero;

type Result<T = ()> = candle_core::Result<T>;

fn matrix(rows: usize, columns: usize, entry: impl Fn(f64, f64) -> f64) -> Result<Tensor> {
    let numbers: Vec<f64> =
        (0..rows * columns).map(|k| entry((k / columns) as f64, (k % columns) as f64)).collect();
    Tensor::from_vec(numbers, (rows, columns), &Device::Cpu)
}

fn set(model: &Model, name: &str, value: &Tensor) -> Result {
    let found = model.parameters().iter().find(|parameter| parameter.name == name);
    found.expect("the network has the parameter").value.set(value)
}

fn numbers(tensor: &Tensor) -> Result<Vec<f64>> {
    tensor.to_dtype(DType::F64)?.flatten_all()?.to_vec1()
}

fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
    }
}

/// The expected numbers are the output of this NumPy script:
///
/// ```python
/// import numpy as np
/// m, n, T = 3, 4, 3
/// E = np.array([[np.sin(1 + i - 2*j) for j in range(m)] for i in range(n)])
/// S = np.array([[np.cos(2 + i - 2*j) / 4 for j in range(n)] for i in range(n)])
/// b = np.array([0.1 * np.sin(i) for i in range(n)])
/// D = np.array([[np.cos(i * j + 1) for j in range(n)] for i in range(m)])
/// C = np.array([[np.sin(i - j) for j in range(n)] for i in range(2)])
/// x = np.array([0.6, 0.64, -0.48]); y = 1; lam = 0.05; gamma = 0.7
/// z = np.zeros(n)
/// for t in range(T):
///     z = np.maximum(0, E @ x + S @ z - b)
///     print("z", t + 1, [float(v) for v in z])
/// r = 0.5 * np.sum((x - D @ z) ** 2); l1 = lam * np.sum(np.abs(z))
/// s = C @ z / np.linalg.norm(z)
/// ce = -(s[y] - np.log(np.sum(np.exp(s))))
/// print(float(r), float(l1), float(ce), float(r + l1 + gamma * ce))
/// ```
#[test]
fn codes_and_objective_are_those_of_the_numpy_script() -> Result {
    let config = Config { hidden: 4, steps: 3, ..Config::default() };
    let model = Model::new(&config, 3, 2, 0.0, 0, DType::F64, &Device::Cpu)?;
    set(&model, "encoder", &matrix(4, 3, |i, j| (1.0 + i - 2.0 * j).sin())?)?;
    set(&model, "recurrent", &matrix(4, 4, |i, j| (2.0 + i - 2.0 * j).cos() / 4.0)?)?;
    set(&model, "threshold", &matrix(1, 4, |_, j| 0.1 * j.sin())?.squeeze(0)?)?;
    set(&model, "decoder", &matrix(3, 4, |i, j| (i * j + 1.0).cos())?)?;
    set(&model, "classifier", &matrix(2, 4, |i, j| (i - j).sin())?)?;

    let input = Tensor::new(&[[0.6, 0.64, -0.48]], &Device::Cpu)?;
    let label = Tensor::new(&[1u32], &Device::Cpu)?;
    let codes = model.codes(&input)?;
    let expected = [
        [
            0.034_078_764_476_420_33,
            0.897_894_122_490_946_5,
            0.936_189_765_138_196_3,
            0.113_756_855_177_692_73,
        ],
        [0.139_019_639_619_963_28, 1.109_045_022_354_391, 1.059_419_526_159_356_9, 0.035_768_603_376_873_92],
        [0.180_813_373_300_579_4, 1.147_540_959_164_558_7, 1.059_224_679_328_916_2, 0.0],
    ];
    for (code, expected) in codes.iter().zip(expected) {
        assert_close(&numbers(code)?, &expected, 1e-12);
    }
    let scores = model.scores(&codes[2])?;
    let weights = Weights { sparsity: 0.05, discriminative: Some(0.7) };
    let terms = objective::terms(&model, &input, &codes[2], &scores, &label, weights)?;
    let class = terms.class.expect("the class term is asked for");
    let found = [terms.reconstruction, terms.sparsity, class, terms.total];
    let found: Vec<f64> = found.iter().map(Tensor::to_scalar).collect::<Result<_>>()?;
    let expected =
        [2.410_613_223_645_506_2, 0.119_378_950_589_702_71, 0.384_725_077_728_442_67, 2.799_299_728_645_119];
    assert_close(&found, &expected, 1e-12);
    Ok(())
}

/// A network whose weights are all away from zero, so that every term has a gradient. Low thresholds keep codes long
/// enough for finite differences of their direction.
fn shaken(config: &Config, dtype: DType) -> Result<Model> {
    let model = Model::new(config, 5, 3, 0.1, 7, dtype, &Device::Cpu)?;
    for (k, parameter) in model.parameters().iter().enumerate() {
        let phase = k as f64;
        let count = parameter.value.elem_count();
        let shift = if parameter.group == Group::Threshold { -0.4 } else { 0.0 };
        let noise: Vec<f64> = (0..count).map(|i| 0.3 * (1.7 * i as f64 + phase).sin() + shift).collect();
        let noise = Tensor::from_vec(noise, parameter.value.dims(), &Device::Cpu)?.to_dtype(dtype)?;
        parameter.value.set(&(parameter.value.as_tensor() + noise)?)?;
    }
    Ok(model)
}

/// Four images, the same with some pixels set to zero, and their labels.
fn images() -> Result<(Tensor, Tensor, Tensor)> {
    let input = matrix(4, 5, |i, j| (1.0 + 2.3 * i + 1.1 * j).sin() / 2.0)?;
    let corrupted = input.mul(&matrix(4, 5, |i, j| f64::from((i + j) as i32 % 3 != 0))?)?;
    Ok((input, corrupted, Tensor::new(&[0u32, 2, 1, 2], &Device::Cpu)?))
}

fn last(mut codes: Vec<Tensor>) -> Tensor {
    codes.pop().expect("a network has iterations")
}

/// The objective of a network that encodes a corrupted input, as in training.
fn loss(model: &Model, weights: Weights) -> Result<Tensor> {
    let (input, corrupted, labels) = images()?;
    let dtype = model.parameters().dtype();
    let (input, corrupted) = (input.to_dtype(dtype)?, corrupted.to_dtype(dtype)?);
    let code = last(model.codes(&corrupted)?);
    Ok(objective::terms(model, &input, &code, &model.scores(&code)?, &labels, weights)?.total)
}

/// Largest difference between the gradients of autodiff and central finite differences,
/// relative to the larger of the two and 1e-3.
fn gradient_gap(model: &Model, weights: Weights, bend: f64) -> Result<f64> {
    const H: f64 = 1e-6;
    let gradients = loss(model, weights)?.backward()?;
    let mut gap = 0.0f64;
    let parameters = model.parameters();
    for (parameter, trained) in parameters.iter().zip(parameters.trained()) {
        if !trained {
            continue;
        }
        let value = parameter.value.as_tensor().copy()?;
        let shape = value.dims().to_vec();
        let base = numbers(&value)?;
        let analytic = match gradients.get(&parameter.value) {
            Some(gradient) => numbers(gradient)?,
            None => vec![0.0; base.len()],
        };
        for (i, analytic) in analytic.into_iter().enumerate() {
            let at = |offset: f64| -> Result<f64> {
                let mut moved = base.clone();
                moved[i] += offset;
                parameter.value.set(&Tensor::from_vec(moved, shape.as_slice(), &Device::Cpu)?)?;
                loss(model, weights)?.to_scalar()
            };
            let numeric = (at(H)? - at(-H)?) / (2.0 * H);
            let analytic = analytic * bend;
            let scale = numeric.abs().max(analytic.abs()).max(1e-3);
            gap = gap.max((numeric - analytic).abs() / scale);
        }
        parameter.value.set(&value)?;
    }
    Ok(gap)
}

#[test]
fn gradients_are_those_of_finite_differences_for_every_family_and_objective() -> Result {
    for family in Family::ALL {
        for steps in [1, 2, 4] {
            for decoder_nonnegative in [false, true] {
                let classifier_bias = decoder_nonnegative;
                let config = Config {
                    family,
                    steps,
                    hidden: 4,
                    decoder_nonnegative,
                    classifier_bias,
                    ..Config::default()
                };
                let model = shaken(&config, DType::F64)?;
                for discriminative in [None, Some(0.0), Some(0.8)] {
                    let gap = gradient_gap(&model, Weights { sparsity: 0.07, discriminative }, 1.0)?;
                    assert!(gap < 1e-5, "{} at T = {steps}, γ = {discriminative:?}: {gap}", family.name());
                }
            }
        }
    }
    Ok(())
}

#[test]
fn the_gradient_check_notices_a_gradient_that_is_off_by_a_thousandth() -> Result {
    let model = shaken(&Config { hidden: 4, steps: 3, ..Config::default() }, DType::F64)?;
    let weights = Weights { sparsity: 0.07, discriminative: Some(0.8) };
    assert!(gradient_gap(&model, weights, 1.001)? > 1e-4);
    Ok(())
}

#[test]
fn frozen_parameters_take_no_gradient_and_the_others_keep_theirs() -> Result {
    let weights = Weights { sparsity: 0.07, discriminative: Some(0.8) };
    for family in Family::ALL {
        let mut model = shaken(&Config { family, hidden: 4, steps: 3, ..Config::default() }, DType::F64)?;
        let frozen = [Group::Encoder, Group::Recurrent, Group::Threshold, Group::Decoder];
        model.freeze(&frozen);
        let gradients = loss(&model, weights)?.backward()?;
        for parameter in model.parameters().iter() {
            let expected = parameter.group == Group::Classifier;
            assert_eq!(gradients.get(&parameter.value).is_some(), expected, "{}", parameter.name);
        }
        assert!(gradient_gap(&model, weights, 1.0)? < 1e-5);
    }
    Ok(())
}

/// Minimises ½‖x − D·z‖² + λ·Σz over z ≥ 0 by coordinate descent: each coordinate in turn
/// takes its exact minimiser.
fn coordinate_descent(decoder: &[Vec<f64>], input: &[f64], sparsity: f64) -> Vec<f64> {
    let hidden = decoder[0].len();
    let mut code = vec![0.0; hidden];
    let mut residual = input.to_vec();
    for _ in 0..20_000 {
        for j in 0..hidden {
            let column: Vec<f64> = decoder.iter().map(|row| row[j]).collect();
            let square: f64 = column.iter().map(|entry| entry * entry).sum();
            let slope: f64 = column.iter().zip(&residual).map(|(entry, rest)| entry * rest).sum();
            let best = f64::max(0.0, code[j] + (slope - sparsity) / square);
            for (rest, entry) in residual.iter_mut().zip(&column) {
                *rest += entry * (code[j] - best);
            }
            code[j] = best;
        }
    }
    code
}

#[test]
fn initial_encoder_is_ista_and_finds_the_sparse_code() -> Result {
    const SPARSITY: f64 = 0.05;
    let (inputs, hidden, steps) = (12, 20, 1000);
    // The norm of DᵀD is at most the sum of its eigenvalues' bound, trace = hidden; 1/8 is
    // below one over the largest eigenvalue of this dictionary, as the descent shows.
    let config = Config { hidden, steps, initial_step: Some(1.0 / 8.0), ..Config::default() };
    let model = Model::new(&config, inputs, 2, SPARSITY, 3, DType::F64, &Device::Cpu)?;
    let input = matrix(3, inputs, |i, j| (1.3 * i + 0.9 * j * j).sin() / (inputs as f64 / 2.0).sqrt())?;
    let weights = Weights { sparsity: SPARSITY, discriminative: None };
    let labels = Tensor::new(&[0u32, 0, 0], &Device::Cpu)?;
    let codes = model.codes(&input)?;
    let objective = |code: &Tensor| -> Result<f64> {
        objective::terms(&model, &input, code, &model.scores(code)?, &labels, weights)?.total.to_scalar()
    };
    let start = objective(&codes[0].zeros_like()?)?;
    let descent: Vec<f64> = codes.iter().map(objective).collect::<Result<_>>()?;
    assert!(descent[0] < start);
    for pair in descent.windows(2) {
        assert!(pair[1] <= pair[0] + 1e-12, "the objective rose from {} to {}", pair[0], pair[1]);
    }

    let decoder: Vec<Vec<f64>> = model.parameters().get("decoder")?.to_vec2()?;
    let input: Vec<Vec<f64>> = input.to_vec2()?;
    let found: Vec<Vec<f64>> = codes[steps - 1].to_vec2()?;
    for (input, found) in input.iter().zip(found) {
        let solution = coordinate_descent(&decoder, input, SPARSITY);
        assert!(solution.iter().any(|&activity| activity > 0.01), "the solution is not trivial");
        assert_close(&found, &solution, 1e-3);
    }
    Ok(())
}

/// A number that every code of every iteration moves, by its own amount.
fn readout(codes: &[Tensor]) -> Result<Tensor> {
    let mut total = codes[0].zeros_like()?.sum_all()?;
    for (t, code) in codes.iter().enumerate() {
        let weight = matrix(4, 4, |i, j| (t as f64 + 0.7 * i - 1.3 * j).cos())?.to_dtype(code.dtype())?;
        total = (total + (code * weight)?.sum_all()?)?;
    }
    Ok(total)
}

/// Numbers of the size of each code's entries, with gradients through every code, the input and every weight: the codes
/// by fused kernels are those of candle's operations, with the gains of dropout as well.
fn codes_gap<T: Scalar + WithDType>(model: &Model, is_dropped: bool) -> Result<f64> {
    let input = Var::from_tensor(&images()?.0.to_dtype(T::DTYPE)?)?;
    let fused = Fused::<T>::new(model)?.expect("a recursion has fused kernels");
    let gains =
        matrix(4, 4, |i, j| if (i + 2.0 * j) % 3.0 == 1.0 { 0.0 } else { 1.5 })?.to_dtype(T::DTYPE)?;
    let gains = Some(gains).filter(|_| is_dropped);
    let numbers_of = |gains: &Tensor| gains.flatten_all()?.to_vec1();
    let fused_gains = Arc::new(gains.as_ref().map_or(Ok(Vec::new()), numbers_of)?);
    let found = fused.encode_tensor(&input, &fused_gains)?.all()?;
    let expected = model.codes_with(&input, gains.as_ref())?;
    let mut gap = 0.0f64;
    for (found, expected) in found.iter().zip(&expected) {
        gap = gap.max(relative(&numbers(found)?, &numbers(expected)?));
    }
    let found = fused.differentiate(&readout(&found)?, model.parameters().trained())?;
    let expected = readout(&expected)?.backward()?;
    let of_input = |store: &GradStore| numbers(store.get(&input).expect("the input is a variable"));
    gap = gap.max(relative(&of_input(&found)?, &of_input(&expected)?));
    fused.with_gradients(|gradients| {
        let encoder = model.parameters().iter().zip(gradients.iter());
        for (parameter, found) in encoder.take(model.parameters().iter().count() - 2) {
            let expected = expected.get(&parameter.value).expect("every weight of the encoder acts");
            let found: Vec<f64> = found.iter().map(|&slope| WithDType::to_f64(slope)).collect();
            gap = gap.max(relative(&found, &numbers(expected)?));
        }
        Ok(gap)
    })
}

/// The largest difference, relative to the largest expected number.
fn relative(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let scale = expected.iter().fold(1e-6f64, |most, number| most.max(number.abs()));
    found.iter().zip(expected).fold(0.0, |most: f64, (one, other)| most.max((one - other).abs())) / scale
}

#[test]
fn fused_codes_are_those_of_the_graph_with_gradients_through_every_code() -> Result {
    for family in Family::ALL {
        for steps in [1, 2, 5] {
            let config = Config { family, steps, hidden: 4, ..Config::default() };
            for is_dropped in [false, true] {
                let gap = codes_gap::<f64>(&shaken(&config, DType::F64)?, is_dropped)?;
                assert!(gap < 1e-12, "{family} at T = {steps}: {gap}");
                let gap = codes_gap::<f32>(&shaken(&config, DType::F32)?, is_dropped)?;
                assert!(gap < 2e-5, "{family} at T = {steps}, f32: {gap}");
            }
        }
    }
    Ok(())
}

#[test]
fn fused_kernels_refuse_what_does_not_belong_to_them() -> Result {
    let model = shaken(&Config { steps: 2, hidden: 4, ..Config::default() }, DType::F64)?;
    let fused = Fused::<f64>::new(&model)?.expect("a recursion has fused kernels");
    let no_gains = Arc::default();
    let tensor = |rows, columns, dtype| matrix(rows, columns, |i, j| i - j)?.to_dtype(dtype);
    assert!(fused.encode_tensor(&tensor(3, 5, DType::F64)?, &no_gains).is_ok());
    assert!(fused.encode_tensor(&tensor(3, 4, DType::F64)?, &no_gains).is_err());
    assert!(fused.encode_tensor(&tensor(3, 5, DType::F32)?, &no_gains).is_err());
    assert!(fused.encode(&Arc::new(vec![0.0; 7]), &no_gains).is_err());
    assert!(fused.encode(&Arc::new(vec![0.5; 10]), &Arc::new(vec![1.0; 7])).is_err());
    let encoding = fused.encode(&Arc::new(vec![0.5; 10]), &no_gains)?;
    assert!(encoding.code(1).is_ok() && encoding.code(2).is_err());
    let weights = Weights { sparsity: 0.1, discriminative: None };
    let target = Arc::new(vec![0.5; 10]);
    assert!(fused.objective(&encoding.last()?, &target, &[0, 1], weights).is_ok());
    assert!(fused.objective(&encoding.last()?, &target, &[0], weights).is_err());
    Ok(())
}

/// Two encodings in one graph: gradients of the weights add up.
#[test]
fn gradients_of_several_encodings_add_up() -> Result {
    let model = shaken(&Config { steps: 3, hidden: 4, ..Config::default() }, DType::F64)?;
    let fused = Fused::<f64>::new(&model)?.expect("a recursion has fused kernels");
    let (clean, corrupted, _) = images()?;
    let no_gains = Arc::default();
    let by_codes = |codes: [Vec<Tensor>; 2]| readout(&codes[0])? + readout(&codes[1])?;
    let found = by_codes([
        fused.encode_tensor(&clean, &no_gains)?.all()?,
        fused.encode_tensor(&corrupted, &no_gains)?.all()?,
    ])?;
    let expected = by_codes([model.codes(&clean)?, model.codes(&corrupted)?])?.backward()?;
    fused.differentiate(&found, model.parameters().trained())?;
    fused.with_gradients(|gradients| {
        for (parameter, found) in model.parameters().iter().zip(gradients.iter()).take(3) {
            let expected = numbers(expected.get(&parameter.value).expect("every weight acts"))?;
            assert!(relative(found, &expected) < 1e-12, "{}", parameter.name);
        }
        Ok(())
    })
}

/// Largest difference between the fused kernels and candle's graph, in the terms and in every
/// gradient, relative to the largest entry of each.
fn fused_gap<T: Scalar + WithDType>(model: &Model, weights: Weights) -> Result<f64> {
    let (input, corrupted, labels) = images()?;
    let values =
        |tensor: &Tensor| Result::Ok(Arc::new(tensor.to_dtype(T::DTYPE)?.flatten_all()?.to_vec1::<T>()?));
    let (clean, seen): (_, Arc<Vec<T>>) = (values(&input)?, values(&corrupted)?);
    let classes: Vec<u8> = labels.to_vec1::<u32>()?.into_iter().map(|label| label as u8).collect();

    let fused = Fused::<T>::new(model)?.expect("a recursion has fused kernels");
    let step = |seen: &Arc<Vec<T>>, clean: &Arc<Vec<T>>, classes: &[u8]| {
        let code = fused.encode(seen, &Arc::default())?.last()?;
        let (total, terms) = fused.objective(&code, clean, classes, weights)?;
        fused.differentiate(&total, model.parameters().trained())?;
        Result::Ok(terms)
    };
    // Twice, so that nothing of an earlier mini-batch, a smaller one, may remain.
    let first = |images: &Arc<Vec<T>>| Arc::new(images[..10].to_vec());
    step(&first(&seen), &first(&clean), &classes[..2])?;
    let terms = step(&seen, &clean, &classes)?;

    let total = loss(model, weights)?;
    let gradients = total.backward()?;
    let expected = total.to_dtype(DType::F64)?.to_scalar::<f64>()?;
    let mut gap = (terms.total - expected).abs() / expected.abs();
    fused.with_gradients(|found| {
        for (parameter, found) in model.parameters().iter().zip(found.iter()) {
            let Some(gradient) = gradients.get(&parameter.value) else {
                assert!(found.iter().all(Zero::is_zero), "{} has a gradient", parameter.name);
                continue;
            };
            let found: Vec<f64> = found.iter().map(|&slope| WithDType::to_f64(slope)).collect();
            gap = gap.max(relative(&found, &numbers(gradient)?));
        }
        Ok(gap)
    })
}

#[test]
fn fused_kernels_are_the_graph_for_every_family_and_objective() -> Result {
    for family in Family::ALL {
        for steps in [1, 2, 5] {
            for discriminative in [None, Some(0.0), Some(0.8)] {
                for frozen in
                    [&[][..], &[Group::Encoder, Group::Decoder], &[Group::Recurrent, Group::Threshold]]
                {
                    let config = Config { family, steps, hidden: 4, ..Config::default() };
                    let weights = Weights { sparsity: 0.07, discriminative };
                    let mut exact = shaken(&config, DType::F64)?;
                    let mut single = shaken(&config, DType::F32)?;
                    exact.freeze(frozen);
                    single.freeze(frozen);
                    let name = family.name();
                    let gap = fused_gap::<f64>(&exact, weights)?;
                    assert!(gap < 1e-12, "{name} at T = {steps}, γ = {discriminative:?}: {gap}");
                    let gap = fused_gap::<f32>(&single, weights)?;
                    assert!(gap < 2e-5, "{name} at T = {steps}, γ = {discriminative:?}, f32: {gap}");
                }
            }
        }
    }
    Ok(())
}
