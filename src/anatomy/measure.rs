//! The measures: the claim that each belongs to, and the value that the claim predicts.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The prediction of a claim about a measure, stated before the measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expected {
    /// Above this bound.
    Above(f64),
    /// Below this bound.
    Below(f64),
    /// Larger than in the same network after phase 1.
    Grows,
    /// A p-value below 0.05 in every network.
    Significant,
    /// No prediction: the measure is reported for context.
    Nothing,
}

use Expected::{Above, Below, Grows, Nothing, Significant};

impl Expected {
    /// The prediction as text in tables.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Above(bound) => format!("> {bound}"),
            Below(bound) => format!("< {bound}"),
            Grows => "> after phase 1".to_owned(),
            Significant => "p < 0.05 in every network".to_owned(),
            Nothing => String::new(),
        }
    }
}

/// Meaning of a measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Definition {
    /// Number of the claim.
    pub claim: usize,
    /// True if the claim's verdict depends on it.
    pub primary: bool,
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

const PRIMARY: bool = true;
const SECONDARY: bool = false;

macro_rules! measures {
    ($($measure:ident: $claim:literal, $primary:ident, $name:literal, $unit:literal, $expected:expr;)+) => {
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
                let (claim, primary, name, unit, expected) = match self {
                    $(Self::$measure => ($claim, $primary, $name, $unit, $expected),)+
                };
                Definition { claim, primary, name, unit, expected }
            }
        }
    };
}

