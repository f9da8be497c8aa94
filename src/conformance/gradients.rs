//! Gradients of a network and its objective against central finite differences, in f64.

use candle_core::{DType, Device, Result, Tensor};

use super::{batch, first_line};
use crate::data::Dataset;
use crate::model::{Model, Parameter};
use crate::plan::Trial;
use crate::train::{WeightedTerm, Weights, candle_objective};

/// Images of the objective.
const IMAGES: usize = 6;
/// Numbers of each parameter that are moved.
const MOVED: usize = 12;
/// Half the distance of a finite difference.
const STEP: f64 = 1e-5;
/// Largest relative difference.
const TOLERANCE: f64 = 1e-4;
/// Gradients below this share of a parameter's largest are compared by their difference.
const FLOOR: f64 = 1e-3;

/// Checks the gradient of the objective of a discriminative phase by some numbers of every parameter.
pub(super) fn check(trial: &Trial, dataset: &Dataset) -> std::result::Result<String, String> {
    let terms = trial.config.objective.terms().map_err(|error| error.to_string())?;
    let (exact, fixed): (Vec<_>, Vec<_>) = terms.into_iter().partition(|weighted| weighted.term.is_exact());
    let found = compare(trial, dataset, &exact).map_err(|error| first_line(&error))??;
    let names: Vec<_> = fixed.iter().map(|weighted| format!("{:?}", weighted.term)).collect();
    let left = if names.is_empty() { String::new() } else { format!(", without {}", names.join(", ")) };
    Ok(format!("{found}{left}"))
}

fn compare(
    trial: &Trial,
    dataset: &Dataset,
    terms: &[WeightedTerm],
) -> Result<std::result::Result<String, String>> {
    let model = shaken(trial, dataset)?;
    let batch = batch(trial, dataset, IMAGES);
    let weights = Weights {
        sparsity: trial.config.objective.sparsity,
        discriminative: Some(trial.config.objective.discriminative_weight),
    };
    let objective = || candle_objective(&model, &batch, weights, terms);
    let gradients = objective()?.backward()?;
    let (mut compared, mut worst) = (0, 0.0f64);
    for parameter in model.parameters().iter() {
        let Some(gradient) = gradients.get(&parameter.value) else {
            return Ok(Err(format!(
                "`{}` has no gradient: the objective does not depend on it",
                parameter.name
            )));
        };
        let gradient: Vec<f64> = gradient.flatten_all()?.to_vec1()?;
        let scale = gradient.iter().fold(f64::MIN_POSITIVE, |most, slope| most.max(slope.abs()));
        for at in places(gradient.len()) {
            let Some(numeric) = difference(parameter, at, scale, &objective)? else { continue };
            let gap =
                (gradient[at] - numeric).abs() / numeric.abs().max(gradient[at].abs()).max(FLOOR * scale);
            if gap.is_nan() || gap > TOLERANCE {
                return Ok(Err(format!(
                    "the gradient of number {at} of `{}` is {:e}, the finite difference {numeric:e}: an operation \
                     has a wrong gradient, or draws other random numbers when it is repeated",
                    parameter.name, gradient[at]
                )));
            }
            (compared, worst) = (compared + 1, worst.max(gap));
        }
    }
    if compared == 0 {
        return Ok(Err(
            "the objective has a kink wherever a weight was moved, or is another one whenever it is \
                       computed: random numbers must be those of `Forward::random`"
                .to_owned(),
        ));
    }
    Ok(Ok(format!("{compared} of {} within {worst:.0e}", model.parameters().count())))
}

/// The network in f64, every weight moved away from zero, where C starts.
fn shaken(trial: &Trial, dataset: &Dataset) -> Result<Model> {
    let config = &trial.config;
    let (inputs, classes, sparsity) = (dataset.train.inputs, dataset.classes, config.objective.sparsity);
    let model = Model::new(&config.model, inputs, classes, sparsity, config.seed, DType::F64, &Device::Cpu)?;
    for parameter in model.parameters().iter() {
        let noise = |at: usize| 0.05 * (1.7 * at as f64 + parameter.name.len() as f64).sin();
        let noise: Vec<f64> = (0..parameter.value.elem_count()).map(noise).collect();
        let noise = Tensor::from_vec(noise, parameter.value.dims(), &Device::Cpu)?;
        parameter.value.set(&(parameter.value.as_tensor() + noise)?)?;
    }
    Ok(model)
}

/// Positions spread over a parameter.
fn places(count: usize) -> impl Iterator<Item = usize> {
    let moved = MOVED.min(count);
    (0..moved).map(move |index| (2 * index + 1) * count / (2 * moved))
}

/// The central difference of the objective by one number; `None` where another step gives another one, at a kink.
/// `scale` is the largest gradient of the parameter.
fn difference(
    parameter: &Parameter,
    at: usize,
    scale: f64,
    objective: &dyn Fn() -> Result<Tensor>,
) -> Result<Option<f64>> {
    let value = parameter.value.as_tensor().copy()?;
    let base: Vec<f64> = value.flatten_all()?.to_vec1()?;
    let moved = |offset: f64| -> Result<f64> {
        let mut numbers = base.clone();
        numbers[at] += offset;
        parameter.value.set(&Tensor::from_vec(numbers, value.dims(), &Device::Cpu)?)?;
        objective()?.to_scalar()
    };
    let central = |step: f64| Ok::<_, candle_core::Error>((moved(step)? - moved(-step)?) / (2.0 * step));
    let (far, near) = (central(STEP)?, central(STEP / 2.0)?);
    parameter.value.set(&value)?;
    // Where the objective is smooth, both differ by the square of the step, and by rounding.
    let is_kink = (far - near).abs() > 0.1 * TOLERANCE * far.abs().max(near.abs()).max(FLOOR * scale);
    Ok((!is_kink).then_some(near))
}
