//! Texts of marks: the cell, the seed and the value, one fact on a line.

use crate::report::chart::rounded;
use crate::stats::Interval;

/// The facts that are not empty.
pub fn text(facts: &[&str]) -> String {
    let facts: Vec<_> = facts.iter().copied().filter(|fact| !fact.is_empty()).collect();
    facts.join("\n")
}

/// `seed 3`.
pub fn seed(seed: u64) -> String {
    format!("seed {seed}")
}

/// `mean of 5 seeds, 95 % interval`.
pub fn mean_of(seeds: usize, has_interval: bool) -> String {
    let interval = if has_interval { ", 95 % interval" } else { "" };
    format!("mean of {seeds} seeds{interval}")
}

/// `test error 1.594 % [1.459, 1.729]` of the quantity `test error (%)`.
pub fn value(quantity: &str, value: f64, interval: Option<Interval>) -> String {
    let (name, unit) = quantity.split_once(" (").unwrap_or((quantity, ""));
    let unit = if unit.is_empty() { String::new() } else { format!(" {}", unit.trim_end_matches(')')) };
    let interval = interval.map(|Interval { low, high }| format!(" [{}, {}]", rounded(low), rounded(high)));
    format!("{name} {}{unit}{}", rounded(value), interval.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_its_unit_and_its_interval() {
        let interval = Some(Interval { low: 1.459_1, high: 1.729 });
        assert_eq!(value("test error (%)", 1.5941, interval), "test error 1.594 % [1.459, 1.729]");
        assert_eq!(value("parameters", 167_900.0, None), "parameters 167900");
        assert_eq!(text(&["", &seed(3), &mean_of(2, true)]), "seed 3\nmean of 2 seeds, 95 % interval");
    }
}
