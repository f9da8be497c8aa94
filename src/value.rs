//! Values of swept settings.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use polars::prelude::{Column, NamedFrom, PlSmallStr, Series};
use serde::{Serialize, Serializer};

/// The value of a swept setting: a number or a text, spelled as in the tables.
///
/// Numbers are equal however they are spelled: `1` and `1.0` are one value.
#[derive(Debug, Clone)]
pub struct Value {
    text: String,
    number: Option<f64>,
}

impl Value {
    /// Reads a field of a table.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        Self { text: text.to_owned(), number }
    }

    /// The number; `None` for a text.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        self.number
    }

    /// The spelling in the tables.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The spelling for a figure: whole numbers have no decimal point.
    #[must_use]
    pub fn short(&self) -> &str {
        self.number.and_then(|_| self.text.strip_suffix(".0")).unwrap_or(&self.text)
    }
}

impl From<f64> for Value {
    /// The shortest text that reads back as the same number.
    fn from(number: f64) -> Self {
        Self { text: ryu::Buffer::new().format(number).to_owned(), number: Some(number) }
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self { text: number.to_string(), number: Some(number as f64) }
    }
}

impl From<&toml::Value> for Value {
    /// Strings without quotes, numbers as short as possible.
    fn from(value: &toml::Value) -> Self {
        match value {
            toml::Value::String(text) => Self::parse(text),
            toml::Value::Float(number) => Self::parse(&number.to_string()),
            other => Self::parse(&other.to_string()),
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self.number, other.number) {
            (Some(number), Some(other)) => number == other,
            _ => self.text == other.text,
        }
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.number {
            // The two zeros are equal.
            Some(number) => (number + 0.0).to_bits().hash(state),
            None => self.text.hash(state),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.text)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.text)
    }
}

/// A column of the narrowest type that holds all `values`; an empty value is null.
#[must_use]
pub fn column(name: &str, values: &[&str]) -> Column {
    fn all<T: FromStr>(values: &[&str]) -> Option<Vec<Option<T>>> {
        let value = |text: &&str| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
        values.iter().map(value).collect()
    }
    let series = |name| {
        if let Some(whole) = all::<i64>(values) {
            Series::new(name, whole)
        } else if let Some(numbers) = all::<f64>(values) {
            Series::new(name, numbers)
        } else if let Some(flags) = all::<bool>(values) {
            Series::new(name, flags)
        } else {
            let texts = values.iter().map(|text| Some(*text).filter(|text| !text.is_empty()));
            Series::new(name, texts.collect::<Vec<_>>())
        }
    };
    series(PlSmallStr::from(name)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_equal_however_they_are_spelled() {
        let same = |one: &str, other: &str| Value::parse(one) == Value::parse(other);
        assert!(same("1", "1.0") && same("0.001", "1e-3") && same("drsae", "drsae"));
        assert!(!same("1", "2") && !same("untied", "untied-recurrent") && !same("nan", "inf"));
    }

    #[test]
    fn values_of_a_spec_equal_those_of_a_table_and_keep_their_spelling() {
        let spec = [toml::Value::from(1.0), toml::Value::from(5), toml::Value::from("mlp")];
        let values = spec.map(|value| Value::from(&value));
        assert_eq!(values.each_ref().map(Value::as_str), ["1", "5", "mlp"]);
        assert_eq!(values, ["1.0", "5", "mlp"].map(Value::parse));
        assert_eq!((Value::from(1.0).as_str(), Value::from(1.0).short()), ("1.0", "1"));
    }
}
