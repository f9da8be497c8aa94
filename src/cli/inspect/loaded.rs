//! The images that networks are inspected on, and the judge.

use anyhow::{Result, bail, ensure};

use super::Args;
use super::subjects::Networks;
use crate::anatomy::{self, Anatomy, Context, Deformed, Network, Sample, Subject};
use crate::cli::{checkpoint, eval, notes, source};
use crate::data::{self, Images, Layout, Part, Preprocessing, Scale, Source, strokes};
use crate::memory::{self, Shortage};
use crate::model::Model;
use crate::report::Inspected;
use crate::rng::Purpose;

/// Number of training glyphs that readouts of the deformation are fitted on.
const FITTED: usize = 10_000;

/// Images in memory.
pub struct Loaded {
    sample: Sample,
    judge: Option<Network>,
    deformed: Option<[(Sample, Vec<Vec<f64>>); 2]>,
}

impl Loaded {
    /// Loads images and judge for these networks.
    pub fn of(args: &Args, networks: &Networks) -> Result<Self> {
        let source = checkpoint::source(args.data.as_deref(), &networks.config.data)?;
        let dataset = data::load(&source, args.data_dir.as_deref(), Part::All)?;
        notes::of_dataset(&source::name(&source), &dataset);
        eval::ensure_fits(&networks.model, &dataset)?;
        let Layout::Grey { rows, columns } = dataset.layout else {
            bail!("the measures need grey images, and these are {}", dataset.layout)
        };
        expect_memory(&networks.model)?;
        let preprocessing = networks.config.preprocessing();
        ensure!(
            preprocessing.scale != Scale::Standard,
            "the networks have `data.scale` = \"standard\", which differs from seed to seed: the measures need images \
             that are each scaled on their own"
        );
        let fitted = networks.config.fitted(&dataset.train);
        let judge = args.judge.as_deref().map(checkpoint::load).transpose()?;
        if let Some((config, model)) = &judge {
            eval::ensure_fits(model, &dataset)?;
            expect_memory(model)?;
            ensure!(
                config.training.phases.iter().any(|phase| phase.discriminative),
                "the judge is not a classifier: it was trained without the class term"
            );
            ensure!(
                config.preprocessing() == Preprocessing::CENTRED,
                "the judge needs centred images of unit norm, as which decoded images are shown to it: train it without \
                 `decoder_nonnegative`, `data.centre` and `data.scale`"
            );
        }
        let sample = |images: &Images| Sample::new(images, (rows, columns), dataset.classes, &fitted);
        let seed = source.glyph_seed.unwrap_or(strokes::DEFAULT_SEED);
        let deformed = (source.source == Source::Strokes).then(|| {
            let fitted = dataset.train.first(FITTED);
            [(&fitted, Purpose::TrainingGlyph), (&dataset.test, Purpose::TestGlyph)].map(
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

    /// The evaluation context of the networks.
    pub fn context(&self) -> Context<'_> {
        Context {
            sample: &self.sample,
            judge: self.judge.as_ref(),
            deformed: self
                .deformed
                .as_ref()
                .map(|sets| sets.each_ref().map(|(sample, truths)| Deformed { sample, truths })),
        }
    }

    /// The network of the figures with images.
    pub fn inspected<'a>(&'a self, subject: &'a Subject, anatomy: &'a Anatomy) -> Inspected<'a> {
        Inspected::new(&subject.trained, &self.sample, anatomy)
    }
}

/// Refuses a network that needs more memory than there is.
fn expect_memory(model: &Model) -> Result<(), Shortage> {
    memory::check(anatomy::bytes(model.config(), model.inputs(), rayon::current_num_threads()))
}
