//! A trained network as plain numbers, and its recursion with sums in one order.
//!
//! What is measured must be the same bytes on every machine, so nothing here goes through kernels
//! whose order of addition depends on the processor.

use std::collections::HashMap;

use super::Error;
use crate::model::kernels::{Matrix, dot, ordered_product};
use crate::model::wiring::{self, Step};
use crate::model::{Config, Family, Model, NORM_FLOOR};

/// Images that go through a network together.
pub(super) const BATCH: usize = 250;

/// A network of any family.
#[derive(Debug, Clone)]
pub struct Network {
    /// Pixels m.
    pub inputs: usize,
    /// Hidden units n.
    pub hidden: usize,
    /// Classes l.
    pub classes: usize,
    /// Iterations T.
    pub steps: usize,
    wiring: Vec<Step>,
    tensors: HashMap<String, Vec<f32>>,
}

/// Bytes that measuring a network on this many threads takes, without the images: on each the codes of a
/// batch over twice the iterations and what is computed from them, and products of matrices of S's size.
#[must_use]
pub fn bytes(config: &Config, inputs: usize, threads: usize) -> u64 {
    let (n, t, m) = (config.hidden as u64, config.steps as u64, inputs as u64);
    4 * threads as u64 * BATCH as u64 * ((4 * t + 8) * n + 4 * m) + 4 * 8 * n * n
}

impl Network {
    /// The numbers of a model.
    ///
    /// # Errors
    /// The weights cannot be read.
    pub fn of(model: &Model) -> Result<Self, Error> {
        let numbers = model.parameters().snapshot()?;
        let names = model.parameters().iter().map(|parameter| parameter.name.clone());
        let config = model.config();
        Ok(Self {
            inputs: model.inputs(),
            hidden: config.hidden,
            classes: model.classes(),
            steps: config.steps,
            wiring: wiring::steps(config),
            tensors: names.zip(numbers).collect(),
        })
    }

    /// The numbers of a recurrent auto-encoder of two or more iterations.
    ///
    /// # Errors
    /// The model is another, or its weights cannot be read.
    pub fn recurrent_of(model: &Model) -> Result<Self, Error> {
        let config = model.config();
        if config.family != Family::Drsae || config.steps < 2 {
            return Err(Error::Subject { family: config.family.name(), steps: config.steps });
        }
        Self::of(model)
    }

    /// A tensor by its name; empty where the network has none of that name.
    fn tensor(&self, name: &str) -> &[f32] {
        self.tensors.get(name).map_or(&[], Vec::as_slice)
    }

    /// E `[n, m]`.
    #[must_use]
    pub fn encoder(&self) -> &[f32] {
        self.tensor("encoder")
    }

    /// S `[n, n]`.
    #[must_use]
    pub fn recurrent(&self) -> &[f32] {
        self.tensor("recurrent")
    }

    /// D `[m, n]`.
    #[must_use]
    pub fn decoder(&self) -> &[f32] {
        self.tensor("decoder")
    }

    /// C `[l, n]`.
    #[must_use]
    pub fn classifier(&self) -> &[f32] {
        self.tensor("classifier")
    }

    /// Row `unit` of E `[m]`.
    #[must_use]
    pub fn row(&self, unit: usize) -> &[f32] {
        &self.encoder()[unit * self.inputs..][..self.inputs]
    }

    /// Column `unit` of D `[m]`.
    #[must_use]
    pub fn column(&self, unit: usize) -> Vec<f32> {
        self.decoder().iter().skip(unit).step_by(self.hidden).copied().collect()
    }

    /// S_jk: what unit j gets from unit k.
    #[must_use]
    pub fn connection(&self, to: usize, from: usize) -> f64 {
        f64::from(self.recurrent()[to * self.hidden + from])
    }

    /// DᵀD `[n, n]`.
    #[must_use]
    pub fn gram(&self) -> Vec<f32> {
        let decoder = self.decoder();
        let columns = transposed(decoder, self.hidden);
        let mut gram = vec![0.0; self.hidden * self.hidden];
        ordered_product(&mut gram, &columns, Matrix::new(decoder, self.inputs, self.hidden));
        gram
    }

    /// Whether C tells classes apart; before the class term has been trained it is 0.
    #[must_use]
    pub fn classifies(&self) -> bool {
        self.classifier().iter().any(|&weight| weight != 0.0)
    }

    /// ISTA for non-negative sparse coding on this network's dictionary D: E = αDᵀ,
    /// S = I − αDᵀD, b = αλ, with α = 1/L for L the largest eigenvalue of DᵀD.
    #[must_use]
    pub fn ista(&self, sparsity: f64) -> Self {
        let gram = self.gram();
        let step = 1.0 / largest_eigenvalue(&gram, self.hidden).max(f64::MIN_POSITIVE);
        let encoder = transposed(self.decoder(), self.hidden);
        let encoder = encoder.iter().map(|&weight| (step * f64::from(weight)) as f32).collect();
        let identity = |at: usize| f64::from(u8::from(at.is_multiple_of(self.hidden + 1)));
        let entry = |(at, &product): (usize, &f32)| (identity(at) - step * f64::from(product)) as f32;
        let recurrent = gram.iter().enumerate().map(entry).collect();
        let mut tensors = self.tensors.clone();
        tensors.insert("encoder".to_owned(), encoder);
        tensors.insert("recurrent".to_owned(), recurrent);
        tensors.insert("threshold".to_owned(), vec![(step * sparsity) as f32; self.hidden]);
        Self { tensors, ..self.clone() }
    }

