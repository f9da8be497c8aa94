//! Rows of stored tables and settings of stored specs, as functions of templates. Paths start at the root of the repository.

use std::sync::Arc;
use std::{fmt, fs};

use minijinja::value::{Kwargs, Object, Serde, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind};

use super::{markdown, path};

/// Adds the functions:
///
/// - `row(FILE, COLUMN=VALUE, …)`: the one row of a table with these values, a map from column to value;
/// - `rows(FILE, COLUMN=VALUE, …)`: all rows with these values, at least one;
/// - `setting(FILE, PATH)`: the value at a dotted path of a TOML file;
/// - `verdict(SWEEP)`: the verdict of an analysis.
///
/// A table is a CSV file, or the first table of a Markdown page or of its section `PAGE.md#anchor`. A column may be named by the
/// last part of its dotted path, such as `rate` for `training.phases.0.rate`, with `_` for signs and spaces. A VALUE may be a
/// list of several.
pub fn add(environment: &mut Environment<'_>) {
    environment.add_function("row", row);
    environment.add_function("rows", rows);
    environment.add_function("setting", setting);
    environment.add_function("verdict", verdict);
}

/// An error that ends the rendering.
pub fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// A row of a table; a map from column to value for a template.
#[derive(Debug)]
pub struct Row {
    file: Arc<str>,
    head: Arc<[String]>,
    cells: Vec<Value>,
}

impl Row {
    /// The value in a column. A name that several columns share has the value that all of them hold.
    pub fn value(&self, name: &str) -> Result<Value, Error> {
        let wrong = |what: &str| invalid(format!("{}: {what}", self.file));
        let values: Vec<_> = columns(&self.head, name).into_iter().map(|at| &self.cells[at]).collect();
        match &values[..] {
            [] => Err(wrong(&format!("no column `{name}`; there are {}", self.head.join(", ")))),
            [value, others @ ..] if others.iter().any(|other| other != value) => {
                Err(wrong(&format!("several columns `{name}` that differ")))
            }
            [value, ..] if value.as_str() == Some("") => {
                Err(wrong(&format!("`{name}` is empty in the row {}", self.text())))
            }
            [value, ..] => Ok((*value).clone()),
        }
    }

    /// The number in a column.
    pub fn number(&self, name: &str) -> Result<f64, Error> {
        let value = self.value(name)?;
        f64::try_from(value.clone())
            .map_err(|_| invalid(format!("{}: `{name}` is no number: {value}", self.file)))
    }

    /// The numbers in the columns whose names begin with `prefix`.
    pub fn numbers(&self, prefix: &str) -> Result<Vec<f64>, Error> {
        let names = self.head.iter().filter(|name| name.starts_with(prefix));
        names.map(|name| self.number(name)).collect()
    }

    /// The row with other values in some columns.
    pub fn with(&self, values: &[(&str, f64)]) -> Self {
        let value = |(name, cell): (&String, &Value)| {
            let found = values.iter().find(|(other, _)| name == other);
            found.map_or_else(|| cell.clone(), |&(_, value)| Value::from(value))
        };
        let cells = self.head.iter().zip(&self.cells).map(value).collect();
        Self { file: self.file.clone(), head: self.head.clone(), cells }
    }

    fn meets(&self, condition: &Condition) -> bool {
        let mut values = columns(&self.head, &condition.column).into_iter().map(|at| &self.cells[at]);
        values.all(|value| condition.values.contains(value))
    }

    fn text(&self) -> String {
        self.cells.iter().map(Value::to_string).collect::<Vec<_>>().join(",")
    }
}

impl Object for Row {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(self.value(key.as_str()?).unwrap_or_else(Value::from))
    }
}

/// The columns that a name means: the one that is so called, or else those whose paths end in it.
fn columns(head: &[String], name: &str) -> Vec<usize> {
    if let Some(at) = head.iter().position(|column| column == name) {
        return vec![at];
    }
    let identifier = |column: &str| column.replace(|letter: char| !letter.is_alphanumeric(), "_");
    let last = |column: &str| column.rsplit('.').next().map(identifier);
    (0..head.len())
        .filter(|&at| identifier(&head[at]) == name || last(&head[at]).as_deref() == Some(name))
        .collect()
}

