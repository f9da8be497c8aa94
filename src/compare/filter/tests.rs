//! Conditions as texts, and on frames.

use proptest::prelude::*;

use super::*;
use crate::compare::Error;
use crate::compare::frame::mask;
use crate::value;

fn refusal(text: &str) -> String {
    Filter::parse(text).unwrap_err().to_string()
}

#[test]
fn conditions_are_read_with_and_without_spaces_and_quotation_marks() {
    for (text, path, operator, value) in [
        ("model.steps >= 5", "model.steps", Operator::AtLeast, "5"),
        ("model.steps>=5", "model.steps", Operator::AtLeast, "5"),
        (" model.family = drsae ", "model.family", Operator::Equal, "drsae"),
        ("model.family!=untied-recurrent", "model.family", Operator::Unequal, "untied-recurrent"),
        ("label = author's recipe", "label", Operator::Equal, "author's recipe"),
        ("label = \" = \"", "label", Operator::Equal, " = "),
        ("label = ''", "label", Operator::Equal, ""),
        ("training.phases.*.rate < 1e-3", "training.phases.*.rate", Operator::Less, "1e-3"),
    ] {
        let filter = Filter::parse(text).unwrap();
        let read = (filter.path.as_str(), filter.operator, filter.value.as_str());
        assert_eq!(read, (path, operator, value), "{text}");
    }
}

#[test]
fn errors_name_the_place() {
    let answers = [
        ("", "'': character 1: a condition begins with a column, such as `model.steps >= 5`"),
        ("= 5", "'= 5': character 1: a condition begins with a column, such as `model.steps >= 5`"),
        ("steps", "steps: character 6: a comparison is missing: one of = != < <= > >="),
        ("λ 5", "'λ 5': character 3: a comparison is missing: one of = != < <= > >="),
        ("steps == 5", "'steps == 5': character 7: `==` is no comparison; did you mean `=`?"),
        ("a => 5", "'a => 5': character 3: `=>` is no comparison; did you mean `>=`?"),
        (
            "a && b",
            "'a && b': character 3: `&&` is no comparison; possible here: `=`, `!=`, `<`, `<=`, `>`, `>=`",
        ),
        ("a >", "'a >': character 4: a value is missing, such as `5`, or `\"\"` for an empty one"),
        ("a = \"b", "'a = \"b': character 5: the quotation mark is not closed"),
        (
            "a = \"b\" c",
            "'a = \"b\" c': character 9: `c` follows the value; several conditions are several --where",
        ),
    ];
    for (text, answer) in answers {
        assert_eq!(refusal(text), format!("--where {answer}"));
    }
}

fn frame() -> DataFrame {
    let columns = vec![
        value::column("steps", &["1", "5", "", "11"]),
        value::column("rate", &["0.1", "2", "", "3e-1"]),
        value::column("family", &["drsae", "mlp", "", "drsae"]),
        value::column("data.centre", &["true", "false", "", "true"]),
    ];
    DataFrame::new(4, columns).unwrap()
}

fn kept(text: &str) -> Result<Vec<i64>, Error> {
    let frame = frame();
    let kept = frame.filter(&mask(&frame, &Filter::parse(text)?)?).unwrap();
    Ok(kept.column("steps").unwrap().i64().unwrap().iter().map(Option::unwrap_or_default).collect())
}

#[test]
fn numbers_compare_as_numbers_and_absent_values_are_unequal_and_unordered() {
    assert_eq!(kept("steps >= 5").unwrap(), [5, 11]);
    assert_eq!(kept("steps = 5.0").unwrap(), [5]);
    assert_eq!(kept("steps != 5").unwrap(), [1, 0, 11]);
    assert_eq!(kept("rate <= 3e-1").unwrap(), [1, 11]);
    assert_eq!(kept("family = drsae").unwrap(), [1, 11]);
    assert_eq!(kept("family != drsae").unwrap(), [5, 0]);
    assert_eq!(kept("data.centre = true").unwrap(), [1, 11]);
}

#[test]
fn values_that_no_row_could_have_are_refused_at_their_place() {
    let answers = [
        ("steps > many", "'steps > many': character 9: `steps` holds numbers, and `many` is none"),
        (
            "family > a",
            "'family > a': character 10: `family` holds texts, which have no order; write = or !=",
        ),
        (
            "data.centre = 1",
            "'data.centre = 1': character 15: `data.centre` holds true or false, and `1` is neither",
        ),
        ("stpes = 1", "'stpes = 1': character 1: there is no column `stpes`; did you mean `steps`?"),
    ];
    for (text, answer) in answers {
        assert_eq!(kept(text).unwrap_err().to_string(), format!("--where {answer}"));
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_at_a_place_in_it(text in "[a-z.=!<>~ \"'0-9λ]{0,24}|.{0,24}") {
        match Filter::parse(&text) {
            Ok(filter) => prop_assert!(!filter.path.is_empty() && filter.at <= text.chars().count()),
            Err(error) => prop_assert!((1..=text.chars().count() + 1).contains(&error.at)),
        }
    }

    #[test]
    fn what_is_written_is_read(
        path in "[a-z][a-z_.*0-9]{0,12}",
        operator in proptest::sample::select(&Operator::ALL[..]),
        value in "[a-zA-Z0-9.=<> '-]{0,12}",
        spaces in 0_usize..3,
    ) {
        let space = " ".repeat(spaces);
        let filter = Filter::parse(&format!("{path}{space}{}{space}\"{value}\"", operator.sign())).unwrap();
        prop_assert_eq!((filter.path, filter.operator), (path, operator));
        prop_assert_eq!(filter.value.as_str(), value);
    }

    #[test]
    fn rows_are_kept_as_their_numbers_compare(
        numbers in proptest::collection::vec(-9..9_i32, 1..20),
        operator in proptest::sample::select(&Operator::ALL[..]),
        bound in -9..9_i32,
    ) {
        let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let frame = DataFrame::new(texts.len(), vec![value::column("a", &texts)]).unwrap();
        let filter = Filter::parse(&format!("a {} {bound}", operator.sign())).unwrap();
        let kept = frame.filter(&mask(&frame, &filter).unwrap()).unwrap();
        let expected = numbers.iter().filter(|number| match operator {
            Operator::Equal => **number == bound,
            Operator::Unequal => **number != bound,
            Operator::Less => **number < bound,
            Operator::AtMost => **number <= bound,
            Operator::Greater => **number > bound,
            Operator::AtLeast => **number >= bound,
        });
        prop_assert_eq!(kept.height(), expected.count());
    }
}
