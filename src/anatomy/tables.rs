//! The tables of an anatomy as CSV, and back: rows of networks that are not at hand are kept.

use super::Error;
use super::ablation::Performance;
use super::claims::{Finding, Stage, Taken};
use super::findings::CurvePoint;
use super::measure::MEASURES;
use super::units::Unit;

/// Name of the table of all measures of all networks.
pub const MEASURES_CSV: &str = "measures.csv";
/// Name of the table of units.
pub const UNITS_CSV: &str = "units.csv";
/// Name of the table of claims.
pub const CLAIMS_CSV: &str = "claims.csv";
/// Name of the table of curves over the iterations.
pub const CURVES_CSV: &str = "curves.csv";

const TAKEN: [&str; 4] = ["seed", "network", "measure", "value"];
const UNITS: [&str; 14] = [
    "seed",
    "unit",
    "kind",
    "class",
    "selectivity",
    "classes",
    "angle",
    "input_share",
    "half_rise",
    "mean_activity",
    "frequency",
    "error_without",
    "class_loss_without",
    "reconstruction_without",
];
const CURVES: [&str; 9] = [
    "seed",
    "network",
    "iteration",
    "categorical",
    "part",
    "right",
    "right_hard",
    "right_ista",
    "right_hard_ista",
];
const CLAIMS: [&str; 15] = [
    "claim",
    "measure",
    "unit",
    "primary",
    "expected",
    "n",
    "value",
    "low_95",
    "high_95",
    "after_phase_1",
    "untrained",
    "difference",
    "difference_low_95",
    "difference_high_95",
    "verdict",
];

/// Rows of a table as texts.
pub type Rows = Vec<Vec<String>>;

/// A number with six significant digits: what is left is the same on every machine, whose
/// logarithms may differ in their last bits.
fn number(value: f64) -> String {
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    // A negative zero is a zero.
    format!("{}", rounded + 0.0)
}

fn optional(value: Option<f64>) -> String {
    value.map(number).unwrap_or_default()
}

/// Rows of [`MEASURES_CSV`] of one network.
#[must_use]
pub fn taken_rows(taken: &[Taken]) -> Rows {
    let row = |one: &Taken| {
        vec![one.seed.to_string(), one.stage.name().to_owned(), one.measure.clone(), number(one.value)]
    };
    taken.iter().map(row).collect()
}

/// Rows of [`UNITS_CSV`] of one network.
#[must_use]
pub fn unit_rows(seed: u64, units: &[Unit], without: &[Performance]) -> Rows {
    let row = |(unit, lost): (&Unit, &Performance)| {
        vec![
            seed.to_string(),
            unit.unit.to_string(),
            unit.kind.name().to_owned(),
            unit.class.map(|class| class.to_string()).unwrap_or_default(),
            optional(unit.selectivity),
            unit.classes.to_string(),
            optional(unit.angle),
            optional(unit.input_share),
            optional(unit.half_rise),
            number(unit.mean_activity),
            number(unit.frequency),
            number(lost.error),
            number(lost.class_loss),
            number(lost.reconstruction),
        ]
    };
    units.iter().zip(without).map(row).collect()
}

/// Rows of [`CURVES_CSV`] of one network.
#[must_use]
pub fn curve_rows(seed: u64, stage: Stage, curves: &[CurvePoint]) -> Rows {
    let row = |point: &CurvePoint| {
        vec![
            seed.to_string(),
            stage.name().to_owned(),
            point.iteration.to_string(),
            optional(point.categorical),
            optional(point.part),
            optional(point.right),
            optional(point.right_hard),
            optional(point.right_ista),
            optional(point.right_hard_ista),
        ]
    };
    curves.iter().map(row).collect()
}

/// [`CLAIMS_CSV`].
///
/// # Errors
/// The memory for it is refused.
pub fn claims_csv(findings: &[Finding]) -> Result<Vec<u8>, Error> {
    let row = |finding: &Finding| {
        let (own, change) = (finding.interval, finding.difference_interval);
        vec![
            finding.measure.claim.to_string(),
            finding.measure.name.to_owned(),
            finding.measure.unit.to_owned(),
            finding.measure.primary.to_string(),
            finding.measure.expected.text(),
            finding.n.to_string(),
            number(finding.value),
            optional(own.map(|interval| interval.low)),
            optional(own.map(|interval| interval.high)),
            optional(finding.after_phase_1),
            optional(finding.untrained),
            optional(finding.difference),
            optional(change.map(|interval| interval.low)),
            optional(change.map(|interval| interval.high)),
            finding.verdict.map(|verdict| verdict.text().to_owned()).unwrap_or_default(),
        ]
    };
    write(&CLAIMS, findings.iter().map(row))
}

/// A table with the rows of some networks, and of those that it already holds the others' rows; by
/// seed.
///
/// # Errors
/// What it already holds is another table.
pub fn merged(
    table: &'static str,
    old: Option<&[u8]>,
    new: &Rows,
    is_replaced: Replaced,
) -> Result<Vec<u8>, Error> {
    let header = header(table);
    let kept = old.map(|old| read(table, old)).transpose()?.unwrap_or_default();
    let mut rows: Rows = kept.into_iter().filter(|row| !is_replaced(row)).collect();
    rows.extend(new.iter().cloned());
    // Kept rows of a control that is not at hand stand where they stood.
    let stage = |row: &[String]| Stage::ALL.iter().position(|stage| stage.name() == row[1]);
    rows.sort_by_key(|row| (row[0].parse::<u64>().unwrap_or_default(), stage(row)));
    write(header, rows)
}