measures! {
    MeanSelectivity: 1, PRIMARY, "mean selectivity", "", Grows;
    SelectivityDipP: 1, PRIMARY, "selectivity has more than one mode, dip test p", "", Significant;
    AngleGap: 1, PRIMARY, "angle of E and D, categorical − part", "degrees", Above(0.0);
    AngleDipP: 1, SECONDARY, "angle has more than one mode, dip test p", "", Significant;
    SelectivityDip: 1, SECONDARY, "dip of selectivity", "", Nothing;
    MeanAngle: 1, SECONDARY, "mean angle of E and D", "degrees", Grows;
    SelectivityThreshold: 1, SECONDARY, "threshold of selectivity (Otsu)", "", Nothing;
    CategoricalShare: 1, SECONDARY, "categorical share of live units", "", Grows;
    AgreementBelow: 1, SECONDARY, "agreement of the division at threshold − 0.1", "", Above(0.9);
    AgreementAbove: 1, SECONDARY, "agreement of the division at threshold + 0.1", "", Above(0.9);
    LiveUnits: 1, SECONDARY, "live units", "", Nothing;
    FewClassesShare: 1, SECONDARY, "units for two or three classes, share of live units", "", Nothing;
    InputShareGap: 2, PRIMARY, "input share, part − categorical", "", Above(0.0);
    HalfRiseGap: 2, PRIMARY, "half-rise, categorical − part", "iterations", Above(0.0);
    DriveFromParts: 2, PRIMARY, "drive of active categorical-units from parts", "", Above(0.0);
    InputShareCategorical: 2, SECONDARY, "input share, categorical", "", Nothing;
    InputSharePart: 2, SECONDARY, "input share, part", "", Nothing;
    HalfRiseCategorical: 2, SECONDARY, "half-rise, categorical", "iterations", Nothing;
    HalfRisePart: 2, SECONDARY, "half-rise, part", "iterations", Nothing;
    GrowthCategorical: 2, SECONDARY, "activity at 2T over that at T, categorical", "", Nothing;
    GrowthPart: 2, SECONDARY, "activity at 2T over that at T, part", "", Nothing;
    BetweenClasses: 3, PRIMARY, "mean S between classes", "", Below(0.0);
    BetweenClassesP: 3, PRIMARY, "mean S between classes, permutation p", "", Significant;
    WithinClass: 3, PRIMARY, "mean S within a class", "", Above(0.0);
    WithinClassP: 3, PRIMARY, "mean S within a class, permutation p", "", Significant;
    ToCategorical: 3, SECONDARY, "mean S from part to categorical", "", Above(0.0);
    ToCategoricalP: 3, SECONDARY, "mean S from part to categorical, permutation p", "", Significant;
    DriveFromClass: 3, SECONDARY, "drive of active categorical-units from their class", "", Above(0.0);
    DriveFromOtherClasses: 3, SECONDARY, "drive of active categorical-units from other classes", "", Below(0.0);
    CorrelationPartToPart: 4, PRIMARY, "correlation of S with −DᵀD, part to part", "", Above(0.5);
    ResidualPartToPart: 4, PRIMARY, "residual of S − (I − αDᵀD), part to part", "", Below(0.5);
    Alpha: 4, SECONDARY, "α of part to part", "", Nothing;
    ResidualPartToCategorical: 4, SECONDARY, "residual of S − (I − αDᵀD), part to categorical", "", Nothing;
    ResidualCategoricalToPart: 4, SECONDARY, "residual of S − (I − αDᵀD), categorical to part", "", Nothing;
    ResidualCategoricalToCategorical: 4, SECONDARY, "residual of S − (I − αDᵀD), categorical to categorical", "", Nothing;
    CorrelationCategoricalToCategorical: 4, SECONDARY, "correlation of S with −DᵀD, categorical to categorical", "", Nothing;
    ResidualCorrelationGain: 5, PRIMARY, "correlation of a part with the residual − with the input", "", Above(0.0);
    ErrorFall: 5, PRIMARY, "fall of the error by adding parts, share", "", Above(0.0);
    ResidualCorrelation: 5, SECONDARY, "correlation of a part with the residual", "", Nothing;
    ErrorCategorical: 5, SECONDARY, "½‖x − Dz‖², categorical-units alone", "", Nothing;
    ErrorParts: 5, SECONDARY, "½‖x − Dz‖², parts alone", "", Nothing;
    ErrorBoth: 5, SECONDARY, "½‖x − Dz‖², both", "", Nothing;
    AlwaysCorrectGain: 6, PRIMARY, "paths in the true class at every step, network − ISTA", "", Above(0.0);
    AlwaysCorrectGainHard: 6, PRIMARY, "… of the hardest images, network − ISTA", "", Above(0.0);
    AlwaysCorrect: 6, SECONDARY, "paths in the true class at every step", "", Nothing;
    AlwaysCorrectHard: 6, SECONDARY, "… of the hardest images", "", Nothing;
    Retention: 6, SECONDARY, "true class once reached is kept at T", "", Above(0.9);
    CorrectAtT: 6, SECONDARY, "decoded into the true class at T", "", Nothing;
    CorrectAtTHard: 6, SECONDARY, "… of the hardest images at T", "", Nothing;
    JudgeError: 6, SECONDARY, "error of the judge on raw images", "%", Nothing;
    LeastRoughness: 7, PRIMARY, "roughness over the class mean's, least of all classes", "", Above(1.0);
    RecognisedPrototypes: 7, PRIMARY, "prototypes that the judge gives their class, share", "", Above(0.5);
    MeanRoughness: 7, SECONDARY, "roughness over the class mean's, mean of all classes", "", Above(1.0);
    ClassesWithoutPrototype: 7, SECONDARY, "classes without a prototype", "", Nothing;
    ErrorBySilencing: 8, PRIMARY, "error without categorical-units − without as many parts", "pp", Above(0.0);
    ReconstructionBySilencing: 8, PRIMARY, "½‖x − Dz‖² without parts − without categorical-units", "", Above(0.0);
    ClassLossBySilencing: 8, SECONDARY, "class loss by silencing one unit, categorical − part", "nats", Above(0.0);
    DeformationGain: 9, PRIMARY, "R² of the deformation from parts − from categorical-units", "", Above(0.0);
    DeformationGainAsMany: 9, PRIMARY, "… from as many parts − from categorical-units", "", Above(0.0);
    DeformationFromAll: 9, SECONDARY, "R² of the deformation from all units", "", Nothing;
}

/// Values of measures; those that are undefined are absent.
pub type Values = Vec<(Measure, Option<f64>)>;

/// The difference of two values; undefined if one is.
pub(super) fn minus(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    Some(one? - other?)
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
