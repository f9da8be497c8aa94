//! Complete trials with candle's graph, as on another device.

use std::sync::LazyLock;

use super::*;
use crate::data::{self, Holdout};
use crate::model::{Bounds, Config, Family, Group};
use crate::train;

fn glyphs() -> Dataset {
    data::load(&toml::from_str("train = 130\ntest = 30\nvalidation = 30").unwrap(), None, data::Part::All)
        .unwrap()
}

/// Two phases with different rules, masking, a frozen parameter and a smaller last mini-batch.
fn schedule() -> train::Config {
    toml::from_str(
        "batch = 16
         [[phases]]
         epochs = 2
         rate = 5e-3
         [[phases]]
         epochs = 3
         rate = 1e-2
         optimizer = \"sgd\"
         discriminative = true
         masking = 0.2
         average = 0.9
         frozen = [\"decoder\"]",
    )
    .unwrap()
}

fn task<'a>(dataset: &'a Dataset, model: &'a Config, training: &'a train::Config) -> Task<'a> {
    static OBJECTIVE: LazyLock<Objective> = LazyLock::new(Objective::default);
    let objective = &*OBJECTIVE;
    Task {
        dataset,
        validation: 30,
        holdout: Holdout::Random,
        preprocessing: Preprocessing::CENTRED,
        model,
        objective,
        training,
        seed: 1,
        device: device::Kind::Cpu,
    }
}

fn network(family: Family) -> Config {
    Config { family, steps: 3, hidden: 10, ..Config::default() }
}

fn by_candle(task: Task) -> Trainer {
    let mut trainer = Trainer::new(task).unwrap();
    trainer.stepper = Stepper::by_candle(&trainer.model, &task.training.phases[0]).unwrap();
    trainer
}

fn next(trainer: &mut Trainer) -> Result<Option<Epoch>, Error> {
    trainer.next_epoch(&mut |_| ControlFlow::Continue(()))
}

fn rest(trainer: &mut Trainer) -> Vec<Epoch> {
    std::iter::from_fn(|| next(trainer).unwrap()).collect()
}

#[test]
fn a_trial_by_the_graph_has_the_epochs_of_a_fused_one() {
    let (dataset, training) = (glyphs(), schedule());
    for family in Family::ALL {
        let model = network(family);
        let task = task(&dataset, &model, &training);
        let fused = rest(&mut Trainer::new(task).unwrap());
        let graph = rest(&mut by_candle(task));
        assert_eq!((fused.len(), graph.len()), (5, 5));
        for (fused, graph) in fused.iter().zip(&graph) {
            let place = |epoch: &Epoch| (epoch.phase, epoch.epoch, epoch.rate);
            assert_eq!(place(fused), place(graph));
            assert_eq!(fused.train.error, graph.train.error, "{} at {:?}", family.name(), place(fused));
            assert_close(fused.train.total, graph.train.total);
            assert_close(fused.train.class.unwrap_or(0.0), graph.train.class.unwrap_or(0.0));
            let loss = |epoch: &Epoch| epoch.validation.as_ref().unwrap().reconstruction;
            assert_close(loss(fused), loss(graph));
        }
    }
}

fn assert_close(one: f64, other: f64) {
    assert!((one - other).abs() <= 1e-4 * one.abs(), "{one} and {other}");
}

/// The outputs of a trial, to the bit.
fn remains(trainer: Trainer) -> (State, Vec<Vec<f32>>, Evaluation) {
    let state = trainer.state().unwrap();
    let outcome = trainer.finish().unwrap();
    (state, outcome.model.parameters().snapshot().unwrap(), outcome.test.unwrap())
}

#[test]
fn a_trial_by_the_graph_resumes_from_any_epoch_with_the_same_bits() {
    let (dataset, training) = (glyphs(), schedule());
    for family in Family::ALL {
        let bounds = Bounds { every: 3, ..Bounds::default() };
        let model = Config { classifier_bias: true, bounds, ..network(family) };
        let task = task(&dataset, &model, &training);
        let mut whole = by_candle(task);
        let epochs = rest(&mut whole);
        let whole = remains(whole);
        for stop in 1..epochs.len() {
            let mut first = by_candle(task);
            for _ in 0..stop {
                next(&mut first).unwrap();
            }
            let bytes = first.state().unwrap().to_bytes("a-trial");
            drop(first);
            let state = State::from_bytes(&bytes, "a-trial").unwrap();
            let mut second = by_candle(task).continue_from(state).unwrap();
            assert_eq!(rest(&mut second), epochs[stop..], "{} from {stop}", family.name());
            assert_eq!(remains(second), whole, "{} from {stop}", family.name());
        }
    }
}