/// Whether a row of a table gives way to new ones.
pub type Replaced<'a> = &'a dyn Fn(&[String]) -> bool;

fn header(table: &str) -> &'static [&'static str] {
    match table {
        UNITS_CSV => &UNITS,
        CURVES_CSV => &CURVES,
        _ => &TAKEN,
    }
}

fn write(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>, Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(header)?;
    for row in rows {
        out.write_record(&row)?;
    }
    out.into_inner().map_err(|error| Error::Write(error.into_error().into()))
}

/// The rows of a table that this program wrote; their first fields are seeds.
///
/// # Errors
/// It has another header, or a row another form.
pub fn read(table: &'static str, bytes: &[u8]) -> Result<Rows, Error> {
    let mut reader = csv::Reader::from_reader(bytes);
    let wrong = |line, reason: &str| Error::Table { table, line, reason: reason.to_owned() };
    let torn = |source| Error::Csv { table, source };
    if reader.headers().map_err(torn)?.iter().ne(header(table).iter().copied()) {
        return Err(wrong(1, "the columns are not those of this version"));
    }
    let mut rows = Rows::new();
    for record in reader.records() {
        let record = record.map_err(torn)?;
        let line = record.position().map_or(0, csv::Position::line);
        let row: Vec<String> = record.iter().map(str::to_owned).collect();
        if row[0].parse::<u64>().is_err() {
            return Err(wrong(line, "the seed is no whole number"));
        }
        rows.push(row);
    }
    Ok(rows)
}

/// What [`MEASURES_CSV`] holds.
///
/// # Errors
/// A row is none of this program.
pub fn read_taken(bytes: &[u8]) -> Result<Vec<Taken>, Error> {
    let rows = read(MEASURES_CSV, bytes)?;
    let taken = |(line, row): (u64, &Vec<String>)| {
        let wrong = |reason: &str| Error::Table { table: MEASURES_CSV, line, reason: reason.to_owned() };
        let stage = Stage::ALL.into_iter().find(|stage| stage.name() == row[1]);
        let known = MEASURES.iter().any(|measure| measure.name == row[2]);
        let value = row[3].parse::<f64>().ok().filter(|value| value.is_finite());
        Ok(Taken {
            seed: row[0].parse().map_err(|_| wrong("the seed is no whole number"))?,
            stage: stage.ok_or_else(|| wrong("there is no such network"))?,
            measure: if known { row[2].clone() } else { return Err(wrong("there is no such measure")) },
            value: value.ok_or_else(|| wrong("the value is no number"))?,
        })
    };
    (2..).zip(&rows).map(taken).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(seed: u64, stage: Stage, value: f64) -> Taken {
        Taken { seed, stage, measure: "mean selectivity".to_owned(), value }
    }

    #[test]
    fn rows_of_networks_that_are_not_at_hand_are_kept_in_their_places() {
        let all = [
            taken(1, Stage::Trained, 0.123_456_789),
            taken(1, Stage::AfterPhase1, 1.0 / 3.0),
            taken(1, Stage::Untrained, -0.0),
            taken(2, Stage::Trained, 1e-7),
        ];
        let nobody: Replaced<'_> = &|_| false;
        let whole = merged(MEASURES_CSV, None, &taken_rows(&all), nobody).unwrap();
        let expected = "seed,network,measure,value\n1,trained,mean selectivity,0.123457\n\
                        1,after phase 1,mean selectivity,0.333333\n1,untrained,mean selectivity,0\n\
                        2,trained,mean selectivity,0.0000001\n";
        assert_eq!(String::from_utf8(whole.clone()).unwrap(), expected);
        // Seed 1 again, its control after phase 1 and seed 2 not at hand.
        let again = taken_rows(&[all[0].clone(), all[2].clone()]);
        let own: Replaced<'_> = &|row| row[0] == "1" && row[1] != "after phase 1";
        assert_eq!(merged(MEASURES_CSV, Some(&whole), &again, own).unwrap(), whole);
        let back = read_taken(&whole).unwrap();
        assert_eq!((back.len(), back[1].stage, back[1].value), (4, Stage::AfterPhase1, 0.333_333));
    }

    #[test]
    fn foreign_tables_are_refused_with_their_line() {
        let refused = |text: &str| read_taken(text.as_bytes()).unwrap_err().to_string();
        let head = "seed,network,measure,value\n";
        assert!(refused("a,b\n").starts_with("line 1 of measures.csv: the columns"));
        for (row, reason) in [
            ("x,trained,mean selectivity,1", "line 2 of measures.csv: the seed"),
            ("1,other,mean selectivity,1", "line 2 of measures.csv: there is no such network"),
            ("1,trained,size,1", "line 2 of measures.csv: there is no such measure"),
            ("1,trained,mean selectivity,NaN", "line 2 of measures.csv: the value"),
            ("1,trained", "cannot read measures.csv"),
        ] {
            let error = refused(&format!("{head}{row}\n"));
            assert!(error.starts_with(reason), "{error}");
        }
    }
}
