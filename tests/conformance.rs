//! Networks and terms of a program: what `drsae conform` finds, and how their settings are read.

use std::sync::atomic::{AtomicUsize, Ordering};

use candle_core::{Result, Tensor};
use drsae::Invalid;
use drsae::conformance::{Check, run};
use drsae::model::{self, Group, Initial, Network, Parameters, Slot};
use drsae::options::NoOptions;
use drsae::spec::Sweep;
use drsae::train::{Forward, Term, register};
use serde::{Deserialize, Serialize};

/// A layer that is wrong in one way.
#[derive(Debug)]
struct Layer {
    fault: Fault,
    width: usize,
    calls: AtomicUsize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    Name,
    Shape,
    Negative,
    Gradient,
    Unused,
    Memory,
    Count,
    Neighbours,
}

fn layer(fault: Fault, config: &model::Config) -> Layer {
    Layer { fault, width: config.hidden, calls: AtomicUsize::new(0) }
}

impl Network for Layer {
    fn slots(&self, inputs: usize) -> Vec<Slot> {
        let second = if self.fault == Fault::Name { "weights" } else { "threshold" };
        let start = Initial::Transpose(1.0);
        vec![
            Slot::new("weights", Group::Encoder, &[self.width, inputs], start),
            Slot::new(second, Group::Threshold, &[self.width], Initial::Sparsity(1.0)),
        ]
    }

    fn width(&self) -> usize {
        self.width
    }

    fn codes(&self, parameters: &Parameters, input: &Tensor) -> Result<Vec<Tensor>> {
        let weights = parameters.get("weights")?;
        let drive = input.matmul(&weights.t()?)?;
        let drive = match self.fault {
            Fault::Unused => drive,
            _ => drive.broadcast_sub(&parameters.get("threshold")?)?,
        };
        let code = match self.fault {
            Fault::Negative => drive,
            // Half of the gradient is lost.
            Fault::Gradient => ((drive.relu()? + drive.relu()?.detach())? / 2.0)?,
            Fault::Memory => {
                (drive.relu()? * (1.0 + 1e-3 * self.calls.fetch_add(1, Ordering::Relaxed) as f64))?
            }
            Fault::Shape => drive.relu()?.narrow(1, 0, self.width - 1)?,
            Fault::Neighbours => drive.relu()?.broadcast_add(&drive.relu()?.mean_keepdim(0)?)?,
            _ => drive.relu()?,
        };
        Ok(vec![code; if self.fault == Fault::Count { 2 } else { 1 }])
    }

    fn training_flops(&self, inputs: usize) -> u64 {
        4 * (inputs * self.width) as u64
    }

    fn activations(&self, _inputs: usize) -> usize {
        4 * self.width
    }
}

fn checks(settings: &str) -> Vec<Check> {
    checks_by("fused", settings)
}

fn checks_by(gradient: &str, settings: &str) -> Vec<Check> {
    let text = format!(
        "name = \"c\"\nseeds = 1\n{settings}\n[training]\nbatch = 30\ngradient = \"{gradient}\"\n\
         phases = [{{ epochs = 1, rate = 1e-3 }}, {{ epochs = 9, rate = 1e-3, discriminative = true }}]"
    );
    let sweep = Sweep::parse(&text, "c.toml", &[]).unwrap();
    let mut all = Vec::new();
    run(&sweep, None, &mut |check| {
        all.push(check);
        Ok(())
    })
    .unwrap();
    all
}

/// The problems of a network with a fault, each with the name of the check that finds it.
fn problems(name: &'static str, fault: Fault) -> Vec<(&'static str, String)> {
    model::register(name, move |config: &model::Config, NoOptions {}| Ok(layer(fault, config))).unwrap();
    let all = checks(&format!("[model]\nfamily = \"{name}\"\nhidden = 9\nsteps = 1"));
    all.into_iter().filter_map(|check| Some((check.name, check.outcome.err()?))).collect()
}

#[test]
fn every_fault_is_found_and_named() {
    assert_eq!(problems("sound-layer", Fault::None), []);
    for (name, fault, check, text) in [
        ("layer-a", Fault::Name, "shapes", "two parameters have the name `weights`"),
        ("layer-b", Fault::Shape, "shapes", "the last code has the shape [7, 8], not [7, 9]"),
        ("layer-c", Fault::Negative, "shapes", "end the encoder with a ReLU"),
        ("layer-g", Fault::Count, "shapes", "`codes` returns 2 codes for `model.steps` = 1"),
        ("layer-h", Fault::Neighbours, "shapes", "depends on the other images of the mini-batch"),
        ("layer-d", Fault::Gradient, "gradients", "an operation has a wrong gradient"),
        ("layer-e", Fault::Unused, "gradients", "`threshold` has no gradient"),
        ("layer-f", Fault::Memory, "shapes", "a network remembers nothing"),
    ] {
        let found = problems(name, fault);
        let named = |(of, problem): &(&str, String)| *of == check && problem.contains(text);
        assert!(found.iter().any(named), "{fault:?}: {found:?}");
    }
}

