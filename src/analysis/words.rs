//! Numbers and names as text.

use std::collections::BTreeSet;

use crate::spec::is_name;
use crate::stats::{Interval, Spread};
use crate::value::Value;

/// The last part of each dotted name, or the whole name if the last part would be ambiguous, as for `model.hidden`: the
/// requested width may differ from the network's.
pub fn headings<S: AsRef<str>>(axes: &[S]) -> Vec<String> {
    let alike = |name: &str| axes.iter().filter(|axis| last(axis.as_ref()) == name).count();
    let unique = |name: &&str| *name != "hidden" && alike(name) == 1;
    let heading = |axis| Some(last(axis)).filter(unique).unwrap_or(axis).to_owned();
    axes.iter().map(|axis| heading(axis.as_ref())).collect()
}

/// The last part of a dotted name.
fn last(axis: &str) -> &str {
    axis.rsplit('.').next().unwrap_or(axis)
}

/// Name of a side of a comparison, whose columns of `trials.csv` have these values: the bare value of
/// one column; of several `drsae (steps = 11)`, or `rate = 0.1, batch = 50`.
pub fn side(columns: &[&str], values: &[&Value]) -> String {
    let headings = headings(columns);
    let parts: Vec<_> =
        headings.iter().zip(values).map(|(heading, value)| format!("{heading} = {value}")).collect();
    match columns {
        [_] => values[0].to_string(),
        [first, ..] if is_name(first) => format!("{} ({})", values[0], parts[1..].join(", ")),
        _ => parts.join(", "),
    }
}

/// Lists the settings that follow from the sides' names and are not part of them.
pub(super) fn implied(columns: &[String]) -> String {
    if columns.is_empty() {
        return String::new();
    }
    let names: BTreeSet<_> = columns.iter().map(|column| last(column)).collect();
    let names: Vec<_> = names.into_iter().collect();
    format!(" The names determine {}, which they omit.", names.join(", "))
}

/// `5`, or `4/5` if one is missing.
pub fn of_planned(n: usize, missing: usize) -> String {
    if missing == 0 { n.to_string() } else { format!("{n}/{}", n + missing) }
}

/// `1.25 ± 0.35`.
pub fn spread(spread: Option<Spread>) -> String {
    match spread {
        None => absent(),
        Some(Spread { mean, sd: None }) => format!("{mean:.2}"),
        Some(Spread { mean, sd: Some(sd) }) => format!("{mean:.2} ± {sd:.2}"),
    }
}

/// `+0.50 [-0.12, 1.12]`.
pub fn difference(mean: Option<f64>, interval: Option<Interval>) -> String {
    mean.map_or_else(absent, |mean| format!("{mean:+.2}{}", bounds(interval)))
}

/// `1.62 [1.59, 1.66]`.
pub(super) fn estimate(value: Option<f64>, interval: Option<Interval>) -> String {
    value.map_or_else(absent, |value| format!("{value:.2}{}", bounds(interval)))
}

/// ` [-0.12, 1.12]`; empty if there is no interval.
pub(super) fn bounds(interval: Option<Interval>) -> String {
    interval.map(|Interval { low, high }| format!(" [{low:.2}, {high:.2}]")).unwrap_or_default()
}

/// A p with three decimals; `<0.001` if these are zero.
pub(super) fn probability(p: Option<f64>) -> String {
    match p {
        None => absent(),
        Some(p) if p < 0.001 => "<0.001".to_owned(),
        Some(p) => format!("{p:.3}"),
    }
}

/// `1 row`, `3 rows`.
pub fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// The placeholder for a missing number.
pub(super) fn absent() -> String {
    "–".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_short_and_distinct() {
        let axes = ["steps", "data.train", "model.hidden"].map(str::to_owned);
        assert_eq!(headings(&axes), ["steps", "train", "model.hidden"]);
        let alike = ["model.bounds.encoder", "training.multipliers.encoder"].map(str::to_owned);
        assert_eq!(headings(&alike), alike);
    }

    #[test]
    fn sides_are_named_by_the_axes_that_distinguish_them() {
        let side = |columns: &[&str], values: &[&str]| {
            let values: Vec<_> = values.iter().map(|value| Value::parse(value)).collect();
            super::side(columns, &values.iter().collect::<Vec<_>>())
        };
        assert_eq!(side(&["family"], &["drsae"]), "drsae");
        assert_eq!(side(&["objective.sparsity"], &["0.1"]), "0.1");
        assert_eq!(side(&["label", "steps"], &["+ masking", "2"]), "+ masking (steps = 2)");
        assert_eq!(
            side(&["family", "steps", "training.rate"], &["mlp", "2", "0.1"]),
            "mlp (steps = 2, rate = 0.1)"
        );
        assert_eq!(side(&["steps", "training.rate"], &["2", "0.1"]), "steps = 2, rate = 0.1");
        let columns = ["training.phases.0.rate", "training.phases.1.rate", "data.train"].map(str::to_owned);
        assert_eq!(implied(&columns), " The names determine rate, train, which they omit.");
        assert_eq!(implied(&[]), "");
    }

    #[test]
    fn numbers_have_as_many_digits_as_they_bear() {
        let interval = Some(Interval { low: -0.125, high: 1.5 });
        assert_eq!(difference(Some(0.5), interval), "+0.50 [-0.12, 1.50]");
        assert_eq!(difference(Some(-0.5), None), "-0.50");
        assert_eq!(estimate(Some(1.625), None), "1.62");
        assert_eq!(probability(Some(0.000_4)), "<0.001");
        assert_eq!((probability(Some(0.0625)), probability(None)), ("0.062".to_owned(), "–".to_owned()));
    }
}
