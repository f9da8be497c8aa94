//! The class read from the codes, without the other terms of the objective.

use super::batches::{Batch, Batches, Selection};
use super::coder::Coder;
use super::evaluation::{BATCH, predictions};
use super::loss::{Decoders, Loss};
use crate::model::Model;

/// The iterations from which the class is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readout {
    /// The last, as in training.
    Last,
    /// Each iteration of a recursion, in order; the last of a network of the program.
    Each,
}

/// Numbers of misclassified images of a selection, one for each iteration that is read.
///
/// # Errors
/// When the weights cannot be read.
pub fn mistakes(model: &Model, selection: Selection, readout: Readout) -> candle_core::Result<Vec<usize>> {
    let (classes, decoder) = (model.classes(), model.parameters().decoder()?);
    let mut coder = Coder::new(model, BATCH);
    let mut loss = Loss::new(model.width(), model.inputs(), classes);
    let mut batches = Batches::in_order(selection, BATCH);
    let (mut batch, mut mistakes) = (Batch::default(), Vec::new());
    model.parameters().with_slices(|slices| {
        while batches.next_into(&mut batch) {
            coder.encode(slices, batch.input())?;
            let codes = match readout {
                Readout::Last => vec![coder.code()],
                Readout::Each => coder.codes(),
            };
            mistakes.resize(codes.len(), 0);
            for (wrong, code) in mistakes.iter_mut().zip(codes) {
                let scores = loss.score(code, Decoders::of(slices, decoder), batch.labels.len());
                *wrong += batch.wrong(&predictions(scores, classes));
            }
        }
        Ok::<_, candle_core::Error>(())
    })??;
    Ok(mistakes)
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device, Tensor};

    use super::*;
    use crate::data::{Fitted, Images, Preprocessing};
    use crate::model::{Config, Family};

    /// Random-looking images of 12 pixels.
    fn images() -> Images {
        let pixels = (0..40 * 12_u32).map(|at| (at * at * 7 % 251) as u8).collect();
        Images { inputs: 12, pixels, labels: (0..40).map(|at| at % 3).collect() }
    }

    /// The mistakes from the codes of candle's graph, the definition of the network.
    fn expected(model: &Model, images: &Images) -> Vec<usize> {
        let normaliser = Fitted::to(Preprocessing::CENTRED, images, &[]).normaliser(images);
        let mut pixels = vec![0.0; images.pixels.len()];
        for (index, row) in pixels.chunks_exact_mut(12).enumerate() {
            normaliser.write(images, index, row);
        }
        let input = Tensor::from_vec(pixels, (images.len(), 12), &Device::Cpu).unwrap();
        let wrong = |code: &Tensor| {
            let scores: Vec<f32> = model.scores(code).unwrap().flatten_all().unwrap().to_vec1().unwrap();
            let predicted = predictions(&scores, 3);
            predicted.iter().zip(&images.labels).filter(|(guess, label)| guess != label).count()
        };
        model.codes(&input).unwrap().iter().map(wrong).collect()
    }

    #[test]
    fn the_class_is_read_from_the_code_of_each_iteration() {
        let images = images();
        let normaliser = Fitted::to(Preprocessing::CENTRED, &images, &[]).normaliser(&images);
        let indices: Vec<u32> = (0..40).collect();
        let selection = Selection { images: &images, normaliser: &normaliser, indices: &indices };
        for family in [Family::Drsae, Family::Untied, Family::Mlp] {
            let config = Config { family, steps: 4, hidden: 8, initial_classifier: 1.0, ..Config::default() };
            let model = Model::new(&config, 12, 3, 0.01, 5, DType::F32, &Device::Cpu).unwrap();
            let each = mistakes(&model, selection, Readout::Each).unwrap();
            assert_eq!(each, expected(&model, &images));
            assert!(each.iter().any(|wrong| *wrong != each[0]), "the iterations differ: {each:?}");
            assert_eq!(mistakes(&model, selection, Readout::Last).unwrap(), each[3..]);
        }
    }
}