#[test]
fn every_family_conforms_with_every_preprocessing() {
    let families: Vec<_> = model::Family::ALL.iter().map(|family| format!("\"{family}\"")).collect();
    let axes = format!(
        "[model]\nhidden = 9\nsteps = 3\n[sweep.grid]\nmodel.family = [{}]\ndata.scale = [\"unit-norm\", \
         \"standard\", \"none\"]",
        families.join(", ")
    );
    let all = checks(&axes);
    assert_eq!(all.len(), 3 * 3 * families.len());
    for Check { subject, name, outcome } in all {
        assert!(outcome.is_ok(), "{subject}, {name}: {outcome:?}");
    }
}

/// The norm of the last code; the wrong one draws other numbers every time.
#[derive(Debug)]
struct Norm(Option<AtomicUsize>);

impl Term for Norm {
    fn value(&self, forward: &Forward<'_>) -> Result<Option<Tensor>> {
        let codes = forward.codes()?;
        let mean = codes[codes.len() - 1].sqr()?.mean_all()?;
        let factor = self.0.as_ref().map_or(1, |calls| calls.fetch_add(1, Ordering::Relaxed));
        Ok(Some((mean * (factor as f64).sqrt())?))
    }
}

#[test]
fn terms_are_checked_with_the_networks_of_the_spec() {
    register("norm", |_: NoOptions| Ok(Norm(None))).unwrap();
    register("drifting", |_: NoOptions| Ok(Norm(Some(AtomicUsize::new(0))))).unwrap();
    let with = |term: &str| {
        checks(&format!("[model]\nhidden = 9\nsteps = 3\n[objective.terms.{term}]\nweight = 0.1"))
    };
    assert!(with("norm").iter().all(|check| check.outcome.is_ok()), "{:?}", with("norm"));
    let wrong = with("drifting");
    let failed: Vec<_> =
        wrong.iter().filter(|check| check.outcome.is_err()).map(|check| check.name).collect();
    assert_eq!(failed, ["gradients", "bytes"]);
}

#[test]
fn the_terms_of_this_crate_conform_with_either_gradient() {
    let terms = "[objective.terms.every-step]\nweight = 1\n[objective.terms.random-step]\nweight = 1\n\
                 [objective.terms.adversarial]\nweight = 1\ndistance = 0.3";
    for gradient in ["fused", "candle"] {
        for Check { subject, name, outcome } in
            checks_by(gradient, &format!("[model]\nhidden = 9\nsteps = 3\n{terms}"))
        {
            assert!(outcome.is_ok(), "{subject}, {name}, {gradient}: {outcome:?}");
        }
    }
}

/// Settings of a layer: the largest square images that it reads.
#[derive(Debug, Serialize, Deserialize)]
struct Sizes {
    #[serde(default)]
    side: usize,
}

#[test]
fn settings_of_networks_and_terms_are_checked_when_the_spec_is_read() {
    let build = |config: &model::Config, Sizes { side }| match side {
        0..100 => Ok(layer(Fault::None, config)),
        _ => Err(Invalid::new("model.options.with-options.side", "must be less than 100")),
    };
    model::register("with-options", build).unwrap();
    let parse = |settings: &str| {
        let phases = "[training]\nphases = [{ epochs = 1, rate = 1e-3 }]";
        Sweep::parse(&format!("name = \"c\"\nseeds = 1\n{settings}\n{phases}"), "c.toml", &[])
    };
    let own = "[model]\nfamily = \"with-options\"\n";
    for (settings, expected) in [
        (
            format!("{own}[model.options.with-options]\nsdie = 1"),
            "`model.options.with-options.sdie` is no setting there",
        ),
        (
            format!("{own}[model.options.with-options]\nside = 100"),
            "`model.options.with-options.side` must be less than 100",
        ),
        (
            format!("{own}[model.options.with-optoins]\nside = 1"),
            "`model.options.with-optoins` is for no network of this program, which has",
        ),
        (format!("{own}start = \"he\""), "`model.start` is no setting of the family `with-options`"),
        (
            "[objective.terms.nrom]\nweight = 1".to_owned(),
            "`objective.terms.nrom` is no term of this program",
        ),
        ("[model]\nfamily = \"with-optoins\"".to_owned(), "with-options"),
    ] {
        let refusal = parse(&settings).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{refusal}");
    }
    let text = parse(own).unwrap().to_toml().unwrap();
    let refusal = Sweep::parse(&text, "c.toml", &["training.phases.0.dropout=0.5".to_owned()]).unwrap_err();
    assert!(refusal.to_string().contains("dropout` silences units of a recursion"), "{refusal}");
    let refused =
        |name| model::register(name, |config: &model::Config, _: NoOptions| Ok(layer(Fault::None, config)));
    assert!(refused("mlp").is_err() && refused("A network").is_err());
    assert!(register("A term", |_: NoOptions| Ok(Norm(None))).is_err());

    // Other families have no such settings, and the own family has all of them.
    let settings = "[sweep.grid]\nmodel.family = [\"drsae\", \"with-options\"]";
    let side = |more: &str| {
        let sweep = parse(&format!("{more}{settings}")).unwrap();
        let options = |at: usize| sweep.cells[at].config.model.options.clone();
        assert!(options(0).is_empty());
        options(1)["with-options"]["side"].as_integer()
    };
    assert_eq!(side(""), Some(0));
    assert_eq!(side("[model.options.with-options]\nside = 7\n"), Some(7));
}
