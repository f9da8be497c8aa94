//! The measures: the claim that each belongs to, and the value that the claim predicts.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The prediction of a claim about a measure, stated before the measurement. Besides, trained networks must be further on
/// the predicted side than both controls: the same networks after phase 1, and before training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expected {
    /// Above this bound.
    Above(f64),
    /// Below this bound.
    Below(f64),
    /// Larger than in the controls.
    Larger,
    /// A p-value below 0.05 in every network.
    Significant,
    /// No prediction: the measure is reported for context.
    Nothing,
}

use Expected::{Above, Below, Larger, Nothing, Significant};

impl Expected {
    /// The prediction as text in tables.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Above(bound) => format!("> {bound}"),
            Below(bound) => format!("< {bound}"),
            Larger => "> controls".to_owned(),
            Significant => "p < 0.05 in every network".to_owned(),
            Nothing => String::new(),
        }
    }
}

/// Part of a measure in the verdict on its claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Evidence: the claim needs it, and a control that does as well refutes it.
    Primary,
    /// The claim needs it, but untrained networks have it by construction, so it is no evidence: only its bound counts.
    Condition,
    /// Context, without effect on the verdict.
    Secondary,
}

impl Role {
    /// The name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Condition => "condition",
            Self::Secondary => "secondary",
        }
    }

    /// Returns true if the verdict on the claim depends on the measure.
    #[must_use]
    pub const fn decides(self) -> bool {
        !matches!(self, Self::Secondary)
    }
}

/// Meaning of a measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Definition {
    /// Number of the claim.
    pub claim: usize,
    /// Its part in the claim's verdict.
    pub role: Role,
    /// Its name in the tables.
    pub name: &'static str,
    /// Its unit; empty for ratios, shares and p-values.
    pub unit: &'static str,
    /// The prediction of the claim.
    pub expected: Expected,
}

/// Text of each claim, by number from 1.
pub const CLAIMS: [&str; 9] = [
    "Units differentiate into categorical-units and part-units",
    "Parts are driven by the input; categorical-units build up late, through parts",
    "Categorical-units of different classes inhibit each other; a class supports itself",
    "Part-to-part connections resemble ISTA, I − αDᵀD",
    "Parts code the residual between image and prototype",
    "The reconstruction keeps its class on the way, better than ISTA's",
    "Prototypes are sharper than class means",
    "Categorical-units carry the class, parts the reconstruction",
    "The true deformation is read from parts rather than from categorical-units",
];

use Role::{Condition, Primary, Secondary};

macro_rules! measures {
    ($($measure:ident: $claim:literal, $role:ident, $name:literal, $unit:literal, $expected:expr;)+) => {
        /// A number that is measured in a network.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Measure {
            $(#[doc = $name] $measure,)+
        }

        impl Measure {
            /// Every measure, in the order of the tables.
            pub const ALL: &[Self] = &[$(Self::$measure),+];

            /// Meaning of the measure.
            #[must_use]
            pub const fn definition(self) -> Definition {
                let (claim, role, name, unit, expected) = match self {
                    $(Self::$measure => ($claim, $role, $name, $unit, $expected),)+
                };
                Definition { claim, role, name, unit, expected }
            }
        }
    };
}

