//! How sparse the codes are against how well they reconstruct.

use super::Figure;
use super::trails::{Measure, Trails};
use crate::report::Error;
use crate::report::chart::Scale;
use crate::report::material::Material;

/// The figure; `None` where no images are held out.
pub fn figure(material: &Material) -> Result<Option<Figure>, Error> {
    Trails {
        name: "sparsity_reconstruction",
        title: "Sparsity against reconstruction",
        caption: "The kept weights on the validation images: the share of hidden units that are active, and \
                  the squared error of the reconstruction.",
        x: Measure {
            name: "active hidden units (% of all)",
            of: |_, trial| Some(100.0 * trial.best()?.active_fraction?),
            scale: |values| Scale::even(values),
        },
        y: Measure {
            name: "reconstruction ½‖x − Dz‖² (per image)",
            of: |_, trial| trial.best()?.valid_reconstruction,
            scale: |values| Scale::even(values),
        },
        least_spread: 1.0,
    }
    .figure(material)
}