    /// E·x `[batch, n]` by the encoder of one iteration; empty where that sees no input.
    fn drive_at(&self, t: usize, images: &[f32]) -> Vec<f32> {
        let encoder = self.wiring[t].encoder.as_deref().map_or(&[][..], |name| self.tensor(name));
        if encoder.is_empty() {
            return Vec::new();
        }
        let mut drive = vec![0.0; images.len() / self.inputs * self.hidden];
        ordered_product(&mut drive, images, Matrix::new(encoder, self.hidden, self.inputs).t());
        drive
    }

    /// E·x `[batch, n]` of images `[batch, m]`.
    #[must_use]
    pub fn drive(&self, images: &[f32]) -> Vec<f32> {
        self.drive_at(0, images)
    }

    /// The codes z^1 … z^K, each `[batch, n]`, of images whose drive E·x is the same at every
    /// iteration. Iterations beyond T repeat the last one; units in `silenced` stay 0.
    #[must_use]
    pub fn codes(&self, drive: &[f32], iterations: usize, silenced: Option<&[bool]>) -> Vec<Vec<f32>> {
        let mut codes: Vec<Vec<f32>> = Vec::with_capacity(iterations);
        for t in 0..iterations {
            codes.push(self.iterate(t, drive, codes.last(), silenced));
        }
        codes
    }

    /// The code z^T `[batch, n]` of images `[batch, m]`, for any family.
    #[must_use]
    pub fn encode(&self, images: &[f32]) -> Vec<f32> {
        let (mut drive, mut code) = (Vec::new(), None);
        for t in 0..self.steps {
            let known = t > 0 && self.wiring[t].encoder == self.wiring[t - 1].encoder;
            if !known {
                drive = self.drive_at(t, images);
            }
            code = Some(self.iterate(t, &drive, code.as_ref(), None));
        }
        code.unwrap_or_default()
    }

    /// z^(t+1) from z^t.
    fn iterate(
        &self,
        t: usize,
        drive: &[f32],
        before: Option<&Vec<f32>>,
        silenced: Option<&[bool]>,
    ) -> Vec<f32> {
        let step = &self.wiring[t.min(self.steps - 1)];
        let threshold = self.tensor(&step.threshold);
        let mut code = vec![0.0; before.map_or(drive.len(), Vec::len)];
        if let (Some(before), Some(name)) = (before, &step.recurrent) {
            let recurrent = Matrix::new(self.tensor(name), self.hidden, self.hidden);
            ordered_product(&mut code, before, recurrent.t());
        }
        for (row, code) in code.chunks_exact_mut(self.hidden).enumerate() {
            let drive = drive.get(row * self.hidden..(row + 1) * self.hidden);
            for (unit, z) in code.iter_mut().enumerate() {
                let driven = drive.map_or(0.0, |drive| drive[unit]) - threshold[unit];
                let silent = silenced.is_some_and(|silenced| silenced[unit]);
                *z = if silent { 0.0 } else { (driven + *z).max(0.0) };
            }
        }
        code
    }

    /// D·z `[batch, m]` of codes `[batch, n]`.
    #[must_use]
    pub fn decode(&self, code: &[f32]) -> Vec<f32> {
        let mut images = vec![0.0; code.len() / self.hidden * self.inputs];
        ordered_product(&mut images, code, Matrix::new(self.decoder(), self.inputs, self.hidden).t());
        images
    }

    /// C·z/‖z‖₂ `[batch, l]` of codes `[batch, n]`.
    #[must_use]
    pub fn scores(&self, code: &[f32]) -> Vec<f64> {
        let scores = code.chunks_exact(self.hidden).flat_map(|code| {
            let norm = (f64::from(dot(code, code)) + NORM_FLOOR).sqrt();
            let rows = self.classifier().chunks_exact(self.hidden);
            rows.map(move |row| f64::from(dot(row, code)) / norm)
        });
        scores.collect()
    }

    /// The class of the highest score of each code; the first of equals.
    #[must_use]
    pub fn classify(&self, code: &[f32]) -> Vec<u8> {
        self.scores(code).chunks_exact(self.classes).map(highest).collect()
    }
}

/// The place of the highest number; the first of equals.
pub(super) fn highest(numbers: &[f64]) -> u8 {
    let better = |best: usize, at: usize| if numbers[at] > numbers[best] { at } else { best };
    (0..numbers.len()).fold(0, better) as u8
}

/// The transpose of a matrix whose rows have `columns` entries.
pub(super) fn transposed(matrix: &[f32], columns: usize) -> Vec<f32> {
    (0..columns).flat_map(|column| matrix.iter().skip(column).step_by(columns).copied()).collect()
}