measures! {
    MeanSelectivity: 1, Primary, "mean selectivity", "", Larger;
    SelectivityDipP: 1, Primary, "selectivity has more than one mode, dip test p", "", Significant;
    AngleGap: 1, Primary, "angle of E and D, categorical − part", "degrees", Above(0.0);
    AngleDipP: 1, Secondary, "angle has more than one mode, dip test p", "", Significant;
    SelectivityDip: 1, Secondary, "dip of selectivity", "", Nothing;
    MeanAngle: 1, Secondary, "mean angle of E and D", "degrees", Larger;
    SelectiveShare: 1, Secondary, "units with a selectivity above 0.9, share of live units", "", Larger;
    CategoricalByAngle: 1, Secondary, "units with an angle above 0.7 rad, share of live units", "", Larger;
    PartByAngle: 1, Secondary, "units with an angle below 0.5 rad, share of live units", "", Nothing;
    KindAgreement: 1, Secondary, "agreement of the divisions by selectivity and by angle", "", Nothing;
    ClassAgreement: 1, Secondary, "units whose largest weight of C is of their class, share of live units", "", Larger;
    SelectivityThreshold: 1, Secondary, "threshold of selectivity (Otsu)", "", Nothing;
    CategoricalShare: 1, Secondary, "categorical share of live units", "", Larger;
    AgreementBelow: 1, Secondary, "agreement of the division at threshold − 0.1", "", Above(0.9);
    AgreementAbove: 1, Secondary, "agreement of the division at threshold + 0.1", "", Above(0.9);
    LiveUnits: 1, Secondary, "live units", "", Nothing;
    FewClassesShare: 1, Secondary, "units for two or three classes, share of live units", "", Nothing;
    InputShareGap: 2, Primary, "input share, part − categorical", "", Above(0.0);
    HalfRiseGap: 2, Primary, "half-rise, categorical − part", "iterations", Above(0.0);
    DriveFromParts: 2, Primary, "drive of active categorical-units from parts", "", Above(0.0);
    SecondIterationGap: 2, Primary, "activated at t = 2, categorical − part", "", Above(0.0);
    InputShareCategorical: 2, Secondary, "input share, categorical", "", Nothing;
    InputSharePart: 2, Secondary, "input share, part", "", Nothing;
    SecondIterationCategorical: 2, Secondary, "activated at t = 2, categorical", "", Nothing;
    SecondIterationPart: 2, Secondary, "activated at t = 2, part", "", Nothing;
    AfferentAngleCategorical: 2, Secondary, "angle of afferents, categorical", "degrees", Nothing;
    AfferentAnglePart: 2, Secondary, "angle of afferents, part", "degrees", Nothing;
    HalfRiseCategorical: 2, Secondary, "half-rise, categorical", "iterations", Nothing;
    HalfRisePart: 2, Secondary, "half-rise, part", "iterations", Nothing;
    GrowthCategorical: 2, Secondary, "activity at 2T over that at T, categorical", "", Nothing;
    GrowthPart: 2, Secondary, "activity at 2T over that at T, part", "", Nothing;
    DriveFromClass: 3, Primary, "drive of active categorical-units from their class", "", Above(0.0);
    DriveFromOtherClasses: 3, Primary, "drive of active categorical-units from other classes", "", Below(0.0);
    AlignedSlope: 3, Primary, "slope of S on D_i·D_j above 0, part to categorical", "", Above(0.0);
    BetweenClasses: 3, Secondary, "mean S between classes", "", Below(0.0);
    BetweenClassesP: 3, Secondary, "mean S between classes, permutation p", "", Significant;
    WithinClass: 3, Secondary, "mean S within a class", "", Above(0.0);
    WithinClassP: 3, Secondary, "mean S within a class, permutation p", "", Significant;
    ToCategorical: 3, Secondary, "mean S from part to categorical", "", Above(0.0);
    ToCategoricalP: 3, Secondary, "mean S from part to categorical, permutation p", "", Significant;
    IstaAngleGap: 4, Primary, "angle of S − I and −DᵀD in rows of parts, from categorical − from part", "degrees", Above(0.0);
    CorrelationPartToPart: 4, Condition, "correlation of S with −DᵀD, part to part", "", Above(0.5);
    ResidualPartToPart: 4, Secondary, "residual of S − (I − αDᵀD), part to part", "", Below(0.5);
    IstaAnglePartToPart: 4, Secondary, "angle of S − I and −DᵀD, part to part", "degrees", Nothing;
    IstaAngleCategoricalToPart: 4, Secondary, "angle of S − I and −DᵀD, categorical to part", "degrees", Nothing;
    Alpha: 4, Secondary, "α of part to part", "", Nothing;
    ResidualPartToCategorical: 4, Secondary, "residual of S − (I − αDᵀD), part to categorical", "", Nothing;
    ResidualCategoricalToPart: 4, Secondary, "residual of S − (I − αDᵀD), categorical to part", "", Nothing;
    ResidualCategoricalToCategorical: 4, Secondary, "residual of S − (I − αDᵀD), categorical to categorical", "", Nothing;
    CorrelationCategoricalToCategorical: 4, Secondary, "correlation of S with −DᵀD, categorical to categorical", "", Nothing;
    ResidualCorrelationGain: 5, Primary, "correlation of a part with the residual − with the input", "", Above(0.0);
    ErrorFall: 5, Primary, "fall of the error by adding parts, share", "", Above(0.0);
    ResidualCorrelation: 5, Primary, "correlation of a part with the residual", "", Larger;
    ErrorCategorical: 5, Secondary, "½‖x − Dz‖², categorical-units alone", "", Nothing;
    ErrorParts: 5, Secondary, "½‖x − Dz‖², parts alone", "", Nothing;
    ErrorBoth: 5, Secondary, "½‖x − Dz‖², both", "", Nothing;
    AlwaysCorrectGain: 6, Primary, "paths in the true class at every step, network − converged ISTA", "", Above(0.0);
    AlwaysCorrectGainHard: 6, Primary, "… of the hardest images, network − converged ISTA", "", Above(0.0);
    AlwaysCorrect: 6, Primary, "paths in the true class at every step", "", Larger;
    AlwaysCorrectHard: 6, Secondary, "… of the hardest images", "", Nothing;
    Retention: 6, Secondary, "true class once reached is kept at T", "", Above(0.9);
    CorrectAtT: 6, Secondary, "decoded into the true class at T", "", Nothing;
    CorrectAtTHard: 6, Secondary, "… of the hardest images at T", "", Nothing;
    JudgeError: 6, Secondary, "error of the judge on raw images", "%", Nothing;
    RecognisedPrototypes: 7, Primary, "prototypes that the judge gives their class, share", "", Above(0.5);
    SharpPrototypes: 7, Primary, "… and that are rougher than the class mean, share", "", Above(0.5);
    RecognisedLargest: 7, Secondary, "… of the four units per class with the largest column of C, share", "", Above(0.5);
    LeastRoughness: 7, Secondary, "roughness over the class mean's, least of all classes", "", Above(1.0);
    MeanRoughness: 7, Secondary, "roughness over the class mean's, mean of all classes", "", Above(1.0);
    ClassesWithoutPrototype: 7, Secondary, "classes without a prototype", "", Nothing;
    ErrorBySilencing: 8, Primary, "error without categorical-units − without as many parts", "pp", Above(0.0);
    ReconstructionBySilencing: 8, Primary, "½‖x − Dz‖² without parts − without categorical-units", "", Above(0.0);
    ClassLossBySilencing: 8, Secondary, "class loss by silencing one unit, categorical − part", "nats", Above(0.0);
    DeformationGain: 9, Primary, "R² of the deformation from parts − from categorical-units", "", Above(0.0);
    DeformationGainAsMany: 9, Primary, "… from as many parts − from categorical-units", "", Above(0.0);
    DeformationFromAll: 9, Secondary, "R² of the deformation from all units", "", Nothing;
}

