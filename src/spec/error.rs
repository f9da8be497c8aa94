//! Errors of specs, with their places.

use std::fmt;

use toml::Value;

use crate::Invalid;
use crate::text::{printable, shell_quoted};

/// A problem of a spec at its place.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {}", printable(&problem.to_string()))]
pub struct Error {
    /// The place.
    pub place: Place,
    /// The problem.
    pub problem: Box<Problem>,
}

/// The place of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// This file, as a whole.
    File(String),
    /// A line and column of this file, both counted from 1, columns in characters.
    Line(String, usize, usize),
    /// This `--set path=value`.
    Override(String),
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::File(file) => out.write_str(&printable(file)),
            Self::Line(file, line, column) => write!(out, "{}:{line}:{column}", printable(file)),
            Self::Override(text) => write!(out, "--set {}", printable(text)),
        }
    }
}

/// A problem of a spec.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's text says what its fields are")]
pub enum Problem {
    #[error("cannot read the spec: {0}")]
    Unreadable(std::io::Error),
    #[error("the spec is {bytes} bytes long; at most {max} are read")]
    TooLarge { bytes: u64, max: u64 },
    #[error("not valid TOML: {0}")]
    Syntax(String),
    #[error("expected `path=value`, such as `model.steps=3`")]
    NotAnOverride,
    #[error("`{value}` is not a value; as a text it needs quotes: `--set {}`", with_text(key, value))]
    NotAValue { key: String, value: String },
    #[error(
        "`{key}` has one value; to sweep it, write `\"{key}\" = {values}` below `[sweep.grid]`, or \
         `--set 'sweep.grid.{key}={values}'`"
    )]
    OneValue { key: String, values: String },
    #[error("a list has brackets: `--set '{key}={values}'`")]
    NotBracketed { key: String, values: String },
    #[error("unknown key `{key}`; {hint}")]
    UnknownKey { key: String, hint: Hint },
    #[error("unknown value \"{value}\" for `{key}`; {hint}{}", remark(key, hint))]
    UnknownValue { key: String, value: String, hint: Hint },
    #[error("`{0}` is missing")]
    Missing(String),
    #[error("`{key}` must be {expected}, not {found}")]
    WrongType { key: String, expected: String, found: String },
    #[error("`{key}` cannot be read: {message}")]
    Unusable { key: String, message: String },
    #[error("`{key}` has no element {index}: it has {length}, counted from 0")]
    NoElement { key: String, index: String, length: usize },
    #[error("`{key}` is a list: write `{every}` for all of its elements, or an index from 0 in place of `*`")]
    NoIndex { key: String, every: String },
    #[error("`{key}` is not a table, so it has no `{inside}`")]
    NotATable { key: String, inside: String },
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("{invalid} (in the cell {cell})")]
    InvalidCell { invalid: Invalid, cell: String },
    #[error("has no effect: the axis `{axis}` is swept; set `sweep.grid.{axis}=[…]` instead")]
    Swept { axis: String },
    #[error("`{0}` cannot be an axis; name a setting with its table, such as `model.steps`")]
    NotSweepable(String),
    #[error("`{path}` cannot be an axis without its table; {hint}")]
    WithoutTable { path: String, hint: Hint },
    #[error("no setting is as deep as the axis `{start}…`: a path has at most {max} parts")]
    TooDeep { start: String, max: usize },
    #[error("axis `{0}` has no values; list at least one, or remove the axis")]
    EmptyAxis(String),
    #[error("axis `{0}` is swept twice; keep one of the lists")]
    Twice(String),
    #[error("axes `{0}` and `{1}` set the same values; keep one of them")]
    Overlap(String, String),
    #[error("zipped axes need lists of equal length: `{first}` has {length}, `{second}` has {other}")]
    Unequal { first: String, length: usize, second: String, other: usize },
    #[error("`{path}` is not an axis of this sweep; {hint}")]
    NotAnAxis { path: String, hint: Hint },
    #[error("{value} is not a value of the axis `{path}`; {hint}")]
    NotOnAxis { path: String, value: String, hint: Hint },
    #[error("every cell is excluded; narrow `sweep.exclude`")]
    AllExcluded,
    #[error("duplicate trial: the cells {first} and {second} are the same config")]
    Duplicate { first: String, second: String },
    #[error(
        "the cells {first} and {second} differ in tuned axes alone, and no pair of trials is then the only one"
    )]
    Ambiguous { first: String, second: String },
    #[error("the sweep has {cells} cells × {seeds} seeds; at most {max} trials fit in one sweep")]
    TooMany { cells: String, seeds: usize, max: usize },
    #[error(
        "the settings of the first {cells} cells alone fill {mebibytes} MiB; sweep less, or shorten the schedule"
    )]
    TooLong { cells: usize, mebibytes: usize },
}