#[test]
fn a_state_of_another_phase_is_refused() {
    let (dataset, training, model) = (glyphs(), schedule(), network(Family::Drsae));
    let task = task(&dataset, &model, &training);
    let mut trainer = by_candle(task);
    next(&mut trainer).unwrap();
    let state = State { position: (1, 0), ..trainer.state().unwrap() };
    let Err(error) = by_candle(task).continue_from(state) else { panic!("Adam's moments in a phase of SGD") };
    assert!(error.to_string().starts_with("the moments are of another network or optimiser"), "{error}");
}

#[test]
fn frozen_parameters_keep_their_bits_by_the_graph() {
    let (dataset, training, model) = (glyphs(), schedule(), network(Family::Drsae));
    let mut trainer = by_candle(task(&dataset, &model, &training));
    next(&mut trainer).unwrap();
    next(&mut trainer).unwrap();
    let before = trainer.model.parameters().snapshot().unwrap();
    rest(&mut trainer);
    let after = trainer.model.parameters().snapshot().unwrap();
    for (parameter, (before, after)) in trainer.model.parameters().iter().zip(before.iter().zip(&after)) {
        assert_eq!(before == after, parameter.group == Group::Decoder, "{}", parameter.name);
    }
}

#[test]
fn bounds_are_reached_and_held_by_the_graph() {
    let dataset = glyphs();
    let training: train::Config = toml::from_str(
        "batch = 10\nphases = [{ epochs = 4, rate = 0.1, discriminative = true, schedule = \"constant\" }]",
    )
    .unwrap();
    for decoder_nonnegative in [false, true] {
        let model = Config { decoder_nonnegative, ..network(Family::Drsae) };
        let mut trainer = by_candle(task(&dataset, &model, &training));
        rest(&mut trainer);
        let norm = |name: &str, dimension: usize| {
            let squares =
                trainer.model.parameters().get(name).unwrap().sqr().unwrap().sum(dimension).unwrap();
            squares.max_all().unwrap().to_scalar::<f32>().unwrap().sqrt()
        };
        let norms =
            [(norm("decoder", 0), 1.0), (norm("encoder", 1), 1.25 / 3.0), (norm("classifier", 1), 5.0)];
        for (norm, bound) in norms {
            assert!(norm <= bound * 1.000_01 && norm > bound * 0.99, "{norm} is not at {bound}");
        }
        let decoder = trainer.model.parameters().get("decoder").unwrap();
        let least = decoder.min_all().unwrap().to_scalar::<f32>().unwrap();
        assert_eq!(least == 0.0, decoder_nonnegative, "{least}");
    }
}

#[test]
fn an_absurd_rate_diverges_by_the_graph_at_the_update_of_the_fused() {
    let (dataset, model) = (glyphs(), network(Family::Drsae));
    let training: train::Config =
        toml::from_str("batch = 20\nphases = [{ epochs = 1, rate = 1e30, optimizer = \"sgd\" }]").unwrap();
    let task = task(&dataset, &model, &training);
    let fused = next(&mut Trainer::new(task).unwrap()).unwrap_err();
    let graph = next(&mut by_candle(task)).unwrap_err();
    for error in [fused, graph] {
        assert!(
            matches!(error, Error::Diverged { epoch: 1, update: 2, loss } if !loss.is_finite()),
            "{error}"
        );
    }
}

#[test]
fn a_phase_validates_and_ends_with_its_average() {
    let (dataset, model) = (glyphs(), network(Family::Drsae));
    let phase = |average| format!("{{ epochs = 2, rate = 1e-2, discriminative = true{average} }}");
    let schedule = |text: String| toml::from_str::<train::Config>(&format!("batch = 16\nphases = [{text}]"));
    let (plain, averaged) = (schedule(phase("")).unwrap(), schedule(phase(", average = 0.9")).unwrap());
    let mut plain = Trainer::new(task(&dataset, &model, &plain)).unwrap();
    let mut averaged = Trainer::new(task(&dataset, &model, &averaged)).unwrap();
    for done in 1..=2 {
        let (plain_epoch, epoch) =
            (next(&mut plain).unwrap().unwrap(), next(&mut averaged).unwrap().unwrap());
        assert_eq!(plain_epoch.train, epoch.train, "the trained weights are not averaged");
        assert_ne!(plain_epoch.validation, epoch.validation);
        let same =
            plain.model.parameters().snapshot().unwrap() == averaged.model.parameters().snapshot().unwrap();
        assert_eq!(same, done == 1, "the average takes the place of the weights at the end");
        if done == 2 {
            let found = evaluate(&averaged.model, averaged.data.validation(), 0.005).unwrap();
            assert_eq!(Some(found), epoch.validation);
        }
    }
}
