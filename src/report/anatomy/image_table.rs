//! A table of images with heads and row names.

use crate::report::Error;
use crate::report::chart::{Anchor, Canvas, Drawn, Font, Rect, tiles};
use crate::report::figures::Figure;

const GAP: f64 = 8.0;
const LEFT: f64 = 84.0;
const HEAD: f64 = 34.0;

/// A table of images with column heads and row names. A place without an image stays empty.
pub struct ImageTable {
    /// Side of an image in the figure, pixels.
    pub tile: f64,
    pub heads: Vec<String>,
    pub rows: Vec<(String, Vec<Option<Vec<f64>>>)>,
}

impl ImageTable {
    fn size(&self) -> (f64, f64) {
        let step = self.tile + GAP;
        (LEFT + self.heads.len() as f64 * step, HEAD + self.rows.len() as f64 * step)
    }

    /// The figure of images of `size` pixels.
    pub fn figure(
        &self,
        name: &str,
        title: &str,
        caption: &str,
        size: (usize, usize),
    ) -> Result<Figure, Error> {
        Figure::draw(name, title, caption, self.size(), |canvas| self.draw(canvas, size))
    }

    fn draw(&self, canvas: &Canvas, size: (usize, usize)) -> Drawn {
        let (tile, step) = (self.tile, self.tile + GAP);
        for (at, head) in self.heads.iter().enumerate() {
            let x = LEFT + at as f64 * step + 0.5 * tile;
            canvas.text((x, 0.5 * HEAD), head, Font::LABEL, Anchor::Middle)?;
        }
        for (row, (name, images)) in self.rows.iter().enumerate() {
            let top = HEAD + row as f64 * step;
            canvas.text((LEFT - 8.0, top + 0.5 * tile), name, Font::LABEL, Anchor::End)?;
            for (at, image) in images.iter().enumerate() {
                let Some(image) = image else { continue };
                let rect = Rect { left: LEFT + at as f64 * step, top, width: tile, height: tile };
                canvas.picture(rect, &tiles(std::slice::from_ref(image), size, 1))?;
            }
        }
        Ok(())
    }
}
