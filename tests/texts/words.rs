//! Numbers in the words of the pages, as filters of templates.

use drsae::stats::{CONFIDENCE, t_interval};
use minijinja::value::Value;
use minijinja::{Environment, Error};

use super::tables::{Row, invalid};

/// The words of the numbers from 0.
pub const NUMBERS: [&str; 21] = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
];

/// Adds the filters:
///
/// - of a number: `fixed(DIGITS)`, by default two; `signed`, with + or −; `p`, a p-value; `count`, a word up to twenty, or
///   digits with commas;
/// - of a row: `spread`, mean ± standard deviation; `difference` with its interval; `tested`, with p by Holm's adjustment as well,
///   bold if it is significant, or `identical`; `interval`; `negated`, the difference in the other direction;
///   `doubled`; `change`, that of the same networks under a condition; `less(ROW)`, the difference from another, paired by seed; `prediction`, the half-width of the interval of one more seed;
/// - of a list: `only`, the value that all items have; `minutes`, the core-seconds of complete trials over the cores of the machine;
/// - of a text: `wrapped(COLUMNS, PREFIX)`, in lines.
///
/// `confidence` is that of every interval, in percent.
pub fn add(environment: &mut Environment<'_>) {
    environment.add_filter("fixed", fixed);
    environment.add_filter("signed", signed);
    environment.add_filter("p", p);
    environment.add_filter("count", count);
    environment.add_filter("spread", spread);
    environment.add_filter("difference", difference);
    environment.add_filter("tested", tested);
    environment.add_filter("interval", interval);
    environment.add_filter("negated", negated);
    environment.add_filter("doubled", doubled);
    environment.add_filter("change", change);
    environment.add_filter("less", less);
    environment.add_filter("prediction", prediction);
    environment.add_filter("only", only);
    environment.add_filter("minutes", minutes);
    environment.add_filter("wrapped", wrapped);
    environment.add_global("confidence", fixed(100.0 * CONFIDENCE, Some(0)));
}

fn fixed(value: f64, digits: Option<usize>) -> String {
    format!("{value:.*}", digits.unwrap_or(2))
}

fn signed(value: f64) -> String {
    format!("{value:+.2}").replace('-', "−")
}

/// A p-value with three digits below 0.1 and two above.
fn p(value: f64) -> String {
    match value {
        ..0.001 => "< 0.001".to_owned(),
        ..0.1 => fixed(value, Some(3)),
        _ => fixed(value, None),
    }
}