/// A cell as a whole number, a number or a text.
fn typed(cell: &str) -> Value {
    let whole = cell.parse::<i64>().map(Value::from);
    whole.or_else(|_| cell.parse::<f64>().map(Value::from)).unwrap_or_else(|_| Value::from(cell))
}

fn text(file: &str) -> Result<String, Error> {
    fs::read_to_string(path(file)).map_err(|error| invalid(format!("{file}: {error}")))
}

/// The head and the rows of a table.
fn table(file: &str) -> Result<(Arc<[String]>, Vec<Row>), Error> {
    let wrong = |what: String| invalid(format!("{file}: {what}"));
    let (name, section) = file.split_once('#').unwrap_or((file, ""));
    let text = text(name)?;
    let rows = if name.rsplit('.').next() == Some("csv") {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let rows: Result<Vec<Vec<String>>, _> = reader.deserialize().collect();
        rows.map_err(|error| wrong(error.to_string()))?
    } else {
        markdown::table(&text, section)
    };
    let mut rows = rows.into_iter();
    let head: Arc<[String]> = rows.next().ok_or_else(|| wrong("no table".to_owned()))?.into();
    let row = |cells: Vec<String>| {
        let cells: Vec<_> = cells.iter().map(|cell| typed(cell)).collect();
        let is_whole = cells.len() == head.len();
        is_whole.then(|| Row { file: file.into(), head: head.clone(), cells })
    };
    let rows: Option<_> = rows.map(row).collect();
    Ok((head.clone(), rows.ok_or_else(|| wrong("rows of unequal lengths".to_owned()))?))
}

/// A column and the values that it may have.
struct Condition {
    column: String,
    values: Vec<Value>,
}

impl Condition {
    fn of(column: &str, wanted: Value) -> Result<Self, Error> {
        let is_list = wanted.kind() == ValueKind::Seq;
        let values = if is_list { wanted.try_iter()?.collect() } else { vec![wanted] };
        Ok(Self { column: column.to_owned(), values })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values: Vec<_> = self.values.iter().map(Value::to_string).collect();
        write!(f, "{} = {}", self.column, values.join(" or "))
    }
}

/// The rows of a table that meet all conditions: at least one for each value of a condition.
fn matching(file: &str, conditions: &[Condition]) -> Result<Vec<Row>, Error> {
    let (head, mut found) = table(file)?;
    for condition in conditions {
        if columns(&head, &condition.column).is_empty() {
            let column = &condition.column;
            return Err(invalid(format!("{file}: no column `{column}`; there are {}", head.join(", "))));
        }
        found.retain(|row| row.meets(condition));
    }
    let is_met = |value: &Value, condition: &Condition| {
        let one = Condition { column: condition.column.clone(), values: vec![value.clone()] };
        found.iter().any(|row| row.meets(&one))
    };
    if found.is_empty() || !conditions.iter().all(|all| all.values.iter().all(|value| is_met(value, all))) {
        return Err(invalid(format!("{file}: no row has {}", shown(conditions))));
    }
    Ok(found)
}

fn shown(conditions: &[Condition]) -> String {
    conditions.iter().map(Condition::to_string).collect::<Vec<_>>().join(", ")
}

#[expect(clippy::needless_pass_by_value, reason = "row and rows are called with a value")]
fn conditions(named: Kwargs) -> Result<Vec<Condition>, Error> {
    named.args().map(|name| Condition::of(name, named.get(name)?)).collect()
}

fn row(file: &str, named: Kwargs) -> Result<Value, Error> {
    let conditions = conditions(named)?;
    let mut found = matching(file, &conditions)?;
    match found.len() {
        1 => Ok(Value::from_object(found.remove(0))),
        more => Err(invalid(format!(
            "{file}: {more} rows have {}; name more columns of: {}",
            shown(&conditions),
            found[0].head.join(", ")
        ))),
    }
}

fn rows(file: &str, named: Kwargs) -> Result<Vec<Value>, Error> {
    Ok(matching(file, &conditions(named)?)?.into_iter().map(Value::from_object).collect())
}

