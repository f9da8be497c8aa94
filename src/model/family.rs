//! Families of networks: names for the wirings of the recursion, and names of networks that a program adds.

use std::fmt;
use std::sync::{PoisonError, RwLock};

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A family of networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Family {
    /// The recurrent encoder (equation 1): E, S and b shared by all iterations.
    #[default]
    Drsae,
    /// Its own E, S and b at every iteration.
    Untied,
    /// E shared; its own S and b at every iteration.
    UntiedRecurrent,
    /// S shared; its own E and b at every iteration.
    UntiedEncoder,
    /// A feed-forward ReLU network of T hidden layers with the same two decoders: the input enters
    /// below the first layer alone.
    Mlp,
    /// The same network, started as one ISTA step followed by layers that pass their input on: a skip connection
    /// around every layer, below its ReLU.
    ResidualMlp,
    /// A network of the program, registered under this name.
    Own(&'static str),
}

/// Names of the families that the program has added.
static OWN: RwLock<Vec<&'static str>> = RwLock::new(Vec::new());

impl Family {
    /// Every family of the recursion, in the order of the documentation.
    pub const ALL: [Self; 6] =
        [Self::Drsae, Self::Untied, Self::UntiedRecurrent, Self::UntiedEncoder, Self::Mlp, Self::ResidualMlp];

    /// The name in specs and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drsae => "drsae",
            Self::Untied => "untied",
            Self::UntiedRecurrent => "untied-recurrent",
            Self::UntiedEncoder => "untied-encoder",
            Self::Mlp => "mlp",
            Self::ResidualMlp => "residual-mlp",
            Self::Own(name) => name,
        }
    }

    /// Every family that this program knows.
    #[must_use]
    pub fn known() -> Vec<Self> {
        let own = OWN.read().unwrap_or_else(PoisonError::into_inner);
        Self::ALL.into_iter().chain(own.iter().map(|name| Self::Own(name))).collect()
    }

    /// The family of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::known().into_iter().find(|family| family.name() == name)
    }

    /// Adds a family to those that [`Family::find`] knows.
    pub(super) fn add(name: &str) -> Self {
        if let Some(known) = Self::find(name) {
            return known;
        }
        // A program adds a few names, once.
        let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
        OWN.write().unwrap_or_else(PoisonError::into_inner).push(name);
        Self::Own(name)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Family {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Family {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        // In the words of serde for an enumeration, which the reader of specs translates.
        Self::find(&name).ok_or_else(|| {
            let known: Vec<_> = Self::known().iter().map(|family| format!("`{family}`")).collect();
            D::Error::custom(format_args!("unknown variant `{name}`, expected one of {}", known.join(", ")))
        })
    }
}
