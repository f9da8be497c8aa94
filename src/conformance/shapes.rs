//! Names, shapes and values of a network before training.

use candle_core::{DType, Device, Result, Tensor};

use super::{batch, first_line};
use crate::data::Dataset;
use crate::model::{Encoder, Model};
use crate::plan::Trial;

/// Images that are encoded, together and each alone.
const IMAGES: usize = 7;
/// Largest difference between the codes of an image with others and alone, relative to the largest entry.
const ALONE: f64 = 1e-4;

/// Checks a network's parameters, its codes and the number of its operations.
pub(super) fn check(trial: &Trial, dataset: &Dataset) -> std::result::Result<String, String> {
    let config = &trial.config;
    let encoder = Encoder::of(&config.model).map_err(|error| error.to_string())?;
    let (inputs, classes) = (dataset.train.inputs, dataset.classes);
    encoder.validate(inputs).map_err(|error| error.to_string())?;
    if encoder.training_flops(inputs) == 0 || encoder.activations(inputs) == 0 {
        return Err("`training_flops` and `activations` must be more than 0: plans rest on them".to_owned());
    }
    let sparsity = config.objective.sparsity;
    let model = Model::new(&config.model, inputs, classes, sparsity, config.seed, DType::F32, &Device::Cpu);
    let model = model.map_err(|error| first_line(&error))?;
    let images = batch(trial, dataset, IMAGES);
    let images = Tensor::from_slice(images.input(), (IMAGES, inputs), &Device::Cpu);
    let images = images.map_err(|error| first_line(&error))?;
    codes(&model, &images).map_err(|error| first_line(&error))??;
    let parameters = model.parameters();
    Ok(format!("{} parameters in {} tensors", parameters.count(), parameters.iter().count()))
}

/// Checks the number of the codes, the shape and the signs of the last, and that no image's code depends on others.
fn codes(model: &Model, images: &Tensor) -> Result<std::result::Result<(), String>> {
    let (codes, steps) = (model.codes(images)?, model.config().steps);
    let Some(code) = codes.last().filter(|_| codes.len() == steps) else {
        return Ok(Err(format!("`codes` returns {} codes for `model.steps` = {steps}", codes.len())));
    };
    let expected = [IMAGES, model.width()];
    if code.dims() != expected {
        let found = code.dims();
        return Ok(Err(format!("the last code has the shape {found:?}, not {expected:?}: `[batch, width]`")));
    }
    let least = code.min_all()?.to_scalar::<f32>()?;
    if least.is_nan() || least < 0.0 {
        return Ok(Err(format!(
            "the last code has the entry {least}: end the encoder with a ReLU, or with another function that is \
             nowhere negative"
        )));
    }
    if model.encode(images)?.flatten_all()?.to_vec1::<f32>()? != code.flatten_all()?.to_vec1::<f32>()? {
        return Ok(Err(
            "the codes differ when they are computed again: a network remembers nothing, and draws no \
                       random numbers"
                .to_owned(),
        ));
    }
    let scale = f64::from(code.abs()?.max_all()?.to_scalar::<f32>()?).max(f64::MIN_POSITIVE);
    for image in 0..IMAGES {
        let alone = model.encode(&images.narrow(0, image, 1)?)?;
        let gap = (alone - code.narrow(0, image, 1)?)?.abs()?.max_all()?.to_scalar::<f32>()?;
        if f64::from(gap) > ALONE * scale {
            return Ok(Err("the code of an image depends on the other images of the mini-batch".to_owned()));
        }
    }
    Ok(Ok(()))
}
