//! Sparsity of the codes against their reconstruction.

use super::Figure;
use super::scatter::{Quantity, Scatter, along};
use crate::report::Error;
use crate::report::chart::Scale;
use crate::report::data::ReportData;

/// The figure; `None` if no images are held out.
pub fn figure(data: &ReportData<'_>) -> Result<Option<Figure>, Error> {
    Scatter {
        name: "sparsity_reconstruction".to_owned(),
        title: "Sparsity against reconstruction".to_owned(),
        caption: "The kept weights on the validation images: the share of hidden units that are active, and \
                  the squared error of the reconstruction.",
        x: Quantity {
            name: "active hidden units (% of all)",
            of: &|trial| Some(100.0 * data.best_epoch(trial)?.active_fraction?),
            scale: &|values| Scale::even(values),
        },
        y: Quantity {
            name: "reconstruction ½‖x − Dz‖² (per image)",
            of: &|trial| data.best_epoch(trial)?.valid_reconstruction,
            scale: &|values| Scale::even(values),
        },
        along: along(&data.dimensions),
        is_setting: false,
    }
    .figure(data, 1.0)
}
