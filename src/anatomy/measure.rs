//! The list of all measures: which claim each belongs to, and what the claim leads one to expect.

/// What a claim says of a measure, stated before it is taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expected {
    /// More than this.
    Above(f64),
    /// Less than this.
    Below(f64),
    /// More than in the same network after phase 1.
    Grows,
    /// A p-value below 0.05 in every network.
    Significant,
    /// Nothing: it is told for context.
    Nothing,
}

/// One number of a network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// Its name in the tables.
    pub name: &'static str,
    /// Number of the claim.
    pub claim: usize,
    /// Its unit; empty for ratios, shares and p-values.
    pub unit: &'static str,
    /// What the claim leads one to expect.
    pub expected: Expected,
    /// Whether the claim's verdict rests on it.
    pub primary: bool,
}

/// What each claim says, by number from 1.
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

use Expected::{Above, Below, Grows, Nothing, Significant};

const fn primary(claim: usize, name: &'static str, unit: &'static str, expected: Expected) -> Measure {
    Measure { name, claim, unit, expected, primary: true }
}

const fn besides(claim: usize, name: &'static str, unit: &'static str, expected: Expected) -> Measure {
    Measure { name, claim, unit, expected, primary: false }
}

/// Every measure, in the order of the tables.
pub const MEASURES: [Measure; 60] = [
    primary(1, "mean selectivity", "", Grows),
    primary(1, "selectivity has more than one mode, dip test p", "", Significant),
    primary(1, "angle of E and D, categorical − part", "degrees", Above(0.0)),
    besides(1, "angle has more than one mode, dip test p", "", Significant),
    besides(1, "dip of selectivity", "", Nothing),
    besides(1, "mean angle of E and D", "degrees", Grows),
    besides(1, "threshold of selectivity (Otsu)", "", Nothing),
    besides(1, "categorical share of live units", "", Grows),
    besides(1, "agreement of the division at threshold − 0.1", "", Above(0.9)),
    besides(1, "agreement of the division at threshold + 0.1", "", Above(0.9)),
    besides(1, "live units", "", Nothing),
    besides(1, "units for two or three classes, share of live units", "", Nothing),
    primary(2, "input share, part − categorical", "", Above(0.0)),
    primary(2, "half-rise, categorical − part", "iterations", Above(0.0)),
    primary(2, "drive of active categorical-units from parts", "", Above(0.0)),
    besides(2, "input share, categorical", "", Nothing),
    besides(2, "input share, part", "", Nothing),
    besides(2, "half-rise, categorical", "iterations", Nothing),
    besides(2, "half-rise, part", "iterations", Nothing),
    besides(2, "activity at 2T over that at T, categorical", "", Nothing),
    besides(2, "activity at 2T over that at T, part", "", Nothing),
    primary(3, "mean S between classes", "", Below(0.0)),
    primary(3, "mean S between classes, permutation p", "", Significant),
    primary(3, "mean S within a class", "", Above(0.0)),
    primary(3, "mean S within a class, permutation p", "", Significant),
    besides(3, "mean S from part to categorical", "", Above(0.0)),
    besides(3, "mean S from part to categorical, permutation p", "", Significant),
    besides(3, "drive of active categorical-units from their class", "", Above(0.0)),
    besides(3, "drive of active categorical-units from other classes", "", Below(0.0)),
    primary(4, "correlation of S with −DᵀD, part to part", "", Above(0.5)),
    primary(4, "residual of S − (I − αDᵀD), part to part", "", Below(0.5)),
    besides(4, "α of part to part", "", Nothing),
    besides(4, "residual of S − (I − αDᵀD), part to categorical", "", Nothing),
    besides(4, "residual of S − (I − αDᵀD), categorical to part", "", Nothing),
    besides(4, "residual of S − (I − αDᵀD), categorical to categorical", "", Nothing),
    besides(4, "correlation of S with −DᵀD, categorical to categorical", "", Nothing),
    primary(5, "correlation of a part with the residual − with the input", "", Above(0.0)),
    primary(5, "fall of the error by adding parts, share", "", Above(0.0)),
    besides(5, "correlation of a part with the residual", "", Nothing),
    besides(5, "½‖x − Dz‖², categorical-units alone", "", Nothing),
    besides(5, "½‖x − Dz‖², parts alone", "", Nothing),
    besides(5, "½‖x − Dz‖², both", "", Nothing),
    primary(6, "paths in the true class at every step, network − ISTA", "", Above(0.0)),
    primary(6, "… of the hardest images, network − ISTA", "", Above(0.0)),
    besides(6, "paths in the true class at every step", "", Nothing),
    besides(6, "… of the hardest images", "", Nothing),
    besides(6, "true class once reached is kept at T", "", Above(0.9)),
    besides(6, "decoded into the true class at T", "", Nothing),
    besides(6, "… of the hardest images at T", "", Nothing),
    besides(6, "error of the judge on raw images", "%", Nothing),
    primary(7, "roughness over the class mean's, least of all classes", "", Above(1.0)),
    primary(7, "prototypes that the judge gives their class, share", "", Above(0.5)),
    besides(7, "roughness over the class mean's, mean of all classes", "", Above(1.0)),
    besides(7, "classes without a prototype", "", Nothing),
    primary(8, "error without categorical-units − without as many parts", "pp", Above(0.0)),
    primary(8, "½‖x − Dz‖² without parts − without categorical-units", "", Above(0.0)),
    besides(8, "class loss by silencing one unit, categorical − part", "nats", Above(0.0)),
    primary(9, "R² of the deformation from parts − from categorical-units", "", Above(0.0)),
    primary(9, "… from as many parts − from categorical-units", "", Above(0.0)),
    besides(9, "R² of the deformation from all units", "", Nothing),
];

impl Expected {
    /// As a table says it.
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
