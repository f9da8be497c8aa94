//! The images that networks are inspected on, and the judge of decoded ones.

use anyhow::{Result, ensure};

use super::Args;
use super::subjects::Found;
use crate::anatomy::{self, Deformed, Ground, Measured, Network, Sample, Subject};
use crate::cli::{checkpoint, eval};
use crate::data::{self, Dataset, Images, Preprocessing, Source, strokes};
use crate::memory::{self, Shortage};
use crate::model::Model;
use crate::report::Portrait;
use crate::rng::Purpose;
use crate::train;

/// Training glyphs that deformations are learnt to be read on.
const LEARNT: usize = 10_000;

/// Images in memory.
pub struct Loaded {
    sample: Sample,
    judge: Option<Network>,
    deformed: Option<[(Sample, Vec<Vec<f64>>); 2]>,
}

impl Loaded {
    /// What is asked for, for these networks.
    pub fn of(args: &Args, found: &Found) -> Result<Self> {
        let source = checkpoint::source(args.data.as_deref(), &found.config.data)?;
        let dataset = data::load(&source, args.data_dir.as_deref())?;
        eval::ensure_fits(&found.model, &dataset)?;
        expect_memory(&found.model)?;
        let preprocessing = train::preprocessing(&found.config.model);
        let judge = args.judge.as_deref().map(checkpoint::load).transpose()?;
        if let Some((config, model)) = &judge {
            eval::ensure_fits(model, &dataset)?;
            expect_memory(model)?;
            ensure!(
                train::preprocessing(&config.model) == preprocessing
                    && preprocessing == Preprocessing::Centred,
                "the judge and the networks must see centred images: both without `decoder_nonnegative`"
            );
            ensure!(
                config.training.phases.iter().any(|phase| phase.discriminative),
                "the judge was never trained to classify"
            );
        }
        let sample = |images: &Images| sample(images, &dataset, preprocessing);
        let seed = source.glyph_seed.unwrap_or(strokes::DEFAULT_SEED);
        let deformed = (source.source == Source::Strokes).then(|| {
            let learnt = first(&dataset.train, LEARNT);
            [(&learnt, Purpose::TrainingGlyph), (&dataset.test, Purpose::TestGlyph)].map(
                |(images, purpose)| {
                    let truth = |index| strokes::deformation(seed, purpose, index).to_vec();
                    (sample(images), (0..images.len()).map(truth).collect())
                },
            )
        });
        Ok(Self {
            sample: sample(&dataset.test),
            judge: judge.map(|(_, model)| Network::of(&model)).transpose()?,
            deformed,
        })
    }

    /// What networks are measured on.
    pub fn ground(&self) -> Ground<'_> {
        Ground {
            sample: &self.sample,
            judge: self.judge.as_ref(),
            deformed: self
                .deformed
                .as_ref()
                .map(|sets| sets.each_ref().map(|(sample, truths)| Deformed { sample, truths })),
        }
    }

    /// What pictures are drawn of.
    pub fn portrait<'a>(&'a self, subject: &'a Subject, measured: &'a Measured) -> Portrait<'a> {
        Portrait::new(&subject.trained, &self.sample, measured)
    }
}

/// Refuses a network that memory does not suffice to measure.
fn expect_memory(model: &Model) -> Result<(), Shortage> {
    memory::expect(anatomy::bytes(model.config(), model.inputs(), rayon::current_num_threads()))
}

fn sample(images: &Images, dataset: &Dataset, preprocessing: Preprocessing) -> Sample {
    Sample::new(images, (dataset.rows, dataset.columns), dataset.classes, preprocessing)
}

/// The first images of a set.
fn first(images: &Images, count: usize) -> Images {
    let count = count.min(images.len());
    Images {
        inputs: images.inputs,
        pixels: images.pixels[..count * images.inputs].to_vec(),
        labels: images.labels[..count].to_vec(),
    }
}
