//! Terms of the objective by their names in specs.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use toml::{Table, Value};

use super::term::Term;
use super::terms::{Adversarial, EveryStep, RandomStep};
use crate::Invalid;
use crate::options::{self, NoOptions, Options};

/// Makes a term of its settings in the table at a path.
type Build = dyn Fn(&str, &Table) -> Result<Arc<dyn Term>, Invalid> + Send + Sync;

/// A term under its name.
struct Registered {
    build: Box<Build>,
    /// Adds the defaults to the settings.
    resolve: fn(&str, &Table) -> Result<Table, Invalid>,
}

/// The terms of this crate, and those that the program has registered.
static TERMS: LazyLock<RwLock<BTreeMap<String, Arc<Registered>>>> = LazyLock::new(|| {
    RwLock::new(BTreeMap::from([
        (EveryStep::NAME.to_owned(), Arc::new(Registered::of(|_: NoOptions| Ok(EveryStep)))),
        (RandomStep::NAME.to_owned(), Arc::new(Registered::of(|_: NoOptions| Ok(RandomStep)))),
        (Adversarial::NAME.to_owned(), Arc::new(Registered::of(|settings: Adversarial| Ok(settings)))),
    ]))
});

impl Registered {
    fn of<O, T>(build: impl Fn(O) -> Result<T, Invalid> + Send + Sync + 'static) -> Self
    where
        O: Options,
        T: Term + 'static,
    {
        let build = move |path: &str, table: &Table| -> Result<Arc<dyn Term>, Invalid> {
            Ok(Arc::new(build(options::read(path, table)?)?))
        };
        Self { build: Box::new(build), resolve: options::resolved::<O> }
    }
}

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
    let term = Arc::new(Registered::of(build));
    TERMS.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), term);
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
        let (path, term) = find(name)?;
        let (weight, settings) = split(&path, table)?;
        Ok(Self { weight, term: (term.build)(&path, &settings)? })
    }

    /// The table with every default written out.
    ///
    /// # Errors
    /// See [`WeightedTerm::read`].
    pub(super) fn resolve(name: &str, table: &Table) -> Result<Table, Invalid> {
        let (path, term) = find(name)?;
        let (weight, settings) = split(&path, table)?;
        let mut resolved = Table::from_iter([(WEIGHT.to_owned(), Value::Float(weight))]);
        resolved.extend((term.resolve)(&path, &settings)?);
        Ok(resolved)
    }
}

/// The setting that every term has.
const WEIGHT: &str = "weight";

/// The path of a term's table, and the term.
fn find(name: &str) -> Result<(String, Arc<Registered>), Invalid> {
    let path = format!("objective.terms.{name}");
    let all = TERMS.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(term) = all.get(name) {
        return Ok((path, term.clone()));
    }
    let known: Vec<_> = all.keys().map(|known| format!("`{known}`")).collect();
    Err(Invalid::new(path, format!("is no term of this program, which has {}", known.join(", "))))
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
