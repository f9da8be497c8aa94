//! What the hidden units of a trained recurrent auto-encoder became: every claim of the paper about
//! them as numbers, each beside the same number of the same network after phase 1 and before
//! training, and a verdict.
//!
//! The room computes and knows no folder. `docs/ANATOMY.md` gives each measure's formula.
//!
//! | file | what it measures |
//! |---|---|
//! | `activity`, `units`, `division` | each unit, and which kind it is (claims 1 and 2) |
//! | `recurrent` | S by blocks of kinds (claims 3 and 4) |
//! | `coding` | who reconstructs what (claim 5), and what drives categorical-units |
//! | `path` | the classes of the decoded D·z^t (claim 6) |
//! | `sharpness` | prototypes beside class means (claim 7) |
//! | `ablation` | what silence costs (claim 8) |
//! | `deformation` | what can be read of a known deformation (claim 9) |
//!
//! [`measure`] lists them all with what each claim leads one to expect, [`Findings`] takes them in one
//! network, and [`claims`] judges those of several seeds.

pub mod ablation;
pub mod activity;
pub mod claims;
pub mod coding;
pub mod deformation;
pub mod division;
mod error;
mod findings;
pub mod measure;
mod network;
pub mod path;
pub mod recurrent;
mod sample;
pub mod sharpness;
mod subject;
pub mod tables;
#[cfg(test)]
mod tests;
pub mod units;

pub use activity::Activity;
pub use deformation::Deformed;
pub use error::Error;
pub use findings::{Bench, CurvePoint, Findings, Values};
pub use network::{Network, bytes};
pub use sample::Sample;
pub use subject::{Ground, Measured, Subject};
pub use units::{Kind, Unit};
