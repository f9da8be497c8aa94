//! `[conditions]`: test conditions that training never saw, for networks whose test images were sealed.

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::data::{Corruption, Layout};

/// The greatest multiple of T for which a network runs on.
const MOST_ITERATIONS: usize = 100;

/// Conditions under which every network is tested beside the test images as they are.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conditions {
    /// Shares of the pixels that are set to 0.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub masking: Vec<f64>,
    /// Standard deviations of normal noise, as a share of the greatest byte, or in the unit of pixels that are floats.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub noise: Vec<f64>,
    /// Standard deviations of a Gaussian blur, pixels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blur: Vec<f64>,
    /// Sides of a square that is set to 0, pixels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub occlusion: Vec<usize>,
    /// Distances by which images are moved, in one of eight directions, pixels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shift: Vec<usize>,
    /// The class is read after each iteration from 1 to this multiple of T, or to T where the iterations do not share
    /// all parameters. Nothing is read between if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iterations: Option<usize>,
}

impl Conditions {
    /// True if networks are tested on the test images as they are alone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The corruptions of the test images, in the order of tables.
    #[must_use]
    pub fn corruptions(&self) -> Vec<Corruption> {
        let masking = self.masking.iter().map(|&level| Corruption::Masking(level));
        let noise = self.noise.iter().map(|&level| Corruption::Noise(level));
        let blur = self.blur.iter().map(|&level| Corruption::Blur(level));
        let occlusion = self.occlusion.iter().map(|&level| Corruption::Occlusion(level));
        let shift = self.shift.iter().map(|&level| Corruption::Shift(level));
        masking.chain(noise).chain(blur).chain(occlusion).chain(shift).collect()
    }

    /// Rejects a corruption that images of this layout cannot have.
    ///
    /// # Errors
    /// Names the first one.
    pub fn suit(&self, layout: Layout) -> Result<(), Invalid> {
        match self.corruptions().into_iter().find(|corruption| !corruption.suits(layout)) {
            None => Ok(()),
            Some(unsuited) => {
                let reason = format!("has {}, which is impossible for {layout}", unsuited.level());
                Err(Invalid::new(format!("conditions.{}", unsuited.name()), reason))
            }
        }
    }

    pub(super) fn validate(&self, is_sealed: bool) -> Result<(), Invalid> {
        if !self.is_empty() && !is_sealed {
            let reason =
                "needs `test = \"sealed\"` or a search: `drsae unseal` tests networks under conditions";
            return Err(Invalid::new("conditions", reason));
        }
        let mut known: Vec<Corruption> = Vec::new();
        for corruption in self.corruptions() {
            let name = corruption.name();
            let index = known.iter().filter(|earlier| earlier.name() == name).count();
            let key = || format!("conditions.{name}.{index}");
            if let Some(range) = out_of_range(corruption) {
                return Err(Invalid::new(key(), format!("must be {range}, not {}", corruption.level())));
            }
            if known.contains(&corruption) {
                return Err(Invalid::new(
                    key(),
                    format!("is {}, which the list has twice", corruption.level()),
                ));
            }
            known.push(corruption);
        }
        match self.iterations {
            Some(multiple) if !(1..=MOST_ITERATIONS).contains(&multiple) => {
                let reason = format!("must be between 1 and {MOST_ITERATIONS}, not {multiple}");
                Err(Invalid::new("conditions.iterations", reason))
            }
            _ => Ok(()),
        }
    }
}

/// The range of levels that the level of a corruption is not in.
fn out_of_range(corruption: Corruption) -> Option<&'static str> {
    match corruption {
        Corruption::Masking(share) => (!(share > 0.0 && share < 1.0)).then_some("between 0 and 1"),
        Corruption::Noise(deviation) => (!(deviation > 0.0 && deviation.is_finite())).then_some("positive"),
        Corruption::Blur(deviation) => {
            (!(deviation > 0.0 && deviation <= 100.0)).then_some("above 0 and at most 100")
        }
        Corruption::Occlusion(pixels) | Corruption::Shift(pixels) => (pixels == 0).then_some("at least 1"),
    }
}
