//! Lists of plan indices: `0-3,7`.

use std::fmt;
use std::str::FromStr;

/// Maximum length of a list; a plan has no more trials.
const MAX: usize = 1_000_000;

/// Distinct plan indices in the given order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indices(Vec<usize>);

impl Indices {
    /// A list of these indices.
    #[must_use]
    pub fn new(indices: Vec<usize>) -> Self {
        Self(indices)
    }

    /// The indices.
    #[must_use]
    pub fn as_slice(&self) -> &[usize] {
        &self.0
    }
}

impl fmt::Display for Indices {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, run) in self.0.chunk_by(|a, b| a + 1 == *b).enumerate() {
            let comma = if position > 0 { "," } else { "" };
            match run {
                [first, .., last] => write!(out, "{comma}{first}-{last}")?,
                [only] => write!(out, "{comma}{only}")?,
                [] => {}
            }
        }
        Ok(())
    }
}

impl FromStr for Indices {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || format!("expected positions such as `17` or `0-3,7`, not {text:?}");
        let mut indices = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let number = |text: &str| text.trim().parse::<usize>().map_err(|_| refuse());
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                return Err(refuse());
            }
            if last - first >= MAX - indices.len() {
                return Err(format!("at most {MAX} positions can be named"));
            }
            indices.extend(first..=last);
        }
        let mut sorted = indices.clone();
        sorted.sort_unstable();
        match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(twice) => Err(format!("{} is named twice", twice[0])),
            None => Ok(Self(indices)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn runs_are_written_by_their_ends() {
        let text = |indices: &[usize]| Indices(indices.to_vec()).to_string();
        assert_eq!(text(&[0, 1, 2, 3, 7]), "0-3,7");
        assert_eq!(text(&[5]), "5");
        assert_eq!(text(&[8, 7, 1, 2]), "8,7,1-2");
    }

    #[test]
    fn what_is_no_list_of_positions_is_refused() {
        let refused = |text: &str| text.parse::<Indices>().unwrap_err();
        for text in ["", "a", "3-1", "1,,2", "-1", "1-", "1-2-3"] {
            assert!(refused(text).starts_with("expected positions such as"), "{text:?}");
        }
        assert_eq!(refused("1-4,3"), "3 is named twice");
        assert_eq!(refused("0-1000000"), "at most 1000000 positions can be named");
        assert_eq!(refused("0-18446744073709551615"), "at most 1000000 positions can be named");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(set in prop::collection::btree_set(0_usize..60, 1..30)) {
            let indices = Indices(set.into_iter().collect());
            prop_assert_eq!(indices.to_string().parse::<Indices>(), Ok(indices));
        }
    }
}