fn count(number: u64) -> String {
    if let Some(word) = usize::try_from(number).ok().and_then(|at| NUMBERS.get(at)) {
        return (*word).to_owned();
    }
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// Mean ± standard deviation of the test errors, or of another measure.
fn spread(row: &Row, measure: Option<&str>) -> Result<String, Error> {
    let measure = measure.unwrap_or("test_error");
    let (mean, sd) = (row.number(&format!("{measure}_mean"))?, row.number(&format!("{measure}_sd"))?);
    Ok(format!("{mean:.2} ± {sd:.2}"))
}

fn difference(row: &Row) -> Result<String, Error> {
    Ok(format!("{:+.2} {}", row.number("mean_difference")?, interval(row, None)?))
}

fn tested(row: &Row) -> Result<String, Error> {
    if row.number("sd")? == 0.0 {
        return Ok("identical".to_owned());
    }
    let p_holm = row.number("p_holm")?;
    let bold = if p_holm < 1.0 - CONFIDENCE { "**" } else { "" };
    Ok(format!("{bold}{}{bold}, p {}", difference(row)?, p(p_holm)))
}

/// The interval of the difference, or of another measure.
fn interval(row: &Row, measure: Option<&str>) -> Result<String, Error> {
    let end = |name: &str| {
        row.number(&measure.map_or_else(|| name.to_owned(), |measure| format!("{measure}_{name}")))
    };
    Ok(format!("[{:.2}, {:.2}]", end("low_95")?, end("high_95")?))
}

fn negated(row: &Row) -> Result<Value, Error> {
    let (low, high) = (row.number("low_95")?, row.number("high_95")?);
    let values = [("mean_difference", -row.number("mean_difference")?), ("low_95", -high), ("high_95", -low)];
    Ok(Value::from_object(row.with(&values)))
}

fn doubled(row: &Row) -> Result<Value, Error> {
    let value = |name: &'static str| Ok((name, 2.0 * row.number(name)?));
    let values: Result<Vec<_>, Error> =
        ["mean_difference", "low_95", "high_95"].map(value).into_iter().collect();
    Ok(Value::from_object(row.with(&values?)))
}

/// The change of the error under a condition, from the test images as they are, in place of the difference from the reference.
fn change(row: &Row) -> Result<Value, Error> {
    let values: Result<Vec<_>, Error> = [
        ("mean_difference", "change_mean"),
        ("sd", "change_sd"),
        ("low_95", "change_low_95"),
        ("high_95", "change_high_95"),
    ]
    .map(|(name, change)| Ok((name, row.number(change)?)))
    .into_iter()
    .collect();
    let p_holm = row.number("change_p_holm").map(|p| ("p_holm", p));
    Ok(Value::from_object(row.with(&values?.into_iter().chain(p_holm).collect::<Vec<_>>())))
}

/// The difference of two differences of the same seeds.
fn less(row: &Row, other: &Row) -> Result<Value, Error> {
    let (ours, theirs) = (row.numbers("difference_seed_")?, other.numbers("difference_seed_")?);
    let both: Vec<f64> = ours.iter().zip(&theirs).map(|(ours, theirs)| ours - theirs).collect();
    let mean = both.iter().sum::<f64>() / both.len() as f64;
    let interval = t_interval(&both, CONFIDENCE).filter(|_| ours.len() == theirs.len());
    let interval = interval.ok_or_else(|| invalid("not the same seeds, or fewer than two".to_owned()))?;
    let values = [("mean_difference", mean), ("low_95", interval.low), ("high_95", interval.high)];
    Ok(Value::from_object(row.with(&values)))
}

/// Half the width t·s·√(1 + 1/n) of the prediction interval of one more test error.
fn prediction(row: &Row) -> Result<f64, Error> {
    let errors = row.numbers("test_error_seed_")?;
    let of_mean =
        t_interval(&errors, CONFIDENCE).ok_or_else(|| invalid("fewer than two seeds".to_owned()))?;
    Ok((of_mean.high - of_mean.low) / 2.0 * (errors.len() as f64 + 1.0).sqrt())
}

fn only(values: &Value) -> Result<Value, Error> {
    let values: Vec<_> = values.try_iter()?.collect();
    match &values[..] {
        [value, others @ ..] if others.iter().all(|other| other == value) => Ok(value.clone()),
        _ => Err(invalid(format!("not one value: {values:?}"))),
    }
}

/// The core-seconds of the trials over the cores of their machine, in minutes: breaks do not count.
fn minutes(trials: &Value) -> Result<f64, Error> {
    let mut seconds = 0.0;
    for trial in trials.try_iter()? {
        let number = |name: &str| f64::try_from(trial.get_attr(name)?);
        seconds += number("seconds")? * number("threads")? / number("cores")?;
    }
    Ok(seconds / 60.0)
}

/// Lines of at most `columns` characters, each behind `prefix`.
fn wrapped(text: &str, columns: usize, prefix: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= columns => {
                line.extend([" ", word]);
            }
            _ => lines.push(format!("{prefix}{word}")),
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::render;
    use super::*;

    #[test]
    fn numbers_have_the_digits_of_the_pages() {
        assert_eq!(
            (fixed(0.125, None), fixed(1.5, Some(0)), fixed(-0.0004, None)),
            ("0.12".into(), "2".into(), "-0.00".into())
        );
        assert_eq!((signed(0.0649), signed(-0.1)), ("+0.06".into(), "−0.10".into()));
        let ps = [0.000_9, 0.001, 0.0555, 0.0999, 0.1032, 0.767].map(p);
        assert_eq!(ps, ["< 0.001", "0.001", "0.056", "0.100", "0.10", "0.77"]);
    }

    #[test]
    fn counts_are_words_up_to_twenty() {
        assert_eq!(
            [0, 1, 20, 21, 300, 10_000, 1_234_567].map(count),
            ["no", "one", "twenty", "21", "300", "10,000", "1,234,567"]
        );
    }

    #[test]
    fn rows_are_spreads_and_differences() {
        let rendered = |filter: &str, table: &str, of: &str| {
            render(
                "page.md",
                &format!("{{{{ row(\"results/depth/analysis/{table}.csv\", steps=5, {of}) | {filter} }}}}"),
            )
            .unwrap()
        };
        assert_eq!(rendered("spread", "summary", "family=\"drsae\""), "1.59 ± 0.11");
        assert_eq!(rendered("spread(\"valid_error\")", "summary", "family=\"drsae\""), "1.66 ± 0.18");
        assert_eq!(rendered("difference", "comparison", "challenger=\"untied\""), "+0.28 [0.15, 0.41]");
        assert_eq!(
            rendered("tested", "comparison", "challenger=\"untied\""),
            "**+0.28 [0.15, 0.41]**, p 0.044"
        );
        assert_eq!(
            rendered("negated | difference", "comparison", "challenger=\"untied\""),
            "-0.28 [-0.41, -0.15]"
        );
        assert_eq!(
            rendered("doubled | difference", "comparison", "challenger=\"untied\""),
            "+0.56 [0.31, 0.82]"
        );
        let read = "condition=\"iterations\", level=10, masking=0, family=\"drsae\") | change | tested }}";
        let read = format!("{{{{ row(\"results/study/tying/analysis/conditions.csv\", steps=5, {read}");
        assert_eq!(render("page.md", &read).unwrap(), "**+5.51 [4.69, 6.32]**, p < 0.001");
        let itself = r#"less(row("results/depth/analysis/comparison.csv", steps=5, challenger="untied")) | difference"#;
        assert_eq!(rendered(itself, "comparison", "challenger=\"untied\""), "+0.00 [0.00, 0.00]");
    }

    #[test]
    fn what_differs_is_not_one_value() {
        assert_eq!(render("page.md", "{{ [2, 2] | only }}").unwrap(), "2");
        assert!(render("page.md", "{{ [2, 3] | only }}").is_err());
        assert_eq!(
            render("page.md", "{{ 'one two three' | wrapped(9, '> ') }}").unwrap(),
            "> one two\n> three"
        );
    }
}
