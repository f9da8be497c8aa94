//! Terms of the objective that a program adds.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use candle_core::{Result as TensorResult, Tensor};
use rand_chacha::ChaCha8Rng;
use toml::{Table, Value};

use super::batches::Batch;
use super::loss::Weights;
use crate::Invalid;
use crate::model::Model;
use crate::options::{self, Options};

/// A term of the objective. It is added to the built-in terms with the weight that the spec gives.
pub trait Term: Debug + Send + Sync {
    /// The term for a mini-batch: a scalar, averaged over the images, by differentiable operations of candle. `None`
    /// where a phase has no such term.
    ///
    /// # Errors
    /// An operation fails.
    fn value(&self, forward: &Forward<'_>) -> TensorResult<Option<Tensor>>;

    /// False if the term holds a tensor fixed that depends on the weights, such as an adversarial direction. Then its
    /// gradient is not that of finite differences.
    fn is_exact(&self) -> bool {
        true
    }
}

/// A mini-batch and its codes, from which a term is computed.
pub struct Forward<'a> {
    /// The network, whose decoders are those of [`Model::reconstruct`] and [`Model::scores`].
    pub model: &'a Model,
    /// The input of the encoder `[batch, inputs]`, with the noise of the phase.
    pub input: &'a Tensor,
    /// The images without noise `[batch, inputs]`.
    pub target: &'a Tensor,
    /// The classes `[batch]`, u32.
    pub labels: &'a Tensor,
    /// λ and γ of the phase; no γ in a phase without the class term.
    pub weights: Weights,
    pub(super) batch: &'a Batch,
    pub(super) codes: OnceCell<Vec<Tensor>>,
    pub(super) read: &'a dyn Fn() -> TensorResult<Vec<Tensor>>,
    pub(super) encode: &'a dyn Fn(&Tensor) -> TensorResult<Vec<Tensor>>,
}

impl Forward<'_> {
    /// The codes z^1 … z^T of the input.
    ///
    /// # Errors
    /// An operation fails.
    pub fn codes(&self) -> TensorResult<&[Tensor]> {
        if self.codes.get().is_none() {
            let _ = self.codes.set((self.read)()?);
        }
        Ok(self.codes.get().map_or(&[], Vec::as_slice))
    }

    /// The codes of another input `[batch, inputs]`, differentiable by it and, in the gradient of the objective, by the
    /// weights.
    ///
    /// # Errors
    /// The shapes do not match, or an operation fails.
    pub fn encode(&self, input: &Tensor) -> TensorResult<Vec<Tensor>> {
        (self.encode)(input)
    }

    /// Random numbers of this mini-batch, the same whenever the trial is repeated or resumed.
    #[must_use]
    pub fn random(&self) -> ChaCha8Rng {
        self.batch.random()
    }
}

/// Makes a term of its settings in the table at a path.
type Build = dyn Fn(&str, &Table) -> Result<Arc<dyn Term>, Invalid> + Send + Sync;

/// A term that the program has registered.
struct Own {
    build: Box<Build>,
    /// Adds the defaults to the settings.
    resolve: fn(&str, &Table) -> Result<Table, Invalid>,
}

static OWN: LazyLock<RwLock<BTreeMap<String, Arc<Own>>>> = LazyLock::new(RwLock::default);

/// Registers a term for the whole program. `build` makes it of the settings in `[objective.terms.NAME]` without the
/// weight, which must be those of `O`; its errors name a setting that cannot be used.
///
/// # Errors
/// The name cannot be a key of a spec.
pub fn register<O, T>(
    name: &str,
    build: impl Fn(O) -> Result<T, Invalid> + Send + Sync + 'static,
) -> Result<(), Invalid>
where
    O: Options,
    T: Term + 'static,
{
    options::check_name("objective.terms", name)?;
    let build = move |path: &str, table: &Table| -> Result<Arc<dyn Term>, Invalid> {
        Ok(Arc::new(build(options::read(path, table)?)?))
    };
    let own = Own { build: Box::new(build), resolve: options::resolved::<O> };
    OWN.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), Arc::new(own));
    Ok(())
}

/// A term with its weight.
#[derive(Debug, Clone)]
pub struct WeightedTerm {
    /// Factor of the term in the objective.
    pub weight: f64,
    /// The term.
    pub term: Arc<dyn Term>,
}

impl WeightedTerm {
    /// The term of that name with the settings of its table.
    ///
    /// # Errors
    /// The program has no such term, or the term no such setting.
    pub(super) fn read(name: &str, table: &Table) -> Result<Self, Invalid> {
        let (path, own) = find(name)?;
        let (weight, settings) = split(&path, table)?;
        Ok(Self { weight, term: (own.build)(&path, &settings)? })
    }

    /// The table with every default written out.
    ///
    /// # Errors
    /// See [`WeightedTerm::read`].
    pub(super) fn resolve(name: &str, table: &Table) -> Result<Table, Invalid> {
        let (path, own) = find(name)?;
        let (weight, settings) = split(&path, table)?;
        let mut resolved = Table::from_iter([(WEIGHT.to_owned(), Value::Float(weight))]);
        resolved.extend((own.resolve)(&path, &settings)?);
        Ok(resolved)
    }
}

/// The setting that every term has.
const WEIGHT: &str = "weight";

/// The path of a term's table, and the term.
fn find(name: &str) -> Result<(String, Arc<Own>), Invalid> {
    let path = format!("objective.terms.{name}");
    let all = OWN.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(own) = all.get(name) {
        return Ok((path, own.clone()));
    }
    let known: Vec<_> = all.keys().map(|known| format!("`{known}`")).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Err(Invalid::new(path, format!("is no term of this program, which has {known}")))
}

/// The weight and the other settings of the table at `path`.
fn split(path: &str, table: &Table) -> Result<(f64, Table), Invalid> {
    let mut settings = table.clone();
    let weight = match settings.remove(WEIGHT) {
        Some(Value::Float(weight)) if weight.is_finite() && weight >= 0.0 => weight,
        Some(Value::Integer(weight)) if weight >= 0 => weight as f64,
        Some(other) => {
            return Err(Invalid::new(
                format!("{path}.{WEIGHT}"),
                format!("must be a number, zero or more, not {other}"),
            ));
        }
        None => return Err(Invalid::new(format!("{path}.{WEIGHT}"), "is missing")),
    };
    Ok((weight, settings))
}