/// Values of measures; those that are undefined are absent.
pub type Values = Vec<(Measure, Option<f64>)>;

/// The difference of two values; undefined if one is.
pub(super) fn minus(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    Some(one? - other?)
}

impl Default for Measure {
    fn default() -> Self {
        Self::ALL[0]
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.definition().name)
    }
}

impl<'de> Deserialize<'de> for Measure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = Self::ALL.iter().find(|measure| measure.definition().name == name);
        known.copied().ok_or_else(|| de::Error::custom(format!("unknown measure `{name}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_expectations_has_every_measure_that_decides() {
        let page = include_str!("../../docs/ANATOMY.md");
        let table: Vec<&str> = page
            .lines()
            .skip_while(|line| *line != "| claim | measure | role | expected |")
            .skip(2)
            .take_while(|line| line.starts_with('|'))
            .collect();
        let deciding =
            Measure::ALL.iter().map(|measure| measure.definition()).filter(|one| one.role.decides());
        let row = |Definition { claim, role, name, unit, expected }: Definition| {
            let name = if unit.is_empty() { name.to_owned() } else { format!("{name} / {unit}") };
            format!("| {claim} | {name} | {} | {} |", role.name(), expected.text())
        };
        assert_eq!(table, deciding.map(row).collect::<Vec<_>>());
    }
}
