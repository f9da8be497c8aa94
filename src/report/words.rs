//! Numbers as figures and page print them.

use crate::stats::{Paired, Spread};

/// `1.59 ± 0.05`.
pub fn spread(spread: Spread) -> String {
    match spread {
        Spread { mean, sd: None } => format!("{mean:.2}"),
        Spread { mean, sd: Some(sd) } => format!("{mean:.2} ± {sd:.2}"),
    }
}

/// `+0.18 [0.06, 0.30]`.
pub fn difference(paired: Paired) -> String {
    let mean = signed(paired.mean);
    match paired.interval {
        None => mean,
        Some(interval) => format!("{mean} [{}, {}]", fixed(interval.low), fixed(interval.high)),
    }
}

/// Two decimals and a sign.
pub fn signed(value: f64) -> String {
    format!("{value:+.2}").replace('-', "−")
}

/// Two decimals.
pub fn fixed(value: f64) -> String {
    format!("{value:.2}").replace('-', "−")
}
