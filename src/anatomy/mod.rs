//! Measurements of the hidden units of a trained recurrent auto-encoder. They turn every claim of the paper about hidden
//! units into measures, which are compared with the same network after phase 1 and before training, and give a verdict.
//!
//! The module opens no file. `docs/ANATOMY.md` gives each measure's formula.
//!
//! | file | measures |
//! |---|---|
//! | `activity`, `wiring`, `units` | single units and their division into kinds (claims 1 and 2) |
//! | `recurrent` | S by blocks of kinds (claims 3 and 4) |
//! | `coding` | reconstruction by kind (claim 5), and the drive of categorical-units |
//! | `path` | the classes of the decoded D·z^t (claim 6) |
//! | `sharpness` | prototypes against class means (claim 7) |
//! | `evolution` | least-squares dictionaries of the codes of each iteration |
//! | `ablation` | silenced units (claim 8) |
//! | `deformation` | readout of a known deformation (claim 9) |
//!
//! [`measure`] lists all measures with the prediction of each claim, [`Subject::measure`] takes them in one
//! network and its controls, [`summary`] summarises those of several seeds, [`claims`] concludes, and [`tables`] stores them.

pub mod ablation;
pub mod activity;
pub mod claims;
pub mod coding;
pub mod deformation;
mod error;
pub mod evolution;
mod least_squares;
pub mod measure;
mod measurements;
mod network;
pub mod path;
pub mod recurrent;
mod sample;
pub mod sharpness;
mod subject;
pub mod summary;
pub mod tables;
#[cfg(test)]
mod tests;
pub mod units;
pub mod wiring;

pub use activity::Activity;
pub use deformation::Deformed;
pub use error::Error;
pub use measurements::Context;
pub use network::{Network, bytes};
pub use sample::Sample;
pub use subject::{Anatomy, Subject};
pub use units::{Unit, UnitKind};
