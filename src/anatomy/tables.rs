//! The tables of an anatomy as typed rows, written to CSV and read back.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::ablation::Performance;
use super::measure::Measure;
use super::{Error, Unit, UnitKind};
use crate::store::{self, Row};

/// The training stage at which a network was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum Stage {
    /// Trained to its end.
    #[default]
    #[serde(rename = "trained")]
    Trained,
    /// After its first phase, before labels were used.
    #[serde(rename = "after phase 1")]
    AfterPhase1,
    /// Before any training.
    #[serde(rename = "untrained")]
    Untrained,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 3] = [Self::Trained, Self::AfterPhase1, Self::Untrained];

    /// The name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trained => "trained",
            Self::AfterPhase1 => "after phase 1",
            Self::Untrained => "untrained",
        }
    }
}

/// A row of a table about single networks.
pub trait NetworkRow: Row {
    /// Name of the table.
    const FILE: &'static str;

    /// Seed and stage of the network that the row is about.
    fn network(&self) -> (u64, Stage);
}

/// One measured number; a row of `measures.csv`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Measurement {
    /// Seed of the network.
    pub seed: u64,
    /// Its stage.
    pub network: Stage,
    /// The measure.
    pub measure: Measure,
    /// The number.
    #[serde(serialize_with = "rounded", deserialize_with = "finite")]
    pub value: f64,
}

impl Row for Measurement {}

impl NetworkRow for Measurement {
    const FILE: &'static str = "measures.csv";

    fn network(&self) -> (u64, Stage) {
        (self.seed, self.network)
    }
}

/// One iteration of a network; a row of `curves.csv`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CurveRow {
    /// Seed of the network.
    pub seed: u64,
    /// Its stage.
    pub network: Stage,
    /// t, from 1.
    pub iteration: usize,
    /// Mean z^t of a categorical-unit, over all images.
    #[serde(serialize_with = "rounded")]
    pub categorical: Option<f64>,
    /// Mean z^t of a part, over all images.
    #[serde(serialize_with = "rounded")]
    pub part: Option<f64>,
    /// Share of the images whose D·z^t the judge classifies correctly.
    #[serde(serialize_with = "rounded")]
    pub right: Option<f64>,
    /// The same share of the hardest images.
    #[serde(serialize_with = "rounded")]
    pub right_hard: Option<f64>,
    /// `right` of ISTA on the same dictionary and the first images, at the t-th of T moments on its way to convergence; absent
    /// beyond T.
    #[serde(serialize_with = "rounded")]
    pub right_ista: Option<f64>,
    /// `right_hard` of ISTA in the same way.
    #[serde(serialize_with = "rounded")]
    pub right_hard_ista: Option<f64>,
}

impl Row for CurveRow {}

impl NetworkRow for CurveRow {
    const FILE: &'static str = "curves.csv";

    fn network(&self) -> (u64, Stage) {
        (self.seed, self.network)
    }
}

/// One unit of a trained network; a row of `units.csv`. See [`Unit`], [`UnitWiring`](super::wiring::UnitWiring) and
/// [`Performance`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "they are those of `Unit`, `UnitWiring` and `Performance`")]
pub struct UnitRow {
    pub seed: u64,
    pub unit: usize,
    pub kind: UnitKind,
    pub class: Option<usize>,
    #[serde(serialize_with = "rounded")]
    pub selectivity: Option<f64>,
    pub classes: usize,
    #[serde(serialize_with = "rounded")]
    pub angle: Option<f64>,
    #[serde(serialize_with = "rounded")]
    pub recurrent_norm: f64,
    #[serde(serialize_with = "rounded")]
    pub classifier_norm: f64,
    pub classifier_class: usize,
    #[serde(serialize_with = "rounded")]
    pub decoder_mean: f64,
    #[serde(serialize_with = "rounded")]
    pub ista_angle: Option<f64>,
    #[serde(serialize_with = "rounded")]
    pub afferent_angle: Option<f64>,
    #[serde(serialize_with = "rounded")]
    pub second_iteration: Option<f64>,
    #[serde(serialize_with = "rounded")]
    pub active_mean: Option<f64>,
    #[serde(serialize_with = "rounded")]
    pub input_share: Option<f64>,
    #[serde(serialize_with = "rounded")]
    pub half_rise: Option<f64>,
    #[serde(serialize_with = "rounded")]
    pub mean_activity: f64,
    #[serde(serialize_with = "rounded")]
    pub frequency: f64,
    #[serde(serialize_with = "rounded")]
    pub error_without: f64,
    #[serde(serialize_with = "rounded")]
    pub class_loss_without: f64,
    #[serde(serialize_with = "rounded")]
    pub reconstruction_without: f64,
}

impl Row for UnitRow {}

impl NetworkRow for UnitRow {
    const FILE: &'static str = "units.csv";

    fn network(&self) -> (u64, Stage) {
        (self.seed, Stage::Trained)
    }
}