/// A text as the value of a key, for a shell.
fn with_text(key: &str, text: &str) -> String {
    shell_quoted(&format!("{key}={}", Value::from(text)))
}

/// The reason why a setting may lack a value that another program has.
fn remark(key: &str, hint: &Hint) -> &'static str {
    match hint {
        Hint::OneOf(_) if key == "model.family" => {
            "; networks of your own exist only in the program that registers them"
        }
        _ => "",
    }
}

/// A suggestion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// The candidate that is close to the text.
    DidYouMean(String),
    /// All candidates, since none is close.
    OneOf(Vec<String>),
}

impl Hint {
    /// The candidate nearest to `word`, or all of them if none is near.
    pub(crate) fn new(word: &str, candidates: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let candidates: Vec<String> = candidates.into_iter().map(Into::into).collect();
        let nearest = candidates
            .iter()
            .max_by(|a, b| similarity(word, a).total_cmp(&similarity(word, b)))
            .filter(|nearest| similarity(word, nearest) >= NEAR);
        match nearest {
            Some(nearest) => Self::DidYouMean(nearest.clone()),
            None => Self::OneOf(candidates),
        }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::DidYouMean(nearest) => write!(out, "did you mean `{nearest}`?"),
            Self::OneOf(all) if all.is_empty() => out.write_str("there are none"),
            Self::OneOf(all) => write!(out, "possible here: `{}`", all.join("`, `")),
        }
    }
}

/// Similarity of texts of which one probably means the other.
pub(super) const NEAR: f64 = 0.6;

/// Similarity of two texts, from 0 to 1: the share of letters that are in the right place, and more if one text begins with
/// the other. The tables that two paths share do not count.
pub(super) fn similarity(one: &str, other: &str) -> f64 {
    const STEM: usize = 3;
    let (one, other) = without_shared_tables(one, other);
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    if short.len() >= STEM && long.starts_with(short) {
        return 0.75 + 0.25 * short.len() as f64 / long.len() as f64;
    }
    strsim::normalized_damerau_levenshtein(one, other)
}

fn without_shared_tables<'t>(one: &'t str, other: &'t str) -> (&'t str, &'t str) {
    match (one.split_once('.'), other.split_once('.')) {
        (Some((table, one)), Some((same, other))) if table == same => without_shared_tables(one, other),
        _ => (one, other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_near_is_suggested() {
        let hint = |word: &str, candidates: &[&str]| Hint::new(word, candidates.iter().copied()).to_string();
        assert_eq!(hint("secnds", &["n", "seconds"]), "did you mean `seconds`?");
        assert_eq!(hint("mpl", &["drsae", "mlp"]), "did you mean `mlp`?");
        assert_eq!(hint("valid", &["valid_error", "trial"]), "did you mean `valid_error`?");
        assert_eq!(hint("nosuch", &["n", "seconds"]), "possible here: `n`, `seconds`");
        assert_eq!(hint("model.tied", &["model.hidden"]), "possible here: `model.hidden`");
        assert_eq!(hint("model.hiden", &["model.hidden", "data.hidden"]), "did you mean `model.hidden`?");
    }
}