fn setting(file: &str, key: &str) -> Result<Value, Error> {
    let spec: toml::Value =
        toml::from_str(&text(file)?).map_err(|error| invalid(format!("{file}: {error}")))?;
    let found = at(&spec, key).ok_or_else(|| invalid(format!("{file} has no `{key}`")))?;
    Ok(Value::from(Serde(found)))
}

/// The value at a dotted path, whose parts may themselves have dots.
fn at<'v>(value: &'v toml::Value, key: &str) -> Option<&'v toml::Value> {
    let inner = |part: &str| part.parse().map_or_else(|_| value.get(part), |index: usize| value.get(index));
    let split = |(end, _)| inner(&key[..end]).and_then(|inner| at(inner, &key[end + 1..]));
    inner(key).or_else(|| key.match_indices('.').find_map(split))
}

/// The verdict of a sweep, in one line.
fn verdict(sweep: &str) -> Result<String, Error> {
    let file = format!("results/{sweep}/analysis/tables.md");
    Ok(text(&file)?.lines().next().unwrap_or_default().replace('\\', ""))
}

#[cfg(test)]
mod tests {
    use super::super::render;

    fn error(template: &str) -> String {
        render("page.md", template).unwrap_err().to_string()
    }

    #[test]
    fn a_row_is_found_by_its_columns_or_their_last_parts() {
        let by = |template: &str| render("page.md", template).unwrap();
        let summary =
            r#"{{ row("results/width/analysis/summary.csv", family="drsae", hidden=25).parameters }}"#;
        assert_eq!(by(summary), "40100");
        let plan = r#"{{ rows("results/depth/plan.csv", steps=11, family="mlp") | length }}"#;
        assert_eq!(by(plan), "5");
        let two = r#"{{ rows("results/depth/plan.csv", steps=[5, 11], family="mlp", seed=1) | length }}"#;
        assert_eq!(by(two), "2");
        assert_eq!(by(r#"{{ setting("results/depth/sweep.toml", "sweep.grid.model.steps")[1] }}"#), "2");
        assert_eq!(by(r#"{{ setting("results/depth/sweep.toml", "training.phases.1.epochs") }}"#), "30");
    }

    #[test]
    fn a_cell_that_does_not_exist_is_named_with_its_file_and_line() {
        let summary = "results/depth/analysis/summary.csv";
        let row = format!("row(\"{summary}\", family=\"drsae\", steps=5)");
        assert!(
            error(&format!("\n{{{{ {row}.stpes }}}}"))
                .contains(&format!("{summary}: no column `stpes`; there are steps, family"))
        );
        assert!(error(&format!("\n{{{{ {row}.stpes }}}}")).ends_with("(in page.md:2)"));
        let none = error(&format!("{{{{ row(\"{summary}\", family=\"drsae\", steps=4) | spread }}}}"));
        assert!(none.contains(&format!("{summary}: no row has family = drsae, steps = 4")), "{none}");
        let none = error(&format!("{{{{ rows(\"{summary}\", steps=[5, 6]) }}}}"));
        assert!(none.contains("no row has steps = 5 or 6"), "{none}");
        let no_column = error(&format!("{{{{ rows(\"{summary}\", depth=4) }}}}"));
        assert!(no_column.contains("no column `depth`"), "{no_column}");
        assert!(error(r#"{{ rows("results/none.csv") }}"#).contains("results/none.csv: "));
        let empty =
            r#"{{ row("results/depth/analysis/comparison.csv", steps=1, challenger="untied").p_holm | p }}"#;
        assert!(error(empty).contains("`p_holm` is empty in the row 1,drsae,untied"), "{}", error(empty));
        assert!(
            error(r#"{{ setting("results/depth/sweep.toml", "compare.margn") }}"#)
                .contains("no `compare.margn`")
        );
    }

    #[test]
    fn two_rows_are_one_too_many() {
        let two = error(r#"{{ row("results/depth/analysis/summary.csv", steps=5) | spread }}"#);
        assert!(two.contains("4 rows have steps = 5; name more columns of: steps, family, "), "{two}");
    }
}