impl UnitRow {
    /// The row of a unit of the network of that seed, with the cost of silencing it.
    #[must_use]
    pub fn of(seed: u64, unit: &Unit, without: Performance) -> Self {
        Self {
            seed,
            unit: unit.unit,
            kind: unit.kind,
            class: unit.class,
            selectivity: unit.selectivity,
            classes: unit.classes,
            angle: unit.wiring.angle,
            recurrent_norm: unit.wiring.recurrent_norm,
            classifier_norm: unit.wiring.classifier_norm,
            classifier_class: unit.wiring.classifier_class,
            decoder_mean: unit.wiring.decoder_mean,
            ista_angle: unit.wiring.ista_angle,
            afferent_angle: unit.wiring.afferent_angle,
            second_iteration: unit.second_iteration,
            active_mean: unit.active_mean,
            input_share: unit.input_share,
            half_rise: unit.half_rise,
            mean_activity: unit.mean_activity,
            frequency: unit.frequency,
            error_without: without.error,
            class_loss_without: without.class_loss,
            reconstruction_without: without.reconstruction,
        }
    }
}

/// The bytes of a table with `new` rows, and with the rows of `old` that are about other networks; sorted
/// by network.
///
/// # Errors
/// `old` is another table.
pub fn merge<R: NetworkRow>(old: Option<&[u8]>, new: &[R]) -> Result<Vec<u8>, Error> {
    let mut kept: Vec<R> = old.map(read).transpose()?.unwrap_or_default();
    kept.retain(|row| new.iter().all(|other| other.network() != row.network()));
    let mut rows: Vec<&R> = kept.iter().chain(new).collect();
    rows.sort_by_key(|row| row.network());
    Ok(store::table(&store::header_of::<R>()?, &rows)?)
}

/// The rows of a table that this program wrote.
///
/// # Errors
/// It has other columns or the same in another order, or a field cannot be parsed.
pub fn read<R: NetworkRow>(bytes: &[u8]) -> Result<Vec<R>, Error> {
    let columns = store::header_of::<R>()?;
    // `parse_rows` passes over columns that a row does not have, and `merge` would drop them.
    if csv::Reader::from_reader(bytes).headers().is_ok_and(|header| header != columns) {
        let reason = "line 1: the columns are not those of this version".to_owned();
        return Err(Error::Table(store::Error::Malformed { path: R::FILE.into(), reason }));
    }
    store::parse_rows(R::FILE.as_ref(), bytes).map_err(Error::Table)
}

/// Serializes a number with six significant digits: these are the same on every machine, while the last
/// bits of logarithms may differ.
fn rounded<S: Serializer>(value: &(impl Copy + Into<Option<f64>>), serializer: S) -> Result<S::Ok, S::Error> {
    let Some(value) = (*value).into() else { return serializer.serialize_none() };
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    // Adding zero makes a negative zero positive.
    serializer.collect_str(&(rounded + 0.0))
}

/// A number that is serialized with six significant digits.
pub(super) struct Rounded(pub Option<f64>);

impl Serialize for Rounded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        rounded(&self.0, serializer)
    }
}

fn finite<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if value.is_finite() { Ok(value) } else { Err(de::Error::custom(format!("{value} is not finite"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measurement(seed: u64, network: Stage, value: f64) -> Measurement {
        Measurement { seed, network, measure: Measure::MeanSelectivity, value }
    }

    #[test]
    fn rows_of_networks_that_are_not_measured_again_are_kept_in_order() {
        let all = [
            measurement(1, Stage::Trained, 0.123_456_789),
            measurement(1, Stage::AfterPhase1, 1.0 / 3.0),
            measurement(1, Stage::Untrained, -0.0),
            measurement(2, Stage::Trained, 1e-7),
        ];
        let whole = merge(None, &all).unwrap();
        let expected = "seed,network,measure,value\n1,trained,mean selectivity,0.123457\n\
                        1,after phase 1,mean selectivity,0.333333\n1,untrained,mean selectivity,0\n\
                        2,trained,mean selectivity,0.0000001\n";
        assert_eq!(String::from_utf8(whole.clone()).unwrap(), expected);
        // Seed 1 again, without its control after phase 1, and without seed 2.
        let again = [all[0].clone(), all[2].clone()];
        assert_eq!(merge(Some(&whole), &again).unwrap(), whole);
        let back: Vec<Measurement> = read(&whole).unwrap();
        assert_eq!((back.len(), back[1].network, back[1].value), (4, Stage::AfterPhase1, 0.333_333));
    }

    #[test]
    fn foreign_tables_are_refused_with_their_line() {
        let head = "seed,network,measure,value\n";
        for (head, row, reason) in [
            ("a,b\n", "", "line 1: the columns are not those of this version;"),
            ("network,seed,measure,value\n", "trained,1,mean selectivity,1", "line 1: the columns"),
            ("seed,network,measure,value,more\n", "1,trained,mean selectivity,1,1", "line 1: the columns"),
            (head, "x,trained,mean selectivity,1", "line 2: `seed` is `x`: "),
            (head, "1,other,mean selectivity,1", "line 2: unknown variant `other`"),
            (head, "1,trained,size,1", "line 2: unknown measure `size`"),
            (head, "1,trained,mean selectivity,NaN", "line 2: NaN is not finite"),
            (head, "1,trained", "CSV error: record 1 (line: 2, "),
        ] {
            let error = read::<Measurement>(format!("{head}{row}").as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(&format!("cannot use measures.csv: {reason}")), "{error}");
            assert!(error.ends_with("; remove the file and measure every network again"), "{error}");
        }
    }
}
