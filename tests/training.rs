//! Training as a whole, on drawn glyphs: what the schedule must do to the weights, and what
//! a trial's result must be.

use std::ops::ControlFlow;
use std::sync::LazyLock;

use candle_core::{Device, Tensor};
use drsae::data::{self, Dataset, Fitted, Holdout, Preprocessing, split};
use drsae::device::Kind;
use drsae::model::{Bounds, Config, Family, Group, Model};
use drsae::train::{
    self, Batch, Batches, Epoch, Error, Evaluation, Noise, Objective, Outcome, Selection, Task, Trainer,
    evaluate,
};

type Weights = Vec<Vec<f32>>;

fn glyphs(train: usize) -> Dataset {
    let config = format!("train = {train}\ntest = 200\nvalidation = 0");
    data::load(&toml::from_str(&config).unwrap(), None, data::Part::All).unwrap()
}

fn schedule(text: &str) -> train::Config {
    toml::from_str(text).unwrap()
}

static OBJECTIVE: LazyLock<Objective> = LazyLock::new(Objective::default);

/// A small network of a family.
fn network(family: Family) -> Config {
    Config { family, steps: 3, hidden: 12, ..Config::default() }
}

fn task<'a>(dataset: &'a Dataset, model: &'a Config, training: &'a train::Config) -> Task<'a> {
    Task {
        dataset,
        validation: 100,
        holdout: Holdout::Random,
        preprocessing: Preprocessing::CENTRED,
        model,
        objective: &OBJECTIVE,
        training,
        seed: 1,
        device: Kind::Cpu,
    }
}

/// The epochs of a trial, and the trainer after the last.
fn trained(task: Task) -> (Vec<Epoch>, Trainer) {
    let mut trainer = Trainer::new(task).unwrap();
    let mut epochs = Vec::new();
    while let Some(epoch) = trainer.next_epoch(&mut |_| ControlFlow::Continue(())).unwrap() {
        epochs.push(epoch);
    }
    (epochs, trainer)
}

fn outcome(task: Task) -> (Vec<Epoch>, Outcome) {
    let (epochs, trainer) = trained(task);
    (epochs, trainer.finish().unwrap())
}

fn weights(model: &Model) -> Weights {
    model.parameters().snapshot().unwrap()
}

/// The network on the images that the task holds out.
fn held_out(model: &Model, task: &Task) -> Evaluation {
    let images = &task.dataset.train;
    let normaliser = Fitted::to(Preprocessing::CENTRED, images, &[]).normaliser(images);
    let indices = split(images.len(), task.validation, task.holdout, task.seed).validation;
    let selection = Selection { images, normaliser: &normaliser, indices: &indices };
    evaluate(model, selection, task.objective.sparsity).unwrap()
}

/// Names of the parameters that differ.
fn changed<'a>(model: &'a Model, before: &Weights, after: &Weights) -> Vec<&'a str> {
    let parameters = model.parameters().iter().zip(before.iter().zip(after));
    let differ = parameters.filter(|(_, (before, after))| before != after);
    differ.map(|(parameter, _)| parameter.name.as_str()).collect()
}

/// Largest norm of the rows of the parameters of a group, or of their columns.
fn longest(model: &Model, group: Group, dimension: usize) -> f32 {
    let parameters = model.parameters().iter().filter(|parameter| parameter.group == group);
    let norms = |tensor: &Tensor| tensor.sqr()?.sum(dimension)?.sqrt()?.max_all()?.to_scalar::<f32>();
    parameters.map(|parameter| norms(parameter.value.as_tensor()).unwrap()).fold(0.0, f32::max)
}

