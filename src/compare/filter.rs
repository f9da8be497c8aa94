//! Conditions on the rows: `model.steps >= 5`.

use polars::prelude::*;

use super::columns;
use crate::spec::Hint;
use crate::text::{printable, shell_quoted};
use crate::value::Value;

/// A condition on a column: its path, a comparison and a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Column, such as `model.steps` or `valid_error`.
    pub path: String,
    /// The comparison.
    pub operator: Operator,
    /// The value that the column is compared with.
    pub value: Value,
    /// The condition as it was written.
    text: String,
    /// Position of the value in the text, in characters from 1.
    at: usize,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Operator {
    /// Every comparison.
    pub const ALL: [Self; 6] =
        [Self::Equal, Self::Unequal, Self::Less, Self::AtMost, Self::Greater, Self::AtLeast];

    /// Its sign.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }
}

/// A value in the type of its column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    /// For a column of texts.
    Text(String),
    /// For a column of true and false.
    Flag(bool),
    /// For a column of numbers.
    Number(f64),
}

/// A condition that cannot be read or evaluated, and the place in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("--where {}: character {at}: {problem}", shell_quoted(&printable(text)))]
pub struct FilterError {
    text: String,
    at: usize,
    problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Problem {
    #[error("a condition begins with a column, such as `model.steps >= 5`")]
    NoPath,
    #[error("a comparison is missing: one of = != < <= > >=")]
    NoOperator,
    #[error("`{0}` is no comparison; {1}")]
    UnknownOperator(String, Hint),
    #[error("a value is missing, such as `5`, or `\"\"` for an empty one")]
    NoValue,
    #[error("the quotation mark is not closed")]
    Open,
    #[error("`{0}` follows the value; several conditions are several --where")]
    Trailing(String),
    #[error("there is no column `{path}`; {hint}")]
    UnknownPath { path: String, hint: Hint },
    #[error("`{path}` holds numbers, and `{value}` is none")]
    NotANumber { path: String, value: String },
    #[error("`{path}` holds true or false, and `{value}` is neither")]
    NotAFlag { path: String, value: String },
    #[error("`{path}` holds texts, which have no order; write = or !=")]
    NoOrder { path: String },
}

/// The part of a condition that is not read yet.
struct Rest<'t> {
    text: &'t str,
    rest: &'t str,
}

impl<'t> Rest<'t> {
    /// Position of the next character, from 1.
    fn at(&self) -> usize {
        self.text[..self.text.len() - self.rest.len()].chars().count() + 1
    }

    fn error(&self, problem: Problem) -> FilterError {
        FilterError { text: self.text.to_owned(), at: self.at(), problem }
    }

    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Takes the longest part of such letters.
    fn take(&mut self, is_part: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|letter| !is_part(letter)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// Takes the value: in quotation marks, or all the rest.
    fn take_value(&mut self) -> Result<Value, FilterError> {
        let quote = self.rest.chars().next().filter(|letter| ['"', '\''].contains(letter));
        let Some(quote) = quote else {
            let value = self.rest.trim_end();
            return if value.is_empty() {
                Err(self.error(Problem::NoValue))
            } else {
                Ok(Value::parse(value))
            };
        };
        let Some((value, rest)) = self.rest[1..].split_once(quote) else {
            return Err(self.error(Problem::Open));
        };
        self.rest = rest.trim_start();
        match self.rest.trim_end() {
            "" => Ok(Value::parse(value)),
            more => Err(self.error(Problem::Trailing(more.to_owned()))),
        }
    }
}

impl Filter {
    /// Reads `PATH OPERATOR VALUE`, with or without spaces around the operator; a value may be in quotation marks.
    ///
    /// # Errors
    /// A part is missing or unknown.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let is_sign = |letter| "=!<>~&|".contains(letter);
        let mut rest = Rest { text, rest: text };
        rest.skip_spaces();
        let path = rest.take(|letter| !is_sign(letter) && !letter.is_whitespace() && !"\"'".contains(letter));
        if path.is_empty() {
            return Err(rest.error(Problem::NoPath));
        }
        rest.skip_spaces();
        let before = rest.rest;
        let sign = rest.take(is_sign);
        let operator = Operator::ALL.into_iter().find(|operator| operator.sign() == sign);
        let Some(operator) = operator else {
            rest.rest = before;
            return Err(rest.error(match sign {
                "" => Problem::NoOperator,
                _ => Problem::UnknownOperator(sign.to_owned(), nearest(sign)),
            }));
        };
        rest.skip_spaces();
        let at = rest.at();
        let value = rest.take_value()?;
        Ok(Self { path: path.to_owned(), operator, value, text: text.to_owned(), at })
    }

    /// The value in the type of the column of a frame.
    pub(super) fn operand(&self, frame: &DataFrame) -> Result<Operand, FilterError> {
        let Self { path, operator, value, .. } = self;
        let Ok(column) = frame.column(path) else {
            let hint = columns::hint(path, frame);
            return Err(self.error(1, Problem::UnknownPath { path: path.clone(), hint }));
        };
        let (path, text) = (path.clone(), value.to_string());
        let refused = |problem| Err(self.error(self.at, problem));
        let is_equality = matches!(operator, Operator::Equal | Operator::Unequal);
        match (column.dtype(), value.number(), text.parse::<bool>()) {
            (DataType::String | DataType::Boolean, ..) if !is_equality => refused(Problem::NoOrder { path }),
            (DataType::String, ..) => Ok(Operand::Text(text)),
            (DataType::Boolean, _, Ok(flag)) => Ok(Operand::Flag(flag)),
            (DataType::Boolean, ..) => refused(Problem::NotAFlag { path, value: text }),
            (_, Some(number), _) => Ok(Operand::Number(number)),
            _ => refused(Problem::NotANumber { path, value: text }),
        }
    }

    fn error(&self, at: usize, problem: Problem) -> FilterError {
        FilterError { text: self.text.clone(), at, problem }
    }
}

/// The comparison that an unknown sign probably means.
fn nearest(sign: &str) -> Hint {
    let known = match sign {
        "==" | "~" => Operator::Equal,
        "=!" | "<>" | "!" | "~=" => Operator::Unequal,
        "=<" => Operator::AtMost,
        "=>" => Operator::AtLeast,
        _ => return Hint::OneOf(Operator::ALL.map(|operator| operator.sign().to_owned()).to_vec()),
    };
    Hint::DidYouMean(known.sign().to_owned())
}

#[cfg(test)]
mod tests;
