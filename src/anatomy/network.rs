//! A trained network as plain numbers, with every sum in one fixed order.
//!
//! Measurements must have the same bytes on every machine, so this file uses no kernels whose order of addition depends on
//! the processor: [`ordered_product`] computes E·x.

use std::iter;

use super::Error;
use crate::model::kernels::{Matrix, Unroll, argmax, dot, ordered_product};
use crate::model::{Config, Input, Model, NORM_FLOOR, Recursion, Wiring};

/// Images that are encoded together.
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
    recursion: Recursion,
    /// Names of the parameters, in the order of the slots.
    names: Vec<String>,
    /// Their values.
    weights: Vec<Vec<f32>>,
}

/// Bytes of memory for measuring a network on this number of threads, without the images: for each thread the codes of a
/// batch over 2T iterations, values computed from them, and matrices of the size of S.
#[must_use]
pub fn bytes(config: &Config, inputs: usize, threads: usize) -> u64 {
    let (n, t, m) = (config.hidden as u64, config.steps as u64, inputs as u64);
    4 * threads as u64 * BATCH as u64 * ((4 * t + 8) * n + 4 * m) + 4 * 8 * n * n
}

impl Network {
    /// The numbers of a model.
    ///
    /// # Errors
    /// The model is no recursion, or its weights cannot be read.
    pub fn of(model: &Model) -> Result<Self, Error> {
        let Some(&recursion) = model.encoder().recursion() else { return Err(Error::of(model)) };
        Ok(Self {
            inputs: model.inputs(),
            hidden: recursion.hidden,
            classes: model.classes(),
            steps: recursion.steps,
            recursion,
            names: model.parameters().iter().map(|parameter| parameter.name.clone()).collect(),
            weights: model.parameters().snapshot()?,
        })
    }

    /// The numbers of a recurrent auto-encoder with two or more iterations.
    ///
    /// # Errors
    /// The model is another, or its weights cannot be read.
    pub fn recurrent_of(model: &Model) -> Result<Self, Error> {
        let is_recurrent = |recursion: &Recursion| {
            let Wiring { encoder, recurrent, threshold, input, .. } = recursion.wiring;
            encoder && recurrent && threshold && input == Input::Every && recursion.steps > 1
        };
        if !model.encoder().recursion().is_some_and(is_recurrent) {
            return Err(Error::of(model));
        }
        Self::of(model)
    }

