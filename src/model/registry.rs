//! Networks of the program, by the name of their family.

use std::collections::{BTreeMap, HashMap};
use std::ops::Deref;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use toml::Table;

use super::definition::Network;
use super::recursion::Recursion;
use super::{Config, Family};
use crate::Invalid;
use crate::options::{self, Options};

/// Makes a network of a config.
type Build = dyn Fn(&Config) -> Result<Arc<dyn Network>, Invalid> + Send + Sync;

/// A family that the program has registered.
struct Own {
    build: Box<Build>,
    /// Adds the defaults to the settings of a network.
    resolve: fn(&str, &Table) -> Result<Table, Invalid>,
}

static OWN: LazyLock<RwLock<HashMap<&'static str, Arc<Own>>>> = LazyLock::new(RwLock::default);

/// Registers a family of networks for the whole program. `build` makes a network of a config and of the settings in
/// `[model.options.NAME]`, which must be those of `O`; its errors name a setting that cannot be used.
///
/// # Errors
/// The name is that of a family of the recursion, or cannot be one of a folder.
pub fn register<O, N>(
    name: &str,
    build: impl Fn(&Config, O) -> Result<N, Invalid> + Send + Sync + 'static,
) -> Result<(), Invalid>
where
    O: Options,
    N: Network + 'static,
{
    options::check_name("model.family", name)?;
    if Family::ALL.iter().any(|family| family.name() == name) {
        let reason = format!("`{name}` is a family of this crate; choose another name");
        return Err(Invalid::new("model.family", reason));
    }
    let build = move |config: &Config| -> Result<Arc<dyn Network>, Invalid> {
        let name = config.family.name();
        let settings = config.options.get(name).cloned().unwrap_or_default();
        Ok(Arc::new(build(config, options::read(&path(name), &settings)?)?))
    };
    let own = Own { build: Box::new(build), resolve: options::resolved::<O> };
    OWN.write().unwrap_or_else(PoisonError::into_inner).insert(Family::add(name).name(), Arc::new(own));
    Ok(())
}

/// The table of a network's settings.
fn path(name: &str) -> String {
    format!("model.options.{name}")
}

fn own(name: &str) -> Option<Arc<Own>> {
    OWN.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
}

impl Config {
    /// The config with every setting of its own network, and without those of the program's other networks, which do
    /// not concern it.
    ///
    /// # Errors
    /// Settings that the network does not have, or of a network that the program does not have.
    pub fn resolve(&mut self) -> Result<(), Invalid> {
        if let Some(name) = self.options.keys().find(|name| own(name).is_none()) {
            let known: Vec<_> = Family::known().into_iter().map(Family::name).collect();
            let known: Vec<_> = known[Family::ALL.len()..].iter().map(|name| format!("`{name}`")).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(Invalid::new(
                path(name),
                format!("is for no network of this program, which has {known}"),
            ));
        }
        let name = self.family.name();
        let settings = self.options.remove(name).unwrap_or_default();
        self.options = BTreeMap::new();
        if let Some(own) = own(name) {
            let settings = (own.resolve)(&path(name), &settings)?;
            if !settings.is_empty() {
                self.options.insert(name.to_owned(), settings);
            }
        }
        Ok(())
    }
}

/// The encoder of a config.
#[derive(Debug, Clone)]
pub enum Encoder {
    /// The recursion, which has fused kernels.
    Recursion(Recursion),
    /// A network of the program.
    Own(Arc<dyn Network>),
}

impl Encoder {
    /// The encoder of a config.
    ///
    /// # Errors
    /// Settings that the network does not have, or a family that this program does not have.
    pub fn of(config: &Config) -> Result<Self, Invalid> {
        if let Some(recursion) = Recursion::of(config) {
            return Ok(Self::Recursion(recursion));
        }
        match own(config.family.name()) {
            Some(own) => (own.build)(config).map(Self::Own),
            None => Err(Invalid::new("model.family", "is no family of this program")),
        }
    }

    /// The recursion, if it is one.
    #[must_use]
    pub fn recursion(&self) -> Option<&Recursion> {
        match self {
            Self::Recursion(recursion) => Some(recursion),
            Self::Own(_) => None,
        }
    }
}

impl Deref for Encoder {
    type Target = dyn Network;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Recursion(recursion) => recursion,
            Self::Own(network) => network.as_ref(),
        }
    }
}