/// The largest eigenvalue of a symmetric matrix without negative ones, by power iteration.
fn largest_eigenvalue(matrix: &[f32], size: usize) -> f64 {
    const ROUNDS: usize = 200;
    let mut vector = vec![1.0_f64; size];
    let mut value = 0.0;
    for _ in 0..ROUNDS {
        let image = |row: &[f32]| row.iter().zip(&vector).map(|(&a, x)| f64::from(a) * x).sum::<f64>();
        let next: Vec<f64> = matrix.chunks_exact(size).map(image).collect();
        value = next.iter().map(|x| x * x).sum::<f64>().sqrt();
        if value == 0.0 {
            return 0.0;
        }
        vector = next.into_iter().map(|x| x / value).collect();
    }
    value
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device, Tensor};

    use super::*;
    use crate::model::Config;

    fn model(family: Family) -> Model {
        let config = Config { family, steps: 3, hidden: 9, ..Config::default() };
        let model = Model::new(&config, 6, 3, 0.01, 4, DType::F32, &Device::Cpu).unwrap();
        let classifier = model.parameters().iter().find(|one| one.name == "classifier").unwrap();
        let numbers: Vec<f32> = (0..27).map(|at| (at as f32 * 0.7).sin()).collect();
        classifier.value.set(&Tensor::from_vec(numbers, (3, 9), &Device::Cpu).unwrap()).unwrap();
        model
    }

    fn images() -> Vec<f32> {
        (0..24).map(|at| (at as f32 * 1.3).cos() * 0.5).collect()
    }

    fn assert_close(found: &[f32], expected: &Tensor) {
        let expected = expected.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(found.len(), expected.len());
        for (a, b) in found.iter().zip(&expected) {
            assert!((a - b).abs() < 1e-5, "{a} is not {b}");
        }
    }

    #[test]
    fn every_family_computes_what_the_model_does() {
        let input = Tensor::from_vec(images(), (4, 6), &Device::Cpu).unwrap();
        for family in Family::ALL {
            let model = model(family);
            let network = Network::of(&model).unwrap();
            let code = network.encode(&images());
            let expected = model.encode(&input).unwrap();
            assert_close(&code, &expected);
            assert_close(&network.decode(&code), &model.reconstruct(&expected).unwrap());
            let scores: Vec<f32> = network.scores(&code).into_iter().map(|score| score as f32).collect();
            assert_close(&scores, &model.scores(&expected).unwrap());
        }
    }

    #[test]
    fn codes_go_on_beyond_t_and_silenced_units_stay_silent() {
        let model = model(Family::Drsae);
        let network = Network::recurrent_of(&model).unwrap();
        let input = Tensor::from_vec(images(), (4, 6), &Device::Cpu).unwrap();
        let codes = network.codes(&network.drive(&images()), 5, None);
        for (code, expected) in codes.iter().zip(model.codes(&input).unwrap()) {
            assert_close(code, &expected);
        }
        let longer = Config { steps: 5, ..model.config().clone() };
        let tensors = model.parameters().iter().map(|one| (one.name.clone(), one.value.as_tensor().clone()));
        let longer = Model::from_tensors(&longer, &tensors.collect()).unwrap();
        assert_close(&codes[4], &longer.encode(&input).unwrap());
        let mut silenced = [false; 9];
        silenced[2] = true;
        let codes = network.codes(&network.drive(&images()), 3, Some(&silenced));
        assert!(codes.iter().all(|code| code.iter().skip(2).step_by(9).all(|&z| z == 0.0)));
    }

    #[test]
    fn ista_on_an_orthogonal_dictionary_is_the_identity_less_the_threshold() {
        // D = I: the largest eigenvalue is 1, one iteration is exact: z = max(0, x − λ).
        let config = Config { steps: 4, hidden: 6, ..Config::default() };
        let model = Model::new(&config, 6, 2, 0.01, 1, DType::F32, &Device::Cpu).unwrap();
        let decoder = model.parameters().iter().find(|one| one.name == "decoder").unwrap();
        decoder.value.set(&Tensor::eye(6, DType::F32, &Device::Cpu).unwrap()).unwrap();
        let ista = Network::recurrent_of(&model).unwrap().ista(0.1);
        let code = ista.encode(&images());
        for (z, x) in code.iter().zip(images()) {
            assert!((z - (x - 0.1).max(0.0)).abs() < 1e-6, "{z} of {x}");
        }
    }

    #[test]
    fn networks_without_a_recursion_are_refused() {
        let error = Network::recurrent_of(&model(Family::Mlp)).unwrap_err().to_string();
        assert!(error.contains("mlp"), "{error}");
    }

    #[test]
    fn the_largest_eigenvalue_is_that_of_the_closed_form() {
        // [[2, 1], [1, 2]] has 3 and 1.
        assert!((largest_eigenvalue(&[2.0, 1.0, 1.0, 2.0], 2) - 3.0).abs() < 1e-9);
        assert_eq!(largest_eigenvalue(&[0.0; 4], 2), 0.0);
    }
}