    fn slot(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|other| other == name)
    }

    /// The values of a parameter; empty if the network has no parameter of this name.
    fn parameter(&self, name: &str) -> &[f32] {
        self.slot(name).map_or(&[], |slot| &self.weights[slot])
    }

    fn set(&mut self, name: &str, values: Vec<f32>) {
        if let Some(slot) = self.slot(name) {
            self.weights[slot] = values;
        }
    }

    /// S `[n, n]`.
    #[must_use]
    pub fn recurrent(&self) -> &[f32] {
        self.parameter("recurrent")
    }

    /// D `[m, n]`.
    #[must_use]
    pub fn decoder(&self) -> &[f32] {
        self.parameter("decoder")
    }

    /// Row `unit` of E `[m]`.
    #[must_use]
    pub fn row(&self, unit: usize) -> &[f32] {
        &self.parameter("encoder")[unit * self.inputs..][..self.inputs]
    }

    /// Column `unit` of D `[m]`.
    #[must_use]
    pub fn column(&self, unit: usize) -> Vec<f32> {
        self.decoder().iter().skip(unit).step_by(self.hidden).copied().collect()
    }

    /// Column `unit` of C `[l]`.
    #[must_use]
    pub fn class_weights(&self, unit: usize) -> Vec<f64> {
        let column = self.parameter("classifier").iter().skip(unit).step_by(self.hidden);
        column.copied().map(f64::from).collect()
    }

    /// S_jk, the weight from unit k to unit j.
    #[must_use]
    pub fn connection(&self, to: usize, from: usize) -> f64 {
        f64::from(self.recurrent()[to * self.hidden + from])
    }

    /// DᵀD `[n, n]`.
    #[must_use]
    pub fn gram(&self) -> Vec<f32> {
        self.project(&transposed(self.decoder(), self.hidden))
    }

    /// Images `[batch, m]` times D, `[batch, n]`.
    #[must_use]
    pub fn project(&self, images: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; images.len() / self.inputs * self.hidden];
        ordered_product(&mut out, images, Matrix::new(self.decoder(), self.inputs, self.hidden));
        out
    }

    /// Codes `[batch, n]` times Sᵀ: the drive of each unit by all units, including itself.
    #[must_use]
    pub fn recurrent_drive(&self, code: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; code.len()];
        ordered_product(&mut out, code, Matrix::new(self.recurrent(), self.hidden, self.hidden).t());
        out
    }

    /// Returns false if C is zero, as it is until the class term has been trained, unless it starts at random.
    #[must_use]
    pub fn classifies(&self) -> bool {
        self.parameter("classifier").iter().any(|&weight| weight != 0.0)
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
        let mut ista = self.clone();
        ista.set("encoder", encoder);
        ista.set("recurrent", recurrent);
        ista.set("threshold", vec![(step * sparsity) as f32; self.hidden]);
        ista
    }

    /// The codes at `moments` iterations, spread evenly over a number of them, each `[batch, n]`, of [`Network::ista`] with
    /// momentum (FISTA, Beck and Teboulle 2009), which converges in far fewer iterations.
    #[must_use]
    pub fn accelerated_codes(&self, drive: &[f32], iterations: usize, moments: usize) -> Vec<Vec<f32>> {
        let threshold = self.parameter("threshold");
        let (mut code, mut ahead) = (vec![0.0_f32; drive.len()], vec![0.0_f32; drive.len()]);
        let (mut momentum, mut kept) = (1.0_f64, Vec::new());
        for iteration in 1..=iterations {
            let mut next = self.recurrent_drive(&ahead);
            for ((z, &x), &b) in next.iter_mut().zip(drive).zip(threshold.iter().cycle()) {
                *z = (*z + x - b).max(0.0);
            }
            let faster = f64::midpoint(1.0, (1.0 + 4.0 * momentum * momentum).sqrt());
            let beyond = ((momentum - 1.0) / faster) as f32;
            for ((ahead, &z), &before) in ahead.iter_mut().zip(&next).zip(&code) {
                *ahead = z + beyond * (z - before);
            }
            (code, momentum) = (next, faster);
            let is_kept = |&moment: &usize| (iterations * moment).div_ceil(moments) == iteration;
            kept.extend((1..=moments).filter(is_kept).map(|_| code.clone()));
        }
        kept
    }

    /// A copy of the recurrent network with units that are 0 at every iteration: their threshold is infinite.
    #[must_use]
    pub fn silenced(&self, is_silenced: impl Fn(usize) -> bool) -> Self {
        let threshold = self.parameter("threshold").iter().enumerate();
        let threshold = threshold.map(|(unit, &b)| if is_silenced(unit) { f32::INFINITY } else { b });
        let threshold = threshold.collect();
        let mut silenced = self.clone();
        silenced.set("threshold", threshold);
        silenced
    }

    fn apply(&self, encoder: &[f32], images: &[f32], out: &mut [f32]) {
        ordered_product(out, images, Matrix::new(encoder, self.hidden, self.inputs).t());
    }

    /// E·x `[batch, n]` of images `[batch, m]`, for the E of a recurrent network.
    #[must_use]
    pub fn drive(&self, images: &[f32]) -> Vec<f32> {
        let mut drive = vec![0.0; images.len() / self.inputs * self.hidden];
        self.apply(self.parameter("encoder"), images, &mut drive);
        drive
    }

    /// The codes z^1 … z^K, each `[batch, n]`, of a recurrent network from E·x. K may exceed T.
    #[must_use]
    pub fn codes(&self, drive: &[f32], iterations: usize) -> Vec<Vec<f32>> {
        let recursion = Recursion { steps: iterations, ..self.recursion };
        let unroll =
            self.unrolled(&recursion, drive.len() / self.hidden, |out, _| out.copy_from_slice(drive));
        (0..iterations).map(|t| unroll.code_at(t).to_vec()).collect()
    }

    /// The code z^T `[batch, n]` of images `[batch, m]`, for any family.
    #[must_use]
    pub fn encode(&self, images: &[f32]) -> Vec<f32> {
        let rows = images.len() / self.inputs;
        let apply = |out: &mut [f32], encoder: &[f32]| self.apply(encoder, images, out);
        self.unrolled(&self.recursion, rows, apply).code().to_vec()
    }

    fn unrolled(
        &self,
        recursion: &Recursion,
        rows: usize,
        apply: impl FnMut(&mut [f32], &[f32]),
    ) -> Unroll<f32> {
        let weights: Vec<&[f32]> = self.weights.iter().map(Vec::as_slice).collect();
        let mut unroll = Unroll::new(recursion, self.inputs, rows);
        unroll.forward_with(&weights, rows, apply);
        unroll
    }

    /// D·z `[batch, m]` of codes `[batch, n]`.
    #[must_use]
    pub fn decode(&self, code: &[f32]) -> Vec<f32> {
        let mut images = vec![0.0; code.len() / self.hidden * self.inputs];
        ordered_product(&mut images, code, Matrix::new(self.decoder(), self.inputs, self.hidden).t());
        images
    }

    /// C·z/‖z‖₂ plus the bias `[batch, l]` of codes `[batch, n]`.
    #[must_use]
    pub fn scores(&self, code: &[f32]) -> Vec<f64> {
        let classifier = self.parameter("classifier");
        let biases =
            self.parameter("classifier_bias").iter().map(|&bias| f64::from(bias)).chain(iter::repeat(0.0));
        let scores = code.chunks_exact(self.hidden).flat_map(|code| {
            let norm = (f64::from(dot(code, code)) + NORM_FLOOR).sqrt();
            let rows = classifier.chunks_exact(self.hidden).zip(biases.clone());
            rows.map(move |(row, bias)| f64::from(dot(row, code)) / norm + bias)
        });
        scores.collect()
    }

    /// The class of the highest score of each code; the first of equals.
    #[must_use]
    pub fn classify(&self, code: &[f32]) -> Vec<u8> {
        self.scores(code).chunks_exact(self.classes).map(|scores| argmax(scores) as u8).collect()
    }
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
    use crate::model::{Checkpoint, Family, Group, weights};

    fn model(family: Family) -> Model {
        let config = Config { family, steps: 3, hidden: 9, classifier_bias: true, ..Config::default() };
        let model = Model::new(&config, 6, 3, 0.01, 4, DType::F32, &Device::Cpu).unwrap();
        for parameter in model.parameters().iter().filter(|one| one.group == Group::Classifier) {
            let numbers = (0..parameter.value.elem_count()).map(|at| (at as f32 * 0.7).sin());
            let value = Tensor::from_iter(numbers, &Device::Cpu).unwrap();
            parameter.value.set(&value.reshape(parameter.value.dims()).unwrap()).unwrap();
        }
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
    fn codes_continue_beyond_t_and_silenced_units_stay_silent() {
        let model = model(Family::Drsae);
        let network = Network::recurrent_of(&model).unwrap();
        let input = Tensor::from_vec(images(), (4, 6), &Device::Cpu).unwrap();
        let codes = network.codes(&network.drive(&images()), 5);
        for (code, expected) in codes.iter().zip(model.codes(&input).unwrap()) {
            assert_close(code, &expected);
        }
        let longer = Config { steps: 5, ..model.config().clone() };
        let bytes = weights::to_bytes(&model, "").unwrap();
        let longer = Checkpoint::parse(&bytes).unwrap().model(&longer).unwrap();
        assert_close(&codes[4], &longer.encode(&input).unwrap());
        let silenced = network.silenced(|unit| unit == 2);
        let codes = silenced.codes(&silenced.drive(&images()), 3);
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
    fn momentum_finds_the_minimum_of_many_plain_iterations() {
        let config = Config { steps: 4, hidden: 9, ..Config::default() };
        let model = Model::new(&config, 6, 2, 0.01, 1, DType::F32, &Device::Cpu).unwrap();
        let (sparsity, images) = (0.01, images());
        let ista = Network::recurrent_of(&model).unwrap().ista(sparsity);
        let drive = ista.drive(&images);
        let energy = |code: &[f32]| {
            let rest = images.iter().zip(ista.decode(code)).map(|(&x, y)| f64::from(x - y).powi(2));
            0.5 * rest.sum::<f64>() + sparsity * code.iter().copied().map(f64::from).sum::<f64>()
        };
        let plain = energy(ista.codes(&drive, 20_000).last().unwrap());
        let codes = ista.accelerated_codes(&drive, 300, 3);
        assert_eq!(codes.len(), 3);
        let [early, .., last] = [0, 1, 2].map(|at| energy(&codes[at]));
        assert!((last - plain).abs() < 1e-5 * plain, "{last} is not {plain}");
        assert!(early >= last - 1e-7);
        // The moments of 7 iterations: 3, 5 and 7.
        let few = ista.accelerated_codes(&drive, 7, 3);
        let all = ista.accelerated_codes(&drive, 7, 7);
        assert_eq!(few, [all[2].clone(), all[4].clone(), all[6].clone()]);
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