#[test]
fn every_bound_is_reached_and_none_is_passed() {
    let data = glyphs(400);
    let training = schedule(
        "batch = 20
         phases = [{ epochs = 4, rate = 0.1, discriminative = true, schedule = \"constant\" }]",
    );
    for family in Family::ALL {
        let model = network(family);
        let (_, trainer) = trained(task(&data, &model, &training));
        let found = |group, dimension| longest(trainer.model(), group, dimension);
        let mut norms = vec![(found(Group::Decoder, 0), 1.0), (found(Group::Classifier, 1), 5.0)];
        if family == Family::Mlp {
            assert!(found(Group::Encoder, 1) > 1.25, "the encoder of `mlp` has no bound");
        } else {
            let entries = if family == Family::ResidualMlp { 1.0 } else { 3.0 };
            norms.push((found(Group::Encoder, 1), 1.25 / entries));
        }
        for (norm, bound) in norms {
            assert!(norm <= bound * 1.000_01, "{}: {norm} is beyond {bound}", family.name());
            assert!(norm > bound * 0.99, "{}: {norm} is far from {bound}", family.name());
        }
    }
}

#[test]
fn a_nonnegative_decoder_stays_nonnegative_and_a_free_one_does_not() {
    let data = glyphs(300);
    let training = schedule("batch = 20\nphases = [{ epochs = 2, rate = 1e-2 }]");
    let least = |decoder_nonnegative| {
        let model = Config { decoder_nonnegative, ..network(Family::Drsae) };
        let (_, trainer) = trained(task(&data, &model, &training));
        let bound = longest(trainer.model(), Group::Decoder, 0);
        assert!(bound <= 1.000_01, "{bound}");
        trainer.model().parameters().get("decoder").unwrap().min_all().unwrap().to_scalar::<f32>().unwrap()
    };
    assert_eq!(least(true), 0.0);
    assert!(least(false) < -0.01);
}

#[test]
fn frozen_parameters_keep_their_bits_and_the_others_move() {
    let data = glyphs(200);
    for (frozen, expected) in [
        ("", &["encoder", "threshold", "recurrent", "decoder", "classifier"][..]),
        ("\"encoder\", \"threshold\"", &["recurrent", "decoder", "classifier"]),
        ("\"recurrent\", \"decoder\", \"classifier\"", &["encoder", "threshold"]),
    ] {
        let training = schedule(&format!(
            "phases = [{{ epochs = 1, rate = 1e-2, discriminative = true, frozen = [{frozen}] }}]"
        ));
        let model = network(Family::Drsae);
        let task = task(&data, &model, &training);
        let before = weights(Trainer::new(task).unwrap().model());
        let (_, trainer) = trained(task);
        assert_eq!(changed(trainer.model(), &before, &weights(trainer.model())), expected);
    }
}

#[test]
fn a_probe_reads_the_class_off_a_code_that_it_leaves_alone() {
    let data = glyphs(1000);
    let training = schedule(
        "batch = 50
         [[phases]]
         epochs = 4
         rate = 5e-3
         [[phases]]
         epochs = 10
         rate = 2e-2
         discriminative = true
         discriminative_weight = 1.0
         frozen = [\"encoder\", \"recurrent\", \"threshold\", \"decoder\"]",
    );
    let model = Config { hidden: 40, ..network(Family::Drsae) };
    let objective = Objective { discriminative_weight: 0.0, ..Objective::default() };
    let mut trainer = Trainer::new(Task { objective: &objective, ..task(&data, &model, &training) }).unwrap();
    let mut epochs = Vec::new();
    let mut code = None;
    while let Some(epoch) = trainer.next_epoch(&mut |_| ControlFlow::Continue(())).unwrap() {
        if epoch.phase == 1 {
            assert_eq!((epoch.train.class, epoch.train.error), (None, None));
            code = Some(weights(trainer.model()));
        }
        epochs.push(epoch);
    }
    assert_eq!(
        epochs.iter().map(|epoch| epoch.phase).collect::<Vec<_>>(),
        [[1; 4].as_slice(), &[2; 10]].concat()
    );
    assert_eq!(changed(trainer.model(), &code.unwrap(), &weights(trainer.model())), ["classifier"]);
    let error = trainer.finish().unwrap().test.unwrap().error;
    assert!(error < 60.0, "{error} % of guesses are wrong, where chance is 90 %");
}

#[test]
fn the_outcome_is_the_first_epoch_with_the_lowest_validation_error() {
    let data = glyphs(400);
    // At this rate the error goes up and down.
    let training = schedule(
        "batch = 20
         phases = [
           { epochs = 2, rate = 1e-2 },
           { epochs = 8, rate = 5e-2, discriminative = true, schedule = \"constant\" },
         ]",
    );
    let model = network(Family::Drsae);
    let task = task(&data, &model, &training);
    let (epochs, outcome) = outcome(task);
    let errors: Vec<f64> = epochs.iter().map(|epoch| epoch.validation.as_ref().unwrap().error).collect();
    let lowest = errors[2..].iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(outcome.valid_error, Some(lowest));
    assert!(lowest < *errors.last().unwrap(), "the last epoch is not the best: {errors:?}");
    assert_eq!(outcome.best_epoch, 3 + errors[2..].iter().position(|&error| error == lowest).unwrap());
    let again = held_out(&outcome.model, &task);
    assert_eq!(Some(&again), epochs[outcome.best_epoch - 1].validation.as_ref());
}

#[test]
fn sparser_validation_trains_the_same_and_chooses_among_what_it_saw() {
    let data = glyphs(400);
    let model = network(Family::Drsae);
    let phases = "phases = [{ epochs = 3, rate = 3e-3 }, { epochs = 5, rate = 3e-3, discriminative = true }]";
    let every = schedule(phases);
    let (all, _) = outcome(task(&data, &model, &every));
    let second = schedule(&format!("validate_every = 2\n{phases}"));
    let (some, result) = outcome(task(&data, &model, &second));
    let validated: Vec<usize> =
        some.iter().filter(|epoch| epoch.validation.is_some()).map(|epoch| epoch.epoch).collect();
    assert_eq!(validated, [2, 3, 5, 7, 8]);
    for (all, some) in all.iter().zip(&some) {
        assert_eq!(all.train, some.train);
        assert!(some.validation.is_none() || some.validation == all.validation);
    }
    assert!([5, 7, 8].contains(&result.best_epoch), "{}", result.best_epoch);
}

#[test]
fn only_weights_of_every_kth_epoch_are_kept_if_asked() {
    let data = glyphs(400);
    let model = network(Family::Drsae);
    let phases = "phases = [{ epochs = 3, rate = 3e-3 }, { epochs = 5, rate = 3e-3, discriminative = true }]";
    let training = schedule(&format!("validate_every = 1\nkeep_every = 2\n{phases}"));
    let task = task(&data, &model, &training);
    let (epochs, result) = outcome(task);
    assert!(epochs.iter().all(|epoch| epoch.validation.is_some()));
    let error = |epoch: &&Epoch| epoch.validation.as_ref().unwrap().error;
    let kept = epochs.iter().filter(|epoch| [5, 7, 8].contains(&epoch.epoch));
    let best = kept.min_by(|a, b| error(a).total_cmp(&error(b))).unwrap();
    assert_eq!((result.best_epoch, result.valid_error), (best.epoch, Some(error(&best))));
    assert_eq!(held_out(&result.model, &task).error, error(&best));
}

#[test]
fn a_split_without_training_images_of_a_class_is_refused() {
    // The classes of glyphs take turns: the last 390 of 400 leave ten images, one of each class.
    let data = glyphs(400);
    let (model, training) = (network(Family::Drsae), schedule("phases = [{ epochs = 1, rate = 1e-3 }]"));
    let held_out = |validation| {
        let task = Task { validation, holdout: Holdout::Last, ..task(&data, &model, &training) };
        Trainer::new(task).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(held_out(390), Ok(()));
    assert_eq!(
        held_out(391).unwrap_err(),
        "`data.validation` leaves no training image of label 9: hold out fewer, or shuffle the images"
    );
}

#[test]
fn the_hyperbolic_rate_falls_over_both_phases() {
    let data = glyphs(400);
    let model = network(Family::Drsae);
    let phase = "epochs = 2, rate = 0.1, schedule = \"hyperbolic\", decay = 0.01, optimizer = \"sgd\"";
    let training = schedule(&format!(
        "batch = 30\nphases = [{{ {phase} }}, {{ {phase}, momentum = 0, discriminative = true }}]"
    ));
    let (epochs, _) = trained(task(&data, &model, &training));
    let rates: Vec<f64> = epochs.iter().map(|epoch| epoch.rate).collect();
    // 300 images: ten updates an epoch.
    assert_eq!(rates, [0.1, 0.1 / 1.1, 0.1 / 1.2, 0.1 / 1.3]);
}

#[test]
fn every_family_trains_by_the_settings_of_the_published_recipe() {
    let data = glyphs(400);
    let training = schedule(
        "batch = 10
         phases = [{ epochs = 2, rate = 0.1, schedule = \"hyperbolic\", decay = 5e-6, optimizer = \"sgd\", \
                     momentum = 0.0 }, \
                   { epochs = 3, rate = 0.1, schedule = \"hyperbolic\", decay = 5e-6, optimizer = \"sgd\", \
                     momentum = 0.0, discriminative = true, multipliers = { encoder = 1.0, classifier = 0.2 } }]",
    );
    for family in Family::ALL {
        let model = Config {
            initial_threshold: Some(1e-5),
            initial_images: 0.25,
            initial_classifier: 1.0,
            classifier_bias: true,
            bounds: Bounds { every: 5, ..Bounds::default() },
            ..network(family)
        };
        let task = Task {
            holdout: Holdout::Last,
            preprocessing: Preprocessing::UNCENTRED,
            ..task(&data, &model, &training)
        };
        let before = weights(Trainer::new(task).unwrap().model());
        let (epochs, outcome) = outcome(task);
        let after = weights(&outcome.model);
        assert!(changed(&outcome.model, &before, &after).contains(&"classifier_bias"), "{family}");
        let totals: Vec<f64> = epochs.iter().map(|epoch| epoch.train.total).collect();
        assert!(totals[1] < totals[0] && totals[4] < totals[2], "{family}: {totals:?}");
    }
}

#[test]
fn a_schedule_without_classes_keeps_the_lowest_objective() {
    let data = glyphs(300);
    let training = schedule("batch = 20\nphases = [{ epochs = 6, rate = 8e-2, schedule = \"constant\" }]");
    let model = network(Family::Drsae);
    let task = task(&data, &model, &training);
    let (epochs, outcome) = outcome(task);
    let losses: Vec<f64> = epochs
        .iter()
        .filter_map(|epoch| epoch.validation.as_ref())
        .map(|valid| valid.reconstruction + valid.sparsity)
        .collect();
    let lowest = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(losses[outcome.best_epoch - 1], lowest, "{losses:?}");
    let again = held_out(&outcome.model, &task);
    assert_eq!(again.reconstruction + again.sparsity, lowest);
}

#[test]
fn without_held_out_images_the_last_weights_are_kept() {
    let data = glyphs(200);
    let training = schedule("batch = 20\nphases = [{ epochs = 3, rate = 5e-2, discriminative = true }]");
    let model = network(Family::Drsae);
    let (epochs, trainer) = trained(Task {
        validation: 0,
        holdout: Holdout::Random,
        preprocessing: Preprocessing::CENTRED,
        ..task(&data, &model, &training)
    });
    let last = weights(trainer.model());
    let outcome = trainer.finish().unwrap();
    assert!(epochs.iter().all(|epoch| epoch.validation.is_none()));
    assert_eq!((outcome.best_epoch, outcome.valid_error), (3, None));
    assert_eq!(weights(&outcome.model), last);
}

#[test]
fn one_task_gives_one_result_and_every_seed_its_own() {
    let data = glyphs(300);
    let training = schedule(
        "batch = 20
         phases = [{ epochs = 1, rate = 5e-3 }, { epochs = 1, rate = 5e-3, discriminative = true, masking = 0.3 }]",
    );
    for family in Family::ALL {
        let model = network(family);
        let run = |seed| {
            let (epochs, outcome) = outcome(Task { seed, ..task(&data, &model, &training) });
            (epochs, weights(&outcome.model), outcome.test)
        };
        let (first, again, other) = (run(1), run(1), run(2));
        assert_eq!(first, again, "{}", family.name());
        assert!(first.1.iter().zip(&other.1).all(|(first, other)| first != other), "{}", family.name());
    }
}

#[test]
fn families_of_one_seed_share_their_split_and_their_order() {
    let data = glyphs(200);
    let training = schedule("batch = 200\nphases = [{ epochs = 1, rate = 1e-3 }]");
    // One step: all recurrent families are the same network until the weights move apart.
    let first = |family| {
        let model = Config { steps: 1, ..network(family) };
        trained(task(&data, &model, &training)).0.remove(0)
    };
    assert_eq!(first(Family::Drsae), first(Family::Untied));
    assert_eq!(first(Family::Drsae), first(Family::UntiedRecurrent));
}

#[test]
fn masking_hides_pixels_from_the_encoder_alone() {
    let data = glyphs(300);
    let training = schedule("batch = 300\nphases = [{ epochs = 1, rate = 1e-3, masking = 0.6 }]");
    let model = network(Family::Drsae);
    let task =
        Task { validation: 0, preprocessing: Preprocessing::CENTRED, ..task(&data, &model, &training) };
    let mut trainer = Trainer::new(task).unwrap();

    // The only mini-batch of epoch 1, through the weights before it.
    let images = &data.train;
    let normaliser = Fitted::to(Preprocessing::CENTRED, images, &[]).normaliser(images);
    let indices = split(images.len(), 0, task.holdout, task.seed).train;
    let selection = Selection { images, normaliser: &normaliser, indices: &indices };
    let mut batch = Batch::default();
    Batches::shuffled(selection, 300, Noise { masking: 0.6, ..Noise::default() }, task.seed, 1)
        .next_into(&mut batch);
    let tensor = |numbers: &[f32]| Tensor::from_slice(numbers, (300, 784), &Device::Cpu).unwrap();
    let (clean, masked) = (tensor(&batch.clean), tensor(batch.input()));
    let against = |input: &Tensor, target: &Tensor| {
        let found = trainer.model().reconstruct(&trainer.model().encode(input).unwrap()).unwrap();
        let squares = (target - found).unwrap().sqr().unwrap().sum_all().unwrap();
        f64::from(squares.to_scalar::<f32>().unwrap()) / 600.0
    };
    let expected = against(&masked, &clean);
    let others = [against(&clean, &clean), against(&masked, &masked)];

    let found = trainer.next_epoch(&mut |_| ControlFlow::Continue(())).unwrap().unwrap().train.reconstruction;
    assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
    assert!(others.iter().all(|other| (found - other).abs() > 1e-3), "{found} is one of {others:?}");
}

#[test]
fn sgd_trains() {
    let data = glyphs(1000);
    let training = schedule(
        "batch = 20
         phases = [
           { epochs = 3, rate = 0.1, optimizer = \"sgd\" },
           { epochs = 8, rate = 0.1, optimizer = \"sgd\", discriminative = true },
         ]",
    );
    let model = Config { hidden: 40, ..network(Family::Drsae) };
    let (epochs, outcome) = outcome(task(&data, &model, &training));
    let losses: Vec<f64> = epochs.iter().map(|epoch| epoch.train.total).collect();
    assert!(losses[2] < 0.9 * losses[0], "{losses:?}");
    assert!(outcome.test.as_ref().unwrap().error < 60.0, "{} %", outcome.test.as_ref().unwrap().error);
}

#[test]
fn an_absurd_rate_diverges_at_a_named_update() {
    let data = glyphs(200);
    let model = network(Family::Drsae);
    let training = schedule(
        "batch = 20
         phases = [{ epochs = 1, rate = 1e-3 }, { epochs = 1, rate = 1e30, optimizer = \"sgd\" }]",
    );
    let mut trainer = Trainer::new(task(&data, &model, &training)).unwrap();
    trainer.next_epoch(&mut |_| ControlFlow::Continue(())).unwrap();
    let error = trainer.next_epoch(&mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(error, Error::Diverged { epoch: 2, update: 2, loss } if !loss.is_finite()), "{error}");
}

/// The last update of a trial is seen by no loss of a later one.
#[test]
fn a_last_update_that_diverges_is_noticed_with_and_without_held_out_images() {
    let data = glyphs(200);
    let model = network(Family::Drsae);
    let training = schedule("batch = 200\nphases = [{ epochs = 1, rate = 1e30, optimizer = \"sgd\" }]");
    for validation in [100, 0] {
        let mut trainer = Trainer::new(Task { validation, ..task(&data, &model, &training) }).unwrap();
        let error = match trainer.next_epoch(&mut |_| ControlFlow::Continue(())) {
            Ok(_) => trainer.finish().map(|outcome| outcome.test).unwrap_err(),
            Err(error) => error,
        };
        assert!(matches!(error, Error::Diverged { epoch: 1, update: 0, .. }), "{error}");
    }
}

#[test]
fn every_family_learns_the_glyphs() {
    let data = glyphs(2000);
    let training = schedule(
        "batch = 50
         phases = [{ epochs = 2, rate = 3e-3 }, { epochs = 8, rate = 5e-3, discriminative = true }]",
    );
    for family in Family::ALL {
        let model = Config { hidden: 60, ..network(family) };
        let (epochs, outcome) = outcome(task(&data, &model, &training));
        let name = family.name();
        assert!(
            outcome.test.as_ref().unwrap().error < 20.0,
            "{name}: {} %",
            outcome.test.as_ref().unwrap().error
        );
        assert_eq!(outcome.test.as_ref().unwrap().predictions.len(), 200);
        let reconstruction = |epoch: usize| epochs[epoch - 1].train.reconstruction;
        assert!(reconstruction(2) < 0.95 * reconstruction(1), "{name}: {}", reconstruction(2));
        let train_error = epochs[9].train.error.unwrap();
        assert!(train_error < 5.0, "{name}: {train_error} % of the training images");
    }
}
