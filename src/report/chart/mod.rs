//! Drawing of figures: a canvas of marks and texts, scales, panels and legends.
//!
//! A figure is drawn for print, on white, with a palette for colour-blind readers and with a mark and a line style for
//! each colour; [`dark_rules`] replace its colours on a dark page. Equal data give equal bytes.

mod canvas;
mod grid;
mod legend;
mod palette;
mod panel;
mod picture;
mod rows;
mod scale;
mod svg;

pub(super) use canvas::{Anchor, Canvas, Drawn, Font, Rect, draw};
pub(super) use grid::PanelGrid;
pub(super) use legend::{Legend, LegendEntry};
pub(super) use palette::{Colour, Look};
pub(super) use panel::{Panel, Weight};
pub(super) use picture::{Picture, tiles};
pub(super) use rows::{ChartRow, RowChart};
pub(super) use scale::{Scale, rounded};
pub(super) use svg::dark_rules;
