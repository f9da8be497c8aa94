//! Networks that trained to their end and are useless.

use std::fmt;

/// Share of the error of a guess from which on a network counts as guessing.
const GUESSED: f64 = 0.95;

/// A property of a network that makes its results useless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concern {
    /// No unit is active for any validation image.
    Silent,
    /// The class term was trained, and the error is that of a guess.
    Chance,
}

impl Concern {
    /// The concern about a network with this share of live units and this error, percent, after training with the class
    /// term, on images of so many classes. What is absent is no concern.
    #[must_use]
    pub fn of(live: Option<f64>, error: Option<f64>, classes: usize) -> Option<Self> {
        let guess = 100.0 * (1.0 - 1.0 / classes.max(1) as f64);
        if live == Some(0.0) {
            Some(Self::Silent)
        } else {
            error.filter(|&error| classes > 1 && error >= GUESSED * guess).map(|_| Self::Chance)
        }
    }

    /// The concern of two validations in a row. One alone is none: the first epoch with the class term starts from a
    /// classifier that knows nothing.
    #[must_use]
    pub fn lasting(before: Option<Self>, now: Option<Self>) -> Option<Self> {
        now.filter(|_| now == before)
    }
}

impl fmt::Display for Concern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Silent => "no unit is active for any validation image",
            Self::Chance => "its error is that of a guess",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silent_units_and_guesses_are_concerns() {
        assert_eq!(Concern::of(Some(0.0), Some(90.2), 10), Some(Concern::Silent));
        assert_eq!(Concern::of(Some(0.4), Some(88.65), 10), Some(Concern::Chance));
        assert_eq!(Concern::of(Some(0.4), Some(49.0), 2), Some(Concern::Chance));
        assert_eq!(Concern::of(Some(0.4), Some(80.0), 10), None);
        assert_eq!(Concern::of(None, None, 10), None);
        let (silent, chance) = (Some(Concern::Silent), Some(Concern::Chance));
        assert_eq!(Concern::lasting(silent, silent), silent);
        assert_eq!([Concern::lasting(None, chance), Concern::lasting(silent, chance)], [None, None]);
    }
}
