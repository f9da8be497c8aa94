//! The ten undeformed glyphs of the embedded data set.
//!
//! A skeleton is a list of strokes, a stroke a list of points that the pen passes through
//! on a smooth curve. Coordinates run from -1 to 1, x to the right and y downwards. Every
//! glyph shares the places of its strokes with another one, so that no single pixel separates the classes.

/// A point of a stroke: x to the right, y downwards.
pub(super) type Point = [f64; 2];

/// The strokes of each class, indexed by label.
pub(super) const SKELETONS: [&[&[Point]]; 10] = [
    // Ring.
    &[RING],
    // Ring with a bar across.
    &[RING, &[[-0.75, 0.0], [0.75, 0.0]]],
    // Snake, and its mirror image.
    &[&[[0.7, -0.75], [0.0, -1.0], [-0.6, -0.55], [0.0, 0.0], [0.6, 0.55], [0.0, 1.0], [-0.7, 0.75]]],
    &[&[[-0.7, -0.75], [0.0, -1.0], [0.6, -0.55], [0.0, 0.0], [-0.6, 0.55], [0.0, 1.0], [0.7, 0.75]]],
    // Plus.
    &[&[[0.0, -1.0], [0.0, 1.0]], &[[-0.9, 0.0], [0.9, 0.0]]],
    // Fork, and the fork upside down.
    &[&[[-0.8, -0.9], [0.0, 0.0], [0.8, -0.9]], &[[0.0, 0.0], [0.0, 1.0]]],
    &[&[[-0.8, 0.9], [0.0, 0.0], [0.8, 0.9]], &[[0.0, 0.0], [0.0, -1.0]]],
    // Arch, open below.
    &[&[[-0.75, 0.95], [-0.75, -0.2], [0.0, -0.9], [0.75, -0.2], [0.75, 0.95]]],
    // Spiral.
    &[&[
        [0.1, 0.1],
        [-0.3, 0.0],
        [0.0, -0.4],
        [0.5, 0.0],
        [0.0, 0.6],
        [-0.8, 0.1],
        [-0.3, -0.9],
        [0.8, -0.8],
    ]],
    // Arch with a crossbar.
    &[
        &[[-0.75, 0.95], [-0.75, -0.2], [0.0, -0.9], [0.75, -0.2], [0.75, 0.95]],
        &[[-0.75, 0.15], [0.75, 0.15]],
    ],
];

const RING: &[Point] =
    &[[0.0, -0.95], [-0.7, -0.55], [-0.7, 0.5], [0.0, 0.95], [0.7, 0.5], [0.7, -0.55], [0.0, -0.95]];
